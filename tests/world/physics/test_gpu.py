"""GLSL equals the reference to the bit: every column, the field and the ledger, in any order of threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import moderngl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from ninepixel.ecs.ids import EntityId
from ninepixel.world.physics.backend import BackendError
from ninepixel.world.physics.gpu.backend import GpuBackend
from ninepixel.world.physics.gpu.context import available
from ninepixel.world.state import Params, State
from random_states import copy_of, differences, random_columns, random_state

able, why = available()
pytestmark = [pytest.mark.gl, pytest.mark.skipif(not able, reason=why)]

#: Every way to cut the work that some device may choose, and one that no device would: threads in another order.
SHAPES: dict[str, Any] = {
    "software": {"software": True},
    "gpu": {"software": False},
    "wide": {"software": False, "workgroup": 256},
    "narrow": {"software": True, "workgroup": 32},
    "permuted": {"software": True, "permute": True},
    "permuted-wide": {"software": False, "permute": True, "workgroup": 256},
}


@pytest.fixture(scope="module", params=SHAPES)
def gpu(request: pytest.FixtureRequest) -> Iterator[GpuBackend]:
    backend = GpuBackend(**SHAPES[request.param])
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def plain() -> Iterator[GpuBackend]:
    backend = GpuBackend()
    yield backend
    backend.close()


def step(backend: GpuBackend, state: State, ticks: int = 1) -> None:
    for _ in range(ticks):
        backend.step(state)
        state.tick += 1


def assert_same_after(backend: GpuBackend, state: State, ticks: int) -> None:
    """Both run *ticks* ticks from *state*, which the reference then holds; only the last is pulled."""
    twin = copy_of(state)
    for _ in range(ticks):
        reference.step(state)
    step(backend, twin, ticks)
    backend.pull(twin)
    assert differences(state, twin) == []
    for world in range(state.params.worlds):
        twin.ledger.check(twin.held(world), world)


@pytest.mark.parametrize(("side_log2", "reach_log2", "worlds"), [(6, 1, 1), (6, 2, 2), (7, 1, 3), (7, 2, 1)])
def test_equals_the_reference(gpu: GpuBackend, side_log2: int, reach_log2: int, worlds: int) -> None:
    rng = np.random.default_rng(side_log2 * 10 + reach_log2)
    assert_same_after(gpu, random_state(rng, 250, side_log2, reach_log2, worlds), ticks=3)


def test_a_crowd_takes_nothing_but_feels_everybody(gpu: GpuBackend) -> None:
    for crowd in (256, 257, 330):
        assert_same_after(gpu, random_state(np.random.default_rng(crowd), 340, 6, 2, 1, crowd), ticks=2)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    bodies=st.integers(0, 150),
    side=st.sampled_from([6, 7]),
    reach=st.sampled_from([1, 2]),
    n=st.integers(1, 3),
)
def test_equals_the_reference_anywhere(plain: GpuBackend, seed: int, bodies: int, side: int, reach: int, n: int) -> None:
    assert_same_after(plain, random_state(np.random.default_rng(seed), max(bodies, 1), side, reach, n), ticks=2)


@pytest.mark.parametrize("seed", [0, 2**32 - 1, 2**64 - 1])
def test_seeds_of_worlds_carry_over_32_and_64_bits(plain: GpuBackend, seed: int) -> None:
    state = random_state(np.random.default_rng(1), 60, 6, 2, 3)
    state.params = Params(seed, 6, 2, 3)
    assert_same_after(plain, state, ticks=2)


def test_held_and_ledger_agree_without_a_pull(gpu: GpuBackend) -> None:
    state = random_state(np.random.default_rng(4), 200, 6, 1, 2)
    step(gpu, state, 4)
    assert gpu.held(state).tolist() == [state.ledger.expected(world) for world in range(2)]
    assert gpu.held(state).tolist() == [state.ledger.expected(world) for world in range(2)]  # asked twice, booked once


def test_births_deaths_and_changes_are_pushed(gpu: GpuBackend) -> None:
    rng = np.random.default_rng(5)
    state = random_state(rng, 120, 6, 2, 2)
    for _ in range(3):
        step(gpu, state, 2)
        gpu.pull(state)
        for world in range(2):
            change(rng, state, world)
        gpu.push(state)
        assert_same_after(gpu, copy_of(state), ticks=1)  # another state in between: the device takes each anew
        twin = copy_of(state)
        step(gpu, state)
        gpu.pull(state)
        reference.step(twin)
        assert differences(state, twin) == []


def change(rng: np.random.Generator, state: State, world: int) -> None:
    """What commands do: deaths, births, energy given to a body and to the field, a table that grows; all of it booked."""
    bodies = state.bodies
    for _ in range(min(3, int(bodies.count[world]))):
        bodies.kill(bodies.entity_at(int(rng.integers(0, bodies.count[world])), world), world)
    born = bodies.spawn_many(2, world, random_columns(rng, 2, 100))
    bodies.set(EntityId(int(born[0])), world, energy=777)
    state.energy[world, 1, 5, 6] += 1000
    if rng.random() < 0.5:
        bodies.grow(bodies.capacity + 10)
    state.ledger.add("birth", state.held(world) - state.ledger.expected(world), world)


def test_a_push_without_growth_sends_only_what_changed(plain: GpuBackend) -> None:
    state = random_state(np.random.default_rng(6), 120, 6)
    step(plain, state, 2)
    plain.pull(state)
    twin = copy_of(state)
    for universe in (state, twin):
        change(np.random.default_rng(2), universe, 0)
    plain.push(state)
    step(plain, state, 2)
    plain.pull(state)
    for _ in range(2):
        reference.step(twin)
    assert differences(state, twin) == []


def test_rows_in_cell_order_are_the_same_universe(gpu: GpuBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ninepixel.world.physics.gpu.backend.TIDY_BODIES", 1)
    monkeypatch.setattr("ninepixel.world.physics.gpu.backend.TIDY_INTERVAL", 2)
    assert_same_after(gpu, random_state(np.random.default_rng(8), 200, 6, 1, 3), ticks=5)


def test_a_pull_changes_nothing_and_may_be_repeated(plain: GpuBackend) -> None:
    state = random_state(np.random.default_rng(9), 100, 6)
    other = copy_of(state)
    step(plain, state, 3)
    plain.pull(state)
    for _ in range(3):
        step(plain, other)
        plain.pull(other)
        plain.pull(other)
    assert differences(state, other) == []


def test_more_groups_than_fit_along_an_axis_fold_into_the_next(gpu: GpuBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ninepixel.world.physics.gpu.programs.FOLD", 2)
    assert_same_after(gpu, random_state(np.random.default_rng(13), 300, 6, 1, 3), ticks=2)


def test_a_context_of_the_callers_thread_stays_current(gpu: GpuBackend) -> None:
    options: Any = {"backend": "egl"}
    window = moderngl.create_context(standalone=True, require=330, **options)
    mine = window.buffer(b"mine")
    other = GpuBackend()
    state = random_state(np.random.default_rng(11), 30, 6)
    for backend in (gpu, other):
        step(backend, state)
        backend.pull(state)
    other.close()
    assert mine.read() == b"mine"
    assert window.error == "GL_NO_ERROR"
    window.release()


def test_a_push_that_would_lose_ticks_is_refused(plain: GpuBackend) -> None:
    state = random_state(np.random.default_rng(12), 30, 6)
    step(plain, state)
    with pytest.raises(BackendError, match="pull before"):
        plain.push(state)
    plain.pull(state)
    plain.push(state)


def test_an_empty_world_only_diffuses(plain: GpuBackend) -> None:
    state = random_state(np.random.default_rng(10), 20, 6, 2, 2)
    for world in range(2):
        for row in reversed(range(int(state.bodies.count[world]))):
            state.bodies.kill(state.bodies.entity_at(row, world), world)
    state.ledger.totals[:] = 0
    for world in range(2):
        state.ledger.add("genesis", state.held(world), world)
    assert_same_after(plain, state, ticks=2)
