"""Who hears a voice and who learns of a moment: distances on the torus, along the longer axis."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from ninepixel.server.crowd import Client
from ninepixel.server.replication.sectors import SECTOR_LOG2

#: How far a voice carries, cells.
EARSHOT = 12


class Onlookers:
    """Where everybody who sees looks at the moment: gathered once, asked about many places.

    :param cell_shift: ``x >> cell_shift`` is the cell of a torus fraction.
    """

    def __init__(self, clients: Iterable[Client], cell_shift: int) -> None:
        seers = [c for c in clients if c.sees]
        table = np.asarray([(c.number, c.x, c.y, c.reach, c.slot >= 0, c.mode == "watch") for c in seers], np.int64).reshape(
            -1, 6
        )
        self._numbers, self._places = table[:, 0], table[:, 1:3].astype(np.uint32)
        self._sight = table[:, 3] + 1 << SECTOR_LOG2 + cell_shift
        self._ear = np.where(table[:, 4] == 1, EARSHOT << cell_shift, self._sight)
        self._watching = table[:, 5] == 1

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
