"""The hyperbolic tangent of many integers, eight at a time: points from a table, straight lines between them.

A table's entry holds a point in its low and the rise to the next one in its high half, so that one look is enough. numba would
look number by number: it cannot know that what is written is not the table.
"""

# mypy: disable-error-code="no-untyped-call"
# (numba.core is not typed)

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ninepixel.world.physics.cpu.simd import I32
from ninepixel.world.thought.tables import POINTS, TANH_END, tanh_table

#: Numbers at a time; lines have a multiple of so many.
WIDTH = 8
_INTS = ir.VectorType(I32, WIDTH)
_PLACES = ir.VectorType(ir.IntType(64), WIDTH)
_POINTERS = ir.VectorType(I32.as_pointer(), WIDTH)
_BITS = ir.VectorType(ir.IntType(1), WIDTH)


@cache
def tanh_lines() -> npt.NDArray[np.int32]:
    """:func:`~ninepixel.world.thought.tables.tanh_table` as points and rises: int32 (512,)."""
    table = tanh_table().astype(np.int32)
    lines = table[:-1] | (np.diff(table) << 16)
    lines.flags.writeable = False
    return lines


@intrinsic
def bend(typing: Any, numbers: Any, first: Any, last: Any, lines: Any, bits: Any) -> Any:
    """Replace numbers first .. last-1 of int32 *numbers* (contiguous) by their tanh, CURVE bits behind the point.

    :param lines: from :func:`tanh_lines`; *bits* how many of a number lie between two points: one more for tanh of the half.
    """
    size = types.intp
    signature = types.void(numbers, size, size, lines, size)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data, table = (context.make_array(sig.args[i])(context, builder, args[i]).data for i in (0, 3))
        steps = _splat(builder, _INTS, builder.trunc(args[4], I32))
        with cgutils.for_range_slice(builder, args[1], args[2], ir.Constant(args[1].type, WIDTH)) as (i, _):
            place = builder.bitcast(builder.gep(data, [i]), _INTS.as_pointer())
            x = builder.load(place)
            x.align = 4
            builder.store(_bent(builder, x, table, steps), place).align = 4
        return context.get_dummy_value()

    return signature, generate


def _bent(b: Any, x: Any, table: Any, bits: Any) -> Any:
    """tanh of a vector: of its magnitude, then with its sign."""
    one, sign = _all(1), b.ashr(x, _all(31))
    between = b.sub(b.shl(one, bits), one)
    end = b.sub(b.shl(_all(TANH_END << POINTS), bits), one)
    smaller = cgutils.get_or_insert_function(b.module, ir.FunctionType(_INTS, [_INTS, _INTS]), f"llvm.smin.v{WIDTH}i32")
    size = b.call(smaller, [b.sub(b.xor(x, sign), sign), end])
    line = _entries(b, table, b.lshr(size, bits))
    half = b.lshr(b.add(between, one), one)
    risen = b.lshr(b.add(b.mul(b.lshr(line, _all(16)), b.and_(size, between)), half), bits)
    found = b.add(b.and_(line, _all(0xFFFF)), risen)
    return b.sub(b.xor(found, sign), sign)


def _entries(b: Any, table: Any, at: Any) -> Any:
    """``table[at]``, int32 each."""
    base = b.ptrtoint(_splat(b, _POINTERS, table), _PLACES)
    where = b.inttoptr(b.add(base, b.shl(b.zext(at, _PLACES), ir.Constant(_PLACES, [2] * WIDTH))), _POINTERS)
    kind = ir.FunctionType(_INTS, [_POINTERS, I32, _BITS, _INTS])
    gather = cgutils.get_or_insert_function(b.module, kind, f"llvm.masked.gather.v{WIDTH}i32.v{WIDTH}p0")
    return b.call(gather, [where, ir.Constant(I32, 4), ir.Constant(_BITS, [1] * WIDTH), ir.Constant(_INTS, ir.Undefined)])


def _splat(b: Any, kind: Any, value: Any) -> Any:
    nothing = ir.Constant(kind, ir.Undefined)
    first = b.insert_element(nothing, value, ir.Constant(I32, 0))
    return b.shuffle_vector(first, nothing, _all(0))


def _all(value: int) -> Any:
    return ir.Constant(_INTS, [value] * WIDTH)
