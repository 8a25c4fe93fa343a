"""The ledger: energy is created and destroyed only by named sources and sinks (canon, section 2).

At every tick, to the unit: ``held = sum of sources - sum of sinks``, where *held* is the energy in the field and in the bodies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

#: Where energy comes from: what the world was born with, what matter radiates, file changes, CPU heat, births.
SOURCES = ("genesis", "radiance", "flare", "heat", "birth")
#: Where it goes. What dies returns its energy to the field, so decay is the only sink.
SINKS = ("decay",)
ENTRIES = SOURCES + SINKS


class LedgerError(AssertionError):
    """Energy was created or destroyed outside the named sources and sinks."""


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

    def expected(self, world: int = 0) -> int:
        """The energy that must be held now."""
        n = len(SOURCES)
        return int(self.totals[:n, world].sum() - self.totals[n:, world].sum())

    def as_dict(self, world: int = 0) -> dict[str, int]:
        """Entry names and totals."""
        return {name: int(self.totals[i, world]) for i, name in enumerate(ENTRIES)}

    def check(self, held: int, world: int = 0) -> None:
        """Compare with what is held.

        :raises LedgerError: when they differ by even one unit.
        """
        if held != self.expected(world):
            raise LedgerError(f"world {world} holds {held} units of energy, the ledger expects {self.expected(world)}")

    @staticmethod
    def from_dict(entries: Mapping[str, int]) -> Ledger:
        """One world's ledger from :meth:`as_dict`."""
        ledger = Ledger()
        for name, amount in entries.items():
            ledger.add(name, amount)
        return ledger
