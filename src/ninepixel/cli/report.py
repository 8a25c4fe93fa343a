"""What the program says: rows of JSON or of text on stdout; logs, errors and progress on stderr."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import click

#: Seconds between two lines of progress when stderr is no terminal.
PLAIN_SECONDS = 5.0

log = logging.getLogger("ninepixel")


def set_up_logging(debug: bool) -> None:
    """Send the package's log to stderr: warnings and news, or everything with *debug*."""
    for old in list(log.handlers):
        log.removeHandler(old)
    handler: logging.Handler
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.logging import RichHandler

        handler = RichHandler(console=Console(stderr=True), show_path=debug, show_time=debug, markup=False)
    else:
        handler = _Stderr()
        handler.setFormatter(logging.Formatter("ninepixel: %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.DEBUG if debug else logging.INFO)
    log.propagate = False


class _Stderr(logging.Handler):
    """Writes to whatever stderr is at the moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; a closed stderr is no reason to stop."""
        try:
            print(self.format(record), file=sys.stderr, flush=True)
        except OSError:
            self.handleError(record)


def row(data: Mapping[str, Any]) -> None:
    """One JSON object on one line of stdout."""
    click.echo(json.dumps(data, ensure_ascii=False, separators=(", ", ": "), default=str).encode("utf-8", "backslashreplace"))


def ledger_row(totals: Mapping[str, int], held: Mapping[str, int], expected: Mapping[str, int]) -> dict[str, Any]:
    """The ledger as it is reported: totals since genesis, what is held now, and whether the two agree to the unit.

    :param held: by quantity (energy, coins, loot), as is *expected*; ``held`` in what is reported is the energy.
    """
    return {**totals, **{"held" if k == "energy" else k: v for k, v in held.items()}, "balanced": held == expected}


class Progress:
    """A bar on a terminal, else a line now and then. A context manager.

    :param title: what is being done. :param total: how many units there are, None when nobody knows.
    :param unit: what is counted.
    """

    def __init__(self, title: str, total: int | None = None, unit: str = "ticks") -> None:
        self.title, self.total, self.unit = title, total, unit
        self.done = 0
        self._start = self._said = time.perf_counter()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        self._start = self._said = time.perf_counter()
        if sys.stderr.isatty():
            self._bar = _bar(self.unit)
            self._bar.start()
            self._task = self._bar.add_task(self.title, total=self.total, rate="")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def rate(self) -> float:
        """Units a second since the start."""
        return self.done / max(time.perf_counter() - self._start, 1e-9)

    def to(self, done: int) -> None:
        """*done* units are done now."""
        self.done = done
        if self._bar is not None:
            self._bar.update(self._task, completed=done, rate=f"{self.rate:,.0f} {self.unit}/s")
        elif time.perf_counter() - self._said >= PLAIN_SECONDS:
            self._said = time.perf_counter()
            of = f" of {self.total:,}" if self.total is not None else ""
            log.info("%s: %s%s %s, %s a second", self.title, f"{done:,}", of, self.unit, f"{self.rate:,.0f}")

    def advance(self, units: int = 1) -> None:
        """*units* more are done."""
        self.to(self.done + units)


def _bar(unit: str) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    return RichProgress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
