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
    "forage": Recipe(5_000_000, Settings(envs=256, ticks=128, gamma=0.998)),
    "explore": Recipe(8_000_000, Settings(envs=256, ticks=128, gamma=0.998, entropy_move=0.01, entropy_act=0.02)),
    "survive": Recipe(20_000_000, Settings(envs=256, ticks=128, gamma=0.998, entropy_move=0.02, entropy_act=0.02)),
    "universe": Recipe(30_000_000, Settings(envs=512, ticks=128, gamma=0.998, entropy_move=0.01, entropy_act=0.02)),
}
