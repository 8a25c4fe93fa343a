"""Chance of the laws of life: draws by (seed, tick, entity, stream), the twin of ``laws.rng.draw``."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import leaf
from ninepixel.world.laws.rng import STREAM_STEP
from ninepixel.world.physics.cpu.chance import pcg4d


@leaf
def words(tick: int, entity: int, seed_low: int, seed_high: int, stream: int) -> tuple[int, int, int, int]:
    """Four independent 32-bit words for (seed, tick, entity, stream), as int64."""
    high = np.uint32(seed_high) ^ np.uint32(stream * STREAM_STEP)
    x, y, z, w = pcg4d(np.uint32(tick), np.uint32(entity), np.uint32(seed_low), high)
    return np.int64(x), np.int64(y), np.int64(z), np.int64(w)
