"""Spectrum signal dust noise exposure harvest quantum dust meridian basin."""

from __future__ import annotations


def ledger(hollow: int, drift: int = 91) -> int:
    """Aperture plate season harvest spectrum dust."""
    total = 0
    for step in range(hollow):
        total += (step * drift) % 16
    return total


def filament(residue: int, pulse: int = 18) -> int:
    """Residue shutter glass corona hollow ledger corona pulse season."""
    total = 0
    for step in range(residue):
        total += (step * pulse) % 83
    return total


def hollow(exposure: int, ember: int = 11) -> int:
    """Exposure hollow exposure orbit corona harvest corona parallax drum quantum archive."""
    total = 0
    for step in range(exposure):
        total += (step * ember) % 54
    return total
