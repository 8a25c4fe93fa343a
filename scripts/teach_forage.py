"""Does the world teach? Stable-Baselines3's PPO with its default settings, some minutes of wall clock, beside chance.

For every seed a policy is trained on ``ninepixel/Forage-v0`` for ``--seconds`` (the clock starts when everything is imported
and compiled), then lives on worlds that it has not seen. An episode is one life of a founder: until it dies or the world ends.
Chance lives on the same worlds: uniformly over all actions, and (``chance_masked``) over those that the masks allow, which the
learner is not told. The interval of the ratio is a percentile bootstrap, 95 %, that draws seeds and, within a seed,
whole worlds, for the lives of one world are not independent. One JSON object on stdout; progress on stderr; with ``--write`` the
page about Stable-Baselines3 gets the result.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback

from ninepixel.agents.adapters.sb3 import SB3Minds
from ninepixel.agents.score import EVALUATION_SEEDS, RESAMPLES
from ninepixel.agents.tasks import TASKS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "libraries" / "stable-baselines3.md"
BEGIN, END = "<!-- figure forage -->", "<!-- /figure -->"
Floats = npt.NDArray[np.float64]


class Clock(BaseCallback):
    """Ends training when the time is over, and notes down how the returns went."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds, self.curve = seconds, list[tuple[float, int, float]]()

    def _on_training_start(self) -> None:
        self.began = time.perf_counter()

    def _on_step(self) -> bool:
        return time.perf_counter() - self.began < self.seconds

    def _on_rollout_end(self) -> None:
        lives = [life["r"] for life in self.model.ep_info_buffer or ()]
        passed, mean = time.perf_counter() - self.began, float(np.mean(lives)) if lives else float("nan")
        self.curve.append((round(passed, 1), self.num_timesteps, round(mean, 3)))
        print(f"  {passed:6.0f} s  {self.num_timesteps:>10,} steps  return {mean:7.3f}", file=sys.stderr, flush=True)


def founders_returns(policy: PPO | None, obs: str, worlds: int, seed: int, masked: bool = False) -> Floats:
    """The return of every founder's life: (worlds, agents). Without a *policy* by chance, where *masked* within the masks."""
    task = TASKS["forage"]
    env = SB3Minds(worlds * task.agents, task, obs=obs)
    env.seed(seed)
    seen, rng = env.reset(), np.random.default_rng(seed)
    returns = np.full(env.num_envs, np.nan)
    if policy is not None:
        policy.set_random_seed(seed)
    while np.isnan(returns).any():
        if policy is None:
            luck = rng.random((env.num_envs, 27))
            luck *= np.stack(env.env_method("action_masks")) if masked else 1
            actions = luck.reshape(-1, 3, 9).argmax(-1)
        else:
            actions, _ = policy.predict(seen)
        seen, _, dones, infos = env.step(actions)
        for i in np.flatnonzero(dones & np.isnan(returns)):
            returns[i] = infos[i]["episode"]["r"]
    env.close()
    return returns.reshape(worlds, task.agents)


def ratio_interval(learned: list[Floats], chance: Floats) -> list[float | None]:
    """The 95 % interval of mean(learned) / mean(chance); None for an end where chance's mean is not above zero."""
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(RESAMPLES):
        seeds = rng.integers(0, len(learned), len(learned))
        ours = np.mean([learned[s][rng.integers(0, len(learned[s]), len(learned[s]))].mean() for s in seeds])
        theirs = chance[rng.integers(0, len(chance), len(chance))].mean()
        drawn.append(ours / theirs if theirs > 0 else np.inf)
    ends = np.quantile(drawn, [0.025, 0.975], method="nearest")
    return [round(float(end), 2) if np.isfinite(end) else None for end in ends]


def train(seed: int, given: argparse.Namespace) -> tuple[PPO, Clock]:
    """A policy of default settings, trained for the given time."""
    env = SB3Minds(given.envs, "forage", obs=given.obs)
    policy = PPO("MlpPolicy", env, seed=seed, device="cpu")
    clock = Clock(given.seconds)
    policy.learn(1 << 40, callback=clock)
    env.close()
    return policy, clock


def write(found: dict[str, Any]) -> None:
    """Put the result into the page, in words."""
    head, place, tail = PAGE.read_text("utf-8").partition(BEGIN)
    if not place:
        raise SystemExit(f"{PAGE} has no place for the result: {BEGIN}{END}")
    steps = np.mean([row["steps"] for row in found["seeds"]])
    low, high = found["ratio_95"]
    text = (
        f"In {found['seconds'] / 60:.3g} minutes on {found['cores']} cores ({steps:,.0f} agent-steps): mean return of a life "
        f"**{found['learned']:.2f}** learned ({len(found['seeds'])} seeds, {found['lives']} lives), {found['chance']:.2f} by "
        f"chance, {found['chance_masked']:.2f} by chance within the masks. {found['ratio']} times chance, 95 % interval "
        f"{low} .. {high or 'beyond measure'} ({date.today().isoformat()}, `scripts/teach_forage.py {' '.join(sys.argv[1:])}`)."
    )
    PAGE.write_text(f"{head}{BEGIN}{text}{END}{tail.partition(END)[2]}", "utf-8")


def main() -> None:
    """Train every seed, live, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0, help="of training for every seed (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=5, help="how many policies, seeds 0 and up (default: %(default)s)")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--envs", type=int, default=8, help="agents that learn, 8 to a world (default: %(default)s)")
    parser.add_argument("--obs", default="compact", choices=["compact", "retina"])
    parser.add_argument("--worlds", type=int, default=32, help="unseen worlds to live on, 8 lives each (default: %(default)s)")
    parser.add_argument("--torch-threads", type=int, default=1, help="(default: %(default)s, for the networks are small)")
    parser.add_argument("--write", action="store_true", help="put the result into docs/libraries/stable-baselines3.md")
    given = parser.parse_args()
    torch.set_num_threads(given.torch_threads)
    first = EVALUATION_SEEDS.start
    chance = founders_returns(None, given.obs, given.worlds, first)
    masked = founders_returns(None, given.obs, given.worlds, first, masked=True)
    print(f"chance: {chance.mean():.3f}, within the masks {masked.mean():.3f}", file=sys.stderr)
    learned, rows = list[Floats](), list[dict[str, Any]]()
    for seed in range(given.first_seed, given.first_seed + given.seeds):
        policy, clock = train(seed, given)
        lives = founders_returns(policy, given.obs, given.worlds, first)
        learned.append(lives)
        rows.append({"seed": seed, "return": round(float(lives.mean()), 3), "steps": policy.num_timesteps, "curve": clock.curve})
        print(f"seed {seed}: {lives.mean():.3f} after {policy.num_timesteps:,} steps", file=sys.stderr)
    mean, base = float(np.mean([lives.mean() for lives in learned])), float(chance.mean())
    found = {
        "task": TASKS["forage"].id,
        "learner": "stable-baselines3 PPO MlpPolicy, default settings",
        "seconds": given.seconds,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "obs": given.obs,
        "envs": given.envs,
        "lives": int(chance.size),
        "chance": round(base, 3),
        "chance_masked": round(float(masked.mean()), 3),
        "learned": round(mean, 3),
        "ratio": round(mean / base, 2) if base > 0 else None,
        "ratio_95": ratio_interval(learned, chance),
        "ratio_masked": round(mean / float(masked.mean()), 2) if masked.mean() > 0 else None,
        "ratio_masked_95": ratio_interval(learned, masked),
        "seeds": rows,
    }
    print(json.dumps(found))
    if given.write:
        write(found)


if __name__ == "__main__":
    main()
