"""Diffusion of a small torus, sixteen cells at a time: the inner loop of ``diffuse_torus``."""

# mypy: disable-error-code="no-untyped-call"
# (numba.core is not typed)

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ninepixel.world.laws.constants import DECAY_SHIFT, DIAGONAL_SHIFT, EDGE_SHIFT
from ninepixel.world.physics.cpu.simd import INTS, LANES

I64 = ir.IntType(64)
LONGS = ir.VectorType(I64, LANES)


def _all(value: int) -> Any:
    return ir.Constant(INTS, [value] * LANES)


@intrinsic
def spread(typing: Any, padded: Any, plane: Any) -> Any:
    """Write into *plane*, int32 (n, n), what the cells of *padded*, int32 (n + 2, n + 2), keep and get after decay; what decayed.

    n is a multiple of sixteen and at most 2,048, so that a lane loses less than 2**31 in a row.
    """
    signature = types.int64(padded, plane)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source, target = (context.make_array(t)(context, builder, a) for t, a in zip(sig.args, args, strict=True))
        side = cgutils.unpack_tuple(builder, target.shape)[0]
        one, two = (ir.Constant(side.type, k) for k in (1, 2))
        stride = builder.add(side, two)
        total = cgutils.alloca_once_value(builder, ir.Constant(I64, 0))
        lost = cgutils.alloca_once(builder, INTS)

        def load(place: Any) -> Any:
            value = builder.load(builder.bitcast(builder.gep(source.data, [place]), INTS.as_pointer()))
            value.align = 4
            return value

        def shared(place: Any, shift: int) -> Any:
            return builder.ashr(load(place), _all(shift))

        with cgutils.for_range(builder, side) as row:
            builder.store(_all(0), lost)
            first, into = builder.mul(row.index, stride), builder.mul(row.index, side)
            with cgutils.for_range_slice(builder, ir.Constant(side.type, 0), side, ir.Constant(side.type, LANES)) as (x, _):
                above = builder.add(first, x)  # one cell to the left of the first of sixteen, in the row above, here, below
                here = builder.add(above, stride)
                below = builder.add(here, stride)
                shares = [
                    *(shared(builder.add(r, one), EDGE_SHIFT) for r in (above, below)),
                    *(shared(p, EDGE_SHIFT) for p in (here, builder.add(here, two))),
                    *(shared(p, DIAGONAL_SHIFT) for r in (above, below) for p in (r, builder.add(r, two))),
                ]
                cells = load(builder.add(here, one))
                given = builder.add(builder.ashr(cells, _all(EDGE_SHIFT)), builder.ashr(cells, _all(DIAGONAL_SHIFT)))
                fresh = builder.sub(cells, builder.shl(given, _all(2)))
                for share in shares:
                    fresh = builder.add(fresh, share)
                gone = builder.ashr(builder.add(fresh, _all((1 << DECAY_SHIFT) - 1)), _all(DECAY_SHIFT))
                place = builder.gep(target.data, [builder.add(into, x)])
                builder.store(builder.sub(fresh, gone), builder.bitcast(place, INTS.as_pointer())).align = 4
                builder.store(builder.add(builder.load(lost), gone), lost)
            name = f"llvm.vector.reduce.add.v{LANES}i64"
            reduce = cgutils.get_or_insert_function(builder.module, ir.FunctionType(I64, [LONGS]), name)
            in_row = builder.call(reduce, [builder.sext(builder.load(lost), LONGS)])
            builder.store(builder.add(builder.load(total), in_row), total)
        return builder.load(total)

    return signature, generate
