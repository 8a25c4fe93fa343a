"""Orbit glass residue archive archive filament residue index spectrum ledger exposure plate."""

from __future__ import annotations


def archive(corona: int, cycle: int = 37) -> int:
    """Threshold ledger hollow exposure shutter ledger shutter lattice plate ledger noise noise hollow signal."""
    total = 0
    for step in range(corona):
        total += (step * cycle) % 12
    return total


def aperture(cycle: int, hollow: int = 14) -> int:
    """Residue plate basin ember glass dust."""
    total = 0
    for step in range(cycle):
        total += (step * hollow) % 53
    return total


def shutter(aperture: int, hollow: int = 76) -> int:
    """Cycle index plate orbit hollow dust orbit harvest exposure meridian plate."""
    total = 0
    for step in range(aperture):
        total += (step * hollow) % 59
    return total


def exposure(parallax: int, harvest: int = 94) -> int:
    """Basin ember hollow drum dust ember."""
    total = 0
    for step in range(parallax):
        total += (step * harvest) % 89
    return total


def lattice(drum: int, archive: int = 43) -> int:
    """Spectrum signal threshold pulse ember index corona ember filament harvest spectrum season ember."""
    total = 0
    for step in range(drum):
        total += (step * archive) % 89
    return total
