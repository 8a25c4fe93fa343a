"""Sampling content, where and only where the owner consented: at most 4 KiB of a regular file that is not sealed.

What is kept of it are three small numbers: how it bends red and blue, and one gene. No byte of the content survives.
"""

from __future__ import annotations

import os
import stat

import numpy as np
import numpy.typing as npt

SAMPLE_BYTES = 4096
#: No content: no shift, no gene.
UNSEEN = (0, 0, -1)
#: Content bends each colour by this much at most.
LIMIT = 8192

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_NO_ATIME = getattr(os, "O_NOATIME", 0)


def open_quietly(path: bytes, flags: int = 0, folder: int | None = None) -> int:
    """Open for reading: follow no link, wait for nothing, and leave the access time alone where that is permitted.

    A relative *path* starts at the open *folder*. Raises OSError as :func:`os.open` does.
    """
    try:
        return os.open(path, _FLAGS | flags | _NO_ATIME, dir_fd=folder)
    except PermissionError:
        if not _NO_ATIME:
            raise
        return os.open(path, _FLAGS | flags, dir_fd=folder)


def read_sample(root: bytes, path: bytes) -> bytes | None:
    """The first bytes of the regular file at *path* below *root*; None when it is something else, gone or unreadable.

    Every folder on the way is opened from the one above it and no link is followed, so that a link that replaced a folder
    since the scan cannot lead out of the tree.
    """
    *folders, name = path.split(b"/")
    opened: list[int] = []
    try:
        opened.append(os.open(root, os.O_RDONLY | _DIRECTORY))
        for folder in folders:
            opened.append(open_quietly(folder, _DIRECTORY, opened[-1]))
        opened.append(open_quietly(name, 0, opened[-1]))
        return os.read(opened[-1], SAMPLE_BYTES) if stat.S_ISREG(os.fstat(opened[-1]).st_mode) else None
    except (OSError, NotImplementedError):  # where folders cannot be opened (Windows), content is never sampled
        return None
    finally:
        for file in opened:
            os.close(file)


def character(sample: bytes) -> tuple[int, int, int]:
    """(shift of R, shift of B, gene 0..255) of some content.

    Three shares of its bytes count: *signal* (128 and above) is for perception, *symbols* (letters and digits) for cognition,
    *structure* (all else: control, space, punctuation) for execution. Each colour moves by (share - 1/3) of LIMIT; the gene
    is how many of the 256 byte values occur.
    """
    if not sample:
        return 0, 0, 0
    counts: npt.NDArray[np.int64] = np.bincount(np.frombuffer(sample, np.uint8), minlength=256)
    total = len(sample)
    signal = int(counts[128:].sum())
    symbols = int(counts[48:58].sum() + counts[65:91].sum() + counts[97:123].sum())
    distinct = int(np.count_nonzero(counts))
    return LIMIT * (3 * signal - total) // (3 * total), LIMIT * (3 * symbols - total) // (3 * total), min(distinct, 255)


def samples(root: bytes, paths: list[bytes | None]) -> npt.NDArray[np.int32]:
    """(n, 3) int32 of :func:`character` for each relative path; None and what cannot be read stay :data:`UNSEEN`."""
    out = np.empty((len(paths), 3), np.int32)
    for i, path in enumerate(paths):
        sample = None if path is None else read_sample(root, path)
        out[i] = UNSEEN if sample is None else character(sample)
    return out
