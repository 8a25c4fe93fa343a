"""What a life does in one tick: the nine moves and the nine acts (laws/lives.py), on what was within reach when it looked.

Lives act one after the other in slot order; nobody dies before everybody has acted.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.constants import SPEED_LIMIT
from ninepixel.world.laws.lives import Act, Role, Thing
from ninepixel.world.laws.vital import (
    BITE,
    BITE_SHIFT,
    BITE_TRAIT_SHIFT,
    COST_MOVE,
    COST_WORD,
    COURTSHIP,
    DEED_AT_ONCE,
    DEED_BLOWS,
    DEED_GIFTS,
    DEED_TASTE,
    DISTRACTION,
    EGG_STORE,
    HEAL_STORE,
    REACH,
    RESERVE,
    SET_POINT,
    SHOT_COST,
    SHOT_SPEED,
    SHOT_TICKS,
    SLANT,
    STORE_LIMIT,
    STRIKE_COST,
    STRIKE_DAMAGE,
    STRIKE_TICKS,
    THRUST_SHIFT,
)
from ninepixel.world.life.booking import L_METABOLISM
from ninepixel.world.life.codon import byte_of
from ninepixel.world.life.columns import (
    ACTION,
    BLOWS,
    BODY,
    COOLDOWN,
    COURTING,
    D_EGG,
    D_GENEROUS,
    D_RESCUE,
    D_SHARE,
    D_SHED,
    D_STRIKE,
    D_TASTE_BLUE,
    D_TASTE_RED,
    D_TASTE_YELLOW,
    EATEN_R,
    FOE,
    GENE_B,
    GENE_R,
    GENE_Y,
    GIFTS,
    HEADING,
    HEALTH,
    HOLDING,
    HURT,
    NEAR_LIFE,
    NEAR_MATTER,
    NEAR_THING,
    PHENO_Y,
    RBY,
    ROLE,
    STORE_B,
    STORE_R,
    STORE_Y,
    T_ENERGY,
    T_GENE_B,
    T_GENE_R,
    T_GENE_Y,
    T_OWNER,
    T_RBY,
    T_STRENGTH,
    T_VX,
    T_VY,
    VX,
    VY,
    WORK,
    X,
    Y,
)
from ninepixel.world.life.deeds import deed
from ninepixel.world.life.goods import bonus, bury, free_thing, put_thing, take
from ninepixel.world.life.heredity import lay_egg
from ninepixel.world.life.reading import decode
from ninepixel.world.life.space import cell_of, square
from ninepixel.world.life.stores import drive_of, fullest, pour, spare, spend

REST, GRAZE, STRIKE, SHOOT, EXCRETE, DECODE, TAKE, GIVE, MATE = (int(act) for act in Act)
SHOT, IS_GUARDIAN = int(Thing.SHOT), int(Role.GUARDIAN)
STEP_X = np.asarray([0, 0, 1, 1, 1, 0, -1, -1, -1], np.int64)
STEP_Y = np.asarray([0, -1, -1, 0, 1, 1, 1, 0, -1], np.int64)


@leaf
def thrust(lives: Array, t: Array, b: Array, slot: int, row: int, move: int, books: Array) -> None:
    """Push the body one way; a life without Y cannot."""
    if spend(lives, STORE_Y, slot, COST_MOVE, books) < COST_MOVE:
        return
    push = (byte_of(lives[PHENO_Y, slot], 0) + 64 + bonus(lives, t, slot)) << THRUST_SHIFT
    dx, dy = STEP_X[move], STEP_Y[move]
    if dx and dy:
        push = (push * SLANT) >> 8
    b[VX, row] = min(max(np.int64(b[VX, row]) + dx * push, -SPEED_LIMIT), SPEED_LIMIT)
    b[VY, row] = min(max(np.int64(b[VY, row]) + dy * push, -SPEED_LIMIT), SPEED_LIMIT)


@leaf
def graze(lives: Array, slot: int, field: Array, cy: int, cx: int) -> None:
    """Take a bite of each colour."""
    bite = BITE + (byte_of(lives[PHENO_Y, slot], 2) >> BITE_TRAIT_SHIFT)
    for k in range(3):
        here = np.int64(field[k, cy, cx])
        taken = min(min(bite, here >> BITE_SHIFT), STORE_LIMIT - np.int64(lives[STORE_R + k, slot]))
        field[k, cy, cx] = here - taken
        lives[STORE_R + k, slot] += taken
        lives[EATEN_R + k, slot] = min(np.int64(lives[EATEN_R + k, slot]) + taken, 1 << 30)
        if lives[EATEN_R + k, slot] >= DEED_TASTE:
            deed(lives, slot, D_TASTE_RED if k == 0 else D_TASTE_BLUE if k == 1 else D_TASTE_YELLOW)


@leaf
def strike(lives: Array, t: Array, slot: int, target: int, books: Array) -> None:
    """A blow at a life within reach."""
    if lives[COOLDOWN, slot] or spend(lives, STORE_Y, slot, STRIKE_COST, books) < STRIKE_COST:
        return
    harm = STRIKE_DAMAGE + (byte_of(lives[PHENO_Y, slot], 1) >> 1) + bonus(lives, t, slot)
    lives[HEALTH, target] -= harm
    lives[HURT, target] += harm
    lives[FOE, target] = slot << 1
    lives[COOLDOWN, slot] = STRIKE_TICKS
    lives[BLOWS, slot] += 1
    if lives[BLOWS, slot] >= DEED_BLOWS:
        deed(lives, slot, D_STRIKE)


@leaf
def shoot(lives: Array, t: Array, b: Array, slot: int, row: int, books: Array) -> None:
    """Send a small replica of oneself along one's heading: half of what it costs flies with it."""
    heading = lives[HEADING, slot]
    if heading == 0 or lives[COOLDOWN, slot] or lives[STORE_Y, slot] < RESERVE + SHOT_COST:
        return
    thing = put_thing(t, SHOT, b[X, row], b[Y, row], 0)
    if thing < 0:
        return
    lives[STORE_Y, slot] -= SHOT_COST
    books[L_METABOLISM] += SHOT_COST >> 1
    speed = SHOT_SPEED if STEP_X[heading] == 0 or STEP_Y[heading] == 0 else (SHOT_SPEED * SLANT) >> 8
    t[T_ENERGY, thing] = SHOT_COST - (SHOT_COST >> 1)
    t[T_VX, thing], t[T_VY, thing] = STEP_X[heading] * speed, STEP_Y[heading] * speed
    t[T_RBY, thing], t[T_OWNER, thing] = b[RBY, row], slot
    t[T_GENE_R, thing], t[T_GENE_B, thing], t[T_GENE_Y, thing] = b[GENE_R, row], b[GENE_B, row], b[GENE_Y, row]
    t[T_STRENGTH, thing] = (STRIKE_DAMAGE + (byte_of(lives[PHENO_Y, slot], 1) >> 1) + bonus(lives, t, slot)) >> 1
    lives[COOLDOWN, slot] = SHOT_TICKS


