"""The interpreter's garbage collector, at times of our choosing: a little after every tick, and never in the middle of one.

Left to itself it stops every thread whenever enough objects have been made, for ten milliseconds and more, and a tick that is due
comes late.
"""

from __future__ import annotations

import gc
from types import TracebackType

#: New objects from which on the young ones are looked at; rounds after which the middle ones are, too; and all of them.
YOUNG, MIDDLE, OLD = 500, 50, 2000


class Collector:
    """Takes the collector over while it is entered. What there is at that time is not looked at until the end."""

    def __init__(self) -> None:
        self._rounds = 0

    def __enter__(self) -> Collector:
        gc.collect()
        gc.freeze()
        gc.disable()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        gc.enable()
        gc.unfreeze()

    def rest(self) -> None:
        """There is time to look for garbage now."""
        if gc.get_count()[0] < YOUNG:
            return
        self._rounds += 1
        gc.collect(2 if self._rounds % OLD == 0 else 1 if self._rounds % MIDDLE == 0 else 0)
