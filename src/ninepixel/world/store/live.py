"""A journal on disk that grows while the universe runs, and can be continued after a crash."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ninepixel.world.store.errors import Impossible, StoreError, shown
from ninepixel.world.store.files import sync_folder, write_all, write_error
from ninepixel.world.store.frames import HEADER_BYTES, JOURNAL, Chain, FrameFile, Torn

try:
    import fcntl
except ImportError:  # no such locks on Windows: one process a journal is up to the user there
    fcntl = None  # type: ignore[assignment]


class JournalFile:
    """Appends frames and makes them durable; made by :func:`open_journal`.

    :ivar torn: what an earlier process left unfinished at the end, cut off when the file was opened; None otherwise.
    :ivar last_tick: the tick of the newest frame, -1 when there is none.
    """

    def __init__(self, path: Path, handle: int, chain: Chain, durable: int, last_tick: int, torn: Torn | None) -> None:
        self.path = path
        self.torn = torn
        self.last_tick = last_tick
        self._handle: int | None = handle
        self._chain = chain
        self._durable = durable
        self._waiting = [] if durable else [chain.header]

    def append(self, kind: str, tick: int, envelope: bytes) -> None:
        """Queue one frame; :meth:`flush` brings it to disk.

        :raises StoreError: when the journal already reaches a later tick.
        """
        if tick < self.last_tick:
            raise StoreError(f"{shown(self.path)}: the journal reaches tick {self.last_tick} already, tick {tick} cannot follow")
        self._waiting.append(self._chain.frame(kind, tick, envelope))
        self.last_tick = tick

    def flush(self) -> None:
        """Write what is queued and wait until the disk has it.

        :raises StoreError: when it cannot be written. The file is then as after the last flush, the queue is kept, and the
            next flush tries again.
        """
        if not self._waiting:
            return
        data, handle = b"".join(self._waiting), self._open()
        try:
            os.lseek(handle, self._durable, os.SEEK_SET)
            write_all(handle, data)
            os.fsync(handle)
        except OSError as e:
            os.ftruncate(handle, self._durable)
            raise write_error(self.path, len(data), e) from None
        self._durable += len(data)
        self._waiting = []

    def close(self, tick: int | None = None) -> None:
        """Flush, write the end mark and close. Closing twice is fine.

        :param tick: the tick that the universe has reached, if it is later than that of the newest frame.
        :raises StoreError: when the last frames cannot be written.
        """
        if self._handle is None:
            return
        try:
            if self._chain.frames:
                self._waiting.append(self._chain.end(max(self.last_tick, tick or 0)))
            self.flush()
        finally:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> JournalFile:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def _open(self) -> int:
        if self._handle is None:
            raise StoreError(f"{shown(self.path)}: the journal is closed")
        return self._handle


def open_journal(path: str | os.PathLike[str]) -> JournalFile:
    """Begin a journal, or go on with one: a torn tail is cut off (and reported), an end mark is taken away.

    :raises BadSave: when the file is something else, or damaged before its end.
    :raises StoreError: when it cannot be opened or another process is writing it.
    """
    path = Path(path)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0), 0o600)
    except OSError as e:
        raise write_error(path, HEADER_BYTES, e) from None
    try:
        _lock(path, handle)
        return _begun(path, handle) or _continued(path, handle)
    except BaseException:
        os.close(handle)
        raise


def _begun(path: Path, handle: int) -> JournalFile | None:
    """A new journal, if the file holds nothing yet, or the beginning of a header that a crash cut short."""
    chain = Chain(JOURNAL)
    there = os.pread(handle, HEADER_BYTES, 0) if os.fstat(handle).st_size < HEADER_BYTES else None
    if there is None or not chain.header.startswith(there):
        return None
    os.ftruncate(handle, 0)
    sync_folder(path.absolute().parent)
    return JournalFile(path, handle, chain, 0, -1, None)


def _continued(path: Path, handle: int) -> JournalFile:
    with FrameFile(path) as file:
        if not file.journal:
            raise Impossible(f"{shown(path)}: it is a finished save, not a journal")
        file.ensure_current("begin a new journal beside it")
        os.ftruncate(handle, file.end)
        os.fsync(handle)
        last_tick = file.frames[-1].tick if file.frames else -1
        return JournalFile(path, handle, Chain(JOURNAL, file.last, len(file.frames)), file.end, last_tick, file.torn)


def _lock(path: Path, handle: int) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise StoreError(f"{shown(path)}: another process is writing this journal") from None
