"""Minds learn beside the ticks: policies enter through the journal, nobody waits, nothing is left when a side is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ninepixel.agents.learning.online.school import School, _places
from ninepixel.agents.learning.online.settings import Settings
from ninepixel.world.commands import Command
from ninepixel.world.life import residents
from ninepixel.world.store.replay import verify
from ninepixel.world.thought import Policy, Shape
from ninepixel.world.universe import Universe

#: Far beyond what it takes: time decides nothing here.
PATIENCE = 120.0


class Run:
    """A universe with a school, stepped until something has happened."""

    def __init__(self, universe: Universe, settings: Settings) -> None:
        self.universe, self.told = universe, list[dict[str, Any]]()
        self.school = School(universe, settings, seed=1, tell=lambda message: self.told.append(dict(message)))

    def tick(self, *commands: Command) -> None:
        self.universe.step([*commands, *self.school.before()])
        self.school.after()

    def until(self, done: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < end, "it never came to that"
            self.tick()
            time.sleep(0.001)

    def kinds(self) -> list[str]:
        return [message["kind"] for message in self.told]


@pytest.fixture
def run(universe: Universe, small: Settings) -> Iterator[Run]:
    run = Run(universe, small)
    yield run
    run.school.close()


def gone(pid: int | None) -> bool:
    """Whether a process is no more, or is only waiting to be buried."""
    try:
        return pid is None or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def test_what_was_learned_enters_and_a_replay_does_the_same(run: Run, tmp_path: Path, policy: Policy) -> None:
    run.until(lambda: run.school.swaps >= 2)
    pid, status = run.school.pid, run.school.status()
    run.school.close()
    assert gone(pid)
    assert run.kinds()[0] == "ready"
    assert {"learned", "policy"} <= set(run.kinds())
    assert not any("policy" in message for message in run.told), "bytes are not for telling"
    thoughts = run.universe.pull().thoughts
    assert thoughts is not None
    assert thoughts.policy == run.school.policy
    assert Policy.parse(thoughts.policy).hash != policy.hash
    assert Policy.parse(thoughts.policy).hash in [message.get("hash") for message in run.told]
    assert status["episodes"] > 0
    assert status["updates"] > 0
    assert status["steps"] >= 64
    assert run.school.status() == status | {"alive": False}, "what was counted is still known"
    entered = [tick for tick, commands in run.universe.recorder.entries if any(c.verb == "minds.policy" for c in commands)]
    assert len(entered) == run.school.swaps
    assert all(tick % 8 == 0 for tick in entered), "at the boundary between two episodes"
    run.universe.mark()
    run.universe.save(tmp_path / "learned.9px")
    verdict = verify(tmp_path / "learned.9px", lambda state: Universe.from_state(state, "cpu"))
    assert verdict.ok, str(verdict)


def test_an_episode_is_handed_in_with_the_version_that_acted_and_where_it_begins(run: Run) -> None:
    run.until(lambda: run.school.swaps >= 1)
    learner = run.school._learner
    assert learner is not None
    version, written = run.school.version, learner.ring.written
    assert version >= 1
    begins = run.universe.tick - 1
    run.until(lambda: learner.ring.written > written)
    assert learner.ring._told[written % learner.ring.slots].tolist() == [begins, version]


def test_a_policy_is_ready_before_it_enters(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run.until(lambda: run.school._offer is not None and run.school._tick == 0)
    offer = run.school._offer
    assert offer is not None

    def nobody_has_time(policy: Policy) -> None:
        raise AssertionError("quantised within the tick")

    monkeypatch.setattr(residents, "IntegerPolicy", nobody_has_time)
    run.universe.step(run.school.before())
    assert run.school.policy == offer.policy
    run.school.after()
    assert run.school.version == offer.version


def test_the_memory_that_both_share_has_no_name_any_more_when_both_have_it(run: Run) -> None:
    assert run.school._learner is not None
    path = run.school._learner.ring.path
    assert path.exists()
    run.until(lambda: "ready" in run.kinds())
    assert not path.exists()


def test_while_nobody_learns_yet_episodes_are_left_out_and_ticks_go_on(run: Run) -> None:
    for _ in range(8 * 12):
        run.tick()
    status = run.school.status()
    assert status["episodes"] + status["dropped"] == 12
    assert run.universe.tick == 96


def test_a_learner_that_is_killed_is_noticed_once_and_the_universe_lives_on(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    run.until(lambda: run.school.swaps >= 1)
    policy, pid = run.school.policy, run.school.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    run.until(lambda: not run.school.alive)
    for _ in range(20):
        run.tick()
    assert gone(pid)
    assert not run.school.alive
    assert run.school.policy == policy
    said = [record.getMessage() for record in caplog.records if "do not learn any more" in record.getMessage()]
    assert said == ["minds do not learn any more: the learning process was ended by SIGKILL; "
                    "the universe goes on with the policy it has"]  # fmt: skip


def test_a_learner_that_fails_says_why(universe: Universe, small: Settings, caplog: pytest.LogCaptureFixture) -> None:
    run = Run(universe, small)
    assert run.school._learner is not None
    path = run.school._learner.ring.path
    with path.open("r+b") as file:  # what it is to begin with is no policy
        at = file.read().index(run.school.policy)
        file.seek(at)
        file.write(bytes(64))
    run.until(lambda: not run.school.alive)
    run.school.close()
    (said,) = [record.getMessage() for record in caplog.records if "do not learn any more" in record.getMessage()]
    assert "ended with exit code 1" in said
    assert "BadPolicy" in said


def test_a_policy_from_somebody_else_is_where_learning_begins_anew(run: Run) -> None:
    run.until(lambda: run.school.swaps >= 1)
    other, pid = Policy.random(Shape(32), 8), run.school.pid
    run.tick(Command("minds.policy", b"", {"policy": other.packed()}))
    assert run.school.alive
    assert run.school.pid != pid
    assert gone(pid)
    assert run.school.version == 0
    swaps = run.school.swaps
    run.until(lambda: run.school.swaps > swaps)
    made = Policy.parse(run.school.policy)
    assert made.shape.hidden == 32
    assert made.manifest["parents"] == [other.hash]


def test_by_instinct_nobody_learns_and_with_a_policy_again_they_do(run: Run, policy: Policy) -> None:
    run.tick()
    run.tick(Command("minds.policy", b"", {"policy": b""}))
    assert not run.school.alive
    for _ in range(10):
        run.tick()
    assert run.school.policy == b""
    run.tick(Command("minds.policy", b"", {"policy": policy.packed()}))
    assert run.school.alive


def test_a_tick_that_did_not_happen_changes_nothing(run: Run) -> None:
    run.until(lambda: run.school._offer is not None and run.school._tick == 0)
    offered = run.school.before()
    assert [command.verb for command in offered] == ["minds.policy"]
    assert run.school.before() == offered, "it has not entered"
    swaps = run.school.swaps
    run.tick()
    assert run.school.swaps == swaps + 1
    assert run.school.before() == []


def test_places_are_all_or_evenly_spread() -> None:
    assert _places(5, 5).tolist() == [0, 1, 2, 3, 4]
    assert _places(5, 3).tolist() == [0, 2, 4]


PARENT = """
import sys, time
sys.path[:0] = {path!r}
from ninepixel.agents.learning.online.school import School
from ninepixel.agents.learning.online.settings import Settings
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.thought import Policy, Shape
from ninepixel.world.universe import Universe
policy = Policy.random(Shape(16), 3).packed()
universe = Universe.from_survey(synthetic(3, 12), seed=5, minds=6, backend="cpu", policy=policy)
school = School(universe, Settings(ticks=8, batch=1 << 20), tell=lambda message: print(message["kind"], flush=True))
print(school.pid, flush=True)
while True:
    universe.step(school.before())
    school.after()
    time.sleep(0.001)
"""


@pytest.mark.parametrize("when", ["begun", "ready"])
def test_when_whoever_ticks_is_killed_no_learner_is_left(when: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT.format(path=sys.path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    if when == "ready":
        assert parent.stdout.readline() == "ready\n"  # with so large a batch it says nothing more, and nothing else ends it
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: gone(pid))
