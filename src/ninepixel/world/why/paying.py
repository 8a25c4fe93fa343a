"""The parts of a mind's reward in the last tick, by the homeostatic rule (``ninepixel.agents.tasks.Weights``).

    reward = drive * gain / SET_POINT + deed * new deeds + section * sections decoded - death * died

The laws note the gain and the sections of the last tick for everybody as they go, and the deeds of a whole life. Which deeds
are new, and how each store came nearer to its set point, takes a look at the mind before the tick: :class:`Before`, a handful
of numbers for who is watched, and nothing for all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from ninepixel.world.laws.lives import DEEDS
from ninepixel.world.laws.vital import SET_POINT
from ninepixel.world.state import STORES, State


class Lived(Protocol):
    """What notes the last tick: :class:`ninepixel.world.life.engine.Life`."""

    @property
    def gain(self) -> Any:
        """int32 (worlds, slots)."""

    @property
    def sections(self) -> Any:
        """int32 (worlds, slots)."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What a task pays for: its weights, and the names of the deeds that count."""

    task: str
    drive: float
    deed: float
    section: float
    death: float
    deeds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Before:
    """A mind before a tick. :ivar tick: of the state. :ivar serial: which life of the slot it is."""

    tick: int
    slot: int
    serial: int
    stores: tuple[int, ...]
    deeds: int

    @staticmethod
    def of(state: State, slot: int, world: int = 0) -> Before:
        """The life in a slot as it is now."""
        lives = state.lives
        stores = tuple(int(lives[name][world, slot]) for name in STORES)
        return Before(state.tick, slot, int(lives["serial"][world, slot]), stores, deeds_of(state, slot, world))


@dataclass(frozen=True, slots=True)
class Tick:
    """What the last tick did to a mind.

    :ivar gain: units by which what was done in it, by itself and to it, brought all its stores nearer to their set point.
    :ivar nearer: by store, units by which the whole tick did, metabolism and all.
    :ivar sections: sections of matter that it decoded. :ivar deeds: names of the achievements that it reached.
    """

    gain: int
    nearer: tuple[int, ...]
    sections: int
    deeds: tuple[str, ...]


def tick_of(before: Before | None, state: State, lived: Lived | None, world: int = 0) -> Tick | None:
    """What the tick between *before* and *state* did; None when there is no such tick, or another lives there by now."""
    if before is None or lived is None:
        return None
    now = Before.of(state, before.slot, world)
    if now.tick != before.tick + 1 or now.serial != before.serial or int(state.lives["body"][world, before.slot]) < 0:
        return None
    nearer = tuple(abs(a - SET_POINT) - abs(b - SET_POINT) for a, b in zip(before.stores, now.stores, strict=True))
    fresh = now.deeds & ~before.deeds
    names = tuple(deed.name for number, deed in enumerate(DEEDS) if fresh >> number & 1)
    return Tick(int(lived.gain[world, before.slot]), nearer, int(lived.sections[world, before.slot]), names)


def deeds_of(state: State, slot: int, world: int = 0) -> int:
    """A bit for each of a life's achievements."""
    low, high = (int(state.lives[name][world, slot]) for name in ("deeds_lo", "deeds_hi"))
    return low | high << 32


def paid(tick: Tick, prices: Prices) -> dict[str, int]:
    """What a task pays for a tick that the mind lived through, part by part and in all, in millionths."""
    counted = sum(deed in prices.deeds for deed in tick.deeds)
    parts = {
        "drive": prices.drive * tick.gain / SET_POINT,
        "deed": prices.deed * counted,
        "section": prices.section * tick.sections,
        "death": 0.0,
    }
    return {name: round(1e6 * part) for name, part in {**parts, "sum": sum(parts.values())}.items()}
