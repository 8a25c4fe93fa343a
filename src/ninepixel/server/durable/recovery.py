"""Recovery: the newest snapshot that is whole, and every tick since, run again.

A snapshot that is damaged costs time: the one before it and a longer replay lead to the same state. A tick that is missing costs
what came after it, so nothing is guessed then: recovery refuses, and says what is missing, where, and what can be done.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from ninepixel.server.durable.desk import Desk
from ninepixel.server.durable.disk import Disk
from ninepixel.server.durable.reading import Segment, numbers, read_segment
from ninepixel.world.commands import BadCommand, Command
from ninepixel.world.digest import Digester, joined
from ninepixel.world.state import State
from ninepixel.world.store.errors import BadSave, NewerFormat, OlderFormat, shown
from ninepixel.world.store.frames import FrameRef
from ninepixel.world.store.journal import Mark, unpack_journal, unpack_mark
from ninepixel.world.store.replay import UniverseLike
from ninepixel.world.store.snapshot import unpack_snapshot

U = TypeVar("U", bound=UniverseLike)
Event = tuple[Segment, FrameRef, Mark | tuple[int, list[Command]]]
CHOICE = "to give up what comes after it, start once more with --cut; the damaged files are set aside, not deleted"


class Unrecoverable(BadSave):
    """What is left does not lead to the newest state that was acknowledged. The message says where, and what can be done."""


@dataclass(slots=True)
class Report:
    """How a universe was recovered.

    :ivar segment: the number of the segment whose snapshot was used, and :ivar snapshot: its tick.
    :ivar tick: the tick that was reached, :ivar replayed: how many of them were run again.
    :ivar marks: digests that were compared, all equal.
    :ivar torn: bytes of a write that a crash interrupted, cut off. Nothing in them had been acknowledged.
    :ivar load, replay: seconds.
    :ivar notes: what went wrong and was got over, a line each.
    """

    segment: int
    snapshot: int
    tick: int
    replayed: int = 0
    marks: int = 0
    torn: int = 0
    load: float = 0.0
    replay: float = 0.0
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        cut = f", {self.torn} torn bytes cut off" if self.torn else ""
        took = f"{self.load + self.replay:.2f} s"
        return f"recovered tick {self.tick}: snapshot of tick {self.snapshot}, {self.replayed} ticks run again{cut}, {took}"


@dataclass(slots=True)
class Recovered(Generic[U]):
    """A universe as it was when the last commit returned (or a little later, unacknowledged), its desk, and how that was done."""

    universe: U
    desk: Desk
    how: Report

    @property
    def tick(self) -> int:
        """The tick whose commands come next."""
        return self.universe.tick

    @property
    def state(self) -> State:
        """The state; it belongs to the universe."""
        return self.universe.pull()


@dataclass(frozen=True, slots=True)
class Start:
    """Where a replay begins: the state and the desk of a segment, and the content hash of who wrote it."""

    segment: Segment
    state: State
    desk: Desk
    content: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """What recovery leaves for whoever goes on: the segments from the one that was used to the newest, and whether it was cut."""

    segments: list[Segment]
    cut: bool

    @property
    def whole(self) -> bool:
        """Whether the newest segment can be gone on with."""
        return not self.cut and len(self.segments) == 1 and self.segments[0].hole is None


def recover(
    disk: Disk, folder: Path, make: Callable[[State], U], *, content: bytes = b"", cut: bool = False
) -> tuple[Recovered[U], Found] | None:
    """The universe in *folder*, None when none was begun there.

    :param make: makes a universe that owns the state it is given.
    :param content: what the laws of this program are; b"" for do not compare.
    :param cut: go on from the last tick before what is missing, instead of raising.
    :raises Unrecoverable: when a tick is missing, or a replay does not come out the same.
    :raises NewerFormat, OlderFormat: when another version of this program wrote it.
    """
    known = numbers(disk, folder)
    if not known:
        return None
    began = time.perf_counter()
    notes = list[str]()
    start, segments = _start(folder, known, notes)
    universe = make(start.state)
    how = Report(start.segment.number, universe.tick, universe.tick, notes=notes, torn=segments[-1].torn)
    how.load = time.perf_counter() - began
    stopped = _other_laws(start, segments, content) or run_again(universe, start.desk, segments, how)
    if stopped is not None:
        if not cut:
            raise Unrecoverable(f"{stopped}; {CHOICE}")
        notes.append(f"cut at tick {universe.tick}: {stopped}")
    how.tick, how.replay = universe.tick, time.perf_counter() - began - how.load
    return Recovered(universe, start.desk, how), Found(segments, stopped is not None)


def _start(folder: Path, known: Sequence[int], notes: list[str]) -> tuple[Start, list[Segment]]:
    """The newest segment whose beginning is whole, and all from it to the newest."""
    segments, reasons = list[Segment](), list[str]()
    for number in reversed(known):
        segment = read_segment(folder, number)
        if segments and not follows(segments[0], segment):
            reasons.append(f"{shown(segment.path)} is not what came before {shown(segments[0].path)}")
            break
        segments.insert(0, segment)
        try:
            found = _beginning(segment)
        except (NewerFormat, OlderFormat):
            raise
        except BadSave as e:
            reasons.append(str(e))
            continue
        notes += [f"{reason}: a snapshot before it was used" for reason in reasons]
        return found, segments
    raise Unrecoverable(f"{shown(folder)}: no snapshot in it can be used: {'; '.join(reasons)}; restore the folder from a copy")


def first_usable(segments: Sequence[Segment]) -> Start | None:
    """The beginning of the first of *segments* that has a whole one, None when none has."""
    for segment in segments:
        try:
            return _beginning(segment)
        except (NewerFormat, OlderFormat):
            raise
        except BadSave:
            continue
    return None


def _beginning(segment: Segment) -> Start:
    snapshot, desk = segment.first("snapshot"), segment.first("desk")
    if snapshot is None or desk is None or snapshot.tick != desk.tick:
        raise BadSave(f"{shown(segment.path)}: its snapshot is damaged")
    envelope = segment.read(desk)
    state = unpack_snapshot(segment.read(snapshot))
    content = envelope.meta.get("content")
    return Start(segment, state, Desk.unpack(envelope), content if isinstance(content, bytes) else b"")


def follows(later: Segment, earlier: Segment) -> bool:
    """Whether *later* names a frame of *earlier*; where its desk is damaged nobody can tell, and the ticks must do."""
    desk = later.first("desk")
    if desk is None:
        return True
    follows = later.read(desk).meta.get("follows")
    return any(ref.checksum == follows for ref in earlier.frames)


def _other_laws(start: Start, segments: Sequence[Segment], content: bytes) -> str | None:
    """Why what follows the snapshot must not be run again by this program, None when it may."""
    if not content or not start.content or content == start.content or max(map(_ticks_end, segments)) <= start.state.tick:
        return None
    said = "was written under other laws, and these would lead elsewhere: end the universe with the version that wrote it"
    return f"{shown(start.segment.path)}: what follows tick {start.state.tick} {said}"


def _ticks_end(segment: Segment) -> int:
    """The tick after the last commands of a segment, 0 without any."""
    last = next((ref for ref in reversed(segment.frames) if ref.kind == "journal"), None)
    return 0 if last is None else unpack_journal(segment.read(last))[-1][0] + 1


def run_again(
    universe: UniverseLike,
    desk: Desk,
    segments: Sequence[Segment],
    how: Report,
    on_tick: Callable[[list[Command]], object] | None = None,
) -> str | None:
    """Run the ticks of *segments* again and compare their marks; what stopped it, None when nothing did.

    :param on_tick: called after every tick with its commands.
    """
    digester = Digester()
    for segment, ref, what in events(segments):
        if isinstance(what, Mark):
            if what.tick != universe.tick or what.tick == how.snapshot:
                continue  # of a tick that is missing, as its commands will show; or of the snapshot, which has its checksum
            if tuple(digester.digests(universe.pull())) != what.digests:
                expected, got = joined(what.digests), digester.digest(universe.pull())
                return f"{segment.where(ref)}: tick {what.tick} comes out as {got}, it was {expected}"
            how.marks += 1
            continue
        tick, commands = what
        if tick > universe.tick:
            return _missing(universe.tick, tick, segments)
        if tick == universe.tick:
            try:
                universe.step(commands)
            except BadCommand as e:
                return f"{segment.where(ref)}: the commands of tick {tick} cannot be applied: {e}"
            desk.apply(commands)
            how.replayed += 1
            if on_tick is not None:
                on_tick(commands)
    return None


def _missing(first: int, next_: int, segments: Sequence[Segment]) -> str:
    holes = [f"{shown(s.path)} is damaged from byte {s.hole[0]} to {s.hole[1]}" for s in segments if s.hole is not None]
    which = f"tick {first} is missing" if next_ == first + 1 else f"ticks {first} to {next_ - 1} are missing"
    return f"{which}: {', '.join(holes) or shown(segments[-1].path.parent) + ' lacks a segment'}"


def events(segments: Sequence[Segment]) -> Iterator[Event]:
    """The marks and the commands of every tick in *segments*, in the order of time; where segments overlap ticks come twice.

    :raises BadSave: when a frame holds neither.
    """
    return heapq.merge(*map(_events_of, segments), key=_when)


def _events_of(segment: Segment) -> Iterator[Event]:
    for ref in segment.frames:
        if ref.kind == "mark":
            yield segment, ref, unpack_mark(segment.read(ref), prints=False)
        elif ref.kind == "journal":
            for entry in unpack_journal(segment.read(ref)):
                yield segment, ref, entry


def _when(event: Event) -> tuple[int, bool]:
    what = event[2]
    return (what.tick, False) if isinstance(what, Mark) else (what[0], True)
