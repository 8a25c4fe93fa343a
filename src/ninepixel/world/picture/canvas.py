"""The picture without OpenGL: numpy alone, the same palette, the same law of nine pixels, a plainer light.

Slow (a second or so a frame) and simple, so that a machine without any GL still gets its picture.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from ninepixel.world.laws.bodies import Kind, unpack_traits
from ninepixel.world.picture.camera import TURN, Camera, Size
from ninepixel.world.picture.cull import visible_rows
from ninepixel.world.picture.field import OCTAVES, light_range, pack_window, window_of
from ninepixel.world.picture.palette import GLOW_RGB, GROUND_RGB
from ninepixel.world.picture.pixels import pixels_of
from ninepixel.world.picture.sky import CLOUD_SIDE, STAR_SIDE, clouds, stars
from ninepixel.world.picture.small import SQUARE, Form, Squares, feelings, things
from ninepixel.world.state import State

#: Bodies at least this wide (screen pixels) are drawn as nine pixels.
CRISP_FROM = 3.0
#: Light of a body by kind, beside its pixels.
_POWER = {Kind.MATTER: 1.2, Kind.FOLDER: 0.6, Kind.CREATURE: 2.2, Kind.MIND: 2.5, Kind.GUARDIAN: 1.2, Kind.MOTE: 0.45}

Floats = npt.NDArray[np.float32]


def paint_cpu(state: State, camera: Camera, size: Size, world: int = 0) -> npt.NDArray[np.uint8]:
    """One frame, ``(height, width, 3)`` uint8."""
    rows = visible_rows(state.bodies, world, camera, size, margin=2.0)
    if rows is None:
        rows = np.arange(int(state.bodies.count[world]))
    scale = camera.scale(size)
    x, y = camera.to_screen(state.bodies.live("x", world)[rows] / TURN, state.bodies.live("y", world)[rows] / TURN, size)
    colours = pixels_of(state.bodies, world, rows)
    light: Floats = _sky(camera, size) + _field(state.energy[world], camera, size)
    kind = unpack_traits(state.bodies.live("traits", world)[rows])[0]
    light += _points(x, y, colours.mean(axis=(1, 2)), kind, size, scale)
    small = _small(state, world)
    _shine(light, small[small["form"] != Form.PIXEL], camera, size)
    picture = _tone(light, size)
    if scale >= CRISP_FROM:
        _stamp(picture, x, y, colours, max(3, round(scale)))
        _dab(picture, small[small["form"] == Form.PIXEL], camera, size)
    return picture


def _small(state: State, world: int) -> Squares:
    """Small things and feelings, nothing where nobody lives."""
    if not state.lives.count[world]:
        return np.zeros(0, SQUARE)
    return np.concatenate([feelings(state, world), things(state, world)])


def _boxes(squares: Squares, camera: Camera, size: Size, least: float) -> npt.NDArray[np.int64]:
    """Left, top, right and bottom pixel of each square, (n, 4); none is narrower than *least*."""
    scale = camera.scale(size)
    x, y = camera.to_screen(squares["x"] / TURN, squares["y"] / TURN, size)
    x, y = x + squares["offset"][:, 0] * scale, y + squares["offset"][:, 1] * scale
    half = np.maximum(squares["wide"] * scale, least) / 2
    return np.rint(np.stack([x - half, y - half, x + half, y + half], axis=1)).astype(np.int64)


def _shine(light: Floats, squares: Squares, camera: Camera, size: Size) -> None:
    """Add glows and rings to the light, one after the other: they are few."""
    for square, (left, top, right, bottom) in zip(squares, _boxes(squares, camera, size, 7.0).tolist(), strict=True):
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1])
        if x0 >= x1 or y0 >= y1:
            continue
        across, down = (np.arange(x0, x1) + 0.5 - left) / (right - left), (np.arange(y0, y1) + 0.5 - top) / (bottom - top)
        far = 2 * np.hypot(across[None] - 0.5, down[:, None] - 0.5)
        if square["form"] == Form.RING:
            amount = 0.9 * np.clip(1 - np.abs(far - 0.72) / np.clip(6 / (right - left), 0.08, 0.45), 0, 1) ** 2
        else:
            amount = np.clip(1 - far, 0, 1) ** 2
        light[y0:y1, x0:x1] += (amount[..., None] * square["light"]).astype(np.float32)


def _dab(picture: npt.NDArray[np.uint8], squares: Squares, camera: Camera, size: Size) -> None:
    """Put the pixels of small things on the picture, opaque."""
    for square, (left, top, right, bottom) in zip(squares, _boxes(squares, camera, size, 1.0).tolist(), strict=True):
        picture[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = np.rint(255 * square["light"])


def _sky(camera: Camera, size: Size) -> Floats:
    across = np.arange(size[0]) + int(camera.x * STAR_SIDE)
    down = np.arange(size[1]) + int(camera.y * STAR_SIDE)
    tile = clouds()[(down[:, None] // 8) % CLOUD_SIDE, (across[None] // 8) % CLOUD_SIDE, 0]
    smoke = np.asarray(Image.fromarray(tile[::8, ::8]).resize(size, Image.Resampling.BICUBIC)).astype(np.float32) / np.float32(
        255
    )
    sky: Floats = np.empty((size[1], size[0], 3), np.float32)
    sky[:] = (smoke * smoke)[..., None] * np.asarray([0.012, 0.012, 0.04], np.float32) + np.asarray(GROUND_RGB, np.float32)
    sky += stars()[down[:, None] % STAR_SIDE, across[None] % STAR_SIDE] * np.float32(1 / 400)
    return sky


def _field(energy: npt.NDArray[np.int32], camera: Camera, size: Size) -> Floats:
    window = window_of(camera, size, detail=0.25)
    texels = pack_window(energy, window)
    low, high = light_range(texels)
    height, width = texels.shape[:2]
    ax, ay, bx, by = window.affine(camera, size)
    columns = (ax * np.linspace(-1, 1, max(2, size[0] // 3)) + bx) * width - 0.5
    lines = (ay * np.linspace(-1, 1, max(2, size[1] // 3)) + by) * height - 0.5
    sample = _bilinear(texels, lines, columns)
    level = np.clip((sample[..., 3] * (OCTAVES / 65535) - low) / (high - low), 0, 1.1)
    share = sample[..., :3] ** 3
    share /= np.maximum(share.sum(axis=-1, keepdims=True), 1e-6)
    glow = share @ np.asarray(GLOW_RGB, np.float32) * (level**1.5 * (0.22 + 0.78 * level**2) * 0.85)[..., None]
    half_w, half_h = camera.extent(size)
    past = np.maximum(
        np.abs(np.linspace(-half_h, half_h, glow.shape[0]))[:, None], np.abs(np.linspace(-half_w, half_w, glow.shape[1]))[None]
    )
    glow *= np.clip((0.56 - past) / 0.09, 0, 1)[..., None]
    return _resized(glow.astype(np.float32), size)


def _bilinear(texels: npt.NDArray[np.uint16], lines: npt.NDArray[np.float64], columns: npt.NDArray[np.float64]) -> Floats:
    height, width = texels.shape[:2]
    y0, x0 = np.floor(lines).astype(int), np.floor(columns).astype(int)
    fy, fx = (lines - y0).astype(np.float32)[:, None, None], (columns - x0).astype(np.float32)[None, :, None]
    top = texels[y0 % height].astype(np.float32)
    bottom = texels[(y0 + 1) % height].astype(np.float32)
    row = top + (bottom - top) * fy
    left, right = row[:, x0 % width], row[:, (x0 + 1) % width]
    sampled: Floats = left + (right - left) * fx
    return sampled


def _points(
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    colour: npt.NDArray[np.float64],
    kind: npt.NDArray[np.uint32],
    size: Size,
    scale: float,
) -> Floats:
    power = np.zeros(256, np.float32)
    for k, p in _POWER.items():
        power[k] = p
    shine = (colour / 255).astype(np.float32) * power[kind & 0xFF, None] * (0.35 if scale >= CRISP_FROM else 1.0)
    light = np.zeros((size[1] + 2, size[0] + 2, 3), np.float32)
    px, py = np.floor(x + 0.5).astype(int), np.floor(y + 0.5).astype(int)
    inside = (px >= 0) & (px <= size[0]) & (py >= 0) & (py <= size[1])
    np.add.at(light, (py[inside], px[inside]), shine[inside])
    light = light[1:-1, 1:-1]
    reach = int(min(max(scale, 1.0), 24.0))
    lit: Floats = light + 4 * _blurred(light, reach) + 5 * _blurred(light, 3 * reach + 2)
    return lit


def _blurred(light: Floats, reach: int) -> Floats:
    """Two box blurs in each direction: near enough to a round glow."""
    for axis in (0, 1, 0, 1):
        padded = np.concatenate([np.zeros_like(light.take([0], axis)), np.cumsum(light, axis=axis, dtype=np.float32)], axis=axis)
        length = light.shape[axis]
        ahead = np.minimum(np.arange(length) + reach + 1, length)
        behind = np.maximum(np.arange(length) - reach, 0)
        light = ((padded.take(ahead, axis) - padded.take(behind, axis)) / (2 * reach + 1)).astype(np.float32)
    return light


def _tone(light: Floats, size: Size) -> npt.NDArray[np.uint8]:
    u, v = np.linspace(-1, 1, size[0], dtype=np.float32)[None], np.linspace(-1, 1, size[1], dtype=np.float32)[:, None]
    light = light * (1 - np.float32(0.2) * (u * u + v * v))[..., None].astype(np.float32)
    peak = np.maximum(light.max(axis=-1, keepdims=True), 1e-4)
    mapped = light * (1 - np.exp(-1.35 * peak)) / peak
    out: npt.NDArray[np.uint8] = (np.clip(mapped, 0, 1) ** 0.75 * 255 + 0.5).astype(np.uint8)
    return out


def _stamp(
    picture: npt.NDArray[np.uint8],
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    colours: npt.NDArray[np.uint8],
    width: int,
) -> None:
    """Put every body's nine pixels on the picture, opaque; later bodies lie on top."""
    left, top = np.round(x - width / 2).astype(int), np.round(y - width / 2).astype(int)
    height, across = picture.shape[:2]
    topmost = np.full((height, across), -1, np.int64)  # which body each pixel of the picture shows
    if len(x) < width * width:
        for body in range(len(x)):
            x0, y0 = max(0, left[body]), max(0, top[body])
            topmost[y0 : max(0, top[body] + width), x0 : max(0, left[body] + width)] = body
    else:
        order = np.arange(len(x))
        for j, i in np.ndindex(width, width):
            px, py = left + i, top + j
            inside = (px >= 0) & (px < across) & (py >= 0) & (py < height)
            np.maximum.at(topmost, (py[inside], px[inside]), order[inside])
    py, px = np.nonzero(topmost >= 0)
    body_at = topmost[py, px]
    picture[py, px] = colours[body_at, (py - top[body_at]) * 3 // width, (px - left[body_at]) * 3 // width]


def _resized(light: Floats, size: Size) -> Floats:
    planes = [
        np.asarray(Image.fromarray(np.ascontiguousarray(light[..., c])).resize(size, Image.Resampling.BICUBIC)) for c in range(3)
    ]
    resized: Floats = np.clip(np.stack(planes, axis=-1), 0, None)
    return resized
