"""Sums over boxes of cells, sixteen channels at once: summed-area tables in wrapping 16-bit integers.

A table ``S`` of a grid of G x G cells has ``(G + 1) * (G + 1) * 16`` numbers: ``S[y, x]`` is the sum of all cells above y and
left of x. Additions wrap, which is harmless while the sum over any box that is asked for stays below 2**16: a cell holds at most
:data:`CELL_LIMIT` and the largest box is 27 x 27 cells, 45,927. On a torus a box may leave the grid: with S(G, G) the sum of all,
``S(y + p G, x + q G) = S(y, x) + p S(G, x) + q S(y, G) + p q S(G, G)``.
"""

# mypy: disable-error-code="no-untyped-call"
# (numba.core is not typed)

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ninepixel.world.physics.cpu.simd import I16, I32, INTS, LANES, SHORTS, Lanes, has_avx2, load, splat, store

CELL_LIMIT = 63
BYTES = ir.VectorType(ir.IntType(8), LANES)


def _data(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    return context.make_array(kind)(context, builder, value).data


@intrinsic
def glow_row(typing: Any, red: Any, blue: Any, yellow: Any, cells: Any, out: Any) -> Any:
    """One row of the field as six bits a channel, packed: ``out[x] = R | B << 16 | Y << 32`` (int64).

    Sixteen steps for every factor of sixteen: a logarithm in four straight pieces. *cells* is a multiple of sixteen.
    """
    signature = types.void(red, blue, yellow, types.intp, out)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        rows = [_data(context, builder, sig.args[i], args[i]) for i in range(3)]
        target = builder.bitcast(_data(context, builder, sig.args[4], args[4]), I32.as_pointer())
        stop = args[3]
        zero, stride = ir.Constant(stop.type, 0), ir.Constant(stop.type, LANES)
        pairs = ir.VectorType(I32, 2 * LANES)
        zipped = ir.Constant(pairs, [i // 2 + LANES * (i % 2) for i in range(2 * LANES)])
        with cgutils.for_range_slice(builder, zero, stop, stride) as (i, _):
            r, b, y = (_glow(builder, _aligned(builder, row, i, INTS, 4)) for row in rows)
            low = builder.or_(r, builder.shl(b, ir.Constant(INTS, [16] * LANES)))
            both = builder.shuffle_vector(low, y, zipped)
            at = builder.gep(target, [builder.mul(i, ir.Constant(i.type, 2))])
            builder.store(both, builder.bitcast(at, pairs.as_pointer())).align = 4
        return context.get_dummy_value()

    return signature, generate


def _glow(builder: Any, energy: Any) -> Any:
    total = None
    for ceiling, shift in ((1 << 6, 2), (1 << 10, 6), (1 << 14, 10), ((1 << 18) - 1, 14)):
        limit = ir.Constant(INTS, [ceiling] * LANES)
        least = builder.select(builder.icmp_signed("<", energy, limit), energy, limit)
        piece = builder.lshr(least, ir.Constant(INTS, [shift] * LANES))
        total = piece if total is None else builder.add(total, piece)
    return total


@intrinsic
def sum_row(typing: Any, plane: Any, glow: Any, sums: Any, source: Any, above: Any, here: Any, cells: Any) -> Any:
    """One row of a table: *cells* cells of *plane* from *source* on plus *glow* in the first channels, the row *above*, the row
    *here* (flat places)."""
    size = types.intp
    signature = types.void(plane, glow, sums, size, size, size, size)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        cells_, light, table = (_data(context, builder, t, a) for t, a in zip(sig.args[:3], args[:3], strict=True))
        source, above, here, stop = args[3:]
        words = ir.VectorType(ir.IntType(64), LANES // 4)
        dark = ir.Constant(words, [0] * (LANES // 4))
        run = cgutils.alloca_once_value(builder, ir.Constant(SHORTS, [0] * LANES))
        lanes = ir.Constant(stop.type, LANES)
        with cgutils.for_range(builder, stop) as loop:
            step = builder.mul(loop.index, lanes)
            total = builder.add(builder.load(run), load(builder, cells_, builder.add(source, step)).value)
            shine = builder.load(builder.gep(light, [loop.index]))
            lit = builder.insert_element(dark, shine, ir.Constant(I32, 0))
            total = builder.add(total, builder.bitcast(lit, SHORTS))
            builder.store(total, run)
            after = builder.add(step, lanes)
            up = load(builder, table, builder.add(above, after))
            up.value = builder.add(up.value, total)
            store(builder, up, table, builder.add(here, after))
        return context.get_dummy_value()

    return signature, generate


def _pixels(
    builder: Any, corners: list[list[Any]], gains: Any, gain_at: Any, mask: Any, out: Any, at: Any, box: Any, native: bool
) -> None:
    """Nine pixels from sixteen corners: differences, gains, saturation at 255, acuity; then the sum over all nine.

    A gain is a lift and a factor: ``(sum << lift) * factor >> 16``, so that everything fits sixteen bits a lane.
    """
    lift = load(builder, gains, gain_at, native)
    factor = load(builder, gains, builder.add(gain_at, ir.Constant(gain_at.type, LANES)), native)
    ceiling = ir.Constant(SHORTS, [255] * LANES)
    keep = splat(builder, builder.trunc(mask, I16)).value

    def between(top: int, bottom: int, left: int, right: int) -> Any:
        low = builder.sub(corners[bottom][right], corners[top][right])
        return builder.sub(low, builder.sub(corners[bottom][left], corners[top][left]))

    for y in range(3):
        for x in range(3):
            lifted = Lanes(builder, builder.shl(between(y, y + 1, x, x + 1), lift.value), native)
            bright = lifted.high_unsigned(factor).value
            over = builder.icmp_unsigned(">", bright, ceiling)
            seen = builder.trunc(builder.and_(builder.select(over, ceiling, bright), keep), BYTES)
            place = builder.add(at, ir.Constant(at.type, 9 * (3 * y + x)))
            builder.store(seen, builder.bitcast(builder.gep(out, [place]), BYTES.as_pointer())).align = 1
    whole = builder.bitcast(box, SHORTS.as_pointer())
    builder.store(between(0, 3, 0, 3), whole).align = 2


def _aligned(builder: Any, pointer: Any, index: Any, kind: Any, align: int) -> Any:
    value = builder.load(builder.bitcast(builder.gep(pointer, [index]), kind.as_pointer()))
    value.align = align
    return value


@intrinsic
def nine_inside(
    typing: Any, sums: Any, ys: Any, xs: Any, gains: Any, gain_at: Any, mask: Any, out: Any, at: Any, box: Any
) -> Any:
    """Nine pixels of an octave that lies inside the grid.

    :param ys: four flat places of rows of *sums* (int64), *xs* four flat places within a row.
    :param gains: int16; from *gain_at* on sixteen lifts, then sixteen factors (bit patterns of uint16).
    :param mask: bits of a byte that are kept. *out*: uint8; writes 88 bytes from *at* on, of which the last seven are spill.
    :param box: int16 (16,), gets the sums over all nine pixels.
    """
    size = types.intp
    signature = types.void(sums, ys, xs, gains, size, size, out, size, box)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        table, rows, columns, gain, into, whole = (_data(context, builder, sig.args[i], args[i]) for i in (0, 1, 2, 3, 6, 8))
        row = [_aligned(builder, rows, ir.Constant(I32, i), args[4].type, 8) for i in range(4)]
        column = [_aligned(builder, columns, ir.Constant(I32, i), args[4].type, 8) for i in range(4)]
        corners = [[load(builder, table, builder.add(r, c)).value for c in column] for r in row]
        _pixels(builder, corners, gain, args[4], args[5], into, args[7], whole, has_avx2(context))
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def nine_around(
    typing: Any,
    sums: Any,
    ys: Any,
    xs: Any,
    laps_y: Any,
    laps_x: Any,
    last_y: Any,
    last_x: Any,
    gains: Any,
    gain_at: Any,
    mask: Any,
    out: Any,
    at: Any,
    box: Any,
) -> Any:
    """The same for an octave that leaves the grid of a torus.

    :param laps_y: how many times around each of the four rows lies (int64: -1, 0, 1), *laps_x* likewise.
    :param last_y: the flat place of the last row of *sums*, *last_x* of the last place within a row.
    """
    size = types.intp
    signature = types.void(sums, ys, xs, laps_y, laps_x, size, size, gains, size, size, out, size, box)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        table, rows, columns, around_y, around_x, gain, into, whole = (
            _data(context, builder, sig.args[i], args[i]) for i in (0, 1, 2, 3, 4, 7, 10, 12)
        )
        last_y, last_x = args[5], args[6]

        def four(pointer: Any) -> list[Any]:
            return [_aligned(builder, pointer, ir.Constant(I32, i), args[8].type, 8) for i in range(4)]

        row, column = four(rows), four(columns)
        p = [splat(builder, builder.trunc(v, I16)).value for v in four(around_y)]
        q = [splat(builder, builder.trunc(v, I16)).value for v in four(around_x)]
        foot = [load(builder, table, builder.add(last_y, c)).value for c in column]
        side = [load(builder, table, builder.add(r, last_x)).value for r in row]
        whole_world = load(builder, table, builder.add(last_y, last_x)).value
        corners = []
        for i in range(4):
            line = []
            for j in range(4):
                value = load(builder, table, builder.add(row[i], column[j])).value
                value = builder.add(value, builder.mul(p[i], foot[j]))
                beside = builder.add(side[i], builder.mul(p[i], whole_world))
                line.append(builder.add(value, builder.mul(q[j], beside)))
            corners.append(line)
        _pixels(builder, corners, gain, args[8], args[9], into, args[11], whole, has_avx2(context))
        return context.get_dummy_value()

    return signature, generate
