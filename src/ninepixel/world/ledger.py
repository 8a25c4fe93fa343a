"""The ledger: quantities are created and destroyed only by named sources and sinks (canon, section 2).

At every tick, to the unit: ``held = sum of sources - sum of sinks``. *Energy* is held by the field, the bodies, the stores of the
living and by things; *coins* by purses and coins that lie about; *loot* is counted by the piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

#: Where energy comes from: what the world was born with, what matter radiates, file changes, CPU heat, births.
SOURCES = ("genesis", "radiance", "flare", "heat", "birth")
#: Where it goes: the field cools, and life costs. What dies returns its energy to the field.
SINKS = ("decay", "metabolism")
#: Sources and sinks of every quantity that is accounted for.
QUANTITIES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "energy": (SOURCES, SINKS),
    "coins": (("minted",), ("lost",)),
    "loot": (("forged",), ("worn",)),
}
ENTRIES = tuple(name for sources, sinks in QUANTITIES.values() for name in (*sources, *sinks))


class LedgerError(AssertionError):
    """Something was created or destroyed outside the named sources and sinks."""


@dataclass(slots=True)
class Ledger:
    """Totals since genesis, int64, per world: ``totals[ENTRIES.index(name), world]``."""

    worlds: int = 1
    totals: npt.NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.totals = np.zeros((len(ENTRIES), self.worlds), np.int64)

    def add(self, entry: str, amount: int | npt.NDArray[np.int64], world: int | slice = slice(None)) -> None:
        """Book *amount* (never negative) under a source or a sink."""
        self.totals[ENTRIES.index(entry), world] += amount

    def expected(self, world: int = 0, quantity: str = "energy") -> int:
        """How much of *quantity* must be held now."""
        entries = self.as_dict(world)
        sources, sinks = QUANTITIES[quantity]
        return sum(entries[name] for name in sources) - sum(entries[name] for name in sinks)

    def as_dict(self, world: int = 0) -> dict[str, int]:
        """Entry names and totals."""
        return {name: int(self.totals[i, world]) for i, name in enumerate(ENTRIES)}

    def check(self, held: int, world: int = 0, quantity: str = "energy") -> None:
        """Compare with what is held.

        :raises LedgerError: when they differ by even one unit.
        """
        expected = self.expected(world, quantity)
        if held != expected:
            what = "units of energy" if quantity == "energy" else quantity
            raise LedgerError(f"world {world} holds {held} {what}, the ledger expects {expected}")

    def copy(self) -> Ledger:
        """A ledger of its own with the same totals."""
        twin = Ledger(self.worlds)
        twin.totals[...] = self.totals
        return twin

    @staticmethod
    def from_dict(entries: Mapping[str, int]) -> Ledger:
        """One world's ledger from :meth:`as_dict`."""
        ledger = Ledger()
        for name, amount in entries.items():
            ledger.add(name, amount)
        return ledger
