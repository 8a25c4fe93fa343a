# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, var-annotated"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)
"""Small worlds, whole: one thread steps a world from its drives to its field while it lies in the second-level cache.

A thousand training arenas are a thousand rows of the same arrays; here a band is a range of worlds, and Python
is called once a tick.
"""

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, kernel
from ninepixel.world.laws.constants import SPAN_BITS, UNIT_BITS
from ninepixel.world.physics.cpu.drive import drive
from ninepixel.world.physics.cpu.fields import diffuse
from ninepixel.world.physics.cpu.force import advance
from ninepixel.world.physics.cpu.grid import count, offsets, place
from ninepixel.world.physics.cpu.simd import LANES


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
    x: Array,
    y: Array,
    vx: Array,
    vy: Array,
    energy: Array,
    density: Array,
    rby: Array,
    traits: Array,
    mass: Array,
    link: Array,
    row_of: Array,
    index_of: Array,
    field: Array,
    radiance: Array,
    decay: Array,
) -> None:
    """Advance worlds lo .. hi-1 by one tick, in place.

    Columns have shape (worlds, capacity), the field (worlds, 3, side, side), seeds and counts (worlds,), matrices (worlds, 3, 3);
    *radiance* and *decay* (worlds,) int64 get what is to be booked.
    """
    cell_shift = 32 - side_log2
    hash_shift = cell_shift + reach_log2
    hash_side = 1 << (side_log2 - reach_log2)
    side = 1 << side_log2
    most = 0
    for world in range(lo, hi):
        most = max(most, np.int64(living[world]))
    tally = np.zeros((1, hash_side * hash_side), np.int32)
    start = np.zeros(hash_side * hash_side + 1, np.int32)
    order = np.zeros(most + LANES, np.int32)
    spot_x, spot_y = np.zeros(most + LANES, np.int16), np.zeros(most + LANES, np.int16)
    spot_r, spot_b = np.zeros(most + LANES, np.int16), np.zeros(most + LANES, np.int16)
    for w in range(lo, hi):
        n = np.int64(living[w])
        radiance[w] = decay[w] = 0
        if n:
            here = field[w]
            drive(0, n, cell_shift, x[w], y[w], vx[w], vy[w], rby[w], traits[w], link[w], row_of[w], np.int64(used[w]), here)
            count(0, n, x[w], y[w], hash_shift, tally[0])
            crowdest = offsets(tally, start)
            quantum, lift = hash_shift - UNIT_BITS, SPAN_BITS - UNIT_BITS
            place(0, n, x[w], y[w], rby[w], hash_shift, quantum, lift, tally[0], order, spot_x, spot_y, spot_r, spot_b)
            radiance[w] = advance(
                0,
                hash_side,
                side_log2,
                reach_log2,
                tick,
                seed_low[w],
                seed_high[w],
                matrix[w],
                crowdest,
                start,
                order,
                spot_x,
                spot_y,
                spot_r,
                spot_b,
                x[w],
                y[w],
                vx[w],
                vy[w],
                energy[w],
                density[w],
                rby[w],
                traits[w],
                mass[w],
                index_of[w],
                here,
            )
        for k in range(3):
            plane = field[w, k]
            decay[w] += diffuse(0, side, plane, plane[side - 1].copy(), plane[0].copy())
