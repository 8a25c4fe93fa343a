"""Running a recorded universe again: to watch it, and to see that it comes out the same to the bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ninepixel.world.commands import BadCommand, Command
from ninepixel.world.digest import digest
from ninepixel.world.state import State
from ninepixel.world.store.compare import Difference, compare
from ninepixel.world.store.diagnose import differing_mark
from ninepixel.world.store.errors import Impossible
from ninepixel.world.store.frames import FrameRef, Torn
from ninepixel.world.store.journal import Mark
from ninepixel.world.store.save import Event, Save


class UniverseLike(Protocol):
    """What can be replayed: anything that takes commands and shows its state."""

    @property
    def tick(self) -> int:
        """Ticks since genesis."""

    def step(self, commands: Sequence[Command] = ()) -> object:
        """Advance by one tick."""

    def pull(self) -> State:
        """The state as it is now."""


U = TypeVar("U", bound=UniverseLike)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What :func:`verify` found.

    :param ok: whether everything that the file knows came out the same.
    :param begin, end: the ticks of genesis and of the last state that was reached.
    :param marks, snapshots: how many of each were compared.
    :param first_difference: the first value that differs, None when none does.
    :param torn: what the file had lost at its end; the rest was verified.
    """

    ok: bool
    begin: int
    end: int
    marks: int
    snapshots: int
    first_difference: Difference | None = None
    torn: Torn | None = None

    @property
    def ticks(self) -> int:
        """How many ticks were run again."""
        return self.end - self.begin

    def as_dict(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        first = self.first_difference
        return {
            "ok": self.ok,
            "begin": self.begin,
            "end": self.end,
            "ticks": self.ticks,
            "marks": self.marks,
            "snapshots": self.snapshots,
            "first_difference": None if first is None else first.as_dict(),
            "torn": None if self.torn is None else str(self.torn),
        }

    def __str__(self) -> str:
        checked = f"{self.ticks} ticks run again, {self.marks} marks and {self.snapshots} snapshots compared"
        lost = "" if self.torn is None else f"; the file is {self.torn}"
        if self.first_difference is None:
            return f"the same to the bit: {checked}{lost}"
        return f"differs at {self.first_difference} ({checked}{lost})"


def replay(
    file: Path, make_universe: Callable[[State], U], on_tick: Callable[[U], object] | None = None, *, recover: bool = False
) -> U:
    """Run the universe of *file* again from its genesis to its end, and return it.

    :param make_universe: makes a universe that owns the state it is given.
    :param on_tick: called at genesis and after every tick.
    :raises BadSave: when the file is damaged, or of an older format.
    """
    with Save(file, recover=recover) as save:
        save.ensure_current()
        universe = make_universe(save.state(save.snapshots[0]))
        for _ in _checkpoints(save, universe, on_tick or _ignore, prints=False):
            pass
        return universe


def verify(
    file: Path, make_universe: Callable[[State], U], on_tick: Callable[[U], object] | None = None, *, recover: bool = False
) -> Verdict:
    """Run the universe of *file* again and compare it with every mark and snapshot on the way; stop at the first difference.

    With a mark at every tick the difference is named at the very tick; with fewer, :attr:`Difference.since` says when the two
    were last seen to be equal.

    :raises BadSave: when the file is damaged, or of an older format.
    """
    with Save(file, recover=recover) as save:
        save.ensure_current()
        begin = save.snapshots[0].tick
        universe = make_universe(save.state(save.snapshots[0]))
        marks = snapshots = 0
        since, difference = begin, None
        try:
            for event in _checkpoints(save, universe, on_tick or _ignore, prints=True):
                if isinstance(event.what, Mark):
                    marks += 1
                    difference = _at_mark(save, event.what, universe)
                elif isinstance(event.what, FrameRef):
                    snapshots += 1
                    difference = _at_snapshot(save.state(event.what, to_run=False), universe)
                if difference is not None:
                    break
                since = event.tick
        except BadCommand as e:
            difference = Difference(universe.tick, "journal", column="command", expected="accepted", got=str(e))
        if difference is not None:
            difference = replace(difference, since=since)
        return Verdict(difference is None, begin, universe.tick, marks, snapshots, difference, save.torn)


def _checkpoints(save: Save, universe: U, on_tick: Callable[[U], object], *, prints: bool) -> Iterator[Event]:
    """Step *universe* through the journal; stop at every mark and snapshot, when its tick has come, to be looked at."""
    begin, waiting = save.snapshots[0].tick, list[Command]()
    if universe.tick != begin:
        raise Impossible(f"the universe begins at tick {universe.tick}, the record at {begin}")
    on_tick(universe)
    end = begin
    for event in save.events(prints=prints):
        _run_to(universe, event.tick, waiting, on_tick)
        if isinstance(event.what, list):
            waiting += event.what
            end = event.tick + 1  # commands are recorded just before the tick that applies them
        else:
            yield event
    _run_to(universe, max(end, save.end or 0), waiting, on_tick)


def _run_to(universe: U, tick: int, waiting: list[Command], on_tick: Callable[[U], object]) -> None:
    while universe.tick < tick:
        before = universe.tick
        universe.step(list(waiting))
        if universe.tick != before + 1:
            raise Impossible(f"a step led from tick {before} to {universe.tick}")
        waiting.clear()
        on_tick(universe)


def _at_mark(save: Save, mark: Mark, universe: UniverseLike) -> Difference | None:
    got = universe.pull()
    found = differing_mark(mark, got)
    if found is None:
        return None
    for ref in save.snapshots[1:]:
        if ref.tick == mark.tick:  # the whole state of that tick is in the file: every value can be told
            return _at_snapshot(save.state(ref, to_run=False), universe) or found
    return found


def _at_snapshot(expected: State, universe: UniverseLike) -> Difference | None:
    got = universe.pull()
    if digest(expected) == digest(got):
        return None
    return next(iter(compare(expected, got, limit=1)), None) or Difference(
        got.tick, "world", column="digest", expected=digest(expected), got=digest(got)
    )


def _ignore(universe: UniverseLike) -> None:
    """Nobody watches."""
