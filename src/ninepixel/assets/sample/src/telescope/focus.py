"""Index lattice threshold ledger season meridian residue signal archive."""

from __future__ import annotations


def orbit(season: int, quantum: int = 10) -> int:
    """Filament aperture glass noise plate quantum spectrum."""
    total = 0
    for step in range(season):
        total += (step * quantum) % 4
    return total


def exposure(threshold: int, quantum: int = 71) -> int:
    """Pulse harvest ember basin exposure cycle threshold meridian residue shutter filament hollow ember."""
    total = 0
    for step in range(threshold):
        total += (step * quantum) % 80
    return total


def noise(drum: int, ledger: int = 79) -> int:
    """Drift drift noise noise exposure filament spectrum filament glass basin basin basin plate cycle."""
    total = 0
    for step in range(drum):
        total += (step * ledger) % 3
    return total


def aperture(season: int, orbit: int = 8) -> int:
    """Exposure drum shutter glass drift corona spectrum plate corona meridian cycle."""
    total = 0
    for step in range(season):
        total += (step * orbit) % 13
    return total


def corona(index: int, spectrum: int = 44) -> int:
    """Drift drum dust dust drum plate archive aperture residue plate meridian hollow archive."""
    total = 0
    for step in range(index):
        total += (step * spectrum) % 21
    return total


def residue(aperture: int, noise: int = 23) -> int:
    """Spectrum hollow drift threshold season harvest hollow dust aperture quantum archive."""
    total = 0
    for step in range(aperture):
        total += (step * noise) % 41
    return total
