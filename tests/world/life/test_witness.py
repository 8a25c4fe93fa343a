"""A witness writes down what minds sensed, did and went through, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from ninepixel.world.commands import Command
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.laws.lives import Role
from ninepixel.world.life.inhabitants import Lives
from ninepixel.world.life.witness import Episode, Fate, Witness
from ninepixel.world.thought import IntegerPolicy, Policy, Shape
from ninepixel.world.universe import Universe

MINDS, UNITS, TICKS = 6, 16, 12
POLICY = Policy.random(Shape(UNITS), 3)


def universe_of(minds: int = MINDS) -> Universe:
    return Universe.from_survey(synthetic(3, 12), seed=5, minds=minds, backend="cpu", policy=POLICY.packed())


@pytest.fixture
def universe() -> Iterator[Universe]:
    with universe_of() as universe:
        yield universe


def lives_of(universe: Universe) -> Lives:
    assert universe.lives is not None
    return universe.lives


def watch(universe: Universe, ticks: int = TICKS, first: int = 0, commands: dict[int, list[Command]] | None = None) -> Episode:
    """Live for some ticks. *commands*: by number of the tick."""
    lives = lives_of(universe)
    places = np.arange(first, lives.minds)
    episode, witness = Episode.empty(ticks, places.size, UNITS), Witness(lives, places)
    for tick in range(ticks):
        witness.before(episode, tick)
        universe.step((commands or {}).get(tick, []))
        witness.after(episode, tick)
    return episode


def test_what_is_written_down_is_what_the_policy_did_of_what_was_sensed(universe: Universe) -> None:
    watch(universe, 5)
    episode = watch(universe)
    mind, memory = IntegerPolicy(POLICY), episode.memory.copy()
    assert memory[:MINDS].any()
    acted = episode.fates > 0
    assert acted[:, :MINDS].any(axis=1).all()
    for tick in range(TICKS):
        memory[episode.fates[tick] & Fate.BEGAN > 0] = 0
        chosen = mind.decide(episode.seen[tick].copy(), memory, seed=5, tick=5 + tick, which=acted[tick])
        np.testing.assert_array_equal(episode.actions[tick], chosen)
    thoughts = universe.pull().thoughts
    assert thoughts is not None
    np.testing.assert_array_equal(thoughts.memory[0, :MINDS], memory[:MINDS])
    np.testing.assert_array_equal(episode.seen[TICKS], lives_of(universe).engine.seen[0])


def test_watching_changes_nothing(universe: Universe) -> None:
    watch(universe)
    with universe_of() as twin:
        for _ in range(TICKS):
            twin.step()
        assert twin.digest() == universe.digest()


def test_drive_goes_on_from_tick_to_tick(universe: Universe) -> None:
    episode = watch(universe)
    stays = (episode.fates[:-1] > 0) & (episode.fates[1:] > 0)
    np.testing.assert_array_equal(episode.drive[1, :-1][stays], episode.drive[0, 1:][stays])
    assert (episode.drive[0][episode.fates > 0] > 0).all()


def test_who_begins_remembers_nothing_and_who_goes_on_does_not_begin(universe: Universe) -> None:
    first, second = watch(universe), watch(universe)
    assert (first.fates[0, :MINDS] & Fate.BEGAN > 0).all()
    assert not (first.fates[1:] & Fate.BEGAN).any()
    assert not (second.fates & Fate.BEGAN).any()
    assert second.memory[:MINDS].any()


def test_a_death_is_the_last_tick_of_a_life_and_its_action_is_known(universe: Universe) -> None:
    watch(universe, 2)
    lives = universe.pull().lives
    for name in ("store_r", "store_b", "store_y"):
        universe.pull().ledger.add("decay", int(lives[name][0, 1]), 0)
        lives[name][0, 1] = 0
    lives["health"][0, 1] = 1
    episode = watch(universe, 3)
    assert episode.fates[0, 1] == Fate.ACTED | Fate.DIED
    assert not episode.fates[1:, 1].any()
    mind, memory = IntegerPolicy(POLICY), episode.memory.copy()
    chosen = mind.decide(episode.seen[0].copy(), memory, seed=5, tick=2, which=episode.fates[0] > 0)
    np.testing.assert_array_equal(episode.actions[0, 1], chosen[1])


def test_who_is_led_from_outside_is_not_learned_from(universe: Universe) -> None:
    joins = {3: [Command("mind.join", b"Ada", {"slot": 2})]}
    episode = watch(universe, 6, commands=joins)
    assert episode.fates[2, 2] == Fate.ACTED | Fate.LEFT, "the tick before was the last one of its own"
    assert not episode.fates[3:, 2].any()
    at_once = watch(universe, 2, commands={0: [Command("mind.join", b"Bob", {"slot": 3})]})
    assert not at_once.fates[:, 3].any()


def test_who_is_let_go_counts_from_the_next_episode_on_because_its_memory_is_not_known_before(universe: Universe) -> None:
    universe.step([Command("mind.join", b"Ada", {"slot": 2})])
    episode = watch(universe, 6, commands={2: [Command("mind.leave", b"Ada")]})
    assert not episode.fates[:, 2].any()
    assert (episode.fates[:, 3] > 0).all()
    following = watch(universe, 2)
    assert (following.fates[:, 2] == Fate.ACTED).all()
    assert following.memory[2].any()


def test_others_are_nobody(universe: Universe) -> None:
    universe.pull().lives["role"][0, 0] = int(Role.INSTINCT)
    episode = watch(universe, 2)
    assert not episode.fates[:, 0].any()
    assert episode.fates[:, 1].all()


def test_new_deeds_and_children_are_counted_once(universe: Universe) -> None:
    lives = lives_of(universe)
    episode, witness = Episode.empty(2, MINDS, UNITS), Witness(lives, np.arange(MINDS))
    table = universe.pull().lives
    table["deeds_lo"][0, 0], table["deeds_hi"][0, 0] = 0b101, 0b1
    witness.before(episode, 0)
    universe.step()
    table["deeds_lo"][0, 0] |= 0b1000110
    table["deeds_hi"][0, 0] |= 0b10
    table["children"][0, 1] += 2
    witness.after(episode, 0)
    witness.before(episode, 1)
    universe.step()
    witness.after(episode, 1)
    assert episode.deeds[0, 0] == 3
    assert episode.children[0, 1] == 2
    assert not episode.deeds[1, 0]
    assert not episode.children[1].any()


def test_some_places_alone_can_be_watched(universe: Universe) -> None:
    with universe_of() as twin:
        whole, part = watch(universe), watch(twin, first=2)
    np.testing.assert_array_equal(whole.seen[:, 2:], part.seen)
    np.testing.assert_array_equal(whole.actions[:, 2:], part.actions)
    np.testing.assert_array_equal(whole.fates[:, 2:], part.fates)


def test_places_need_not_be_neighbours() -> None:
    with universe_of() as universe, universe_of() as twin:
        whole = watch(universe)
        lives, places = lives_of(twin), np.asarray([0, 2, 5])
        episode, witness = Episode.empty(TICKS, 3, UNITS), Witness(lives, places)
        for tick in range(TICKS):
            witness.before(episode, tick)
            twin.step()
            witness.after(episode, tick)
    np.testing.assert_array_equal(whole.seen[:, places], episode.seen)
    np.testing.assert_array_equal(whole.drive[:, :, places], episode.drive)
    np.testing.assert_array_equal(whole.memory[places], episode.memory)
