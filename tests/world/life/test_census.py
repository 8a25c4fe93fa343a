"""A census finds who is born and who has died."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from births import SLOTS, bury, empty_state, settle
from ninepixel.ecs.ids import index_of
from ninepixel.world.laws.bodies import Kind
from ninepixel.world.life.census import Census, Death
from ninepixel.world.state import Params, State


def test_births_and_deaths_are_found_with_parents_and_genome() -> None:
    state, census = empty_state(), Census()
    settle(state, 1, 1)
    settle(state, 3, 2)
    state.tick = 10
    births, deaths = census.look(state)
    assert [(b.slot, b.serial, b.tick) for b in births] == [(1, 1, 10), (3, 2, 10)]
    assert births[0].genome == bytes([1, 1, 255, 1, 2, 255, 1, 3, 255])
    assert deaths == []
    state.tick = 11
    assert census.look(state) == ([], [])
    settle(state, 0, 3, mother=1, father=2)
    settle(state, 3, 4)  # its slot is taken over within one tick
    bury(state, 1)
    state.tick = 12
    births, deaths = census.look(state)
    assert [(b.serial, b.mother, b.father) for b in births] == [(3, 1, 2), (4, 0, 0)]
    assert deaths == [Death(0, 1, 12, 1), Death(0, 2, 12, 3)]


def test_another_episode_has_other_minds_of_the_same_numbers() -> None:
    state, census = empty_state(), Census()
    settle(state, 0, 1)
    census.look(state)
    state.chronicle[0, 0] = 1
    births, deaths = census.look(state)
    assert [(b.episode, b.serial) for b in births] == [(1, 1)]
    assert [(d.episode, d.serial) for d in deaths] == [(0, 1)]


@given(st.lists(st.lists(st.tuples(st.integers(0, SLOTS - 1), st.booleans()), max_size=4), max_size=8))
def test_a_census_that_looks_every_tick_knows_who_lives(ticks: list[list[tuple[int, bool]]]) -> None:
    state, census, serial = empty_state(), Census(), 0
    alive: set[int] = set()
    for changes in ticks:
        state.tick += 1
        for slot, lives in changes:
            if lives:
                serial += 1
                settle(state, slot, serial)
            else:
                bury(state, slot)
        births, deaths = census.look(state)
        alive = (alive - {d.serial for d in deaths}) | {b.serial for b in births}
        here = state.lives["body"][0] >= 0
        assert alive == set(state.lives["serial"][0, here].tolist())


def test_who_is_met_late_was_born_when_its_age_says() -> None:
    state = empty_state()
    settle(state, 2, 7, mother=3, father=4)
    state.tick = 50
    for name, value in (("age", 12), ("generation", 3), ("heat", 99)):
        state.lives[name][0, 2] = value
    (birth,), _ = Census().look(state)
    assert (birth.tick, birth.generation, birth.heat, birth.mind) == (38, 3, 99, True)
    state.bodies["traits"][0, state.bodies.row_of[0, state.lives["body"][0, 2]]] = int(Kind.GUARDIAN)
    assert not Census().look(state)[0][0].mind


def test_every_world_has_a_census_of_its_own() -> None:
    state = State.empty(Params(1, 6, worlds=2), 64, lives=SLOTS)
    body = state.bodies.spawn_many(1, 1, {"traits": np.asarray([int(Kind.MIND)])})
    state.lives["body"][1, 4], state.lives["serial"][1, 4] = index_of(int(body[0])), 6
    assert Census(0).look(state) == ([], [])
    assert [(b.serial, b.slot) for b in Census(1).look(state)[0]] == [(6, 4)]
