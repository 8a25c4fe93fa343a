"""The recorder: what a universe needs to remember so that anyone can run it again and see that it comes out the same.

It keeps, compressed and in memory, a *genesis* snapshot, the journal of commands since, and marks. A save is all of that and a
*final* snapshot. When the record grows past its limit it starts over from a new genesis, so that a universe that runs for weeks
holds a bounded past.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ninepixel.world.commands import Command
from ninepixel.world.digest import Digester, joined
from ninepixel.world.state import State
from ninepixel.world.store.envelope import unpack
from ninepixel.world.store.fingerprints import Prints, cold_fingerprints, fingerprints
from ninepixel.world.store.journal import FRAME_AIM, Entry, JournalBuffer, Mark, pack_mark, unpack_journal
from ninepixel.world.store.live import JournalFile, open_journal
from ninepixel.world.store.save import load_state, read_save, write_frames
from ninepixel.world.store.snapshot import pack_snapshot

__all__ = ["Recorder", "load_state", "open_journal", "read_save"]

#: Compressed bytes that a record may take before it starts over.
LIMIT = 1 << 28


class Recorder:
    """Remembers one universe from *state* on.

    :param state: where the record begins; it is packed at once and not kept.
    :param limit: bytes of journal and marks above which :attr:`full` asks for a new genesis.
    :param journal: a live file that gets everything as well (see :func:`open_journal`).
    :param keep: False remembers nothing: a save is then its final snapshot alone, and cannot be replayed.
    """

    def __init__(self, state: State, *, limit: int = LIMIT, journal: JournalFile | None = None, keep: bool = True) -> None:
        self.limit = limit
        self.keep = keep
        self._live = journal
        self._digester = Digester()
        self._cold: tuple[object, int, Prints] | None = None
        self._buffer = JournalBuffer()
        self._frames: list[tuple[str, int, bytes]] = []  # (kind, tick, envelope), in the order of time
        self._size = 0
        self._on = keep or journal is not None
        if self._on:
            self.rebase(state)

    @property
    def size(self) -> int:
        """Bytes of journal and marks in memory, without the genesis."""
        return self._size + self._buffer.size

    @property
    def full(self) -> bool:
        """Whether the record has grown past its limit; it starts over when it next sees a state."""
        return self.size > self.limit

    @property
    def entries(self) -> list[Entry]:
        """The commands recorded since genesis, by tick."""
        self._flush_buffer()
        return [entry for kind, _, envelope in self._frames if kind == "journal" for entry in unpack_journal(unpack(envelope))]

    def record(self, tick: int, commands: Sequence[Command], state: State | None = None) -> None:
        """Remember the commands that are about to be applied at *tick*.

        :param state: the state before they are applied, if it is at hand: a full record starts over from it.
        :raises StoreError: for a command that cannot be recorded, or when the live journal cannot be written.
        """
        if not commands or not self._on:
            return
        if state is not None and self.full:
            self.rebase(state)
        self._buffer.add(tick, commands)
        if self._buffer.size > FRAME_AIM:
            self._flush_buffer()

    def mark(self, state: State, *, prints: bool = True) -> str:
        """Remember what *state* is at its tick, and return its digest.

        :param prints: keep fingerprints too, so that a replay can name what differs (4 bytes a body).
        """
        digests = tuple(self._digester.digests(state))
        if self._on:
            if self.full:
                self.rebase(state)
            tables = tuple(fingerprints(state, w, self._cold_prints(state)) for w in range(len(digests))) if prints else ()
            self._flush_buffer()
            self._keep("mark", state.tick, pack_mark(Mark(state.tick, digests, tables)))
        return joined(digests)

    def checkpoint(self, state: State) -> None:
        """Remember the whole of *state*, so that a replay can be compared with it value by value."""
        if self._on:
            self._flush_buffer()
            self._keep("snapshot", state.tick, pack_snapshot(state, "checkpoint"))

    def rebase(self, state: State) -> None:
        """Forget the past: the record begins anew with *state*. A live journal keeps everything."""
        self._flush_buffer()
        self._frames = []
        self._keep("snapshot", state.tick, pack_snapshot(state, "genesis"))
        self._size = 0

    def flush(self) -> None:
        """Bring everything to the live journal's disk.

        :raises StoreError: when it cannot be written; nothing recorded is lost, and the next flush tries again.
        """
        self._flush_buffer()
        if self._live is not None:
            self._live.flush()

    def save(self, file: str | os.PathLike[str], state: State) -> int:
        """Write genesis, journal, marks and *state* to *file*, and return how many bytes that were.

        :raises StoreError: when it cannot be written; an older file of that name is then as it was.
        """
        self._flush_buffer()
        return write_frames(Path(file), [*self._frames, ("snapshot", state.tick, pack_snapshot(state, "final"))])

    # -- inside -------------------------------------------------------------------------------------------------------

    def _keep(self, kind: str, tick: int, envelope: bytes) -> None:
        if self.keep:
            self._frames.append((kind, tick, envelope))
            self._size += len(envelope)
        if self._live is not None:
            self._live.append(kind, tick, envelope)

    def _flush_buffer(self) -> None:
        for tick, envelope in self._buffer.take():
            self._keep("journal", tick, envelope)

    def _cold_prints(self, state: State) -> Prints:
        if self._cold is None or self._cold[0] is not state.cold or self._cold[1] != state.cold.version:
            self._cold = (state.cold, state.cold.version, cold_fingerprints(state.cold))
        return self._cold[2]
