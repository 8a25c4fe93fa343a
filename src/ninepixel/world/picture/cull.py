"""Which bodies the camera can see, and the circles of the folders' regions: vectorised, never a loop over bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.table import Table
from ninepixel.world.laws.bodies import Kind
from ninepixel.world.picture.camera import TURN, Camera, Size, shortest

#: (x, y, radius, depth): torus fractions (columns / 2**32), and how many folders lie above.
Region = tuple[float, float, float, int]
#: Circles drawn at most, the largest on screen first; fewer and plainer is more.
MOST_RINGS = 48
_SEGMENTS = 96
#: Vapour streaks drawn at most, and the length in pixels under which none is worth drawing.
MOST_STREAKS, STREAK_PIXELS = 20_000, 1.0


def eye_of(camera: Camera) -> tuple[int, int]:
    """The camera's centre as body coordinates (uint32)."""
    return int(camera.x * TURN) & (TURN - 1), int(camera.y * TURN) & (TURN - 1)


def visible_rows(bodies: Table, world: int, camera: Camera, size: Size, margin: float) -> npt.NDArray[np.intp] | None:
    """Rows whose body may touch the screen, by kind (motes first, then processes and files, the living on top), then by index.

    :param margin: field cells around the screen that still count.
    :returns: None when most of the world is in view, so that culling would save nothing.
    """
    half_w, half_h = (e + margin / camera.side for e in camera.extent(size))
    if min(2 * half_w, 1.0) * min(2 * half_h, 1.0) > 0.6:
        return None
    seen = _within(bodies.live("x", world), camera.x, half_w) & _within(bodies.live("y", world), camera.y, half_h)
    rows = np.flatnonzero(seen)
    kind = bodies.live("traits", world)[rows] & np.uint32(0xFF)
    living = (kind == Kind.MIND) | (kind == Kind.GUARDIAN)
    order = np.lexsort((bodies.index_of[world, rows], np.where(living, 255 + kind, 255 - kind)))
    visible: npt.NDArray[np.intp] = rows[order]
    return visible


def moving_rows(
    bodies: Table, world: int, rows: npt.NDArray[np.intp] | None, camera: Camera, size: Size, ticks: float
) -> tuple[npt.NDArray[np.intp], float]:
    """Of the visible *rows* (None: all) those whose streak of so many ticks can be seen, and how much brighter to draw them.

    Of a great crowd only every so-many-th, chosen by index, so that the same ones streak in every frame.
    """
    vx, vy = bodies.live("vx", world), bodies.live("vy", world)
    if rows is not None:
        vx, vy = vx[rows], vy[rows]
    least = int(min(STREAK_PIXELS / (camera.scale(size) * ticks), 1.0) * (1 << 30))
    moving = (vx > least) | (vx < -least) | (vy > least) | (vy < -least)
    picked = np.flatnonzero(moving) if rows is None else rows[moving]
    every = picked.size // MOST_STREAKS + 1
    if every > 1:
        picked = picked[bodies.index_of[world, picked] % np.uint32(every) == 0]
    return picked, float(np.sqrt(every))


def _within(column: npt.NDArray[np.uint32], centre: float, half: float) -> npt.NDArray[np.bool_]:
    if half >= 0.5:
        return np.ones(column.shape, np.bool_)
    start = np.uint32(int((centre - half) * TURN) & (TURN - 1))
    inside: npt.NDArray[np.bool_] = column - start <= np.uint32(int(2 * half * TURN))
    return inside


def ring_lines(regions: Sequence[Region] | npt.NDArray[Any], camera: Camera, size: Size) -> npt.NDArray[np.float32]:
    """Line segments for the visible regions' circles: ``(segments * 2, 3)`` float32: NDC x, y (up) and faintness."""
    table = np.asarray(regions, np.float64).reshape(-1, 4)
    half_w, half_h = camera.extent(size)
    dx, dy = shortest(table[:, 0] - camera.x), shortest(table[:, 1] - camera.y)
    radius_px = table[:, 2] * camera.side * camera.scale(size)
    seen = (np.abs(dx) < half_w + table[:, 2]) & (np.abs(dy) < half_h + table[:, 2])
    seen &= (radius_px > 10) & (radius_px < 1.5 * size[0]) & (table[:, 2] < 0.5)
    picked = np.flatnonzero(seen)
    picked = picked[np.argsort(-radius_px[picked], kind="stable")][:MOST_RINGS]
    turn = np.linspace(0.0, 2 * np.pi, _SEGMENTS + 1)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    points = np.stack([dx, dy], axis=-1)[picked, None] + table[picked, 2, None, None] * circle
    ndc = points / np.asarray([half_w, -half_h])
    faint = 0.11 / (1.0 + 0.5 * table[picked, 3]) * np.clip(radius_px[picked] / 60, 0.3, 1.0)
    vertices = np.concatenate([ndc, np.broadcast_to(faint[:, None, None], (*ndc.shape[:2], 1))], axis=-1)
    lines = np.stack([vertices[:, :-1], vertices[:, 1:]], axis=2)
    return np.ascontiguousarray(lines.reshape(-1, 3), np.float32)
