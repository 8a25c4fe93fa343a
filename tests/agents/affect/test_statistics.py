"""Exact tests and intervals: against every sign that there could be, against values worked out by hand, and what must hold."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.agents.affect.statistics import (
    MOST_SUMS,
    holm,
    mean_interval,
    odds_interval,
    odds_ratio,
    sign_flip_test,
    sign_test,
    tables,
)

FEW = st.lists(st.integers(-40, 40), max_size=9)


def by_trying_all(differences: list[int]) -> float:
    """The share of all signs whose sum is at least as great as the one that was found."""
    size, found = [abs(d) for d in differences], sum(differences)
    sums = [sum(s * d for s, d in zip(signs, size, strict=True)) for signs in itertools.product((-1, 1), repeat=len(size))]
    return sum(total >= found for total in sums) / len(sums)


@given(FEW)
def test_a_flip_test_counts_every_sign(differences: list[int]) -> None:
    assert sign_flip_test(differences) == pytest.approx(by_trying_all(differences))


@given(FEW, st.integers(1, 50))
def test_a_flip_test_is_of_order_and_unit_alone(differences: list[int], unit: int) -> None:
    chance = sign_flip_test(differences)
    assert sign_flip_test([unit * d for d in reversed(differences)]) == pytest.approx(chance)
    assert sign_flip_test([*differences, 0, 0]) == pytest.approx(chance)


@given(FEW)
def test_a_flip_test_and_its_mirror_add_up_to_one_and_the_chance_of_the_sum_itself(differences: list[int]) -> None:
    both = sign_flip_test(differences) + sign_flip_test([-d for d in differences])
    assert both + 1e-9 >= 1.0
    assert sign_flip_test(differences) > 0


def test_values_worked_out_by_hand() -> None:
    assert sign_flip_test([]) == 1.0
    assert sign_flip_test([0, 0]) == 1.0
    assert sign_flip_test([5] * 5) == pytest.approx(1 / 32)
    assert sign_flip_test([1, 2, -3]) == pytest.approx(5 / 8)  # sums of -6 -4 -2 0 0 2 4 6: five are at least 0
    assert sign_test([3, 1, -2, 0]) == pytest.approx(4 / 8)
    assert sign_test([1] * 8) == pytest.approx(1 / 256)
    assert sign_test([]) == 1.0
    assert holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert odds_ratio([[8, 2], [4, 6]]) == pytest.approx(6.5 * 8.5 / (4.5 * 2.5))


def test_differences_too_fine_to_count_are_halved_and_not_forgotten() -> None:
    fine = [MOST_SUMS, MOST_SUMS // 2 + 1, -MOST_SUMS // 4]
    assert sign_flip_test(fine) == pytest.approx(by_trying_all(fine))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_helps_and_keeps_the_order(chances: list[float]) -> None:
    corrected = holm(chances)
    assert np.all(corrected >= np.asarray(chances) - 1e-12)
    assert np.all(corrected <= np.minimum(1.0, len(chances) * np.asarray(chances)) + 1e-12)
    order = np.argsort(chances, kind="stable")
    assert np.all(np.diff(corrected[order]) >= 0)


def test_tables_count_what_counts() -> None:
    exposed = np.asarray([[[True, False]], [[True, True]]])
    harmed = np.asarray([[[True, True]], [[False, True]]])
    counts = np.asarray([[[True, True]], [[True, False]]])
    assert tables(exposed, harmed, counts).tolist() == [[[0, 1], [1, 1]]]


def test_intervals_hold_the_value_and_shrink_with_more_worlds() -> None:
    rng = np.random.default_rng(1)
    worlds = np.stack(
        [[[rng.binomial(60, 0.7), rng.binomial(60, 0.3)], [rng.binomial(60, 0.4), rng.binomial(60, 0.6)]] for _ in range(64)]
    )
    few, many = odds_interval(worlds[:8]), odds_interval(worlds)
    for value, low, high in (few, many):
        assert 1 < low < value < high
    assert many[2] - many[1] < few[2] - few[1]
    low, high = mean_interval(np.arange(100))
    assert 40 < low < 49.5 < high < 60
    assert np.isnan(mean_interval([])).all()
