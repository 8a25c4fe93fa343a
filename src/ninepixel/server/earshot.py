"""Who hears a voice and who learns of a moment: distances on the torus, along the longer axis."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ninepixel.server.replication.sectors import SECTOR_LOG2

#: How far a voice carries, cells.
EARSHOT = 12


class Onlookers:
    """Everybody who sees, and from where: gathered once, asked about many places.

    :param seers: int64 ``(n, 4)``: the client's number, its reach in sectors, whether it leads a body, whether it only watches.
    :param places: uint32 ``(n, 2)``: where each looks, torus fractions.
    :param cell_shift: ``x >> cell_shift`` is the cell of a torus fraction.
    """

    def __init__(self, seers: npt.NDArray[np.int64], places: npt.NDArray[np.uint32], cell_shift: int) -> None:
        self._numbers, self._places = seers[:, 0], places
        self._sight = seers[:, 1] + 1 << SECTOR_LOG2 + cell_shift
        self._ear = np.where(seers[:, 2] == 1, EARSHOT << cell_shift, self._sight)
        self._watching = seers[:, 3] == 1

    def hearing(self, x: int, y: int) -> tuple[int, ...]:
        """Clients that hear what is said at (x, y), torus fractions: who has a body within earshot, and who watches the place."""
        return self._those(self._apart(x, y) <= self._ear)

    def seeing(self, x: int, y: int) -> tuple[int, ...]:
        """Clients that learn of a moment at (x, y): all who watch, and players who can see the place."""
        return self._those(self._watching | (self._apart(x, y) <= self._sight))

    def _those(self, mask: npt.NDArray[np.bool_]) -> tuple[int, ...]:
        return tuple(self._numbers[mask].tolist())

    def _apart(self, x: int, y: int) -> npt.NDArray[np.int64]:
        away = (self._places - np.asarray([x, y], np.uint32)).view(np.int32).astype(np.int64)
        return np.asarray(np.abs(away).max(axis=1, initial=0))
