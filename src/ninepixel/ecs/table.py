"""Hot columns: a structure of arrays with a leading world axis, dense rows and stable ids.

All columns of a table lie in one *block* of shape ``(worlds, columns, capacity)``: a world is one stretch of memory, a column of
it another within, and a kernel that is handed the block has the whole table.

A table is a *sparse set* per world. Rows ``0 .. count-1`` are the living entities, packed; ``row_of[index]`` finds the row of
an entity, ``index_of[row]`` goes back. Row order is an accident of history that backends may change for speed
(:meth:`Table.reorder`); whoever needs a canonical order sorts by index (:meth:`Table.canonical_rows`).

The free list lives inside ``row_of``: a dead index holds ``~next_free`` (always negative), so it costs no memory and is part
of the state, as determinism asks: which index the next birth gets is decided by the state alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.ids import GENERATION_MASK, EntityId, generation_of, index_of, make_id

#: End of the free list.
NO_INDEX = (1 << 31) - 1


class StaleEntity(KeyError):
    """The id names an entity that is dead or never lived."""

    def __str__(self) -> str:
        return str(self.args[0])


class TableFull(RuntimeError):
    """The table's capacity is spent; :meth:`Table.grow` first."""


@dataclass(frozen=True, slots=True)
class Column:
    """One attribute of every entity: its *name*, four-byte *dtype* and the value a new row starts with."""

    name: str
    dtype: type[np.int32] | type[np.uint32]
    default: int = 0


