"""Frames drawn by OpenGL: what they show of the state, and what they must not invent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import moderngl
import numpy as np
import pytest

from ninepixel.world.laws.bodies import Kind, pack_codon, pack_rby, pack_traits
from ninepixel.world.picture.bench import bench_render, crowd
from ninepixel.world.picture.camera import TURN, Camera
from ninepixel.world.picture.gl import NoGL, describe, open_gl, program
from ninepixel.world.picture.painter import Painter
from ninepixel.world.state import Params, State

pytestmark = pytest.mark.gl
SIZE = (320, 200)


@pytest.fixture(scope="module")
def context() -> Iterator[moderngl.Context]:
    try:
        ctx = open_gl()
    except NoGL as error:
        pytest.skip(str(error))
    yield ctx
    ctx.release()


@pytest.fixture
def painter(context: moderngl.Context) -> Iterator[Painter]:
    p = Painter(context, SIZE)
    yield p
    p.release()


def one_body(**values: int) -> State:
    state = State.empty(Params(1, 8), capacity=4)
    bright = int(pack_codon(255, 255, 255))
    rest = {"x": TURN // 4, "y": TURN // 2, "rby": int(pack_rby(65535, 0)), "traits": int(pack_traits(Kind.MOTE, 7)), "mass": 100}
    state.bodies.spawn(0, **{"gene_r": bright, "gene_b": bright, "gene_y": bright} | rest | values)
    return state


def light_at(picture: np.ndarray, x: float, y: float, reach: int = 3) -> float:
    return float(picture[int(y) - reach : int(y) + reach + 1, int(x) - reach : int(x) + reach + 1].astype(int).sum(axis=-1).max())


def test_a_far_body_is_a_point_of_light_at_its_place(painter: Painter) -> None:
    state, camera = one_body(), Camera(0.3, 0.45, 250, 256)
    painter.draw(state, camera)
    x, y = camera.to_screen(0.25, 0.5, SIZE)
    picture = painter.read()
    assert light_at(picture, float(x), float(y)) > 150
    assert light_at(picture, float(x) + 40, float(y)) < 100
    assert painter.seen == 1


def test_alpha_carries_a_body_along_its_velocity(painter: Painter) -> None:
    state, camera = one_body(vx=1 << 29), Camera(0.25, 0.5, 20, 256)
    tops = []
    for alpha in (0.0, 1.0):
        painter.draw(state, camera, alpha)
        lit = np.argwhere((painter.read() >= 250).any(axis=-1))
        tops.append(lit.mean(axis=0))
    assert tops[1][1] - tops[0][1] == pytest.approx(0.5 * camera.scale(SIZE), abs=0.6)
    assert tops[1][0] == pytest.approx(tops[0][0], abs=0.2)


def test_energy_lights_the_ground_in_its_own_colour(painter: Painter) -> None:
    state = State.empty(Params(1, 8), capacity=4)
    for channel, x in enumerate((64, 128, 192)):
        state.energy[0, channel, 120:136, x - 8 : x + 8] = 1_000_000
    camera = Camera(0.5, 0.5, 256, 256)
    painter.draw(state, camera)
    picture = painter.read().astype(int)
    red, blue, yellow = (picture[100, int(camera.to_screen(x / 256, 0.5, SIZE)[0])] for x in (64, 128, 192))
    assert red[0] > 2 * max(red[1], red[2])
    assert blue[2] > 2 * blue[0]
    assert min(yellow[0], yellow[1]) > 1.5 * yellow[2]
    assert picture[20].mean() < 30  # and the rest of space is dark


def test_no_cell_shows_in_the_field(painter: Painter) -> None:
    """A single lit cell, magnified 40 times, is a smooth glow: no step between neighbouring screen pixels."""
    state = State.empty(Params(1, 8), capacity=4)
    state.energy[0, 0] = 1000
    state.energy[0, 0, 128, 128] = 16_000
    painter.draw(state, Camera(0.502, 0.502, 5, 256))
    row = painter.read()[100, :, 0].astype(int)
    assert row.max() - row.min() > 60
    assert np.abs(np.diff(row)).max() < (row.max() - row.min()) / 5


def test_the_same_state_gives_the_same_picture(context: moderngl.Context, painter: Painter) -> None:
    state, camera = crowd(2000, side_log2=8), Camera(0.4, 0.6, 90, 256)
    painter.draw(state, camera)
    first = painter.read()
    painter.draw(state, replace(camera, cells=200))
    painter.draw(state, camera)
    assert np.array_equal(painter.read(), first)
    other = Painter(context, SIZE)
    other.draw(state, camera)
    assert np.array_equal(other.read(), first)
    other.release()


def test_near_pictures_do_not_depend_on_row_order(painter: Painter) -> None:
    state, camera = crowd(3000, side_log2=8), Camera(0.4, 0.6, 40, 256)
    painter.draw(state, camera)
    first = painter.read()
    state.bodies.reorder(0, np.random.default_rng(1).permutation(3000).astype(np.int32))
    state.tick += 1
    painter.draw(state, camera)
    assert np.array_equal(painter.read(), first)


def test_trails_linger_in_their_place_when_the_camera_moves(painter: Painter) -> None:
    state = one_body(vx=1 << 29, traits=int(pack_traits(Kind.CREATURE)))
    camera = Camera(0.25, 0.5, 60, 256)
    for _ in range(25):
        painter.draw(state, camera, trails=True)
        state.tick += 1
    state.bodies["x"][0, 0] += TURN // 2  # the body is gone; its vapour is not
    tail = (0.25 - 6 / 256, 0.5)
    for eye in (camera, camera.panned(50, 20, SIZE), camera.zoomed(1.5, SIZE)):
        state.tick += 1
        painter.draw(state, eye, trails=True)
        x, y = eye.to_screen(*tail, SIZE)
        picture = painter.read()
        assert light_at(picture, float(x), float(y), 1) > 2 * light_at(picture, float(x), float(y) - 40, 1)


def test_a_picture_can_be_resized_and_refuses_sizes_that_are_none(painter: Painter) -> None:
    painter.resize((100, 60))
    painter.draw(one_body(), Camera.whole(256))
    assert painter.read().shape == (60, 100, 3)
    with pytest.raises(ValueError, match="0x60"):
        painter.resize((0, 60))


def test_an_empty_world_and_a_world_that_grows_can_be_drawn(painter: Painter) -> None:
    painter.draw(State.empty(Params(1, 6)), Camera.whole(64))
    painter.draw(crowd(5000, side_log2=6), Camera.whole(64))
    assert painter.seen == 5000
    painter.draw(State.empty(Params(1, 6)), Camera.whole(64))
    assert painter.seen == 0


def test_a_context_says_what_it_is(context: moderngl.Context) -> None:
    info = describe(context)
    assert info.renderer
    assert info.code >= 330
    assert info.compute == (info.code >= 430)
    assert info.as_dict()["vendor"] == info.vendor


def test_a_shader_that_the_driver_refuses_is_a_one_line_error(context: moderngl.Context) -> None:
    with context, pytest.raises(NoGL, match=r"refuses glow\.vert with glow\.frag: .*syntax error") as caught:
        program(context, "glow", "glow", {"uniform": "oops"})
    assert "\n" not in str(caught.value)


def test_the_benchmark_reports_rows_of_the_table() -> None:
    rows = bench_render(bodies=500, size=(160, 90), frames=3, side_log2=7)
    assert [row["metric"] for row in rows] == ["frames_per_s", "first_frame_ms"]
    for row in rows:
        assert row["min"] <= row["value"] <= row["max"]
        assert (row["bodies"], row["bench"]) == (500, "render")
