"""The client's twin: what one client knows of the world, from the payloads that it got."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ninepixel.server.replication import decode as d
from ninepixel.server.replication.rows import CHECK_START, VALUES, WORDS, Rows, check_of_field, check_of_rows
from ninepixel.server.replication.sectors import SECTOR_LOG2, BadSectors, Sectors

#: No honest window holds more rows; whoever says so is cut off.
MOST_ROWS = 1 << 19
#: Rows that a view has room for in the beginning.
ROOM = 64

_WHY = {
    d.TORN: "it ends inside a part",
    d.PLACE: "a part names a place outside the window",
    d.FORM: "a part has a form that there is not",
    d.ORDER: "rows or positions are not in order",
}


class BadPayload(ValueError):
    """The peer does not speak this format; what was whole before the bad part has been applied. End the session."""


class View:
    """What a client sees.

    :param side_log2, sector_log2: as the server says in its WELCOME.
    :ivar sectors: the geometry.
    :ivar centre, reach: the window; -1 before the first payload.
    :raises BadSectors: for a world that cannot be cut so.
    """

    __slots__ = ("_field", "_head", "_mask", "_meta", "_places", "_rows", "_sections", "_window", "centre", "reach", "sectors")

    def __init__(self, side_log2: int, sector_log2: int = SECTOR_LOG2) -> None:
        self.sectors = Sectors(side_log2, sector_log2)
        self.centre = self.reach = -1
        self._mask = self.sectors.units - 1
        self._window: dict[int, int] = {}
        self._places = 0
        self._meta = np.zeros((0, d.META), np.int64)
        self._field = np.zeros((0, VALUES), np.uint8)
        self._rows: Rows = np.zeros((0, WORDS), np.uint32)
        self._head = np.zeros(d.HEAD, np.int64)
        self._sections = np.zeros(d.SECTIONS, np.int64)

    # -- taking ---------------------------------------------------------------------------------------------------------

    def apply(self, payload: bytes | memoryview, tick: int) -> int:
        """Take the payload of one frame.

        :returns: how many layers were found to be wrong; :attr:`lost` names their sectors.
        :raises BadPayload: when it is no payload.
        """
        head, data = self._head, np.frombuffer(payload, np.uint8)
        head[d.AT] = head[d.BAD] = 0
        while True:
            why = d.decode(data, self._places, self._mask, tick, self._meta, self._field, self._rows, head, self._sections)
            if why == d.DONE:
                return int(head[d.BAD])
            if why == d.NEW_WINDOW:
                self._look(data[head[d.AT] :])
                head[d.AT] += 6
            elif why == d.FULL:
                self._make_room(int(head[d.NEED]))
            else:
                raise BadPayload(f"byte {int(head[d.AT])} of a payload of {data.size} bytes: {_WHY[why]}")

    def _look(self, part: npt.NDArray[np.uint8]) -> None:
        reach, centre = int(part[0]), int(part[2:6].view("<u4")[0])
        try:
            window = self.sectors.window(centre, reach)
        except BadSectors as error:
            raise BadPayload(f"a window that there is not: {error}") from None
        meta, field = np.zeros((len(window), d.META), np.int64), np.zeros((len(window), VALUES), np.uint8)
        for place, sector in enumerate(window):
            old = self._window.get(sector, -1)
            if old >= 0:
                meta[place], field[place] = self._meta[old], self._field[old]
        self._meta, self._field, self._places = meta, field, len(window)
        self._window = {sector: place for place, sector in enumerate(window)}
        self.centre, self.reach = centre, reach

    def _make_room(self, need: int) -> None:
        used = int(d.live_rows(self._meta, self._places))
        if used + need > MOST_ROWS:
            raise BadPayload(f"{used + need} rows in one window; nobody sees more than {MOST_ROWS}")
        room = max(ROOM, used + need + (used >> 1))
        rows = np.empty((room, WORDS), np.uint32)
        self._head[d.END] = d.compact(self._meta, self._places, self._rows, rows)
        self._rows = rows

    # -- looking --------------------------------------------------------------------------------------------------------

    @property
    def window(self) -> list[int]:
        """The sectors in view, by place."""
        return list(self._window)

    @property
    def lost(self) -> list[int]:
        """Sectors of which something is wrong: ask for each with RESYNC, once, and again if it does not come."""
        meta = self._meta
        bad = (meta[:, d.KNOWN] == d.LOST) | (meta[:, 4 + d.KNOWN] == d.LOST) | (meta[:, d.FIELD_KNOWN] == d.LOST)
        return [sector for sector, place in self._window.items() if bad[place]]

    def known(self, sector: int, *, ground: bool = False) -> bool:
        """Whether the movers (or the ground) of a sector are known and not lost."""
        place = self._window.get(sector, -1)
        return place >= 0 and bool(self._meta[place, (4 if ground else 0) + d.KNOWN] == d.IS_KNOWN)

    def known_field(self, sector: int) -> bool:
        """Whether the field of a sector is known and not lost."""
        place = self._window.get(sector, -1)
        return place >= 0 and bool(self._meta[place, d.FIELD_KNOWN] == d.IS_KNOWN)

    def tick(self, sector: int, *, ground: bool = False) -> int:
        """The tick of the last part about a layer, -1 when there was none. It may have stood still since."""
        return int(self._meta[self._window[sector], (4 if ground else 0) + d.TICK]) if self.known(sector, ground=ground) else -1

    def tick_field(self, sector: int) -> int:
        """The tick of the last part about a sector's field, -1 when there was none."""
        return int(self._meta[self._window[sector], d.FIELD_TICK]) if self.known_field(sector) else -1

    def rows(self, sector: int, *, ground: bool = False) -> Rows:
        """The rows of a sector, uint32 ``(n, 8)`` by id: a view until the next :meth:`apply`; none of what is not known.

        :func:`~ninepixel.server.replication.rows.fields_of` gives them names.
        """
        begin, n = self._span(sector, ground)
        return self._rows[begin : begin + n]

    def field(self, sector: int) -> npt.NDArray[np.uint8]:
        """The 48 values of a sector's field as ``(4, 4, 3)`` uint8; zeros of what is not known."""
        place = self._window.get(sector, -1)
        values = self._field[place] if place >= 0 else np.zeros(VALUES, np.uint8)
        return values.reshape(4, 4, 3)

    def hash(self, sector: int, *, ground: bool = False) -> int:
        """The check of the movers (or the ground) of a sector: equal to the server's at :meth:`tick`."""
        begin, n = self._span(sector, ground)
        return int(check_of_rows(self._rows, begin, begin + n)) if n else CHECK_START

    def hash_field(self, sector: int) -> int:
        """The check of a sector's field."""
        place = self._window.get(sector, -1)
        return int(check_of_field(self._field, place)) if place >= 0 else CHECK_START

    def _span(self, sector: int, ground: bool) -> tuple[int, int]:
        if not self.known(sector, ground=ground):
            return 0, 0
        begin = self._meta[self._window[sector], (4 if ground else 0) + d.BEGIN]
        return int(begin), int(self._meta[self._window[sector], (4 if ground else 0) + d.N])
