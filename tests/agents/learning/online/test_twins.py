"""What pairs of twins show, and how sure that is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.agents.learning.online.twins import Pair, Verdict, draw, interval, slope, table


def rows(satisfaction: list[float | None], late: bool = True) -> list[dict[str, Any]]:
    beat = {"late_p50_ms": 0.1, "late_p99_ms": 3.0} if late else {}
    return [{"satisfaction": s, "minds": 9.0, "births": 1, "deaths": 2, "ticks_per_s": 20.0, **beat} for s in satisfaction]


def pair(seed: int, learning: list[float | None], frozen: list[float | None], late: bool = True) -> Pair:
    ends = {"learn": {"swaps": 4, "dropped": 1}}
    return Pair(seed, rows(learning, late), rows(frozen, late), ends, {})


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=20))
def test_a_mean_lies_in_its_interval_and_that_among_the_values(values: list[float]) -> None:
    found = interval(values)
    assert min(values) - 1e-9 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= max(values) + 1e-9


def test_an_interval_of_one_pair_is_no_interval() -> None:
    found = interval([0.25])
    assert found.low == found.high == found.value == 0.25


def test_an_interval_is_about_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(1).normal(size=400)
    found = interval(values)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 / 20, rel=0.1)


def test_the_difference_is_that_of_twins_minute_by_minute() -> None:
    verdict = Verdict.of([pair(1, [0.2, 0.5, 0.8], [0.2, 0.4, 0.4]), pair(2, [0.3, 0.4, 0.6], [0.3, 0.5, 0.4])])
    np.testing.assert_allclose(verdict.difference, [[0, 0.1, 0.4], [0, -0.1, 0.2]])
    assert [round(found.value, 6) for found in verdict.by_minute()] == [0, 0, 0.3]
    figures = verdict.figures()
    assert figures["difference_last_third"].value == pytest.approx(0.3)
    assert figures["learning_rise"].value == pytest.approx(0.45)
    assert figures["frozen_rise"].value == pytest.approx(0.15)
    assert figures["trend_per_10_minutes"].value == pytest.approx((2.0 + 1.0) / 2)


def test_a_universe_where_nobody_lives_is_not_satisfied_and_minutes_that_one_lacks_do_not_count() -> None:
    verdict = Verdict.of([pair(1, [0.2, None], [0.2, 0.4, 0.9])])
    np.testing.assert_allclose(verdict.learning, [[0.2, 0.0]])
    assert verdict.frozen.shape == (1, 2)


def test_no_pairs_are_no_result() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        Verdict.of([])
    with pytest.raises(ValueError, match="no pairs"):
        Verdict.of([pair(1, [], [0.5])])


@given(st.floats(-5, 5), st.floats(-5, 5), st.integers(2, 30))
def test_a_slope_is_that_of_a_line(rise: float, start: float, n: int) -> None:
    assert slope(start + rise * np.arange(n)) == pytest.approx(rise, abs=1e-9)


def test_a_slope_of_one_number_is_none() -> None:
    assert slope([0.7]) == 0.0


def test_the_table_and_the_picture_tell_it() -> None:
    verdict = Verdict.of([pair(1, [0.2, 0.5, 0.8], [0.2, 0.4, 0.4])])
    told = table(verdict)
    assert "1 pairs, 3 minutes" in told
    assert "| satisfaction, last third | 0.800 (0.800 .. 0.800) | 0.400 (0.400 .. 0.400) | +0.400 (+0.400 .. +0.400) |" in told
    assert "| deaths | 6.0 | 6.0 | |" in told
    assert "| policies that entered, a universe | 4.0 | 0 | |" in told
    assert draw(verdict, "twins").startswith(b"\x89PNG")


def test_universes_that_ran_as_fast_as_they_could_were_never_late() -> None:
    beats = Verdict.of([pair(1, [0.2], [0.2], late=False)]).beats()
    assert "late_p99_ms" not in beats["learning"]
    assert Verdict.of([pair(1, [0.2], [0.2])]).beats()["learning"]["late_p99_worst_ms"] == 3.0
