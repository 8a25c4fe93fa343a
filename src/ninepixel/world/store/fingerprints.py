"""Fingerprints: 32 bits an entity, a column and a field row, so that two runs can be compared without keeping either's state.

A digest says *that* two states differ; fingerprints kept beside it say *where*. A fingerprint changes with certainty when one
value under it changes (every step of the mixing is a bijection), and almost certainly when more do.

The tables of one world, each a uint32 array:

* ``bodies``    -- one an index ever used, dead or alive: all columns, generation and free-list link.
* ``lives``, ``things`` -- one a slot: all columns.
* ``known``     -- one a slot: all that it knows.
* ``thoughts`` -- one a slot: all that it remembers; only where residents act by a policy.
* ``chronicle`` -- one a number: :data:`CHRONICLE_NAMES`.
* ``energy``    -- one a row of the field: ``channel * side + y``.
* ``ledger``    -- one an entry.
* ``cold``      -- one an index: its cold components (of world 0); empty where there are none at all.
* ``world``     -- one each for what :func:`head` tells: the tick, the counts, the parameters, the policy if there is one.

``bodies``, ``lives``, ``things``, ``known`` and ``thoughts`` have a second one, :func:`across`: one a column, in the order of the
schema (of ``known``: one a word; of ``thoughts``: one a unit), which tells the column where the first tells who.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import msgpack
import numpy as np
import numpy.typing as npt

from ninepixel.ecs.cold import ColdStore
from ninepixel.ecs.ids import index_of
from ninepixel.ecs.table import Table
from ninepixel.world.digest import cold_rows, world_params
from ninepixel.world.state import State

Prints = npt.NDArray[np.uint32]
#: Entities or field rows mixed at once: their buffers stay in the processor's cache.
_AT_ONCE = 1 << 15
#: The columns of the chronicle.
CHRONICLE_NAMES = ("episode", "began", "next serial")
#: Tables whose rows are slots; the last only where residents act by a policy.
SLOTTED = ("lives", "things", "known", "thoughts")
_HEAD = ("tick", "next_index", "free_head", "lives", "things", "words of known")
_ODD = np.uint32(0x9E3779B1)
_MORE = np.uint32(0x85EBCA6B)


def fingerprints(state: State, world: int = 0, cold: Prints | None = None) -> dict[str, Prints]:
    """The fingerprints of one world, by table.

    :param cold: what :func:`cold_fingerprints` said of ``state.cold``, for callers who know that it did not change since.
    """
    bodies, columns = _of_bodies(state.bodies, world)
    prints = {"bodies": bodies, across("bodies"): columns}
    for table in slotted_tables(state):
        values = slotted(state, table, world)
        prints |= {table: _of_rows(values.T), across(table): _of_rows(values)}
    return prints | {
        "chronicle": _of_integers(state.chronicle[world]),
        "energy": _of_rows(state.energy[world].reshape(-1, state.params.side).view(np.uint32)),
        "ledger": _of_integers(state.ledger.totals[:, world]),
        "cold": np.zeros(0, np.uint32) if world else cold_fingerprints(state.cold) if cold is None else cold,
        "world": _of_bytes([msgpack.packb(v) for v in head(state, world).values()]),
    }


def slotted_tables(state: State) -> tuple[str, ...]:
    """Those of :data:`SLOTTED` that a state has."""
    return SLOTTED if state.thoughts is not None else SLOTTED[:-1]


def across(table: str) -> str:
    """The name of the fingerprints of a table's columns."""
    return f"{table}.columns"


def slotted(state: State, table: str, world: int) -> Prints:
    """What one world holds of one of :data:`SLOTTED`, uint32 of shape (columns, slots); of ``known``: (words, slots); of
    ``thoughts``: (units and whose, slots)."""
    if table == "known":
        values: Prints = state.known[world].T
    elif table == "thoughts":
        assert state.thoughts is not None
        remembered = state.thoughts.memory[world].view(np.uint16).astype(np.uint32)
        values = np.concatenate([remembered.T, state.thoughts.whose[world][None]])
    else:
        found = state.tables[table]
        values = found.block[world, :, : found.count[world]].view(np.uint32)
    return values


