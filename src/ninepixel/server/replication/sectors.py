"""How the torus is cut into sectors, and which of them a client sees."""

from __future__ import annotations

from dataclasses import dataclass

from ninepixel.world.state import MAX_SIDE_LOG2, MIN_SIDE_LOG2

#: A sector is 16 cells wide unless somebody says otherwise.
SECTOR_LOG2 = 4
MIN_SECTOR_LOG2, MAX_SECTOR_LOG2 = 3, 8
#: A place in a window is one byte: fifteen times fifteen is the largest window.
MAX_REACH = 7


class BadSectors(ValueError):
    """The world cannot be cut so, or there is no such sector."""


@dataclass(frozen=True, slots=True)
class Sectors:
    """Square sectors of ``1 << sector_log2`` cells on a torus of ``1 << side_log2``; sector number = ``sy * across + sx``.

    :raises BadSectors: for a world that is not of a universe, or sectors of which fewer than two make up its side.
    """

    side_log2: int
    sector_log2: int = SECTOR_LOG2

    def __post_init__(self) -> None:
        if not MIN_SIDE_LOG2 <= self.side_log2 <= MAX_SIDE_LOG2:
            raise BadSectors(f"side_log2 of a world is {MIN_SIDE_LOG2} to {MAX_SIDE_LOG2}, not {self.side_log2}")
        most = min(MAX_SECTOR_LOG2, self.side_log2 - 1)
        if not MIN_SECTOR_LOG2 <= self.sector_log2 <= most:
            raise BadSectors(f"sector_log2 is {MIN_SECTOR_LOG2} to {most} in this world, not {self.sector_log2}")

    @property
    def across(self) -> int:
        """Sectors along one side."""
        return 1 << self.side_log2 - self.sector_log2

    @property
    def count(self) -> int:
        """All sectors."""
        return self.across**2

    @property
    def units(self) -> int:
        """A sector's width in the unit of places, 64ths of a cell."""
        return 64 << self.sector_log2

    def of(self, x: int, y: int) -> int:
        """The sector of a place, x and y torus fractions (u32)."""
        shift = 32 - self.side_log2 + self.sector_log2
        return (y >> shift & self.across - 1) * self.across + (x >> shift & self.across - 1)

    def corner(self, sector: int) -> tuple[int, int]:
        """The torus fraction (x, y) of a sector's upper left corner."""
        shift = 32 - self.side_log2 + self.sector_log2
        return sector % self.across << shift, sector // self.across << shift

    def wide(self, reach: int) -> int:
        """Sectors along one side of a window."""
        return min(2 * reach + 1, self.across)

    def window(self, centre: int, reach: int) -> list[int]:
        """The sectors of a window, by place.

        :raises BadSectors: for a sector or a reach that there is not.
        """
        self.check(centre, reach)
        wide, left, n = self.wide(reach), min(reach, self.across >> 1), self.across
        cx, cy = centre % n, centre // n
        return [((cy + p // wide - left) % n) * n + (cx + p % wide - left) % n for p in range(wide * wide)]

    def check(self, sector: int, reach: int = 0) -> None:
        """Whether there are such a sector and such a reach.

        :raises BadSectors: when not.
        """
        if not 0 <= sector < self.count:
            raise BadSectors(f"sectors of this world are 0 to {self.count - 1}, not {sector}")
        if not 0 <= reach <= MAX_REACH:
            raise BadSectors(f"a window reaches 0 to {MAX_REACH} sectors far, not {reach}")
