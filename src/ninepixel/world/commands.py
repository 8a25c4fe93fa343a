"""Everything from outside is a command: host events, players, administrators, external policies (canon, section 5).

``state(t+1) = step(state(t), commands(t))``. A command is plain data that msgpack can carry. The commands of one tick are
applied in :func:`canonical_order`, so that it does not matter in which order threads delivered them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgpack

T = TypeVar("T")


class BadCommand(ValueError):
    """The command cannot be applied; the message says which and why. The state is untouched."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that the outside asks of the universe.

    :param verb: what to do, for example ``"matter.appear"``.
    :param key: what it speaks of: a path relative to the root, or ``pid:started``.
    :param data: the verb's arguments: str, bytes, int, bool, None and lists of them.
    """

    verb: str
    key: bytes
    data: Mapping[str, Any] = field(default_factory=dict)

    def packed(self) -> bytes:
        """Its one encoding: msgpack of ``[verb, key, data]`` with sorted argument names."""
        out: bytes = msgpack.packb([self.verb, self.key, dict(sorted(self.data.items()))])
        return out

    @staticmethod
    def unpack(parts: Any) -> Command:
        """The inverse of :meth:`packed` after msgpack has decoded it.

        :raises BadCommand: when *parts* is not a command.
        """
        match parts:
            case [str() as verb, bytes() as key, dict() as data] if all(isinstance(k, str) for k in data):
                return Command(verb, key, data)
        raise BadCommand(f"not a command: {parts!r:.200}")


def canonical_order(commands: Iterable[Command]) -> list[Command]:
    """The order in which one tick applies its commands: by verb, then key, then arguments, all as bytes."""
    return sorted(commands, key=lambda c: (c.verb.encode(), c.key, c.packed()))


def typed(command: Command, name: str, kind: type[T]) -> T:
    """An argument of a command.

    :raises BadCommand: when it is missing or of another type.
    """
    value = command.data.get(name)
    if not isinstance(value, kind):
        raise BadCommand(f"{command.verb} of {command.key!r} needs {name!r} to be {kind.__name__}, not {value!r:.60}")
    return value


def integer(command: Command, name: str, low: int, high: int) -> int:
    """An argument that is an integer from *low* to *high*.

    :raises BadCommand: when it is anything else.
    """
    value = typed(command, name, int)
    if isinstance(value, bool) or not low <= value <= high:
        raise BadCommand(f"{command.verb} of {command.key!r} needs {low} <= {name} <= {high}, not {value!r}")
    return value
