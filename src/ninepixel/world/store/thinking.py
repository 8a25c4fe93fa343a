"""Thoughts in a snapshot: the policy's file and what every life remembers. Without them nobody acts by a policy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.state import State, Thoughts
from ninepixel.world.store.envelope import Envelope, ensure_room
from ninepixel.world.store.errors import Impossible

#: Units of a memory, and bytes of a policy, at most.
MOST_UNITS, MOST_BYTES = 1024, 1 << 24


def thought_meta(state: State) -> dict[str, Any]:
    """What a snapshot's meta says of them: units and the bytes of the policy."""
    thoughts = state.thoughts
    return {} if thoughts is None else {"thoughts": [thoughts.memory.shape[2], len(thoughts.policy)]}


def thought_columns(state: State) -> dict[str, npt.NDArray[Any]]:
    """The columns of a snapshot that hold them."""
    thoughts = state.thoughts
    if thoughts is None:
        return {}
    return {
        "thoughts.policy": np.frombuffer(thoughts.policy, np.uint8),
        "thoughts.memory": thoughts.memory.astype(np.int32),
        "thoughts.whose": thoughts.whose,
    }


def read_thoughts(envelope: Envelope, worlds: int, slots: int) -> Thoughts | None:
    """The thoughts of a snapshot with so many *slots* of lives a world.

    :raises Impossible: when they make no sense, or this machine has no room for them.
    """
    match envelope.meta.get("thoughts"):
        case None:
            return None
        case [int() as units, int() as size] if 1 <= units <= MOST_UNITS and 1 <= size <= MOST_BYTES:
            pass
        case _:
            raise Impossible("its thoughts are of no size that there is")
    ensure_room(worlds * slots * (2 * units + 4), "its thoughts")
    memory = envelope.column("thoughts.memory", "i4", worlds * slots * units)
    if memory.size and (memory.min() < -(1 << 15) or memory.max() >= 1 << 15):
        raise Impossible("somebody remembers a number of more than 16 bits")
    return Thoughts(
        envelope.column("thoughts.policy", "u1", size).tobytes(),
        memory.astype(np.int16).reshape(worlds, slots, units),
        envelope.column("thoughts.whose", "u4", worlds * slots).reshape(worlds, slots),
    )
