"""One tick of every body: RBY force, jitter, membranic drag, a step along the velocity, exchange of energy with the field.

Bodies are visited by hash cell. A field cell belongs to exactly one hash cell, so what the bodies of a hash cell give and take
is gathered in a small buffer and written when all of them have read: the order of bodies cannot matter, and bands of hash rows
cannot meet. Positions may change in place because neighbours are read from the sorted copies.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, var-annotated"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, kernel
from ninepixel.world.laws.bodies import Flag
from ninepixel.world.laws.constants import (
    CROWD,
    DRAG_LIMIT,
    DRAG_SHIFT,
    ENERGY_LIMIT,
    EXCRETE_LIMIT,
    EXCRETE_SHIFT,
    FORCE_LIMIT,
    FORCE_TO_SPEED,
    FRICTION,
    HUNGER_BITS,
    INERTIA_SHIFT,
    JITTER_HEAT_SHIFT,
    JITTER_LIMIT,
    RADIANCE_FLOOR,
    RADIANCE_SHIFT,
    SATED,
    SPAN_BITS,
    SPEED_LIMIT,
    UPTAKE_SHIFT,
)
from ninepixel.world.physics.cpu.chance import pcg4d
from ninepixel.world.physics.cpu.pairs import copy_run, pad_run, pair_sums
from ninepixel.world.physics.cpu.simd import LANES

ANCHORED = int(Flag.ANCHORED) << 16
#: Offset from the middle of a hash cell to a place that no body of the cell can feel (1.75 R away, never exactly 2 R).
NOWHERE = 28672 + 8


@kernel
def jitter(tick: np.uint32, index: np.uint32, low: np.uint32, high: np.uint32) -> tuple[int, int]:
    """Two zero-mean draws, -65535 .. 65535: differences of two uniforms each (pcg4d, see laws/rng.py)."""
    x, y, z, w = pcg4d(tick, index, low, high)
    h = np.uint32(16)
    return np.int64(x >> h) - np.int64(y >> h), np.int64(z >> h) - np.int64(w >> h)


@kernel
def new_speed(v: int, force: int, lift: int, inertia: int, noise: int, drag: int) -> int:
    """The velocity after force, jitter and drag; all int64, so nothing overflows before it is clamped."""
    f = min(max(force, -FORCE_LIMIT), FORCE_LIMIT)
    u = v + ((f << lift) >> inertia) + noise
    u = min(max(u, -SPEED_LIMIT), SPEED_LIMIT)
    return u - ((u * drag + (1 << 31)) >> 32)


@kernel
def advance(
    lo: int,
    hi: int,
    side_log2: int,
    reach_log2: int,
    tick: int,
    seed_low: int,
    seed_high: int,
    matrix: Array,
    crowdest: int,
    start: Array,
    order: Array,
    sorted_x: Array,
    sorted_y: Array,
    sorted_r: Array,
    sorted_b: Array,
    x: Array,
    y: Array,
    vx: Array,
    vy: Array,
    energy: Array,
    density: Array,
    rby: Array,
    traits: Array,
    mass: Array,
    index_of: Array,
    field: Array,
) -> int:
    """Advance the bodies of hash rows lo .. hi-1 in place. Returns the energy that anchored matter radiated."""
    side = 1 << (side_log2 - reach_log2)
    cell_shift = np.uint32(32 - side_log2)
    reach = 1 << reach_log2
    low_bits = np.uint64(reach - 1)
    room = 9 * crowdest + 2 * LANES  # whole blocks are copied, and one block of padding follows
    near_x, near_y = np.empty(room, np.int16), np.empty(room, np.int16)
    near_r, near_b = np.empty(room, np.int16), np.empty(room, np.int16)
    delta = np.zeros((3, reach, reach), np.int32)
    radiated = 0
    t, low, high = np.uint32(tick), np.uint32(seed_low), np.uint32(seed_high)
    lift = reach_log2 + FORCE_TO_SPEED
    half, slide = 1 << (side_log2 - 3), side_log2 - 2
    for hash_y in range(lo, hi):
        for hash_x in range(side):
            cell = hash_y * side + hash_x
            first, last = start[cell], start[cell + 1]
            crowd = last - first
            if crowd == 0:
                continue
            n = -1
            for place in range(first, last):
                row = np.uint64(order[np.uint64(place)])  # unsigned: numba need not look for negative indices
                bx, by = x[row], y[row]
                cx, cy = np.uint64(bx >> cell_shift), np.uint64(by >> cell_shift)
                dx, dy = cx & low_bits, cy & low_bits
                colours = rby[row]
                wr, wb = np.int64((colours & np.uint32(0xFFFF)) >> np.uint32(8)), np.int64(colours >> np.uint32(24))
                wy = 256 - wr - wb
                held = np.int64(energy[row])
                anchored = traits[row] & np.uint32(ANCHORED)
                fr, fb, fy = (
                    np.int64(field[np.uint64(0), cy, cx]),
                    np.int64(field[np.uint64(1), cy, cx]),
                    np.int64(field[np.uint64(2), cy, cx]),
                )
                took_r = took_b = took_y = 0
                if anchored:
                    source = min((np.int64(mass[row]) + RADIANCE_FLOOR) << RADIANCE_SHIFT, ENERGY_LIMIT - held)
                    radiated += source
                    held += source
                elif crowd <= CROWD:
                    took_r = ((fr >> UPTAKE_SHIFT) * wr) >> 8
                    took_b = ((fb >> UPTAKE_SHIFT) * wb) >> 8
                    took_y = ((fy >> UPTAKE_SHIFT) * wy) >> 8
                    held += took_r + took_b + took_y
                out = min((held + (1 << EXCRETE_SHIFT) - 1) >> EXCRETE_SHIFT, EXCRETE_LIMIT)
                gave_r, gave_b, gave_y = (out * wr) >> 8, (out * wb) >> 8, (out * wy) >> 8
                energy[row] = held - gave_r - gave_b - gave_y
                delta[0, dy, dx] += np.int32(gave_r - took_r)
                delta[1, dy, dx] += np.int32(gave_b - took_b)
                delta[2, dy, dx] += np.int32(gave_y - took_y)
                if anchored:
                    continue
                if n < 0:
                    n = 0
                    for hood_y in range(hash_y - 1, hash_y + 2):
                        base = (hood_y & (side - 1)) * side
                        if 0 < hash_x < side - 1:  # three cells in a row lie in a row
                            lo_, hi_ = start[base + hash_x - 1], start[base + hash_x + 2]
                            n = copy_run(lo_, hi_, n, sorted_x, sorted_y, sorted_r, sorted_b, near_x, near_y, near_r, near_b)
                            continue
                        for hood_x in range(hash_x - 1, hash_x + 2):
                            lo_ = start[base + (hood_x & (side - 1))]
                            hi_ = start[base + (hood_x & (side - 1)) + 1]
                            n = copy_run(lo_, hi_, n, sorted_x, sorted_y, sorted_r, sorted_b, near_x, near_y, near_r, near_b)
                    middle = (1 << (SPAN_BITS - 1)) + NOWHERE
                    far_x = np.int16((hash_x << SPAN_BITS) + middle)
                    far_y = np.int16((hash_y << SPAN_BITS) + middle)
                    n = pad_run(n, far_x, far_y, near_x, near_y, near_r, near_b)
                ur = wr * matrix[0, 0] + wb * matrix[1, 0] + wy * matrix[2, 0]
                ub = wr * matrix[0, 1] + wb * matrix[1, 1] + wy * matrix[2, 1]
                uy = wr * matrix[0, 2] + wb * matrix[1, 2] + wy * matrix[2, 2]
                felt = np.int64(density[row])
                hunger = min(max(SATED - felt, 0), 1 << HUNGER_BITS)
                force_x, force_y, crowding = pair_sums(
                    near_x,
                    near_y,
                    near_r,
                    near_b,
                    n,
                    sorted_x[place],
                    sorted_y[place],
                    np.int16(((ur - uy) * hunger) >> HUNGER_BITS),
                    np.int16(((ub - uy) * hunger) >> HUNGER_BITS),
                    np.int16(((uy >> 1) * hunger) >> HUNGER_BITS),
                )
                heat = (fr >> JITTER_HEAT_SHIFT) + (fb >> JITTER_HEAT_SHIFT) + (fy >> JITTER_HEAT_SHIFT)
                amplitude = min(1 + heat, JITTER_LIMIT)
                jx, jy = jitter(t, index_of[row], low, high)
                change = abs(np.int64(crowding) - felt)
                drag = FRICTION + (min(change, DRAG_LIMIT) << DRAG_SHIFT)
                inertia = np.int64(mass[row]) >> INERTIA_SHIFT
                ux = new_speed(np.int64(vx[row]), np.int64(force_x), lift, inertia, jx * amplitude, drag)
                uy_ = new_speed(np.int64(vy[row]), np.int64(force_y), lift, inertia, jy * amplitude, drag)
                vx[row], vy[row] = ux, uy_
                density[row] = crowding
                x[row] = np.uint32(np.int64(bx) + ((ux + half) >> slide))
                y[row] = np.uint32(np.int64(by) + ((uy_ + half) >> slide))
            for dy in range(reach):
                for dx in range(reach):
                    for k in range(3):
                        field[k, hash_y * reach + dy, hash_x * reach + dx] += delta[k, dy, dx]
                        delta[k, dy, dx] = 0
    return radiated
