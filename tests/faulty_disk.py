"""A disk that loses whatever a disk may lose: a model of a volatile cache under the store of a server.

Nothing is kept before it is synced. At a power cut every write since the last sync is kept whole, in part (by sectors, or torn at
any byte) or not at all, in any order, and so is every new name. It can be full, and a sync can fail once: then what it should
have kept is gone for good, although later syncs succeed.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ninepixel.server.durable.disk import Disk

SECTOR = 512


class PowerCut(BaseException):
    """The machine has stopped; nothing catches that."""


@dataclass
class _File:
    """A file: what the process sees, what the disk has, and what was written since: ``(at, bytes)``, or ``(size, None)`` cuts."""

    seen: bytearray = field(default_factory=bytearray)
    kept: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, bytes | None]] = field(default_factory=list)


class FaultyDisk(Disk):
    """See above. Files are in memory; :meth:`power_cut` and :meth:`show` write them to their folder, where readers find them.

    :ivar cut_after: operations until the power goes, None for never. :ivar room: bytes that can still be written, None for any.
    :ivar fail_sync: the next sync of a file fails. :ivar operations: how many there were.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = np.random.default_rng(seed)
        self.cut_after: int | None = None
        self.room: int | None = None
        self.fail_sync = False
        self.operations = 0
        self._names: dict[str, _File] = {}
        self._kept_names: dict[str, _File] = {}
        self._since: list[tuple[str, str, _File | None]] = []  # old name, new name, the file of a new name
        self._handles: dict[int, _File] = {}
        self._next = 1000
        self._dead = False

    # -- what the store asks for ---------------------------------------------------------------------------------------

    def create(self, path: Path) -> int:
        self._tick()
        file = _File()
        self._names[path.name] = file
        self._since.append(("", path.name, file))
        return self._handle(file)

    def open(self, path: Path) -> int:
        self._tick()
        return self._handle(self._names[path.name])

    def pwrite(self, handle: int, data: bytes, at: int) -> None:
        self._tick()
        if self.room is not None and len(data) > self.room:
            self._write(handle, data[: self.room], at)
            self.room = 0
            raise OSError(errno.ENOSPC, "No space left on device")
        if self.room is not None:
            self.room -= len(data)
        self._write(handle, data, at)

    def truncate(self, handle: int, size: int) -> None:
        self._tick()
        file = self._handles[handle]
        del file.seen[size:]
        file.since.append((size, None))

    def datasync(self, handle: int) -> None:
        self._tick()
        file = self._handles[handle]
        if self.fail_sync:
            self.fail_sync = False
            file.kept, file.since = self._survivor(file), []
            raise OSError(errno.EIO, "Input/output error")
        for change in file.since:
            _apply(file.kept, *change)
        file.since = []

    def close(self, handle: int) -> None:
        self._handles.pop(handle, None)

    def rename(self, old: Path, new: Path) -> None:
        self._tick()
        self._names[new.name] = self._names.pop(old.name)
        self._since.append((old.name, new.name, None))

    def unlink(self, path: Path) -> None:
        self._tick()
        if path.name not in self._names:
            raise FileNotFoundError(path)
        del self._names[path.name]
        self._since.append((path.name, "", None))

    def sync_folder(self, folder: Path) -> None:
        self._tick()
        self._kept_names, self._since = dict(self._names), []

    def names(self, folder: Path) -> list[str]:
        return sorted(self._names)

    def size(self, path: Path) -> int:
        return len(self._names[path.name].seen)

    def free(self, folder: Path) -> int:
        return 1 << 40 if self.room is None else self.room

    def lock(self, path: Path) -> int:
        return self._handle(_File())

    # -- what a test asks for ------------------------------------------------------------------------------------------

    def power_cut(self) -> None:
        """Lose what a power cut loses, and come back."""
        some_order = bool(self.random.integers(2))  # a journaling file system keeps the order of names, others need not
        changes = self._since[: int(self.random.integers(len(self._since) + 1))] if some_order else self._since
        for old, new, file in changes:
            if not some_order and self.random.integers(2):
                continue
            if file is not None:
                self._kept_names[new] = file
            elif old in self._kept_names:
                moved = self._kept_names.pop(old)
                if new:
                    self._kept_names[new] = moved
        self._names = dict(self._kept_names)
        for survivor in {id(f): f for f in self._names.values()}.values():
            survivor.kept = self._survivor(survivor)
            survivor.seen, survivor.since = bytearray(survivor.kept), []
        self._since, self._handles, self._dead = [], {}, False
        self.cut_after, self.room, self.fail_sync = None, None, False
        self.show()

    def show(self) -> None:
        """Write the files, as the process sees them, to the folder."""
        for path in self.folder.iterdir():
            path.unlink()
        for name, file in self._names.items():
            (self.folder / name).write_bytes(file.seen)

    # -- inside --------------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        if self._dead:
            raise PowerCut
        self.operations += 1
        if self.cut_after is not None:
            self.cut_after -= 1
            if self.cut_after < 0:
                self._dead = True
                raise PowerCut

    def _handle(self, file: _File) -> int:
        self._next += 1
        self._handles[self._next] = file
        return self._next

    def _write(self, handle: int, data: bytes, at: int) -> None:
        file = self._handles[handle]
        _apply(file.seen, at, data)
        file.since.append((at, data))

    def _survivor(self, file: _File) -> bytearray:
        """What is left of a file: its synced bytes, and of every change since all, a part or nothing."""
        left = bytearray(file.kept)
        for at, data in file.since:
            fate = int(self.random.integers(5))
            if data is None or fate == 0:
                if self.random.integers(2):
                    _apply(left, at, data)
            elif fate == 1:
                _apply(left, at, data[: int(self.random.integers(len(data) + 1))])
            elif fate == 2:  # the length and none of the bytes
                _apply(left, at, bytes(len(data)))
            elif fate == 3:
                self._some_sectors(left, at, data)
        return left

    def _some_sectors(self, left: bytearray, at: int, data: bytes) -> None:
        start = at
        while start < at + len(data):
            stop = min(at + len(data), (start // SECTOR + 1) * SECTOR)
            if self.random.integers(2):
                _apply(left, start, data[start - at : stop - at])
            start = stop


def _apply(content: bytearray, at: int, data: bytes | None) -> None:
    if data is None:
        del content[at:]
        return
    if len(content) < at:
        content += bytes(at - len(content))
    content[at : at + len(data)] = data
