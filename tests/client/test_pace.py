"""Ticks out of irregular frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.client.pace import HERTZ, MOST_DUE, SPEEDS, Pace


@given(st.lists(st.floats(0, 0.3), min_size=1, max_size=60))
def test_ticks_follow_the_clock_to_within_one(frames: list[float]) -> None:
    pace, taken = Pace(), 0
    for seconds in frames:
        taken += pace.due(seconds)
        assert 0 <= pace.alpha < 1
        assert taken + pace.alpha <= sum(frames) * HERTZ + 1e-6 + 60
    assert abs(taken - sum(frames) * HERTZ) <= 1 + 1e-6


def test_a_long_stall_is_not_made_up_for() -> None:
    pace = Pace()
    assert pace.due(60) == MOST_DUE
    assert pace.due(0.05) in (1, 2)


def test_pause_holds_time_and_single_steps_pass_through() -> None:
    pace = Pace()
    pace.due(0.075)
    alpha = pace.alpha
    pace.toggle()
    assert pace.due(5) == 0
    assert pace.alpha == alpha
    pace.single()
    pace.single()
    assert pace.due(0.01) == 2
    assert pace.due(0.01) == 0
    assert pace.paused


def test_a_single_step_pauses() -> None:
    pace = Pace()
    pace.single()
    assert pace.paused
    assert pace.due(1) == 1


def test_speed_stays_in_its_range() -> None:
    pace = Pace()
    for _ in range(20):
        pace.faster()
    assert pace.speed == SPEEDS[-1]
    assert pace.due(0.05) == min(16, MOST_DUE)
    for _ in range(20):
        pace.faster(-1)
    assert pace.speed == pytest.approx(1 / 8)
