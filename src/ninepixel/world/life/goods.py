"""Coins and loot: putting them down, taking them up, burying them, what the loot in hand is good for."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.lives import Lies, Thing
from ninepixel.world.laws.vital import (
    DEED_COINS,
    DEED_RIPE,
    LOOT_WIT,
    TAKE_REACH,
)
from ninepixel.world.life.columns import (
    COINS,
    D_BURY,
    D_COIN,
    D_DIG,
    D_HOARD,
    D_LOOT,
    D_PURSE,
    D_WEALTH,
    HOLDING,
    T_AGE,
    T_KIND,
    T_LIES,
    T_OWNER,
    T_STRENGTH,
    T_X,
    T_Y,
    X,
    Y,
)
from ninepixel.world.life.deeds import deed
from ninepixel.world.life.space import square

COIN, LOOT = int(Thing.COIN), int(Thing.LOOT)
OPENLY, BURIED, HELD = int(Lies.OPENLY), int(Lies.BURIED), int(Lies.HELD)


@leaf
def free_thing(t: Array) -> int:
    """The first slot without a thing, or -1."""
    for thing in range(t.shape[1]):
        if t[T_KIND, thing] == 0:
            return thing
    return -1


@leaf
def put_thing(t: Array, kind: int, x: int, y: int, strength: int) -> int:
    """A new thing that lies openly. Returns its slot, or -1 when there is no room."""
    thing = free_thing(t)
    if thing >= 0:
        for c in range(t.shape[0]):
            t[c, thing] = 0
        t[T_KIND, thing], t[T_X, thing], t[T_Y, thing] = kind, x, y
        t[T_STRENGTH, thing], t[T_OWNER, thing] = strength, -1
    return thing


@leaf
def bonus(lives: Array, t: Array, slot: int) -> int:
    """What the loot in hand adds to wit, strength and speed."""
    holding = lives[HOLDING, slot]
    return np.int64(t[T_STRENGTH, holding]) >> LOOT_WIT if holding >= 0 else np.int64(0)


@leaf
def take(lives: Array, t: Array, b: Array, slot: int, row: int, thing: int, cell_shift: int) -> None:
    """Take a coin, or loot into an empty hand; buried loot is dug up."""
    kind = t[T_KIND, thing]
    if (kind != COIN and kind != LOOT) or t[T_LIES, thing] == HELD:
        return
    if square(t[T_X, thing], t[T_Y, thing], b[X, row], b[Y, row], cell_shift) > TAKE_REACH * TAKE_REACH:
        return
    if kind == COIN:
        lives[COINS, slot] += t[T_STRENGTH, thing]
        t[T_KIND, thing] = 0
        deed(lives, slot, D_COIN)
        if lives[COINS, slot] >= DEED_COINS[0]:
            deed(lives, slot, D_PURSE)
        if lives[COINS, slot] >= DEED_COINS[1]:
            deed(lives, slot, D_WEALTH)
        if lives[COINS, slot] >= DEED_COINS[2]:
            deed(lives, slot, D_HOARD)
    elif lives[HOLDING, slot] < 0:
        deed(lives, slot, D_LOOT)
        if t[T_LIES, thing] == BURIED and t[T_AGE, thing] >= DEED_RIPE:
            deed(lives, slot, D_DIG)
        lives[HOLDING, slot] = thing
        t[T_LIES, thing], t[T_OWNER, thing], t[T_AGE, thing] = HELD, slot, 0


@leaf
def bury(lives: Array, t: Array, b: Array, slot: int, row: int) -> None:
    """Put the loot in hand under the ground."""
    thing = lives[HOLDING, slot]
    lives[HOLDING, slot] = -1
    t[T_LIES, thing], t[T_X, thing], t[T_Y, thing] = BURIED, b[X, row], b[Y, row]
    t[T_OWNER, thing], t[T_AGE, thing] = -1, 0
    deed(lives, slot, D_BURY)
