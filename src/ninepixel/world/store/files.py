"""Writing files so that a crash or a full disk leaves either the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ninepixel.world.store.errors import StoreError, shown

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_whole(path: Path, parts: Sequence[bytes]) -> None:
    """Replace *path* by a file of *parts*: a new file in the same folder, synced, takes its name, and the folder is synced.

    A new file is readable by its owner alone (saves hold the names of the owner's files); an old one keeps its mode.

    :raises StoreError: when it cannot be written. The file that was there is as it was, and nothing else is left behind.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    needed = sum(len(part) for part in parts)
    with _telling(path, needed):
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:64]}.", suffix=".tmp", dir=path.parent)
        try:
            try:
                for part in parts:
                    write_all(handle, part)
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    os.chmod(name, stat.S_IMODE(path.stat().st_mode))
                os.fsync(handle)
            finally:
                os.close(handle)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
            raise
        sync_folder(path.parent)


def write_all(handle: int, data: bytes) -> None:
    """``os.write`` until everything is written."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* durable, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _telling(path: Path, needed: int) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise write_error(path, needed, e) from None


def write_error(path: Path, needed: int, error: OSError) -> StoreError:
    """One line about a write of *needed* bytes that failed."""
    if error.errno not in _NO_ROOM:
        return StoreError(f"{shown(path)}: cannot be written: {error.strerror or error}")
    try:
        free = f"{shutil.disk_usage(path.parent).free} are free"
    except OSError:
        free = "the disk is full"
    return StoreError(f"{shown(path)}: cannot be written: {error.strerror}: {needed} bytes are needed, {free}")
