"""Settlers come while few live, through the journal, and stay as residents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ninepixel.world.commands import Command
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.laws.lives import Role
from ninepixel.world.life.settlers import EVERY, Settlers
from ninepixel.world.store.replay import verify
from ninepixel.world.thought import Policy, Shape
from ninepixel.world.universe import Universe

POLICY = Policy.random(Shape(16), 3).packed()


@pytest.fixture
def universe() -> Iterator[Universe]:
    with Universe.from_survey(synthetic(3, 12), seed=5, minds=3, spare=9, backend="cpu", policy=POLICY) as universe:
        yield universe


def live(universe: Universe, settlers: Settlers, ticks: int) -> list[Command]:
    """Live on; the commands of all ticks."""
    sent = []
    for _ in range(ticks):
        commands = settlers.before()
        universe.step(commands)
        settlers.after()
        sent += commands
    return sent


def settlers_of(universe: Universe, fewest: int) -> Settlers:
    assert universe.lives is not None
    return Settlers(universe.lives, fewest)


def roles(universe: Universe) -> list[int]:
    """Of the minds that live."""
    assert universe.lives is not None
    lives, minds = universe.pull().lives, slice(0, universe.lives.minds)
    return [int(role) for role in lives["role"][0, minds][lives["body"][0, minds] >= 0]]


def test_founders_come_one_by_one_until_there_are_enough(universe: Universe) -> None:
    sent = live(universe, settlers_of(universe, 6), 5 * EVERY)
    assert [command.verb for command in sent] == ["mind.join", "mind.leave"] * 3
    assert roles(universe) == [int(Role.LEARNED)] * 6


def test_where_enough_live_nobody_comes(universe: Universe) -> None:
    assert live(universe, settlers_of(universe, 3), 3 * EVERY) == []


def test_a_full_universe_takes_nobody(universe: Universe) -> None:
    settlers = settlers_of(universe, 100)
    live(universe, settlers, 9 * EVERY + 2)
    assert len(roles(universe)) == 12
    assert live(universe, settlers, 2 * EVERY) == []


def test_by_instinct_they_live_by_instinct() -> None:
    with Universe.from_survey(synthetic(3, 12), seed=5, minds=3, spare=2, backend="cpu") as universe:
        live(universe, settlers_of(universe, 4), 2)
        assert roles(universe) == [int(Role.INSTINCT)] * 4


def test_a_replay_settles_the_same(universe: Universe, tmp_path: Path) -> None:
    live(universe, settlers_of(universe, 8), 4 * EVERY)
    universe.mark()
    universe.save(tmp_path / "a.9px")
    verdict = verify(tmp_path / "a.9px", lambda state: Universe.from_state(state, "cpu"))
    assert verdict.ok, str(verdict)
