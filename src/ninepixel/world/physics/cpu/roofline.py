# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, var-annotated"
# (inside kernels numba's typing rules hold)
"""The force law alone, on neighbours that never leave the first cache: what no tick can be faster than."""

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, kernel
from ninepixel.world.physics.cpu.pairs import pair_sums


@kernel
def evaluate(bodies: int, near_x: Array, near_y: Array, near_r: Array, near_b: Array, n: int) -> int:
    """Evaluate the force on *bodies* bodies with *n* candidates each (a multiple of LANES); their sum, so that none is idle."""
    total = np.int64(0)
    for body in range(bodies):
        x, p = np.int16(body * 16), np.int16(body & 0x3FFF)
        fx, fy, density = pair_sums(near_x, near_y, near_r, near_b, n, x, x, p, p, p)
        total += fx + fy + density
    return total
