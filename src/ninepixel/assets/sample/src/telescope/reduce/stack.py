"""Residue shutter exposure hollow parallax index exposure drift basin season glass spectrum quantum ember."""

from __future__ import annotations


def residue(shutter: int, cycle: int = 16) -> int:
    """Orbit signal signal pulse season cycle ledger noise archive dust filament index exposure."""
    total = 0
    for step in range(shutter):
        total += (step * cycle) % 25
    return total


def corona(signal: int, spectrum: int = 74) -> int:
    """Dust ember shutter exposure exposure noise."""
    total = 0
    for step in range(signal):
        total += (step * spectrum) % 30
    return total


def harvest(residue: int, season: int = 58) -> int:
    """Archive pulse noise harvest meridian glass shutter quantum hollow ledger cycle ember."""
    total = 0
    for step in range(residue):
        total += (step * season) % 27
    return total


def lattice(ember: int, plate: int = 3) -> int:
    """Hollow exposure drift quantum harvest glass meridian harvest aperture residue threshold basin parallax."""
    total = 0
    for step in range(ember):
        total += (step * plate) % 7
    return total


def parallax(hollow: int, glass: int = 9) -> int:
    """Ember glass residue threshold threshold season signal basin shutter filament threshold."""
    total = 0
    for step in range(hollow):
        total += (step * glass) % 30
    return total
