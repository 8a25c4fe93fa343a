"""Who is in view."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.bodies import Kind, pack_traits
from ninepixel.world.picture.camera import TURN, Camera
from ninepixel.world.picture.cull import MOST_RINGS, MOST_STREAKS, moving_rows, ring_lines, visible_rows
from ninepixel.world.state import Params, State

SIZE = (1280, 720)


def scattered(n: int, seed: int = 1) -> State:
    rng = np.random.default_rng(seed)
    state = State.empty(Params(seed, 10), capacity=n)
    values: dict[str, npt.NDArray[Any]] = {name: rng.integers(0, TURN, n) for name in ("x", "y")}
    values |= {name: rng.integers(-(1 << 29), 1 << 29, n) for name in ("vx", "vy")}
    values["traits"] = pack_traits(rng.integers(1, 6, n))
    state.bodies.spawn_many(n, 0, values)
    return state


def test_nobody_on_screen_is_left_out_and_almost_nobody_off_screen_is_kept() -> None:
    state = scattered(5000)
    for centre in ((0.5, 0.5), (0.01, 0.98), (0.999, 0.0)):
        camera = Camera(*centre, 200, 1024)
        rows = visible_rows(state.bodies, 0, camera, SIZE, margin=2)
        assert rows is not None
        px, py = camera.to_screen(state.bodies.live("x") / TURN, state.bodies.live("y") / TURN, SIZE)
        on_screen = np.flatnonzero((px >= 0) & (px < 1280) & (py >= 0) & (py < 720))
        assert set(on_screen) <= set(rows.tolist())
        assert rows.size <= on_screen.size * 1.1 + 10


def test_the_living_lie_on_top_then_files_and_ties_go_by_index_not_by_row() -> None:
    state = scattered(3000)
    camera = Camera(0.5, 0.5, 100, 1024)

    def drawn() -> list[tuple[int, int]]:
        rows = visible_rows(state.bodies, 0, camera, SIZE, margin=2)
        assert rows is not None
        return [(int(state.bodies["traits"][0, r]) & 0xFF, int(state.bodies.index_of[0, r])) for r in rows]

    before = drawn()
    rank = [Kind.MOTE, Kind.CREATURE, Kind.FOLDER, Kind.MATTER, Kind.MIND, Kind.GUARDIAN]
    assert before == sorted(before, key=lambda pair: (rank.index(Kind(pair[0])), pair[1]))
    assert before[-1][0] >= Kind.MIND > before[0][0]
    state.bodies.reorder(0, np.random.default_rng(2).permutation(3000).astype(np.int32))
    assert drawn() == before


def test_a_view_of_most_of_the_world_is_not_culled() -> None:
    assert visible_rows(scattered(10).bodies, 0, Camera.whole(1024), SIZE, margin=2) is None


def test_streaks_of_a_crowd_are_thinned_by_index() -> None:
    state = scattered(3 * MOST_STREAKS)
    camera = Camera.whole(1024)
    rows, brighter = moving_rows(state.bodies, 0, None, camera, SIZE, ticks=22)
    assert 0 < rows.size <= MOST_STREAKS * 1.05
    assert brighter > 1
    named = set(state.bodies.index_of[0, rows].tolist())
    state.bodies.reorder(0, np.random.default_rng(2).permutation(state.bodies.count[0]).astype(np.int32))
    again, _ = moving_rows(state.bodies, 0, None, camera, SIZE, ticks=22)
    assert set(state.bodies.index_of[0, again].tolist()) == named


def test_what_stands_still_leaves_no_streak() -> None:
    state = scattered(100)
    for name in ("vx", "vy"):
        state.bodies[name][:] = 0
    rows, brighter = moving_rows(state.bodies, 0, None, Camera.whole(1024), SIZE, ticks=22)
    assert (rows.size, brighter) == (0, 1.0)


def test_rings_are_closed_circles_on_the_screen() -> None:
    lines = ring_lines([(0.5, 0.5, 0.1, 0)], Camera(0.5, 0.5, 512, 1024), SIZE)
    pixels = lines[:, :2] * [640, 360]
    assert np.allclose(np.hypot(pixels[:, 0], pixels[:, 1]), 144, atol=0.1)
    assert np.allclose(lines[0], lines[-1], atol=1e-4)
    assert len(ring_lines([(0.5, 0.5, 0.02, 3)] * 1000, Camera(0.5, 0.5, 512, 1024), SIZE)) == MOST_RINGS * 96 * 2
    assert len(ring_lines([], Camera.whole(64), SIZE)) == 0
