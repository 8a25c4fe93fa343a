"""The scripted baseline beats chance, and acts on nothing but what it observes."""

from __future__ import annotations

import numpy as np
import pytest

from ninepixel.agents.score import EVALUATION_SEEDS, counted, live, score
from ninepixel.agents.tasks import TASKS
from ninepixel.world.laws.lives import ACTS, MOVES, WORDS, Act, Role
from ninepixel.world.life.instinct import instinct
from ninepixel.world.life.senses import AT, CHANNELS, RETINA_BYTES

SEED = EVALUATION_SEEDS.start


@pytest.mark.parametrize("name", TASKS)
def test_the_script_reaches_what_chance_does_not(name: str) -> None:
    task = TASKS[name]
    chance, script = (live(task, role, 48, seed=SEED) for role in (Role.RANDOM, Role.INSTINCT))
    easy, everything = counted(task, (1, 2)), counted(task)
    assert score(chance.deeds[:, everything]) < 2
    assert score(script.deeds[:, easy]) > 45
    assert script.deeds.sum(axis=1).mean() > 4 * chance.deeds.sum(axis=1).mean()


def test_the_script_forages_ten_times_as_well_as_chance() -> None:
    chance, script = (live(TASKS["forage"], role, 64, seed=SEED).returns.mean() for role in (Role.RANDOM, Role.INSTINCT))
    assert 0 < 10 * chance < script


def unpacked(observation: np.ndarray) -> tuple[int, int, int]:
    packed = int(instinct(observation))
    return packed & 0xFF, packed >> 8 & 0xFF, packed >> 16


def test_every_observation_has_an_action() -> None:
    for observation in np.random.default_rng(1).integers(0, 256, (500, RETINA_BYTES), dtype=np.uint8):
        move, act, word = unpacked(observation)
        assert 0 <= move < MOVES
        assert 0 <= act < ACTS
        assert 0 <= word < WORDS


def content() -> np.ndarray:
    """An observation of one who lacks nothing and sees nothing."""
    observation = np.zeros(RETINA_BYTES, np.uint8)
    observation[AT["stores"] : AT["stores"] + 3] = 128
    observation[AT["velocity"] : AT["velocity"] + 2] = 128
    observation[AT["health"]] = 255
    return observation


def test_it_reads_what_it_has_not_read() -> None:
    observation = content()
    observation[AT["matter"]], observation[AT["matter_bearing"] : AT["matter_bearing"] + 2] = 16, 128
    assert unpacked(observation) == (0, Act.DECODE, 0)


def test_it_climbs_toward_what_it_lacks() -> None:
    observation = content()
    observation[AT["stores"] + 1] = 70
    observation[5 * CHANNELS + 1] = 60  # blue, one cell east
    observation[4 * CHANNELS + 1] = 52
    observation[(9 + 5) * CHANNELS + 1] = 90  # and three cells east
    move, act, _ = unpacked(observation)
    assert (move, act) == (3, Act.GRAZE)


@pytest.mark.parametrize(("health", "act"), [(255, Act.STRIKE), (60, Act.GRAZE)])
def test_it_fights_by_the_odds(health: int, act: Act) -> None:
    observation = content()
    observation[AT["health"]], observation[AT["life"]], observation[AT["life_health"]] = health, 255, 100
    observation[AT["life_bearing"] : AT["life_bearing"] + 2] = (200, 128)  # a guardian to the east
    move, did, _ = unpacked(observation)
    assert (move, did) == (3 if act == Act.STRIKE else 7, act)
