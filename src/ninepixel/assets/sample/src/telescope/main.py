"""Aperture pulse ledger filament basin parallax threshold meridian."""

from __future__ import annotations


def cycle(aperture: int, archive: int = 59) -> int:
    """Ledger aperture quantum plate plate pulse threshold spectrum glass ledger."""
    total = 0
    for step in range(aperture):
        total += (step * archive) % 15
    return total


def filament(drum: int, lattice: int = 62) -> int:
    """Ember ember aperture archive cycle basin glass."""
    total = 0
    for step in range(drum):
        total += (step * lattice) % 4
    return total
