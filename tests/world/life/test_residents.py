"""Residents that act by a policy: it is a part of the state, they decide inside the step, and a replay decides the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ninepixel.world.commands import BadCommand, Command
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.laws.lives import Role
from ninepixel.world.state import Thoughts
from ninepixel.world.store.errors import Impossible
from ninepixel.world.store.lawful import check_state
from ninepixel.world.store.replay import verify
from ninepixel.world.thought import BadPolicy, IntegerPolicy, Policy, Shape
from ninepixel.world.universe import Universe

MINDS, UNITS = 4, 16


def policy_file(seed: int = 1, units: int = UNITS) -> bytes:
    """The file of a policy that has learned nothing."""
    return Policy.random(Shape(units), seed).packed()


FIRST, SECOND, LARGER = policy_file(), policy_file(2), policy_file(1, 32)


def universe_with(policy: bytes, threads: int | None = None) -> Universe:
    universe = Universe.from_survey(synthetic(3, 12), seed=5, minds=MINDS, backend="cpu", policy=policy)
    if threads is None:
        return universe
    state = universe.photograph()
    universe.close()
    return Universe.from_state(state, "cpu", threads)


@pytest.fixture
def small() -> Iterator[Universe]:
    with universe_with(FIRST) as universe:
        yield universe


def thoughts(universe: Universe) -> Thoughts:
    found = universe.pull().thoughts
    assert found is not None
    return found


def roles(universe: Universe) -> list[int]:
    return [int(role) for role in universe.pull().lives["role"][0, :MINDS]]


def test_residents_do_what_the_policy_says_of_what_they_sense(small: Universe) -> None:
    lives = small.lives
    assert lives is not None
    mind = IntegerPolicy(Policy.parse(FIRST))
    memory = mind.memory(lives.minds)
    for tick in range(20):
        here = small.pull().lives["body"][0, : lives.minds] >= 0
        acts = mind.decide(lives.engine.seen[0].copy(), memory, seed=small.pull().params.seed, tick=tick, which=here)
        small.step()
        done = small.pull().lives["action"][0, :MINDS]
        assert [[int(a) & 255, int(a) >> 8 & 255, int(a) >> 16 & 255] for a in done] == acts[:MINDS].tolist()
        assert np.array_equal(thoughts(small).memory[0, :MINDS], memory[:MINDS])
    assert memory.any(), "they remember something"
    small.check_ledger()


def test_they_decide_the_same_after_a_save_in_a_fork_and_on_more_threads(small: Universe, tmp_path: Path) -> None:
    for _ in range(30):
        small.step()
    small.save(tmp_path / "a.9px")
    with Universe.load(tmp_path / "a.9px", backend="cpu") as loaded, small.fork() as fork, universe_with(FIRST, 1) as alone:
        for _ in range(30):
            alone.step()
        for _ in range(40):
            for universe in (small, loaded, fork, alone):
                universe.step()
        assert small.digest() == loaded.digest() == fork.digest() == alone.digest()
        assert thoughts(loaded).policy == FIRST
    with universe_with(b"") as instinct:
        for _ in range(70):
            instinct.step()
        assert instinct.digest() != small.digest()


def test_a_replay_decides_the_same_and_a_swap_is_in_the_journal(small: Universe, tmp_path: Path) -> None:
    for tick in range(60):
        small.step([Command("minds.policy", b"", {"policy": SECOND})] if tick == 30 else [])
        if tick % 20 == 19:
            small.mark()
    small.save(tmp_path / "a.9px")
    assert thoughts(small).policy == SECOND
    found = verify(tmp_path / "a.9px", lambda state: Universe.from_state(state, "cpu"))
    assert found.ok, found.first_difference
    assert found.marks >= 3


def test_a_swap_keeps_what_is_remembered_where_it_fits(small: Universe) -> None:
    for _ in range(10):
        small.step()
    kept = thoughts(small).memory.copy()
    small.step([Command("minds.policy", b"", {"policy": SECOND})])
    assert (thoughts(small).whose[0, :MINDS] > 0).all()
    assert kept.any()
    small.step([Command("minds.policy", b"", {"policy": LARGER})])
    assert thoughts(small).memory.shape[2] == 32
    small.step([Command("minds.policy", b"", {"policy": b""})])
    assert small.pull().thoughts is None
    assert set(roles(small)) == {Role.INSTINCT}
    small.step([Command("minds.policy", b"", {"policy": FIRST})])
    assert set(roles(small)) == {Role.LEARNED}


@pytest.mark.parametrize("policy", [b"no policy", FIRST[:-1], FIRST[:-1] + bytes([FIRST[-1] ^ 1]), FIRST + b"x"])
def test_what_is_no_policy_is_refused_and_nothing_has_changed(small: Universe, policy: bytes) -> None:
    before = small.digest()
    with pytest.raises(BadCommand, match=r"minds\.policy: "):
        small.step([Command("minds.policy", b"", {"policy": policy})])
    assert small.digest() == before
    with pytest.raises(BadPolicy):
        universe_with(policy)


def test_who_is_born_into_a_slot_remembers_nothing_of_who_lived_there(small: Universe) -> None:
    for _ in range(10):
        small.step()
    serial = int(small.pull().lives["serial"][0, 1])
    small.pull().lives["health"][0, 1] = 0
    small.step()
    assert roles(small)[1] == Role.OPEN, "it died"
    small.step([Command("mind.join", b"Eve", {"slot": 1})])
    assert thoughts(small).whose[0, 1] == serial, "who is led by another does not think"
    small.step([Command("mind.leave", b"1")])
    assert roles(small)[1] == Role.LEARNED, "who is given back thinks for itself"
    assert thoughts(small).whose[0, 1] == small.pull().lives["serial"][0, 1] != serial


def test_a_state_with_thoughts_that_are_none_does_not_go_on(small: Universe) -> None:
    state = small.photograph()
    check_state(state)
    assert state.thoughts is not None
    state.thoughts.policy = LARGER
    with pytest.raises(Impossible, match="remember more or less"):
        check_state(state)
    state.thoughts.policy = b"nothing"
    with pytest.raises(Impossible, match="no policy"):
        check_state(state)
