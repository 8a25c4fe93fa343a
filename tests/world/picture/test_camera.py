"""The eye on the torus."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ninepixel.world.picture.camera import NEAREST_CELLS, TURN, WIDEST_SIDES, Camera, shortest

SIZE = (1280, 720)
fraction = st.floats(0, 1, exclude_max=True, width=32)
cameras = st.builds(Camera, fraction, fraction, st.floats(4, 1500), st.just(1024))


def near(a: float, b: float, within: float = 1e-7) -> bool:
    return bool(abs(shortest(a - b)) < within)


@given(cameras, fraction, fraction)
def test_screen_and_world_are_inverse_where_the_world_is_seen_once(camera: Camera, x: float, y: float) -> None:
    px, py = camera.to_screen(x, y, SIZE)
    back = camera.to_world(float(px), float(py), SIZE)
    assert near(back[0], x)
    assert near(back[1], y)


@given(cameras)
def test_the_centre_is_in_the_middle_and_a_seam_away_is_near(camera: Camera) -> None:
    px, py = camera.to_screen(camera.x, camera.y, SIZE)
    assert (float(px), float(py)) == (640, 360)
    right = camera.to_screen((camera.x + 1 / 1024) % 1.0, camera.y, SIZE)[0]
    assert float(right) - 640 == pytest.approx(camera.scale(SIZE), rel=1e-6)


@given(cameras, st.floats(-300, 300), st.floats(-300, 300))
def test_what_is_dragged_stays_under_the_pointer(camera: Camera, dx: float, dy: float) -> None:
    under = camera.to_world(500, 300, SIZE)
    moved = camera.panned(dx, dy, SIZE).to_world(500 + dx, 300 + dy, SIZE)
    assert near(under[0], moved[0])
    assert near(under[1], moved[1])


@given(cameras, st.floats(0.2, 5), st.floats(0, 1280), st.floats(0, 720), st.floats(0, 1))
def test_zoom_keeps_the_point_under_the_cursor_now_and_all_the_way(
    camera: Camera, factor: float, px: float, py: float, seconds: float
) -> None:
    under = camera.to_world(px, py, SIZE)
    target = camera.zoomed(factor, SIZE, (px, py))
    assume(
        abs(target.cells - camera.cells) * SIZE[0] / SIZE[1] / 2 < camera.side / 2
    )  # else another image of the point is nearer
    for eye in (target, camera.toward(target, seconds)):
        there = eye.to_world(px, py, SIZE)
        assert near(under[0], there[0], 1e-6)
        assert near(under[1], there[1], 1e-6)


def test_zoom_stops_at_one_body_and_at_the_whole_world() -> None:
    camera = Camera.whole(1024)
    assert camera.zoomed(1e9, SIZE).cells == NEAREST_CELLS
    assert camera.zoomed(1e-9, SIZE).cells == 1024 * WIDEST_SIDES


def test_the_way_to_a_target_is_the_short_one_and_ends() -> None:
    camera, target = Camera(0.95, 0.5, 100, 1024), Camera(0.05, 0.5, 100, 1024)
    half = camera.toward(target, 0.09)
    assert near(half.x, 0.0)
    for _ in range(80):
        camera = camera.toward(target, 0.09)
    assert camera == target


@given(st.lists(st.tuples(st.integers(0, TURN - 1), st.integers(0, TURN - 1)), min_size=1, max_size=20))
def test_a_fitted_camera_sees_every_point(points: list[tuple[int, int]]) -> None:
    x, y = np.asarray(points, np.uint32).T
    camera = Camera.whole(1024).fit(x, y, SIZE)
    px, py = camera.to_screen(x / TURN, y / TURN, SIZE)
    limit = 0.5 * 1024 * camera.scale(SIZE)  # points half the world away may fall on either side
    assert np.all((np.abs(px - 640) <= 640) | (np.abs(px - 640) > 0.99 * limit))
    assert np.all((np.abs(py - 360) <= 360.001) | (np.abs(py - 360) > 0.9 * limit))


def test_fit_goes_over_the_seam_when_that_is_nearer() -> None:
    x = np.asarray([TURN - TURN // 100, TURN // 100], np.uint32)
    camera = Camera.whole(1024).fit(x, x, SIZE)
    assert near(camera.x, 0.0, 1e-3)
    assert camera.cells < 40
    assert Camera.whole(64).fit(np.zeros(0, np.uint32), np.zeros(0, np.uint32), SIZE) == Camera.whole(64)


def test_fly_to_goes_over_the_body_and_never_further_away() -> None:
    camera = Camera.whole(1024).fly_to(TURN // 4, TURN // 2)
    assert (camera.x, camera.y, camera.cells) == (0.25, 0.5, 14.0)
    assert Camera(0, 0, 5, 1024).fly_to(0, 0).cells == 5
