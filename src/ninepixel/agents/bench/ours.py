"""Our environments, measured through the interfaces that people use: agent-steps a second of a random policy, and waiting times.

Actions are drawn before the clock; observations, rewards, infos and the ends of episodes are inside it. Vector environments hand
out their own arrays (``copy=False``), as a learner that fills a rollout buffer uses them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ninepixel.world.physics.bench import Figure

#: How many drawn actions are used in turn.
POOL = 16
#: What a fresh process does to show its first step.
FIRST_STEP = """
import time
start = time.perf_counter()
import gymnasium, ninepixel
env = gymnasium.make("ninepixel/Forage-v0")
env.reset(seed=1)
env.step(env.action_space.sample())
print(time.perf_counter() - start)
"""

TickOver = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run our environments.

    :param title: for people; *measure* takes (seconds a sample, samples, tick_over).
    """

    title: str
    measure: Callable[[float, int, TickOver], Figure]


def ways(agents: int = 128, worlds: int = 256) -> list[Way]:
    """Everything that ``bench env`` measures of ours."""
    return [
        Way(f"{worlds} worlds of {agents}, retina", lambda *a: vector("retina", agents, worlds, *a)),
        Way(f"{worlds} worlds of {agents}, retina, one thread", lambda *a: vector("retina", agents, worlds, *a, threads=1)),
        Way(f"{worlds} worlds of {agents}, retina copied", lambda *a: vector("retina", agents, worlds, *a, copy=True)),
        Way(f"{worlds} worlds of {agents}, compact", lambda *a: vector("compact", agents, worlds, *a)),
        Way(f"16 worlds of {agents}, pixels", lambda *a: vector("pixels", agents, 16, *a)),
        Way("PettingZoo, 512 agents", parallel),
        Way("one agent", single),
        Way("one agent, gymnasium.make", lambda *a: single(*a, wrapped=True)),
        Way("a world of 16,384 agents", persistent),
        Way("fork of 1,024 agents", fork),
        Way("reset to a new world", reset),
        Way("import to first step", first_step),
    ]


def vector(
    obs: str,
    agents: int,
    worlds: int,
    seconds: float,
    repeats: int,
    tick_over: TickOver,
    *,
    threads: int | None = None,
    copy: bool = False,
) -> Figure:
    """The native vector environment with all laws of life."""
    from ninepixel.agents import MindsVectorEnv

    envs = MindsVectorEnv(agents * worlds, "universe", agents=agents, obs=obs, copy=copy, threads=threads)
    envs.reset(seed=1)
    pool = _pool((agents * worlds, 3))
    envs.arena.replace(~envs.arena.alive)  # nobody has died yet: this only loads what replaces the dead
    rate = _rates(lambda i: envs.step(pool[i % POOL]), agents * worlds, seconds, repeats, tick_over)
    tags = {"api": "Gymnasium vector", "obs": obs, "agents": agents, "worlds": worlds, "arrays": "copied" if copy else "shared"}
    envs.close()
    return Figure("agent_steps_per_s", "1/s", rate, tags if threads is None else tags | {"threads": threads})


def parallel(seconds: float, repeats: int, tick_over: TickOver, agents: int = 512) -> Figure:
    """PettingZoo's dicts."""
    from ninepixel.agents import parallel_env

    env = parallel_env("universe", agents=agents, spare=0, side=128, things=512, copy=False)
    env.reset(seed=1)
    pool = _pool((agents, 3))
    choices = [dict(zip(env.possible_agents, actions, strict=True)) for actions in pool]
    living = 0

    def step(i: int) -> None:
        nonlocal living
        if len(env.agents) < agents * 7 // 8:  # so many have died that this is no world of so many any more
            env.reset()
        living += len(env.agents)
        chosen = choices[i % POOL]
        env.step(chosen if len(env.agents) == agents else {name: chosen[name] for name in env.agents})

    rates = []
    for sample in range(repeats + 1):
        living, start, i = 0, time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            step(i)
            i += 1
        if sample:
            rates.append(living / (time.perf_counter() - start))
        tick_over()
    env.close()
    return Figure(
        "agent_steps_per_s", "1/s", rates, {"api": "PettingZoo parallel", "obs": "retina", "agents": agents, "worlds": 1}
    )


