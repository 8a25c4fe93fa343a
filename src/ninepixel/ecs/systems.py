"""The order in which systems run, checked against what they read and write.

A system declares the columns it reads and writes and which systems it comes *after*. When one system writes what another reads
or writes, their order is part of the law, so it must have been said: a :class:`Schedule` with an unsaid order is refused
(:class:`AmbiguousOrder`). Two systems that touch nothing in common need no order, and run as declared.

A name covers everything below it: ``"bodies"`` speaks of every column of the table, ``"bodies.x"`` of one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Context = TypeVar("Context")


class BadSchedule(ValueError):
    """These systems do not make a schedule; the message says which and why."""


class DuplicateSystem(BadSchedule):
    """Two systems have one name."""


class UnknownSystem(BadSchedule):
    """A system wants to come after one that does not exist."""


class OrderCycle(BadSchedule):
    """Some systems each want to come after the other."""


class AmbiguousOrder(BadSchedule):
    """Two systems touch one column, one of them writes it, and nobody said which comes first."""


@dataclass(frozen=True)
class System(Generic[Context]):
    """One step of the tick.

    :param name: unique in its schedule.
    :param reads: the columns it reads, such as ``"bodies.x"``.
    :param writes: the columns it writes (and may read).
    :param run: what it does, given the schedule's context.
    :param after: names of the systems that must have run before it.
    """

    name: str
    reads: Collection[str]
    writes: Collection[str]
    run: Callable[[Context], object]
    after: Collection[str] = ()

    def __post_init__(self) -> None:
        for what in ("reads", "writes", "after"):
            if isinstance(getattr(self, what), str):
                raise BadSchedule(f"{what} of system {self.name!r} is a collection of names, not one string")

    def conflict(self, other: System[Context]) -> str | None:
        """The first column (by name) that one of the two writes while the other reads or writes it, or None."""
        mine, theirs = {*self.reads, *self.writes}, {*other.reads, *other.writes}
        shared = {_overlap(a, b) for a in self.writes for b in theirs} | {_overlap(a, b) for a in mine for b in other.writes}
        return min((column for column in shared if column is not None), default=None)


class Schedule(Generic[Context]):
    """Systems in the one order that their declarations allow, as declared where they leave it open.

    :raises BadSchedule: by its subclasses, when the declarations contradict each other or leave a conflict unordered.
    """

    def __init__(self, systems: Iterable[System[Context]]) -> None:
        declared = list(systems)
        by_name = _by_name(declared)
        self.systems: tuple[System[Context], ...] = tuple(_sorted(declared))
        _check_conflicts(self.systems, by_name)

    def run(self, context: Context) -> None:
        """Run every system once, in order."""
        for system in self.systems:
            system.run(context)

    def describe(self) -> list[str]:
        """One line a system, in the order in which they run, for people."""
        width = max((len(s.name) for s in self.systems), default=0)
        lines = []
        for i, s in enumerate(self.systems, 1):
            reads, writes = (", ".join(sorted(names)) or "nothing" for names in (s.reads, s.writes))
            lines.append(f"{i}. {s.name:<{width}}  reads {reads}; writes {writes}")
        return lines


def _overlap(a: str, b: str) -> str | None:
    """The narrower of two names when one covers the other."""
    if a == b or a.startswith(b + "."):
        return a
    return b if b.startswith(a + ".") else None


def _by_name(systems: Sequence[System[Context]]) -> dict[str, System[Context]]:
    by_name: dict[str, System[Context]] = {}
    for system in systems:
        if system.name in by_name:
            raise DuplicateSystem(f"two systems are called {system.name!r}")
        by_name[system.name] = system
    for system in systems:
        for before in system.after:
            if before not in by_name:
                raise UnknownSystem(f"system {system.name!r} comes after {before!r}, which does not exist")
    return by_name


def _sorted(systems: Sequence[System[Context]]) -> list[System[Context]]:
    """Kahn's algorithm; among the systems that are ready, the one declared first."""
    done: dict[str, System[Context]] = {}
    waiting = list(systems)
    while waiting:
        ready = next((s for s in waiting if all(before in done for before in s.after)), None)
        if ready is None:
            raise OrderCycle(f"these systems wait for each other: {', '.join(s.name for s in waiting)}")
        waiting.remove(ready)
        done[ready.name] = ready
    return list(done.values())


def _check_conflicts(ordered: Sequence[System[Context]], by_name: dict[str, System[Context]]) -> None:
    """Refuse the first pair that conflicts without one being, through any chain of ``after``, behind the other."""
    behind: dict[str, set[str]] = {}
    for system in ordered:
        behind[system.name] = set(system.after).union(*(behind[name] for name in system.after))
    names = list(by_name)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            column = by_name[first].conflict(by_name[second])
            if column is not None and first not in behind[second] and second not in behind[first]:
                raise AmbiguousOrder(f"{first!r} and {second!r} both touch {column!r} and nobody said which comes first")
