"""The law of the nine pixels, in numpy and on the GPU."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.world.laws.bodies import Flag, Kind, genome, pack_codon, pack_rby, pack_traits
from ninepixel.world.picture.camera import TURN, Camera
from ninepixel.world.picture.gl import NoGL, open_gl
from ninepixel.world.picture.painter import Painter
from ninepixel.world.picture.pixels import DARKEST, nine_pixels, pixels_of, read_base
from ninepixel.world.state import Params, State

codon = st.integers(0, (1 << 24) - 1)


@given(
    codon,
    codon,
    codon,
    st.integers(0, 65535),
    st.integers(0, 65535),
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(0, 7),
    st.integers(0, (1 << 31) - 1),
)
@settings(max_examples=300, deadline=None)
def test_every_base_can_be_read_back_from_the_colour_alone(
    r: int, b: int, y: int, red: int, blue: int, kind: int, matter: int, flags: int, energy: int
) -> None:
    rby = pack_rby(red, min(blue, 65536 - red))
    pixels = nine_pixels(r, b, y, rby, pack_traits(kind, matter, flags), energy)
    assert pixels.shape == (3, 3, 3)
    assert np.array_equal(read_base(pixels), genome(r, b, y))


def test_brightness_grows_with_the_base_and_never_goes_out() -> None:
    bases = np.arange(256)
    pixels = nine_pixels(bases, bases, bases, pack_rby(20000, 20000), pack_traits(Kind.MATTER, 2), 100)[:, 0, 0]
    brightest = pixels.max(axis=-1).astype(int)
    assert brightest[0] == DARKEST
    assert brightest[255] == 255
    assert np.all(np.diff(brightest) >= 0)


def test_a_row_shows_the_genes_of_its_codon_from_left_to_right() -> None:
    pixels = nine_pixels(pack_codon(0, 128, 255), 0, 0, pack_rby(0, 0), pack_traits(Kind.MOTE), 0)
    assert read_base(pixels).tolist() == [[0, 128, 255], [0, 0, 0], [0, 0, 0]]


def test_rows_sealing_class_weights_and_energy_all_show() -> None:
    gene = pack_codon(200, 200, 200)
    plain = nine_pixels(gene, gene, gene, pack_rby(22000, 22000), pack_traits(Kind.MATTER, 2), 0)
    assert not np.array_equal(plain[0], plain[2])
    for other in (
        nine_pixels(gene, gene, gene, pack_rby(60000, 0), pack_traits(Kind.MATTER, 2), 0),
        nine_pixels(gene, gene, gene, pack_rby(22000, 22000), pack_traits(Kind.MATTER, 1), 0),
        nine_pixels(gene, gene, gene, pack_rby(22000, 22000), pack_traits(Kind.CREATURE, 2), 0),
        nine_pixels(gene, gene, gene, pack_rby(22000, 22000), pack_traits(Kind.MATTER, 2, Flag.SEALED), 0),
        nine_pixels(gene, gene, gene, pack_rby(22000, 22000), pack_traits(Kind.MATTER, 2), 1 << 20),
    ):
        assert not np.array_equal(plain, other)


def grid_of_bodies(rng: np.random.Generator, across: int, cells_apart: int, side_log2: int = 6) -> State:
    """Bodies on a grid, *cells_apart* field cells from each other, with random everything else."""
    n = across * across
    state = State.empty(Params(5, side_log2), capacity=n)
    place = np.arange(across) * cells_apart
    y, x = np.meshgrid(place, place, indexing="ij")
    red = rng.integers(0, 65536, n)
    cell = 1 << state.params.cell_shift
    state.bodies.spawn_many(
        n,
        0,
        {
            "x": x.ravel() * cell + rng.integers(0, cell, n),
            "y": y.ravel() * cell + rng.integers(0, cell, n),
            "vx": rng.integers(-(1 << 29), 1 << 29, n),
            "vy": rng.integers(-(1 << 29), 1 << 29, n),
            "energy": np.where(rng.random(n) < 0.3, 0, rng.integers(0, 1 << 31, n) >> rng.integers(0, 30, n)),
            "rby": pack_rby(red, np.minimum(rng.integers(0, 65537 - red), 65535)),
            "traits": pack_traits(rng.integers(0, 7, n), rng.integers(0, 14, n), rng.integers(0, 8, n)),
            "mass": rng.integers(0, 1024, n),
            "gene_r": rng.integers(0, 1 << 24, n),
            "gene_b": rng.integers(0, 1 << 24, n),
            "gene_y": rng.integers(0, 1 << 24, n),
        },
    )
    state.energy[:] = rng.integers(0, 100_000, state.energy.shape)
    return state


@pytest.mark.gl
@pytest.mark.parametrize(("width", "alpha"), [(9, 0.0), (12, 0.5), (31, 0.0), (64, 1.0)])
def test_nine_pixels_drawn_by_the_gpu_equal_the_state(width: int, alpha: float) -> None:
    """*width* screen pixels a body: at least three a body pixel, whose middle is read back."""
    try:
        context = open_gl()
    except NoGL as error:
        pytest.skip(str(error))
    rng = np.random.default_rng(width)
    state = grid_of_bodies(rng, 12, 5)
    wanted = pixels_of(state.bodies)
    size = (640, 480)
    painter = Painter(context, size)
    seen = 0
    for _ in range(6):
        camera = Camera(rng.random(), rng.random(), size[1] / width, state.params.side)
        painter.draw(state, camera, alpha)
        got = painter.read().astype(int)
        x = state.bodies.live("x") / TURN + alpha * state.bodies.live("vx") / (1 << 30) / state.params.side
        y = state.bodies.live("y") / TURN + alpha * state.bodies.live("vy") / (1 << 30) / state.params.side
        middle_x, middle_y = camera.to_screen(x, y, size)
        for body in range(state.bodies.count[0]):
            for i in range(3):
                for j in range(3):
                    px, py = middle_x[body] + (j - 1) * width / 3, middle_y[body] + (i - 1) * width / 3
                    if 1 <= px < size[0] - 1 and 1 <= py < size[1] - 1:
                        assert got[int(py), int(px)].tolist() == wanted[body, i, j].tolist(), (body, i, j)
                        seen += 1
    painter.release()
    context.release()
    assert seen > 9
