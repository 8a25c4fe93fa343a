"""From float32 weights to integers, by integers: the bits of a float are taken apart, so no floating-point unit has a say.

A row of weights becomes int8 with a step of its own, a 127th of the row's greatest magnitude. What the row sums up, an int32 in
units of that step and of its inputs', is brought to :data:`~ninepixel.world.thought.tables.FINE` bits behind the point by
``(sum * multiplier + 2**(shift - 1)) >> shift``, in 64 bits. This is how Jacob et al. 2018 (arXiv:1712.05877, section 2.2) scale,
with a scale for each row. All roundings but that last one are half to even, of exact quotients.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from ninepixel.world.thought.artefact import Policy
from ninepixel.world.thought.shape import HEADS
from ninepixel.world.thought.tables import COARSE, FINE, LIMIT

#: The greatest weight.
PEAK = 127
#: Bits behind the point of what is sensed.
SENSED = 8
#: A multiplier has 31 bits; no shift is beyond this, so that no product leaves 64 bits.
SHIFT_LIMIT = 62
MULTIPLIER_LIMIT = (1 << 31) - 1

Words = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Layer:
    """Rows of weights.

    :ivar weights: int8 (rows, inputs).
    :ivar multiplier: int32 (rows,), *shift* int32 (rows,): the scale of a row's sums.
    :ivar bias: int32 (rows,), FINE bits behind the point.
    """

    weights: npt.NDArray[np.int8]
    multiplier: npt.NDArray[np.int32]
    shift: npt.NDArray[np.int32]
    bias: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Layers:
    """A policy in integers.

    :ivar encode: what is sensed -> what it means; hidden rows.
    :ivar memory: that and the memory -> gate and candidate, hidden rows each, one after the other.
    :ivar heads: that and the new memory -> the 27 logits and the value.
    """

    encode: Layer
    memory: Layer
    heads: Layer

    @property
    def hash(self) -> str:
        """Hex BLAKE2b-128 of all the integers."""
        mix = blake2b(digest_size=16)
        for layer in (self.encode, self.memory, self.heads):
            for array in (layer.weights, layer.multiplier, layer.shift, layer.bias):
                mix.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
        return mix.hexdigest()


def quantise(policy: Policy) -> Layers:
    """The integers of *policy*, the same on every machine."""
    return Layers(
        encode=_layer(policy, ["encode"], SENSED),
        memory=_layer(policy, ["gate", "candidate"], COARSE),
        heads=_layer(policy, [*HEADS, "value"], COARSE),
    )


def _layer(policy: Policy, names: list[str], point: int) -> Layer:
    """Some layers of a network, one below the other. :param point: bits behind the point of their inputs."""
    weights, bias = (np.concatenate([policy.arrays[f"{name}.{part}"] for name in names]) for part in ("weight", "bias"))
    scales = [_scale(peak, point) for peak in _exact(np.abs(weights).max(axis=1))]
    biases = [round(number * (1 << FINE)) for number in _exact(bias)]
    return Layer(
        weights=_rows(weights),
        multiplier=np.asarray([multiplier for multiplier, _ in scales], np.int32),
        shift=np.asarray([shift for _, shift in scales], np.int32),
        bias=np.asarray([min(max(number, -LIMIT), LIMIT) for number in biases], np.int32),
    )


def _rows(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.int8]:
    """Each weight as the nearest multiple of a 127th of its row's greatest magnitude."""
    significand, exponent = _taken_apart(weights)
    size = np.abs(significand)
    top, height = _taken_apart(np.abs(weights).max(axis=1, keepdims=True))
    # More than 32 exponents below the top nothing would be left anyway; up to there the quotient's parts have 57 bits.
    divisor = np.maximum(top << np.minimum(height - exponent, 32), 1)
    whole, rest = np.divmod(size * PEAK, divisor)
    up = (2 * rest > divisor) | ((2 * rest == divisor) & (whole & 1).astype(np.bool_))
    rows: npt.NDArray[np.int8] = (np.sign(significand) * (whole + up)).astype(np.int8)
    return rows


def _scale(peak: Fraction, point: int) -> tuple[int, int]:
    """The multiplier and the shift of a row whose greatest magnitude is *peak*: their quotient is what a sum is worth."""
    if not peak:
        return 0, 1
    worth = peak / PEAK * Fraction(2) ** (FINE - point)
    shift = min(max(30 - _log2(worth), 1), SHIFT_LIMIT)
    return min(round(worth * (1 << shift)), MULTIPLIER_LIMIT), shift


def _log2(number: Fraction) -> int:
    """The logarithm of a positive number, rounded down."""
    near = number.numerator.bit_length() - number.denominator.bit_length()
    return near if number >= Fraction(2) ** near else near - 1


def _taken_apart(floats: npt.NDArray[np.float32]) -> tuple[Words, Words]:
    """Finite *floats* as ``significand * 2**(exponent - 150)``."""
    bits = np.ascontiguousarray(floats, np.float32).view(np.uint32).astype(np.int64)
    exponent = (bits >> 23) & 0xFF
    size = (bits & 0x7FFFFF) | ((exponent > 0).astype(np.int64) << 23)
    return np.where(bits >> 31, -size, size), np.maximum(exponent, 1)


def _exact(floats: npt.NDArray[np.float32]) -> list[Fraction]:
    """Finite *floats*, not rounded."""
    parts = zip(*(part.tolist() for part in _taken_apart(floats)), strict=True)
    return [significand * Fraction(2) ** (exponent - 150) for significand, exponent in parts]
