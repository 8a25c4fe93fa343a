"""Scenes: what can be seen of a universe at a tick, and of the ticks before it.

Movers are sampled at every tick. A mover's status word is taken at ticks divisible by :data:`STATUS_TICKS`, and when it was not
there with this look at the tick before; between it stays. Ground and field are sampled at ticks divisible by
:data:`GROUND_TICKS`. What a scene shows is therefore a function of the states since the last tick divisible by
:data:`GROUND_TICKS` (movers: by :data:`STATUS_TICKS`), and whoever has the journal can compute it again: :attr:`Scene.sure`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.server.replication.rows import VALUES, WORDS, Rows, check_of_rows
from ninepixel.server.replication.sampling import sample, sample_field
from ninepixel.server.replication.sectors import SECTOR_LOG2, Sectors
from ninepixel.world.state import State

#: A mover's status is sampled so often, ground and field so often. Powers of two.
STATUS_TICKS, GROUND_TICKS = 4, 32
#: Scenes kept of movers, and of the ground.
HISTORY, GROUND_HISTORY = 32, 4
#: Rows that a layer has room for in the beginning.
ROOM = 1024


class BadScene(ValueError):
    """This state does not belong into this sequence of scenes."""


class Layer:
    """The last scenes of one layer in a ring: scene of number k (k-th tick, or k-th time) lies at ``k % history``.

    :ivar rows: uint32 ``(history * room, 8)``; the rows of ring place p begin at ``p * room``.
    :ivar start: int32 ``(history, sectors + 2)``: where the rows of each sector begin.
    :ivar numbers: int64 ``(history,)``: which scene lies there, -1 for none.
    """

    def __init__(self, sectors: Sectors, history: int) -> None:
        self.history, self.room = history, ROOM
        self.rows: Rows = np.zeros((history * ROOM, WORDS), np.uint32)
        self.start = np.zeros((history, sectors.count + 2), np.int32)
        self.numbers = np.full(history, -1, np.int64)
        self.seat = np.full(0, -1, np.int32)
        self._sector = np.empty(0, np.int32)
        self._indices = 0

    def of(self, place: int, sector: int) -> Rows:
        """The rows of a sector in the scene at a place of the ring: a view."""
        first = place * self.room
        return self.rows[first + self.start[place, sector] : first + self.start[place, sector + 1]]

    def take(self, state: State, sectors: Sectors, number: int, *, anchored: bool, again: bool) -> None:
        """Sample world 0 of *state* as scene *number*; where that of ``number - 1`` is not kept, every status is taken anew."""
        bodies = state.bodies
        self._seats(bodies.capacity, state.things.capacity)
        at, last = number % self.history, (number - 1) % self.history
        again = again or self.numbers[last] != number - 1
        things = state.things.block[0][:, : int(state.things.count[0])]
        lives = state.lives.block[0][:, : int(state.lives.count[0])]
        self.numbers[at] = -1
        while True:
            count = sample(
                int(anchored), again, bodies.block[0], bodies.row_of[0], int(bodies.next_index[0]), bodies.generation[0],
                np.ascontiguousarray(lives), np.ascontiguousarray(things), sectors.side_log2, sectors.sector_log2, self._sector,
                self.seat, self.rows, last * self.room, int(self.start[last, -1]), at * self.room, self.room, self.start, at,
            )  # fmt: skip
            if count <= self.room:
                break
            self._grow(count)
        self.numbers[at] = number

    def _seats(self, bodies: int, things: int) -> None:
        """Room to remember where every index and every thing (from the end) stood."""
        if self.seat.size < bodies + things:
            seat = np.full(bodies + things, -1, np.int32)
            seat[: self._indices] = self.seat[: self._indices]
            old = self.seat.size - self._indices
            seat[seat.size - old :] = self.seat[self._indices :]
            self.seat, self._sector, self._indices = seat, np.empty(bodies + things, np.int32), bodies

    def _grow(self, count: int) -> None:
        room = count + (count >> 2)
        rows = np.zeros((self.history, room, WORDS), np.uint32)
        rows[:, : self.room] = self.rows.reshape(self.history, self.room, WORDS)
        self.rows, self.room = rows.reshape(-1, WORDS), room


@dataclass(frozen=True, slots=True)
class Scene:
    """What can be seen at a tick. Its arrays are views of the keeper's ring: they hold for :data:`HISTORY` - 1 more updates.

    :param ground_tick: when ground and field were sampled.
    :param movers, ground: rows uint32 ``(n, 8)`` by sector and id; *movers_start*, *ground_start*: rows of sector s are
        ``start[s] .. start[s + 1] - 1``.
    :param field: uint8 ``(sectors, 48)``.
    :param sure: whether everybody who follows the same universe sees the same: False where a keeper began, or left out a tick,
        since movers' status or ground and field should have been sampled last. Both are again as they should be once a tick
        divisible by :data:`GROUND_TICKS` has passed.
    """

    tick: int
    ground_tick: int
    sectors: Sectors
    movers: Rows
    movers_start: npt.NDArray[np.int32]
    ground: Rows
    ground_start: npt.NDArray[np.int32]
    field: npt.NDArray[np.uint8]
    sure: bool

    @staticmethod
    def of(state: State, sector_log2: int = SECTOR_LOG2) -> Scene:
        """The scene of one state alone, every status taken from it."""
        keeper = SceneKeeper(Sectors(state.params.side_log2, sector_log2))
        return keeper.update(state)

    def rows(self, sector: int, *, ground: bool = False) -> Rows:
        """The rows of a sector's movers, or of its ground."""
        rows, start = (self.ground, self.ground_start) if ground else (self.movers, self.movers_start)
        return rows[start[sector] : start[sector + 1]]


