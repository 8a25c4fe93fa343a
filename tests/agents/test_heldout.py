"""Held-out hosts are machines of their own kinds: the same again, none like those of training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.agents.heldout import KINDS, held_out, held_out_hosts, recorded_hosts
from ninepixel.agents.hosts import template
from ninepixel.agents.tasks import TASKS, BadOption
from ninepixel.world.host.survey import Survey, SurveyError
from ninepixel.world.host.synthetic import synthetic


@settings(max_examples=25)
@given(st.integers(0, (1 << 64) - 1), st.integers(1, 60))
def test_a_host_has_the_files_that_were_asked_for_and_is_the_same_again(seed: int, files: int) -> None:
    host = held_out(seed, files)
    assert int((~host.is_folder).sum()) == files
    assert host == held_out(seed, files)
    assert host != held_out(seed + 1 if seed else seed + 2, files)
    endings = {ending for ending, _ in KINDS[seed % len(KINDS)].endings}
    assert {
        b"." + path.rpartition(b".")[2] for path, folder in zip(host.path, host.is_folder, strict=True) if not folder
    } <= endings
    assert int(host.depth.max()) <= KINDS[seed % len(KINDS)].depth + 1


def test_the_kinds_are_unlike_training_and_unlike_each_other() -> None:
    trained = [synthetic(seed, 40, depth=4) for seed in range(8)]
    names = {part for host in trained for path in host.path for part in path.split(b"/")}
    for number in range(len(KINDS)):
        host = held_out(number, 40)
        assert not names & {part for path in host.path for part in path.split(b"/") if part}
        mean = np.mean([np.bincount(t.matter[~t.is_folder], minlength=11) / 40 for t in trained], axis=0)
        mine = np.bincount(host.matter[~host.is_folder], minlength=11) / 40
        assert np.abs(mine - mean).sum() / 2 > 0.3, f"{KINDS[number].name}: as good as training's mixture of matter"
    deepest = [int(held_out(number, 40).depth.max()) for number in range(len(KINDS))]
    assert max(deepest) > 5 > min(deepest)


def test_every_world_has_its_host_as_matter() -> None:
    task = TASKS["explore"]
    hosts = held_out_hosts(task)
    blocks = [template(task, seed, hosts(seed)) for seed in (8, 9)]
    assert not np.array_equal(blocks[0][:, :20], template(task, 8)[:, :20])
    assert blocks[0].shape[0] == blocks[1].shape[0]


def test_worlds_of_fountains_have_no_host() -> None:
    with pytest.raises(BadOption, match="worlds of forage are made of fountains"):
        held_out_hosts(TASKS["forage"])


def test_recorded_hosts_take_turns(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.survey", "b.survey")]
    for seed, file in enumerate(files):
        synthetic(seed, 5).save(file)
    hosts = recorded_hosts(files)
    assert hosts(4) == hosts(6) == Survey.load(files[0])
    assert hosts(5) == Survey.load(files[1])
    files[1].write_bytes(b"no survey")
    with pytest.raises(SurveyError):
        recorded_hosts(files)