def slotted_names(state: State, table: str) -> tuple[str, ...]:
    """What the first axis of :func:`slotted` stands for."""
    if table == "known":
        return tuple(f"word {i}" for i in range(state.known.shape[2]))
    if table == "thoughts":
        assert state.thoughts is not None
        return (*(f"unit {i}" for i in range(state.thoughts.memory.shape[2])), "whose")
    return tuple(c.name for c in state.tables[table].schema)


def head(state: State, world: int) -> dict[str, int]:
    """The few numbers of one world that belong to no table."""
    counts = [state.bodies.next_index, state.bodies.free_head, state.lives.count, state.things.count]
    numbers = [state.tick, *(int(n[world]) for n in counts), state.known.shape[2]]
    thoughts = {} if state.thoughts is None else {"policy": zlib.crc32(state.thoughts.policy)}
    return dict(zip(_HEAD, numbers, strict=True)) | world_params(state.params, world) | thoughts


def cold_fingerprints(cold: ColdStore) -> Prints:
    """One fingerprint an index of all cold components of its entity, 0 where it has none."""
    found: dict[int, int] = {}
    for kind in cold.kinds():
        seed = zlib.crc32(kind.__name__.encode())
        for row in cold_rows(cold, kind):
            index = index_of(row[0])
            found[index] = zlib.crc32(msgpack.packb(row), found.get(index, 0) ^ seed)
    prints = np.zeros(max(found, default=-1) + 1, np.uint32)
    prints[list(found)] = list(found.values())
    return prints


def first_differences(expected: Mapping[str, Prints], got: Mapping[str, Prints]) -> dict[str, int]:
    """For every table that differs, the first index at which it does; a missing tail counts as different."""
    places = {}
    for table in expected.keys() | got.keys():
        a, b = expected.get(table, np.zeros(0, np.uint32)), got.get(table, np.zeros(0, np.uint32))
        common = min(len(a), len(b))
        unequal = np.flatnonzero(a[:common] != b[:common])
        if len(unequal):
            places[table] = int(unequal[0])
        elif len(a) != len(b):
            places[table] = common
    return places


def _of_bodies(table: Table, world: int) -> tuple[Prints, Prints]:
    n = int(table.next_index[world])
    bodies, columns = np.empty(n, np.uint32), np.zeros(len(table.schema), np.uint32)
    for start in range(0, n, _AT_ONCE):
        stop = min(start + _AT_ONCE, n)
        rows = table.row_of[world, start:stop]
        alive = rows >= 0
        living = rows[alive]
        salt = np.arange(start, stop, dtype=np.uint32) * _ODD
        salt ^= salt >> np.uint32(15)
        mixed = _stirred(salt.copy(), np.minimum(rows, 0).view(np.uint32) * _ODD)
        mixed = _stirred(mixed, table.generation[world, start:stop] * _MORE)
        for i, column in enumerate(table.schema):
            term = np.zeros(stop - start, np.uint32)
            term[alive] = (table.columns[column.name][world].view(np.uint32)[living] ^ salt[alive]) * _MORE
            columns[i : i + 1] += term.sum(dtype=np.uint32)  # a slice: numpy warns when a scalar wraps
            mixed = _stirred(mixed, term)
        bodies[start:stop] = mixed
    return bodies, columns


def _of_rows(rows: Prints) -> Prints:
    """One fingerprint a row of a uint32 array of shape (rows, values)."""
    n, length = rows.shape
    salt = np.arange(length, dtype=np.uint32) * _ODD
    prints = np.empty(n, np.uint32)
    step = max(1, _AT_ONCE // max(length, 1))
    for start in range(0, n, step):
        term = (rows[start : start + step] ^ salt) * _MORE
        term ^= term >> np.uint32(15)
        term *= _ODD
        prints[start : start + step] = term.sum(axis=1, dtype=np.uint32)
    return prints


def _of_integers(values: npt.NDArray[np.int64]) -> Prints:
    return _of_bytes([int(v).to_bytes(8, "little", signed=True) for v in values])


def _of_bytes(parts: list[bytes]) -> Prints:
    return np.asarray([zlib.crc32(part) for part in parts], np.uint32)


def _stirred(mixed: Prints, term: Prints) -> Prints:
    """One step of MurmurHash3 on arrays, in place: a bijection of *mixed* for every *term*, and the other way round."""
    mixed ^= term
    high = mixed >> np.uint32(19)
    mixed <<= np.uint32(13)
    mixed |= high
    mixed *= np.uint32(5)
    mixed += np.uint32(0xE6546B64)
    return mixed
