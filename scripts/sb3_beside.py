"""Our PPO beside Stable-Baselines3's on Forage: after equally many agent-steps, and after equally many minutes.

For every seed one after the other on the same machine: Stable-Baselines3's PPO (``MlpPolicy``, every setting its default, eight
agents on ``compact``) for ``--minutes``; ours by the recipe ``forage`` for as long; ours by the recipe ``forage_small``, if there
is one, for exactly as many agent-steps as Stable-Baselines3 came to. Clocks start when everything is compiled, and stand still
while policies are judged: on ``--episodes`` lives in the worlds of the evaluation seeds, the same for all, ours by its integers.

What is done is kept in ``--out``, so that the same command goes on where it was cut short. With ``--write`` the result goes into
docs/LEARNING.md; without, to stdout.
"""

from __future__ import annotations

import argparse
import copy
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
from ninepixel.agents.compare import Floats, difference, figures, mean, ratio, table
from ninepixel.agents.envs.observe import compact
from ninepixel.agents.envs.spaces import COMPACT
from ninepixel.agents.learning.recipes import RECIPES
from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.learning.study.curves import Curve, seconds_until
from ninepixel.agents.learning.study.tables import NOTHING, filled, told
from ninepixel.agents.learning.train import Plan
from ninepixel.agents.learning.trainer import Trainer
from ninepixel.agents.score import EVALUATION_SEEDS, Player, live
from ninepixel.agents.tasks import TASKS
from ninepixel.world.life.columns import BODY
from ninepixel.world.physics.cpu.team import Team
from ninepixel.world.store.files import write_whole
from ninepixel.world.thought import IntegerPolicy

ROOT = Path(__file__).resolve().parent.parent
PAGE, OUT = ROOT / "docs" / "LEARNING.md", ROOT / "out" / "sb3"
TASK = TASKS["forage"]
#: Of the minutes, when policies are kept to be judged.
MARKS = (0.05, 0.1, 0.2, 0.5, 1.0)
#: What is measured of a seed: Stable-Baselines3, ours for as many minutes, ours for as many steps.
PARTS = ("sb3", "minutes", "steps")
#: Ours for few steps, where no recipe ``forage_small`` says better: few agents, and every step learned from four times.
FEW_STEPS = Settings(envs=128, ticks=32, epochs=4, minibatches=4)


class Theirs:
    """A policy of Stable-Baselines3 among the minds of an arena."""

    def __init__(self, model: PPO, weights: dict[str, torch.Tensor]) -> None:
        self._model = model
        model.policy.load_state_dict(weights)
        model.set_random_seed(0)

    def memory(self, minds: int) -> npt.NDArray[Any]:
        """It remembers nothing: (minds, 0)."""
        return np.zeros((minds, 0), np.float32)

    def decide(
        self,
        seen: npt.NDArray[np.uint8],
        memory: npt.NDArray[Any],
        *,
        seed: npt.NDArray[np.uint64],
        tick: int,
        ids: npt.NDArray[np.uint32],
        which: npt.NDArray[np.bool_],
        team: Team | None,
    ) -> npt.NDArray[np.uint8]:
        """The actions of all minds, uint8 (n, 3), from what ``compact`` makes of their retinas."""
        n = len(seen)
        small = np.zeros((1, n, COMPACT), np.float32)
        compact(0, 1, seen.reshape(1, n, -1), np.zeros((1, BODY + 1, n), np.int32), small)
        return np.asarray(self._model.predict(small[0])[0], np.uint8)


