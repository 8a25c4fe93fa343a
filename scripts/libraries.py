"""Agent-steps a second through every library that docs/libraries has a page for: Forage, random actions drawn before the clock.

One line a figure; with ``--json`` one object a line, as ``ninepixel bench`` has them; with ``--write`` the pages get them.
RLlib lives in an environment of its own and is measured there: ``.venv-rllib/bin/python scripts/libraries.py --only rllib``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

import ninepixel  # noqa: F401  (registers the environments)

PAGES = Path(__file__).resolve().parent.parent / "docs" / "libraries"
AGENTS = 512
#: Does some ticks and says how many agent-steps those were.
Work = Callable[[], int]


def single(ticks: int = 2000) -> Work:
    """``gymnasium.make``."""
    env = gymnasium.make("ninepixel/Forage-v0")
    env.reset(seed=1)
    actions = np.random.default_rng(0).integers(0, 9, (ticks, 3))

    def work() -> int:
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()
        return ticks

    return work


def vector(copy: bool, ticks: int = 100) -> Work:
    """``gymnasium.make_vec``, the native vector environment."""
    env: Any = gymnasium.make_vec("ninepixel/Forage-v0", num_envs=AGENTS, copy=copy)
    env.reset(seed=1)
    actions = np.random.default_rng(0).integers(0, 9, (ticks, AGENTS, 3))

    def work() -> int:
        for action in actions:
            env.step(action)
        return ticks * AGENTS

    return work


def sb3(ticks: int = 100) -> Work:
    """The adapter for Stable-Baselines3."""
    from ninepixel.agents.adapters.sb3 import SB3Minds

    env = SB3Minds(AGENTS)
    env.reset()
    actions = np.random.default_rng(0).integers(0, 9, (ticks, AGENTS, 3))

    def work() -> int:
        for action in actions:
            env.step(action)
        return ticks * AGENTS

    return work


def torchrl(ticks: int = 100) -> Work:
    """A TorchRL rollout without a policy: it draws the actions itself, within the clock."""
    import torch
    from torchrl.envs import GymWrapper

    from ninepixel.agents import MindsVectorEnv

    torch.set_num_threads(1)
    env = GymWrapper(MindsVectorEnv(AGENTS, "forage", obs="compact", autoreset_mode="Disabled"))
    env.set_seed(1)
    return lambda: int(env.rollout(ticks, break_when_any_done=False).numel())


def parallel(ticks: int = 100) -> Work:
    """PettingZoo's parallel interface: one world of all agents."""
    from ninepixel.agents import parallel_env

    env = parallel_env("forage", agents=AGENTS, side=128, fountains=128, copy=False)
    env.reset(seed=1)
    actions = np.random.default_rng(0).integers(0, 9, (ticks, AGENTS, 3))

    def work() -> int:
        done = 0
        for tick in range(ticks):
            if not env.agents:
                env.reset()
            done += len(env.agents)
            env.step(dict(zip(env.agents, actions[tick], strict=False)))
        return done

    return work


def rllib(ticks: int = 500, agents: int = 8) -> Work:
    """RLlib's wrapper around the parallel interface: what its env runner steps."""
    from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv

    from ninepixel.agents import parallel_env

    env = ParallelPettingZooEnv(parallel_env("forage", agents=agents, obs="compact"))
    actions = np.random.default_rng(0).integers(0, 9, (ticks, agents, 3))

    def work() -> int:
        env.reset(seed=1)
        done = 0
        for tick in range(ticks):
            done += len(env.par_env.agents)
            env.step(dict(zip(env.par_env.agents, actions[tick], strict=False)))
        return done

    return work


WAYS: dict[str, tuple[str, Callable[[], Work]]] = {
    "gymnasium": ("Gymnasium, one agent among 7 residents", single),
    "vector": (f"Gymnasium vector, {AGENTS} agents, 8 a world", lambda: vector(copy=True)),
    "vector-no-copy": (f"Gymnasium vector, {AGENTS} agents, copy=False", lambda: vector(copy=False)),
    "stable-baselines3": (f"SB3Minds, {AGENTS} agents", sb3),
    "torchrl": (f"TorchRL rollout, {AGENTS} agents", torchrl),
    "pettingzoo": (f"PettingZoo parallel, {AGENTS} agents in one world", parallel),
    "rllib": ("RLlib's ParallelPettingZooEnv, 8 agents", rllib),
}


def rates(make: Callable[[], Work], repeats: int) -> list[float]:
    """Agent-steps a second, *repeats* times, after one time that does not count."""
    work = make()
    work()
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        done = work()
        found.append(done / (time.perf_counter() - start))
    return found


def write(name: str, text: str) -> None:
    """Put a figure into the page that has a place for it: between ``<!-- figure NAME -->`` and ``<!-- /figure -->``."""
    begin, end = f"<!-- figure {name} -->", "<!-- /figure -->"
    for page in sorted(PAGES.glob("*.md")):
        head, found, tail = page.read_text("utf-8").partition(begin)
        if found:
            page.write_text(f"{head}{begin}{text}{end}{tail.partition(end)[2]}", "utf-8")
            return
    raise SystemExit(f"no page in {PAGES} has a place for {name}: {begin}{end}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=list(WAYS), action="append", help="one of them (can be given again)")
    parser.add_argument("--repeats", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/libraries")
    given = parser.parse_args()
    for name in given.only or [name for name in WAYS if name != "rllib"]:
        title, make = WAYS[name]
        found = rates(make, given.repeats)
        value, low, high = statistics.median(found), min(found), max(found)
        if given.write:
            cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
            spread = f"median of {len(found)}, {low:,.0f} .. {high:,.0f}; {date.today().isoformat()}, {cores} cores"
            write(name, f"{value:,.0f} agent-steps/s ({spread})")
        if given.json:
            row = {"bench": "libraries", "metric": "agent_steps_per_s", "library": name, "unit": "1/s", "n": len(found)}
            print(json.dumps(row | {"value": round(value), "min": round(low), "max": round(high)}), flush=True)
        else:
            print(f"{title:50s} {value:>12,.0f} agent-steps/s  ({low:,.0f} .. {high:,.0f})", flush=True)


if __name__ == "__main__":
    main()
