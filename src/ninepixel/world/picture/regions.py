"""The folders of a universe as circles: where each is and how far what it holds reaches."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ninepixel.world.identity import FileIdentity
from ninepixel.world.laws.bodies import Kind
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
    place: dict[bytes, tuple[float, float, int, bool]] = {}
    for entity, file in state.cold.each(FileIdentity):
        if state.bodies.is_alive(entity, world):
            body = state.bodies.values(entity, world)
            place[file.path] = (body["x"] / TURN, body["y"] / TURN, file.depth, body["traits"] & 0xFF == Kind.FOLDER)
    reach: dict[bytes, list[float]] = {path: [] for path, (*_, folder) in place.items() if folder}
    for path, (x, y, _, _) in place.items():
        _tell_ancestors(path, x, y, place, reach)
    margin = 1.5 / state.params.side
    return [
        Folder(path, place[path][0], place[path][1], max(distances) + margin, place[path][2], len(distances))
        for path, distances in sorted(reach.items())
        if distances
    ]


def _tell_ancestors(
    path: bytes, x: float, y: float, place: dict[bytes, tuple[float, float, int, bool]], reach: dict[bytes, list[float]]
) -> None:
    while path:
        path = path.rpartition(b"/")[0]
        if path in reach:
            dx, dy = float(shortest(x - place[path][0])), float(shortest(y - place[path][1]))
            reach[path].append(math.hypot(dx, dy))
