"""The folders of a universe as circles: where each is and how far what it holds reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.ids import INDEX_MASK
from ninepixel.world.identity import FileIdentity
from ninepixel.world.picture.camera import TURN, shortest
from ninepixel.world.state import State


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder's region.

    :param path: relative to the root, raw bytes; ``b""`` is the root.
    :param x, y, radius: torus fractions; the circle holds every file and folder below.
    :param depth: folders above it.
    :param holds: files and folders below.
    """

    path: bytes
    x: float
    y: float
    radius: float
    depth: int
    holds: int


class Regions:
    """The regions of a state's folders, found anew only when the cold components have changed."""

    def __init__(self) -> None:
        self._version: tuple[int, int] = (-1, -1)
        self._folders: list[Folder] = []
        self._table: npt.NDArray[np.float64] = np.zeros((0, 4))

    def folders(self, state: State, world: int = 0) -> list[Folder]:
        """Every folder that holds something, by path."""
        version = (id(state), state.cold.version)
        if version != self._version:
            self._folders = find_folders(state, world)
            rows = [(f.x, f.y, f.radius, f.depth) for f in self._folders]
            self._table = np.asarray(rows, np.float64).reshape(-1, 4)
            self._version = version
        return self._folders

    def circles(self, state: State, world: int = 0) -> npt.NDArray[np.float64]:
        """``(n, 4)``: x, y, radius, depth, as the painter takes them."""
        self.folders(state, world)
        return self._table


def find_folders(state: State, world: int = 0) -> list[Folder]:
    """Every folder of *state* that holds something, by path."""
    known = [(file.path, entity, file.depth) for entity, file in state.cold.each(FileIdentity)]
    known = sorted(k for k in known if state.bodies.is_alive(k[1], world))
    number = {path: i for i, (path, _, _) in enumerate(known)}
    parent = np.asarray([number.get(path.rpartition(b"/")[0], -1) if path else -1 for path, _, _ in known], np.int64)
    rows = state.bodies.row_of[world, np.asarray([entity & INDEX_MASK for _, entity, _ in known], np.int64)]
    x, y = state.bodies["x"][world, rows] / TURN, state.bodies["y"][world, rows] / TURN
    radius, holds = np.zeros(len(known)), np.zeros(len(known), np.int64)
    above, below = parent, np.arange(len(known))
    while (climbing := above >= 0).any():  # everybody tells the folder above, then the one above that, up to the root
        above, below = above[climbing], below[climbing]
        distance = np.hypot(shortest(x[below] - x[above]), shortest(y[below] - y[above]))
        np.maximum.at(radius, above, distance)
        np.add.at(holds, above, 1)
        above = parent[above]
    margin = 1.5 / state.params.side
    return [
        Folder(known[i][0], float(x[i]), float(y[i]), float(radius[i]) + margin, known[i][2], int(holds[i]))
        for i in np.flatnonzero(holds).tolist()
    ]
