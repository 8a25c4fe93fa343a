"""Stable-Baselines3's PPO, every hyperparameter as it comes, learns to forage.

python examples/sb3_ppo.py --steps 1000000
"""

from __future__ import annotations

import argparse

import numpy as np
from stable_baselines3 import PPO

from ninepixel.agents.adapters.sb3 import SB3Minds


def returns(policy: PPO | None, seed: int, agents: int, horizon: int) -> np.ndarray:
    """What the first life of each agent brings, in worlds founded from *seed*; *policy* None acts by chance."""
    env = SB3Minds(agents, "forage", horizon=horizon)
    env.seed(seed)
    seen, rng = env.reset(), np.random.default_rng(seed)
    first = np.full(agents, np.nan)
    while np.isnan(first).any():
        actions = rng.integers(0, 9, (agents, 3)) if policy is None else policy.predict(seen)[0]
        seen, _, dones, infos = env.step(actions)
        for i in np.flatnonzero(dones & np.isnan(first)):
            first[i] = infos[i]["episode"]["r"]
    env.close()
    return first


def main(steps: int = 1_000_000, seed: int = 0, envs: int = 8, horizon: int = 2048, lives: int = 64) -> tuple[float, float]:
    """Train for *steps* agent steps; the mean return of random lives, and of lives of what was learned."""
    env = SB3Minds(envs, "forage", horizon=horizon)
    policy = PPO("MlpPolicy", env, seed=seed, device="cpu").learn(steps)
    env.close()
    unseen = 1 << 20  # a seed that no training world was founded from
    chance, learned = returns(None, unseen, lives, horizon), returns(policy, unseen, lives, horizon)
    return float(chance.mean()), float(learned.mean())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1_000_000, help="agent steps (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    by_chance, by_learning = main(given.steps, given.seed)
    print(f"mean return of a life: {by_chance:.2f} by chance, {by_learning:.2f} learned")
