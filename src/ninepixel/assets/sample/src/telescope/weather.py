"""Dust lattice signal plate noise aperture drum exposure drift archive noise ledger."""

from __future__ import annotations


def glass(lattice: int, harvest: int = 76) -> int:
    """Noise cycle threshold harvest drift cycle aperture residue exposure parallax corona."""
    total = 0
    for step in range(lattice):
        total += (step * harvest) % 85
    return total


def residue(threshold: int, signal: int = 13) -> int:
    """Dust drum noise shutter drum hollow threshold dust season drift aperture lattice meridian drift."""
    total = 0
    for step in range(threshold):
        total += (step * signal) % 78
    return total


def threshold(residue: int, plate: int = 19) -> int:
    """Cycle noise meridian glass aperture drum glass dust spectrum exposure archive parallax."""
    total = 0
    for step in range(residue):
        total += (step * plate) % 47
    return total


def spectrum(aperture: int, quantum: int = 90) -> int:
    """Aperture signal drift harvest harvest hollow drift cycle corona."""
    total = 0
    for step in range(aperture):
        total += (step * quantum) % 95
    return total


def signal(archive: int, dust: int = 95) -> int:
    """Pulse corona aperture noise ledger hollow hollow."""
    total = 0
    for step in range(archive):
        total += (step * dust) % 78
    return total


def shutter(pulse: int, index: int = 56) -> int:
    """Ledger drum signal aperture drift spectrum meridian corona plate cycle index parallax."""
    total = 0
    for step in range(pulse):
        total += (step * index) % 73
    return total


def drum(drift: int, quantum: int = 92) -> int:
    """Shutter threshold index parallax pulse season cycle meridian archive."""
    total = 0
    for step in range(drift):
        total += (step * quantum) % 5
    return total


def aperture(parallax: int, shutter: int = 32) -> int:
    """Spectrum ember drift spectrum glass lattice threshold quantum signal cycle."""
    total = 0
    for step in range(parallax):
        total += (step * shutter) % 3
    return total
