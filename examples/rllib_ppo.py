"""RLlib's PPO (its new API stack): the minds of one world share one policy and learn together.

Run it in an environment of its own, for RLlib pins an older Gymnasium: ``make test-rllib`` makes ``.venv-rllib``, and then

    .venv-rllib/bin/python examples/rllib_ppo.py --steps 100000
"""

from __future__ import annotations

import argparse
from typing import Any

from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
from ray.tune.registry import register_env

from ninepixel.agents import parallel_env


def config(task: str, batch: int, seed: int, agents: int, **options: Any) -> PPOConfig:
    """What is trained, and how. *batch*: agent steps per iteration; *options*: of the environment."""
    # RLlib's networks take floats: "compact" is 128 of them. It counts the steps of the world: each is one of every mind.
    register_env("ninepixel", lambda chosen: ParallelPettingZooEnv(parallel_env(**chosen)))
    return (
        PPOConfig()
        .environment("ninepixel", env_config={"task": task, "obs": "compact", "agents": agents, **options})
        .env_runners(num_env_runners=0, num_envs_per_env_runner=1)
        .learners(num_learners=0)
        .multi_agent(policies={"mind"}, policy_mapping_fn=lambda agent, episode, **_: "mind")
        .training(
            train_batch_size_per_learner=batch // agents,
            minibatch_size=min(512, batch // agents),
            num_epochs=4,
            lr=3e-4,
            grad_clip=0.5,
        )
        .debugging(seed=seed, log_level="ERROR")
    )


def train(
    task: str = "forage", *, steps: int = 100_000, batch: int = 8192, seed: int = 0, agents: int = 8, **options: Any
) -> list[dict[str, float]]:
    """Train for about *steps* agent steps; one row an iteration: agent steps so far and the mean return of a mind's life."""
    algorithm = config(task, batch, seed, agents, **options).build_algo()
    rows, done = [], 0
    try:
        while done < steps:
            runners = algorithm.train()["env_runners"]
            done = int(runners["num_env_steps_sampled_lifetime"]) * agents
            lives = runners.get("module_episode_returns_mean", {})
            rows.append({"steps": done, "return": float(lives.get("mind", float("nan")))})
            print(f"{done:>9,} steps  return {rows[-1]['return']:.3f}", flush=True)
    finally:
        algorithm.stop()
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", default="forage")
    parser.add_argument("--steps", type=int, default=100_000, help="agent steps (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    train(given.task, steps=given.steps, seed=given.seed)
