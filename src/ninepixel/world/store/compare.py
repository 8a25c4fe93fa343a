"""Two states side by side: what differs, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.ids import index_of, make_id
from ninepixel.ecs.table import NO_INDEX
from ninepixel.world.identity import FileIdentity, MindIdentity, ProcessIdentity
from ninepixel.world.state import State
from ninepixel.world.store.errors import readable
from ninepixel.world.store.fingerprints import CHRONICLE_NAMES, SLOTTED, head, slotted, slotted_names, slotted_tables

#: Names of the field's channels, in their order.
CHANNEL_NAMES = ("R", "B", "Y")


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not what it should be.

    :param tick: when it was seen to differ.
    :param table: ``bodies``, ``lives``, ``things``, ``known``, ``thoughts``, ``chronicle``, ``energy``, ``ledger``,
        ``cold`` or ``world``.
    :param world: in which world of a batch.
    :param index: the entity, in ``lives``, ``things``, ``known`` and ``thoughts`` the slot; None for what belongs to none.
    :param name: the path, process name or mind's name of the entity, where it has one.
    :param column: the column, word of what is known, ledger entry, cold field or channel; None where it cannot be told.
    :param y, x: the field cell, None elsewhere; ``x`` is also None where only the row is known.
    :param expected, got: the two values; None where they cannot be told.
    :param since: the last tick at which the two were seen to be equal, None when there was none.
    """

    tick: int
    table: str
    world: int = 0
    index: int | None = None
    name: str | None = None
    column: str | None = None
    y: int | None = None
    x: int | None = None
    expected: Any = None
    got: Any = None
    since: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for ``--json``; bytes as text, backslashes where they are not UTF-8."""
        return {k: readable(v) if isinstance(v, bytes) else v for k, v in asdict(self).items() if v is not None}

    def __str__(self) -> str:
        when = f"tick {self.tick}"
        if self.since is not None and self.since != self.tick - 1:
            when += f" (equal at {self.since}, not looked at in between)"
        where = [f"table {self.table}", f"world {self.world}"]
        if self.index is not None:
            what = "slot" if self.table in SLOTTED else "entity"
            where.append(f"{what} {self.index}" + (f" ({self.name})" if self.name else ""))
        if self.y is not None:
            where.append(f"y {self.y}" + (f" x {self.x}" if self.x is not None else ""))
        if self.column is not None:
            where.append(f"column {self.column}")
        values = "" if self.expected is None and self.got is None else f": expected {self.expected}, got {self.got}"
        return f"{when}: {', '.join(where)}{values}"


def compare(a: State, b: State, limit: int = 100) -> list[Difference]:
    """What differs between the expected state *a* and the state *b* that we got: at most *limit* differences, worlds in order."""
    if a.params.worlds != b.params.worlds or a.params.side_log2 != b.params.side_log2:
        return [Difference(b.tick, "world", column="params", expected=str(a.params), got=str(b.params))]
    return list(islice(_all(a, b), limit))


def name_of(state: State, index: int | None, world: int = 0) -> str | None:
    """The path, process name or mind's name of the entity at *index*, None when it has none."""
    if index is None or not 0 <= index < state.bodies.capacity:
        return None
    if world:
        return None  # a host is mapped into world 0 alone
    entity = make_id(index, int(state.bodies.generation[0, index]))
    file = state.cold.try_get(entity, FileIdentity)
    if file is not None:
        return readable(file.path) or "."
    process = state.cold.try_get(entity, ProcessIdentity)
    if process is not None:
        return f"{readable(process.name)} {readable(process.key)}"
    mind = state.cold.try_get(entity, MindIdentity)
    return None if mind is None else readable(mind.name)


def name_in_slot(state: State, table: str, slot: int, world: int = 0) -> str | None:
    """The name of the body of the life in *slot*, None for things and where it has none."""
    if table == "things" or not 0 <= slot < state.lives.count[world]:
        return None
    return name_of(state, int(state.lives["body"][world, slot]), world)


def value_in_slot(state: State, table: str, world: int, column: int, slot: int) -> int:
    """One value of a table of slots, by the number of its column."""
    if table == "known":
        return int(state.known[world, slot, column])
    if table == "thoughts":
        assert state.thoughts is not None
        remembered = state.thoughts.memory[world, slot]
        return int(remembered[column] if column < len(remembered) else state.thoughts.whose[world, slot])
    found = state.tables[table]
    return int(found.columns[found.schema[column].name][world, slot])


