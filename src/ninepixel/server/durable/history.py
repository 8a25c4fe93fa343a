"""The whole journal that a folder still holds, run again without a break: for whoever wants to see that nothing is amiss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ninepixel.server.durable.desk import Desk, receipts
from ninepixel.server.durable.disk import Disk
from ninepixel.server.durable.reading import Segment, numbers, read_segment
from ninepixel.server.durable.recovery import Report, first_usable, follows, run_again
from ninepixel.world.commands import Command
from ninepixel.world.state import State
from ninepixel.world.store.errors import BadSave, shown
from ninepixel.world.store.replay import UniverseLike

U = TypeVar("U", bound=UniverseLike)


@dataclass(slots=True)
class History:
    """What was found by running a journal again.

    :ivar receipts: how often each ``(account, seq)`` was applied; 0 is no client's number, but the server's own doing.
    :ivar how: from which snapshot to which tick, and how many marks were compared.
    """

    desk: Desk
    how: Report
    receipts: Counter[tuple[int, int]] = field(default_factory=Counter)

    @property
    def twice(self) -> list[tuple[int, int]]:
        """What was applied more than once."""
        return [receipt for receipt, times in self.receipts.items() if times > 1]


def segments_of(folder: Path) -> list[Segment]:
    """The segments of *folder* that follow one another up to the newest, oldest first. A server may be writing the newest.

    :raises StoreError: when one cannot be read.
    """
    found = list[Segment]()
    for number in reversed(numbers(Disk(), folder)):
        segment = read_segment(folder, number)
        if found and (segment.number != found[0].number - 1 or not follows(found[0], segment)):
            break
        found.insert(0, segment)
    return found


def run_history(
    folder: Path, make: Callable[[State], U], on_tick: Callable[[U, list[Command]], object] | None = None
) -> tuple[U, History]:
    """Run the journal of *folder* again from the oldest snapshot to the end, through all segments, and compare every mark.

    :param make: makes a universe that owns the state it is given.
    :param on_tick: called after every tick, with the commands that led to it.
    :raises BadSave: when a tick is missing or does not come out the same, or nothing is there.
    """
    segments = segments_of(folder)
    start = first_usable(segments)
    if start is None:
        raise BadSave(f"{shown(folder)}: it holds no journal that begins with a snapshot")
    universe = make(start.state)
    history = History(start.desk, Report(start.segment.number, universe.tick, universe.tick))

    def seen(commands: list[Command]) -> None:
        history.receipts.update((account, seq) for account, seq, _ in receipts(commands) if seq)
        if on_tick is not None:
            on_tick(universe, commands)

    stopped = run_again(universe, start.desk, segments[segments.index(start.segment) :], history.how, seen)
    if stopped is not None:
        raise BadSave(stopped)
    history.how.tick = universe.tick
    return universe, history
