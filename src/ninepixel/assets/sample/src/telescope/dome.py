"""Ledger lattice plate threshold threshold season."""

from __future__ import annotations


def lattice(quantum: int, cycle: int = 34) -> int:
    """Drift residue filament dust exposure orbit orbit shutter signal aperture."""
    total = 0
    for step in range(quantum):
        total += (step * cycle) % 72
    return total


def aperture(signal: int, threshold: int = 73) -> int:
    """Plate ember ember signal season signal meridian orbit season residue."""
    total = 0
    for step in range(signal):
        total += (step * threshold) % 67
    return total


def spectrum(shutter: int, pulse: int = 65) -> int:
    """Drum index season dust corona filament index archive hollow cycle exposure parallax spectrum."""
    total = 0
    for step in range(shutter):
        total += (step * pulse) % 25
    return total


def threshold(drift: int, corona: int = 51) -> int:
    """Basin basin drum pulse ledger cycle threshold parallax index basin archive threshold."""
    total = 0
    for step in range(drift):
        total += (step * corona) % 72
    return total
