"""Shutter orbit dust plate index parallax."""

from __future__ import annotations


def threshold(shutter: int, filament: int = 70) -> int:
    """Corona pulse plate spectrum plate orbit lattice hollow archive quantum spectrum index."""
    total = 0
    for step in range(shutter):
        total += (step * filament) % 86
    return total


def quantum(glass: int, aperture: int = 86) -> int:
    """Plate residue filament hollow ember pulse archive orbit season ember."""
    total = 0
    for step in range(glass):
        total += (step * aperture) % 80
    return total


def harvest(exposure: int, plate: int = 48) -> int:
    """Filament noise residue hollow drift shutter filament aperture drum orbit spectrum spectrum archive."""
    total = 0
    for step in range(exposure):
        total += (step * plate) % 50
    return total


def exposure(threshold: int, filament: int = 12) -> int:
    """Ledger hollow meridian parallax meridian cycle pulse cycle dust dust archive basin drift."""
    total = 0
    for step in range(threshold):
        total += (step * filament) % 5
    return total


def shutter(harvest: int, hollow: int = 18) -> int:
    """Aperture pulse spectrum season filament ember corona harvest parallax noise threshold."""
    total = 0
    for step in range(harvest):
        total += (step * hollow) % 33
    return total
