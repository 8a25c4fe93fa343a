"""The fixed point of a mind, and its two curves as tables of integers that are the same on every machine.

Numbers, as integers: what is sensed is 0 .. 255 (of 256); a sum before a curve has :data:`FINE` bits behind the point; memory and
what a curve says have 15; what the layers multiply has :data:`COARSE`. Of each curve 64 points to the unit are tabulated, and
between them runs a straight line: nowhere is it off by more than 1/20,000.

The points are computed by :mod:`decimal`, whose exponential is correctly rounded by its specification: integers, no libm.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

#: Bits behind the point of a sum, of what a curve says, and of what is multiplied.
FINE, CURVE, COARSE = 12, 15, 13
#: No sum leaves -LIMIT .. LIMIT: 4096 either way, where every curve has long been flat.
LIMIT = 1 << (FINE + 12)
#: log2 of the points to the unit.
POINTS = 6
#: Where tanh is 1, and exp is 0, in whole units.
TANH_END, EXP_END = 8, 12
#: What one is among the weights of the dice.
ONE = 1 << 16

T = TypeVar("T", bound=np.generic)
_EXACT = Context(prec=50, rounding=ROUND_HALF_EVEN)


@cache
def tanh_table() -> npt.NDArray[np.int16]:
    """tanh(i / 64) * 2**15, half to even, at most 32767: int16 (513,)."""

    def tanh(x: Decimal) -> Decimal:
        low = _EXACT.exp(_EXACT.multiply(x, Decimal(-2)))
        return _EXACT.divide(_EXACT.subtract(Decimal(1), low), _EXACT.add(Decimal(1), low))

    return _sealed(np.asarray([min(y, (1 << CURVE) - 1) for y in _points(tanh, TANH_END, 1 << CURVE)], np.int16))


@cache
def exp_table() -> npt.NDArray[np.int32]:
    """exp(-i / 64) * 2**16, half to even: int32 (769,)."""
    return _sealed(np.asarray(_points(lambda x: _EXACT.exp(_EXACT.minus(x)), EXP_END, ONE), np.int32))


def _points(curve: Callable[[Decimal], Decimal], end: int, one: int) -> list[int]:
    """*curve* at 0, 1/64 .. *end*, in units of 1/*one*."""
    places = (_EXACT.divide(Decimal(i), Decimal(1 << POINTS)) for i in range((end << POINTS) + 1))
    return [int(_EXACT.multiply(curve(x), Decimal(one)).to_integral_value(ROUND_HALF_EVEN)) for x in places]


def _sealed(table: npt.NDArray[T]) -> npt.NDArray[T]:
    table.flags.writeable = False
    return table
