"""From what the host says of its entries to a whole survey: the one place where bodies get their attributes.

A scan describes a whole tree, a live change describes one entry with the folders above it; both come here, so a file that
appears while the universe runs is exactly what a fresh scan would have found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ninepixel.world.host.colour import class_weights, colour_all, octave_steps
from ninepixel.world.host.layout import place_all
from ninepixel.world.host.names import Features, Names, read_names
from ninepixel.world.host.sine import quarter_sine
from ninepixel.world.host.survey import Survey
from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.bodies import Matter

DUST, UNKNOWN = int(Matter.TEMP_DUST), int(Matter.BIN_MASS)


@dataclass(frozen=True, slots=True)
class Entries:
    """Raw facts, one row an entry, sorted by path bytes with the root first; arrays of one length.

    :param path: relative, sealed names already replaced. :param parent: int32 rows, -1 for the root.
    :param size: int64 bytes. :param mtime: int64 seconds since 1970.
    :param shift: int32 (n, 3) of :func:`~ninepixel.world.host.content.samples`, or (0, 3) when nothing was sampled.
    """

    path: list[bytes]
    parent: npt.NDArray[np.int32]
    is_folder: npt.NDArray[np.bool_]
    sealed: npt.NDArray[np.bool_]
    size: npt.NDArray[np.int64]
    mtime: npt.NDArray[np.int64]
    shift: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 3), np.int32))


@leaf
def classify(parent: Array, folder: Array, sealed: Array, dust: Array, depth: Array, matter: Array) -> None:
    """Fill ``depth``; let ``dust`` settle on all below it, and give folders and sealed matter the class of the unknown."""
    dust[0] = False  # the root's own name is not part of the tree
    for i in range(1, parent.size):
        up = parent[i]
        depth[i] = depth[up] + 1
        dust[i] = dust[up] or (dust[i] and folder[i])
        if sealed[i] or folder[i]:
            matter[i] = UNKNOWN
        if dust[i] and not sealed[i]:
            matter[i] = DUST


def newest_of(mtime: npt.NDArray[np.int64], is_folder: npt.NDArray[np.bool_]) -> int:
    """The newest file's time of change; without files, the root's."""
    files = mtime[~is_folder]
    return int(files.max()) if files.size else int(mtime[0])


def describe(
    entries: Entries, *, newest: int | None = None, left_out: Mapping[str, int] | None = None, features: Features | None = None
) -> Survey:
    """The survey of *entries*.

    :param newest: what ages are relative to; by default the newest file here.
    :param features: what the last parts of the paths say, where the caller has read them already.
    """
    n = len(entries.path)
    parent, folder, sealed = entries.parent, entries.is_folder, entries.sealed
    if features is None:
        features = read_names(Names.of([path[path.rfind(b"/") + 1 :] for path in entries.path]))
    if newest is None:
        newest = newest_of(entries.mtime, folder)
    age = np.maximum(newest - entries.mtime, 0)
    size = np.where(folder, 0, entries.size)
    depth, matter = np.zeros(n, np.int32), features.matter
    matter[0] = UNKNOWN
    classify(parent, folder, sealed, features.dust, depth, matter)
    h, x, y, radius = np.empty(n, np.uint64), np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    place_all(parent, folder, features.name, matter, quarter_sine(), h, x, y, radius)
    mass, r, b = np.empty(n, np.int32), np.empty(n, np.uint16), np.empty(n, np.uint16)
    genes = np.empty((n, 9), np.uint8)
    colour_all(
        parent, folder, matter, sealed, features.ending, features.name, h, depth, size, age, entries.shift,
        class_weights(), octave_steps(), mass, r, b, genes,
    )  # fmt: skip
    return Survey(
        path=entries.path, parent=parent, depth=depth, is_folder=folder, size=size, age=age, matter=matter, sealed=sealed,
        r=r, b=b, mass=mass, x=x.astype(np.uint32), y=y.astype(np.uint32), genes=genes,
        left_out=dict(sorted((left_out or {}).items())), newest=newest,
    )  # fmt: skip
