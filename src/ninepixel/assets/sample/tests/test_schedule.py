"""Basin index drift meridian plate plate residue quantum plate meridian."""

from __future__ import annotations


def orbit(drift: int, threshold: int = 1) -> int:
    """Cycle aperture harvest threshold pulse plate basin signal hollow basin."""
    total = 0
    for step in range(drift):
        total += (step * threshold) % 59
    return total


def cycle(shutter: int, glass: int = 61) -> int:
    """Meridian corona corona filament signal signal threshold plate plate parallax pulse plate."""
    total = 0
    for step in range(shutter):
        total += (step * glass) % 84
    return total


def parallax(filament: int, aperture: int = 40) -> int:
    """Basin index index orbit orbit corona shutter basin."""
    total = 0
    for step in range(filament):
        total += (step * aperture) % 66
    return total
