"""Hosts that no training sees: other kinds of machines than the one that training worlds are synthesised as.

Training's synthetic host has all kinds of files in one mixture, some fourteen to a folder and at most four folders deep. These
are machines with one use each: their files are of few kinds, other sizes and ages, in deeper or flatter trees, and their names
come from elsewhere. The *held-out hosts* of a task are :func:`held_out` of the worlds' seeds, with as many files as the task has;
which kind of machine it is goes round with the seed. With recorded hosts it is the files of surveys that go round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ninepixel.agents.tasks import BadOption, Task
from ninepixel.world.host.describe import Entries, describe
from ninepixel.world.host.survey import Survey
from ninepixel.world.laws.rng import draw

STREAM_HELD_OUT = 0x6E3
#: The newest file of a host has this time.
NEWEST = 1 << 40
#: What names are made of; training's have other syllables.
WORDS = (b"acme", b"build", b"core", b"draft", b"extra", b"final", b"group", b"index", b"local", b"main", b"old", b"raw", b"site",
         b"test", b"user", b"work")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """What a machine is for.

    :param endings: of its files, each with the octave of bytes around which their sizes lie.
    :param crowd: files to a folder, about. :param depth: of its folders at most. :param ages: octaves of seconds, from .. to.
    """

    name: str
    endings: tuple[tuple[bytes, int], ...]
    crowd: int
    depth: int
    ages: tuple[int, int]


KINDS = (
    Kind("sources", ((b".py", 12), (b".rs", 13), (b".c", 13), (b".h", 10), (b".toml", 9), (b".md", 11)), 4, 9, (4, 20)),
    Kind("pictures", ((b".jpg", 22), (b".png", 19), (b".mp4", 28), (b".mp3", 22), (b".txt", 8)), 40, 2, (18, 27)),
    Kind("data", ((b".csv", 21), (b".parquet", 26), (b".sqlite", 24), (b".safetensors", 32), (b".json", 15)), 8, 5, (12, 25)),
    Kind("logs", ((b".log", 20), (b".tmp", 9), (b".zip", 23), (b".yaml", 9), (b".so", 18)), 10, 7, (0, 14)),
)


def held_out(seed: int, files: int) -> Survey:
    """The held-out host of a world: *files* files on a machine of the kind that is the seed's turn."""
    kind = KINDS[seed % len(KINDS)]
    folders = _folders(seed, 1 + files // kind.crowd, kind.depth)
    number = np.arange(files, dtype=np.uint32)
    where, what, fine, word = draw(seed, 0, number, STREAM_HELD_OUT)
    octaves = np.asarray([octave for _, octave in kind.endings], np.int64)[what % np.uint32(len(kind.endings))]
    octaves += (fine >> np.uint32(30)).astype(np.int64) - 1
    size = (np.int64(1) << octaves) + (fine.astype(np.int64) & ((np.int64(1) << octaves) - 1))
    paths = []
    for i in range(files):
        folder = folders[int(where[i]) % len(folders)]
        name = (
            WORDS[int(word[i]) & 15]
            + WORDS[int(word[i]) >> 4 & 15]
            + b"%d" % i
            + kind.endings[int(what[i]) % len(kind.endings)][0]
        )
        paths.append(folder + b"/" + name)
    rows, heads = [b"", *folders, *paths], 1 + len(folders)
    ages = _ages(seed, len(rows), kind.ages)
    order = np.asarray(sorted(range(len(rows)), key=rows.__getitem__), np.int64)
    ordered = [rows[i] for i in order.tolist()]
    at = {path: row for row, path in enumerate(ordered)}
    parent = np.asarray([-1, *(at[path.rpartition(b"/")[0]] for path in ordered[1:])], np.int32)
    sizes = np.concatenate([np.zeros(heads, np.int64), size])[order]
    entries = Entries(ordered, parent, order < heads, np.zeros(len(rows), np.bool_), sizes, (NEWEST - ages)[order])
    return describe(entries, newest=NEWEST)


def held_out_hosts(task: Task) -> Callable[[int], Survey]:
    """The held-out host of every world of a task, by the world's seed.

    :raises BadOption: for a task whose worlds have no host.
    """
    if not task.files:
        raise BadOption(f"the worlds of {task.name} are made of fountains and have no host: take files=40, or another task")
    return lambda seed: held_out(seed, task.files)


def recorded_hosts(files: Sequence[Path]) -> Callable[[int], Survey]:
    """The hosts in *files*, which ``Survey.save`` wrote, one after the other.

    :raises SurveyError: for a file that is none.
    """
    surveys = [Survey.load(file) for file in files]
    return lambda seed: surveys[seed % len(surveys)]


def _folders(seed: int, count: int, depth: int) -> list[bytes]:
    """Paths of folders, most of them deep: every folder hangs on one of the last few."""
    choice, name, _, _ = draw(seed, 1, np.arange(count, dtype=np.uint32), STREAM_HELD_OUT)
    paths: list[bytes] = []
    for i, (up, bits) in enumerate(zip(choice.tolist(), name.tolist(), strict=True)):
        above = paths[max(0, i - 1 - up % 3)] if paths else b""
        own = WORDS[bits & 15] + b"%d" % i
        paths.append(above + b"/" + own if above and above.count(b"/") < depth - 1 else own)
    return paths


def _ages(seed: int, count: int, octaves: tuple[int, int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Seconds, as many in each octave."""
    low, high = octaves
    coarse, fine, _, _ = draw(seed, 2, np.arange(count, dtype=np.uint32), STREAM_HELD_OUT)
    octave = low + (coarse % np.uint32(high - low)).astype(np.int64)
    return (np.int64(1) << octave) + (fine.astype(np.int64) & ((np.int64(1) << octave) - 1)) - 1
