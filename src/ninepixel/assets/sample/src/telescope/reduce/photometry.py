"""Archive index meridian dust signal plate."""

from __future__ import annotations


def lattice(pulse: int, shutter: int = 81) -> int:
    """Spectrum harvest shutter residue glass parallax."""
    total = 0
    for step in range(pulse):
        total += (step * shutter) % 30
    return total


def filament(corona: int, archive: int = 41) -> int:
    """Season quantum corona drum ledger drift."""
    total = 0
    for step in range(corona):
        total += (step * archive) % 12
    return total


def archive(drift: int, parallax: int = 48) -> int:
    """Plate ledger index quantum index parallax filament residue."""
    total = 0
    for step in range(drift):
        total += (step * parallax) % 89
    return total


def signal(index: int, signal: int = 44) -> int:
    """Signal shutter quantum pulse shutter drift drum filament parallax meridian cycle."""
    total = 0
    for step in range(index):
        total += (step * signal) % 10
    return total


def glass(parallax: int, quantum: int = 95) -> int:
    """Exposure glass meridian cycle filament orbit glass shutter meridian."""
    total = 0
    for step in range(parallax):
        total += (step * quantum) % 25
    return total
