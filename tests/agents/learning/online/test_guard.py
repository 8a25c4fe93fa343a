"""The guard takes back what minds fare worse with, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from ninepixel.agents.learning.online.guard import Guard, comfort
from ninepixel.world.life.comfort import WORST
from ninepixel.world.life.witness import Episode

PLACES = 4


def faring(satisfaction: float, living: int = PLACES, ticks: int = 8) -> Episode:
    """An episode in which so many live, so satisfied."""
    episode = Episode.empty(ticks, PLACES, 16)
    episode.fates[:, :living] = 1
    episode.drive[1] = round((1 - satisfaction) * WORST)
    return episode


def test_empty_places_count_nothing() -> None:
    assert comfort(faring(0.5)) == pytest.approx(0.5)
    assert comfort(faring(0.5, living=2)) == pytest.approx(0.25)
    assert comfort(faring(1.0, living=0)) == 0.0


def test_it_goes_back_after_two_windows_on_end_that_are_worse() -> None:
    guard = Guard(window=8, margin=0.1)
    assert [guard.see(3, faring(0.6)), guard.see(4, faring(0.4)), guard.see(5, faring(0.4))] == [False, False, True]
    assert guard.version == 3
    assert guard.last == pytest.approx(0.4, abs=0.001)


def test_one_bad_window_is_an_accident() -> None:
    guard = Guard(window=8, margin=0.1)
    found = [guard.see(v, faring(s)) for v, s in enumerate([0.6, 0.4, 0.55, 0.4, 0.58, 0.4])]
    assert not any(found)


def test_within_the_margin_nothing_happens_and_better_is_remembered() -> None:
    guard = Guard(window=8, margin=0.1)
    assert not any(guard.see(v, faring(s)) for v, s in enumerate([0.5, 0.45, 0.41, 0.45, 0.6, 0.55]))
    assert guard.version == 4
    assert guard.best == pytest.approx(0.6, abs=0.001)


def test_a_universe_that_dies_out_is_worse_though_survivors_are_happy() -> None:
    guard = Guard(window=8, margin=0.1)
    assert not guard.see(1, faring(0.7))
    assert not guard.see(2, faring(0.9, living=2))
    assert guard.see(2, faring(0.9, living=1))


def test_if_it_is_the_world_that_got_worse_it_stops_going_back() -> None:
    guard = Guard(window=8, margin=0.1)
    guard.see(0, faring(0.9))
    returned = np.asarray([guard.see(1, faring(0.3)) for _ in range(40)])
    assert returned.any()
    assert not returned[-10:].any()


def test_a_window_may_be_many_episodes() -> None:
    guard = Guard(window=24, margin=0.1)
    for version, satisfaction in enumerate([0.9, 0.6, 0.3]):
        assert not guard.see(version, faring(satisfaction))
    assert guard.best == pytest.approx(0.6, abs=0.001)
    assert guard.version == 2
