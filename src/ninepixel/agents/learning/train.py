"""Training from beginning to end: when a run ends, what is kept on the way, and what is written when it is over."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ninepixel.agents.learning.checkpoint import Checkpoints
from ninepixel.agents.learning.folder import BadRun, begin, held
from ninepixel.agents.learning.remote import Office
from ninepixel.agents.learning.report import PICTURE, REPORT, TENSORBOARD, Logs, plain, write_picture, write_report
from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.learning.trainer import Trainer
from ninepixel.agents.tasks import Task
from ninepixel.world.store.errors import StoreError
from ninepixel.world.thought.artefact import SUFFIX as POLICY
from ninepixel.world.thought.manifest import manifest

log = logging.getLogger("ninepixel")


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to train, and what to keep on the way.

    :param steps: agent-steps at which the run ends; the rate falls towards there.
    :param minutes: minutes of training at which it ends at the latest. Then the clock has a say in the rate, and two runs with
        the same seed are not the same any more.
    :param patience: the run ends when the return has not risen for so many steps.
    :param checkpoint_seconds: seconds between two checkpoints.
    :param command: what the manifest names as the policy's origin.
    """

    steps: int
    minutes: float | None = None
    patience: int | None = None
    checkpoint_seconds: float = 60.0
    command: str = "ninepixel train"

    def progress(self, steps: int, seconds: float) -> float:
        """How much of the run is over, 0 .. 1."""
        return min(1.0, max(steps / self.steps, seconds / (60 * self.minutes) if self.minutes else 0.0))


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks on.

    :param row: is told the figures of every update. :param stop: whether to end after this update.
    """

    row: Callable[[dict[str, float]], None] = lambda row: None
    stop: Callable[[], bool] = lambda: False


def device_named(name: str) -> torch.device:
    """``cpu``, ``cuda``, or with ``auto`` what is there.

    :raises BadRun: for ``cuda`` without a GPU that torch can use.
    """
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise BadRun("there is no GPU that torch can use: take --device cpu, or a build of torch for your GPU")
    return torch.device("cuda" if there and name != "cpu" else "cpu")


def train(
    task: Task,
    settings: Settings,
    plan: Plan,
    out: Path,
    *,
    seed: int = 0,
    device: torch.device | None = None,
    threads: int | None = None,
    resume: bool = False,
    watch: Watch | None = None,
    office: Office | None = None,
) -> dict[str, Any]:
    """Train in *out*, and tell what came of it.

    :param resume: go on with the run that is there, whose *settings* and *seed* these must be (:func:`begun`).
    :param office: who has others live the rollouts; when None, everybody lives here.
    :raises BadRun: when *out* holds something else, or a run that is not to be resumed.
    :raises StoreError: when it cannot be written, or no checkpoint that is there is whole.
    :raises Diverged: when learning gives no numbers any more; the last checkpoint is from before.
    """
    watch = watch or Watch()
    with held(out, resume), _reproducible(device):
        trainer = Trainer(task, settings, seed, device, threads, office)
        try:
            checkpoints = Checkpoints(out)
            if resume:
                if (kept := checkpoints.newest()) is not None:
                    trainer.restore(kept)
            else:
                begin(out, task, settings, seed)
            logs = Logs(out / TENSORBOARD, trainer.steps)
            try:
                why = _go_on(trainer, plan, checkpoints, logs, watch)
            finally:
                logs.close()
            return _finish(trainer, plan, out, checkpoints, why)
        finally:
            trainer.close()


def _go_on(trainer: Trainer, plan: Plan, checkpoints: Checkpoints, logs: Logs, watch: Watch) -> str:
    """Update until the run is over; why it is."""
    saved = time.monotonic()
    while (why := _over(trainer, plan, watch)) is None:
        row = trainer.update(plan.progress(trainer.steps, trainer.seconds))
        logs.write(row)
        watch.row(row)
        if time.monotonic() - saved >= plan.checkpoint_seconds:
            try:
                checkpoints.write(trainer.steps, trainer.keep())
            except StoreError as error:  # hours of learning are worth more than this checkpoint
                log.warning("%s; training goes on, and the checkpoint before it is still there", error)
            saved = time.monotonic()
    return why


def _over(trainer: Trainer, plan: Plan, watch: Watch) -> str | None:
    """Why the run ends now, None when it does not."""
    if trainer.steps >= plan.steps:
        return "steps"
    if plan.minutes is not None and trainer.seconds >= 60 * plan.minutes:
        return "minutes"
    if plan.patience is not None and _waited(trainer) >= plan.patience:
        return "patience"
    return "stopped" if watch.stop() else None


def _waited(trainer: Trainer) -> float:
    """For how many steps the return has not risen."""
    best, at = trainer.curves.best
    return 0.0 if math.isnan(best) else trainer.steps - at


def _finish(trainer: Trainer, plan: Plan, out: Path, checkpoints: Checkpoints, why: str) -> dict[str, Any]:
    """Write what was learned and how. The checkpoint comes last: all else can be made again from the one before."""
    path = out / f"{trainer.task.name}{POLICY}"
    policy = None if trainer.settings.pixels else trainer.policy(plan.command)
    if policy is not None:
        policy.save(path)
    rows = trainer.curves.rows
    about = {
        "task": trainer.task.id,
        "seed": trainer.seed,
        "settings": trainer.settings.plain(),
        "steps": trainer.steps,
        "seconds": trainer.seconds,
        "ended": why,
        "policy": policy and path.name,
        "hash": policy and policy.hash,
        "value_scale": policy and policy.manifest["value_scale"],
        "versions": manifest(trainer.task.id, command="")["versions"],
        "device": str(trainer.device),
        "threads": trainer.crew.threads,
    }
    if trainer.office is not None:
        about["nodes"] = trainer.office.facts()
    write_report(out, about, rows)
    write_picture(out / PICTURE, f"{trainer.task.id}, seed {trainer.seed}", rows)
    checkpoints.write(trainer.steps, trainer.keep())
    return {**about, "policy": policy and str(path), "report": str(out / REPORT), "last": plain(rows[-1]) if rows else None}


@contextlib.contextmanager
def _reproducible(device: torch.device | None) -> Iterator[None]:
    """Have torch choose the same sums in the same order every time."""
    before = torch.are_deterministic_algorithms_enabled()
    if device is not None and device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS asks for
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
