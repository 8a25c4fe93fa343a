"""A save as a whole: snapshots, journal and marks of one universe, in the order of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ninepixel.world.commands import Command
from ninepixel.world.state import State
from ninepixel.world.store.errors import Impossible, shown
from ninepixel.world.store.files import write_whole
from ninepixel.world.store.frames import SEALED, Chain, FrameFile, FrameRef, Torn
from ninepixel.world.store.journal import Mark, unpack_journal, unpack_mark
from ninepixel.world.store.snapshot import pack_snapshot, unpack_snapshot


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a save knows of *tick*: commands about to be applied then, or a mark or snapshot of the state before."""

    tick: int
    what: list[Command] | Mark | FrameRef


class Save:
    """An open save or journal file whose checksums have all been verified; a context manager.

    :param recover: take the whole frames of a damaged file; :attr:`torn` says what is lost.
    :raises BadSave: when it is damaged, cut short, newer, or begins with anything but a snapshot.
    """

    def __init__(self, path: Path, *, recover: bool = False) -> None:
        self._file = FrameFile(path, recover=recover)
        self.snapshots = [ref for ref in self._file.frames if ref.kind == "snapshot"]
        if not self._file.frames or self._file.frames[0].kind != "snapshot":
            self._file.close()
            raise Impossible(f"{shown(path)}: it does not begin with a snapshot")

    @property
    def torn(self) -> Torn | None:
        """What is missing at the end, None when nothing is."""
        return self._file.torn

    @property
    def end(self) -> int | None:
        """The tick at which the record was closed; None for a journal that was not."""
        return None if self._file.sealed is None else self._file.sealed.tick

    def ensure_current(self) -> None:
        """Refuse to run an older record again.

        :raises OlderFormat: when it was written by an earlier format; its states can still be loaded.
        """
        self._file.ensure_current("it can be loaded and gone on with, but not run again")

    def state(self, ref: FrameRef, *, to_run: bool = True) -> State:
        """The state in one of :attr:`snapshots`.

        :param to_run: False to look at a state that no universe could go on from.
        :raises BadSave: when it holds no state.
        """
        envelope = self._file.read(ref)
        with self._file.explaining(ref):
            return unpack_snapshot(envelope, to_run=to_run)

    def events(self, *, prints: bool = True) -> Iterator[Event]:
        """Everything after the first snapshot, read frame by frame.

        :raises BadSave: when a frame is malformed or time runs backwards.
        """
        last = (self._file.frames[0].tick, 0)
        for ref in self._file.frames[1:]:
            for event in self._events_of(ref, prints):
                now = (event.tick, int(isinstance(event.what, list)))
                with self._file.explaining(ref):
                    if now < last:
                        raise Impossible(f"tick {event.tick} comes after tick {last[0]}")
                last = now
                yield event

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Save:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def _events_of(self, ref: FrameRef, prints: bool) -> list[Event]:
        if ref.kind == "snapshot":
            return [Event(ref.tick, ref)]
        if ref.kind == "desk":
            return []  # a server's own, beside the universe
        envelope = self._file.read(ref)
        with self._file.explaining(ref):
            if ref.kind == "mark":
                return [Event(ref.tick, unpack_mark(envelope, prints=prints))]
            return [Event(tick, commands) for tick, commands in unpack_journal(envelope)]


def read_save(path: Path, *, recover: bool = False) -> Save:
    """Open a save or a journal; see :class:`Save`."""
    return Save(path, recover=recover)


def load_state(path: Path, *, recover: bool = False) -> State:
    """The newest state in a save: the last snapshot, in a save of a recorder the moment of saving.

    :param recover: take the newest whole snapshot of a damaged file.
    :raises BadSave: when the file is not a whole save.
    """
    with Save(path, recover=recover) as save:
        return save.state(save.snapshots[-1])


def write_state(path: Path, state: State) -> int:
    """Write *state* alone, without a past, and return how many bytes that were.

    :raises StoreError: when it cannot be written; an older file of that name is then as it was.
    """
    return write_frames(path, [("snapshot", state.tick, pack_snapshot(state, "final"))])


def write_frames(path: Path, frames: Iterable[tuple[str, int, bytes]]) -> int:
    """Write a sealed file of ``(kind, tick, envelope)``, in the order of time; the number of its bytes."""
    chain = Chain(SEALED)
    parts, tick = [chain.header], 0
    for kind, tick, envelope in frames:
        parts.append(chain.frame(kind, tick, envelope))
    parts.append(chain.end(tick))
    write_whole(path, parts)
    return sum(map(len, parts))
