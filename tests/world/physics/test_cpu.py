"""numba equals the reference to the bit: every column, the field and the ledger, on one thread and on several."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from ninepixel.world.laws.affinity import affinity_matrix
from ninepixel.world.physics.bench import crowd
from ninepixel.world.physics.cpu import CpuBackend
from ninepixel.world.state import Params, State
from random_states import copy_of, differences, random_state


@pytest.fixture(scope="module", params=[1, 2, 3])
def cpu(request: pytest.FixtureRequest) -> Iterator[CpuBackend]:
    backend = CpuBackend(request.param)
    yield backend
    backend.close()


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut even small worlds into bands, and tidy rows all the time."""
    monkeypatch.setattr(CpuBackend, "serial_bodies", 0)
    monkeypatch.setattr(CpuBackend, "serial_cells", 0)
    monkeypatch.setattr(CpuBackend, "tidy_bodies", 0)
    monkeypatch.setattr(CpuBackend, "tidy_interval", 2)


def assert_same_after(backend: CpuBackend, state: State, ticks: int) -> None:
    twin = copy_of(state)
    for _ in range(ticks):
        reference.step(state)
        backend.step(twin)
        twin.tick += 1
        for world in range(state.params.worlds):
            twin.ledger.check(twin.held(world), world)
    assert differences(state, twin) == []


@pytest.mark.parametrize(("side_log2", "reach_log2", "worlds"), [(6, 1, 1), (6, 2, 2), (7, 1, 3), (7, 2, 1), (8, 2, 1)])
def test_equals_the_reference(cpu: CpuBackend, eager: None, side_log2: int, reach_log2: int, worlds: int) -> None:
    rng = np.random.default_rng(side_log2 * 10 + reach_log2)
    assert_same_after(cpu, random_state(rng, 250, side_log2, reach_log2, worlds), ticks=4)


@pytest.mark.parametrize("crowd", [256, 257, 330])
def test_a_crowd_takes_nothing_but_feels_everybody(cpu: CpuBackend, eager: None, crowd: int) -> None:
    assert_same_after(cpu, random_state(np.random.default_rng(crowd), 340, 6, 2, 1, crowd), ticks=2)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), bodies=st.integers(0, 150), side_log2=st.integers(6, 7), reach_log2=st.integers(1, 2))
def test_equals_the_reference_on_any_world(seed: int, bodies: int, side_log2: int, reach_log2: int) -> None:
    backend = CpuBackend(2)
    assert_same_after(backend, random_state(np.random.default_rng(seed), bodies, side_log2, reach_log2), ticks=2)
    backend.close()


def test_a_batch_is_its_worlds_one_by_one(cpu: CpuBackend) -> None:
    batch = random_state(np.random.default_rng(5), 200, 6, 2, worlds=3)
    singles = []
    for world in range(3):
        single = State.empty(Params((batch.params.seed + world) % 2**64, 6, 2), capacity=batch.bodies.capacity)
        for name in batch.bodies.columns:
            single.bodies.columns[name][0] = batch.bodies.columns[name][world]
        for name in ("count", "row_of", "index_of", "generation", "free_head", "next_index"):
            getattr(single.bodies, name)[0] = getattr(batch.bodies, name)[world]
        single.energy[0] = batch.energy[world]
        single.tick = batch.tick
        singles.append(single)
    for _ in range(5):
        for state in (batch, *singles):
            cpu.step(state)
            state.tick += 1
    for world, single in enumerate(singles):
        for name in batch.bodies.columns:
            n = int(single.bodies.count[0])
            assert np.array_equal(single.bodies.columns[name][0, :n], batch.bodies.columns[name][world, :n])
        assert np.array_equal(single.energy[0], batch.energy[world])


def test_momentum_is_conserved_by_colours_that_feel_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every pair has one affinity, what i does to j is what j does to i, to the last bit."""
    state = random_state(np.random.default_rng(3), 120, 6)
    bodies = state.bodies
    bodies["traits"][:] = 4  # motes
    bodies["rby"][:] = 0  # all yellow
    bodies["mass"][:] = 0
    bodies["vx"][:] = bodies["vy"][:] = 0
    bodies["density"][:] = 0  # nobody is sated
    still = {"JITTER_LIMIT": 0, "FRICTION": 0, "DRAG_LIMIT": 0, "FORCE_LIMIT": 1 << 40}
    for name, value in still.items():
        monkeypatch.setattr(reference, name, value)
    reference.step(state)
    assert np.any(bodies.live("vx")), "nothing moved: the test would prove nothing"
    assert int(bodies.live("vx").sum(dtype=np.int64)) == 0
    assert int(bodies.live("vy").sum(dtype=np.int64)) == 0


def test_without_named_instructions_the_law_is_the_same() -> None:
    """What LLVM makes of the law for a CPU without AVX2 passes the self-test, too."""
    code = (
        "from ninepixel.world.physics import choose; from ninepixel.world.physics.cpu import CpuBackend;"
        "assert choose.self_test(CpuBackend(1)) == choose.SELF_TEST_DIGEST"
    )
    plain = {**os.environ, "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    subprocess.run([sys.executable, "-c", code], env=plain, check=True, timeout=300)


def test_the_affinity_matrix_is_drawn_from_the_seed_alone() -> None:
    matrices = [affinity_matrix(seed) for seed in range(50)]
    assert all(np.all(np.abs(k) <= 63) and np.all(np.diagonal(k) > 0) for k in matrices)
    assert len({k.tobytes() for k in matrices}) == 50
    assert any(k[0, 1] != k[1, 0] for k in matrices), "chases need an asymmetric matrix"


def test_a_body_takes_at_most_100_bytes_and_a_cell_24() -> None:
    """Columns, ids and everything a tick allocates, per body; the field is diffused in place."""
    bodies, side_log2 = 262_144, 9
    state = crowd(bodies, side_log2)
    table = state.bodies
    ids = (table.row_of, table.index_of, table.generation)
    kept = sum(array.nbytes for array in (*table.columns.values(), *ids))
    backend = CpuBackend(2)
    backend.step(crowd(16, 6))  # compiles
    tracemalloc.start()
    try:
        backend.step(state)
        moving = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        backend.close()
    assert (kept + moving) / bodies <= 100
    assert state.energy.nbytes / (1 << 2 * side_log2) <= 24


def test_friends_do_not_fall_in_on_each_other() -> None:
    """Under the most attractive of affinities a crowd makes tissue of limited density, not one heap."""
    state = crowd(4096, 6, seed=14)  # a matrix in which nearly everybody seeks everybody
    backend = CpuBackend(1)
    for _ in range(3000):
        backend.step(state)
        state.tick += 1
    shift = state.params.cell_shift + state.params.reach_log2
    cells = (state.bodies.live("y") >> shift).astype(np.int64) << 32 | (state.bodies.live("x") >> shift).astype(np.int64)
    assert np.unique(cells, return_counts=True)[1].max() < 64
