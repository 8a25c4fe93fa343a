"""The retina of a mind as a picture: octaves of 3x3 pixels, each nested in the middle pixel of the next, as they are sensed.

A pixel shows three channels as three stripes beside one another, so that place as well as colour tells them apart, and a strong
one does not drown the others; only where a pixel is too small for stripes are they mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.picture.palette import COIN_RGB, RGB, ROW_RGB, THREAT_RGB

#: Side of a pixel of the widest octave that is seen; each octave within is a third of it.
PIXEL = 54
SIDE = 3 * PIXEL
#: Somebody who speaks.
SPEECH_RGB: RGB = (86, 180, 233)
#: Three pictures of three channels each: what they show, and by channel its name and its light.
VIEWS: tuple[tuple[str, tuple[tuple[str, RGB], ...]], ...] = (
    ("the ground", tuple(zip(("red", "blue", "yellow"), ROW_RGB, strict=True))),
    ("bodies", tuple(zip(("red", "blue", "yellow"), ROW_RGB, strict=True))),
    (
        "what matters",
        (("danger", (round(255 * THREAT_RGB[0]), round(255 * THREAT_RGB[1]), round(255 * THREAT_RGB[2]))),
         ("matter", COIN_RGB), ("speech", SPEECH_RGB)),
    ),
)  # fmt: skip
_DARK = np.asarray((10, 12, 22), np.float64)
#: Faint light is lifted, so that it can be seen beside strong light: brightness is share ** LIFT.
LIFT = 0.75
_EDGE, _GRID = (104, 116, 152), (22, 26, 42)


def nested(answer: Mapping[str, Any], view: int) -> npt.NDArray[np.uint8]:
    """One of the three :data:`VIEWS` of what a mind sees: ``(SIDE, SIDE, 3)`` uint8.

    :param answer: of :func:`ninepixel.world.why.answer`.
    """
    octaves = int(answer["eye"]["octaves"])
    light = np.asarray(answer["retina"], np.float64)[:octaves, 3 * view : 3 * view + 3] / 255  # octave, channel, pixel
    colours = np.asarray([colour for _, colour in VIEWS[view][1]], np.float64)
    bright = light[..., None] ** LIFT
    lit = _DARK + bright * (colours[None, :, None] - _DARK)  # octave, channel, pixel, rgb
    mixed = np.clip(_DARK + (bright * colours[None, :, None]).sum(axis=1), 0, 255)
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    for octave in range(octaves - 1, -1, -1):
        pixel = PIXEL // 3 ** (octaves - 1 - octave)
        first = (SIDE - 3 * pixel) // 2
        striped = lit[octave].transpose(1, 0, 2).reshape(3, 3, 3, 3)  # row, column, stripe, rgb
        tile = mixed[octave].reshape(3, 3, 1, 3) if pixel % 3 else striped
        stripes = tile.repeat(pixel // tile.shape[2], axis=2).reshape(3, 3 * pixel, 3).repeat(pixel, axis=0)
        picture[first : first + 3 * pixel, first : first + 3 * pixel] = stripes.astype(np.uint8)
        _frame(picture, first, 3 * pixel)
    return picture


def _frame(picture: npt.NDArray[np.uint8], first: int, side: int) -> None:
    """Lines around an octave and between its pixels."""
    pixel = side // 3
    if pixel < 6:
        return
    for k in range(4):
        at = min(first + k * pixel, first + side - 1)
        colour = _EDGE if k in (0, 3) else _GRID
        picture[at, first : first + side] = colour
        picture[first : first + side, at] = colour
    last = first + side - 1
    picture[[first, last], first : last + 1] = _EDGE
    picture[first : last + 1, [first, last]] = _EDGE
