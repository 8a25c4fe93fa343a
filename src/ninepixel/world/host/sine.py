"""A sine in integers: a table made by exact means, read with linear interpolation."""

from __future__ import annotations

from functools import cache
from math import factorial

import numpy as np
import numpy.typing as npt

from ninepixel.world.kernel import Array, leaf

#: Steps of the table in a quarter turn.
STEPS_LOG2 = 10
STEPS = 1 << STEPS_LOG2
#: Values are Q30: ONE is 1.0.
ONE_BITS = 30
#: A turn is 2**32; a step of the table is this many bits of an angle.
STEP_BITS = 30 - STEPS_LOG2
_WORK_BITS = 192


def _pi() -> int:
    """Pi in Q192, by Machin: 16 atan(1/5) - 4 atan(1/239), with 32 guard bits."""
    one = 1 << (_WORK_BITS + 32)

    def atan_of_inverse(n: int) -> int:
        term, total, k = one // n, 0, 1
        while term:
            total += term // k if k % 4 == 1 else -(term // k)
            term //= n * n
            k += 2
        return total

    return (16 * atan_of_inverse(5) - 4 * atan_of_inverse(239)) >> 32


@cache
def quarter_sine() -> npt.NDArray[np.int64]:
    """sin(k / STEPS * 90 degrees) for k = 0 .. STEPS in Q30, rounded to the nearest integer. int64, STEPS + 1 values.

    One step's sine and cosine by Taylor's series, then rotation by that step, all in Q192: the error stays under 2**-170.
    """
    one, step = 1 << _WORK_BITS, _pi() // (2 * STEPS)
    sine_step = sum((-1) ** k * (step ** (2 * k + 1) >> (2 * k * _WORK_BITS)) // factorial(2 * k + 1) for k in range(12))
    cosine_step = one + sum((-1) ** k * (step ** (2 * k) >> ((2 * k - 1) * _WORK_BITS)) // factorial(2 * k) for k in range(1, 12))
    sine, cosine, table = 0, one, []
    for _ in range(STEPS + 1):
        table.append((sine + (1 << (_WORK_BITS - ONE_BITS - 1))) >> (_WORK_BITS - ONE_BITS))
        sine, cosine = (
            (sine * cosine_step + cosine * sine_step) >> _WORK_BITS,
            (cosine * cosine_step - sine * sine_step) >> _WORK_BITS,
        )
    return np.asarray(table, np.int64)


@leaf
def sine_of(angle: int, table: Array) -> int:
    """Q30 sine of an *angle* (2**32 is a turn; wraps), int64."""
    turn = angle & 0xFFFFFFFF
    quadrant, rest = turn >> 30, turn & 0x3FFFFFFF
    if quadrant & 1:
        rest = (1 << 30) - rest
    k, part = rest >> STEP_BITS, rest & ((1 << STEP_BITS) - 1)
    value = table[k]
    if part:
        value += ((table[k + 1] - value) * part) >> STEP_BITS
    out: int = -value if quadrant & 2 else value
    return out


@leaf
def cosine_of(angle: int, table: Array) -> int:
    """Q30 cosine of an *angle*, int64."""
    return sine_of(angle + (1 << 30), table)


@leaf
def square_root(n: int) -> int:
    """The integer square root of 0 <= n < 2**62, bit by bit."""
    root = 0
    bit = 1 << 60
    while bit > n:
        bit >>= 2
    while bit:
        if n >= root + bit:
            n -= root + bit
            root = (root >> 1) + bit
        else:
            root >>= 1
        bit >>= 2
    return root