class SceneKeeper:
    """The scenes of a universe as it goes on; world 0 alone.

    :param sectors: how the world is cut.
    :ivar layer, ground: the rings of movers (by tick) and of the ground (by tick / :data:`GROUND_TICKS`).
    :ivar field: uint8 ``(GROUND_HISTORY * sectors, 48)``: beside *ground*.
    :ivar tick: of the last update, -1 before the first.
    """

    def __init__(self, sectors: Sectors) -> None:
        self.sectors = sectors
        self.movers = Layer(sectors, HISTORY)
        self.ground = Layer(sectors, GROUND_HISTORY)
        self.field = np.zeros((GROUND_HISTORY * sectors.count, VALUES), np.uint8)
        self.tick = -1
        self._sums = np.zeros(4 * sectors.across, np.int64)
        #: Since when no tick was left out; when the ground was sampled last.
        self._since, self._ground_tick = 0, -GROUND_TICKS

    def update(self, state: State) -> Scene:
        """Look at the next tick. Ticks may be left out; what is sampled now and then is sampled as soon as it can be.

        :raises BadScene: for a state of another size, or of an earlier tick or this tick again.
        """
        tick = state.tick
        if state.params.side_log2 != self.sectors.side_log2:
            raise BadScene(f"these scenes are of a world of side_log2 {self.sectors.side_log2}, not {state.params.side_log2}")
        if tick <= self.tick:
            raise BadScene(f"scenes go forward: tick {tick} after tick {self.tick}; begin a new keeper to look back")
        if tick != self.tick + 1:
            self._since = tick
        self.movers.take(state, self.sectors, tick, anchored=False, again=tick % STATUS_TICKS == 0)
        if self._ground_tick // GROUND_TICKS != tick // GROUND_TICKS:
            self._take_ground(state, tick)
        self.tick = tick
        return self.scene

    @property
    def scene(self) -> Scene:
        """The scene of the last update."""
        at, ground = self.tick % HISTORY, self.ground_number % GROUND_HISTORY
        movers, soil = self.movers, self.ground
        return Scene(
            self.tick,
            self._ground_tick,
            self.sectors,
            movers.rows[at * movers.room : at * movers.room + movers.start[at, -1]],
            movers.start[at],
            soil.rows[ground * soil.room : ground * soil.room + soil.start[ground, -1]],
            soil.start[ground],
            self.field[ground * self.sectors.count : (ground + 1) * self.sectors.count],
            self._ground_tick % GROUND_TICKS == 0 and self.tick // STATUS_TICKS * STATUS_TICKS >= self._since,
        )

    @property
    def ground_number(self) -> int:
        """Which sample of the ground is the last."""
        return self.tick // GROUND_TICKS

    def _take_ground(self, state: State, tick: int) -> None:
        number, self._ground_tick = tick // GROUND_TICKS, tick
        self.ground.take(state, self.sectors, number, anchored=True, again=True)
        sample_field(
            state.energy[0], self.sectors.sector_log2, self.field, number % GROUND_HISTORY * self.sectors.count, self._sums
        )


def sector_hashes(seen: Scene | State, *, ground: bool = False) -> npt.NDArray[np.uint32]:
    """The check of every sector's movers (or ground), uint32 ``(sectors,)``: what :meth:`View.hash` says of the same tick."""
    scene = Scene.of(seen) if isinstance(seen, State) else seen
    rows, start = (scene.ground, scene.ground_start) if ground else (scene.movers, scene.movers_start)
    pairs: Any = zip(start[:-2].tolist(), start[1:-1].tolist(), strict=True)
    return np.asarray([check_of_rows(rows, begin, end) for begin, end in pairs], np.uint32)
