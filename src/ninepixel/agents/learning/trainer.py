"""A run: worlds, a learner and its curves, which are updated together, kept together and restored together."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ninepixel.agents.learning.checkpoint import Checkpoint
from ninepixel.agents.learning.crew import Crew
from ninepixel.agents.learning.curves import Curves
from ninepixel.agents.learning.experience import Group
from ninepixel.agents.learning.keeping import (
    below,
    group_kept,
    learner_kept,
    restore_group,
    restore_learner,
)
from ninepixel.agents.learning.ppo import Learner
from ninepixel.agents.learning.remote import Office, RemoteGroup, give_out
from ninepixel.agents.learning.settings import BadSetting, Settings
from ninepixel.agents.tasks import Task
from ninepixel.world.store.errors import Impossible
from ninepixel.world.thought.artefact import Policy
from ninepixel.world.thought.manifest import manifest


class Trainer:
    """Learns a task.

    :param seed: of worlds, weights and all chance. :param threads: all usable cores when None.
    :param office: who has others live the rollouts; when None, everybody lives here.
    :raises BadSetting: when there are not as many agents as make whole worlds in every group.
    :raises BadWork: for a task that others do not know, when they are to live in it.

    :ivar steps: agent-steps so far. :ivar seconds: seconds of updates so far, in all parts of the run.
    """

    def __init__(
        self,
        task: Task,
        settings: Settings,
        seed: int = 0,
        device: torch.device | None = None,
        threads: int | None = None,
        office: Office | None = None,
    ) -> None:
        self.task, self.settings, self.seed = _fitting(task, settings), settings, seed
        self.device = device or torch.device("cpu")
        self.crew = Crew(settings.groups, threads)
        self.learner = Learner(settings, seed, self.device, self.crew)
        self.office = office
        self.groups = [self._group(number) for number in range(settings.groups)]
        self.curves = Curves(self.task, settings.window)
        self.steps, self.seconds = 0, 0.0

    def update(self, progress: float = 0.0) -> dict[str, float]:
        """Live for one rollout and learn from it; the figures (:data:`~ninepixel.agents.learning.curves.FIGURES`).

        :param progress: how much of the run is over, 0 .. 1: the rate falls with it.
        :raises Diverged: when learning gives no numbers any more.
        """
        s, start = self.settings, time.perf_counter()
        net, spent = self.learner.folded(), self._spent()
        if self.office is not None:
            give_out(self.office, self.policy("a lease"), self.groups)
        lived = self.crew(lambda number: self.groups[number].collect(net))
        middle = time.perf_counter()
        left = 1 - min(max(progress, 0.0), 1.0) * (1 - s.last_rate)
        told = self.learner.learn([group.rollout for group in self.groups], s.rate * left, left)
        end = time.perf_counter()
        steps = s.envs * s.ticks
        self.steps, self.seconds = self.steps + steps, self.seconds + end - start
        simulated, inferred = self._spent() - spent
        acting = (middle - start) / (end - start)
        row = {
            **told,
            **self.curves.live(lived),
            "steps": self.steps,
            "seconds": self.seconds,
            "rate": s.rate * left,
            "steps_per_s": steps / (end - start),
            "simulate": acting * simulated / (simulated + inferred),
            "infer": acting * inferred / (simulated + inferred),
            "learn": 1 - acting,
        }
        self.curves.add(row)
        return self.curves.rows[-1]

    def _group(self, number: int) -> Group:
        rest = (self.task, self.settings, number, self.seed, self.device, self.crew.inner)
        return Group(*rest) if self.office is None else RemoteGroup(*rest, self.office)

    def _spent(self) -> Any:
        """Seconds of all groups' threads, for worlds and for deciding: float64 (2,)."""
        return np.asarray([[group.simulated, group.inferred] for group in self.groups]).sum(0)

    # -- what comes of it ---------------------------------------------------------------------------------------------

    def policy(self, command: str) -> Policy:
        """The policy as it is now.

        :param command: what made it, for its manifest.
        :raises BadSetting: when it sees pixels.
        """
        if self.settings.pixels:
            raise BadSetting("setting pixels makes no policy that could be written: artefacts sense with the retina")
        arrays, moments = self.learner.network.arrays(), self.learner.units[0].moments
        # the artefact's value is a multiple of a unit, so what the learner's is counted from goes into the bias
        arrays["value.bias"] += np.float32(float(moments.mean / moments.deviation))
        last = self.curves.rows[-1] if self.curves.rows else {}
        about = manifest(
            self.task.id,
            command=command,
            seed=self.seed,
            steps=self.steps,
            value_scale=float(moments.deviation),
            settings=self.settings.plain(),
            trained={name: last[name] for name in ("return", "score", "seconds") if name in last},
        )
        return Policy(self.learner.network.shape, about, arrays)

    def keep(self) -> Checkpoint:
        """Everything that the next update depends on, copied."""
        arrays = {f"learner.{name}": array for name, array in learner_kept(self.learner).items()}
        arrays |= {f"curves.{name}": array for name, array in self.curves.kept().items()}
        for number, group in enumerate(self.groups):
            arrays |= {f"group.{number}.{name}": array for name, array in group_kept(group).items()}
        meta = {
            "task": self.task.id,
            "seed": self.seed,
            "settings": self.settings.plain(),
            "threads": self.crew.threads,
            "steps": self.steps,
            "seconds": self.seconds,
        }
        return Checkpoint(meta, {name: array.copy() for name, array in arrays.items()})

    def restore(self, kept: Checkpoint) -> None:
        """Go on where *kept* was taken.

        :raises Impossible: when it is of another run: another task, seed or other settings.
        """
        mine = {"task": self.task.id, "seed": self.seed, "settings": self.settings.plain()}
        theirs = dict(kept.meta)
        if isinstance(theirs.get("settings"), dict):  # a setting that it does not know was what is the default now
            theirs["settings"] = Settings().plain() | theirs["settings"]
        for name, value in mine.items():
            if theirs.get(name) != value:
                raise Impossible(f"it is of another run: its {name} is {theirs.get(name)!r:.200}, not {value!r:.200}")
        restore_learner(self.learner, below("learner.", kept.arrays))
        self.curves.restore(below("curves.", kept.arrays))
        for number, group in enumerate(self.groups):
            restore_group(group, below(f"group.{number}.", kept.arrays))
        self.steps, self.seconds = int(kept.meta["steps"]), float(kept.meta["seconds"])

    def close(self) -> None:
        """Let worlds and threads go."""
        for group in self.groups:
            group.close()
        self.crew.close()


def _fitting(task: Task, settings: Settings) -> Task:
    """The task as it is trained for: without open slots, for eggs hatch where somebody has died, and with what is to pay."""
    per_group = settings.envs // settings.groups
    if per_group % task.agents:
        fit = task.agents * settings.groups
        near = max(settings.envs // fit, 1) * fit
        raise BadSetting(
            f"setting envs={settings.envs} makes no whole worlds of {task.agents} agents in {settings.groups} groups: "
            f"make it {near}, or another multiple of {fit}"
        )
    return replace(task, spare=0, weights=task.weights if settings.homeostasis else replace(task.weights, drive=0.0))
