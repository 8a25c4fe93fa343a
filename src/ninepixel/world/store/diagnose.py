"""From a mark that does not match to the entity, and where it can be told the column, that differs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ninepixel.world.digest import Digester
from ninepixel.world.ledger import ENTRIES
from ninepixel.world.state import State
from ninepixel.world.store.compare import CHANNEL_NAMES, Difference, name_of
from ninepixel.world.store.fingerprints import Prints, fingerprints, first_differences, head, head_names
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
    found = fingerprints(got, world)
    places = first_differences(expected, found)
    if "bodies" in places:
        return _body(expected, found, places["bodies"], got, world)
    if "cold" in places:
        index = places["cold"]
        return Difference(got.tick, "cold", world, index, name_of(got, index, world))
    if "energy" in places:
        channel, y = divmod(places["energy"], got.params.side)
        return Difference(got.tick, "energy", world, column=CHANNEL_NAMES[channel] if channel < 3 else None, y=y)
    for table, names, values in (
        ("ledger", ENTRIES, got.ledger.as_dict(world)),
        ("world", head_names(got.params), head(got, world)),
    ):
        if table in places and places[table] < len(names):
            column = names[places[table]]
            return Difference(got.tick, table, world, column=column, got=values[column])
    return None


def _body(expected: Mapping[str, Prints], found: Mapping[str, Prints], index: int, got: State, world: int) -> Difference:
    """Which columns differ is known of all bodies together: if only one body differs, they are that body's."""
    column, value = None, None
    common = min(len(expected["bodies"]), len(found["bodies"]))
    alone = int(np.count_nonzero(expected["bodies"][:common] != found["bodies"][:common])) == 1
    row = int(got.bodies.row_of[world, index]) if index < common else -1
    if "columns" in expected and len(expected["columns"]) == len(found["columns"]):
        differing = np.flatnonzero(expected["columns"] != found["columns"]).tolist()
        names = [got.bodies.schema[i].name for i in differing]
        if len(names) == 1 or (alone and names):
            column = ", ".join(names)
        if len(names) == 1 and row >= 0:
            value = int(got.bodies.columns[names[0]][world, row])
    return Difference(got.tick, "bodies", world, index, name_of(got, index, world), column, got=value)
