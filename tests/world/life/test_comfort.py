"""The figure of drive satisfaction."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.laws.vital import FOUNDER_STORE, SET_POINT
from ninepixel.world.life.comfort import Comfort
from ninepixel.world.state import Params, State
from ninepixel.world.universe import Universe

SLOTS = 4


def state_with(**lives: list[int]) -> State:
    state = State.empty(Params(1, 6), 16, lives=SLOTS)
    for name, values in lives.items():
        state.lives[name][0, : len(values)] = values
    return state


def test_who_lacks_nothing_is_satisfied_and_who_lacks_everything_is_not() -> None:
    state = state_with(body=[1, 2, -1, -1], serial=[1, 2, 0, 0], drive=[0, 3 * SET_POINT, 99, 0])
    comfort = Comfort(state, SLOTS)
    comfort.see(state)
    found = comfort.take(7)
    assert (found.satisfaction, found.minds, found.tick, found.ticks) == (0.5, 2.0, 7, 1)


def test_every_mind_and_every_tick_counts_alike() -> None:
    state = state_with(body=[1, -1], serial=[1, 0], drive=[0, 0])
    comfort = Comfort(state, SLOTS)
    comfort.see(state)
    state.lives["body"][0, 1], state.lives["serial"][0, 1], state.lives["drive"][0, 1] = 2, 2, 3 * SET_POINT
    comfort.see(state)
    found = comfort.take(2)
    assert found.satisfaction == pytest.approx(2 / 3)
    assert found.minds == 1.5


def test_births_and_deaths_are_counted_also_where_one_follows_the_other_at_once() -> None:
    state = state_with(body=[1, 2, -1], serial=[1, 2, 0])
    comfort = Comfort(state, SLOTS)
    state.lives["body"][0, :3], state.lives["serial"][0, :3] = (-1, 5, 6), (1, 3, 4)
    comfort.see(state)
    assert (comfort.take(1).births, comfort.take(1).deaths) == (2, 0), "taken is taken"
    comfort = Comfort(state_with(body=[1, 2, -1], serial=[1, 2, 0]), SLOTS)
    comfort.see(state)
    assert comfort.take(1).deaths == 2


def test_nobody_is_no_number_and_null_in_json() -> None:
    state = state_with(body=[-1] * SLOTS)
    comfort = Comfort(state, SLOTS)
    comfort.see(state)
    found = comfort.take(1)
    assert math.isnan(found.satisfaction)
    assert found.row()["satisfaction"] is None


def test_slots_behind_the_minds_do_not_count() -> None:
    state = state_with(body=[1, 2], serial=[1, 2], drive=[0, 3 * SET_POINT])
    comfort = Comfort(state, 1)
    comfort.see(state)
    assert comfort.take(1).satisfaction == 1.0


def test_founders_begin_with_a_quarter_of_what_they_want() -> None:
    with Universe.from_survey(synthetic(3, 12), seed=5, minds=3, backend="cpu") as universe:
        assert universe.lives is not None
        comfort = Comfort(universe.pull(), universe.lives.minds)
        universe.step()
        comfort.see(universe.pull())
    assert comfort.take(1).satisfaction == pytest.approx(FOUNDER_STORE / SET_POINT, abs=0.01)
    assert np.isfinite(FOUNDER_STORE)
