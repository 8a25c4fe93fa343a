"""``ninepixel bench learn``: universes that learn and their frozen twins, each a process, side by side."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from ninepixel.agents.learning.online.twins import Pair, Verdict, draw, table
from ninepixel.cli.headless import MINUTE
from ninepixel.cli.report import Progress, log
from ninepixel.world.store.files import write_whole

REPORT, PICTURE = "twins.json", "twins.png"
#: Where a page shows the table.
BEGIN, END = "<!-- twins -->", "<!-- end of twins -->"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared.

    :param minutes: of the universe: of 1,200 ticks each. :param seed: of the first pair; the others follow.
    :param rate: ticks a second of all universes, 0 for as fast as it goes.
    :param together: pairs that run at a time. :param more: other options of ``ninepixel run``, for both kinds.
    """

    policy: str
    out: Path
    pairs: int = 5
    minutes: int = 30
    minds: int = 48
    seed: int = 1
    rate: float = 20.0
    together: int = 5
    settings: tuple[str, ...] = ()
    more: tuple[str, ...] = field(default=())

    def command(self, seed: int, learn: bool) -> list[str]:
        """What runs one universe."""
        told = ["run", "--still", "--json", "--ticks", self.minutes * MINUTE, "--rate", self.rate, "--minds", self.minds]
        told += ["--policy", self.policy, "--seed", seed, "--settlers", self.minds // 2, *self.more]
        if learn:
            told += ["--learn", "--learn-out", self.out / f"{seed}.policy"]
            for text in self.settings:
                told += ["--learn-set", text]
        return [sys.executable, "-m", "ninepixel", *map(str, told)]


def compare(plan: Plan) -> Verdict:
    """Run all pairs and see what comes of them.

    :raises ClickException: when a universe fails; what it said is in the folder.
    """
    seeds = [plan.seed + pair for pair in range(plan.pairs)]
    total = plan.pairs * plan.minutes * 2
    with Progress("twins", total, "minutes of universes") as progress:
        for first in range(0, plan.pairs, plan.together):
            _live(plan, seeds[first : first + plan.together], progress, 2 * plan.minutes * first)
    return Verdict.of([_pair(plan, seed) for seed in seeds])


def write(plan: Plan, verdict: Verdict, page: Path | None) -> None:
    """The report, the picture, and the table into a page, if there is one.

    :raises StoreError: when they cannot be written.
    """
    about = {"minds": plan.minds, "rate": plan.rate, "policy": Path(plan.policy).name, "settings": list(plan.settings)}
    write_whole(plan.out / REPORT, [json.dumps({**about, **verdict.plain()}).encode(), b"\n"])
    try:
        write_whole(plan.out / PICTURE, [draw(verdict, f"{plan.pairs} pairs, {plan.minds} minds, {plan.rate:g} ticks a second")])
    except ImportError:
        log.warning("%s is not drawn, because matplotlib is not installed: pip install matplotlib", PICTURE)
    if page is not None:
        check_page(page)  # half an hour has passed
        before, rest = page.read_text(encoding="utf-8").split(BEGIN)
        write_whole(page, [f"{before}{BEGIN}\n{table(verdict)}\n{END}{rest.split(END)[1]}".encode()])


def check_page(page: Path | None) -> None:
    """Find out before a long run that a page has no place for the table.

    :raises ClickException: then.
    """
    if page is None:
        return
    text = page.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise click.ClickException(f"{page} has no place for the table: {BEGIN} and {END} on lines of their own")


def _live(plan: Plan, seeds: Sequence[int], progress: Progress, done: int) -> None:
    """Run some pairs at a time, to their end."""
    with contextlib.ExitStack() as stack:
        which = [(seed, learn) for learn in (True, False) for seed in seeds]
        running = [stack.enter_context(_process(plan, seed, learn)) for seed, learn in which]
        while any(process.poll() is None for process in running):
            time.sleep(0.5)
            for (seed, learn), process in zip(which, running, strict=True):
                if process.poll() not in (None, 0):
                    raise click.ClickException(f"a universe failed: {_last_line(_file(plan, seed, learn).with_suffix('.log'))}")
            progress.to(done + sum(_minutes(_file(plan, seed, learn)) for seed, learn in which))


@contextlib.contextmanager
def _process(plan: Plan, seed: int, learn: bool) -> Iterator[subprocess.Popen[bytes]]:
    """One universe, whose rows and whose log go to files; it is ended with the block."""
    file = _file(plan, seed, learn)
    with file.open("wb") as rows, file.with_suffix(".log").open("wb") as said:
        process = subprocess.Popen(plan.command(seed, learn), stdout=rows, stderr=said, stdin=subprocess.DEVNULL)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait()


def _pair(plan: Plan, seed: int) -> Pair:
    told: list[Any] = []
    for learn in (True, False):
        rows = [json.loads(line) for line in _file(plan, seed, learn).read_text().splitlines()]
        told.append(([row for row in rows if row["event"] == "minute"], rows[-1]))
    (learning, learning_end), (frozen, frozen_end) = told
    return Pair(seed, learning, frozen, learning_end, frozen_end)


def _file(plan: Plan, seed: int, learn: bool) -> Path:
    return plan.out / f"{seed}-{'learning' if learn else 'frozen'}.jsonl"


def _minutes(file: Path) -> int:
    with contextlib.suppress(OSError):
        return file.read_bytes().count(b'"event": "minute"')
    return 0


def _last_line(file: Path) -> str:
    lines = file.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