def _all(a: State, b: State) -> Iterator[Difference]:
    """Tables of entities first: when an entity differs, what else differs usually follows from it."""
    for world in range(a.params.worlds):
        for found in _of_bodies(a, b, world):
            yield replace(found, name=name_of(a, found.index, world) or name_of(b, found.index, world))
        tables = [table for table in SLOTTED if table in slotted_tables(a) and table in slotted_tables(b)]
        for table in tables:
            yield from _of_slots(a, b, table, world)
        if world == 0:
            yield from _of_cold(a, b)
        yield from _of_field(a, b, world)
        pages = [dict(zip(CHRONICLE_NAMES, s.chronicle[world].tolist(), strict=True)) for s in (a, b)]
        books = [s.ledger.as_dict(world) for s in (a, b)]
        heads = [head(s, world) for s in (a, b)]
        for table, (expected, got) in (("chronicle", pages), ("ledger", books), ("world", heads)):
            for column in expected | got:
                if expected.get(column) != got.get(column):
                    yield Difference(b.tick, table, world, column=column, expected=expected.get(column), got=got.get(column))


def _of_bodies(a: State, b: State, world: int) -> Iterator[Difference]:
    """Differences of life and death first, then of columns, by index."""
    n = max(int(a.bodies.next_index[world]), int(b.bodies.next_index[world]))
    rows = [_padded(s.bodies.row_of[world], n, ~NO_INDEX) for s in (a, b)]
    lives = [r >= 0 for r in rows]
    yield from _unequal(b.tick, world, "alive", lives)
    generations = [_padded(s.bodies.generation[world], n, 0) for s in (a, b)]
    yield from _unequal(b.tick, world, "generation", generations)
    links = [~np.minimum(r, -1) for r in rows]
    yield from _unequal(b.tick, world, "next free index", links, where=~lives[0] & ~lives[1])
    both = np.flatnonzero(lives[0] & lives[1])
    names = [c.name for c in a.bodies.schema]
    values = [[s.bodies.columns[c][world][r[both]] for c in names] for s, r in zip((a, b), rows, strict=True)]
    for i in np.flatnonzero(np.any([x != y for x, y in zip(*values, strict=True)], axis=0)).tolist():
        for column, x, y in zip(names, *values, strict=True):
            if x[i] != y[i]:
                yield Difference(b.tick, "bodies", world, int(both[i]), column=column, expected=int(x[i]), got=int(y[i]))


def _unequal(
    tick: int, world: int, column: str, pair: list[npt.NDArray[Any]], where: npt.NDArray[np.bool_] | None = None
) -> Iterator[Difference]:
    a, b = pair
    differs = a != b if where is None else (a != b) & where
    for index in np.flatnonzero(differs).tolist():
        yield Difference(tick, "bodies", world, index, column=column, expected=a[index].item(), got=b[index].item())


def _of_slots(a: State, b: State, table: str, world: int) -> Iterator[Difference]:
    """By slot, then by column. Tables of other sizes are not compared: the sizes are what differs, and they stand in the head."""
    x, y = slotted(a, table, world), slotted(b, table, world)
    if x.shape != y.shape:
        return
    names = slotted_names(a, table)
    for slot, column in np.argwhere((x != y).T).tolist():
        expected, got = (value_in_slot(s, table, world, column, slot) for s in (a, b))
        name = name_in_slot(a, table, slot, world) or name_in_slot(b, table, slot, world)
        yield Difference(b.tick, table, world, slot, name, names[column], expected=expected, got=got)


def _of_field(a: State, b: State, world: int) -> Iterator[Difference]:
    for channel, name in enumerate(CHANNEL_NAMES):
        x, y = a.energy[world, channel], b.energy[world, channel]
        for row in np.flatnonzero(np.any(x != y, axis=1)).tolist():
            for column in np.flatnonzero(x[row] != y[row]).tolist():
                expected, got = int(x[row, column]), int(y[row, column])
                yield Difference(b.tick, "energy", world, column=name, y=row, x=column, expected=expected, got=got)


def _of_cold(a: State, b: State) -> Iterator[Difference]:
    for kind in sorted({*a.cold.kinds(), *b.cold.kinds()}, key=lambda k: k.__name__):
        sides = dict(a.cold.each(kind)), dict(b.cold.each(kind))
        for entity in sorted(sides[0].keys() | sides[1].keys()):
            pair = sides[0].get(entity), sides[1].get(entity)
            if pair[0] == pair[1]:
                continue
            index = index_of(entity)
            name = name_of(a, index) or name_of(b, index)
            for field in fields(kind):
                x, y = (None if c is None else getattr(c, field.name) for c in pair)
                if x != y:
                    yield Difference(b.tick, "cold", 0, index, name, f"{kind.__name__}.{field.name}", expected=x, got=y)


def _padded(array: npt.NDArray[Any], n: int, value: int) -> npt.NDArray[Any]:
    return array[:n] if len(array) >= n else np.pad(array, (0, n - len(array)), constant_values=value)
