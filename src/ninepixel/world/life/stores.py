"""Energy in hand: spending it, comparing stores, pouring it into the field."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.vital import (
    FIELD_LIMIT,
    RESERVE,
    SET_POINT,
    SHED_SHIFT,
)
from ninepixel.world.life.booking import L_METABOLISM
from ninepixel.world.life.columns import (
    STORE_B,
    STORE_R,
    STORE_Y,
)


@leaf
def pour(field: Array, channel: int, cy: int, cx: int, amount: int) -> int:
    """Put energy into a cell of the field. Returns what did not fit."""
    fits = min(amount, FIELD_LIMIT - np.int64(field[channel, cy, cx]))
    field[channel, cy, cx] += fits
    return amount - fits


@leaf
def spend(lives: Array, store: int, slot: int, amount: int, books: Array) -> int:
    """Burn energy of a store. Returns what was there to burn."""
    burnt = min(np.int64(lives[store, slot]), amount)
    lives[store, slot] -= burnt
    books[L_METABOLISM] += burnt
    return burnt


@leaf
def fullest(lives: Array, slot: int) -> int:
    """The channel of the fullest store; of equally full ones the first."""
    best = 0
    for k in range(1, 3):
        if lives[STORE_R + k, slot] > lives[STORE_R + best, slot]:
            best = k
    return best


@leaf
def spare(lives: Array, slot: int, k: int) -> int:
    """What a life can excrete or give of one store at once."""
    return max(np.int64(lives[STORE_R + k, slot]) - RESERVE, 0) >> SHED_SHIFT


@leaf
def drive_of(lives: Array, slot: int) -> int:
    """The distance of the stores from their set point."""
    return (
        abs(np.int64(lives[STORE_R, slot]) - SET_POINT)
        + abs(np.int64(lives[STORE_B, slot]) - SET_POINT)
        + abs(np.int64(lives[STORE_Y, slot]) - SET_POINT)
    )
