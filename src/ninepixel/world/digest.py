"""The digest: one short name for a whole state, equal exactly when the states are equal.

It is a BLAKE2b-128 over the canonical state, taken by chunks: 4,096 entity indices of the bodies, or a band of 64 field rows.
Within a chunk the living are gathered in index order, so that the rows, which backends shuffle for speed, do not matter. A
:class:`Digester` keeps the part of each chunk that did not change since it looked last. Lives and things never move: their
blocks are read as they lie, every time.

What is in it, per world: the parameters (a world of a batch counts as a single world of its own seed), the tick, which indices
live, the free list, all generations, all columns of bodies, lives and things, what is known, the chronicle, the field, the ledger
and, for world 0, the cold components: a host is mapped into the first world of a batch, the others are worlds without one. Where
residents act by a policy, its hash and what they remember are in it, too.
"""

from __future__ import annotations

import hashlib
import struct
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from functools import partial
from operator import attrgetter
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from ninepixel.ecs.cold import ColdStore
from ninepixel.ecs.table import Table
from ninepixel.world.laws.bodies import MOVING
from ninepixel.world.pool import together
from ninepixel.world.state import Params, State

DIGEST_BYTES = 16
CHUNK_ENTITIES = 4096
BAND_ROWS = 64
#: What many lives know is hashed in parts of about so many bytes, by several threads.
_KNOWN_BYTES = 1 << 19
#: Below this many bytes one thread is faster than handing work to others.
_THREADS_FROM = 1 << 20


def digest(state: State) -> str:
    """The name of *state*: 32 hexadecimal digits. The digest of a single world is its :func:`world_digest`."""
    return Digester().digest(state)


def world_digest(state: State, world: int = 0) -> str:
    """The name of one world of *state*: what :func:`digest` says of the same world alone."""
    return Digester().world_digest(state, world)


def joined(worlds: Sequence[bytes]) -> str:
    """The digest of a state whose worlds have these digests."""
    return (worlds[0] if len(worlds) == 1 else _hash(b"batch", worlds)).hex()


def world_params(params: Params, world: int) -> dict[str, int]:
    """The parameters that *world* would have as a universe of its own, without the number of worlds."""
    values = {f.name: getattr(params, f.name) for f in fields(params) if f.name != "worlds"}
    return values | {"seed": (params.seed + world) % (1 << 64)}


def cold_rows(cold: ColdStore, kind: type[Any]) -> list[tuple[Any, ...]]:
    """``(entity, field, field, ...)`` of every component of one type, in entity order."""
    names = [f.name for f in fields(kind)]
    if len(names) == 1:
        return [(entity, getattr(component, names[0])) for entity, component in cold.each(kind)]
    values = attrgetter(*names)
    return [(entity, *values(component)) for entity, component in cold.each(kind)]


