"""Floats become integers by exact operations: the same on every machine, and the nearest there are."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import reference_policy as reference
from ninepixel.world.thought import Policy, Shape
from ninepixel.world.thought import quantise as q
from some_policies import rough

FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=True)
ROWS = hnp.arrays(np.float32, st.tuples(st.integers(1, 3), st.integers(1, 6)), elements=FINITE)
LEAST = np.float32(1e-45)
GREATEST = np.finfo(np.float32).max


def test_the_integers_of_a_policy_are_those_of_every_machine() -> None:
    assert q.quantise(Policy.random(Shape(64), 7)).hash == "890e195bbbf25f3391b543a200e6ba08"


def test_a_policy_becomes_what_fractions_make_of_it() -> None:
    policy = rough(Shape(16), 2)
    layers = q.quantise(policy)
    joined = {"encode": layers.encode, "gate candidate": layers.memory, "move act word value": layers.heads}
    for names, layer in joined.items():
        rows = [row for name in names.split() for row in reference.rows(policy, name, 8 if name == "encode" else 13)]
        assert layer.weights.tolist() == [row.weights for row in rows]
        assert [*zip(layer.multiplier.tolist(), layer.shift.tolist(), layer.bias.tolist(), strict=True)] == [
            (row.multiplier, row.shift, row.bias) for row in rows
        ]


@given(ROWS)
@example(np.asarray([[LEAST, -3 * LEAST, 0, -0.0]], np.float32))
@example(np.asarray([[GREATEST, 1, -GREATEST, LEAST]], np.float32))
@example(np.asarray([[127, 0.5, 1.5, -2.5, 126.5, 0]], np.float32))  # halves go to the even
@example(np.zeros((1, 3), np.float32))
def test_any_row_of_weights_is_rounded_to_the_nearest_step(weights: npt.NDArray[np.float32]) -> None:
    found = q._rows(weights)
    assert found.dtype == np.int8
    for row, line in zip(found.tolist(), weights, strict=True):
        assert row == reference.row([Fraction(float(w)) for w in line], Fraction(0), 8).weights
        assert max(map(abs, row)) == (127 if np.any(line) else 0)


@given(FINITE.map(abs), st.sampled_from([8, 13]))
@example(float(LEAST), 8)
@example(float(GREATEST), 13)
@example(0.0, 8)
@example(127.0, 8)
@example(float(np.float32(127) * (1 - np.float32(2**-24))), 8)
def test_any_scale_fits_its_integers(peak: float, point: int) -> None:
    multiplier, shift = q._scale(Fraction(peak), point)
    row = reference.row([Fraction(peak)], Fraction(0), point)
    assert (multiplier, shift) == (row.multiplier, row.shift)
    assert 0 <= multiplier < 1 << 31
    assert 1 <= shift <= 62
    worth = Fraction(peak) / 127 * Fraction(2) ** (12 - point)
    if Fraction(1, 1 << 31) < worth < 1 << 29:
        assert abs(Fraction(multiplier, 1 << shift) - worth) <= worth / (1 << 30)


@given(hnp.arrays(np.float32, 5, elements=FINITE))
def test_floats_are_taken_apart_without_loss(floats: npt.NDArray[np.float32]) -> None:
    assert q._exact(floats) == [Fraction(float(number)) for number in floats]


def test_weights_twice_as_large_are_the_same_steps_of_twice_the_size() -> None:
    policy = rough(Shape(16), 4)
    double = Policy(policy.shape, policy.manifest, {name: array * np.float32(2) for name, array in policy.arrays.items()})
    one, two = q.quantise(policy).memory, q.quantise(double).memory
    assert np.array_equal(one.weights, two.weights)
    assert np.array_equal(one.multiplier, two.multiplier)
    assert np.array_equal(one.shift - 1, two.shift)
    assert np.all(np.abs(two.bias - 2 * one.bias) <= 1)
