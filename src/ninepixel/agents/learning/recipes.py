"""How each task is best learned on two cores: how long, and with which settings. ``ninepixel train TASK`` takes these by itself.

The policies that are shipped come from these recipes (``make policies``); ``docs/LEARNING.md`` has what they reach.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ninepixel.agents.learning.settings import Settings


@dataclass(frozen=True, slots=True)
class Recipe:
    """A run that is known to do well.

    :param steps: agent-steps. :param seed: of the run that is shipped.
    """

    steps: int
    settings: Settings = field(default_factory=Settings)
    seed: int = 1


RECIPES: dict[str, Recipe] = {
    "forage": Recipe(10_000_000, Settings(envs=256)),
    "explore": Recipe(20_000_000, Settings(envs=256)),
    "survive": Recipe(20_000_000, Settings(envs=256)),
    "universe": Recipe(100_000_000, Settings(envs=512)),
}
