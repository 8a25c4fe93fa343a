"""pcg4d inside kernels: the twin of laws/rng.py."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import leaf
from ninepixel.world.laws.rng import INCREMENT, MULTIPLIER


@leaf
def pcg4d(x: np.uint32, y: np.uint32, z: np.uint32, w: np.uint32) -> tuple[np.uint32, np.uint32, np.uint32, np.uint32]:
    """Hash four 32-bit words into four."""
    m, c, h = np.uint32(MULTIPLIER), np.uint32(INCREMENT), np.uint32(16)
    x, y, z, w = np.uint32(x * m + c), np.uint32(y * m + c), np.uint32(z * m + c), np.uint32(w * m + c)
    x = np.uint32(x + np.uint32(y * w))
    y = np.uint32(y + np.uint32(z * x))
    z = np.uint32(z + np.uint32(x * y))
    w = np.uint32(w + np.uint32(y * z))
    x, y, z, w = x ^ (x >> h), y ^ (y >> h), z ^ (z >> h), w ^ (w >> h)
    x = np.uint32(x + np.uint32(y * w))
    y = np.uint32(y + np.uint32(z * x))
    z = np.uint32(z + np.uint32(x * y))
    w = np.uint32(w + np.uint32(y * z))
    return x, y, z, w