class Digester:
    """Digests of one universe as it goes on: chunks of columns that changed long ago are not read again.

    A column counts as unchanged while its change tick (:attr:`Table.changed`) stands and lies before the table's clock: whoever
    writes static columns touches them, and the clock advances every tick. The moving columns and the field are always read.
    """

    def __init__(self) -> None:
        self._table: weakref.ref[Table] | None = None
        self._static: dict[tuple[int, int], tuple[tuple[int, ...], bytes, bytes]] = {}
        self._cold_store: weakref.ref[ColdStore] | None = None
        self._cold: tuple[int, bytes] = (-1, b"")

    def digest(self, state: State) -> str:
        """See :func:`digest`."""
        return joined(self.digests(state))

    def world_digest(self, state: State, world: int = 0) -> str:
        """See :func:`world_digest`."""
        return self._of_worlds(state, [world])[0].hex()

    def digests(self, state: State) -> list[bytes]:
        """The raw digest of every world of *state*, 16 bytes each."""
        return self._of_worlds(state, range(state.params.worlds))

    # -- inside -------------------------------------------------------------------------------------------------------

    def _of_worlds(self, state: State, worlds: Sequence[int]) -> list[bytes]:
        if self._table is None or self._table() is not state.bodies:
            self._table, self._static = weakref.ref(state.bodies), {}
        cold = self._of_cold(state.cold)
        of_worlds = [self._parts(state, world) for world in worlds]
        size = _bytes_of(state) // state.params.worlds
        if len(worlds) > 1 and size < _THREADS_FROM:  # many small worlds: a thread takes some of them whole
            step = max(1, _THREADS_FROM // size)
            shares = [of_worlds[start : start + step] for start in range(0, len(worlds), step)]
            jobs = [partial(_in_turn, share) for share in shares]
            found = [parts for share in together(jobs) for parts in share]
        else:
            flat = iter(together([job for parts in of_worlds for job in parts], threads=size >= _THREADS_FROM))
            found = [[next(flat) for _ in parts] for parts in of_worlds]
        return [
            _hash(b"world", [_head(state, world), *parts, _NO_COLD if world else cold])
            for world, parts in zip(worlds, found, strict=True)
        ]

    def _parts(self, state: State, world: int) -> list[Callable[[], bytes]]:
        chunks = range(0, int(state.bodies.next_index[world]), CHUNK_ENTITIES)
        bands = range(0, state.energy.shape[2], BAND_ROWS)
        return [
            *(_Chunk(self._static, state.bodies, world, start) for start in chunks),
            *(_Band(state.energy[world], start) for start in bands),
            *_slots(state, world),
        ]

    def _of_cold(self, cold: ColdStore) -> bytes:
        if self._cold_store is None or self._cold_store() is not cold:
            self._cold_store, self._cold = weakref.ref(cold), (-1, b"")
        if self._cold[0] != cold.version:
            version, found = cold.version, [(kind.__name__, cold_rows(cold, kind)) for kind in cold.kinds()]
            self._cold = (version, _cold_hash([pair for pair in found if pair[1]]))
        return self._cold[1]


class _Chunk:
    """The digest of the entities of 4,096 indices of one world."""

    def __init__(
        self, kept: dict[tuple[int, int], tuple[tuple[int, ...], bytes, bytes]], table: Table, world: int, start: int
    ) -> None:
        self._kept, self._table, self._world, self._start = kept, table, world, start

    def __call__(self) -> bytes:
        table, stop = self._table, min(self._start + CHUNK_ENTITIES, int(self._table.next_index[self._world]))
        rows = table.row_of[self._world, self._start : stop]
        # 0 for the living, the link of the free list (always negative) for the dead: who lives, but not in which row
        who = _hash(b"who", [_little(np.minimum(rows, 0)), _little(table.generation[self._world, self._start : stop])])
        living = rows[rows >= 0].astype(np.intp)
        moving = [c.name for c in table.schema if c.name in MOVING]
        static = [c.name for c in table.schema if c.name not in MOVING]
        return _hash(b"chunk", [who, self._gathered(moving, living), self._of_static(static, living, who)])

    def _of_static(self, names: Sequence[str], living: npt.NDArray[np.intp], who: bytes) -> bytes:
        key, versions = (self._world, self._start), tuple(self._table.changed[name] for name in names)
        kept = self._kept.get(key)
        if kept is not None and kept[:2] == (versions, who):
            return kept[2]
        found = _hash(b"static", [self._gathered(names, living)])
        if max(versions, default=0) < self._table.clock:  # else it may yet change without a new change tick
            self._kept[key] = (versions, who, found)
        else:
            self._kept.pop(key, None)
        return found

    def _gathered(self, names: Sequence[str], living: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
        out = np.empty((len(names), len(living)), np.uint32)
        for i, name in enumerate(names):
            np.take(self._table.columns[name][self._world].view(np.uint32), living, out=out[i], mode="clip")
        return _little(out)


class _Band:
    """The digest of 64 rows of the field of one world, all channels."""

    def __init__(self, energy: npt.NDArray[np.int32], start: int) -> None:
        self._energy, self._start = energy, start

    def __call__(self) -> bytes:
        return _hash(b"band", [_little(channel[self._start : self._start + BAND_ROWS]) for channel in self._energy])


def _in_turn(worlds: list[list[Callable[[], bytes]]]) -> list[list[bytes]]:
    return [[job() for job in parts] for parts in worlds]


def _bytes_of(state: State) -> int:
    """About how much there is to hash."""
    bodies = int(state.bodies.count.sum()) * 4 * len(state.bodies.schema)
    return bodies + sum(a.nbytes for a in (state.energy, state.lives.block, state.things.block, state.known))


def _slots(state: State, world: int) -> list[Callable[[], bytes]]:
    """The digests of the lives and things of one world, of what its lives know, and of its chronicle."""
    blocks = [t.block[world, :, : t.count[world]] for t in (state.lives, state.things)]
    known = state.known[world]
    step = max(1, _KNOWN_BYTES // max(1, 4 * known.shape[1]))
    bands = [known[start : start + step] for start in range(0, len(known), step)]
    thoughts = () if state.thoughts is None else (state.thoughts.memory[world], state.thoughts.whose[world])
    return [partial(_flat, b"slots", part) for part in (*blocks, *bands, state.chronicle[world], *thoughts)]


def _flat(person: bytes, values: npt.NDArray[Any]) -> bytes:
    return _hash(person, [_little(values)])


def _head(state: State, world: int) -> bytes:
    """What is small: parameters, tick, schemas, counts, ledger."""
    table = state.bodies
    counts = [int(n[world]) for n in (table.next_index, table.free_head, table.count, state.lives.count, state.things.count)]
    params = sorted(world_params(state.params, world).items())
    thoughts = () if state.thoughts is None else (_hash(b"policy", [state.thoughts.policy]), *state.thoughts.memory.shape[1:])
    sizes = (_names(state), [*counts, state.known.shape[2]], state.chronicle.shape[1], *thoughts)
    small: bytes = msgpack.packb([params, state.tick, *sizes])
    return struct.pack("<Q", len(small)) + small + np.ascontiguousarray(state.ledger.totals[:, world]).astype("<i8").tobytes()


def _names(state: State) -> list[list[str]]:
    """The columns of every table."""
    return [[c.name for c in table.schema] for table in state.tables.values()]


def _little(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """*array* contiguous and little-endian; no copy where it already is."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<"))


def _hash(person: bytes, parts: Iterable[Any]) -> bytes:
    """BLAKE2b-128 of *parts* joined; *person* keeps the uses apart. The lengths of the parts are fixed by what comes before."""
    h = hashlib.blake2b(digest_size=DIGEST_BYTES, person=person)
    for part in parts:
        h.update(part)
    return h.digest()


def _cold_hash(rows: list[tuple[str, list[tuple[Any, ...]]]]) -> bytes:
    return _hash(b"cold", [msgpack.packb(rows)])


_NO_COLD = _cold_hash([])
