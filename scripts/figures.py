"""Measure this machine and print the README's table of figures; with ``--write``, put it into the README.

Arguments after ``--`` choose single benches: ``scripts/figures.py -- physics --bodies 1000``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- figures -->\n", "<!-- /figures -->\n"
BENCHES = (
    *(["physics"], ["fields"], ["env"], ["policy"], ["train"], ["render"], ["scan"], ["server"]),
    ["recovery", "--kills", "20"],
)
PINNED = ("bench", "metric", "value", "unit", "min", "max", "n", "backend")


def measure(benches: Iterable[list[str]]) -> Iterator[dict[str, Any]]:
    """Rows of every bench, each in a process of its own; progress goes to stderr."""
    for arguments in benches:
        command = [sys.executable, "-m", "ninepixel", "bench", *arguments, "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", file=sys.stderr)
                yield json.loads(line)
        if process.returncode != 0:
            raise SystemExit(process.returncode)


def table(rows: Iterable[dict[str, Any]], machine: str) -> str:
    """Markdown: one line a figure."""
    lines = [
        f"Measured {date.today().isoformat()} on {machine}.\n\n",
        "| what | median | from .. to | n | on | of |\n| --- | ---: | ---: | ---: | --- | --- |\n",
    ]
    for row in rows:
        where = str(row["backend"])
        if row.get("threads"):
            where += f", {row['threads']} threads"
        where += "".join(f", {row[name]}" for name in ("device", "renderer") if row.get(name))
        known = (*PINNED, "threads", "device", "renderer")
        of = ", ".join(f"{plain(value)} {name}" for name, value in row.items() if name not in known and value is not None)
        figure = f"{plain(row['value'])} {row['unit']} | {plain(row['min'])} .. {plain(row['max'])} | {row['n']}"
        lines.append(f"| {row['bench']} `{row['metric']}` | {figure} | {where} | {of} |\n")
    return "".join(lines)


def plain(value: Any) -> str:
    """Three digits that count, thousands apart."""
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def machine_name() -> str:
    """Processor and cores: what figures depend on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores ({names[0] if names else 'a processor without a name'})"


def main(arguments: list[str]) -> None:
    """Measure, print, and write when asked to."""
    write = "--write" in arguments
    chosen = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    made = table(measure([chosen] if chosen else BENCHES), machine_name())
    print(made)
    if write:
        text = README.read_text("utf-8")
        head, tail = text.partition(BEGIN)[0], text.partition(END)[2]
        if not tail:
            raise SystemExit("the README has no place for figures")
        README.write_text(head + BEGIN + "\n" + made + "\n" + END + tail, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
