"""Sixteen-bit lanes: just enough of a vector language to write the force law once and have LLVM emit it for any CPU.

numba promotes every product to 64 bits, which hides from LLVM that sixteen 16-bit products fit one instruction. Here the
vectors are spelled out in LLVM's own terms; no instruction set is named, so the same text serves AVX2, AVX-512 and NEON.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

LANES = 16

I16 = ir.IntType(16)
I32 = ir.IntType(32)
SHORTS = ir.VectorType(I16, LANES)
INTS = ir.VectorType(I32, LANES)


class Lanes:
    """:data:`LANES` int16 values. Arithmetic wraps; ``>>`` keeps the sign. Operands are Lanes or Python constants."""

    def __init__(self, builder: ir.IRBuilder, value: Any) -> None:
        self.builder = builder
        self.value = value

    def __add__(self, other: Lanes | int) -> Lanes:
        return Lanes(self.builder, self.builder.add(self.value, self._operand(other)))

    def __sub__(self, other: Lanes | int) -> Lanes:
        return Lanes(self.builder, self.builder.sub(self.value, self._operand(other)))

    def __rsub__(self, other: int) -> Lanes:
        return Lanes(self.builder, self.builder.sub(self._operand(other), self.value))

    def __lshift__(self, bits: int) -> Lanes:
        return Lanes(self.builder, self.builder.shl(self.value, self._operand(bits)))

    def __rshift__(self, bits: int) -> Lanes:
        return Lanes(self.builder, self.builder.ashr(self.value, self._operand(bits)))

    def positive(self) -> Lanes:
        """max(lane, 0)."""
        zero = self._operand(0)
        above = self.builder.icmp_signed(">", self.value, zero)
        return Lanes(self.builder, self.builder.select(above, self.value, zero))

    def high_product(self, other: Lanes) -> Lanes:
        """(self * other) >> 16. Shifting its result at once would hide the pattern from LLVM: shift the factors."""
        product = self.builder.mul(self._wide(), other._wide())
        high = self.builder.lshr(product, ir.Constant(INTS, [16] * LANES))
        return Lanes(self.builder, self.builder.trunc(high, SHORTS))

    def product(self, other: Lanes) -> Any:
        """self * other as LANES int32."""
        return self.builder.mul(self._wide(), other._wide())

    def widened(self) -> Any:
        """The lanes as int32."""
        return self._wide()

    def _wide(self) -> Any:
        return self.builder.sext(self.value, INTS)

    def _operand(self, other: Lanes | int) -> Any:
        return other.value if isinstance(other, Lanes) else ir.Constant(SHORTS, [other] * LANES)


def load(builder: ir.IRBuilder, pointer: Any, index: Any) -> Lanes:
    """LANES consecutive int16 from *pointer* at *index*."""
    address = builder.bitcast(builder.gep(pointer, [index]), SHORTS.as_pointer())
    value = builder.load(address)
    value.align = 2
    return Lanes(builder, value)


def store(builder: ir.IRBuilder, lanes: Lanes, pointer: Any, index: Any) -> None:
    """Write LANES consecutive int16 to *pointer* at *index*."""
    address = builder.bitcast(builder.gep(pointer, [index]), SHORTS.as_pointer())
    builder.store(lanes.value, address).align = 2


def splat(builder: ir.IRBuilder, value: Any) -> Lanes:
    """One int16 in every lane."""
    nothing = ir.Constant(SHORTS, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(I32, 0))
    return Lanes(builder, builder.shuffle_vector(first, nothing, ir.Constant(INTS, [0] * LANES)))
