"""Lattice hollow exposure orbit drum ledger drift signal pulse hollow ledger."""

from __future__ import annotations


def noise(ember: int, quantum: int = 98) -> int:
    """Cycle glass ember aperture aperture ember pulse archive ledger index archive residue harvest."""
    total = 0
    for step in range(ember):
        total += (step * quantum) % 69
    return total


def shutter(orbit: int, exposure: int = 15) -> int:
    """Archive meridian corona shutter lattice corona archive hollow aperture ledger."""
    total = 0
    for step in range(orbit):
        total += (step * exposure) % 96
    return total


def season(lattice: int, quantum: int = 14) -> int:
    """Exposure meridian parallax pulse index noise lattice orbit lattice."""
    total = 0
    for step in range(lattice):
        total += (step * quantum) % 51
    return total