@leaf
def shed(lives: Array, slot: int, field: Array, cy: int, cx: int) -> None:
    """Excrete an eighth of what the fullest store holds over the reserve, in its colour."""
    k = fullest(lives, slot)
    amount = spare(lives, slot, k)
    given = amount - pour(field, k, cy, cx, amount)
    lives[STORE_R + k, slot] -= given
    if given >= DEED_AT_ONCE:
        deed(lives, slot, D_SHED)


@leaf
def give(lives: Array, slot: int, other: int) -> None:
    """Share an eighth of what the fullest store holds over the reserve. It is a good deed when the other lacked it."""
    k = fullest(lives, slot)
    gift = min(spare(lives, slot, k), STORE_LIMIT - np.int64(lives[STORE_R + k, other]))
    if gift <= 0:
        return
    hungry = lives[STORE_R, other] < HEAL_STORE or lives[STORE_B, other] < HEAL_STORE or lives[STORE_Y, other] < HEAL_STORE
    lives[STORE_R + k, slot] -= gift
    lives[STORE_R + k, other] += gift
    if lives[STORE_R + k, other] > SET_POINT:
        return
    lives[GIFTS, slot] += 1
    deed(lives, slot, D_SHARE)
    if hungry:
        deed(lives, slot, D_RESCUE)
    if lives[GIFTS, slot] >= DEED_GIFTS:
        deed(lives, slot, D_GENEROUS)


@leaf
def ready_to_mate(lives: Array, slot: int) -> bool:
    """Whether all three stores allow an egg."""
    return lives[STORE_R, slot] >= EGG_STORE and lives[STORE_B, slot] >= EGG_STORE and lives[STORE_Y, slot] >= EGG_STORE


