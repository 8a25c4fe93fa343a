"""A whole state in one envelope, and back.

Bodies are written in index order, so that the bytes, like the digest, do not depend on where rows lie; a loaded table has its
rows in that order. Capacity is not part of a state. For the living, ``links`` holds 0, for the dead the link of the free list
(always negative), so that the order of births is the same after a load. Lives and things, which never move, are written as they
lie (:mod:`~ninepixel.world.store.slots`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.ids import GENERATION_MASK, INDEX_MASK
from ninepixel.ecs.table import NO_INDEX, Table
from ninepixel.world.laws.bodies import BODY_COLUMNS
from ninepixel.world.ledger import ENTRIES
from ninepixel.world.state import CHANNELS, BadWorld, Params, State
from ninepixel.world.store.coldcolumns import cold_from_columns, cold_to_columns
from ninepixel.world.store.envelope import Envelope, ensure_room, pack
from ninepixel.world.store.errors import Impossible
from ninepixel.world.store.lawful import check_state
from ninepixel.world.store.slots import Sizes, fill_slots, read_sizes, read_slots, slot_columns, slot_meta
from ninepixel.world.store.thinking import read_thoughts, thought_columns, thought_meta

#: Rows that a loaded table has at least; beyond those in use there is one for everybody who may yet be born.
MIN_CAPACITY = 1024
#: Bytes that an index costs in memory: its columns and its place in the sparse sets.
_INDEX_BYTES = 4 * (len(BODY_COLUMNS) + 3)
#: What the ledgers of format 1 accounted for.
_FIRST_ENTRIES = ("genesis", "radiance", "flare", "heat", "birth", "decay")


@dataclass(frozen=True, slots=True)
class _Counts:
    """How much of a table one world uses."""

    next_index: int
    free_head: int
    count: int


def pack_snapshot(state: State, role: str) -> bytes:
    """The envelope of *state*. :param role: why it was taken: ``genesis``, ``final`` or ``checkpoint``."""
    table, worlds = state.bodies, range(state.params.worlds)
    rows = [table.canonical_rows(w) for w in worlds]
    used = [slice(0, int(table.next_index[w])) for w in worlds]
    counts, columns = cold_to_columns(state.cold)
    columns |= {
        "links": np.concatenate([np.minimum(table.row_of[w, used[w]], 0) for w in worlds]),
        "generation": np.concatenate([table.generation[w, used[w]] for w in worlds]),
        "ledger": state.ledger.totals,
        "energy": state.energy,
    }
    columns |= slot_columns(state) | thought_columns(state)
    for c in table.schema:
        columns[f"bodies.{c.name}"] = np.concatenate([table.columns[c.name][w][rows[w]] for w in worlds])
    meta = {
        "role": role,
        "params": asdict(state.params),
        "worlds": [[int(a[w]) for a in (table.next_index, table.free_head, table.count)] for w in worlds],
        "ledger": list(ENTRIES),
        "cold": counts,
        **slot_meta(state),
        **thought_meta(state),
    }
    return pack("snapshot", state.tick, meta, columns)


def unpack_snapshot(envelope: Envelope, capacity: int = 0, *, to_run: bool = True) -> State:
    """The state in a snapshot.

    :param capacity: rows per world that the table shall have at least.
    :param to_run: False for a state that is only looked at: values that the laws could not bear are then let through, so that
        they can be named.
    :raises Impossible: when what it holds is no state, or too large for this machine.
    """
    params, counts, cold = _read_meta(envelope.meta)
    sizes = read_sizes(envelope.meta)
    slots = read_slots(envelope, params.worlds, sizes)
    state = _room_for(params, counts, capacity, sizes)
    state.tick = envelope.tick
    _fill_table(state.bodies, counts, envelope)
    fill_slots(state, slots)
    state.thoughts = read_thoughts(envelope, params.worlds, sizes.lives)
    state.energy = envelope.column("energy", "i4", state.energy.size).reshape(state.energy.shape)
    _fill_ledger(state, envelope)
    state.cold = cold_from_columns(envelope, cold, partial(_all_alive, state.bodies))
    if to_run:
        check_state(state)
    return state


# -- reading, step by step --------------------------------------------------------------------------------------------


def _read_meta(meta: Mapping[str, Any]) -> tuple[Params, list[_Counts], dict[str, int]]:
    match meta:
        case {"params": dict() as given, "worlds": list() as worlds, "ledger": list() as entries, "cold": dict() as cold}:
            pass
        case _:
            raise Impossible("a snapshot without params, worlds, ledger or cold")
    try:
        numbers = [*given.values(), *cold.values(), *(n for world in worlds for n in world)]
        if not all(type(n) is int for n in numbers):
            raise TypeError("not an integer")
        params, counts = Params(**given), [_Counts(*world) for world in worlds]
    except (TypeError, BadWorld) as e:
        raise Impossible(f"its parameters make no world: {e}") from None
    if entries not in (list(ENTRIES), list(_FIRST_ENTRIES)):
        raise Impossible(f"its ledger has other entries: {entries!r:.200}")
    if len(counts) != params.worlds or not all(0 <= c.count <= c.next_index < NO_INDEX for c in counts):
        raise Impossible("its worlds and their counts do not fit together")
    if not all(0 <= n <= sum(c.next_index for c in counts) for n in cold.values()):
        raise Impossible("it holds more cold components than entities")
    return params, counts, cold


def _room_for(params: Params, counts: list[_Counts], capacity: int, sizes: Sizes) -> State:
    """An empty state of the right size, if this machine has the memory."""
    capacity = max(capacity, MIN_CAPACITY, *(c.next_index + sizes.lives for c in counts))
    cells = params.worlds * CHANNELS * params.side**2
    ensure_room(params.worlds * (capacity * _INDEX_BYTES + sizes.bytes) + cells * 4, "the world")
    return State.empty(params, capacity, lives=sizes.lives, things=sizes.things, known=32 * sizes.words)


def _fill_ledger(state: State, envelope: Envelope) -> None:
    """A ledger of format 1 has fewer entries; the others are zero then."""
    entries = envelope.meta["ledger"]
    totals = envelope.column("ledger", "i8", len(entries) * state.params.worlds).reshape(len(entries), -1)
    for entry, total in zip(entries, totals, strict=True):
        state.ledger.totals[ENTRIES.index(entry)] = total


def _fill_table(table: Table, counts: list[_Counts], envelope: Envelope) -> None:
    indices, bodies = sum(c.next_index for c in counts), sum(c.count for c in counts)
    links = envelope.column("links", "i4", indices)
    generation = envelope.column("generation", "u4", indices)
    if indices and generation.max() > GENERATION_MASK:
        raise Impossible("a generation is out of range")
    columns = {c.name: envelope.column(f"bodies.{c.name}", np.dtype(c.dtype).str[1:], bodies) for c in table.schema}
    first_index = first_body = 0
    for world, c in enumerate(counts):
        used = slice(first_index, first_index + c.next_index)
        _fill_sparse_set(table, world, c, links[used], generation[used])
        for name, values in columns.items():
            table.columns[name][world, : c.count] = values[first_body : first_body + c.count]
            table.touch(name, world)
        first_index, first_body = used.stop, first_body + c.count


def _fill_sparse_set(
    table: Table, world: int, counts: _Counts, links: npt.NDArray[np.int32], generation: npt.NDArray[np.uint32]
) -> None:
    living = np.flatnonzero(links >= 0)
    if len(living) != counts.count or np.any(links > 0):
        raise Impossible("the living are not as many as it says")
    _check_free_list(links, counts.free_head)
    table.row_of[world, : counts.next_index] = links
    table.row_of[world, living] = np.arange(counts.count, dtype=np.int32)
    table.index_of[world, : counts.count] = living
    table.generation[world, : counts.next_index] = generation
    table.count[world], table.free_head[world], table.next_index[world] = counts.count, counts.free_head, counts.next_index


def _check_free_list(links: npt.NDArray[np.int32], head: int) -> None:
    """The free list visits every dead index once and ends."""
    dead = int(np.count_nonzero(links < 0))
    following = links.tolist() if dead else []
    for _ in range(dead):
        if not 0 <= head < len(following) or following[head] >= 0:
            break
        head = ~following[head]
    else:
        if head == NO_INDEX:
            return
    raise Impossible("the free list does not hold the dead")


def _all_alive(table: Table, entities: npt.NDArray[np.int64]) -> bool:
    """Whether all of these live in world 0: a host is mapped into the first world of a batch."""
    index, generation = entities & INDEX_MASK, entities >> 32
    known = index < int(table.next_index[0])
    index = np.where(known, index, 0)
    return bool(np.all(known & (table.row_of[0, index] >= 0) & (table.generation[0, index] == generation)))
