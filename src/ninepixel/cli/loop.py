"""Many ticks in a row, until they are done or somebody has had enough."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ninepixel.cli.report import Progress
from ninepixel.server.pace import Pace
from ninepixel.world.universe import Universe


class Stop:
    """Set by the first Ctrl-C (or SIGTERM): stop after this tick. The second one interrupts at once."""

    def __init__(self) -> None:
        self.signal = 0

    def __bool__(self) -> bool:
        return self.signal != 0

    @property
    def exit_code(self) -> int:
        """What a shell expects of a program that a signal ended: 130 for Ctrl-C; 0 when none came."""
        return 128 + self.signal if self.signal else 0


@contextmanager
def stopping() -> Iterator[Stop]:
    """Within the block the first SIGINT or SIGTERM only sets the flag, so that what was done can still be saved."""
    stop = Stop()

    def note(number: int, _: Any) -> None:
        if stop:
            raise KeyboardInterrupt
        stop.signal = number

    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread may take signals
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Beat:
    """Ticks so many times a second, and remembers how late each tick began.

    :param rate: ticks a second; None: as fast as it goes.
    """

    def __init__(self, rate: float | None) -> None:
        self._pace = None if rate is None else Pace(rate, time.perf_counter())
        self._late = list[float]()

    def wait(self) -> None:
        """Wait until the next tick is due. One that comes more than a period late is not made up for."""
        if self._pace is None:
            return
        left = self._pace.due - time.perf_counter()
        if left > 0:
            time.sleep(left)
        self._late.append(self._pace.start(time.perf_counter()))

    def take(self) -> dict[str, float]:
        """How late ticks began since the last call, milliseconds; nothing where nobody waits."""
        if not self._late:
            return {}
        late = np.asarray(self._late) * 1e3
        self._late = []
        middle, most, worst = np.percentile(late, [50, 99, 100]).round(3).tolist()
        return {"late_p50_ms": middle, "late_p99_ms": most, "late_max_ms": worst}


@dataclass(frozen=True, slots=True)
class Ran:
    """How it went: ticks done, and ticks a second while they ran."""

    ticks: int
    seconds: float

    @property
    def ticks_per_s(self) -> float:
        """Ticks a second, 0 when there were none."""
        return self.ticks / self.seconds if self.ticks and self.seconds > 0 else 0.0


def run_ticks(
    universe: Universe,
    ticks: int,
    step: Callable[[], None],
    stop: Stop,
    every: int = 0,
    on_every: Callable[[], None] = lambda: None,
) -> Ran:
    """Take *ticks* ticks, calling *on_every* after each *every*-th; ends early when *stop* is set."""
    start, begin = time.perf_counter(), universe.tick
    with Progress("running", ticks) as progress:
        for done in range(1, ticks + 1):
            if stop:
                break
            step()
            if every and done % every == 0:
                on_every()
            progress.to(done)
    universe.held()  # waits for the device, so that the rate is honest
    return Ran(universe.tick - begin, time.perf_counter() - start)
