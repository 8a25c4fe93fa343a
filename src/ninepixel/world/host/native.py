"""Listing folders on Linux at the kernel's own speed: getdents64 and statx from compiled code, without the GIL.

``os.scandir`` plus ``stat`` spends most of its time in Python objects. Here one call lists many folders into columns, and several
threads do so at once. The calls are openat, getdents64, statx and close; nothing else, and nothing is opened but folders.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numba import types

from ninepixel.world.host import listing
from ninepixel.world.host.listing import FILE, FOLDER, Listing
from ninepixel.world.kernel import Array, leaf

_openat: Any = types.ExternalFunction("openat", types.int32(types.int32, types.uintp, types.int32, types.uint32))
_close: Any = types.ExternalFunction("close", types.int32(types.int32))
_getdents: Any = types.ExternalFunction("getdents64", types.intp(types.int32, types.uintp, types.uintp))
_statx: Any = types.ExternalFunction("statx", types.int32(types.int32, types.uintp, types.int32, types.uint32, types.uintp))

AT_CWD = -100
#: AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, and STATX_TYPE | STATX_SIZE | STATX_MTIME.
STAT_FLAGS, STAT_MASK = 0x100 | 0x800 | 0x4000, 0x1 | 0x200 | 0x40
#: d_type of struct linux_dirent64.
DT_UNKNOWN, DT_DIR, DT_REG, DT_LNK = 0, 4, 8, 10
#: One getdents64 call returns at most this many bytes, so at most RECORDS / 24 entries.
RECORDS = 1 << 16
MOST_RECORDS = RECORDS // 24 + 1
#: Room for the answers of one call of the kernel below; it returns when the room is spent and goes on in the next call.
ROOM = 16384
NAME_ROOM = 1 << 19
#: Where counts of what was left out go.
LINKS, SPECIAL, VANISHED, FAILED = 0, 1, 2, 3
#: Cursor: next folder, open file or -1, entries written, name bytes written, folders failed.
AT, OPEN, COUNT, BYTES = 0, 1, 2, 3


@leaf
def open_folder(path: int, flags: int, quiet: int) -> int:
    """A file for the folder whose NUL-terminated path is at address *path*, -1 when it cannot be opened."""
    file = _openat(AT_CWD, path, flags | quiet, 0)
    if file < 0 and quiet:
        file = _openat(AT_CWD, path, flags, 0)
    return int(file)


@leaf
def read_records(
    file: int, index: int, read: int, records: Array, status: Array, cursor: Array, left: Array,
    names: Array, folder: Array, kind: Array, size: Array, mtime: Array, device: Array,
) -> None:  # fmt: skip
    """Turn *read* bytes of directory records into entries of folder *index*."""
    lengths, words, halves = records.view(np.uint16), status.view(np.int64), status.view(np.uint16)
    numbers = status.view(np.uint32)
    at = 0
    while at < read:
        length, entry_type, name = lengths[(at + 16) >> 1], records[at + 18], at + 19
        at += length
        dots = records[name] == 46 and (records[name + 1] == 0 or (records[name + 1] == 46 and records[name + 2] == 0))
        if dots:
            continue
        if entry_type not in (DT_UNKNOWN, DT_DIR, DT_REG):
            left[LINKS if entry_type == DT_LNK else SPECIAL] += 1
            continue
        if _statx(file, records.ctypes.data + name, STAT_FLAGS, STAT_MASK, status.ctypes.data) != 0:
            left[VANISHED] += 1
            continue
        mode = halves[14] & 0xF000  # stx_mode is at byte 28
        if mode not in (0x8000, 0x4000):
            left[LINKS if mode == 0xA000 else SPECIAL] += 1
            continue
        row, to = cursor[COUNT], cursor[BYTES]
        while records[name]:
            names[to] = records[name]
            to += 1
            name += 1
        names[to] = 0
        folder[row], kind[row] = index, FILE if mode == 0x8000 else FOLDER
        size[row], mtime[row] = words[5], words[14]  # bytes 40 and 112
        device[row] = (np.int64(numbers[34]) << 32) | np.int64(numbers[35])  # bytes 136 and 140
        cursor[COUNT], cursor[BYTES] = row + 1, to + 1


@leaf
def list_some(
    paths: Array, start: Array, last: int, flags: int, quiet: int, cursor: Array, left: Array, failed: Array, records: Array,
    status: Array, names: Array, folder: Array, kind: Array, size: Array, mtime: Array, device: Array,
) -> bool:  # fmt: skip
    """List folders ``cursor[AT] .. last-1``; False when the room is spent before the end (call again with fresh room)."""
    while cursor[AT] < last:
        index = cursor[AT]
        file = cursor[OPEN]
        if file < 0:
            file = open_folder(paths.ctypes.data + start[index], flags, quiet)
        read = 0
        while file >= 0:
            if cursor[COUNT] + MOST_RECORDS > kind.size or cursor[BYTES] + RECORDS > names.size:
                cursor[OPEN] = file
                return False
            read = _getdents(np.int32(file), records.ctypes.data, RECORDS)
            if read <= 0:
                break
            read_records(file, index, read, records, status, cursor, left, names, folder, kind, size, mtime, device)
        if file < 0 or read < 0:
            failed[left[FAILED]] = index
            left[FAILED] += 1
        if file >= 0:
            _close(np.int32(file))
        cursor[OPEN] = -1
        cursor[AT] = index + 1
    return True


@cache
def is_native() -> bool:
    """Whether this machine can list natively: Linux with a libc that has getdents64 and statx."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None)
    return all(hasattr(libc, name) for name in ("openat", "close", "getdents64", "statx"))


