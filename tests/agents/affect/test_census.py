"""Counting feelings: in lives that are made up, and in some that were lived."""

from __future__ import annotations

import numpy as np
import pytest

from ninepixel.agents.affect.census import AHEAD, APART, census, counted
from ninepixel.agents.affect.waking import Waking
from ninepixel.agents.tasks import TASKS
from ninepixel.world.affect import EXCITED, FEELINGS, MOVED
from ninepixel.world.laws.lives import Role


def lives(worlds: int = 3) -> Waking:
    """In every world one mind is afraid for a while and then is struck; another is content, and hungry; a third is dead."""
    shape = (256, worlds, 3)
    valence, arousal = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    valence[:64, :, 0], arousal[:64, :, 0] = -MOVED, EXCITED
    valence[:, :, 1] = MOVED
    alive, blow = np.ones(shape, np.bool_), np.zeros(shape, np.bool_)
    alive[:, :, 2] = False
    blow[8:72:8, :, 0] = True
    health = np.full(shape, 1000, np.int32)
    health[:64, :, 0] -= np.arange(64, dtype=np.int32)[:, None]
    health[64:, :, 0] = 936
    health[:128, :, 1] -= np.arange(128, dtype=np.int32)[:, None]  # hungry, but nobody strikes it
    health[128:, :, 1] = 872
    return Waking(valence, arousal, health, alive, blow, {})


def test_shares_are_of_moments_that_were_lived() -> None:
    found = {row["metric"]: row for row in counted(lives())}
    assert found["afraid"]["value"] == pytest.approx(100 * 64 / 512)
    assert list(found)[-2:] == ["odds of harm if afraid", "odds of blow if afraid"]
    assert found["content"]["value"] == 50
    assert found["indifferent"]["value"] == pytest.approx(100 * 192 / 512)
    assert sum(found[name]["value"] for name in FEELINGS) == pytest.approx(100, abs=0.01)
    assert all(row["low"] <= row["value"] <= row["high"] for row in found.values())


def test_odds_are_those_of_a_table_counted_by_hand() -> None:
    """Of 28 moments a mind and world, 8 apart: afraid at 8, each before a blow; else at 20 and 28, of which one is."""
    moments = (256 - AHEAD) // APART
    assert moments == 28
    worlds, halves = 3, 0.5
    (odds,) = [row["value"] for row in counted(lives(worlds)) if row["metric"] == "odds of blow if afraid"]
    struck, calm = 8 * worlds + halves, (20 + 28) * worlds + halves
    assert odds == pytest.approx(struck / halves * calm / halves, rel=1e-3)
    (odds,) = [row["value"] for row in counted(lives(worlds)) if row["metric"] == "odds of harm if afraid"]
    hungry, calm = 16 * worlds + halves, (20 + 12) * worlds + halves
    assert odds == pytest.approx(struck / halves * calm / hungry, rel=1e-3)


def test_another_threshold_is_another_count() -> None:
    found = {row["metric"]: row["value"] for row in counted(lives(), (MOVED, EXCITED + 1))}
    assert found["afraid"] == 0
    assert found["odds of blow if afraid"] is None, "nobody was afraid: there are no odds to tell"
    assert found["dejected"] == pytest.approx(100 * 64 / 512)


def test_lives_that_were_lived_are_counted_the_same_twice() -> None:
    task = TASKS["survive"].with_options(agents=3)
    once, again = (census(task, Role.INSTINCT, worlds=2, ticks=96, seed=5, threads=1) for _ in range(2))
    assert once == again
    assert [row["metric"] for row in once][: len(FEELINGS)] == list(FEELINGS)
    assert sum(row["value"] for row in once[: len(FEELINGS)]) == pytest.approx(100, abs=0.01)
