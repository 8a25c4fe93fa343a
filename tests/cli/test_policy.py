"""``--policy``: minds that act by a file, and what is said of a file that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import ninepixel
from ninepixel.world.thought import Policy, Shape

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "a.policy"
    Policy.random(Shape(16), 3).save(file)
    return file


def test_minds_act_by_a_policy_and_a_replay_does_the_same(policy: Path, tmp_path: Path, capfd: Capture) -> None:
    run = ("run", "--still", "--ticks", 40, "--minds", 4, "--json")
    learned = ninepixel(capfd, *run, "--policy", policy, "--save", tmp_path / "a.9px")
    assert learned.code == 0, learned.err
    assert ninepixel(capfd, *run, "--policy", policy).last["digest"] == learned.last["digest"]
    usual = ninepixel(capfd, *run).last["digest"]
    assert usual != learned.last["digest"]
    assert ninepixel(capfd, *run, "--policy", "survive").last["digest"] == usual
    assert ninepixel(capfd, *run, "--policy", "instinct").last["digest"] not in (usual, learned.last["digest"])
    policy.unlink()
    replayed = ninepixel(capfd, "replay", tmp_path / "a.9px", "--verify", "--json")
    assert replayed.code == 0, "the policy is in the save"
    assert replayed.last["digest"] == learned.last["digest"]


def test_what_is_no_policy_is_said_in_a_line(policy: Path, tmp_path: Path, capfd: Capture) -> None:
    torn = tmp_path / "torn.policy"
    torn.write_bytes(policy.read_bytes()[:-5])
    said = ninepixel(capfd, "run", "--still", "--ticks", 1, "--minds", 2, "--policy", torn)
    assert said.code == 1
    assert "torn.policy: " in said.err
    assert len(said.err.strip().splitlines()) == 1
    missing = ninepixel(capfd, "run", "--still", "--ticks", 1, "--minds", 2, "--policy", tmp_path / "none.policy")
    assert missing.code == 1
    assert "none.policy" in missing.err


def test_a_policy_needs_minds(policy: Path, capfd: Capture) -> None:
    said = ninepixel(capfd, "run", "--still", "--ticks", 1, "--minds", 0, "--policy", policy)
    assert said.code == 2
    assert "--minds" in said.err
