"""Worlds are founded from their seed and the number of the episode, and from nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from ninepixel.agents.arena import Arena
from ninepixel.agents.tasks import TASKS, UNIVERSE, Task
from ninepixel.world.laws import vital as law
from ninepixel.world.laws.lives import Lies, Role, Thing

TASK = UNIVERSE.with_options(agents=6, spare=2)


def played(task: Task, seed: int, ticks: int = 0) -> Arena:
    arena = Arena(task, worlds=2, seed=seed, threads=1)
    arena.reset()
    rng = np.random.default_rng(0)
    for _ in range(ticks):
        arena.step(rng.integers(0, 9, (2, task.agents, 3)).astype(np.uint8))
    return arena


def assert_balanced(arena: Arena) -> None:
    for world in range(arena.worlds):
        for quantity in ("energy", "coins", "loot"):
            arena.state.ledger.check(arena.state.held(world, quantity), world, quantity)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_founds_what_it_says(name: str) -> None:
    task = TASKS[name]
    arena = played(task, 3)
    state = arena.state
    assert_balanced(arena)
    for world in range(2):
        kind, lies = state.things["kind"][world], state.things["lies"][world]
        assert (kind == Thing.COIN).sum() == task.coins
        assert (kind == Thing.LOOT).sum() == task.loot
        assert (lies == Lies.BURIED).sum() == task.buried
        role = state.lives["role"][world]
        assert role.tolist() == [Role.GUEST] * task.agents + [Role.OPEN] * task.spare + [Role.GUARDIAN] * task.guardians
        here = state.lives["body"][world] >= 0
        assert here.tolist() == [True] * task.agents + [False] * task.spare + [True] * task.guardians
        serial = state.lives["serial"][world, here]
        assert serial.tolist() == list(range(1, len(serial) + 1))


def test_two_foundings_from_one_seed_are_equal() -> None:
    one, other = played(TASK, 11), played(TASK, 11)
    assert one.state_hash() == other.state_hash()
    assert one.seen.tobytes() == other.seen.tobytes()
    assert played(TASK, 12).state_hash() != one.state_hash()


def test_a_founding_leaves_nothing_of_what_was() -> None:
    fresh, used = played(TASK, 11), played(TASK, 11, ticks=40)
    assert used.state_hash() != fresh.state_hash()
    used.state.tick, used.state.chronicle[:, 0] = 0, 0
    used.reset()
    assert used.state_hash() == fresh.state_hash()
    assert used.seen.tobytes() == fresh.seen.tobytes()


def test_episodes_differ_in_who_is_born_where_and_not_in_the_matter() -> None:
    arena = played(TASK, 11)
    first = arena.state.copy()
    arena.reset()
    assert arena.state.chronicle[:, 0].tolist() == [2, 2]
    n = int(arena._matter[0])
    assert np.array_equal(first.bodies["x"][0, :n], arena.state.bodies["x"][0, :n])
    assert not np.array_equal(first.bodies["x"][0, n:], arena.state.bodies["x"][0, n:])
    assert not np.array_equal(first.things["x"], arena.state.things["x"])
    assert_balanced(arena)


def test_one_world_is_founded_anew_and_the_others_live_on() -> None:
    arena = played(TASK, 11, ticks=5)
    before = [arena.state_hash(world) for world in range(2)]
    arena.found(np.asarray([False, True]))
    assert arena.state_hash(0) == before[0]
    assert arena.state_hash(1) != before[1]
    assert_balanced(arena)


def test_whoever_is_missing_is_replaced_by_a_founder_or_by_a_child_that_waits() -> None:
    arena = played(TASK, 11)
    state, lives = arena.state, arena.state.lives
    lives["health"][0, 1] = lives["health"][0, 3] = -99
    thing = int(np.flatnonzero(state.things["kind"][0] == Thing.NONE)[0])
    state.things["kind"][0, thing], state.things["energy"][0, thing] = int(Thing.EGG), 6 * law.EGG_SHARE
    state.ledger.add("birth", 6 * law.EGG_SHARE, 0)
    lives["role"][0, 6:8] = int(Role.CLOSED)
    arena.step(np.zeros((2, 6, 3), np.uint8))
    assert arena.terminated[0].tolist() == [False, True, False, True, False, False, False, False]
    state.things["age"][0, thing] = law.EGG_TICKS
    others = lives.block[0][:, [0, 2, 4, 5]].copy()
    arena.replace(np.asarray([[True] * 6 + [False] * 2] * 2))
    assert np.array_equal(lives.block[0][:, [0, 2, 4, 5]], others), "who lives is left alone"
    assert lives["store_r"][0, [1, 3]].tolist() == [2 * law.EGG_SHARE, law.FOUNDER_STORE]
    assert lives["role"][0, [1, 3]].tolist() == [Role.GUEST, Role.GUEST]
    assert state.things["kind"][0, thing] == Thing.NONE
    assert_balanced(arena)