def list_natively(folders: Sequence[bytes]) -> list[Listing]:
    """What lies in these *folders* (absolute paths), in one or more parts."""
    paths = np.frombuffer(b"\0".join(folders) + b"\0", np.uint8).copy()
    start = np.cumsum([0, *(len(f) + 1 for f in folders[:-1])]).astype(np.int64)
    cursor, left = np.asarray([0, -1, 0, 0], np.int64), np.zeros(4, np.int64)
    failed = np.empty(len(folders), np.int64)
    records, status = np.empty(RECORDS, np.uint8), np.zeros(256, np.uint8)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    parts: list[Listing] = []
    done = False
    while not done:
        cursor[COUNT] = cursor[BYTES] = 0
        names, columns = np.empty(NAME_ROOM, np.uint8), _room(ROOM)
        folder, kind, size, mtime, device = columns
        done = list_some(
            paths, start, len(folders), flags, os.O_NOATIME, cursor, left, failed, records, status,
            names, folder, kind, size, mtime, device,
        )  # fmt: skip
        folder, kind, size, mtime, device = (column[: cursor[COUNT]].copy() for column in columns)
        parts.append(Listing(names[: cursor[BYTES]].tobytes(), folder, kind, size, mtime, device))
    counts = {listing.LINKS: LINKS, listing.SPECIAL: SPECIAL, listing.VANISHED: VANISHED}
    parts[-1].left_out = Counter({reason: int(left[i]) for reason, i in counts.items() if left[i]})
    parts.extend(_again(folders, index, parts[-1].left_out) for index in failed[: left[FAILED]].tolist())
    return parts


def _room(rows: int) -> tuple[Array, Array, Array, Array, Array]:
    """Columns for answers: folder, kind, size, mtime and device, as in a Listing."""
    wide = np.int64
    return np.empty(rows, np.int32), np.empty(rows, np.uint8), np.empty(rows, wide), np.empty(rows, wide), np.empty(rows, wide)


def _again(folders: Sequence[bytes], index: int, left_out: Counter[str]) -> Listing:
    """A folder that failed, once more the slow way, which knows why it fails (or succeeds: a signal interrupted the first)."""
    if os.path.islink(folders[index]):
        left_out[listing.VANISHED] += 1
        return Listing(b"", *_room(0))
    part = listing.list_portably([folders[index]])
    part.folder = np.full(part.kind.size, index, np.int32)
    return part
