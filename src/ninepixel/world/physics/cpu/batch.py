"""Small worlds, whole: one thread steps a world from its drives to its field while it lies in the second-level cache.

A thousand training arenas are a thousand rows of the same arrays; here a band is a range of worlds, and Python
is called once a tick.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, kernel
from ninepixel.world.laws.constants import SPAN_BITS, UNIT_BITS
from ninepixel.world.physics.cpu.drive import drive
from ninepixel.world.physics.cpu.fields import diffuse_torus
from ninepixel.world.physics.cpu.force import advance
from ninepixel.world.physics.cpu.grid import count, offsets, place
from ninepixel.world.physics.cpu.simd import LANES

#: Rows of a block of bodies (laws/bodies.py).
X, Y, VX, VY, ENERGY, DENSITY, RBY, TRAITS, MASS, _, _, _, LINK = range(13)


@kernel
def step_world(
    n: int,
    used: int,
    side_log2: int,
    reach_log2: int,
    tick: int,
    seed_low: int,
    seed_high: int,
    matrix: Array,
    b: Array,
    row_of: Array,
    index_of: Array,
    field: Array,
    tally: Array,
    start: Array,
    order: Array,
    spots: Array,
    padded: Array,
) -> tuple[int, int]:
    """Physics and field of one world with *n* bodies, in place. Returns the energy that was radiated and that decayed.

    :param b: the world's block of bodies, int32 (columns, capacity); *field* int32 (3, side, side).
    :param tally: int32 (1, hash cells), *start* (hash cells + 1,), *order* (n + LANES,), *spots* int16 (4, n + LANES): scratch;
        *padded* likewise, see :func:`diffuse_torus`.
    """
    hash_shift = 32 - side_log2 + reach_log2
    hash_side = 1 << (side_log2 - reach_log2)
    u = b.view(np.uint32)
    x, y, vx, vy, energy, density = u[X], u[Y], b[VX], b[VY], b[ENERGY], b[DENSITY]
    rby, traits, mass, link = u[RBY], u[TRAITS], b[MASS], b[LINK]
    radiated = 0
    if n:
        drive(0, n, 32 - side_log2, x, y, vx, vy, rby, traits, link, row_of, used, field)
        count(0, n, x, y, hash_shift, tally[0])
        crowdest = offsets(tally, start)
        quantum, lift = hash_shift - UNIT_BITS, SPAN_BITS - UNIT_BITS
        sx, sy, sr, sb = spots[0], spots[1], spots[2], spots[3]
        place(0, n, x, y, rby, hash_shift, quantum, lift, tally[0], order, sx, sy, sr, sb)
        radiated = advance(
            0,
            hash_side,
            side_log2,
            reach_log2,
            tick,
            seed_low,
            seed_high,
            matrix,
            crowdest,
            start,
            order,
            sx,
            sy,
            sr,
            sb,
            x,
            y,
            vx,
            vy,
            energy,
            density,
            rby,
            traits,
            mass,
            index_of,
            field,
        )
    decayed = 0
    for k in range(3):
        decayed += diffuse_torus(field[k], padded)
    return radiated, decayed


@kernel
def tick_worlds(
    lo: int,
    hi: int,
    side_log2: int,
    reach_log2: int,
    tick: int,
    seed_low: Array,
    seed_high: Array,
    matrix: Array,
    living: Array,
    used: Array,
    blocks: Array,
    row_of: Array,
    index_of: Array,
    field: Array,
    radiance: Array,
    decay: Array,
) -> None:
    """Advance worlds lo .. hi-1 by one tick, in place.

    Blocks have shape (worlds, columns, capacity), the field (worlds, 3, side, side), seeds and counts (worlds,), matrices
    (worlds, 3, 3); *radiance* and *decay* (worlds,) int64 get what is to be booked.
    """
    cells = 1 << 2 * (side_log2 - reach_log2)
    most = 0
    for world in range(lo, hi):
        most = max(most, np.int64(living[world]))
    tally, start = np.zeros((1, cells), np.int32), np.zeros(cells + 1, np.int32)
    order, spots = np.zeros(most + LANES, np.int32), np.zeros((4, most + LANES), np.int16)
    side = 1 << side_log2
    padded = np.zeros((side + 2, side + 2), np.int32)
    for w in range(lo, hi):
        radiance[w], decay[w] = step_world(
            np.int64(living[w]),
            np.int64(used[w]),
            side_log2,
            reach_log2,
            tick,
            seed_low[w],
            seed_high[w],
            matrix[w],
            blocks[w],
            row_of[w],
            index_of[w],
            field[w],
            tally,
            start,
            order,
            spots,
            padded,
        )
