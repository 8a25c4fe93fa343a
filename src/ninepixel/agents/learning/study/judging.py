"""What a run of the study came to: its last policy in published worlds, and the built-in policies in the same ones.

Where policies are judged (*conditions*), always by the same number of lives:

- ``evaluation``: the evaluation seeds; ``held-out``: the held-out seeds, once, when all is decided;
- ``hosts``: held-out seeds, the files those of machines that no training sees (:mod:`ninepixel.agents.heldout`);
- ``co-play``: held-out seeds, every other founder and all children scripted, which the policy has never met;
- ``float``: the evaluation seeds, lived by the policy's floats.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ninepixel.agents.compare import Floats, table
from ninepixel.agents.floats import Floating
from ninepixel.agents.heldout import held_out_hosts
from ninepixel.agents.learning.checkpoint import Checkpoints
from ninepixel.agents.learning.crew import Crew
from ninepixel.agents.learning.keeping import below, restore_learner
from ninepixel.agents.learning.pixels import PixelMinds
from ninepixel.agents.learning.ppo import Learner
from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.learning.study.runs import WHOLE, Run
from ninepixel.agents.score import BASELINES, EVALUATION_SEEDS, HELD_OUT_SEEDS, Decider, Player, live
from ninepixel.agents.tasks import TASKS, Task
from ninepixel.world.laws.lives import Role
from ninepixel.world.store.errors import BadSave
from ninepixel.world.store.files import write_whole
from ninepixel.world.thought import IntegerPolicy, Policy
from ninepixel.world.thought.artefact import SUFFIX

JUDGED = "judged.json"
#: The conditions that every run is judged in, and those for whole recipes alone.
ALWAYS, WIDER = ("evaluation", "held-out"), ("hosts", "co-play")
FLOAT = "float"

Tables = dict[str, Floats]


def judge(run: Run, out: Path, episodes: int, threads: int | None = None) -> Tables:
    """The tables of a run that is done, by condition; kept beside it, so that nobody lives twice.

    :raises BadSave: when its policy cannot be read.
    """
    task, folder = TASKS[run.task], run.folder(out)
    path = folder / JUDGED
    found = kept(path, episodes)
    wanted = [c for c in (*ALWAYS, *(WIDER if run.variant == WHOLE else ())) if possible(task, c)]
    if run.variant == WHOLE:
        wanted.append(FLOAT)
    for condition in wanted:
        if condition not in found:
            player = Floating(_policy(run, folder)) if condition == FLOAT else _player(run, folder)
            found[condition] = lived(task, player, condition, episodes, threads)
            keep(path, episodes, found)
    return found


def baselines(task: Task, out: Path, episodes: int, threads: int | None = None) -> dict[str, Tables]:
    """The tables of the built-in policies, by policy and condition; kept likewise."""
    told = {}
    for name, role in BASELINES.items():
        path = out / "baselines" / f"{task.name}-{name}.json"
        found = kept(path, episodes)
        for condition in (*ALWAYS, *WIDER):
            if condition not in found and possible(task, condition):
                found[condition] = lived(task, role, condition, episodes, threads)
                path.parent.mkdir(parents=True, exist_ok=True)
                keep(path, episodes, found)
        told[name] = found
    return told


def possible(task: Task, condition: str) -> bool:
    """Whether a task can be judged so: worlds without files have no hosts."""
    return condition != "hosts" or task.files > 0


def lived(task: Task, player: Player, condition: str, episodes: int, threads: int | None) -> Floats:
    """What becomes of a policy in a condition: float64 (worlds, COLUMNS)."""
    first = EVALUATION_SEEDS.start if condition in ("evaluation", FLOAT) else HELD_OUT_SEEDS.start
    others = Role.INSTINCT if condition == "co-play" else None
    hosts = held_out_hosts(task) if condition == "hosts" else None
    return table(live(task, player, episodes, seed=first, threads=threads, others=others, hosts=hosts))


def kept(path: Path, episodes: int) -> Tables:
    """Tables that were kept, of as many lives as are asked for; none, when there are no such."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict) or found.get("episodes") != episodes:
        return {}
    return {name: np.asarray(given, np.float64) for name, given in found["tables"].items()}


def keep(path: Path, episodes: int, tables: Mapping[str, Floats]) -> None:
    """Write tables down.

    :raises StoreError: when they cannot be written.
    """
    told: dict[str, Any] = {"episodes": episodes, "tables": {name: found.round(6).tolist() for name, found in tables.items()}}
    write_whole(path, [json.dumps(told).encode(), b"\n"])


def _policy(run: Run, folder: Path) -> Policy:
    return Policy.load(folder / f"{run.task}{SUFFIX}")


def _player(run: Run, folder: Path) -> Player:
    """Who decides: the policy in integers, or where there is no artefact the network of the last checkpoint."""
    if not run.settings.pixels:
        player: Decider = IntegerPolicy(_policy(run, folder))
        return player
    learner = last_learner(run.settings, run.seed, folder)
    return partial(PixelMinds, learner.folded())


def last_learner(settings: Settings, seed: int, folder: Path) -> Learner:
    """The learner of a folder's last checkpoint.

    :raises BadSave: when there is none.
    """
    checkpoint = Checkpoints(folder).newest()
    if checkpoint is None:
        raise BadSave(f"{folder} holds no checkpoint: train the run once more")
    crew = Crew(settings.groups, 1)
    try:
        learner = Learner(settings, seed, torch.device("cpu"), crew)
        restore_learner(learner, below("learner.", checkpoint.arrays))
    finally:
        crew.close()
    return learner
