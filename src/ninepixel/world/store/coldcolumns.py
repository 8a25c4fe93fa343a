"""Cold components as columns: one column a field, so that a hundred thousand of them are a few arrays.

Integers become int64; bytes and text become one column of lengths and one of all bytes joined. The classes that can be stored
are known by name; nothing in a file can ask for another one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from itertools import pairwise
from operator import attrgetter
from typing import Any, get_type_hints

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.cold import ColdStore
from ninepixel.world.identity import FileIdentity, MindIdentity, ProcessIdentity
from ninepixel.world.store.envelope import Envelope, ensure_room
from ninepixel.world.store.errors import Impossible, StoreError

#: Every class of cold component that a save can hold, by name. Their fields are int, bytes, str or bool.
KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in (FileIdentity, MindIdentity, ProcessIdentity)}
#: Bytes of all values of one field together.
_TEXT_LIMIT = 1 << 32


def cold_to_columns(cold: ColdStore) -> tuple[dict[str, int], dict[str, npt.NDArray[Any]]]:
    """How many components there are of each kind, and their columns, in entity order.

    :raises StoreError: for a class that is not in :data:`KINDS`.
    """
    counts, columns = dict[str, int](), dict[str, npt.NDArray[Any]]()
    for kind in cold.kinds():
        pairs = cold.each(kind)
        if not pairs:
            continue
        name = kind.__name__
        if KINDS.get(name) is not kind:
            raise StoreError(f"cold components of class {name} cannot be stored: register it in coldcolumns.KINDS")
        counts[name] = len(pairs)
        columns[f"cold.{name}"] = np.fromiter((entity for entity, _ in pairs), np.int64, len(pairs))
        components, hints = [component for _, component in pairs], get_type_hints(kind)
        for field in fields(kind):
            values = list(map(attrgetter(field.name), components))
            columns |= _packed(f"cold.{name}.{field.name}", hints[field.name], values)
    return counts, columns


def cold_from_columns(envelope: Envelope, counts: Mapping[str, int], lives: Callable[[npt.NDArray[np.int64]], bool]) -> ColdStore:
    """The inverse of :func:`cold_to_columns`.

    :param lives: whether all of these entities are alive.
    :raises Impossible: when the columns are not what *counts* says, or name a class that does not exist.
    """
    cold = ColdStore()
    for name, n in counts.items():
        kind = KINDS.get(name)
        if kind is None:
            raise Impossible(f"it holds components of class {name!r}, which does not exist")
        entities = envelope.column(f"cold.{name}", "i8", n)
        if n and (entities[0] < 0 or np.any(entities[1:] <= entities[:-1])):
            raise Impossible(f"the entities of {name} are not in order")
        if not lives(entities):
            raise Impossible(f"a {name} belongs to nobody")
        hints = get_type_hints(kind)
        values = [_unpacked(envelope, f"cold.{name}.{f.name}", hints[f.name], n) for f in fields(kind)]
        cold.put_many(zip(entities.tolist(), map(kind, *values), strict=True))
    return cold


def _packed(name: str, kind: type[Any], values: list[Any]) -> dict[str, npt.NDArray[Any]]:
    if kind in (int, bool):
        try:
            return {name: np.fromiter(values, np.int64, len(values))}
        except OverflowError:
            raise StoreError(f"a value of {name} does not fit 64 bits") from None
    if kind is str:
        values = [value.encode("utf-8", "surrogateescape") for value in values]
    elif kind is not bytes:
        raise StoreError(f"{name} is of type {kind.__name__}: cold fields are int, bool, bytes or str")
    lengths = np.fromiter(map(len, values), np.uint32, len(values))
    return {f"{name}.length": lengths, name: np.frombuffer(b"".join(values), np.uint8)}


def _unpacked(envelope: Envelope, name: str, kind: type[Any], n: int) -> list[Any]:
    if kind in (int, bool):
        numbers: list[Any] = envelope.column(name, "i8", n).tolist()
        return [bool(v) for v in numbers] if kind is bool else numbers
    stops = np.cumsum(envelope.column(f"{name}.length", "u4", n), dtype=np.int64)
    total = int(stops[-1]) if n else 0
    if total > _TEXT_LIMIT:
        raise Impossible(f"{name} would be {total} bytes long")
    ensure_room(2 * total, name)
    joined = envelope.column(name, "u1", total).tobytes()
    edges = [0, *stops.tolist()]
    parts = [joined[a:b] for a, b in pairwise(edges)]
    return [part.decode("utf-8", "surrogateescape") for part in parts] if kind is str else parts
