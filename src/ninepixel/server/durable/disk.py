"""The disk, as far as the store needs it: a handful of operations, so that a test can put a faulty one underneath.

What counts here is what survives a power cut: bytes after :meth:`Disk.datasync`, names after :meth:`Disk.sync_folder`. Everything
before that may be lost, in part and in any order.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path

from ninepixel.world.store.errors import StoreError, shown
from ninepixel.world.store.files import sync_folder

try:
    import fcntl
except ImportError:  # no such locks on Windows: one server a folder is up to the user there
    fcntl = None  # type: ignore[assignment]

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskFull(StoreError):
    """There is no room. Nothing was acknowledged, everything that waits is kept: make room and try again."""


class DiskFailure(StoreError):
    """The disk did not keep what it was given. What it holds is no longer known: end the process and recover."""


class Locked(StoreError):
    """Another process uses the folder."""


class Disk:
    """The operating system's files. Every method raises :class:`OSError` as the system does."""

    def create(self, path: Path) -> int:
        """A handle of an empty file for writing; a file of that name is emptied."""
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        return os.open(path, flags, 0o600)

    def open(self, path: Path) -> int:
        """A handle of a file that exists, for writing."""
        return os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))

    def pwrite(self, handle: int, data: bytes, at: int) -> None:
        """Write all of *data* from byte *at* on."""
        view = memoryview(data)
        while view:
            written = os.pwrite(handle, view, at)
            view, at = view[written:], at + written

    def truncate(self, handle: int, size: int) -> None:
        """Cut the file off."""
        os.ftruncate(handle, size)

    def datasync(self, handle: int) -> None:
        """Wait until the disk has the file's bytes and its length."""
        if fcntl is not None and hasattr(fcntl, "F_FULLFSYNC"):  # elsewhere than Linux fsync leaves them in the drive
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
        else:
            getattr(os, "fdatasync", os.fsync)(handle)

    def close(self, handle: int) -> None:
        """Give a handle back."""
        os.close(handle)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name in the same folder; a file of that name is replaced."""
        os.replace(old, new)

    def unlink(self, path: Path) -> None:
        """Take a file away."""
        os.unlink(path)

    def sync_folder(self, folder: Path) -> None:
        """Wait until the disk has the names in *folder*."""
        sync_folder(folder)

    def names(self, folder: Path) -> list[str]:
        """The names in *folder*, in order."""
        return sorted(os.listdir(folder))

    def size(self, path: Path) -> int:
        """Bytes of a file."""
        return os.stat(path).st_size

    def free(self, folder: Path) -> int:
        """Bytes that can still be written."""
        return shutil.disk_usage(folder).free

    def lock(self, path: Path) -> int:
        """A handle of *path* that no other process can get while this one lives.

        :raises Locked: when another one has it.
        """
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            if fcntl is not None:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(handle, 20, 0).strip()
            os.close(handle)
            who = f"process {holder.decode()}" if holder.isdigit() else "another process"
            said = f"{who} is serving this universe; end it first, or serve another folder"
            raise Locked(f"{shown(path.parent)}: {said}") from None
        with contextlib.suppress(OSError):  # for people; a full disk does not matter here
            os.ftruncate(handle, 0)
            os.pwrite(handle, b"%d\n" % os.getpid(), 0)
        return handle
