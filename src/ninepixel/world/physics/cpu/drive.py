"""What pushes a body from inside: tethers pull creatures to their parents, creatures climb the scent of their colours.

Minds and guardians move by their acts instead (world/life).

Reads positions and the field as they were when the tick began, and changes velocities only.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, var-annotated"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, kernel
from ninepixel.world.laws.bodies import Flag, Kind
from ninepixel.world.laws.constants import (
    SCENT_LIMIT,
    SCENT_SHIFT,
    SPEED_LIMIT,
    TETHER_LIMIT,
    TETHER_SHIFT,
    THRUST_LIMIT,
    THRUST_SHIFT,
)

ANCHORED = int(Flag.ANCHORED) << 16
TETHERED = int(Flag.TETHERED) << 16
CREATURE = int(Kind.CREATURE)


@kernel
def clamped(value: int, limit: int) -> int:
    """value within -limit .. limit."""
    return min(max(value, -limit), limit)


@kernel
def scent(field: Array, cy: int, cx: int, wr: int, wb: int, wy: int) -> tuple[int, int]:
    """The thrust toward more energy of one's own colours: differences across the cell, weighted, clamped."""
    edge = field.shape[1] - 1
    east, west, south, north = (cx + 1) & edge, (cx - 1) & edge, (cy + 1) & edge, (cy - 1) & edge
    sx = sy = np.int64(0)
    for k, w in ((0, wr), (1, wb), (2, wy)):
        sx += w * clamped(np.int64(field[k, cy, east]) - np.int64(field[k, cy, west]), SCENT_LIMIT)
        sy += w * clamped(np.int64(field[k, south, cx]) - np.int64(field[k, north, cx]), SCENT_LIMIT)
    return (
        clamped(sx >> SCENT_SHIFT, THRUST_LIMIT) << THRUST_SHIFT,
        clamped(sy >> SCENT_SHIFT, THRUST_LIMIT) << THRUST_SHIFT,
    )


@kernel
def stretch(here: np.uint32, there: np.uint32, cell_shift: int) -> int:
    """The pull of a tether along one axis."""
    away = np.int64(np.int32(np.uint32(there - here))) >> (cell_shift - 8)
    return clamped(away, TETHER_LIMIT) << TETHER_SHIFT


@kernel
def drive(
    lo: int,
    hi: int,
    cell_shift: int,
    x: Array,
    y: Array,
    vx: Array,
    vy: Array,
    rby: Array,
    traits: Array,
    link: Array,
    row_of: Array,
    used: int,
    field: Array,
) -> None:
    """Change the velocities of rows lo .. hi-1. *used* indices have ever lived; a parent that died pulls no more."""
    shift = np.uint32(cell_shift)
    for row in range(lo, hi):
        trait = np.int64(traits[row])
        kind = trait & 0xFF
        tethered = trait & TETHERED
        if trait & ANCHORED or not (tethered or kind == CREATURE):
            continue
        px = py = np.int64(0)
        if kind == CREATURE:
            wr, wb = np.int64((rby[row] & np.uint32(0xFFFF)) >> np.uint32(8)), np.int64(rby[row] >> np.uint32(24))
            px, py = scent(field, np.int64(y[row] >> shift), np.int64(x[row] >> shift), wr, wb, 256 - wr - wb)
        parent = np.int64(link[row])
        if tethered and 0 <= parent < used and row_of[parent] >= 0:
            px += stretch(x[row], x[row_of[parent]], cell_shift)
            py += stretch(y[row], y[row_of[parent]], cell_shift)
        vx[row] = clamped(np.int64(vx[row]) + px, SPEED_LIMIT)
        vy[row] = clamped(np.int64(vy[row]) + py, SPEED_LIMIT)
