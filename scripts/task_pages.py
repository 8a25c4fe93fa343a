"""Measure both baselines in the four tasks and write the tables of docs/tasks: numbers, achievements, scores.

``python scripts/task_pages.py --write`` renews the pages; without it the tables go to stdout. The same figures a row at a time:
``ninepixel evaluate random|scripted --task TASK --episodes N --seed S --json``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ninepixel.agents.score import BASELINES, EVALUATION_SEEDS, HELD_OUT_SEEDS, Lives, counted, live, report
from ninepixel.agents.tasks import LIMITS, TASKS, Task
from ninepixel.world.laws.lives import DEEDS
from ninepixel.world.life.senses import AT, OWN, RETINA_BYTES

PAGES = Path(__file__).resolve().parent.parent / "docs" / "tasks"
SETS = {"evaluation": EVALUATION_SEEDS, "held-out": HELD_OUT_SEEDS}
MEANING = {
    "agents": "minds led from outside in every world",
    "spare": "open slots beside them, into which eggs hatch",
    "guardians": "guardians, at the heaviest matter",
    "side": "cells along one side of the world, a power of two",
    "fountains": "matter of one colour each",
    "files": "files of the synthetic host",
    "motes": "free matter that swarms",
    "coins": "coins that lie about at first",
    "loot": "pieces of loot that lie about at first",
    "buried": "how many of these are under the ground",
    "things": "room for coins, loot, shots and eggs",
    "horizon": "ticks after which the world ends",
}


def options_table(task: Task) -> str:
    """Every number that can be chosen."""
    rows = [
        f"| `{name}` | {getattr(task, name):,} | {low:,} to {high:,} | {MEANING[name]} |" for name, (low, high) in LIMITS.items()
    ]
    return "\n".join(["| option | here | possible | what |", "| --- | --- | --- | --- |", *rows])


def own_table() -> str:
    """The bytes behind the nine-pixel octaves."""
    rows = [f"| {AT[name]}" + (f" .. {AT[name] + size - 1}" if size > 1 else "") + f" | `{name}` |" for name, size in OWN]
    return "\n".join(["| byte | name |", "| --- | --- |", *rows, "", f"{RETINA_BYTES} bytes in all."])


def deeds_table(task: Task, lives: dict[str, Lives]) -> str:
    """The achievements that count, and how many lives reach them."""
    rows = []
    for i in counted(task):
        rates = " | ".join(f"{100 * lives[policy].deeds[:, i].mean():.1f}" for policy in BASELINES)
        rows.append(f"| {DEEDS[i].tier} | `{DEEDS[i].name}` | {DEEDS[i].what} | {rates} |")
    heads = " | ".join(f"{policy}, %" for policy in BASELINES)
    return "\n".join([f"| tier | name | to reach it | {heads} |", "| --- | --- | --- | --- | --- |", *rows])


def scores_table(rows: list[tuple[str, str, dict[str, Any]]], episodes: int) -> str:
    """Scores, returns and ages with their intervals."""
    lines = [
        f"| {name} | {policy} | {row['metric']} | {row['value']:.2f} | {row['low']:.2f} .. {row['high']:.2f} |"
        for name, policy, row in rows
    ]
    head = ["| seeds | policy | figure | value | 95 % interval |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *lines, "", f"{episodes:,} lives each."])


def blocks(task: Task, episodes: int) -> dict[str, str]:
    """The tables of one page."""
    rows, first = [], dict[str, Lives]()
    for name, seeds in SETS.items():
        for policy, role in BASELINES.items():
            lives = live(task, role, episodes, seed=seeds.start)
            if name == "evaluation":
                first[policy] = lives
            rows += [(name, policy, row) for row in report(task, lives) if not row["metric"].startswith("success")]
    return {
        "options": options_table(task),
        "own": own_table(),
        "achievements": deeds_table(task, first),
        "scores": scores_table(rows, episodes),
    }


def filled(page: str, tables: dict[str, str]) -> str:
    """The page with its tables: each stands between two comments that name it."""
    for name, text in tables.items():
        before, begins, rest = page.partition(f"<!-- {name} -->\n")
        _, ends, after = rest.partition(f"<!-- end of {name} -->")
        if not (begins and ends):
            raise SystemExit(f"the page has no place for the table {name}")
        page = f"{before}{begins}{text}\n{ends}{after}"
    return page


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=1024)
    parser.add_argument("--task", choices=list(TASKS), action="append")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(arguments)
    for name in given.task or TASKS:
        tables = blocks(TASKS[name], given.episodes)
        page = PAGES / f"{name}.md"
        if given.write:
            page.write_text(filled(page.read_text("utf-8"), tables), "utf-8")
        else:
            print(f"# {name}\n\n" + "\n\n".join(tables.values()))


if __name__ == "__main__":
    main()
