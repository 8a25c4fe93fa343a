"""Small universes with a past, for tests of dreams."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ninepixel.world.commands import Command
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.laws.lives import Role
from ninepixel.world.thought import Policy, Shape
from ninepixel.world.universe import Universe
from some_policies import rough

TICKS = 96


@cache
def policy() -> bytes:
    """A decided policy with a memory."""
    return rough(Shape(16), 3).packed()


def universe(role: Role = Role.LEARNED, minds: int = 4) -> Universe:
    """Some files, some minds that act by a policy, by instinct or by chance, a guardian; nothing from outside."""
    survey = synthetic(5, 24, depth=3)
    learned = policy() if role == Role.LEARNED else b""
    made = Universe.from_survey(survey, seed=9, backend="cpu", minds=minds, spare=2, policy=learned)
    if role != Role.LEARNED:
        made.pull().lives["role"][0, :minds] = int(role)
    return made


def saved(file: Path, role: Role = Role.LEARNED, commands: dict[int, list[Command]] | None = None, ticks: int = TICKS) -> Path:
    """The save of a universe that has lived for some ticks."""
    with universe(Role.LEARNED if role == Role.GUEST else role) as made:
        for _ in range(ticks):
            made.step((commands or {}).get(made.tick, []))
        made.save(file)
    return file


def other_policy() -> Policy:
    """Another one, of another size."""
    return rough(Shape(32), 8)
