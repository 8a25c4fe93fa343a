"""Sixteen-bit lanes: just enough of a vector language to write the force law once and have LLVM emit it for any CPU.

numba promotes every product to 64 bits, which hides from LLVM that sixteen 16-bit products fit one instruction. Here the
vectors are spelled out in LLVM's own terms. On x86 with AVX2 the two products are asked for by name, because LLVM recognises
them only sometimes (that is worth a fifth of a tick); elsewhere it gets their definition. Both are exact, hence equal.
"""

# mypy: disable-error-code="no-untyped-call"
# (numba.core is not typed)

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils

LANES = 16

I16 = ir.IntType(16)
I32 = ir.IntType(32)
SHORTS = ir.VectorType(I16, LANES)
PAIRS = ir.VectorType(I32, LANES // 2)
INTS = ir.VectorType(I32, LANES)


class Lanes:
    """:data:`LANES` int16 values. Arithmetic wraps; ``>>`` keeps the sign. Operands are Lanes or Python constants."""

    def __init__(self, builder: ir.IRBuilder, value: Any, native: bool = False) -> None:
        self.builder = builder
        self.value = value
        self.native = native

    def __add__(self, other: Lanes | int) -> Lanes:
        return self._like(self.builder.add(self.value, self._operand(other)))

    def __sub__(self, other: Lanes | int) -> Lanes:
        return self._like(self.builder.sub(self.value, self._operand(other)))

    def __rsub__(self, other: int) -> Lanes:
        return self._like(self.builder.sub(self._operand(other), self.value))

    def __lshift__(self, bits: int) -> Lanes:
        return self._like(self.builder.shl(self.value, self._operand(bits)))

    def __rshift__(self, bits: int) -> Lanes:
        return self._like(self.builder.ashr(self.value, self._operand(bits)))

    def positive(self) -> Lanes:
        """max(lane, 0)."""
        zero = self._operand(0)
        above = self.builder.icmp_signed(">", self.value, zero)
        return self._like(self.builder.select(above, self.value, zero))

    def high_product(self, other: Lanes) -> Lanes:
        """(self * other) >> 16."""
        if self.native:
            return self._like(self._call("llvm.x86.avx2.pmulh.w", SHORTS, other))
        product = self.builder.mul(self._wide(), other._wide())
        high = self.builder.lshr(product, ir.Constant(INTS, [16] * LANES))
        return self._like(self.builder.trunc(high, SHORTS))

    def high_unsigned(self, other: Lanes) -> Lanes:
        """(self * other) >> 16 of lanes that are read as unsigned."""
        if self.native:
            return self._like(self._call("llvm.x86.avx2.pmulhu.w", SHORTS, other))
        product = self.builder.mul(self.builder.zext(self.value, INTS), self.builder.zext(other.value, INTS))
        high = self.builder.lshr(product, ir.Constant(INTS, [16] * LANES))
        return self._like(self.builder.trunc(high, SHORTS))

    def pair_products(self, other: Lanes | int) -> Any:
        """Lane 0 times lane 0 plus lane 1 times lane 1, and so on: LANES / 2 int32, wrapping."""
        if self.native:
            return self._call("llvm.x86.avx2.pmadd.wd", PAIRS, other)
        product = self.builder.mul(self._wide(), Lanes(self.builder, self._operand(other))._wide())
        even, odd = (
            self.builder.shuffle_vector(product, product, ir.Constant(PAIRS, list(range(first, LANES, 2)))) for first in (0, 1)
        )
        return self.builder.add(even, odd)

    def _call(self, name: str, result: Any, other: Lanes | int) -> Any:
        signature = ir.FunctionType(result, [SHORTS, SHORTS])
        instruction = cgutils.get_or_insert_function(self.builder.module, signature, name)
        return self.builder.call(instruction, [self.value, self._operand(other)])

    def _like(self, value: Any) -> Lanes:
        return Lanes(self.builder, value, self.native)

    def _wide(self) -> Any:
        return self.builder.sext(self.value, INTS)

    def _operand(self, other: Lanes | int) -> Any:
        return other.value if isinstance(other, Lanes) else ir.Constant(SHORTS, [other] * LANES)


def has_avx2(context: Any) -> bool:
    """Whether the code that numba's target *context* generates may use AVX2."""
    _triple, _name, features = context.codegen().magic_tuple()
    return "+avx2" in features.split(",")


def load(builder: ir.IRBuilder, pointer: Any, index: Any, native: bool = False) -> Lanes:
    """LANES consecutive int16 from *pointer* at *index*."""
    address = builder.bitcast(builder.gep(pointer, [index]), SHORTS.as_pointer())
    value = builder.load(address)
    value.align = 2
    return Lanes(builder, value, native)


def store(builder: ir.IRBuilder, lanes: Lanes, pointer: Any, index: Any) -> None:
    """Write LANES consecutive int16 to *pointer* at *index*."""
    address = builder.bitcast(builder.gep(pointer, [index]), SHORTS.as_pointer())
    builder.store(lanes.value, address).align = 2


def splat(builder: ir.IRBuilder, value: Any, native: bool = False) -> Lanes:
    """One int16 in every lane."""
    nothing = ir.Constant(SHORTS, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(I32, 0))
    return Lanes(builder, builder.shuffle_vector(first, nothing, ir.Constant(INTS, [0] * LANES)), native)
