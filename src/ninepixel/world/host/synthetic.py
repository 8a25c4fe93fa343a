"""A synthetic host: a tree that never was, from a seed, for tests, training and benchmarks.

Counter-based draws only (:mod:`~ninepixel.world.laws.rng`): the same arguments give the same survey everywhere.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ninepixel.world.host.describe import Entries, describe
from ninepixel.world.host.options import HostError
from ninepixel.world.host.secrets import sealed_name
from ninepixel.world.host.survey import Survey
from ninepixel.world.laws.rng import Words, draw

STREAM_FOLDERS, STREAM_FILES = 0x6E1, 0x6E2
#: How many files there are to a folder, about.
CROWD = 14
#: One file in so many is sealed.
SEALED_ONE_IN = 181
#: Endings with how many of 256 files have them, and the octave around which their sizes lie.
ENDINGS: tuple[tuple[bytes, int, int], ...] = (
    (b".py", 40, 12), (b".c", 14, 13), (b".h", 14, 12), (b".js", 14, 12), (b".rs", 10, 13), (b".md", 18, 12), (b".txt", 14, 11),
    (b".html", 8, 13), (b".pdf", 6, 19), (b".json", 20, 11), (b".yaml", 8, 10), (b".toml", 4, 10), (b".xml", 6, 13),
    (b".png", 18, 16), (b".jpg", 10, 20), (b".mp3", 3, 22), (b".mp4", 2, 26), (b".csv", 8, 16), (b".sqlite", 3, 20),
    (b".parquet", 3, 23), (b".log", 8, 15), (b".so", 6, 17), (b".zip", 4, 21), (b".pyc", 6, 13), (b"", 4, 12), (b".tmp", 3, 12),
    (b".safetensors", 1, 31), (b".gguf", 1, 32),
)  # fmt: skip
SYLLABLES = (
    b"al",
    b"bor",
    b"cy",
    b"den",
    b"el",
    b"fa",
    b"gor",
    b"hi",
    b"ith",
    b"ka",
    b"lum",
    b"mo",
    b"nor",
    b"os",
    b"pra",
    b"qui",
)
LETTERS = b"0123456789abcdefghijklmnopqrstuvwxyz"
#: The tree's newest file has this time, so that ages are whatever is drawn.
NEWEST = 1 << 40


def synthetic(seed: int, files: int, depth: int = 6) -> Survey:
    """A survey of *files* files in about a fourteenth as many folders, none deeper than *depth*.

    :raises HostError: for a number of files below 0 or above 2**23, or a depth below 1 or above 64.
    """
    if not 0 <= files <= 1 << 23 or not 1 <= depth <= 64 or not 0 <= seed < 1 << 64:
        raise HostError("a synthetic host has a 64-bit seed, 0 to 8388608 files and a depth of 1 to 64")
    folders = _folders(seed, 1 + files // CROWD if files else 0, depth)
    path, size, mtime, sealed = _files(seed, files, folders)
    rows = [b"", *folders, *path]
    n, heads = len(rows), 1 + len(folders)
    ages = draw(seed, 1, np.arange(heads, dtype=np.uint32), STREAM_FOLDERS)
    all_mtime = np.concatenate([NEWEST - _ages(ages), mtime])
    all_size = np.concatenate([np.zeros(heads, np.int64), size])
    is_folder, all_sealed = np.arange(n) < heads, np.concatenate([np.zeros(heads, np.bool_), sealed])
    order = np.asarray(sorted(range(n), key=rows.__getitem__), np.int64)
    ordered = [rows[i] for i in order.tolist()]
    at = {p: row for row, p in enumerate(ordered)}
    parent = np.asarray([-1, *(at[p.rpartition(b"/")[0]] for p in ordered[1:])], np.int32)
    entries = Entries(ordered, parent, is_folder[order], all_sealed[order], all_size[order], all_mtime[order])
    return describe(entries, newest=NEWEST)


def _word(bits: int) -> bytes:
    return SYLLABLES[bits & 15] + SYLLABLES[bits >> 4 & 15] + (SYLLABLES[bits >> 8 & 15] if bits & 0x1000 else b"")


def _number(n: int) -> bytes:
    """Base 36: short, and different for different numbers."""
    out = b""
    while True:
        n, digit = divmod(n, 36)
        out = LETTERS[digit : digit + 1] + out
        if not n:
            return out


def _folders(seed: int, count: int, depth: int) -> list[bytes]:
    """Paths of folders; each hangs on an earlier one (or the root), early ones have more below them."""
    a, b, _, _ = draw(seed, 0, np.arange(count, dtype=np.uint32), STREAM_FOLDERS)
    paths: list[bytes] = []
    parents: list[int] = []
    depths: list[int] = []
    for i, (choice, bits) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        up = choice % (i + 1) - 1  # -1 is the root
        while up >= 0 and depths[up] >= depth - 1:
            up = parents[up]
        parents.append(up)
        depths.append(depths[up] + 1 if up >= 0 else 1)
        paths.append((paths[up] + b"/" if up >= 0 else b"") + _word(bits) + b"-" + _number(i))
    return paths


def _ages(words: Words) -> npt.NDArray[np.int64]:
    """Seconds, as many in each octave from a second to eight years."""
    octave = (words[0] % np.uint32(28)).astype(np.int64)
    return (np.int64(1) << octave) + (words[1].astype(np.int64) & ((np.int64(1) << octave) - 1)) - 1


def _files(
    seed: int, count: int, folders: list[bytes]
) -> tuple[list[bytes], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """(paths, sizes, times of change, sealed) of the files."""
    index = np.arange(count, dtype=np.uint32)
    a, b, c, d = draw(seed, 0, index, STREAM_FILES)
    kinds = np.repeat(np.arange(len(ENDINGS)), [share for _, share, _ in ENDINGS])
    kind = kinds[(a % np.uint32(kinds.size)).astype(np.int64)]
    octave = np.asarray([o for _, _, o in ENDINGS])[kind] + (b >> np.uint32(30)).astype(np.int64) - (b & 3).astype(np.int64)
    size = (np.int64(1) << octave) + (c.astype(np.int64) & ((np.int64(1) << octave) - 1))
    sealed = d % np.uint32(SEALED_ONE_IN) == 0
    crowd = (c.astype(np.uint64) * (d >> np.uint32(8)).astype(np.uint64) * np.uint64(len(folders) + 1)) >> np.uint64(56)
    paths = []
    for i, (where, what, bits) in enumerate(zip(crowd.tolist(), kind.tolist(), b.tolist(), strict=True)):
        folder = folders[where - 1] if where else b""
        name = _word(bits >> 4) + b"-" + _number(i) + ENDINGS[what][0]
        paths.append((folder + b"/" if folder else b"") + (sealed_name(name, folder) if sealed[i] else name))
    return paths, size, NEWEST - _ages(draw(seed, 1, index, STREAM_FILES)), sealed
