"""PettingZoo's parallel loop: half of the minds of one world act by chance, half by a script of a few lines.

python examples/pettingzoo_loop.py --steps 4000
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from typing import Any

import numpy as np

from ninepixel.agents import parallel_env
from ninepixel.world.laws.lives import Act
from ninepixel.world.life.senses import AT, CHANNELS, PIXELS

#: The move that leads to each of the nine pixels of an octave, rows from north to south.
MOVE_TO = np.asarray([8, 1, 2, 7, 0, 3, 6, 5, 4])


def graze(seen: np.ndarray) -> np.ndarray:
    """Walk to where what one lacks glows brightest, and eat. *seen*: the retina, uint8 (388,)."""
    lacking = int(np.argmin(seen[AT["stores"] : AT["stores"] + 3]))
    octaves = seen[: 4 * PIXELS * CHANNELS].reshape(4, PIXELS, CHANNELS)[..., lacking]
    near, far = octaves[1], octaves[2]  # pixels of three cells, and of nine
    glow = near if near.max() > near.min() else far
    return np.asarray([MOVE_TO[glow.argmax()], Act.GRAZE, 0])


def main(steps: int = 4000, seed: int = 0, agents: int = 8, **options: Any) -> dict[str, float]:
    """Play *steps* ticks, world after world; the mean return of a life of either kind."""
    env = parallel_env("forage", agents=agents, **options)
    returns = defaultdict[str, list[float]](list)
    for tick in range(steps):
        if not env.agents:  # all have died, or time was up
            seen, infos = env.reset(seed=seed if tick == 0 else None)
            kind = {name: "script" if slot % 2 else "chance" for slot, name in enumerate(env.possible_agents)}
            for slot, name in enumerate(env.possible_agents):
                env.action_space(name).seed(seed + slot)
        actions = {
            name: graze(seen[name]) if kind[name] == "script" else env.action_space(name).sample(infos[name]["action_mask"])
            for name in env.agents  # the living: death ends a name until the next reset
        }
        seen, _, terminated, truncated, infos = env.step(actions)
        for name in seen:
            if terminated[name] or truncated[name]:
                returns[kind[name]].append(infos[name]["episode_stats"]["return"])
    env.close()
    return {name: float(np.mean(values)) for name, values in returns.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=4000, help="ticks (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for who, mean in main(given.steps, given.seed).items():
        print(f"mean return of a life: {mean:.2f} by {who}")
