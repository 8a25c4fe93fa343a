"""Where the eye is: pure arithmetic on a torus, no window and no GL.

World coordinates are torus fractions, 0 up to 1 once around; a body's column value divided by 2**32 is one. Screen coordinates
are pixels, the origin in the top left corner, y down, as a picture's rows run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

#: Closest view: this many field cells from the top of the screen to the bottom (a body is one cell).
NEAREST_CELLS = 3.0
#: Widest view, in sides of the torus.
WIDEST_SIDES = 1.6
TURN = 1 << 32

Size = tuple[int, int]
Floats = npt.NDArray[np.float64]


def shortest(difference: Any) -> Any:
    """A difference of torus fractions (scalar or array) as the shortest way round, -0.5 to 0.5."""
    return difference - np.round(difference)


@dataclass(frozen=True, slots=True)
class Camera:
    """An eye above the torus. Immutable: every move gives a new one.

    :param x: centre of the view, torus fraction.
    :param y: the same, downwards.
    :param cells: field cells from the top to the bottom of the screen.
    :param side: field cells along one side of the world.
    """

    x: float
    y: float
    cells: float
    side: int

    @staticmethod
    def whole(side: int) -> Camera:
        """The whole world, once, with a little of the dark around it."""
        return Camera(0.5, 0.5, side * 1.06, side)

    # -- measures -----------------------------------------------------------------------------------------------------

    def scale(self, size: Size) -> float:
        """Screen pixels a field cell, which is the width of a body."""
        return size[1] / self.cells

    def extent(self, size: Size) -> tuple[float, float]:
        """Half the view's width and height as torus fractions."""
        half = self.cells / self.side / 2
        return half * size[0] / size[1], half

    def to_screen(self, x: npt.ArrayLike, y: npt.ArrayLike, size: Size) -> tuple[Floats, Floats]:
        """Torus fractions to pixels; of the many images of a point the one nearest to the centre."""
        pixels = self.side * self.scale(size)
        dx, dy = shortest(np.asarray(x, np.float64) - self.x), shortest(np.asarray(y, np.float64) - self.y)
        return size[0] / 2 + dx * pixels, size[1] / 2 + dy * pixels

    def to_world(self, px: float, py: float, size: Size) -> tuple[float, float]:
        """A pixel to the torus fractions under it, each in [0, 1)."""
        pixels = self.side * self.scale(size)
        return (self.x + (px - size[0] / 2) / pixels) % 1.0, (self.y + (py - size[1] / 2) / pixels) % 1.0

    # -- moves --------------------------------------------------------------------------------------------------------

    def panned(self, dx: float, dy: float, size: Size) -> Camera:
        """Dragged: what was under the pointer moves with it by (dx, dy) pixels."""
        pixels = self.side * self.scale(size)
        return replace(self, x=(self.x - dx / pixels) % 1.0, y=(self.y - dy / pixels) % 1.0)

    def zoomed(self, factor: float, size: Size, at: tuple[float, float] | None = None) -> Camera:
        """Magnified by *factor* (below 1 zooms out); what lies under the pixel *at* stays there."""
        cells = min(max(self.cells / factor, NEAREST_CELLS), self.side * WIDEST_SIDES)
        px, py = at if at is not None else (size[0] / 2, size[1] / 2)
        grown = 1 / self.scale(size) - cells / size[1]
        return replace(
            self,
            x=(self.x + (px - size[0] / 2) * grown / self.side) % 1.0,
            y=(self.y + (py - size[1] / 2) * grown / self.side) % 1.0,
            cells=cells,
        )

    def toward(self, target: Camera, seconds: float, half_life: float = 0.09) -> Camera:
        """Part of the way to *target*: half of it every *half_life* seconds.

        Centre and height move in the same proportion, so that a point that is under the pointer now and in the target stays
        under the pointer all the way.
        """
        part = 1.0 - 0.5 ** (max(seconds, 0.0) / half_life)
        dx, dy = shortest(target.x - self.x), shortest(target.y - self.y)
        if abs(target.cells / self.cells - 1) < 1e-4 and max(abs(dx), abs(dy)) * self.side < 1e-4 * self.cells:
            return target
        return Camera(
            float(self.x + part * dx) % 1.0,
            float(self.y + part * dy) % 1.0,
            self.cells + part * (target.cells - self.cells),
            target.side,
        )

    def fly_to(self, x: int, y: int, cells: float = 14.0) -> Camera:
        """Over the body whose columns are *x* and *y* (uint32), close enough to read its pixels; never further than now."""
        return Camera(x / TURN, y / TURN, min(cells, self.cells), self.side)

    def fit(self, x: npt.ArrayLike, y: npt.ArrayLike, size: Size, margin: float = 1.15, least_cells: float = 12.0) -> Camera:
        """The closest view of all these points (uint32 columns), by the shortest arcs that hold them; unchanged for none."""
        xs, ys = np.asarray(x, np.uint32), np.asarray(y, np.uint32)
        if xs.size == 0:
            return self
        (cx, width), (cy, height) = _arc(xs), _arc(ys)
        cells = max(height, width * size[1] / size[0]) * self.side * margin
        return Camera(cx, cy, min(max(cells, least_cells), self.side * 1.06), self.side)


def _arc(values: npt.NDArray[np.uint32]) -> tuple[float, float]:
    """Centre and length, as fractions, of the shortest arc that holds all *values* on a circle of 2**32."""
    ordered = np.unique(values).astype(np.int64)
    gaps = np.diff(ordered, append=ordered[0] + TURN)
    widest = int(gaps.argmax())
    start = int(ordered[(widest + 1) % ordered.size])
    length = TURN - int(gaps[widest])
    return ((start + length / 2) / TURN) % 1.0, length / TURN
