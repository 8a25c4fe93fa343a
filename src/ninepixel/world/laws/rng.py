"""Chance without entropy: every draw is a hash of (seed, tick, entity, stream) and of nothing else.

The hash is pcg4d of Jarzynski and Olano, "Hash Functions for GPU Rendering", JCGT 9(3), 2020: 32-bit integers in and out, the
same on numpy, numba and GLSL.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MULTIPLIER = 1664525
INCREMENT = 1013904223
#: Spreads the stream number over the high half of the seed (the golden ratio, as in Weyl sequences).
STREAM_STEP = 0x9E3779B9

Words = tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32], npt.NDArray[np.uint32], npt.NDArray[np.uint32]]


def seed_words(seed: int, stream: int) -> tuple[int, int]:
    """The two 32-bit words that a (seed, stream) pair contributes to a draw."""
    return seed & 0xFFFFFFFF, ((seed >> 32) ^ (stream * STREAM_STEP)) & 0xFFFFFFFF


def draw(seed: int, tick: int, entity: npt.ArrayLike, stream: int) -> Words:
    """Four independent uint32 words for each *entity* (an index, uint32 array of any shape)."""
    e = np.asarray(entity, np.uint32)
    low, high = seed_words(seed, stream)
    return pcg4d(np.full_like(e, tick & 0xFFFFFFFF), e, np.full_like(e, low), np.full_like(e, high))


def pcg4d(x: npt.NDArray[np.uint32], y: npt.NDArray[np.uint32], z: npt.NDArray[np.uint32], w: npt.NDArray[np.uint32]) -> Words:
    """Hash four uint32 arrays of one shape into four."""
    m, c, h = np.uint32(MULTIPLIER), np.uint32(INCREMENT), np.uint32(16)
    with np.errstate(over="ignore"):
        x, y, z, w = x * m + c, y * m + c, z * m + c, w * m + c
        x = x + y * w
        y = y + z * x
        z = z + x * y
        w = w + y * z
        x, y, z, w = x ^ (x >> h), y ^ (y >> h), z ^ (z >> h), w ^ (w >> h)
        x = x + y * w
        y = y + z * x
        z = z + x * y
        w = w + y * z
    return x, y, z, w