class Clock(BaseCallback):
    """Ends training when the time is over, and keeps policies and returns on the way."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds, self.curve = seconds, list[list[float]]()
        self.kept = list[tuple[float, int, dict[str, torch.Tensor]]]()

    def _on_training_start(self) -> None:
        self.began = time.perf_counter()

    def _on_step(self) -> bool:
        passed = time.perf_counter() - self.began
        while len(self.kept) < len(MARKS) and passed >= MARKS[len(self.kept)] * self.seconds:
            self.kept.append((passed, self.num_timesteps, copy.deepcopy(self.model.policy.state_dict())))
        return passed < self.seconds

    def _on_rollout_end(self) -> None:
        lives = [life["r"] for life in self.model.ep_info_buffer or ()]
        if lives:
            self.curve.append([round(time.perf_counter() - self.began, 2), self.num_timesteps, round(float(np.mean(lives)), 4)])


def sb3(seed: int, given: argparse.Namespace) -> dict[str, Any]:
    """Stable-Baselines3 for the given minutes."""
    env = SB3Minds(given.envs, TASK.name)
    model = PPO("MlpPolicy", env, seed=seed, device="cpu")
    clock = Clock(given.minutes * 60)
    model.learn(1 << 40, callback=clock)
    points = [point(seconds, steps, Theirs(model, weights), given) for seconds, steps, weights in clock.kept]
    env.close()
    return {"curve": clock.curve, "points": points}


def ours(seed: int, given: argparse.Namespace, settings: Settings, plan: Plan) -> dict[str, Any]:
    """Ours until the plan is done."""
    warm = Trainer(TASK, settings, seed)  # compiles, and loads what was compiled
    warm.update()
    warm.close()
    trainer, curve, points = Trainer(TASK, settings, seed), list[list[float]](), list[dict[str, Any]]()
    while len(points) < len(MARKS):
        progress = plan.progress(trainer.steps, trainer.seconds)
        if progress >= MARKS[len(points)]:
            points.append(point(trainer.seconds, trainer.steps, IntegerPolicy(trainer.policy("sb3_beside.py")), given))
            continue
        row = trainer.update(progress)
        if np.isfinite(row["return"]):
            curve.append([round(trainer.seconds, 2), trainer.steps, round(row["return"], 4)])
    trainer.close()
    return {"curve": curve, "points": points, "settings": settings.plain()}


def point(seconds: float, steps: int, player: Player, given: argparse.Namespace) -> dict[str, Any]:
    """How a policy does that was kept after so many seconds and steps."""
    found = table(live(TASK, player, given.episodes, seed=EVALUATION_SEEDS.start))
    print(f"  {seconds:6.1f} s  {steps:>12,} steps  return {found[:, 0].mean():.3f}", file=sys.stderr, flush=True)
    return {"seconds": round(seconds, 2), "steps": steps, "table": found.round(6).tolist()}


def measure(part: str, seed: int, given: argparse.Namespace) -> dict[str, Any]:
    """One part of a seed, unless it is there already."""
    path = given.out / f"{part}-{given.minutes:g}-{given.episodes}-s{seed}.json"
    if path.exists():
        return dict(json.loads(path.read_text("utf-8")))
    print(f"{part}, seed {seed}", file=sys.stderr, flush=True)
    if part == "sb3":
        found = sb3(seed, given)
    elif part == "minutes":
        found = ours(seed, given, RECIPES["forage"].settings, Plan(1 << 40, minutes=given.minutes))
    else:
        steps = measure("sb3", seed, given)["points"][-1]["steps"]
        settings = RECIPES["forage_small"].settings if "forage_small" in RECIPES else FEW_STEPS
        found = ours(seed, given, settings, Plan(whole_updates(steps, settings)))
    given.out.mkdir(parents=True, exist_ok=True)
    write_whole(path, [json.dumps(found).encode(), b"\n"])
    return found


def whole_updates(steps: int, settings: Settings) -> int:
    """As many steps as whole updates come to, and no more than *steps*; at least one update."""
    each = settings.envs * settings.ticks
    return max(steps // each, 1) * each


# -- what is told ------------------------------------------------------------------------------------------------------


def stacked(runs: list[dict[str, Any]], mark: int) -> Floats:
    """The tables of all seeds at a mark, (seeds, worlds, COLUMNS)."""
    return np.asarray([run["points"][mark]["table"] for run in runs], np.float64)


def steps_of(runs: list[dict[str, Any]], mark: int) -> float:
    """Their agent-steps at a mark, the mean over seeds."""
    return float(np.mean([run["points"][mark]["steps"] for run in runs]))


def equal_steps(theirs: list[dict[str, Any]], mine: list[dict[str, Any]]) -> str:
    """After as many steps."""
    score, reward = figures(TASK)[:2]
    a, b = stacked(mine, -1), stacked(theirs, -1)
    lines = ["| | agent-steps | minutes | mean return | score, % |", "| --- | --- | --- | --- | --- |"]
    for name, runs, found in (("ninepixel", mine, a), ("Stable-Baselines3", theirs, b)):
        minutes = np.mean([run["points"][-1]["seconds"] for run in runs]) / 60
        values = f"{told(mean(reward, found))} | {told(mean(score, found))}"
        lines.append(f"| {name} | {steps_of(runs, -1):,.0f} | {minutes:.1f} | {values} |")
    beside = f"Ratio of returns {told(ratio(reward, a, b))}, difference {told(difference(reward, a, b))}"
    return "\n".join(lines) + f"\n\n{beside}; {len(a)} seeds each, {a.shape[1]} worlds."


def equal_minutes(theirs: list[dict[str, Any]], mine: list[dict[str, Any]], minutes: float) -> str:
    """After as many minutes."""
    reward = figures(TASK)[1]
    heads = [
        "minutes",
        "return, ninepixel",
        "return, Stable-Baselines3",
        "ratio",
        "agent-steps, ninepixel",
        "Stable-Baselines3",
        "ratio",
    ]
    lines = [f"| {' | '.join(heads)} |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for mark, share in enumerate(MARKS):
        a, b = stacked(mine, mark), stacked(theirs, mark)
        n, m = steps_of(mine, mark), steps_of(theirs, mark)
        values = f"{told(mean(reward, a))} | {told(mean(reward, b))} | {told(ratio(reward, a, b))}"
        lines.append(f"| {share * minutes:g} | {values} | {n:,.0f} | {m:,.0f} | {n / m:.1f} |")
    return "\n".join([*lines, "", first_there(theirs, mine, minutes)])


def first_there(theirs: list[dict[str, Any]], mine: list[dict[str, Any]], minutes: float) -> str:
    """How long one takes to what the other has in the end, by the returns of the lives in training."""
    goals = [float(stacked(runs, -1)[..., 0].mean()) for runs in (theirs, mine)]
    said = []
    for name, runs, goal in (("ninepixel", mine, goals[0]), ("Stable-Baselines3", theirs, goals[1])):
        curves = [Curve(*np.asarray(run["curve"], np.float64).reshape(-1, 3)[:, [1, 0, 2]].T) for run in runs]
        taken = np.asarray([seconds_until(curve, goal) for curve in curves]) / 60
        if np.isnan(taken).any():
            said.append(f"{name} does not come to {goal:.2f} with {int(np.isnan(taken).sum())} of {len(taken)} seeds")
        else:
            spread = f"{taken.min():.2f} .. {taken.max():.2f}"
            times = f"{minutes / taken.mean():.1f} times as fast as the other in {minutes:g}"
            said.append(f"{name} comes to {goal:.2f} after {taken.mean():.2f} minutes ({spread} over seeds), {times}")
    return "What the other has in the end, reached first: " + "; ".join(said) + "."


def blocks(given: argparse.Namespace) -> dict[str, str]:
    """The tables, of the seeds that all parts are there for."""
    runs = {part: [measure(part, seed, given) for seed in seeds_of(given)] for part in PARTS}
    if not runs["sb3"]:
        return {"sb3 steps": NOTHING, "sb3 minutes": NOTHING}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    where = f"\n\n{date.today().isoformat()}, {cores} cores, `scripts/sb3_beside.py`."
    return {
        "sb3 steps": equal_steps(runs["sb3"], runs["steps"]) + where,
        "sb3 minutes": equal_minutes(runs["sb3"], runs["minutes"], given.minutes) + where,
    }


def seeds_of(given: argparse.Namespace) -> range:
    """The seeds of training."""
    return range(1, given.seeds + 1)


def main(arguments: list[str] | None = None) -> None:
    """Measure what is not there, and print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0, help="of training each (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=5, help="of training, 1 and up (default: %(default)s)")
    parser.add_argument("--episodes", type=int, default=256, help="lives to judge a policy by (default: %(default)s)")
    parser.add_argument(
        "--envs", type=int, default=8, help="agents of Stable-Baselines3 (default: %(default)s, as teach_forage.py has it)"
    )
    parser.add_argument("--out", type=Path, default=OUT, help="where results are kept (default: %(default)s)")
    parser.add_argument("--part", choices=PARTS, action="append", help="measure these alone, and tell nothing")
    parser.add_argument("--write", action="store_true", help="put the result into docs/LEARNING.md")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    for seed in seeds_of(given):
        for part in given.part or PARTS:
            measure(part, seed, given)
    if given.part:
        return
    found = blocks(given)
    if given.write:
        write_whole(PAGE, [filled(PAGE.read_text("utf-8"), found).encode()])
    else:
        print("\n\n".join(f"## {name}\n\n{text}" for name, text in found.items()))


if __name__ == "__main__":
    main()
