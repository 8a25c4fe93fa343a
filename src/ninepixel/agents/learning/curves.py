"""The figures of a run, one row an update, and the lives that they are means of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.agents.learning.experience import Lived
from ninepixel.agents.score import counted, deeds_of, score
from ninepixel.agents.tasks import Task
from ninepixel.world.store.errors import Impossible

#: What is told of every update: the unit, and what it is. ``docs/TRAINING.md`` has the same table.
FIGURES: dict[str, tuple[str, str]] = {
    "steps": ("steps", "agent-steps since the beginning"),
    "seconds": ("s", "seconds of training since the beginning, without pauses"),
    "return": ("reward", "mean sum of the task's rewards of the last founders' lives"),
    "length": ("ticks", "their mean length"),
    "score": ("%", "their score"),
    "lives": ("lives", "lives that ended during the update, of founders and others"),
    "entropy_move": ("nats", "entropy of the choice of a move; 2.2 is chance"),
    "entropy_act": ("nats", "entropy of the choice of an act"),
    "entropy_word": ("nats", "entropy of the choice of a word"),
    "kl": ("nats", "how far the update moved the policy, on average over its minibatches"),
    "clipped": ("share", "steps whose probability the update changed by more than the clip"),
    "policy_loss": ("", "the clipped surrogate"),
    "value_loss": ("", "half the squared error of the value, in its own units"),
    "curiosity_loss": ("", "likewise of the value of curiosity"),
    "explained": ("share", "of the variance of returns, as the value expected them"),
    "gradient": ("", "mean length of the gradient before it was shortened"),
    "noise_scale": ("steps", "the gradient's simple noise scale"),
    "novelty": ("reward", "mean intrinsic reward of a step"),
    "value_scale": ("reward", "what a unit of the value is worth"),
    "rate": ("", "Adam's step"),
    "minibatches": ("", "minibatches that were learned from"),
    "skipped": ("", "minibatches left out since the beginning, because they gave no numbers"),
    "steps_per_s": ("1/s", "agent-steps a second, all included"),
    "simulate": ("share", "of the seconds, that worlds took"),
    "infer": ("share", "of the seconds, that deciding took"),
    "learn": ("share", "of the seconds, that learning took"),
}
NAMES = tuple(FIGURES)


class Curves:
    """Rows of :data:`FIGURES`, and the last founders' lives.

    :param window: how many lives.
    """

    def __init__(self, task: Task, window: int) -> None:
        self._counted, self._window = counted(task), window
        self.rows: list[dict[str, float]] = []
        self._returns = np.zeros(0, np.float32)
        self._lengths = np.zeros(0, np.int32)
        self._deeds = np.zeros(0, np.uint64)

    def live(self, lived: list[Lived]) -> dict[str, float]:
        """Take in lives that ended; the figures of the last ones."""
        for some in lived:
            who = some.founders
            self._returns = np.concatenate([self._returns, some.returns[who]])[-self._window :]
            self._lengths = np.concatenate([self._lengths, some.lengths[who]])[-self._window :]
            self._deeds = np.concatenate([self._deeds, some.deeds[who]])[-self._window :]
        low, high = (self._deeds >> np.uint64(shift) & np.uint64(0xFFFFFFFF) for shift in (0, 32))
        told = len(self._returns) > 0
        return {
            "return": float(self._returns.mean()) if told else math.nan,
            "length": float(self._lengths.mean()) if told else math.nan,
            "score": score(deeds_of(low, high)[:, self._counted]) if told else math.nan,
            "lives": float(sum(len(some.returns) for some in lived)),
        }

    def add(self, row: Mapping[str, float]) -> None:
        """One more update."""
        self.rows.append({name: float(row[name]) for name in NAMES})

    @property
    def best(self) -> tuple[float, float]:
        """The greatest return so far, and after how many steps it was reached; NaN and 0 before any life has ended."""
        told = [row for row in self.rows if not math.isnan(row["return"])]
        if not told:
            return math.nan, 0.0
        top = max(told, key=lambda row: row["return"])
        return top["return"], top["steps"]

    # -- checkpoints --------------------------------------------------------------------------------------------------

    def kept(self) -> dict[str, npt.NDArray[Any]]:
        """Everything as arrays."""
        table = np.asarray([[row[name] for name in NAMES] for row in self.rows], np.float64).reshape(-1, len(NAMES))
        return {"table": table, "returns": self._returns, "lengths": self._lengths, "deeds": self._deeds}

    def restore(self, kept: Mapping[str, npt.NDArray[Any]]) -> None:
        """The inverse of :meth:`kept`.

        :raises Impossible: when these are other figures.
        """
        kinds = {name: array.dtype for name, array in self.kept().items()}
        for name, kind in kinds.items():
            if name not in kept or kept[name].dtype != kind or kept[name].ndim != (2 if name == "table" else 1):
                raise Impossible(f"its curves have no {name}")
        if kept["table"].shape[1] != len(NAMES):
            raise Impossible("its curves are of other figures")
        self.rows = [dict(zip(NAMES, row, strict=True)) for row in kept["table"].tolist()]
        self._returns, self._lengths, self._deeds = (kept[name].copy() for name in ("returns", "lengths", "deeds"))