@leaf
def court(
    lives: Array,
    t: Array,
    b: Array,
    row_of: Array,
    slot: int,
    other: int,
    tick: int,
    seed_low: int,
    seed_high: int,
) -> None:
    """Court a mind; two who court each other lay an egg."""
    lives[COURTING, slot] = COURTSHIP
    if not (lives[COURTING, other] and lives[NEAR_LIFE, other] == slot):
        return
    if not (ready_to_mate(lives, slot) and ready_to_mate(lives, other)):
        return
    egg = free_thing(t)
    if egg < 0:
        return
    lay_egg(lives, t, b, row_of, egg, slot, other, tick, seed_low, seed_high)
    lives[COURTING, slot] = lives[COURTING, other] = 0
    deed(lives, slot, D_EGG)
    deed(lives, other, D_EGG)


@leaf
def within_reach(b: Array, row_of: Array, lives: Array, slot: int, row: int, cell_shift: int) -> int:
    """The life that was nearest, if it still lives and is within reach, else -1."""
    other = np.int64(lives[NEAR_LIFE, slot])
    if other < 0 or lives[BODY, other] < 0:
        return -1
    there = row_of[lives[BODY, other]]
    if square(b[X, there], b[Y, there], b[X, row], b[Y, row], cell_shift) > REACH * REACH:
        return -1
    return other


@leaf
def act_world(
    tick: int,
    seed_low: int,
    seed_high: int,
    side_log2: int,
    b: Array,
    row_of: Array,
    field: Array,
    lives: Array,
    t: Array,
    known: Array,
    books: Array,
    gain: Array,
    sections: Array,
) -> None:
    """Carry out the action of every life of one world.

    :param books: the world's ledger, int64.
    :param gain: int32 (slots,): how much nearer to its set point each life came by what was done, in units.
    :param sections: int32 (slots,): sections that each life has decoded.
    """
    cell_shift = 32 - side_log2
    for slot in range(lives.shape[1]):
        sections[slot] = 0
        gain[slot] = drive_of(lives, slot) if lives[BODY, slot] >= 0 else 0
    for slot in range(lives.shape[1]):
        index = lives[BODY, slot]
        if index < 0:
            continue
        row = np.int64(row_of[index])
        action = np.int64(lives[ACTION, slot])
        move, doing, word = action & 0xFF, (action >> 8) & 0xFF, (action >> 16) & 0xFF
        cx, cy = cell_of(b[X, row], cell_shift), cell_of(b[Y, row], cell_shift)
        if lives[COOLDOWN, slot] > 0:
            lives[COOLDOWN, slot] -= 1
        if lives[COURTING, slot] > 0:
            lives[COURTING, slot] -= 1
        if move:
            lives[HEADING, slot] = move
            thrust(lives, t, b, slot, row, move, books)
        if word:
            spend(lives, STORE_B, slot, COST_WORD, books)
        if doing != DECODE and lives[WORK, slot] > 0:
            lives[WORK, slot] = max(np.int64(lives[WORK, slot]) - DISTRACTION, 0)
        if doing == GRAZE:
            graze(lives, slot, field, cy, cx)
        elif doing == EXCRETE:
            shed(lives, slot, field, cy, cx)
        elif doing == SHOOT:
            shoot(lives, t, b, slot, row, books)
        elif doing == DECODE:
            if lives[NEAR_MATTER, slot] >= 0:
                matter = np.int64(lives[NEAR_MATTER, slot])
                sections[slot] = decode(lives, t, b, row_of, known, slot, row, matter, cell_shift, books)
        elif doing == TAKE:
            if lives[NEAR_THING, slot] >= 0:
                take(lives, t, b, slot, row, np.int64(lives[NEAR_THING, slot]), cell_shift)
        elif doing in (STRIKE, GIVE, MATE):
            other = within_reach(b, row_of, lives, slot, row, cell_shift)
            mind = other >= 0 and lives[ROLE, other] != IS_GUARDIAN
            if doing == STRIKE:
                if other >= 0:
                    strike(lives, t, slot, other, books)
            elif doing == GIVE:
                if mind:
                    give(lives, slot, other)
                elif lives[HOLDING, slot] >= 0:
                    bury(lives, t, b, slot, row)
            elif mind:
                court(lives, t, b, row_of, slot, other, tick, seed_low, seed_high)
    for slot in range(lives.shape[1]):
        if lives[BODY, slot] >= 0:
            gain[slot] -= drive_of(lives, slot)
