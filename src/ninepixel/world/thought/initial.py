"""Where learning begins: weights drawn uniformly, as wide as keeps what a network computes near one, heads that prefer nothing.

A row's weights have a variance of one over the squared length of its inputs (LeCun et al. 1998, "Efficient BackProp", section
4.6): for the senses that is measured, for all other inputs their number. Heads begin at a 64th of that, so that a mind that has
learned nothing does everything. The gate begins nearly closed, so that what is remembered lasts some ticks (Jozefowicz et al.
2015, ICML). Drawn by :mod:`ninepixel.world.laws.rng`, hence the same on every machine.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.rng import draw
from ninepixel.world.thought.shape import Shape

STREAM_WEIGHTS = 33
#: The squared length of what is sensed, in 256ths, in the midst of life: 21 in Forage, 37 in the Universe.
SENSED_LENGTH = 32
SMALL = 1 / 64
GATE_BIAS = -1.0

Floats = npt.NDArray[np.float32]


def random_arrays(shape: Shape, seed: int) -> dict[str, Floats]:
    """The arrays of a network that has learned nothing."""
    found: dict[str, Floats] = {}
    for number, (name, size) in enumerate(shape.arrays.items()):
        layer, _, part = name.partition(".")
        if part == "bias":
            found[name] = np.full(size, GATE_BIAS if layer == "gate" else 0, np.float32)
            continue
        length = SENSED_LENGTH if layer == "encode" else size[1]
        width = math.sqrt(3 / length) * (1 if layer in ("encode", "gate", "candidate") else SMALL)
        found[name] = _uniform(size, seed, number) * np.float32(width)
    return found


def _uniform(size: tuple[int, ...], seed: int, number: int) -> Floats:
    """Draws from -1 .. 1, odd multiples of 2**-23."""
    count = math.prod(size)
    words = np.stack(draw(seed, number, np.arange(-(-count // 4), dtype=np.uint32), STREAM_WEIGHTS), axis=-1).reshape(-1)
    odd = 2 * (words[:count] >> np.uint32(9)).astype(np.int64) + 1 - (1 << 23)
    return (odd.astype(np.float32) * np.float32(2.0**-23)).reshape(size)