class Table:
    """Columns of shape ``(worlds, capacity)`` and the sparse sets that name their rows.

    :param columns: the schema; every column is int32 or uint32, so that a GPU can mirror it as it is.
    :param worlds: the leading axis.
    :param capacity: rows allocated per world.
    """

    def __init__(self, columns: Sequence[Column], *, worlds: int = 1, capacity: int = 1024) -> None:
        if worlds < 1 or not 1 <= capacity < NO_INDEX:
            raise ValueError(f"a table needs at least one world and a capacity in 1..{NO_INDEX - 1}, not {worlds} and {capacity}")
        self.schema: tuple[Column, ...] = tuple(columns)
        self.worlds = worlds
        self.capacity = capacity
        self.block: npt.NDArray[np.int32] = self._empty_block(capacity)
        #: Views of the block, by name.
        self.columns: dict[str, npt.NDArray[Any]] = self._views()
        self.count: npt.NDArray[np.int32] = np.zeros(worlds, np.int32)
        self.row_of: npt.NDArray[np.int32] = np.full((worlds, capacity), ~np.int32(NO_INDEX), np.int32)
        self.index_of: npt.NDArray[np.uint32] = np.zeros((worlds, capacity), np.uint32)
        self.generation: npt.NDArray[np.uint32] = np.zeros((worlds, capacity), np.uint32)
        #: First dead index to be reborn, NO_INDEX when there is none.
        self.free_head: npt.NDArray[np.int32] = np.full(worlds, NO_INDEX, np.int32)
        #: Indices below this have been used at least once.
        self.next_index: npt.NDArray[np.int32] = np.zeros(worlds, np.int32)
        self.clock = 0
        self.changed: dict[str, int] = {c.name: 0 for c in self.schema}
        self._dirty: dict[str, list[tuple[int, int]]] = {c.name: [(0, 0)] * worlds for c in self.schema}

    # -- reading ------------------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """The whole column, shape ``(worlds, capacity)``; rows from ``count`` on are not alive."""
        return self.columns[name]

    def live(self, name: str, world: int = 0) -> npt.NDArray[Any]:
        """A view of the living rows of one column of one world."""
        return self.columns[name][world, : self.count[world]]

    def is_alive(self, entity: int, world: int = 0) -> bool:
        """Whether *entity* still lives in *world*."""
        index = index_of(entity)
        if not 0 <= index < self.next_index[world]:
            return False
        return bool(self.row_of[world, index] >= 0 and self.generation[world, index] == generation_of(entity))

    def row(self, entity: int, world: int = 0) -> int:
        """The row that *entity* occupies now.

        :raises StaleEntity: when it is dead or never lived.
        """
        if not self.is_alive(entity, world):
            raise StaleEntity(f"entity {index_of(entity)} of generation {generation_of(entity)} is not alive in world {world}")
        return int(self.row_of[world, index_of(entity)])

    def entity_at(self, row: int, world: int = 0) -> EntityId:
        """The id of the entity in *row*."""
        index = int(self.index_of[world, row])
        return make_id(index, int(self.generation[world, index]))

    def get(self, entity: int, name: str, world: int = 0) -> int:
        """One value of one entity."""
        return int(self.columns[name][world, self.row(entity, world)])

    def values(self, entity: int, world: int = 0) -> dict[str, int]:
        """Every column's value of one entity, by name."""
        row = self.row(entity, world)
        return {name: int(column[world, row]) for name, column in self.columns.items()}

    def canonical_rows(self, world: int = 0) -> npt.NDArray[np.int32]:
        """The living rows ordered by entity index: the one order that everyone agrees on."""
        rows = self.row_of[world, : self.next_index[world]]
        return np.ascontiguousarray(rows[rows >= 0])

    def free_list(self, world: int = 0) -> Iterator[int]:
        """The dead indices, in the order in which they will be reborn."""
        head = int(self.free_head[world])
        while head != NO_INDEX:
            yield head
            head = ~int(self.row_of[world, head])

    # -- writing ------------------------------------------------------------------------------------------------------

    def set(self, entity: int, world: int = 0, **values: int) -> None:
        """Write some columns of one entity and mark them changed.

        :raises KeyError: for a column that does not exist.
        :raises OverflowError: for a value that its column cannot hold, TypeError for one that is no integer. Nothing is
            written then.
        """
        row = self.row(entity, world)
        for name, value in self._fitting(1, {k: np.asarray([v]) for k, v in values.items()}).items():
            self.columns[name][world, row] = value[0]
            self.touch(name, world, row, row + 1)

    def spawn(self, world: int = 0, **values: int) -> EntityId:
        """Give birth to one entity; columns not named start at their default.

        :raises TableFull: when the world has no free row.
        """
        ids = self.spawn_many(1, world, {k: np.asarray([v]) for k, v in values.items()})
        return EntityId(int(ids[0]))

    def spawn_many(self, n: int, world: int, values: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
        """Give birth to *n* entities at once; ``values[name]`` has shape ``(n,)``. Returns their ids, int64.

        Dead indices are reused first, in free-list order, then fresh ones are taken in ascending order.

        :raises TableFull: when the world has not *n* free rows.
        :raises KeyError: for a column that does not exist.
        :raises ValueError: for values that are not *n*.
        :raises OverflowError: for a value that its column cannot hold, TypeError for one that is no integer. Nobody is
            born then.
        """
        first = int(self.count[world])
        if first + n > self.capacity:
            raise TableFull(f"world {world} holds {first} of {self.capacity} rows; {n} more do not fit")
        given = self._fitting(n, values)  # before anything is written: a refused birth leaves no trace
        index = self._take_indices(n, world)
        rows = np.arange(first, first + n, dtype=np.int32)
        self.row_of[world, index] = rows
        self.index_of[world, first : first + n] = index
        self.count[world] = first + n
        for column in self.schema:
            self.columns[column.name][world, first : first + n] = given.get(column.name, column.default)
            self.touch(column.name, world, first, first + n)
        ids: npt.NDArray[np.int64] = (self.generation[world, index].astype(np.int64) << 32) | index.astype(np.int64)
        return ids

    def kill(self, entity: int, world: int = 0) -> None:
        """End one entity: the last row moves into its place and its index joins the free list."""
        row = self.row(entity, world)
        last = int(self.count[world]) - 1
        index = index_of(entity)
        if row != last:
            for name, column in self.columns.items():
                column[world, row] = column[world, last]
                self.touch(name, world, row, row + 1)
            moved = self.index_of[world, last]
            self.index_of[world, row] = moved
            self.row_of[world, moved] = row
        self.count[world] = last
        self.generation[world, index] = (int(self.generation[world, index]) + 1) & GENERATION_MASK
        self.row_of[world, index] = ~np.int32(self.free_head[world])
        self.free_head[world] = index

    def reorder(self, world: int, order: npt.NDArray[np.int32]) -> None:
        """Move living rows so that new row ``i`` is old row ``order[i]``. No state changes, only where it lies.

        :param order: a permutation of ``0 .. count-1``, int32.
        """
        n = int(self.count[world])
        if order.shape != (n,):
            raise ValueError(f"an order for {n} rows has shape ({n},), not {order.shape}")
        places = order.astype(np.intp)  # numpy would convert it anew for every column
        for column in self.columns.values():
            column[world, :n] = column[world, :n][places]
        self.index_of[world, :n] = self.index_of[world, :n][places]
        self.row_of[world, self.index_of[world, :n]] = np.arange(n, dtype=np.int32)
        for name in self.columns:
            self._mark(name, world, 0, n)

    def grow(self, capacity: int) -> None:
        """Make room for *capacity* rows per world; ids and rows stay as they are."""
        if capacity <= self.capacity:
            return
        extra = ((0, 0), (0, capacity - self.capacity))
        block = self._empty_block(capacity)
        block[:, :, : self.capacity] = self.block
        self.block = block
        self.columns = self._views()
        self.row_of = np.pad(self.row_of, extra, constant_values=~np.int32(NO_INDEX))
        self.index_of = np.pad(self.index_of, extra)
        self.generation = np.pad(self.generation, extra)
        self.capacity = capacity

    def copy(self) -> Table:
        """A table of its own with the same content, nothing in it marked changed."""
        twin = Table.__new__(Table)
        twin.schema, twin.worlds, twin.capacity, twin.clock = self.schema, self.worlds, self.capacity, self.clock
        twin.block = self.block.copy()
        twin.columns = twin._views()
        for name in ("count", "row_of", "index_of", "generation", "free_head", "next_index"):
            setattr(twin, name, getattr(self, name).copy())
        twin.changed = dict(self.changed)
        twin._dirty = {c.name: [(0, 0)] * self.worlds for c in self.schema}
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Table:
        return self.copy()  # a copy column by column would part the columns from their block

    # -- change tracking ----------------------------------------------------------------------------------------------

    def touch(self, name: str, world: int = 0, start: int = 0, stop: int | None = None) -> None:
        """Record that rows ``start .. stop-1`` of a column took new values at the table's clock."""
        self.changed[name] = self.clock
        self._mark(name, world, start, int(self.count[world]) if stop is None else stop)

    def take_dirty(self, name: str, world: int = 0) -> tuple[int, int]:
        """The smallest row range that covers every write since the last call, ``(0, 0)`` when there was none."""
        span = self._dirty[name][world]
        self._dirty[name][world] = (0, 0)
        return span

    # -- inside -------------------------------------------------------------------------------------------------------

    def _empty_block(self, capacity: int) -> npt.NDArray[np.int32]:
        block = np.empty((self.worlds, len(self.schema), capacity), np.int32)
        for number, column in enumerate(self.schema):
            block[:, number] = column.default
        return block

    def _views(self) -> dict[str, npt.NDArray[Any]]:
        return {column.name: self.block.view(column.dtype)[:, number] for number, column in enumerate(self.schema)}

    def _mark(self, name: str, world: int, start: int, stop: int) -> None:
        if start == stop:
            return
        low, high = self._dirty[name][world]
        self._dirty[name][world] = (start, stop) if low == high else (min(low, start), max(high, stop))

    def _fitting(self, n: int, values: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """*values* after a look at names, shapes and ranges; numpy would wrap an int64 silently into a column."""
        unknown = values.keys() - self.columns.keys()
        if unknown:
            raise KeyError(f"no such column: {', '.join(sorted(unknown))}")
        fitting = {}
        for name, value in values.items():
            array, dtype = np.asarray(value), self.columns[name].dtype
            if array.shape != (n,):
                raise ValueError(f"column {name} of {n} entities has shape ({n},), not {array.shape}")
            if array.dtype != dtype:
                if array.dtype.kind not in "biu":
                    raise TypeError(f"column {name} holds integers, not {array.dtype}")
                limits = np.iinfo(dtype)
                if n and not limits.min <= int(array.min()) <= int(array.max()) <= limits.max:
                    raise OverflowError(f"column {name} holds {limits.min} to {limits.max}")
                array = array.astype(dtype)
            fitting[name] = array
        return fitting

    def _take_indices(self, n: int, world: int) -> npt.NDArray[np.uint32]:
        reborn: list[int] = []
        head = int(self.free_head[world])
        while head != NO_INDEX and len(reborn) < n:
            reborn.append(head)
            head = ~int(self.row_of[world, head])
        self.free_head[world] = head
        fresh = n - len(reborn)
        start = int(self.next_index[world])
        self.next_index[world] = start + fresh
        return np.concatenate([np.asarray(reborn, np.uint32), np.arange(start, start + fresh, dtype=np.uint32)])
