"""The log: the commands of every tick, written ahead, synced in groups, and carried over into a new segment.

:meth:`Log.append` belongs to the thread that simulates, :meth:`Log.commit` to another one, and a third prepares the beginning of
the next segment. While it does, the segment that is written goes on; what happens meanwhile is then copied into the new one,
which takes over as soon as it is durable under its own name.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ninepixel.server.durable.disk import NO_ROOM, Disk, DiskFailure, DiskFull
from ninepixel.server.durable.quota import Quota
from ninepixel.server.durable.segment import Frame, Writer, frame_bytes, segment_name
from ninepixel.world.commands import Command
from ninepixel.world.store.errors import StoreError, shown
from ninepixel.world.store.journal import FRAME_AIM, FRAME_LIMIT, Mark, pack_command, pack_entries, pack_mark


@dataclass(frozen=True, slots=True)
class Item:
    """Something that waits to be written: the commands of a tick, or (*mark* not empty) the mark of one."""

    serial: int
    tick: int
    commands: Sequence[bytes] = ()
    mark: bytes = b""
    size: int = 0


@dataclass(slots=True)
class Fork:
    """The next segment while it is being prepared: it begins at *tick*, and *items* came since."""

    tick: int
    path: Path
    items: list[Item] = field(default_factory=list)
    writer: Writer | None = None  #: once its beginning is durable


class Log:
    """The newest segment of a journal.

    :param writer: the segment; :param number: its number.
    :param tick: the tick whose commands come next.

    :ivar durable: the newest tick whose commands are on the disk: the state after it can be shown, its receipts given.
    :ivar next: the tick whose commands :meth:`append` expects.
    :ivar trouble: why the last snapshot was given up, None when it was not.
    """

    def __init__(self, disk: Disk, folder: Path, quota: Quota, writer: Writer, number: int, tick: int) -> None:
        self.number, self.next, self.durable = number, tick, tick - 1
        self.trouble: str | None = None
        self.waiting = 0  #: bytes that are not durable yet, about
        self._disk, self._folder, self._quota, self._writer = disk, folder, quota, writer
        self._queue: list[Item] = []
        self._frames: list[tuple[Frame, Item, int]] = []  # taken from the queue: the frame, its last item, their bytes
        self._fork: Fork | None = None
        self._serial = self._written = 0
        self._failure: DiskFailure | None = None
        self._lock = threading.Lock()  # of the queue and the fork
        self._committing = threading.Lock()

    @property
    def last(self) -> bytes:
        """The checksum of the newest frame."""
        return self._writer.last

    @property
    def size(self) -> int:
        """Bytes of the segment."""
        return self._writer.end

    @property
    def forking(self) -> bool:
        """Whether a new segment is being prepared."""
        return self._fork is not None

    # -- the thread that simulates -------------------------------------------------------------------------------------

    def append(self, tick: int, commands: Iterable[Command]) -> None:
        """Queue the commands of a tick; an empty tick is queued too, for it was reached.

        :raises StoreError: for a tick out of order, or commands that no frame can hold; nothing is queued then.
        :raises DiskFailure: when the disk has failed.
        """
        self._check()
        if tick != self.next:
            raise StoreError(f"the journal goes on with tick {self.next}, not {tick}")
        packed = [pack_command(command) for command in commands]
        size = sum(map(len, packed))
        if size > FRAME_LIMIT >> 1:
            raise StoreError(f"the commands of tick {tick} take {size} bytes; at most {FRAME_LIMIT >> 1} fit into one tick")
        self._add(Item(0, tick, packed, size=size + 16))
        self.next = tick + 1

    def mark(self, tick: int, digests: Sequence[bytes]) -> None:
        """Queue the digests of the state at *tick*, whose commands have not been appended yet.

        :raises StoreError: at any other time.
        """
        self._check()
        if tick != self.next:
            raise StoreError(f"a mark of tick {tick} belongs before its commands; the journal is at tick {self.next}")
        body = pack_mark(Mark(tick, tuple(digests)))
        self._add(Item(0, tick, mark=body, size=len(body)))

    def fork(self, tick: int) -> Fork | None:
        """Begin to prepare a new segment that starts at *tick*; None when one is being prepared already.

        :raises StoreError: when *tick* is not the next one.
        """
        self._check()
        if tick != self.next:
            raise StoreError(f"a snapshot of tick {tick} cannot begin a segment: the journal is at tick {self.next}")
        with self._lock:
            if self._fork is not None:
                return None
            self._fork = Fork(tick, self._folder / segment_name(self.number + 1))
            return self._fork

    # -- the thread that prepares a segment ----------------------------------------------------------------------------

    def ready(self, fork: Fork, writer: Writer) -> None:
        """The beginning of the new segment is durable; the next commit moves over to it."""
        fork.writer = writer

    def abandon(self, fork: Fork, why: Exception) -> None:
        """The new segment is not to be: go on with the old one, and say why in :attr:`trouble`.

        A disk that failed is remembered: the next call of anybody raises it.
        """
        with self._lock:
            if self._fork is fork:
                self._fork = None
        self._quota.release()
        if isinstance(why, DiskFailure):
            self._failure = why
            return
        self.trouble = str(why)

    # -- the thread that commits ---------------------------------------------------------------------------------------

    def commit(self) -> int:
        """Write and sync everything that was queued before the call; the newest durable tick.

        :raises DiskFull: when there is no room. Some of it may be durable (see :attr:`durable`), the rest is kept and can be
            tried again. :raises DiskFailure: when the disk has failed; there is nothing to be tried again.
        """
        with self._committing:
            self._check()
            try:
                self._drain()
                self._switch()
            except DiskFailure as e:
                self._failure = e
                raise
            return self.durable

    def close(self, tick: int) -> None:
        """Commit, write the end mark and close.

        :raises DiskFull: when there is no room; it can be tried again. :raises DiskFailure: when the disk has failed.
        """
        self.commit()
        with self._committing:
            fork = self._fork
            if fork is not None and fork.writer is not None:
                self._discard(fork, fork.writer, StoreError("the log was closed"))
            self._writer.close_with_end(tick)

    def drop(self) -> None:
        """Close without writing anything more: what is not durable is lost."""
        fork = self._fork
        if fork is not None and fork.writer is not None:
            fork.writer.close()
        self._writer.close()

    # -- inside --------------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        if self._failure is not None:
            raise DiskFailure(str(self._failure))

    def _add(self, item: Item) -> None:
        with self._lock:
            self._serial += 1
            item = Item(self._serial, item.tick, item.commands, item.mark, item.size)
            self._queue.append(item)
            self.waiting += item.size
            if self._fork is not None:
                self._fork.items.append(item)

    def _drain(self) -> None:
        with self._lock:
            queue, self._queue = self._queue, []
        self._frames += _framed(queue)
        while self._frames:
            frame, last, waited = self._frames[0]
            size = frame_bytes([frame])
            self._quota.grow(self.number, size)
            try:
                self._writer.write([frame])
            except DiskFull:
                self._quota.shrink(self.number, size)
                raise
            self._writer.sync()
            del self._frames[0]
            self._written = last.serial
            with self._lock:
                self.waiting -= waited
            if frame.kind == "journal":
                self.durable = last.tick

    def _switch(self) -> None:
        fork = self._fork
        if fork is None or fork.writer is None or self.durable < fork.tick - 1:
            return
        with self._lock:
            since = [item for item in fork.items if item.serial <= self._written]
        writer, path = fork.writer, fork.path
        frames = [frame for frame, _, _ in _framed(since)]
        try:
            self._quota.reserve(writer.end + frame_bytes(frames))
            writer.write(frames)
            writer.sync()
            self._disk.rename(writer.path, path)
        except DiskFull as e:
            self._discard(fork, writer, e)
            return
        except OSError as e:
            said = f"{shown(path)}: cannot be given its name: {e.strerror or e}"
            if e.errno not in NO_ROOM:
                raise DiskFailure(said) from None
            self._discard(fork, writer, DiskFull(said))
            return
        sync_names(self._disk, self._folder)
        self._writer.close()
        writer.named(path)
        with self._lock:  # the next fork is of this segment
            self._writer, self.number, self.trouble, self._fork = writer, self.number + 1, None, None
        self._quota.begun(self.number, writer.end)

    def _discard(self, fork: Fork, writer: Writer, why: StoreError) -> None:
        writer.close()
        with contextlib.suppress(OSError):
            self._disk.unlink(writer.path)
        self.abandon(fork, why)


def sync_names(disk: Disk, folder: Path) -> None:
    """Make the names in *folder* durable.

    :raises DiskFailure: when the disk says that they are not.
    """
    try:
        disk.sync_folder(folder)
    except OSError as e:
        raise DiskFailure(f"{shown(folder)}: the disk did not take the new name of a file: {e.strerror or e}") from None


def _framed(items: Sequence[Item]) -> list[tuple[Frame, Item, int]]:
    """Frames of whole ticks, each with its last item and what its items weigh."""
    frames: list[tuple[Frame, Item, int]] = []
    group, size = list[Item](), 0
    for item in items:
        if group and (item.mark or size + item.size > FRAME_AIM):
            frames.append(_frame(group))
            group, size = [], 0
        if item.mark:
            frames.append((Frame("mark", item.tick, item.mark), item, item.size))
        else:
            group.append(item)
            size += item.size
    return [*frames, _frame(group)] if group else frames


def _frame(group: Sequence[Item]) -> tuple[Frame, Item, int]:
    body = pack_entries([(item.tick, item.commands) for item in group])
    return Frame("journal", group[0].tick, body), group[-1], sum(item.size for item in group)
