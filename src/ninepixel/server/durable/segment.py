"""A segment of the journal: one file that begins with a snapshot and goes on with what happened since.

::

    snapshot   the state at tick S       desk   the receipts at S       mark   the digest at S
    journal    the commands of ticks S, S+1, ...      mark   the digest at some tick ...      end   after an orderly end

It is a file of :mod:`~ninepixel.world.store.frames`, so ``ninepixel replay --verify`` runs it again as it is. Segments are
numbered. The one before goes on until the new one is whole, so their ticks overlap; each desk names a frame of the one before.

One frame is written, and synced, at a time. Whatever follows an unfinished frame was therefore never begun: a frame that is not
whole *and is followed by a whole one* has been damaged later; at the end of the file it is what a crash interrupted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from ninepixel.server.durable.disk import NO_ROOM, Disk, DiskFailure, DiskFull
from ninepixel.world.store.errors import shown
from ninepixel.world.store.frames import CHECKSUM_BYTES, HEAD_BYTES, JOURNAL, Chain

_NAME = re.compile(r"journal-(\d{8})\.9px")
UNFINISHED = ".new"
SET_ASIDE = ".damaged"


def segment_name(number: int) -> str:
    """What the file of a segment is called."""
    return f"journal-{number:08d}.9px"


def segment_number(name: str) -> int | None:
    """The number of the segment of that file name, None for any other file."""
    match = _NAME.fullmatch(name)
    return int(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that is to be written: *kind*, *tick*, and the envelope that is its *body*."""

    kind: str
    tick: int
    body: bytes


class Writer:
    """Appends frames to one segment. Not for two threads at once.

    :ivar end: the byte up to which the disk has everything.
    :ivar last: the checksum of the newest frame there.
    """

    def __init__(self, disk: Disk, path: Path, handle: int, end: int, last: bytes, frames: int) -> None:
        self.path = path
        self.end, self.last = end, last
        self._disk, self._handle, self._frames = disk, handle, frames

    @staticmethod
    def begin(disk: Disk, path: Path) -> Writer:
        """A new file with nothing but its header, which is not durable before the first :meth:`sync`.

        :raises DiskFull: when there is no room; :raises DiskFailure: when the disk fails.
        """
        chain = Chain(JOURNAL)
        try:
            handle = disk.create(path)
        except OSError as e:
            _give_up(path, "cannot be created", e)
        writer = Writer(disk, path, handle, 0, b"", 0)
        writer.put(chain.header)
        return writer

    @staticmethod
    def go_on(disk: Disk, path: Path, end: int, last: bytes, frames: int) -> Writer:
        """Go on with a segment behind byte *end*: what follows there is cut off for good.

        :raises DiskFailure: when the disk fails.
        """
        try:
            handle = disk.open(path)
            writer = Writer(disk, path, handle, end, last, frames)
            disk.truncate(handle, end)
        except OSError as e:
            raise DiskFailure(f"{shown(path)}: cannot be gone on with: {e.strerror or e}") from None
        writer.sync()
        return writer

    def write(self, frames: Sequence[Frame]) -> None:
        """Append *frames*; they are durable after the next :meth:`sync`.

        :raises DiskFull: when there is no room. The file is then as before.
        :raises DiskFailure: when the disk fails.
        """
        chain = Chain(JOURNAL, self.last or None, self._frames)
        data = b"".join([chain.frame(frame.kind, frame.tick, frame.body) for frame in frames])
        if not data:
            return
        self.put(data)
        self.last, self._frames = data[-CHECKSUM_BYTES:], chain.frames

    def close_with_end(self, tick: int) -> None:
        """Write the end mark, sync and close."""
        self.put(Chain(JOURNAL, self.last or None, self._frames).end(tick))
        self.sync()
        self.close()

    def put(self, data: bytes) -> None:
        """Append bytes as they are; see :meth:`write`."""
        try:
            self._disk.pwrite(self._handle, data, self.end)
        except OSError as e:
            try:
                self._disk.truncate(self._handle, self.end)
            except OSError as worse:
                said = f"{shown(self.path)}: cannot be mended after a failed write: {worse.strerror or worse}"
                raise DiskFailure(said) from None
            _give_up(self.path, f"{len(data)} bytes cannot be written", e)
        self.end += len(data)

    def sync(self) -> None:
        """Wait until the disk has everything.

        :raises DiskFailure: when it says that it has not. What it has then nobody knows, and asking again would be answered
            wrongly: the system has already forgotten what it could not write.
        """
        try:
            self._disk.datasync(self._handle)
        except OSError as e:
            raise DiskFailure(f"{shown(self.path)}: the disk did not take what was written: {e.strerror or e}") from None

    def close(self) -> None:
        """Give the handle back; nothing is written."""
        if self._handle >= 0:
            self._disk.close(self._handle)
            self._handle = -1

    def named(self, path: Path) -> None:
        """The file has another name now."""
        self.path = path


def frame_bytes(frames: Sequence[Frame]) -> int:
    """Bytes that *frames* take in a file."""
    return sum(HEAD_BYTES + len(frame.body) + CHECKSUM_BYTES for frame in frames)


def _give_up(path: Path, what: str, error: OSError) -> NoReturn:
    kind = DiskFull if error.errno in NO_ROOM else DiskFailure
    raise kind(f"{shown(path)}: {what}: {error.strerror or error}") from None
