"""The beat of the simulation: late ticks are not made up for, overload halves the rate, room doubles it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.server.pace import SLOWEST, WINDOW, Pace


def test_ticks_in_time_keep_the_beat() -> None:
    pace = Pace(20, 100.0)
    for tick in range(10):
        assert pace.start(100.0 + tick / 20) == pytest.approx(0.0, abs=1e-9)
    assert pace.due == pytest.approx(100.5)


def test_a_little_late_is_made_up_for_and_very_late_is_not() -> None:
    pace = Pace(20, 0.0)
    assert pace.start(0.02) == pytest.approx(0.02)
    assert pace.due == pytest.approx(0.05), "the next tick is where it was"
    assert pace.start(1.05) == pytest.approx(1.0)
    assert pace.due == pytest.approx(1.10), "nineteen ticks are not run at once"


def test_overload_halves_the_rate_and_room_doubles_it() -> None:
    pace = Pace(20, 0.0)
    changes = [pace.done(0.049) for _ in range(WINDOW)]
    assert changes == [False] * (WINDOW - 1) + [True]
    assert (pace.rate, pace.period) == (10, 0.1)
    assert not any(pace.done(0.049) for _ in range(3 * WINDOW)), "half the period at half the rate is all of it at the full one"
    assert sum(pace.done(0.020) for _ in range(WINDOW)) == 1
    assert pace.rate == 20


def test_a_wish_for_another_rate_begins_anew() -> None:
    pace = Pace(20, 0.0)
    for _ in range(WINDOW):
        pace.done(0.2)
    pace.set_rate(30)
    assert (pace.rate, pace.halvings) == (30, 0)


@given(st.lists(st.floats(0, 10), max_size=400), st.floats(10, 60))
def test_the_rate_stays_within_bounds(spent: list[float], rate: float) -> None:
    pace = Pace(rate, 0.0)
    for seconds in spent:
        pace.done(seconds)
        assert SLOWEST <= pace.rate <= rate
