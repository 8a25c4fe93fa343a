"""The drives of guardians: idle beside the matter they guard, hunt what comes near it, flee when hurt, return."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.lives import Act, Mood, Role
from ninepixel.world.laws.vital import LEASH, REACH, SIGHT
from ninepixel.world.life.columns import (
    BODY,
    COOLDOWN,
    HEALTH,
    HOME_X,
    HOME_Y,
    LOW,
    MOOD,
    PHENO_Y,
    ROLE,
    X,
    Y,
)
from ninepixel.world.life.space import FAR, apart, square

STRIKE, SHOOT = int(Act.STRIKE), int(Act.SHOOT)
IDLE, HUNT, FLEE, RETURN = (int(mood) for mood in Mood)
IS_GUARDIAN = int(Role.GUARDIAN)
HOME_REACH = 384 * 384  #: squared distance from its post at which a guardian is at home
ARMED = 88  #: guardians of at least this strength shoot
MOVE_TO = np.asarray([[8, 1, 2], [7, 0, 3], [6, 5, 4]], np.int64)


@leaf
def toward(dx: int, dy: int) -> int:
    """The move that leads along (dx, dy) best."""
    ax, ay = abs(dx), abs(dy)
    sx = 0 if 2 * ax < ay else (1 if dx > 0 else -1)
    sy = 0 if 2 * ay < ax else (1 if dy > 0 else -1)
    if ax == 0 and ay == 0:
        return 0
    return MOVE_TO[sy + 1, sx + 1]


@leaf
def guard(slot: int, lives: Array, b: Array, row_of: Array, cell_shift: int) -> int:
    """Decide the mood and the action of the guardian in *slot*. Returns the packed action."""
    row = row_of[lives[BODY, slot]]
    x, y, home_x, home_y = b[X, row], b[Y, row], lives[HOME_X, slot], lives[HOME_Y, slot]
    prey, nearest = np.int64(-1), FAR
    hunting = lives[MOOD, slot] == HUNT
    limit = LEASH if hunting else SIGHT
    for other in range(lives.shape[1]):
        if lives[BODY, other] < 0 or lives[ROLE, other] == IS_GUARDIAN:
            continue
        there = np.uint64(row_of[lives[BODY, other]])  # unsigned: numba need not look for negative indices
        if square(b[X, there], b[Y, there], home_x, home_y, cell_shift) > limit * limit:
            continue
        d = square(b[X, there], b[Y, there], x, y, cell_shift)
        if d < nearest:
            nearest, prey = d, other
    from_home = square(x, y, home_x, home_y, cell_shift)
    whole = np.int64(lives[LOW, slot])  # of a guardian: the health that it was born with
    afraid = lives[HEALTH, slot] * 4 < whole or (lives[MOOD, slot] == FLEE and lives[HEALTH, slot] * 2 < whole)
    if prey >= 0:
        there = row_of[lives[BODY, prey]]
        dx, dy = apart(b[X, there], x, cell_shift), apart(b[Y, there], y, cell_shift)
        if afraid:
            lives[MOOD, slot] = FLEE
            return toward(-dx, -dy)
        lives[MOOD, slot] = HUNT
        move = toward(dx, dy)
        if nearest <= REACH * REACH:
            return move | (STRIKE << 8)
        if (lives[PHENO_Y, slot] >> 8) & 0xFF >= ARMED and lives[COOLDOWN, slot] == 0:
            return move | (SHOOT << 8)
        return move
    if from_home > HOME_REACH:
        lives[MOOD, slot] = RETURN
        return toward(apart(home_x, x, cell_shift), apart(home_y, y, cell_shift))
    lives[MOOD, slot] = IDLE
    return 0
