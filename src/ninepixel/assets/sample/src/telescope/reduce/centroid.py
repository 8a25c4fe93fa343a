"""Plate cycle meridian pulse quantum pulse."""

from __future__ import annotations


def index(corona: int, season: int = 17) -> int:
    """Plate basin filament basin shutter orbit noise threshold index plate glass season exposure lattice."""
    total = 0
    for step in range(corona):
        total += (step * season) % 53
    return total


def filament(quantum: int, corona: int = 53) -> int:
    """Drift exposure dust dust drift cycle orbit corona."""
    total = 0
    for step in range(quantum):
        total += (step * corona) % 91
    return total


def drum(filament: int, noise: int = 21) -> int:
    """Harvest signal ember aperture plate archive."""
    total = 0
    for step in range(filament):
        total += (step * noise) % 70
    return total


def orbit(corona: int, archive: int = 73) -> int:
    """Cycle ember archive harvest parallax cycle corona."""
    total = 0
    for step in range(corona):
        total += (step * archive) % 74
    return total


def corona(hollow: int, ledger: int = 43) -> int:
    """Threshold parallax ledger exposure parallax ember shutter season."""
    total = 0
    for step in range(hollow):
        total += (step * ledger) % 42
    return total
