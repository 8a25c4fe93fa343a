"""The study behind docs/LEARNING.md: every task, whole and without its parts, from several seeds; judged on published worlds.

Runs that are done are not done again, one that was cut short goes on from its last checkpoint, and so does the judging::

    python scripts/study.py --list                 # which runs there are, and how far they are
    python scripts/study.py --only forage --seeds 5 --write

The tables and pictures of docs/LEARNING.md come from here, with ``--write`` (those beside Stable-Baselines3 from
``scripts/sb3_beside.py``). Without it the tables go to stdout. Progress goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from ninepixel.agents.compare import RETURN
from ninepixel.agents.learning.recipes import RECIPES
from ninepixel.agents.learning.study.curves import Curve, curve, draw
from ninepixel.agents.learning.study.judging import baselines, judge
from ninepixel.agents.learning.study.runs import VARIANTS, WHOLE, Run, do, table
from ninepixel.agents.learning.study.tables import Baselines, Kind, ablations, filled, integers, millions, reached, results, speed
from ninepixel.agents.tasks import TASKS
from ninepixel.world.store.files import write_whole

ROOT = Path(__file__).resolve().parent.parent
PAGE, OUT, BESIDE = ROOT / "docs" / "LEARNING.md", ROOT / "out" / "study", ROOT / "out" / "sb3"
#: Agent-steps a second that the table of runs reckons with.
RATE = 40_000


def kinds_of(runs: Sequence[Run], out: Path, episodes: int, threads: int | None) -> list[Kind]:
    """What runs that are done came to, those of one kind together."""
    found: dict[tuple[str, str, int], list[Run]] = {}
    for run in runs:
        if run.report(out) is not None:
            found.setdefault(run.kind, []).append(run)
    kinds = []
    for (task, variant, steps), mine in found.items():
        reports = [run.report(out) or {} for run in mine]
        print(f"judging {task} {variant} {millions(steps)}: {len(mine)} seeds", file=sys.stderr, flush=True)
        tables = [judge(run, out, episodes, threads) for run in mine]
        curves = [curve(report) for report in reports]
        kinds.append(Kind(task, variant, steps, [report["seconds"] for report in reports], tables, curves))
    return kinds


def pictures(runs: Sequence[Run], out: Path, told: Baselines) -> dict[str, str]:
    """Draw every task's curves beside the page; the lines of the page that show them."""
    shown = []
    for task in TASKS.values():
        lines: dict[str, list[Curve]] = {}
        for run in runs:
            if run.task == task.name and (report := run.report(out)) is not None:
                name = f"{run.variant}, {millions(run.steps)}"
                lines.setdefault(name, []).append(curve(report))
        if not lines:
            continue
        if task.name == "forage" and (beside := sb3_curves()):
            lines["Stable-Baselines3"] = beside
        levels = {name: float(tables["evaluation"][:, RETURN].mean()) for name, tables in told.get(task.name, {}).items()}
        path = PAGE.parent / f"learning-{task.name}.png"
        draw(path, task.id, lines, levels)
        shown.append(f"![Returns in {task.name}]({path.name})")
    return {"curves": "\n\n".join(shown) or "Not measured yet."}


def sb3_curves() -> list[Curve]:
    """The curves of Stable-Baselines3 that ``scripts/sb3_beside.py`` has measured."""
    found = []
    for path in sorted(BESIDE.glob("sb3-*.json")):
        rows = np.asarray(json.loads(path.read_text("utf-8"))["curve"], np.float64).reshape(-1, 3)
        found.append(Curve(rows[:, 1], rows[:, 0], rows[:, 2]))
    return found


def blocks(runs: Sequence[Run], out: Path, episodes: int, threads: int | None, drawn: bool) -> dict[str, str]:
    """Everything that stands on the page."""
    kinds = kinds_of(runs, out, episodes, threads)
    told = {name: baselines(TASKS[name], out, episodes, threads) for name in {kind.task for kind in kinds}}
    found = {
        "results": results(kinds, told),
        "speed": speed(kinds, told),
        "reached": reached(kinds, told),
        "ablations": ablations(kinds),
        "integers": integers(kinds),
    }
    return found | (pictures(runs, out, told) if drawn else {})


