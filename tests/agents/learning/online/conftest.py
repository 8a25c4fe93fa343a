"""Small universes whose minds act by a policy that has learned nothing, and what they lived through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from ninepixel.agents.learning.online.settings import Settings
from ninepixel.world.commands import Command
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.life.witness import Episode, Witness
from ninepixel.world.thought import Policy, Shape
from ninepixel.world.universe import Universe

MINDS, UNITS, TICKS = 6, 16, 8
#: Learning that takes milliseconds.
SMALL: dict[str, Any] = {"ticks": TICKS, "batch": 64, "offer": 16, "epochs": 2, "minibatches": 2, "warm": 0, "nice": 0}


@pytest.fixture
def small() -> Settings:
    """Settings of learning that takes milliseconds."""
    return Settings(**SMALL)


@pytest.fixture
def policy() -> Policy:
    """One that has learned nothing."""
    return Policy.random(Shape(UNITS), 3)


@pytest.fixture
def universe(policy: Policy) -> Iterator[Universe]:
    """Some minds that act by it."""
    with Universe.from_survey(synthetic(3, 12), seed=5, minds=MINDS, backend="cpu", policy=policy.packed()) as universe:
        yield universe


@pytest.fixture
def lived(universe: Universe) -> Callable[..., Episode]:
    """Lives for an episode, with *commands* in its first tick."""

    def live(commands: list[Command] | None = None, ticks: int = TICKS) -> Episode:
        assert universe.lives is not None
        minds = universe.lives.minds
        episode, witness = Episode.empty(ticks, minds, UNITS), Witness(universe.lives, np.arange(minds))
        for tick in range(ticks):
            witness.before(episode, tick)
            universe.step(commands or [] if tick == 0 else [])
            witness.after(episode, tick)
        return episode

    return live
