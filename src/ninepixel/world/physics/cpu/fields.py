"""Diffusion and decay of the field, in place, a band of rows per thread.

In place means one read and one write of memory a tick: the row above is kept as it was in a small buffer, and the rows that
border another band are saved before any band starts.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, var-annotated"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, kernel
from ninepixel.world.laws.constants import DECAY_SHIFT, DIAGONAL_SHIFT, EDGE_SHIFT

E, D, K = np.int32(EDGE_SHIFT), np.int32(DIAGONAL_SHIFT), np.int32(DECAY_SHIFT)
ROUND_UP = np.int32((1 << DECAY_SHIFT) - 1)


@kernel
def fresh_row(above: Array, here: Array, below: Array, slant: Array, out: Array) -> int:
    """One row after sharing out and decay; *slant* is scratch. Returns what decayed."""
    n = here.shape[0]
    for i in range(n):
        slant[i] = np.int32((above[i] >> D) + (below[i] >> D))
    loss = np.int64(0)
    for i in range(1, n - 1):
        c = here[i]
        edges = np.int32(np.int32(above[i] >> E) + np.int32(below[i] >> E)) + np.int32(
            np.int32(here[i - 1] >> E) + np.int32(here[i + 1] >> E)
        )
        kept = np.int32(c - np.int32(np.int32(c >> E) << np.int32(2)) - np.int32(np.int32(c >> D) << np.int32(2)))
        c = np.int32(kept + edges + np.int32(slant[i - 1] + slant[i + 1]))
        gone = np.int32(np.int32(c + ROUND_UP) >> K)
        out[i] = np.int32(c - gone)
        loss += gone
    for i in (0, n - 1):
        west, east = (i - 1) & (n - 1), (i + 1) & (n - 1)
        c = here[i]
        c = np.int32(
            c
            - 4 * (c >> E)
            - 4 * (c >> D)
            + (above[i] >> E)
            + (below[i] >> E)
            + (here[west] >> E)
            + (here[east] >> E)
            + slant[west]
            + slant[east]
        )
        gone = np.int32(np.int32(c + ROUND_UP) >> K)
        out[i] = np.int32(c - gone)
        loss += gone
    return loss


@kernel
def diffuse(lo: int, hi: int, plane: Array, first_above: Array, last_below: Array) -> int:
    """Diffuse rows lo .. hi-1 of one channel in place. Returns the energy that decayed.

    :param first_above: the row above *lo* as it was when the tick began; *last_below* the row below ``hi - 1``.
    """
    n = plane.shape[1]
    old, slant = np.empty((2, n), np.int32), np.empty(n, np.int32)
    old[0, :] = first_above
    loss = np.int64(0)
    for row in range(lo, hi):
        above, here = old[(row - lo) & 1], old[(row - lo + 1) & 1]
        here[:] = plane[row]
        below = plane[row + 1] if row + 1 < hi else last_below
        loss += fresh_row(above, here, below, slant, plane[row])
    return loss
