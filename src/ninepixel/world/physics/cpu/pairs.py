"""The RBY force of a list of neighbours on one body, sixteen neighbours at a time."""

# mypy: disable-error-code="no-untyped-call"
# (numba.core is not typed)

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ninepixel.world.laws import constants as law
from ninepixel.world.physics.cpu.simd import I16, I32, LANES, PAIRS, Lanes, has_avx2, load, splat, store

LIFT = law.SPAN_BITS - law.UNIT_BITS


def pull(dx: Lanes, dy: Lanes, red: Lanes, blue: Lanes, p: Lanes, q: Lanes, base: Lanes) -> tuple[Lanes, Lanes]:
    """The force per unit of distance, and how near the neighbour is (``REACH_SQUARED`` at no distance, 0 out of reach)."""
    s = dx.high_product(dx) + dy.high_product(dy)
    rest = (law.REACH_SQUARED - s).positive()
    hump = ((s - (law.SOFT_SQUARED + 1)).positive() << law.HUMP_SHIFT).high_product(rest << law.HUMP_SHIFT)
    soft = (law.SOFT_SQUARED - s).positive() << law.SOFT_SHIFT
    hard = (law.HARD_SQUARED - s).positive() << law.HARD_SHIFT
    affinity = base + p.high_product(red) + q.high_product(blue)
    attraction = (affinity << law.AFFINITY_LIFT).high_product(hump)
    return attraction - soft.high_product(soft) - hard.high_product(hard), rest


@intrinsic
def copy_run(
    typing: Any, first: Any, last: Any, at: Any, x: Any, y: Any, r: Any, b: Any, to_x: Any, to_y: Any, to_r: Any, to_b: Any
) -> Any:
    """Copy places first .. last-1 of four int16 arrays to four others from *at* on; returns the place after them.

    Copies in whole blocks of LANES: up to LANES - 1 more are read and written. (Four at once, and an intrinsic, because numba
    counts references, atomically, around every ordinary call that is handed an array.)
    """
    signature = types.intp(types.intp, types.intp, types.intp, x, y, r, b, to_x, to_y, to_r, to_b)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        first, last, at = args[:3]
        arrays = [context.make_array(t)(context, builder, a).data for t, a in zip(sig.args[3:], args[3:], strict=True)]
        with cgutils.for_range_slice(builder, first, last, ir.Constant(first.type, LANES)) as (i, _):
            to = builder.add(at, builder.sub(i, first))
            for source, target in zip(arrays[:4], arrays[4:], strict=True):
                store(builder, load(builder, source, i), target, to)
        return builder.add(at, builder.sub(last, first))

    return signature, generate


@intrinsic
def pad_run(typing: Any, at: Any, x: Any, y: Any, to_x: Any, to_y: Any, to_r: Any, to_b: Any) -> Any:
    """Write one block of bodies without colour at (x, y) from *at* on; returns *at* rounded up to a
    multiple of LANES, which is what :func:`pair_sums` is to be told.
    """
    signature = types.intp(types.intp, types.int16, types.int16, to_x, to_y, to_r, to_b)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        at, x, y = args[:3]
        nothing = ir.Constant(I16, 0)
        for t, array, value in zip(sig.args[3:], args[3:], (x, y, nothing, nothing), strict=True):
            store(builder, splat(builder, value), context.make_array(t)(context, builder, array).data, at)
        up = builder.add(at, ir.Constant(at.type, LANES - 1))
        return builder.and_(up, ir.Constant(at.type, ~(LANES - 1)))

    return signature, generate


@intrinsic
def pair_sums(typing: Any, xs: Any, ys: Any, reds: Any, blues: Any, n: Any, x: Any, y: Any, p: Any, q: Any, base: Any) -> Any:
    """(force x, force y, density) of the first *n* candidates (a multiple of LANES) on the body at (x, y); wrapping int32 each.

    *xs*, *ys* (quantised, lifted to SPAN_BITS), *reds*, *blues* (R >> 1, B >> 1) are int16 arrays; *p*, *q*, *base* are what the
    affinity matrix makes of the body's own colours: (Kw)_R - (Kw)_Y, (Kw)_B - (Kw)_Y and (Kw)_Y >> 1, int16.
    """
    short = types.int16
    signature = types.UniTuple(types.int32, 3)(xs, ys, reds, blues, types.intp, short, short, short, short, short)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        arrays = [context.make_array(t)(context, builder, a).data for t, a in zip(sig.args[:4], args[:4], strict=True)]
        stop = args[4]
        native = has_avx2(context)
        own_x, own_y, own_p, own_q, own_base = (splat(builder, a, native) for a in args[5:])
        sums = [cgutils.alloca_once_value(builder, ir.Constant(PAIRS, [0] * (LANES // 2))) for _ in range(3)]
        zero, stride = ir.Constant(stop.type, 0), ir.Constant(stop.type, LANES)
        with cgutils.for_range_slice(builder, zero, stop, stride) as (i, _):
            there_x, there_y, red, blue = (load(builder, a, i, native) for a in arrays)
            dx, dy = there_x - own_x, there_y - own_y
            g, rest = pull(dx, dy, red, blue, own_p, own_q, own_base)
            terms = (dx >> LIFT).pair_products(g), (dy >> LIFT).pair_products(g), rest.pair_products(1)
            for total, term in zip(sums, terms, strict=True):
                builder.store(builder.add(builder.load(total), term), total)
        reduce = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(I32, [PAIRS]), f"llvm.vector.reduce.add.v{LANES // 2}i32"
        )
        return context.make_tuple(builder, sig.return_type, [builder.call(reduce, [builder.load(s)]) for s in sums])

    return signature, generate
