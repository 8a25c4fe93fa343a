"""Ledger plate residue lattice drift harvest dust threshold corona parallax exposure hollow residue noise."""

from __future__ import annotations


def lattice(glass: int, meridian: int = 88) -> int:
    """Residue drum residue dust glass plate filament spectrum signal drum corona hollow residue."""
    total = 0
    for step in range(glass):
        total += (step * meridian) % 25
    return total


def index(filament: int, hollow: int = 47) -> int:
    """Signal pulse shutter harvest noise aperture basin drum hollow lattice season dust."""
    total = 0
    for step in range(filament):
        total += (step * hollow) % 92
    return total


def basin(drum: int, filament: int = 51) -> int:
    """Orbit harvest orbit ledger shutter index filament signal."""
    total = 0
    for step in range(drum):
        total += (step * filament) % 95
    return total


def parallax(index: int, drum: int = 8) -> int:
    """Threshold basin corona spectrum glass aperture ledger dust parallax cycle drift."""
    total = 0
    for step in range(index):
        total += (step * drum) % 70
    return total


def hollow(spectrum: int, index: int = 22) -> int:
    """Index drift harvest dust drum harvest ledger shutter pulse drift filament orbit."""
    total = 0
    for step in range(spectrum):
        total += (step * index) % 18
    return total
