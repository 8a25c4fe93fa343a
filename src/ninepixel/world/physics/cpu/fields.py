"""Diffusion and decay of the field, in place: a band of rows per thread, or a small torus at once.

In place means one read and one write of memory a tick: the row above is kept as it was in a small buffer, and the rows that
border another band are saved before any band starts. A small torus is copied, with a margin, into the first-level cache instead.

Losses are summed up in 32 bits over :data:`CHUNK` cells at most (2**7 cells lose 2**23 each): a loop stays in 32-bit lanes.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, var-annotated"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, kernel, leaf
from ninepixel.world.laws.constants import DECAY_SHIFT, DIAGONAL_SHIFT, EDGE_SHIFT
from ninepixel.world.physics.cpu.spread import spread

E, D, K = np.int32(EDGE_SHIFT), np.int32(DIAGONAL_SHIFT), np.int32(DECAY_SHIFT)
ROUND_UP = np.int32((1 << DECAY_SHIFT) - 1)
CHUNK = 128


@leaf
def shares(above: Array, here: Array, below: Array, slant: Array, out: Array) -> int:
    """What cells keep and get, after decay: ``out[i]`` is the new value of ``here[i + 1]``. Returns what decayed.

    Written so that LLVM makes vectors of it: indices count from zero, everything stays in 32 bits.
    """
    lost = np.int32(0)
    for i in range(out.shape[0]):
        c = here[i + 1]
        kept = np.int32(c - np.int32(np.int32(c >> E) << np.int32(2)) - np.int32(np.int32(c >> D) << np.int32(2)))
        edges = np.int32(
            np.int32(np.int32(above[i + 1] >> E) + np.int32(below[i + 1] >> E))
            + np.int32(np.int32(here[i] >> E) + np.int32(here[i + 2] >> E))
        )
        c = np.int32(np.int32(kept + edges) + np.int32(slant[i] + slant[i + 2]))
        gone = np.int32(np.int32(c + ROUND_UP) >> K)
        out[i] = np.int32(c - gone)
        lost = np.int32(lost + gone)
    return np.int64(lost)


@leaf
def between(above: Array, here: Array, below: Array, slant: Array, out: Array) -> int:
    """A row but for its ends, which have neighbours on the other side of the torus. *slant* is scratch. Returns what decayed.

    Rows are as long as *here*, *out* is two cells shorter.
    """
    n = here.shape[0]
    for i in range(n):
        slant[i] = np.int32(np.int32(above[i] >> D) + np.int32(below[i] >> D))
    loss = np.int64(0)
    for first in range(0, n - 2, CHUNK):
        last = min(first + CHUNK, n - 2)
        wide = slice(first, last + 2)
        loss += shares(above[wide], here[wide], below[wide], slant[wide], out[first:last])
    return loss


@leaf
def fresh_row(above: Array, here: Array, below: Array, slant: Array, out: Array) -> int:
    """One row after sharing out and decay; *slant* is scratch. Returns what decayed."""
    n = here.shape[0]
    loss = between(above, here, below, slant, out[1 : n - 1])
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


@leaf
def diffuse_torus(plane: Array, padded: Array) -> int:
    """Diffuse one whole channel, int32 (side, side) with side at most 2,048, in place. Returns the energy that decayed.

    :param padded: int32 (side + 2, side + 2), scratch.
    """
    _pad(plane, padded)
    return spread(padded, plane)


@leaf
def _pad(plane: Array, padded: Array) -> None:
    """Copy a torus with a margin of one cell on every side."""
    n = plane.shape[0]
    for y in range(n):
        row, source = padded[y + 1], plane[y]
        for x in range(n):
            row[x + 1] = source[x]
        row[0], row[n + 1] = source[n - 1], source[0]
    for x in range(n + 2):
        padded[0, x], padded[n + 1, x] = padded[n, x], padded[1, x]
