"""The law of the nine pixels: appearance is state (canon, section 1).

The pixel in row *i*, column *j* of a body is an exact integer function of its genes, RBY, traits and energy:

* **brightness is the base**: the brightest of R, G, B is ``V = 64 + (3 * base >> 2)``. That maps four bases to three levels; the
  lowest bit of the two darker channels says which, so that :func:`read_base` gets the base back from the colour alone;
* **hue is the rest**: four parts the class of matter, two parts the row's own colour (red perception, blue cognition, yellow
  execution), two parts the body's RBY, made purer by taking most of the grey out; sealed matter turns to metal; energy bleaches.

``shaders/draw/nine.glsl`` is the same law for the GPU, equal to the bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.table import Table
from ninepixel.world.laws.bodies import Flag, genome, unpack_rby, unpack_traits
from ninepixel.world.picture.palette import BODY_RGB, ROW_RGB, SEALED_RGB, body_class

#: The darkest a pixel's brightest channel gets: even base 0 can be seen on the dark ground.
DARKEST = 64
#: Energy bleaches by this much (of 256) for each doubling, up to the most.
HEAT_PER_OCTAVE, MOST_HEAT = 2, 56


def nine_pixels(
    gene_r: npt.ArrayLike,
    gene_b: npt.ArrayLike,
    gene_y: npt.ArrayLike,
    rby: npt.ArrayLike,
    traits: npt.ArrayLike,
    energy: npt.ArrayLike,
) -> npt.NDArray[np.uint8]:
    """The colours of bodies from their columns, each of shape ``(...)``. Returns ``(..., 3, 3, 3)`` uint8: row, column, RGB."""
    hue = row_hues(rby, traits, energy)
    base = genome(gene_r, gene_b, gene_y).astype(np.uint32)
    value = (DARKEST + (3 * base >> 2)).astype(np.uint32)[..., None]
    bit = (base & 3 == 1).astype(np.uint32)[..., None]
    brightest = hue.argmax(axis=-1)
    at_most = hue.max(axis=-1)[..., None, None]
    dim = np.minimum(hue[..., None, :] * value // at_most, value - 2) & ~np.uint32(1) | bit
    is_brightest = (np.arange(3) == brightest[..., None])[..., None, :]
    return np.where(is_brightest, value, dim).astype(np.uint8)


def row_hues(rby: npt.ArrayLike, traits: npt.ArrayLike, energy: npt.ArrayLike) -> npt.NDArray[np.uint32]:
    """The hue of each of a body's three rows before brightness: ``(..., 3, 3)`` uint32, row and RGB, 0..255."""
    kind, matter, flags = unpack_traits(traits)
    r, b, y = (w.astype(np.uint32)[..., None] for w in unpack_rby(rby))
    rows = np.asarray(ROW_RGB, np.uint32)
    own = (r * rows[0] + b * rows[1] + y * rows[2]) >> 16
    of_class = BODY_RGB[body_class(kind, matter)]
    hue = (4 * of_class[..., None, :] + 2 * rows + 2 * own[..., None, :]) >> 3
    hue = hue - (hue.min(axis=-1, keepdims=True) * 5 >> 3)
    sealed = (flags & np.uint32(Flag.SEALED) != 0)[..., None, None]
    hue = np.where(sealed, (hue + 3 * np.asarray(SEALED_RGB, np.uint32)) >> 2, hue)
    octaves = np.frexp(np.maximum(np.asarray(energy, np.int64), 0).astype(np.float64))[1].astype(np.uint32)
    heat = np.minimum(np.uint32(HEAT_PER_OCTAVE) * octaves, np.uint32(MOST_HEAT))[..., None, None]
    hot: npt.NDArray[np.uint32] = (hue + ((255 - hue) * heat >> 8)).astype(np.uint32)
    return hot


def read_base(rgb: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """The base that a pixel shows: the inverse of the law, ``(..., 3)`` uint8 to ``(...)`` uint8, whatever the hue."""
    pixel = np.asarray(rgb, np.int32)
    value, bit = pixel.max(axis=-1) - DARKEST, pixel.min(axis=-1) & 1
    thirds, rest = value // 3, value % 3
    base: npt.NDArray[np.uint8] = (4 * thirds + np.where(rest > 0, rest + 1, bit)).astype(np.uint8)
    return base


def pixels_of(bodies: Table, world: int = 0, rows: npt.NDArray[Any] | slice = slice(None)) -> npt.NDArray[np.uint8]:
    """The nine pixels of living bodies, ``(n, 3, 3, 3)`` uint8."""
    names = ("gene_r", "gene_b", "gene_y", "rby", "traits", "energy")
    return nine_pixels(*(bodies.live(name, world)[rows] for name in names))
