"""A process that only waits for the next beat: how late anything at all is on this machine, while a server is measured on it."""

from __future__ import annotations

import time
from statistics import quantiles

#: Beats a second.
BEATS = 100


def lateness(seconds: float) -> float:
    """The 99th percentile of how late a process is that has nothing to do, ms."""
    late = list[float]()
    due = time.monotonic()
    for _ in range(max(2, round(seconds * BEATS))):
        due += 1 / BEATS
        time.sleep(max(0.0, due - time.monotonic()))
        late.append((time.monotonic() - due) * 1e3)
    return quantiles(late, n=100)[-1]
