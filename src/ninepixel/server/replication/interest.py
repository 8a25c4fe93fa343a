"""Who sees what: clients, their windows, what each has, and everybody's frame of a tick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ninepixel.server.replication import assemble as a
from ninepixel.server.replication.scene import GROUND_HISTORY, HISTORY, SceneKeeper
from ninepixel.server.replication.sectors import MAX_REACH, BadSectors

#: What a client is sent on average, bytes a tick with everything: 3,000 a second at 20 ticks a second.
BUDGET = 150
#: What it may be sent at once after a while of less, or when it joins: about two thousand movers are seen at once, whole.
BURST = 65536
#: How far past its sector's edge somebody must be for its window to follow: this share of a sector, so that nobody who walks
#: along an edge gets the same sectors again and again.
SLACK_LOG2 = 3


class NoClient(KeyError):
    """There is no such client, or there is already."""


@dataclass(frozen=True, slots=True)
class Frames:
    """The payloads of one tick.

    :param data: all of them, one after the other.
    :param ends: int64 ``(clients + 1,)``: the payload of client c is ``data[ends[c]:ends[c + 1]]``; empty for who gets none.
    """

    tick: int
    data: bytes
    ends: npt.NDArray[np.int64]

    def of(self, client: int) -> bytes:
        """The payload of a client; empty when there is nothing to tell it, or when it was busy."""
        return self.data[self.ends[client] : self.ends[client + 1]]


class Replicator:
    """Encodes every client's frame.

    Clients are small numbers that the caller gives out and uses again. A client gets what changed since what it *has*, so it may
    be left out for any while: :meth:`busy`. One thread at a time may use this object and its keeper; the frames belong to nobody.

    :param keeper: the scenes, updated by the caller before each :meth:`encode`.
    :param max_reach: the farthest that anybody may look, in sectors.
    :param budget: bytes a tick that a client gets on average, all overhead of messages included; *burst*: at most at once.
    :ivar sent: int64 ``(40,)``: bytes sent so far by column of the table of parts: movers whole, movers of ages 1 to 31, ground
        whole, ground of ages 1 to 3 samples, field whole, field of ages 1 to 3.
    :raises BadSectors: for a reach that windows cannot have.
    """

    def __init__(self, keeper: SceneKeeper, *, max_reach: int = 3, budget: int = BUDGET, burst: int = BURST) -> None:
        if not 0 <= max_reach <= MAX_REACH:
            raise BadSectors(f"max_reach is 0 to {MAX_REACH} sectors, not {max_reach}")
        if budget < 1 or burst < budget:
            raise ValueError(f"a budget is at least a byte a tick, and a burst no less than that, not {budget} and {burst}")
        self.keeper, self.max_reach, self.budget, self.burst = keeper, max_reach, budget, burst
        places = (2 * max_reach + 1) ** 2
        sectors = keeper.sectors.count
        self._clients = np.zeros((0, a.COLUMNS), np.int64)
        self._has = np.zeros((0, places, a.LAYERS), np.int64)
        self._scratch = np.zeros((places, a.LAYERS), np.int64)
        self._queue = np.zeros((3 * places, a.WAITING), np.int64)
        self._stamp = np.full((sectors, a.KINDS), -1, np.int32)
        self._offset, self._size = np.zeros((2, sectors, a.KINDS), np.int32)
        self._arena, self._out = np.zeros(1 << 16, np.uint8), np.zeros(1 << 16, np.uint8)
        self._results = np.zeros(a.RESULTS + a.KINDS, np.int64)
        self._tick = -1

    # -- clients --------------------------------------------------------------------------------------------------------

    def add(self, client: int, centre: int, reach: int = 1) -> None:
        """A client begins to look at the sectors around *centre*; it has nothing yet.

        :raises NoClient: when there is that client already, or for a number below 0.
        :raises BadSectors: for a sector or a reach that there is not.
        """
        self._check(centre, reach)
        if client < 0 or (client < len(self._clients) and self._clients[client, a.ACTIVE]):
            raise NoClient(f"client {client} cannot be added: it is there, or no number of a client")
        if client >= len(self._clients):
            more = max(64, client + 1, 2 * len(self._clients)) - len(self._clients)
            self._clients = np.concatenate([self._clients, np.zeros((more, a.COLUMNS), np.int64)])
            self._has = np.concatenate([self._has, np.zeros((more, *self._has.shape[1:]), np.int64)])
        self._clients[client] = (1, 0, -1, 0, centre, reach, 0, self.burst)

    def remove(self, client: int) -> None:
        """A client is gone; its number may be given to another.

        :raises NoClient: when it was not there; so do the methods below.
        """
        self._one(client)[a.ACTIVE] = 0

    def look(self, client: int, centre: int, reach: int) -> None:
        """A client looks elsewhere, or farther: from its next frame on.

        :raises BadSectors: for a sector or a reach that there is not.
        """
        self._check(centre, reach)
        self._one(client)[[a.NEXT_CENTRE, a.NEXT_REACH]] = centre, reach

    def move(self, client: int, x: int, y: int) -> None:
        """A client looks from this place (torus fractions): its window follows once it is well past its sector's edge."""
        self._one(client)
        self.follow(np.asarray([client]), np.asarray([x], np.uint32), np.asarray([y], np.uint32))

    def follow(self, clients: npt.NDArray[np.integer], x: npt.NDArray[np.uint32], y: npt.NDArray[np.uint32]) -> None:
        """:meth:`move` for many clients at once, ``(n,)`` each; they must be there."""
        sectors = self.keeper.sectors
        shift, across = 32 - sectors.side_log2 + sectors.sector_log2, sectors.across
        centre = self._clients[clients, a.NEXT_CENTRE]
        far = np.zeros(len(clients), np.bool_)
        for place, at in ((x, centre % across), (y, centre // across)):
            middle = (2 * at + 1) << (shift - 1)
            away = ((place.astype(np.int64) - middle + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
            far |= np.abs(away) > (1 << (shift - 1)) + (1 << (shift - SLACK_LOG2))
        mine = (y.astype(np.int64) >> shift) * across + (x.astype(np.int64) >> shift)
        self._clients[clients, a.NEXT_CENTRE] = np.where(far, mine, centre)

    def busy(self, client: int, busy: bool = True) -> None:
        """Leave a client out, or no more: it has not taken what it was sent. Later it gets the latest state, not a queue."""
        self._one(client)[a.BUSY] = int(busy)

    def resync(self, client: int, sector: int) -> None:
        """A client says that what it has of a sector is wrong: it gets all of it anew. Nothing when it does not see it."""
        one, across = self._one(client), self.keeper.sectors.across
        reach, centre = int(one[a.REACH]), int(one[a.CENTRE])
        if centre < 0 or not 0 <= sector < self.keeper.sectors.count:
            return
        wide, left = min(2 * reach + 1, across), min(reach, across >> 1)
        ix, iy = (sector % across - centre % across + left) % across, (sector // across - centre // across + left) % across
        if ix < wide and iy < wide:
            self._has[client, iy * wide + ix] = (-1, -1, -1, self._tick)

    # -- time -----------------------------------------------------------------------------------------------------------

    def encode(self, budget: int | None = None) -> Frames:
        """The frames of the keeper's last scene. Depends on what was called on this object and its keeper, and on nothing else.

        :param budget: bytes a tick that each client gets this time; the replicator's own when None.
        :raises ValueError: when there is no new scene since the last time.
        """
        keeper, clients = self.keeper, len(self._clients)
        tick = keeper.tick
        if tick <= self._tick:
            raise ValueError(f"tick {tick} has been encoded: update the keeper first")
        self._tick = tick
        a.rewindow(self._clients, self._has, tick, keeper.sectors.across, self._scratch)
        ends = np.zeros(clients + 1, np.int64)
        movers = a.Ring(keeper.movers.rows, keeper.movers.room, keeper.movers.start, keeper.movers.numbers, tick)
        soil = a.Ring(keeper.ground.rows, keeper.ground.room, keeper.ground.start, keeper.ground.numbers, keeper.ground_number)
        match = np.empty(max(movers.room, soil.room) + 1, np.int32)
        self._results[: a.RESULTS] = 0
        done, income, across = 0, self.budget if budget is None else budget, keeper.sectors.across
        while True:
            parts = a.Parts(self._stamp, self._offset, self._size, self._arena, match)
            done = a.assemble(
                tick, done, income, self.burst, across, self._clients, self._has, movers, soil, keeper.field, parts, self._out,
                ends, self._results, self._queue,
            )  # fmt: skip
            if done == clients:
                break
            self._arena, self._out = _doubled(self._arena), _doubled(self._out)
        return Frames(tick, self._out[: self._results[a.OUT_END]].tobytes(), ends)

    @property
    def sent(self) -> npt.NDArray[np.int64]:
        """Bytes of payload so far, by column of the table of parts."""
        return self._results[a.RESULTS :].copy()

    def _one(self, client: int) -> npt.NDArray[np.int64]:
        if not 0 <= client < len(self._clients) or not self._clients[client, a.ACTIVE]:
            raise NoClient(f"there is no client {client}; add it first")
        one: npt.NDArray[np.int64] = self._clients[client]
        return one

    def _check(self, centre: int, reach: int) -> None:
        self.keeper.sectors.check(centre, reach)
        if reach > self.max_reach:
            raise BadSectors(f"nobody may look farther than {self.max_reach} sectors here, not {reach}")


def _doubled(array: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.concatenate([array, np.zeros_like(array)])


assert (a.AGES + 1, a.GROUND_AGES + 1) == (HISTORY, GROUND_HISTORY)  # the oldest scene kept is that many ticks old
