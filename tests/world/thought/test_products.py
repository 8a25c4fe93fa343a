"""Tiles of products equal numpy's, to the last number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.world.thought.products import MINDS, STRIPE, in_pairs, multiply


@pytest.mark.parametrize(("rows", "inputs"), [(16, 388), (64, 388), (128, 128), (28, 128), (2048, 64), (1, 2)])
def test_sums_are_those_of_numpy(rows: int, inputs: int) -> None:
    rng = np.random.default_rng(rows)
    weights, values = rng.integers(-127, 128, (rows, inputs), np.int8), rng.integers(-8192, 8193, (8, inputs), np.int16)
    sums = np.zeros((8, -(-rows // STRIPE) * STRIPE), np.int32)
    multiply(8, in_pairs(weights), values, sums)
    assert np.array_equal(sums[:, :rows], values.astype(np.int64) @ weights.astype(np.int64).T)
    assert not sums[:, rows:].any()


@pytest.mark.parametrize("sign", [1, -1])
def test_the_greatest_sum_there_is_fits(sign: int) -> None:
    weights, values = np.full((1, 2048), 127, np.int8), np.full((MINDS, 2048), sign * 8192, np.int16)
    sums = np.zeros((MINDS, STRIPE), np.int32)
    multiply(MINDS, in_pairs(weights), values, sums)
    assert sums[0, 0] == sign * 127 * 8192 * 2048


@settings(max_examples=30)
@given(st.integers(0, 11), st.integers(0, 2**32))
def test_no_more_minds_are_summed_up_than_whole_tiles(minds: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights, values = rng.integers(-127, 128, (3, 6), np.int8), rng.integers(-9, 9, (12, 6), np.int16)
    sums = np.full((12, STRIPE), 77, np.int32)
    multiply(minds, in_pairs(weights), values, sums)
    assert np.array_equal(sums[:minds, :3], values[:minds].astype(int) @ weights.T.astype(int))
    assert np.all(sums[-(-minds // MINDS) * MINDS :] == 77)
