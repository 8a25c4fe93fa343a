"""The tables of docs/LEARNING.md, from what runs came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ninepixel.agents.compare import REACHED, RETURN, Estimate, Floats, difference, figures, mean, never, ratio
from ninepixel.agents.learning.study.curves import Curve, seconds_until
from ninepixel.agents.learning.study.judging import FLOAT, Tables
from ninepixel.agents.learning.study.runs import VARIANTS, WHOLE
from ninepixel.agents.score import counted
from ninepixel.agents.tasks import TASKS, Task
from ninepixel.world.laws.lives import DEEDS

#: What a table says where nothing has been measured.
NOTHING = "Not measured yet."
#: How conditions are called.
CALLED = {
    "evaluation": "evaluation seeds",
    "held-out": "held-out seeds",
    "hosts": "held-out hosts",
    "co-play": "among scripted co-players",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """Runs that differ in their seed alone.

    :param seconds: of training of each run. :param tables: of each run, by condition. :param curves: of each run.
    """

    task: str
    variant: str
    steps: int
    seconds: Sequence[float]
    tables: Sequence[Tables]
    curves: Sequence[Curve] = ()

    def stacked(self, condition: str) -> Floats | None:
        """The tables of a condition, (seeds, worlds, COLUMNS); None unless all runs have been judged in it."""
        found = [tables[condition] for tables in self.tables if condition in tables]
        return np.stack(found) if found and len(found) == len(self.tables) else None


Baselines = Mapping[str, Mapping[str, Tables]]


def results(kinds: Sequence[Kind], baselines: Baselines) -> str:
    """Every task: what whole recipes reach, in every condition, beside the built-in policies."""
    lines = []
    for task in TASKS.values():
        wholes = [k for k in kinds if k.task == task.name and k.variant == WHOLE]
        for condition, called in CALLED.items():
            for name, tables in baselines.get(task.name, {}).items() if wholes else ():
                if condition in tables:
                    lines.append(_result(task, called, name, "", tables[condition][None], None))
            for kind in wholes:
                ours, scripted = kind.stacked(condition), baselines.get(task.name, {}).get("scripted", {}).get(condition)
                if ours is not None and scripted is not None:
                    minutes = f"{np.mean(kind.seconds) / 60:.1f}"
                    lines.append(_result(task, called, f"learned, {millions(kind.steps)}", minutes, ours, scripted[None]))
    head = [
        "task",
        "where",
        "policy",
        "minutes",
        "seeds",
        "score, %",
        "mean return",
        "return by scripted's",
        "score above scripted's",
    ]
    return _markdown(head, lines)


def _result(task: Task, called: str, name: str, minutes: str, ours: Floats, scripted: Floats | None) -> list[str]:
    score, reward = figures(task)[:2]
    beside = ["", ""] if scripted is None else [told(ratio(reward, ours, scripted)), told(difference(score, ours, scripted))]
    seeds = str(len(ours)) if scripted is not None else ""
    return [task.name, called, name, minutes, seeds, told(mean(score, ours)), told(mean(reward, ours)), *beside]


def speed(kinds: Sequence[Kind], baselines: Baselines) -> str:
    """How long whole recipes train until the lives that ended lately earn what the script earns, and nine tenths of it."""
    lines = []
    for kind in kinds:
        scripted = baselines.get(kind.task, {}).get("scripted", {}).get("evaluation")
        if kind.variant != WHOLE or scripted is None or not kind.curves:
            continue
        for share in (0.9, 1.0):
            goal = share * float(scripted[:, RETURN].mean())
            taken = np.asarray([seconds_until(curve, goal) for curve in kind.curves]) / 60
            there = taken[np.isfinite(taken)]
            spread = f"**{there.mean():.1f}** ({there.min():.1f} .. {there.max():.1f})" if len(there) else "never"
            lines.append([kind.task, millions(kind.steps), f"{goal:.2f}, {share:.0%}", f"{len(there)} of {len(taken)}", spread])
    return _markdown(
        ["task", "run of", "return, of scripted's", "seeds that come there", "minutes until then, and over seeds"], lines
    )


def ablations(kinds: Sequence[Kind]) -> str:
    """What is lost without a part: variants beside the whole recipe after as many steps, on the evaluation seeds."""
    lines = []
    for task in TASKS.values():
        score, reward = figures(task)[:2]
        mine = [k for k in kinds if k.task == task.name]
        for kind in [k for name in VARIANTS for k in mine if k.variant == name != WHOLE]:
            whole = next((k for k in mine if k.variant == WHOLE and k.steps == kind.steps), None)
            ours, theirs = kind.stacked("evaluation"), None if whole is None else whole.stacked("evaluation")
            if ours is None or theirs is None:
                continue
            values = [told(mean(score, ours)), told(difference(score, ours, theirs)), told(mean(reward, ours))]
            about = [task.name, VARIANTS[kind.variant].what, millions(kind.steps), str(len(ours))]
            lines.append([*about, *values, told(difference(reward, ours, theirs))])
    return _markdown(
        ["task", "variant", "steps", "seeds", "score, %", "above the whole's", "mean return", "above the whole's"], lines
    )


def integers(kinds: Sequence[Kind]) -> str:
    """Policies in integers beside themselves in floats, in the same worlds with the same dice."""
    lines = []
    for kind in kinds:
        ours, theirs = kind.stacked("evaluation"), kind.stacked(FLOAT)
        if ours is not None and theirs is not None:
            score, reward = figures(TASKS[kind.task])[:2]
            lines.append([
                *(kind.task, millions(kind.steps), str(len(ours)), told(mean(score, ours)), told(mean(score, theirs))),
                *(told(ratio(score, ours, theirs, twins=True), 3), told(ratio(reward, ours, theirs, twins=True), 3)),
            ])  # fmt: skip
    return _markdown(["task", "steps", "seeds", "score, integers", "score, floats", "ratio of scores", "ratio of returns"], lines)


def reached(kinds: Sequence[Kind], baselines: Baselines, name: str = "universe") -> str:
    """How many lives reach each achievement of a task on the held-out seeds, in percent, and what nobody ever reaches."""
    task = TASKS[name]
    columns: dict[str, Floats] = {policy: tables["held-out"][None] for policy, tables in baselines.get(name, {}).items()}
    wholes = [(k, k.stacked("held-out")) for k in kinds if k.task == name and k.variant == WHOLE]
    columns |= {f"learned, {millions(kind.steps)}": found for kind, found in wholes if found is not None}
    if len(columns) <= len(baselines.get(name, {})):
        return NOTHING
    lines = []
    for i in counted(task):
        rates = [f"{100 * found[..., REACHED + i].mean():.1f}" for found in columns.values()]
        lines.append([str(DEEDS[i].tier), f"`{DEEDS[i].name}`", *rates])
    text = _markdown(["tier", "achievement", *(f"{column}, %" for column in columns)], lines)
    for column, found in columns.items():
        names = ", ".join(f"`{deed}`" for deed in never(task, found)) or "none"
        text += f"\n\nNever reached, {column}: {names}."
    return text


def filled(page: str, blocks: Mapping[str, str]) -> str:
    """A page with its tables, each between two comments that name it.

    :raises ValueError: when the page has no place for one.
    """
    for name, text in blocks.items():
        before, begins, rest = page.partition(f"<!-- {name} -->\n")
        _, ends, after = rest.partition(f"<!-- end of {name} -->")
        if not (begins and ends):
            raise ValueError(f"the page has no place for the table {name}: <!-- {name} --> and <!-- end of {name} -->")
        page = f"{before}{begins}{text}\n{ends}{after}"
    return page


def told(estimate: Estimate, digits: int = 2) -> str:
    """A value with its interval."""
    if not np.isfinite(estimate.value):
        return "none"
    return f"**{estimate.value:.{digits}f}** ({estimate.low:.{digits}f} .. {estimate.high:.{digits}f})"


def millions(steps: int) -> str:
    """Steps, for people."""
    return f"{steps / 1e6:g}M"


def _markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    if not lines:
        return NOTHING
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
