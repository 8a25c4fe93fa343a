"""The peers: what is measured, how a missing or a broken one is told, and that nothing of theirs reaches us."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from ninepixel.agents.bench import peer_worker
from ninepixel.agents.bench.peers import CARTPOLE, MAGENT2, MINIGRID, NEURAL_MMO, NMMO_PYTHON, PEERS, Peer, PeerError, Setting
from ninepixel.world.physics.bench import Figure

TINY = 0.01


def measured(peer: Peer, **changes: Any) -> list[Figure]:
    ticks: list[int] = []
    figures = peer.measure(seconds=TINY, repeats=2, tick_over=lambda: ticks.append(1), **changes)
    assert len(ticks) == peer.samples(2)
    assert len(figures) == len(peer.settings)
    for figure in figures:
        assert (figure.metric, figure.unit, len(figure.samples)) == ("agent_steps_per_s", "1/s", 2)
        assert min(figure.samples) > 0
        json.dumps(figure.tags)
    return figures


def test_cartpole_is_the_ceiling_of_the_interface() -> None:
    figures = measured(CARTPOLE)
    assert [figure.tags["worlds"] for figure in figures][:4] == [1, 64, 1024, 16384]
    assert {(figure.tags["agents"], figure.tags["obs"], figure.tags["obs_bytes"]) for figure in figures} == {(1, "4 float32", 16)}


def test_minigrid_is_one_agent_a_world() -> None:
    pytest.importorskip("minigrid")
    figures = measured(MINIGRID)
    assert {figure.tags["peer"] for figure in figures} == {"MiniGrid-Empty-8x8-v0", "MiniGrid-DoorKey-8x8-v0"}
    assert {(figure.tags["agents"], figure.tags["obs"]) for figure in figures} == {(1, "7x7x3 uint8")}


def test_magent2_is_measured_as_published_and_as_fast_as_it_goes() -> None:
    if MAGENT2.missing():  # not importorskip: importing it here would leave its traces in this process
        pytest.skip(str(MAGENT2.missing()))
    before = dict(os.environ)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures = measured(MAGENT2)
    assert {figure.tags["api"] for figure in figures} == {"PettingZoo parallel", "arrays of the engine"}
    assert {figure.tags["agents"] for figure in figures if figure.tags["worlds"] == 1} == {162}
    assert {figure.tags["obs"] for figure in figures} == {"13x13x5 float32"}
    assert dict(os.environ) == before, "importing magent2 sets OMP_NUM_THREADS; that must stay in its own process"


def test_neural_mmo_runs_in_the_python_that_has_it() -> None:
    reason = NEURAL_MMO.missing()
    if reason:
        pytest.skip(reason)
    figures = measured(NEURAL_MMO)
    assert {figure.tags["agents"] for figure in figures} == {128}


def test_both_ways_through_magent2_play_the_same_game() -> None:
    """The fast way must not leave out work that the published way does: the same agents live on after the same draws."""
    if MAGENT2.missing():
        pytest.skip(str(MAGENT2.missing()))
    program = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); import peer_worker as w\n"
        "d = w.DRIVERS[sys.argv[2]](); print(json.dumps([d.tick() for _ in range(900)]))"
    )
    folder = str(Path(peer_worker.__file__).parent)
    acting = []
    for way in ("magent2_dicts", "magent2_arrays"):
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", program, folder, way], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        acting.append(json.loads(done.stdout.splitlines()[-1]))
    assert acting[0] == acting[1]
    assert acting[0][0] == 162
    assert acting[0][-1] < 162, "nobody died: the comparison says little"


def test_a_missing_library_is_told_with_what_mends_it() -> None:
    peer = Peer("Nowhere", "a_library_that_is_nowhere", "pip install it", (Setting("Nowhere", "cartpole", "none"),))
    assert peer.missing() == f"Nowhere: a_library_that_is_nowhere is not installed in {sys.executable}; pip install it"
    with pytest.raises(PeerError, match="not installed"):
        peer.measure(seconds=TINY, repeats=1)


def test_a_python_that_cannot_be_run_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(NMMO_PYTHON, str(tmp_path / "python"))
    reason = NEURAL_MMO.missing()
    assert reason is not None
    assert f"{NMMO_PYTHON} names {tmp_path / 'python'}, which cannot be run (No such file or directory)" in reason


def test_a_peer_that_fails_says_its_own_last_line() -> None:
    peer = Peer("CartPole", "gymnasium", "", (Setting("CartPole", "cartpole", "vector", {"num_envs": -1}),))
    with pytest.raises(PeerError, match=r"CartPole failed here: \w+Error: "):
        peer.measure(seconds=TINY, repeats=1)


#: A game of four players, of whom one dies a tick; it greets on stdout, as libraries do.
GAME = """
import os
from types import SimpleNamespace
import numpy as np
print("greetings from Python"); os.write(1, b"greetings from C\\n")
config = SimpleNamespace(Default=dict)
class Space:
    def seed(self, seed): pass
    def sample(self): return 0
class Env:
    def __init__(self, config, seed): pass
    def action_space(self, agent): return Space()
    def reset(self, seed=None):
        self.agents = [1, 2, 3, 4]
        return {agent: {"Tile": np.zeros((2, 3), np.int16), "Mask": {"Move": np.zeros(5, np.int8)}} for agent in self.agents}, {}
    def step(self, actions):
        assert sorted(actions) == self.agents
        self.agents = self.agents[:-1]
"""


def test_a_worker_answers_only_with_its_answers_and_starts_anew_when_half_are_gone(tmp_path: Path) -> None:
    (tmp_path / "nmmo.py").write_text(GAME)
    (tmp_path / "nmmo-9.dist-info").mkdir()
    (tmp_path / "nmmo-9.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: nmmo\nVersion: 9\n")
    command = [sys.executable, peer_worker.__file__, "neural_mmo", "{}"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, input="0\n0\n0\n0\n", capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert "greetings from Python" in done.stderr
    assert "greetings from C" in done.stderr
    about, *answers = map(json.loads, done.stdout.splitlines())
    assert about == {"agents": 4, "worlds": 1, "obs": "dict of 2", "obs_bytes": 17, "version": "9"}
    assert [answer["steps"] for answer in answers] == [4, 3, 2, 4]


def test_every_setting_names_a_driver_and_no_two_are_alike() -> None:
    settings = [setting for peer in PEERS for setting in peer.ways]
    assert {setting.driver for setting in settings} == set(peer_worker.DRIVERS)
    keys = [(setting.driver, json.dumps(setting.options), setting.every_core) for setting in settings]
    assert len(keys) == len(set(keys))
