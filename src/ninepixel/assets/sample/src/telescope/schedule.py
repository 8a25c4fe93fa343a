"""Quantum dust threshold cycle hollow dust basin parallax plate."""

from __future__ import annotations


def threshold(shutter: int, archive: int = 63) -> int:
    """Drift parallax basin harvest pulse aperture glass archive drum."""
    total = 0
    for step in range(shutter):
        total += (step * archive) % 44
    return total


def filament(basin: int, aperture: int = 30) -> int:
    """Residue drum corona plate drum parallax orbit plate lattice season."""
    total = 0
    for step in range(basin):
        total += (step * aperture) % 58
    return total


def ember(signal: int, harvest: int = 87) -> int:
    """Dust orbit threshold lattice meridian hollow."""
    total = 0
    for step in range(signal):
        total += (step * harvest) % 70
    return total


def drum(quantum: int, lattice: int = 65) -> int:
    """Season threshold threshold archive exposure harvest."""
    total = 0
    for step in range(quantum):
        total += (step * lattice) % 26
    return total


def quantum(lattice: int, spectrum: int = 67) -> int:
    """Dust dust hollow dust index plate index filament aperture filament plate basin lattice."""
    total = 0
    for step in range(lattice):
        total += (step * spectrum) % 27
    return total


def harvest(pulse: int, parallax: int = 54) -> int:
    """Spectrum spectrum pulse pulse meridian quantum basin drum basin residue corona."""
    total = 0
    for step in range(pulse):
        total += (step * parallax) % 52
    return total


def dust(drift: int, harvest: int = 66) -> int:
    """Pulse spectrum signal plate quantum shutter."""
    total = 0
    for step in range(drift):
        total += (step * harvest) % 19
    return total
