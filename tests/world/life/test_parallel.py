"""Threads, batches, phases and the order of rows are accidents: they change nothing."""

from __future__ import annotations

import numpy as np
import pytest

import reference_life
from ninepixel.agents.arena import Arena
from ninepixel.agents.tasks import SURVIVE, UNIVERSE
from ninepixel.world.digest import digest
from ninepixel.world.life.engine import Life
from ninepixel.world.life.window import WindowedLife
from ninepixel.world.physics.cpu import CpuBackend
from ninepixel.world.physics.cpu.team import Team
from random_lives import choose, lively_state
from random_states import copy_of, differences, world_of


def test_an_arena_on_two_threads_is_one_on_one() -> None:
    rng = np.random.default_rng(3)
    arenas = [Arena(SURVIVE.with_options(agents=4), worlds=11, seed=5, threads=threads) for threads in (1, 2)]
    for arena in arenas:
        arena.reset()
    for _ in range(20):
        actions = rng.integers(0, 9, (11, 4, 3)).astype(np.uint8)
        for arena in arenas:
            arena.step(actions)
        assert arenas[0].state_hash() == arenas[1].state_hash()
        for name in ("seen", "reward", "terminated", "fresh"):
            assert getattr(arenas[0], name).tobytes() == getattr(arenas[1], name).tobytes(), name
    for arena in arenas:
        arena.close()


def test_a_batch_is_its_worlds_one_by_one() -> None:
    rng = np.random.default_rng(4)
    batch = lively_state(rng, 6, 1, 3)
    singles = [world_of(batch, world) for world in range(3)]
    lives = [Life(state, 16) for state in (batch, *singles)]
    for life in lives:
        life.sense()
    for _ in range(5):
        choose(rng, batch)
        for world, single in enumerate(singles):
            single.lives["action"][0] = batch.lives["action"][world]
        for life in lives:
            life.tick(0, life.state.params.worlds)
            life.state.tick += 1
    for world, single in enumerate(singles):
        assert differences(world_of(batch, world), single) == []
        assert lives[0].seen[world].tobytes() == lives[world + 1].seen[0].tobytes()


def test_an_arena_of_many_worlds_is_many_arenas_of_one() -> None:
    rng = np.random.default_rng(6)
    task = UNIVERSE.with_options(agents=6)
    batch, singles = Arena(task, worlds=3, seed=40, threads=1), [Arena(task, seed=40 + w, threads=1) for w in range(3)]
    for arena in (batch, *singles):
        arena.reset()
    for _ in range(12):
        actions = rng.integers(0, 9, (3, 6, 3)).astype(np.uint8)
        batch.step(actions)
        for world, single in enumerate(singles):
            single.step(actions[world : world + 1])
    for world, single in enumerate(singles):
        assert batch.seen[world].tobytes() == single.seen[0].tobytes()
        assert batch.reward[world].tobytes() == single.reward[0].tobytes()
        assert batch.state.energy[world].tobytes() == single.state.energy[0].tobytes()
        assert batch.state.ledger.as_dict(world) == single.state.ledger.as_dict(0)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_is_nobodys_business(seed: int) -> None:
    rng = np.random.default_rng(seed)
    state = lively_state(rng, 6, 2, 2, room=0)
    twin = copy_of(state)
    lives = Life(state, 12), Life(twin, 12)
    for life in lives:
        life.sense()
    for _ in range(4):
        for world in range(2):
            n = int(twin.bodies.count[world])
            twin.bodies.reorder(world, rng.permutation(n).astype(np.int32))
        choose(rng, state, twin)
        for life in lives:
            life.tick(0, 2)
            life.state.tick += 1
        assert digest(state) == digest(twin)
        assert lives[0].seen.tobytes() == lives[1].seen.tobytes()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", [Life, WindowedLife])
def test_a_tick_in_parts_is_a_tick(kind: type[Life], threads: int) -> None:
    """Before, physics by its own backend, after: as large universes are stepped."""
    rng = np.random.default_rng(8)
    state = lively_state(rng, 6, 2, 3)
    twin = copy_of(state)
    team, backend = Team(threads), CpuBackend(threads)
    whole, parts = Life(state, 10), kind(twin, 10, team=team)
    for life in (whole, parts):
        life.sense()
    for _ in range(4):
        choose(rng, state, twin)
        whole.tick(0, 3)
        parts.before()
        backend.step(twin)
        parts.after()
        for life in (whole, parts):
            life.state.tick += 1
        assert differences(state, twin) == []
        assert whole.seen.tobytes() == parts.seen.tobytes()
    backend.close()
    team.close()


@pytest.mark.parametrize("side_log2", [6, 7])
def test_through_a_window_one_sees_what_the_reference_sees(side_log2: int) -> None:
    rng = np.random.default_rng(side_log2)
    state = lively_state(rng, side_log2, 1, lives=30)
    life, senses = WindowedLife(state, 30), reference_life.Senses(state, 30)
    life.windowed = True
    life.seen[...] = 0xAA
    life.sense()
    reference_life.sense(state, senses)
    assert life.seen.tobytes() == senses.seen.tobytes()
