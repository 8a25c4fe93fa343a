"""Lives and things as columns, with what the lives know and what each world keeps of itself.

Their rows are slots that never move and are always in use, so each table is one column: its block of int32 as it lies, of shape
``(worlds, columns, slots)``. The names of its columns stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.lives import LIFE_COLUMNS, THING_COLUMNS
from ninepixel.world.state import CHRONICLE, State
from ninepixel.world.store.envelope import Envelope, ensure_room
from ninepixel.world.store.errors import Impossible

_NAMES = {"lives": [c.name for c in LIFE_COLUMNS], "things": [c.name for c in THING_COLUMNS]}
#: More would not fit into the numbers in which lives remember each other.
MOST_SLOTS = 1 << 24
#: Numbers that a slot costs beside its columns: its place in the sparse sets.
_SPARSE = 3


@dataclass(frozen=True, slots=True)
class Sizes:
    """Slots of lives and of things in every world, and 32-bit words that each life remembers."""

    lives: int = 0
    things: int = 0
    words: int = 0

    @property
    def bytes(self) -> int:
        """What all of it takes in memory, per world."""
        lives = self.lives * (len(LIFE_COLUMNS) + _SPARSE + self.words)
        return 4 * (lives + self.things * (len(THING_COLUMNS) + _SPARSE))


@dataclass(frozen=True, slots=True)
class Slots:
    """What was read: blocks ``(worlds, columns, slots)``, known ``(worlds, slots, words)`` and chronicle ``(worlds, 3)``."""

    lives: npt.NDArray[np.int32]
    things: npt.NDArray[np.int32]
    known: npt.NDArray[np.uint32]
    chronicle: npt.NDArray[np.int64]


def slot_meta(state: State) -> dict[str, Any]:
    """What a snapshot's meta says of them."""
    sizes = [int(state.lives.count[0]), int(state.things.count[0]), state.known.shape[2]]
    return {"slots": sizes, "slot_columns": _NAMES}


def slot_columns(state: State) -> dict[str, npt.NDArray[Any]]:
    """The columns of a snapshot that hold them."""
    blocks = {name: table.block[:, :, : table.count[0]] for name, table in state.tables.items() if name in _NAMES}
    return {**blocks, "known": state.known, "chronicle": state.chronicle}


def read_sizes(meta: Mapping[str, Any]) -> Sizes:
    """How large they are; a snapshot of format 1, which says nothing of them, has none.

    :raises Impossible: when they make no sense.
    """
    if not holds_slots(meta):
        return Sizes()
    match meta:
        case {"slots": [lives, things, words], "slot_columns": columns} if columns == _NAMES:
            if all(type(n) is int and 0 <= n <= MOST_SLOTS for n in (lives, things, words)):
                return Sizes(lives, things, words)
            raise Impossible(f"its slots are not 0 to {MOST_SLOTS}")
    raise Impossible("its lives or things have other columns")


def holds_slots(meta: Mapping[str, Any]) -> bool:
    """Whether a snapshot is of a format that knows lives and things."""
    return "slots" in meta


def read_slots(envelope: Envelope, worlds: int, sizes: Sizes) -> Slots:
    """Everything of the sizes promised, before any table is made.

    :raises Impossible: when the envelope holds anything else, or this machine has no room for it.
    """
    ensure_room(worlds * sizes.bytes, "its lives and things")
    pages = worlds * CHRONICLE if holds_slots(envelope.meta) else 0
    chronicle = envelope.column("chronicle", "i8", pages)
    return Slots(
        _block(envelope, "lives", (worlds, len(LIFE_COLUMNS), sizes.lives)),
        _block(envelope, "things", (worlds, len(THING_COLUMNS), sizes.things)),
        envelope.column("known", "u4", worlds * sizes.lives * sizes.words).reshape(worlds, sizes.lives, sizes.words),
        chronicle.reshape(worlds, CHRONICLE) if pages else np.zeros((worlds, CHRONICLE), np.int64),
    )


def fill_slots(state: State, slots: Slots) -> None:
    """Put what was read into a state that was made for it."""
    state.lives.block[:, :, : slots.lives.shape[2]] = slots.lives
    state.things.block[:, :, : slots.things.shape[2]] = slots.things
    state.known, state.chronicle = slots.known, slots.chronicle


def _block(envelope: Envelope, name: str, shape: tuple[int, int, int]) -> npt.NDArray[np.int32]:
    return envelope.column(name, "i4", shape[0] * shape[1] * shape[2]).reshape(shape)
