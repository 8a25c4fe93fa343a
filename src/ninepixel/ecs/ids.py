"""An entity id is one integer: ``generation << 32 | index``.

The index says where the entity lives (its slot in the sparse set), the generation how many entities lived there before.
A stale id, kept after its entity died, is therefore recognised instead of silently naming a stranger.
"""

from __future__ import annotations

from typing import NewType

EntityId = NewType("EntityId", int)

INDEX_BITS = 32
INDEX_MASK = (1 << INDEX_BITS) - 1
#: Generations wrap here, so that an id always fits a signed 64-bit integer.
GENERATION_MASK = (1 << 31) - 1


def make_id(index: int, generation: int) -> EntityId:
    """Join *index* (uint32) and *generation* (31 bits) into an id."""
    return EntityId((generation << INDEX_BITS) | index)


def index_of(entity: int) -> int:
    """The slot that *entity* lives (or lived) in."""
    return entity & INDEX_MASK


def generation_of(entity: int) -> int:
    """How many entities lived in the slot before *entity*."""
    return entity >> INDEX_BITS
