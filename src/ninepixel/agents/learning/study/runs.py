"""The runs of the study, as a table; and how one is done: trained in a folder of its own, resumed when it was cut short."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ninepixel.agents.learning.folder import BadRun, begun
from ninepixel.agents.learning.recipes import RECIPES
from ninepixel.agents.learning.report import REPORT
from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.learning.train import Plan, Watch, train
from ninepixel.agents.tasks import TASKS
from ninepixel.world.store.errors import shown


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to learn: what it is, and which settings it changes."""

    what: str
    changes: Mapping[str, bool]


#: What is compared; the first is the recipe as it is.
WHOLE = "whole"
VARIANTS: dict[str, Variant] = {
    WHOLE: Variant("the recipe as it is", {}),
    "no-curiosity": Variant("novelty does not pay (no RND)", {"curiosity": False}),
    "no-homeostasis": Variant("drive reduction does not pay, achievements do", {"homeostasis": False}),
    "no-genome": Variant("minds do not sense their genome", {"genome": False}),
    "pixels": Variant("minds see the picture around them, not the retina", {"pixels": True}),
}
#: Ablations are compared after at most so many steps, and so is the whole recipe beside them.
ABLATION_STEPS = 10_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """One training run of the study. *task*: its name; *steps*: agent-steps."""

    task: str
    variant: str
    steps: int
    seed: int

    @property
    def kind(self) -> tuple[str, str, int]:
        """What runs from several seeds have in common."""
        return self.task, self.variant, self.steps

    @property
    def name(self) -> str:
        """The name of its folder."""
        return f"{self.task}-{self.variant}-{self.steps}-s{self.seed}"

    @property
    def settings(self) -> Settings:
        """The recipe's, and the variant's changes."""
        return replace(RECIPES[self.task].settings, **VARIANTS[self.variant].changes)

    def folder(self, out: Path) -> Path:
        """Where it is trained."""
        return out / self.name

    def report(self, out: Path) -> dict[str, Any] | None:
        """Its ``report.json`` once it has been trained to the end, else None."""
        try:
            found: dict[str, Any] = json.loads((self.folder(out) / REPORT).read_bytes())
        except (OSError, ValueError):
            return None
        whole = found.get("steps", 0) >= self.steps and found.get("settings") == self.settings.plain()
        return found if whole else None


def table(tasks: Iterable[str], seeds: int, steps: int | None = None, variants: Iterable[str] | None = None) -> list[Run]:
    """All runs, those of the first seed first, so that a study that is cut short has something of everything.

    :param steps: of every run, instead of what the recipes say. :param variants: which; all, when None.
    """
    wanted, found = list(VARIANTS if variants is None else variants), dict[Run, None]()
    for seed in range(1, seeds + 1):
        for task in tasks:
            whole = RECIPES[task].steps if steps is None else steps
            short = min(whole, ABLATION_STEPS)
            if WHOLE in wanted:
                found[Run(task, WHOLE, whole, seed)] = None
                found[Run(task, WHOLE, short, seed)] = None
            for variant in wanted:
                if variant != WHOLE:
                    found[Run(task, variant, short, seed)] = None
    return list(found)


def do(run: Run, out: Path, threads: int | None = None, row: Callable[[dict[str, float]], None] = lambda row: None) -> None:
    """Train it, from its beginning or from its last checkpoint; nothing, when that is done.

    :raises BadRun: when its folder holds something else. :raises StoreError: when it cannot be written.
    """
    if run.report(out) is not None:
        return
    folder = run.folder(out)
    there = begun(folder)
    if there is not None and there["settings"] != run.settings.plain():
        raise BadRun(f"{shown(folder)} was begun with other settings than {run.name} has now: move it away")
    plan = Plan(run.steps, command=f"scripts/study.py --do {run.name}")
    resume = there is not None
    train(TASKS[run.task], run.settings, plan, folder, seed=run.seed, threads=threads, resume=resume, watch=Watch(row))
