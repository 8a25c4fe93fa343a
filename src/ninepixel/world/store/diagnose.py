"""From a mark that does not match to the entity, and where it can be told the column, that differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ninepixel.world.digest import Digester
from ninepixel.world.ledger import ENTRIES
from ninepixel.world.state import State
from ninepixel.world.store.compare import CHANNEL_NAMES, Difference, name_in_slot, name_of, value_in_slot
from ninepixel.world.store.fingerprints import (
    CHRONICLE_NAMES,
    Prints,
    across,
    fingerprints,
    first_differences,
    head,
    slotted_names,
    slotted_tables,
)
from ninepixel.world.store.journal import Mark


def differing_mark(mark: Mark, got: State) -> Difference | None:
    """The first difference between what *mark* says and *got*, None when its digests agree.

    Without fingerprints in the mark it is only known which world differs.
    """
    digests = Digester().digests(got)
    if len(digests) != len(mark.digests):
        return Difference(got.tick, "world", column="worlds", expected=len(mark.digests), got=len(digests))
    for world, (expected, found) in enumerate(zip(mark.digests, digests, strict=True)):
        if expected == found:
            continue
        named = _named(mark.prints[world], got, world) if world < len(mark.prints) else None
        return named or Difference(got.tick, "world", world, column="digest", expected=expected.hex(), got=found.hex())
    return None


def _named(expected: Mapping[str, Prints], got: State, world: int) -> Difference | None:
    """Tables of entities first: when an entity differs, what else differs usually follows from it."""
    found = fingerprints(got, world)
    places = first_differences(expected, found)
    if "bodies" in places:
        return _body(expected, found, places["bodies"], got, world)
    for table in slotted_tables(got):
        if table in places and all(len(expected.get(t, ())) == len(found[t]) for t in (table, across(table))):
            return _slot(expected, found, table, places[table], got, world)
    if "cold" in places:
        index = places["cold"]
        return Difference(got.tick, "cold", world, index, name_of(got, index, world))
    if "energy" in places:
        channel, y = divmod(places["energy"], got.params.side)
        return Difference(got.tick, "energy", world, column=CHANNEL_NAMES[channel] if channel < 3 else None, y=y)
    chronicle = dict(zip(CHRONICLE_NAMES, got.chronicle[world].tolist(), strict=True))
    for table, names, values in (
        ("chronicle", CHRONICLE_NAMES, chronicle),
        ("ledger", ENTRIES, got.ledger.as_dict(world)),
        ("world", tuple(head(got, world)), head(got, world)),
    ):
        if table in places and places[table] < len(names):
            column = names[places[table]]
            return Difference(got.tick, table, world, column=column, got=values[column])
    return None


def _body(expected: Mapping[str, Prints], found: Mapping[str, Prints], index: int, got: State, world: int) -> Difference:
    names = [c.name for c in got.bodies.schema]
    columns = _columns(expected, found, "bodies", names)
    common = min(len(expected["bodies"]), len(found["bodies"]))
    row = int(got.bodies.row_of[world, index]) if index < common else -1
    value = int(got.bodies.columns[columns[0]][world, row]) if len(columns) == 1 and row >= 0 else None
    return Difference(got.tick, "bodies", world, index, name_of(got, index, world), ", ".join(columns) or None, got=value)


def _slot(
    expected: Mapping[str, Prints], found: Mapping[str, Prints], table: str, slot: int, got: State, world: int
) -> Difference:
    names = slotted_names(got, table)
    columns = _columns(expected, found, table, names)
    value = value_in_slot(got, table, world, names.index(columns[0]), slot) if len(columns) == 1 else None
    return Difference(got.tick, table, world, slot, name_in_slot(got, table, slot, world), ", ".join(columns) or None, got=value)


def _columns(expected: Mapping[str, Prints], found: Mapping[str, Prints], table: str, names: Sequence[str]) -> list[str]:
    """The columns of the first that differs. Which differ is known of all together: if only one differs, they are its own."""
    one, other = (prints.get(across(table), np.zeros(0, np.uint32)) for prints in (expected, found))
    if not len(one) == len(other) == len(names):
        return []
    differing = [names[i] for i in np.flatnonzero(one != other).tolist()]
    common = min(len(expected[table]), len(found[table]))
    alone = int(np.count_nonzero(expected[table][:common] != found[table][:common])) == 1
    return differing if alone or len(differing) == 1 else []
