"""Listing folders: names, kinds, sizes and times of what lies directly in them. Metadata only; nothing is opened but folders.

Two listers with one answer: :func:`list_portably` uses ``os.scandir`` and runs everywhere; on Linux
:mod:`~ninepixel.world.host.native` asks the kernel directly, several folders at a time and without the GIL.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

FILE, FOLDER = 1, 2

#: Why something is not in a survey: the keys of ``Survey.left_out``.
LINKS = "symbolic links (never followed)"
SPECIAL = "sockets, pipes and devices"
VANISHED = "vanished while they were looked at"
FORBIDDEN = "folders without permission"
UNREADABLE = "folders that cannot be read"
TOO_LONG = "folders with too long a path"
MOUNTS = "mounted file systems"
SEALED_FOLDERS = "secret folders (sealed, not entered)"
OVER_CAP = "beyond the cap"
NOT_ENTERED = "folders not entered, because of the cap"
TWINS = "sealed names that fell together"


@dataclass(slots=True)
class Listing:
    """What some folders hold, in no particular order but folder by folder.

    :param names: the entries' names, each followed by NUL. :param folder: int32, which of the listed folders an entry lies in.
    :param kind: uint8, FILE or FOLDER. :param size: int64. :param mtime: int64 seconds since 1970, rounded down.
    :param device: int64, the file system an entry lies on. :param left_out: counts by reason.
    """

    names: bytes
    folder: npt.NDArray[np.int32]
    kind: npt.NDArray[np.uint8]
    size: npt.NDArray[np.int64]
    mtime: npt.NDArray[np.int64]
    device: npt.NDArray[np.int64]
    left_out: Counter[str] = field(default_factory=Counter)

    def name_list(self) -> list[bytes]:
        """The names as a list."""
        return self.names.split(b"\0")[:-1]


def device_number(device: int) -> int:
    """One non-negative integer for ``st_dev``, the same from every lister."""
    if hasattr(os, "major"):
        return os.major(device) << 32 | os.minor(device)
    return device & 0x7FFFFFFFFFFFFFFF


def reason_of(error: OSError) -> str:
    """Why a folder could not be listed."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return FORBIDDEN
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE):
        return VANISHED
    return TOO_LONG if error.errno == errno.ENAMETOOLONG else UNREADABLE


def list_portably(folders: Sequence[bytes]) -> Listing:
    """What lies in these *folders* (absolute paths)."""
    names: list[bytes] = []
    rows: list[tuple[int, int, int, int, int]] = []
    left_out: Counter[str] = Counter()
    for index, folder in enumerate(folders):
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    row = _look_at(entry, index, left_out)
                    if row is not None:
                        names.append(os.fsencode(entry.name))
                        rows.append(row)
        except OSError as error:
            left_out[reason_of(error)] += 1
    columns = np.asarray(rows, np.int64).reshape(-1, 5).T
    blob = b"".join(name + b"\0" for name in names)
    return Listing(blob, columns[0].astype(np.int32), columns[1].astype(np.uint8), columns[2], columns[3], columns[4], left_out)


def _look_at(entry: os.DirEntry[bytes], index: int, left_out: Counter[str]) -> tuple[int, int, int, int, int] | None:
    """(folder, kind, size, mtime, device) of one entry, or None after counting why not."""
    try:
        if entry.is_symlink():
            left_out[LINKS] += 1
            return None
        status = entry.stat(follow_symlinks=False)
    except OSError:
        left_out[VANISHED] += 1
        return None
    if stat.S_ISREG(status.st_mode):
        kind = FILE
    elif stat.S_ISDIR(status.st_mode):
        kind = FOLDER
    else:
        left_out[LINKS if stat.S_ISLNK(status.st_mode) else SPECIAL] += 1
        return None
    return index, kind, status.st_size, status.st_mtime_ns // 1_000_000_000, device_number(status.st_dev)
