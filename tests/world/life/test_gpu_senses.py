"""The retina in GLSL equals numba's to the byte, wherever minds stand and however the work is cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.agents.arena import Arena
from ninepixel.agents.tasks import TASKS
from ninepixel.world.laws.bodies import pack_rby
from ninepixel.world.laws.lives import MOVES
from ninepixel.world.life.engine import Life
from ninepixel.world.life.senses import A_HEARD, RETINA_BYTES
from ninepixel.world.life.window import WindowedLife
from ninepixel.world.physics.backend import BackendError
from ninepixel.world.physics.cpu.team import Team
from ninepixel.world.physics.gpu.backend import GpuBackend
from ninepixel.world.physics.gpu.context import available
from ninepixel.world.physics.gpu.senses import GpuSenses, is_wide, refusal
from ninepixel.world.state import Params, State
from random_states import random_state

able, why = available()
pytestmark = [pytest.mark.gl, pytest.mark.skipif(not able, reason=why)]

#: Ways to cut the work: what devices choose, and threads in another order, which none does.
SHAPES: dict[str, Any] = {
    "software": {"software": True},
    "gpu": {"software": False},
    "wide": {"software": False, "workgroup": 256},
    "narrow": {"software": True, "workgroup": 32},
    "permuted": {"software": True, "permute": True},
    "permuted-wide": {"software": False, "permute": True, "workgroup": 256},
}
Seen = npt.NDArray[np.uint8]


@pytest.fixture(scope="module", params=SHAPES)
def backend(request: pytest.FixtureRequest) -> Iterator[GpuBackend]:
    made = GpuBackend(**SHAPES[request.param])
    yield made
    made.close()


@pytest.fixture
def senses(backend: GpuBackend) -> Iterator[GpuSenses]:
    made = GpuSenses(backend)
    yield made
    made.close()


@pytest.fixture(scope="module")
def plain() -> Iterator[GpuSenses]:
    backend = GpuBackend()
    made = GpuSenses(backend)
    yield made
    made.close()
    backend.close()


def of_numba(state: State, minds: int) -> Seen:
    """What the reference senses, which has forgotten what was sensed before."""
    life = Life(state, minds)
    life.sense()
    return life.seen


def of_glsl(senses: GpuSenses, state: State, minds: int) -> Seen:
    """What the device senses, written over garbage."""
    senses._backend.push(state)
    return senses.sense(state, np.full((state.params.worlds, minds, RETINA_BYTES), 0xA5, np.uint8))


def assert_same(ours: Seen, theirs: Seen) -> None:
    wrong = np.argwhere(ours != theirs)
    assert not len(wrong), f"{len(wrong)} bytes differ, first (world, mind, byte) {wrong[0].tolist()}"


def sighted(
    rng: np.random.Generator, side_log2: int, worlds: int, reach_log2: int = 1, crowd: int = 0, bodies: int = 250
) -> State:
    """A random state in which minds see two to four octaves, in three to eight bits, and hear in either of two."""
    state = random_state(rng, bodies, side_log2, reach_log2, worlds, crowd, lives=60, things=40)
    pheno = state.lives["pheno_r"]
    pheno[:] = rng.integers(0, 1 << 24, pheno.shape)
    pheno[:, ::3] &= 0xFFFF00
    pheno[:, ::3] |= rng.integers(30, 70, pheno[:, ::3].shape).astype(np.uint32)  # about what decides on octaves
    return state


@pytest.mark.parametrize(("side_log2", "reach_log2", "worlds"), [(6, 1, 1), (6, 2, 4), (7, 1, 4), (7, 2, 1), (8, 1, 1)])
def test_equals_numba(senses: GpuSenses, side_log2: int, reach_log2: int, worlds: int) -> None:
    state = sighted(np.random.default_rng(side_log2 * 10 + worlds), side_log2, worlds, reach_log2)
    ours = of_numba(state, 60)
    assert (ours[:, :, :324].any(axis=2) | (state.lives["body"] < 0)).all()
    assert ours[:, :, A_HEARD : A_HEARD + 8].any()
    assert_same(ours, of_glsl(senses, state, 60))


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    side=st.sampled_from([6, 7, 8]),
    worlds=st.integers(1, 3),
    reach=st.sampled_from([1, 2]),
    crowd=st.sampled_from([0, 70, 200]),
    minds=st.integers(1, 60),
)
def test_equals_numba_anywhere(plain: GpuSenses, seed: int, side: int, worlds: int, reach: int, crowd: int, minds: int) -> None:
    state = sighted(np.random.default_rng(seed), side, worlds, reach, crowd)
    assert_same(of_numba(state, minds), of_glsl(plain, state, minds))


def test_the_grid_of_the_last_look_is_dark_again(plain: GpuSenses) -> None:
    for seed in (1, 2, 1):
        state = sighted(np.random.default_rng(seed), 6, 2, crowd=100)
        for _ in range(2):
            assert_same(of_numba(state, 60), of_glsl(plain, state, 60))


def stand(state: State, world: int, slot: int, x: int, y: int) -> None:
    """Move the body of a life into the middle of a cell."""
    row = state.bodies.row_of[world, state.lives["body"][world, slot]]
    for name, cell in (("x", x), ("y", y)):
        state.bodies.columns[name][world, row] = ((cell << 1) + 1) << (state.params.cell_shift - 1)
        state.bodies.touch(name, world)


@pytest.mark.parametrize("side_log2", [6, 7, 8])
def test_seams_of_the_torus_and_of_patches(senses: GpuSenses, side_log2: int) -> None:
    rng = np.random.default_rng(side_log2)
    state, side = sighted(rng, side_log2, 2, bodies=300), 1 << side_log2
    seams = [
        c % side for edge in (0, 128) for reach in (0, 1, 4, 13, 31, 40) for c in (edge - reach - 1, edge + reach, edge - reach)
    ]
    places = [(x, y) for x in seams for y in seams]
    state.lives["pheno_r"][:] = 0xFFFFFF  # all octaves, in all bits, with the better ear
    for start in range(0, len(places), 40 * 4):
        for world in range(2):
            living = np.flatnonzero(state.lives["body"][world] >= 0)[:40]
            for slot, (x, y) in zip(living.tolist(), places[start + world :: 4], strict=False):
                stand(state, world, slot, x, y)
        assert_same(of_numba(state, 60), of_glsl(senses, state, 60))


def test_crowds_fill_a_cell_to_its_limit_and_no_other_lane(senses: GpuSenses) -> None:
    state = sighted(np.random.default_rng(3), 6, 1, bodies=850)
    assert not is_wide(state)  # the fullest that shares words
    for column in ("x", "y"):
        state.bodies.live(column)[:] = 5 << 26
        state.bodies.touch(column)
    state.things["x"][:] = state.things["y"][:] = 5 << 26
    for r, b in ((65535, 0), (0, 65535), (0, 0), (30000, 30000)):
        state.bodies.live("rby")[:] = pack_rby(r, b)
        state.bodies.touch("rby")
        state.lives["action"][:] = (r % MOVES) << 16
        assert_same(of_numba(state, 60), of_glsl(senses, state, 60))


def test_a_lane_of_its_own_where_sixteen_bits_could_overflow(senses: GpuSenses) -> None:
    state = sighted(np.random.default_rng(4), 6, 2, bodies=2500)
    assert is_wide(state)
    assert_same(of_numba(state, 60), of_glsl(senses, state, 60))
    for column in ("x", "y"):
        state.bodies.live(column)[:] = 7 << 26
        state.bodies.touch(column)
    assert_same(of_numba(state, 60), of_glsl(senses, state, 60))


def test_all_words_are_counted_apart(plain: GpuSenses) -> None:
    rng = np.random.default_rng(5)
    state = sighted(rng, 6, 1, bodies=400)
    living = np.flatnonzero(state.lives["body"][0] >= 0).tolist()
    for slot in living:
        stand(state, 0, slot, int(rng.integers(30, 36)), int(rng.integers(62, 68)) % 64)
    for _ in range(3):
        state.lives["action"][:] = rng.integers(0, MOVES, state.lives["action"].shape) << 16
        ours = of_numba(state, 60)
        assert (ours[0, living, A_HEARD : A_HEARD + 8] > 0).any(axis=0).all()
        assert_same(ours, of_glsl(plain, state, 60))


@pytest.mark.parametrize("name", sorted(TASKS))
def test_the_worlds_that_learners_live_in(plain: GpuSenses, name: str) -> None:
    arena = Arena(TASKS[name].with_options(side=64), worlds=3, seed=9, threads=1)
    arena.reset()
    rng = np.random.default_rng(0)
    for _ in range(6):
        for _ in range(5):
            arena.step(rng.integers(0, MOVES, (3, arena.minds, 3), dtype=np.uint8))
        _touch_all(arena.state)
        assert_same(arena.seen, of_glsl(plain, arena.state, arena.minds))
    arena.close()


def _touch_all(state: State) -> None:
    """Arenas write their tables without a word."""
    for world in range(state.params.worlds):
        for name in state.bodies.columns:
            state.bodies.touch(name, world)


def test_physics_field_and_senses_on_the_device_and_life_at_home(backend: GpuBackend, senses: GpuSenses) -> None:
    arena = Arena(TASKS["universe"].with_options(side=64), worlds=2, seed=4, threads=1, roles=[2] * TASKS["universe"].agents)
    arena.reset()
    theirs = arena.fork()
    for _ in range(12):
        arena.life.tick(0, 2)
        arena.state.tick += 1

        state, life = theirs.state, WindowedLife(theirs.state, theirs.minds, theirs.child_role)
        life.seen[...] = theirs.seen
        life.before()
        _touch_all(state)
        backend.push(state)
        backend.step(state)
        backend.pull(state)
        life.live()
        _touch_all(state)
        backend.push(state)
        senses.sense(state, theirs.seen, state.tick + 1)
        state.tick += 1
        assert_same(arena.seen, theirs.seen)
        assert arena.state_hash() == theirs.state_hash()


def test_threads_at_home_change_nothing(backend: GpuBackend) -> None:
    state, team = sighted(np.random.default_rng(6), 6, 4), Team(3)
    senses = GpuSenses(backend, team)
    assert_same(of_numba(state, 60), of_glsl(senses, state, 60))
    senses.close()
    team.close()


def test_states_of_another_size_are_taken_as_they_come(plain: GpuSenses) -> None:
    for side, worlds, bodies in ((6, 1, 100), (7, 2, 100), (6, 1, 100), (6, 1, 1200), (6, 3, 200)):
        state = sighted(np.random.default_rng(side), side, worlds, bodies=bodies)
        for minds in (60, 3):
            assert_same(of_numba(state, minds), of_glsl(plain, state, minds))
        state.bodies.grow(state.bodies.capacity + 50)
        assert_same(of_numba(state, 60), of_glsl(plain, state, 60))


def test_more_groups_than_fit_along_an_axis_fold_into_the_next(senses: GpuSenses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ninepixel.world.physics.gpu.programs.FOLD", 2)
    state = sighted(np.random.default_rng(7), 6, 3)
    assert_same(of_numba(state, 60), of_glsl(senses, state, 60))


def test_nobody_to_see_and_nothing_to_be_seen(plain: GpuSenses) -> None:
    state = State.empty(Params(1, 6), capacity=8, lives=3, things=2)
    assert not of_glsl(plain, state, 3).any()
    assert of_glsl(plain, state, 0).shape == (1, 0, RETINA_BYTES)


def test_a_state_that_is_not_at_home_is_refused(plain: GpuSenses) -> None:
    state = sighted(np.random.default_rng(8), 6, 1)
    seen = np.full((1, 60, RETINA_BYTES), 7, np.uint8)
    plain._backend.step(state)
    with pytest.raises(BackendError, match="pull it"):
        plain.sense(state, seen)
    assert (seen == 7).all()
    plain._backend.pull(state)
    assert_same(of_numba(state, 60), plain.sense(state, seen))


def test_a_wrong_array_is_refused(plain: GpuSenses) -> None:
    state = sighted(np.random.default_rng(8), 6, 1)
    for wrong in (np.zeros((2, 60, RETINA_BYTES), np.uint8), np.zeros((1, 60, 9), np.uint8), np.zeros((1, 60, RETINA_BYTES))):
        with pytest.raises(ValueError, match="seen must be uint8 of shape"):
            plain.sense(state, wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="only 60 slots"):
        plain.sense(state, np.zeros((1, 61, RETINA_BYTES), np.uint8))


class SmallDevice:
    """A device with the smallest storage buffers that OpenGL 4.3 allows."""

    renderer = "Small GL"
    buffer_bytes = 1 << 24


@pytest.mark.parametrize(
    ("params", "wide", "says"),
    [
        (Params(1, 10), False, "a 1024x1024 world need 32 MiB; Small GL allows 16 MiB in a buffer: at most 512x512"),
        (
            Params(1, 8, worlds=9),
            True,
            "a 256x256 world in 9 worlds need 36 MiB; Small GL allows 16 MiB in a buffer: at most 128x128",
        ),
        (Params(1, 6, worlds=256), False, "at most 128 worlds of 64x64"),
        (Params(1, 9), False, ""),
    ],
)
def test_worlds_too_large_for_the_device_are_refused_with_what_would_fit(params: Params, wide: bool, says: str) -> None:
    complaint = refusal(params, wide, SmallDevice())  # type: ignore[arg-type]
    assert says in complaint
    assert bool(says) == bool(complaint)


def test_senses_that_refused_a_state_take_the_next() -> None:
    backend = GpuBackend()
    senses = GpuSenses(backend)
    state = sighted(np.random.default_rng(9), 7, 1)
    limit, backend.device.buffer_bytes = backend.device.buffer_bytes, 200_000
    backend.push(state)
    assert "at most 64x64" in senses.refuses(state)
    with pytest.raises(BackendError, match="at most 64x64"):
        senses.sense(state, np.zeros((1, 60, RETINA_BYTES), np.uint8))
    backend.device.buffer_bytes = limit
    assert senses.refuses(state) == ""
    assert_same(of_numba(state, 60), of_glsl(senses, state, 60))
    backend.close()
    senses.close()
    senses.close()
