"""Who hears a voice and who learns of a moment: distances on the torus, along the longer axis."""

from __future__ import annotations

from collections.abc import Iterable

from ninepixel.server.crowd import Client
from ninepixel.server.replication.sectors import SECTOR_LOG2

#: How far a voice carries, cells.
EARSHOT = 12
_HALF, _TURN = 1 << 31, (1 << 32) - 1


def hearers(clients: Iterable[Client], x: int, y: int, cell_shift: int) -> tuple[int, ...]:
    """Clients that hear what is said at (x, y): who has a body within earshot, and who watches the place.

    :param x, y: torus fractions. :param cell_shift: ``x >> cell_shift`` is a cell.
    """
    return tuple(
        c.number for c in clients if c.sees and apart(c, x, y) <= (EARSHOT << cell_shift if c.slot >= 0 else sight(c, cell_shift))
    )


def witnesses(clients: Iterable[Client], x: int, y: int, cell_shift: int) -> tuple[int, ...]:
    """Clients that learn of a moment at (x, y): all who watch, and players who can see the place."""
    return tuple(c.number for c in clients if c.sees and (c.mode == "watch" or apart(c, x, y) <= sight(c, cell_shift)))


def sight(client: Client, cell_shift: int) -> int:
    """How far a client sees, about, as a torus fraction."""
    return client.reach + 1 << SECTOR_LOG2 + cell_shift


def apart(client: Client, x: int, y: int) -> int:
    """The distance from where a client looks, a torus fraction."""
    dx, dy = (x - client.x) & _TURN, (y - client.y) & _TURN
    return max(dx if dx <= _HALF else _TURN + 1 - dx, dy if dy <= _HALF else _TURN + 1 - dy)
