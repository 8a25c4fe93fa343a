"""Achievements: a bit each in two columns of a life."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.life.columns import (
    DEEDS_HI,
    DEEDS_LO,
)


@leaf
def deed(lives: Array, slot: int, which: int) -> None:
    """Note an achievement."""
    if which < 32:
        lives[DEEDS_LO, slot] = np.int32(lives[DEEDS_LO, slot] | np.int32(1 << which))
    else:
        lives[DEEDS_HI, slot] = np.int32(lives[DEEDS_HI, slot] | np.int32(1 << (which - 32)))


@leaf
def bits_of(word: int) -> int:
    """How many bits of a 32-bit pattern are set."""
    w = np.int64(word) & 0xFFFFFFFF
    n = 0
    while w:
        w &= w - 1
        n += 1
    return n