def single(seconds: float, repeats: int, tick_over: TickOver, *, wrapped: bool = False) -> Figure:
    """One agent among seven scripted ones; *wrapped* as ``gymnasium.make`` hands it out, checks and all."""
    import gymnasium

    import ninepixel  # noqa: F401 -- registers the ids

    env: Any = gymnasium.make("ninepixel/Forage-v0", copy=wrapped)  # what make() checks includes that nothing is shared
    env = env if wrapped else env.unwrapped
    env.reset(seed=1)
    pool = _pool((3,))

    def step(i: int) -> None:
        _, _, terminated, truncated, _ = env.step(pool[i % POOL])
        if terminated or truncated:
            env.reset()

    rates = _rates(step, 1, seconds, repeats, tick_over)
    env.close()
    api = "Gymnasium, wrapped" if wrapped else "Gymnasium"
    return Figure("agent_steps_per_s", "1/s", rates, {"api": api, "obs": "retina", "agents": 1, "worlds": 1})


def persistent(seconds: float, repeats: int, tick_over: TickOver, agents: int = 16_384) -> Figure:
    """One world that many share."""
    from ninepixel.agents import MindsVectorEnv

    envs = MindsVectorEnv(agents, "universe", agents=agents, side=1024, fountains=1024, files=512, things=4096, copy=False)
    envs.reset(seed=1)
    pool = _pool((agents, 3))
    rates = _rates(lambda i: envs.step(pool[i % POOL]), 1, seconds, repeats, tick_over)
    envs.close()
    return Figure("ticks_per_s", "1/s", rates, {"api": "Gymnasium vector", "obs": "retina", "agents": agents, "worlds": 1})


def fork(seconds: float, repeats: int, tick_over: TickOver, agents: int = 1024) -> Figure:
    """Milliseconds to fork a running world."""
    from ninepixel.agents import parallel_env

    env = parallel_env("universe", agents=agents, spare=0, side=256, fountains=64, things=512, copy=False)
    env.reset(seed=1)
    times = _milliseconds(lambda: env.fork(), seconds, repeats, tick_over)
    return Figure("fork_ms", "ms", times, {"agents": agents})


def reset(seconds: float, repeats: int, tick_over: TickOver) -> Figure:
    """Milliseconds to found a new procedural world of files, guardians and minds, first observation included."""
    import gymnasium

    import ninepixel  # noqa: F401 -- registers the ids

    env = gymnasium.make("ninepixel/Universe-v0").unwrapped
    env.reset(seed=1)
    times = _milliseconds(lambda: env.reset(), seconds, repeats, tick_over)
    env.close()
    return Figure("reset_ms", "ms", times, {"task": "universe"})


def first_step(seconds: float, repeats: int, tick_over: TickOver) -> Figure:
    """Seconds from the first import of a fresh process to its first step; the first sample, which may compile, does not count."""
    times = []
    for sample in range(repeats + 1):
        found = subprocess.run([sys.executable, "-c", FIRST_STEP], capture_output=True, text=True, check=True)
        if sample:
            times.append(float(found.stdout))
        tick_over()
    return Figure("first_step_s", "s", times, {"cache": "warm"})


def _pool(shape: tuple[int, ...]) -> list[Any]:
    rng = np.random.default_rng(9)
    return [rng.integers(0, 9, shape) for _ in range(POOL)]


def _rates(step: Callable[[int], object], per_step: int, seconds: float, repeats: int, tick_over: TickOver) -> list[float]:
    """Agent-steps a second in samples of at least *seconds*; one before them warms up: compilation, caches, page faults."""
    rates = []
    for sample in range(repeats + 1):
        start, steps = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            step(steps)
            steps += 1
        if sample:
            rates.append(steps * per_step / (time.perf_counter() - start))
        tick_over()
    return rates


def _milliseconds(work: Callable[[], object], seconds: float, repeats: int, tick_over: TickOver) -> list[float]:
    """Medians of many calls each."""
    samples = []
    for sample in range(repeats + 1):
        times, begun = [], time.perf_counter()
        while time.perf_counter() - begun < seconds:
            start = time.perf_counter()
            work()
            times.append((time.perf_counter() - start) * 1e3)
        if sample:
            samples.append(float(np.median(times)))
        tick_over()
    return samples
