"""docs/REPLICATION.md in plain Python, written from the page alone: what a client in any language does."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

Row = tuple[int, ...]
MASK = 0xFFFFFFFF


def check(words: list[int]) -> int:
    """The check over words."""
    h = 0x811C9DC5
    for word in words:
        h = ((h ^ word) * 0x9E3779B1) & MASK
        h ^= h >> 15
    return h


@dataclass
class Layer:
    """Rows of a layer; None when they are not known."""

    rows: list[Row] | None = None


@dataclass
class Sector:
    movers: Layer = field(default_factory=Layer)
    ground: Layer = field(default_factory=Layer)
    field: bytearray | None = None


class Client:
    """What one client knows: ``sectors[number]``. Checks are asserted."""

    def __init__(self, side_log2: int, sector_log2: int) -> None:
        self.n = 1 << side_log2 - sector_log2
        self.places: list[int] = []
        self.sectors: dict[int, Sector] = {}
        self.checked = 0
        #: Where the parts of the last payload began.
        self.begins: list[int] = []

    def apply(self, payload: bytes) -> None:
        at, self.begins = 0, []
        while at < len(payload):
            self.begins.append(at)
            place, form = payload[at], payload[at + 1]
            at += 2
            if form == 5:
                (centre,) = struct.unpack_from("<I", payload, at)
                at += 4
                self.look(centre, place)
                continue
            sector = self.sectors[self.places[place]]
            what = form & 7
            if what == 4:
                at, words = self.field(sector, payload, at)
            else:
                layer = sector.movers if what < 2 else sector.ground
                at = self.delta(layer, payload, at, form) if what & 1 else self.whole(layer, payload, at)
                assert layer.rows is not None
                words = [word for row in layer.rows for word in row]
            if form & 128:
                (said,) = struct.unpack_from("<I", payload, at)
                at += 4
                assert said == check(words)
                self.checked += 1
        assert at == len(payload)

    def look(self, centre: int, reach: int) -> None:
        n, w, left = self.n, min(2 * reach + 1, self.n), min(reach, self.n >> 1)
        cx, cy = centre % n, centre // n
        self.places = [((cy + p // w - left) % n) * n + (cx + p % w - left) % n for p in range(w * w)]
        self.sectors = {number: self.sectors.get(number, Sector()) for number in self.places}

    def whole(self, layer: Layer, p: bytes, at: int) -> int:
        n = int.from_bytes(p[at : at + 2], "little")
        layer.rows = [struct.unpack_from("<8I", p, at + 2 + 32 * i) for i in range(n)]
        return at + 2 + 32 * n

    def field(self, sector: Sector, p: bytes, at: int) -> tuple[int, list[int]]:
        mask, at = p[at : at + 6], at + 6
        sector.field = sector.field if sector.field is not None else bytearray(48)
        for i in range(48):
            if mask[i >> 3] >> (i & 7) & 1:
                sector.field[i] = p[at]
                at += 1
        return at, list(struct.unpack("<12I", sector.field))

    def delta(self, layer: Layer, p: bytes, at: int, form: int) -> int:
        num = "<H" if form & 8 else "<B"

        def number() -> int:
            nonlocal at
            (value,) = struct.unpack_from(num, p, at)
            at += struct.calcsize(num)
            return int(value)

        old = layer.rows
        assert old is not None
        assert number() == len(old)
        gone: list[int] = []
        new: list[Row] = []
        if form & 16:
            gone = [number() for _ in range(number())]
            for _ in range(number()):
                new.append(struct.unpack_from("<8I", p, at))
                at += 32
        kept = [i for i in range(len(old)) if i not in gone]
        rows = {i: list(old[i]) for i in kept}
        if form & 32:
            codes, at = at, at + (len(kept) + 3) // 4
            for k, i in enumerate(kept):
                code = p[codes + k // 4] >> 2 * (k % 4) & 3
                x, y = rows[i][1] & 0xFFFF, rows[i][1] >> 16
                if code == 1:
                    dx, dy = (p[at] & 15 ^ 8) - 8, (p[at] >> 4 ^ 8) - 8
                    x, y = x + dx, y + dy
                elif code == 2:
                    dx, dy = struct.unpack_from("<bb", p, at)
                    x, y = x + dx, y + dy
                elif code == 3:
                    x, y = struct.unpack_from("<HH", p, at)
                at += (0, 1, 2, 4)[code]
                rows[i][1] = x | y << 16
        if form & 64:
            for _ in range(number()):
                i = number()
                (rows[i][2],) = struct.unpack_from("<I", p, at)
                at += 4
        layer.rows = sorted([tuple(row) for row in rows.values()] + new)
        return at
