"""Birth and death of bodies inside a kernel: the twins of Table.spawn_many and Table.kill for one world.

*counts* is int64 of shape (3,): bodies alive, head of the free list, indices ever used.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.ecs.ids import GENERATION_MASK
from ninepixel.ecs.table import NO_INDEX
from ninepixel.world.kernel import Array, leaf

ALIVE, FREE, USED = 0, 1, 2
#: Refusals of a birth.
NO_ROOM = -1


@leaf
def spawn(counts: Array, row_of: Array, index_of: Array, capacity: int) -> int:
    """Take an index and the row past the last one. Returns the row, whose columns are still to be written, or NO_ROOM."""
    row = counts[ALIVE]
    if row >= capacity:
        return NO_ROOM
    index = counts[FREE]
    if index != NO_INDEX:
        counts[FREE] = ~np.int64(row_of[index])
    else:
        index = counts[USED]
        counts[USED] = index + 1
    row_of[index] = row
    index_of[row] = index
    counts[ALIVE] = row + 1
    return row


@leaf
def kill(index: int, counts: Array, b: Array, row_of: Array, index_of: Array, generation: Array) -> None:
    """End the body of *index*: the last row moves into its place."""
    row = np.int64(row_of[index])
    last = counts[ALIVE] - 1
    if row != last:
        for c in range(b.shape[0]):
            b[c, row] = b[c, last]
        moved = np.int64(index_of[last])
        index_of[row] = moved
        row_of[moved] = row
    counts[ALIVE] = last
    generation[index] = (np.int64(generation[index]) + 1) & GENERATION_MASK
    row_of[index] = ~counts[FREE]
    counts[FREE] = index
