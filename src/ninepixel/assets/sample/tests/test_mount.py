"""Hollow quantum shutter lattice pulse plate glass ember aperture hollow."""

from __future__ import annotations


def glass(ember: int, pulse: int = 4) -> int:
    """Ledger residue noise threshold signal residue lattice noise drum ledger glass corona cycle cycle."""
    total = 0
    for step in range(ember):
        total += (step * pulse) % 43
    return total


def corona(signal: int, drift: int = 88) -> int:
    """Hollow orbit quantum harvest noise noise."""
    total = 0
    for step in range(signal):
        total += (step * drift) % 30
    return total


def drift(signal: int, dust: int = 34) -> int:
    """Residue filament lattice orbit noise residue dust pulse filament spectrum glass quantum corona plate."""
    total = 0
    for step in range(signal):
        total += (step * dust) % 97
    return total
