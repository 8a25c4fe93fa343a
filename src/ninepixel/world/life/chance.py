"""Chance inside kernels: pcg4d, the twin of laws/rng.py."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import leaf
from ninepixel.world.laws.rng import INCREMENT, MULTIPLIER, STREAM_STEP


@leaf
def words(tick: int, entity: int, seed_low: int, seed_high: int, stream: int) -> tuple[int, int, int, int]:
    """Four independent 32-bit words for (seed, tick, entity, stream), as int64."""
    m, c, h = np.uint32(MULTIPLIER), np.uint32(INCREMENT), np.uint32(16)
    high = np.uint32(seed_high) ^ np.uint32(stream * STREAM_STEP)
    x, y = np.uint32(np.uint32(tick) * m + c), np.uint32(np.uint32(entity) * m + c)
    z, w = np.uint32(np.uint32(seed_low) * m + c), np.uint32(high * m + c)
    x = np.uint32(x + np.uint32(y * w))
    y = np.uint32(y + np.uint32(z * x))
    z = np.uint32(z + np.uint32(x * y))
    w = np.uint32(w + np.uint32(y * z))
    x, y, z, w = x ^ (x >> h), y ^ (y >> h), z ^ (z >> h), w ^ (w >> h)
    x = np.uint32(x + np.uint32(y * w))
    y = np.uint32(y + np.uint32(z * x))
    z = np.uint32(z + np.uint32(x * y))
    w = np.uint32(w + np.uint32(y * z))
    return np.int64(x), np.int64(y), np.int64(z), np.int64(w)
