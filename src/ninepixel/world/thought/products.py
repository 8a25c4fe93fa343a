"""Sums of products, many minds at once: int16 times int16 into int32, which is what one instruction of most CPUs does in pairs.

Weights lie in pairs of inputs: ``weights[pair, 2 * row]`` and ``weights[pair, 2 * row + 1]`` are what a row makes of inputs
``2 * pair`` and ``2 * pair + 1``. A *tile* of four minds and 32 rows is summed up in registers: every vector of weights that is
loaded serves four minds, every pair of inputs 32 rows.
"""

# mypy: disable-error-code="no-untyped-call, call-arg"
# (numba.core is not typed, and mypy takes an intrinsic for the function that makes it)

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ninepixel.world.kernel import Array
from ninepixel.world.physics.cpu.simd import I32, LANES, PAIRS, SHORTS, Lanes, has_avx2, load
from ninepixel.world.thought.compiled import leaf

#: Rows of one vector of sums, vectors and minds of a tile.
ROWS = LANES // 2
VECTORS, MINDS = 4, 4
#: Layers have a multiple of so many rows.
STRIPE = ROWS * VECTORS


def in_pairs(weights: npt.NDArray[np.int8]) -> npt.NDArray[np.int16]:
    """Weights (rows, inputs) as :func:`multiply` takes them: int16 (inputs / 2, 2 * rows), rows filled up with zeros."""
    rows, inputs = weights.shape
    wide = np.zeros((-(-rows // STRIPE) * STRIPE, inputs), np.int16)
    wide[:rows] = weights
    return np.ascontiguousarray(wide.reshape(len(wide), inputs // 2, 2).swapaxes(0, 1)).reshape(inputs // 2, -1)


@leaf
def multiply(minds: int, weights: Array, inputs: Array, sums: Array) -> None:
    """The sums of the first *minds* minds, rounded up to whole tiles.

    :param inputs: int16 (minds, inputs); *sums*: int32 (minds, rows). No sum may leave 32 bits.
    """
    rows = weights.shape[1] >> 1
    for mind in range(0, minds, MINDS):
        for row in range(0, rows, STRIPE):
            tile(weights, inputs, sums, weights.shape[0], rows, mind, row)


@intrinsic
def tile(typing: Any, weights: Any, inputs: Any, sums: Any, pairs: Any, rows: Any, mind: Any, row: Any) -> Any:
    """``sums[m, r]`` for MINDS minds from *mind* and STRIPE rows from *row* on.

    *weights*, *inputs* and *sums* are contiguous, with *pairs* pairs of inputs; *sums* has lines of *rows* numbers.
    """
    size = types.intp
    signature = types.void(weights, inputs, sums, size, size, size, size)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        into = [context.make_array(t)(context, builder, a).data for t, a in zip(sig.args[:3], args[:3], strict=True)]
        loop = _Tile(context, builder, *into, *args[3:])
        loop.sum_up()
        loop.write()
        return context.get_dummy_value()

    return signature, generate


class _Tile:
    """The instructions of one tile."""

    def __init__(self, context: Any, builder: Any, *values: Any) -> None:
        self.builder, self.native = builder, has_avx2(context)
        self.weights, self.inputs, self.sums, self.pairs, self.rows, self.mind, self.row = values
        nothing = ir.Constant(PAIRS, [0] * ROWS)
        self.totals = [[cgutils.alloca_once_value(builder, nothing) for _ in range(VECTORS)] for _ in range(MINDS)]

    def sum_up(self) -> None:
        """Pair by pair: load the weights of all rows, then for every mind its pair, and add."""
        b = self.builder
        for line in self.totals:
            for total in line:
                b.store(ir.Constant(PAIRS, [0] * ROWS), total)
        with cgutils.for_range(b, self.pairs) as loop:
            first = b.mul(b.add(b.mul(loop.index, self.rows), self.row), self._size(2))
            weights = [load(b, self.weights, b.add(first, self._size(LANES * v)), self.native) for v in range(VECTORS)]
            for m in range(MINDS):
                pair = self._pair(b.add(b.mul(b.add(self.mind, self._size(m)), self.pairs), loop.index))
                for v in range(VECTORS):
                    b.store(b.add(b.load(self.totals[m][v]), weights[v].pair_products(pair)), self.totals[m][v])

    def write(self) -> None:
        """Put the sums where they belong."""
        b = self.builder
        for m in range(MINDS):
            line = b.add(b.mul(b.add(self.mind, self._size(m)), self.rows), self.row)
            for v in range(VECTORS):
                place = b.gep(self.sums, [b.add(line, self._size(ROWS * v))])
                b.store(b.load(self.totals[m][v]), b.bitcast(place, PAIRS.as_pointer())).align = 4

    def _pair(self, at: Any) -> Lanes:
        """One pair of inputs in all lanes."""
        b = self.builder
        pair = b.load(b.gep(b.bitcast(self.inputs, I32.as_pointer()), [at]))
        pair.align = 2
        nothing = ir.Constant(PAIRS, ir.Undefined)
        first = b.insert_element(nothing, pair, ir.Constant(I32, 0))
        everywhere = b.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(I32, ROWS), [0] * ROWS))
        return Lanes(b, b.bitcast(everywhere, SHORTS), self.native)

    def _size(self, value: int) -> Any:
        return ir.Constant(self.pairs.type, value)
