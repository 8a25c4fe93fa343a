"""The field's way to a texture."""

from __future__ import annotations

import numpy as np
import pytest

from ninepixel.world.picture.camera import Camera
from ninepixel.world.picture.field import MOST_TEXELS, OCTAVES, SOFT_UNITS, light_range, pack_window, window_of

SIZE = (1280, 720)


def spot(side: int, x: int, y: int) -> np.ndarray:
    energy = np.zeros((3, side, side), np.int32)
    energy[:, y, x] = 4000, 2000, 2000
    return energy


@pytest.mark.parametrize("centre", [(0.5, 0.5), (0.01, 0.99), (0.0, 0.3)])
@pytest.mark.parametrize("cells", [20, 150, 700, 1100])
def test_a_cell_of_the_field_is_found_under_its_place_on_the_screen(centre: tuple[float, float], cells: float) -> None:
    side = 1024
    camera = Camera(*centre, cells, side)
    x, y = int(centre[0] * side + cells / 5) % side, int(centre[1] * side - cells / 5) % side
    window = window_of(camera, SIZE)
    texels = pack_window(spot(side, x, y), window)
    row, column = np.unravel_index(texels[..., 3].argmax(), texels.shape[:2])
    ax, ay, bx, by = window.affine(camera, SIZE)
    px, py = camera.to_screen((x + 0.5) / side, (y + 0.5) / side, SIZE)
    u, v = ax * (px / 640 - 1) + bx, ay * (py / 360 - 1) + by
    if window.wraps:
        u, v = u % 1.0, v % 1.0
    assert abs(u * texels.shape[1] - (column + 0.5)) <= 0.51
    assert abs(v * texels.shape[0] - (row + 0.5)) <= 0.51


def test_texels_hold_shares_and_the_logarithm_of_the_total() -> None:
    camera = Camera(0.5, 0.5, 20, 64)
    texels = pack_window(spot(64, 32, 32), window_of(camera, SIZE))
    bright = texels[np.unravel_index(texels[..., 3].argmax(), texels.shape[:2])].astype(float)
    assert bright[:3] / 65535 == pytest.approx([0.5, 0.25, 0.25], abs=1e-3)
    assert bright[3] * OCTAVES / 65535 == pytest.approx(np.log2(8000 / SOFT_UNITS + 1), abs=1e-3)


def test_big_worlds_are_uploaded_coarsely_and_near_views_finely() -> None:
    for side in (64, 1024, 8192):
        whole = window_of(Camera.whole(side), SIZE)
        assert whole.wraps
        assert max(whole.width, whole.height) // whole.step <= MOST_TEXELS
    near = window_of(Camera(0.5, 0.5, 30, 8192), SIZE)
    assert (near.step, near.wraps) == (1, False)
    assert near.width * near.height < 10_000


def test_means_of_blocks_keep_the_energy() -> None:
    rng = np.random.default_rng(1)
    energy = rng.integers(0, 1 << 20, (3, 256, 256)).astype(np.int32)
    camera = Camera.whole(256)
    window = window_of(camera, (256, 160))
    assert window.step > 1
    total = SOFT_UNITS * (2 ** (pack_window(energy, window)[..., 3] * (OCTAVES / 65535)) - 1)
    assert total.mean() == pytest.approx(energy.sum(axis=0).mean(), rel=1e-3)


def test_the_exposure_of_darkness_and_of_full_light_is_a_range() -> None:
    for value in (0, 1, 1 << 29):
        window = window_of(Camera.whole(64), SIZE)
        low, high = light_range(pack_window(np.full((3, 64, 64), value, np.int32), window))
        assert high - low >= 4
