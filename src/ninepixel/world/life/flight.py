"""Shots: they fly straight, hit the first life they come near that is not their shooter, and give their energy to the field."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.lives import Lies, Role, Thing
from ninepixel.world.laws.vital import EGG_ROT, LOOT_LIMIT, RIPEN_TICKS, SHOT_LIFE, SHOT_REACH
from ninepixel.world.life.booking import L_DECAY
from ninepixel.world.life.columns import (
    D_SHOOT,
    FOE,
    HEALTH,
    HURT,
    LINK,
    ROLE,
    T_AGE,
    T_ENERGY,
    T_KIND,
    T_LIES,
    T_OWNER,
    T_RBY,
    T_STRENGTH,
    T_VX,
    T_VY,
    T_X,
    T_Y,
    TRAITS,
    X,
    Y,
)
from ninepixel.world.life.deeds import deed
from ninepixel.world.life.space import GUARDIAN, MIND, cell_of, square
from ninepixel.world.life.stores import pour

SHOT, LOOT, EGG = int(Thing.SHOT), int(Thing.LOOT), int(Thing.EGG)
BURIED = int(Lies.BURIED)
IS_GUARDIAN = int(Role.GUARDIAN)


@leaf
def scatter(field: Array, cy: int, cx: int, rby: int, amount: int, books: Array) -> None:
    """Give energy to a cell in the proportions of packed RBY weights; what a full cell refuses decays."""
    red, blue = np.int64(rby) & 0xFFFF, (np.int64(rby) >> 16) & 0xFFFF
    in_red, in_blue = (amount * red) >> 16, (amount * blue) >> 16
    books[L_DECAY] += pour(field, 0, cy, cx, in_red)
    books[L_DECAY] += pour(field, 1, cy, cx, in_blue)
    books[L_DECAY] += pour(field, 2, cy, cx, amount - in_red - in_blue)


@leaf
def dissolve(t: Array, thing: int, field: Array, cell_shift: int, books: Array) -> None:
    """Give the energy of a shot or an egg to the cell where it is; it is no more."""
    cx, cy = cell_of(t[T_X, thing], cell_shift), cell_of(t[T_Y, thing], cell_shift)
    scatter(field, cy, cx, t[T_RBY, thing], np.int64(t[T_ENERGY, thing]), books)
    t[T_KIND, thing] = t[T_ENERGY, thing] = 0


@leaf
def struck(t: Array, thing: int, b: Array, lives: Array, side_log2: int, reach_log2: int, start: Array, order: Array) -> int:
    """The slot of the life that a shot hits: the nearest within SHOT_REACH, of equally near ones the first; -1 for none."""
    cell_shift = 32 - side_log2
    hash_shift, bits = cell_shift + reach_log2, side_log2 - reach_log2
    edge = (1 << bits) - 1
    x, y, owner = t[T_X, thing], t[T_Y, thing], t[T_OWNER, thing]
    hx, hy = cell_of(x, hash_shift), cell_of(y, hash_shift)
    best, hit = SHOT_REACH * SHOT_REACH + 1, np.int64(-1)
    for step in range(9):
        cell = (((hy + step // 3 - 1) & edge) << bits) | ((hx + step % 3 - 1) & edge)
        for place in range(start[cell], start[cell + 1]):
            row = order[place]
            kind = b[TRAITS, row] & 0xFF
            if kind != MIND and kind != GUARDIAN:
                continue
            who = np.int64(b[LINK, row])
            if who < 0 or who == owner:  # a mind without a life is nobody
                continue
            d = square(b[X, row], b[Y, row], x, y, cell_shift)
            if d < best or (d == best and who < hit):
                best, hit = d, who
    return hit


@leaf
def move_things(
    b: Array,
    field: Array,
    lives: Array,
    t: Array,
    side_log2: int,
    reach_log2: int,
    start: Array,
    order: Array,
    books: Array,
) -> None:
    """One tick of every thing: shots fly and hit, what is buried ripens, eggs grow older and rot."""
    cell_shift = 32 - side_log2
    half, slide = 1 << (side_log2 - 3), side_log2 - 2
    for thing in range(t.shape[1]):
        kind = t[T_KIND, thing]
        if kind == SHOT:
            t[T_AGE, thing] += 1
            t[T_X, thing] = np.int32(np.int64(t[T_X, thing]) + ((np.int64(t[T_VX, thing]) + half) >> slide))
            t[T_Y, thing] = np.int32(np.int64(t[T_Y, thing]) + ((np.int64(t[T_VY, thing]) + half) >> slide))
            hit = struck(t, thing, b, lives, side_log2, reach_log2, start, order)
            if hit >= 0:
                harm = np.int64(t[T_STRENGTH, thing])
                lives[HEALTH, hit] -= harm
                lives[HURT, hit] += harm
                owner = t[T_OWNER, thing]
                if owner >= 0:  # -1: its shooter has died since
                    lives[FOE, hit] = (owner << 1) | 1
                    if lives[ROLE, hit] == IS_GUARDIAN:
                        deed(lives, owner, D_SHOOT)
            if hit >= 0 or t[T_AGE, thing] >= SHOT_LIFE:
                dissolve(t, thing, field, cell_shift, books)
        elif kind == LOOT and t[T_LIES, thing] == BURIED:
            t[T_AGE, thing] += 1
            if t[T_AGE, thing] % RIPEN_TICKS == 0 and t[T_STRENGTH, thing] < LOOT_LIMIT:
                t[T_STRENGTH, thing] += 1
        elif kind == EGG:
            t[T_AGE, thing] += 1
            if t[T_AGE, thing] >= EGG_ROT:
                dissolve(t, thing, field, cell_shift, books)
