"""The hash grid: a counting sort of bodies by hash cell, a band of rows per thread.

``tally`` has a row per band: band b places its bodies of cell c from ``tally[b, c]`` on, so no two bands meet, and the order
inside a cell is that of the rows, whatever the number of threads.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, var-annotated"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, kernel


@kernel
def count(lo: int, hi: int, x: Array, y: Array, hash_shift: int, tally: Array) -> None:
    """Count the bodies of rows lo .. hi-1 per hash cell into *tally* (int32, zeroed here)."""
    tally[:] = 0
    bits = np.uint32(32 - hash_shift)
    shift = np.uint32(hash_shift)
    for row in range(lo, hi):
        tally[(np.int64(y[row] >> shift) << bits) | np.int64(x[row] >> shift)] += 1


@kernel
def offsets(tally: Array, start: Array) -> int:
    """Turn per-band counts (bands, cells) into first places, and ``start`` (cells + 1) into first places of whole cells.

    Returns how many bodies the fullest cell holds.
    """
    most = 0
    total = np.int32(0)
    bands, cells = tally.shape
    for cell in range(cells):
        start[cell] = total
        for band in range(bands):
            n = tally[band, cell]
            tally[band, cell] = total
            total += n
        most = max(most, total - start[cell])
    start[cells] = total
    return most


@kernel
def place(
    lo: int,
    hi: int,
    x: Array,
    y: Array,
    rby: Array,
    hash_shift: int,
    quantum: int,
    lift: int,
    place_of: Array,
    order: Array,
    sorted_x: Array,
    sorted_y: Array,
    sorted_r: Array,
    sorted_b: Array,
) -> None:
    """Write rows lo .. hi-1 into cell order: which row it is, its quantised place (int16, wrapping) and its colours (15 bits)."""
    bits = np.uint32(32 - hash_shift)
    shift, fine, up = np.uint32(hash_shift), np.uint32(quantum), np.uint32(lift)
    for row in range(lo, hi):
        bx, by = x[row], y[row]
        cell = (np.int64(by >> shift) << bits) | np.int64(bx >> shift)
        to = place_of[cell]
        place_of[cell] = to + 1
        order[to] = row
        sorted_x[to] = np.int16(np.uint32((bx >> fine) << up))
        sorted_y[to] = np.int16(np.uint32((by >> fine) << up))
        sorted_r[to] = np.int16((rby[row] & np.uint32(0xFFFF)) >> np.uint32(1))
        sorted_b[to] = np.int16(rby[row] >> np.uint32(17))