def listed(runs: Sequence[Run], out: Path) -> str:
    """A line a run: whether it is done, and about how long it takes."""
    lines, left = [], 0.0
    for run in runs:
        report = run.report(out)
        minutes = run.steps / RATE / 60
        left += 0.0 if report else minutes
        state = f"done in {report['seconds'] / 60:.1f} min" if report else f"about {minutes:.1f} min"
        lines.append(f"{run.name:45s} {state}")
    return "\n".join([*lines, f"{len(runs)} runs, about {left:,.0f} minutes left at {RATE:,} agent-steps a second"])


def do_all(runs: Sequence[Run], out: Path, jobs: int, threads: int | None) -> int:
    """Every run that is not done in a process of its own; how many failed."""
    todo = [run for run in runs if run.report(out) is None]

    def one(run: Run) -> int:
        print(f"{run.name} begins", file=sys.stderr, flush=True)
        command = [sys.executable, __file__, "--do", run.name, "--out", str(out)]
        code = subprocess.run(command + (["--threads", str(threads)] if threads else []), check=False).returncode
        print(f"{run.name} {'is done' if code == 0 else f'failed with {code}'}", file=sys.stderr, flush=True)
        return int(code != 0)

    with ThreadPoolExecutor(jobs) as pool:
        return sum(pool.map(one, todo))


def named(name: str) -> Run:
    """The run of a name."""
    parts = name.rsplit("-", 2)
    task, _, variant = parts[0].partition("-")
    known = len(parts) == 3 and task in RECIPES and variant in VARIANTS and parts[1].isdecimal() and parts[2][1:].isdecimal()
    if not known:
        raise SystemExit(f"there is no run {name!r}: --list names them")
    return Run(task, variant, int(parts[1]), int(parts[2][1:]))


def main(arguments: list[str] | None = None) -> None:
    """Do what is not done, judge it, and print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="name the runs and do nothing")
    parser.add_argument("--only", choices=list(TASKS), action="append", help="a task (can be given again)")
    parser.add_argument("--variant", choices=list(VARIANTS), action="append", help=f"can be given again; {WHOLE} is the recipe")
    parser.add_argument("--seeds", type=int, default=5, help="of training, 1 and up (default: %(default)s)")
    parser.add_argument("--steps", type=int, help="of every run, instead of what the recipes say")
    parser.add_argument("--episodes", type=int, default=1024, help="lives to judge a policy by (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time (default: %(default)s)")
    parser.add_argument("--threads", type=int, help="of each run; all usable cores by default")
    parser.add_argument("--out", type=Path, default=OUT, help="where runs are (default: %(default)s)")
    parser.add_argument("--tables", action="store_true", help="of what is done, without doing more")
    parser.add_argument("--write", action="store_true", help="put tables and pictures into docs/LEARNING.md")
    parser.add_argument("--do", metavar="RUN", help="one run alone, in this process")
    given = parser.parse_args(arguments)
    if given.do:
        torch.set_num_threads(1)
        do(named(given.do), given.out, given.threads, said)
        return
    runs = table(given.only or list(RECIPES_OF_TASKS), given.seeds, given.steps, given.variant)
    if given.list:
        print(listed(runs, given.out))
        return
    failed = 0 if given.tables else do_all(runs, given.out, given.jobs, given.threads)
    found = blocks(runs, given.out, given.episodes, given.threads, given.write)
    if given.write:
        write_whole(PAGE, [filled(PAGE.read_text("utf-8"), found).encode()])
    else:
        print("\n\n".join(f"## {name}\n\n{text}" for name, text in found.items()))
    if failed:
        raise SystemExit(f"{failed} runs failed: the same command does them again")


def said(row: dict[str, float]) -> None:
    """How a run goes, now and then."""
    if int(row["steps"]) // 1_000_000 > (int(row["steps"]) - int(row["steps_per_s"])) // 1_000_000:
        print(
            f"  {row['steps']:>12,.0f} steps  return {row['return']:.3f}  score {row['score']:.1f} %", file=sys.stderr, flush=True
        )


#: Tasks that have a recipe, in their order; recipes of other names are for comparisons.
RECIPES_OF_TASKS = [name for name in TASKS if name in RECIPES]


if __name__ == "__main__":
    main()
