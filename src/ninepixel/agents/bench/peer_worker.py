"""One peer environment, stepped by a random policy in a process of its own.

Started by `ninepixel.agents.bench.peers` as a plain file, because a peer may live in another interpreter than ninepixel (Neural
MMO 2 pins a numpy of 2022), and because peers leave traces in the process that imports them (environment variables, greetings on
stdout, warnings). So this file needs nothing but numpy and the peer, and runs on any Python from 3.10 on.

    python peer_worker.py DRIVER '{"option": value}'

The first line of the answer says what was made: {"agents", "worlds", "obs", "obs_bytes", "version"}. After that every line of the
input, a number of seconds, is answered by {"steps", "seconds"}: how many agent-steps were made in how long. The end of the input
ends the process.

An agent-step is one living agent that acts, with its reward, its done flags and its new observation. Starting anew is inside the
clock, drawing the actions is not: they come from a pool that was drawn before.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

#: How many ticks' actions are drawn before the clock starts.
POOL = 64
SEED = 9


@dataclass
class Driver:
    """A peer ready to be stepped: *tick* advances every world once and returns how many agents acted."""

    agents: int
    worlds: int
    obs: str
    obs_bytes: int
    version: str
    tick: Callable[[], int]

    def about(self) -> dict[str, Any]:
        """What was made, for the first line of the answer."""
        return {name: value for name, value in vars(self).items() if name != "tick"}


def magent2_dicts(map_size: int = 45) -> Driver:
    """MAgent2 `battle_v4` as PettingZoo shows it: a dictionary of actions in, dictionaries out."""
    from magent2.environments import battle_v4

    env = battle_v4.parallel_env(map_size=map_size)
    observations, _ = env.reset(seed=SEED)

    def count() -> None:
        """Mend a fault of 0.3.4: `reset` counts the teams before they are there, and the engine reads past an empty array."""
        env.team_sizes = [env.env.get_num(group) for group in env.handles]

    count()
    draws = np.random.default_rng(SEED).integers(0, 21, (POOL, len(env.possible_agents)), dtype=np.int32).tolist()
    ticks = 0

    def tick() -> int:
        nonlocal ticks
        if not env.agents:
            env.reset()
            count()
        acting = len(env.agents)
        env.step(dict(zip(env.agents, draws[ticks % POOL], strict=False)))
        ticks += 1
        return acting

    shape, size = _described(observations[env.agents[0]])
    return Driver(len(env.possible_agents), 1, shape, size, version("magent2"), tick)


def magent2_arrays(map_size: int = 45) -> Driver:
    """The engine below `battle_v4`, as fast as it can honestly be used: whole groups as arrays, no dictionary, no copy.

    The calls and their order are those of the PettingZoo wrapper; what is left out is its bookkeeping by name.
    """
    from magent2.environments import battle_v4

    env = battle_v4.parallel_env(map_size=map_size)
    env.reset(seed=SEED)
    engine, groups = env.env, env.handles
    draws = np.random.default_rng(SEED).integers(0, 21, (POOL, len(env.possible_agents)), dtype=np.int32)
    ticks = 0

    def tick() -> int:
        nonlocal ticks
        acting = 0
        for group in groups:
            living = engine.get_num(group)
            engine.set_action(group, draws[ticks % POOL, acting : acting + living])
            acting += living
        over = engine.step()
        for group in groups:
            engine.get_alive(group)
            engine.get_reward(group)
        engine.clear_dead()
        for group in groups:
            engine.get_observation(group)
        ticks += 1
        if over or ticks % env.max_cycles == 0:
            engine.reset()
            env.generate_map()
        return acting

    shape, size = _described(engine.get_observation(groups[0])[0][0])
    return Driver(len(env.possible_agents), 1, shape, size, version("magent2"), tick)


def minigrid(name: str = "MiniGrid-Empty-8x8-v0") -> Driver:
    """A MiniGrid environment: one agent, an observation of 7x7 tiles."""
    import gymnasium

    env = gymnasium.make(f"minigrid:{name}")  # the import registers the ids
    observation, _ = env.reset(seed=SEED)
    draws = np.random.default_rng(SEED).integers(0, 7, 64 * POOL).tolist()
    ticks = 0

    def tick() -> int:
        nonlocal ticks
        _, _, terminated, truncated, _ = env.step(draws[ticks % len(draws)])
        ticks += 1
        if terminated or truncated:
            env.reset()
        return 1

    shape, size = _described(observation["image"])
    return Driver(1, 1, shape, size, version("minigrid"), tick)


def cartpole(num_envs: int = 1024) -> Driver:
    """Gymnasium's own CartPole, all worlds in one set of arrays: hardly any law, so hardly anything but the interface.

    The step in which a finished world starts anew counts, as it does in every NEXT_STEP environment.
    """
    import gymnasium

    env = gymnasium.make_vec("CartPole-v1", num_envs=num_envs, vectorization_mode="vector_entry_point")
    observations, _ = env.reset(seed=SEED)
    draws = np.random.default_rng(SEED).integers(0, 2, (POOL, num_envs))
    ticks = 0

    def tick() -> int:
        nonlocal ticks
        env.step(draws[ticks % POOL])
        ticks += 1
        return num_envs

    shape, size = _described(observations[0])
    return Driver(1, num_envs, shape, size, version("gymnasium"), tick)


def neural_mmo() -> Driver:
    """Neural MMO 2 with its default configuration: 128 players, 128 others, every system of the game.

    Random players starve, and the fewer are left the less work a tick is shared by: a new game starts when half are gone.
    """
    import nmmo

    env = nmmo.Env(nmmo.config.Default(), seed=SEED)
    observations, _ = env.reset(seed=SEED)
    players = len(env.agents)
    shape, size = _described(observations[env.agents[0]])
    spaces = {agent: env.action_space(agent) for agent in env.agents}
    for agent, space in spaces.items():
        space.seed(SEED + agent)
    draws = [{agent: space.sample() for agent, space in spaces.items()} for _ in range(POOL // 4)]
    ticks = 0

    def tick() -> int:
        nonlocal ticks
        if len(env.agents) < players // 2:
            env.reset()
        draw = draws[ticks % len(draws)]
        acting = len(env.agents)
        env.step({agent: draw[agent] for agent in env.agents})
        ticks += 1
        return acting

    return Driver(players, 1, shape, size, version("nmmo"), tick)


DRIVERS: dict[str, Callable[..., Driver]] = {
    driver.__name__: driver for driver in (magent2_dicts, magent2_arrays, minigrid, cartpole, neural_mmo)
}


def measure(driver: Driver, seconds: float) -> dict[str, float]:
    """Ticks for *seconds*, at least one: the agent-steps made and the seconds they took."""
    steps, start, spent = 0, time.perf_counter(), 0.0
    while not steps or spent < seconds:
        steps += driver.tick()
        spent = time.perf_counter() - start
    return {"steps": steps, "seconds": spent}


def serve(name: str, options: dict[str, Any]) -> None:
    """Make the peer and answer the input, line by line."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints is not an answer
    driver = DRIVERS[name](**options)
    print(json.dumps(driver.about()), file=answers)
    for line in sys.stdin:
        print(json.dumps(measure(driver, float(line))), file=answers)


def _described(observation: Any) -> tuple[str, int]:
    """What one agent sees, in words and in bytes."""
    if isinstance(observation, np.ndarray):
        return f"{'x'.join(map(str, observation.shape))} {observation.dtype}", observation.nbytes
    sizes = [_described(part)[1] for part in observation.values() if isinstance(part, (dict, np.ndarray))]
    return f"dict of {len(observation)}", sum(sizes)


if __name__ == "__main__":
    serve(sys.argv[1], json.loads(sys.argv[2]))
