"""What of the host may leave the machine: names inside folders whose owner allowed it, and nothing else, to anybody.

Operators are no exception: who runs a server may read the disk, who administers it from afar sees what everybody sees.
"""

from __future__ import annotations

import base64
import json
import os
import re
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass

from ninepixel.ecs.ids import EntityId
from ninepixel.world.identity import FileIdentity, MindIdentity, ProcessIdentity
from ninepixel.world.laws.bodies import Flag, Kind, unpack_traits
from ninepixel.world.state import State
from ninepixel.world.store.errors import readable

#: Sprites at or above this are things, which have no names.
THINGS = 1 << 30
#: Shorter names are found in any bytes by chance.
SHORTEST_PLANTED = 6


class ConsentError(ValueError):
    """A folder that cannot be consented to; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Consent:
    """Which names may leave.

    :param folders: relative paths as the survey knows them, ``b""`` the root; everything below them is consented to, but
        sealed matter.
    :param processes: whether names of processes may leave.
    """

    folders: frozenset[bytes] = frozenset()
    processes: bool = False

    @staticmethod
    def of(folders: Iterable[str], *, processes: bool = False) -> Consent:
        """From settings: relative paths with ``/``, ``"."`` for the root.

        :raises ConsentError: for a path that leads out of the root.
        """
        return Consent(frozenset(_relative(folder) for folder in folders), processes)

    def shared(self, path: bytes, sealed: bool = False) -> bytes | None:
        """What may be told of the relative *path* of a file or folder: its path from the outermost consented folder on, that
        folder's own name included and nothing above it; None when nothing may.
        """
        if sealed:
            return None
        parts = path.split(b"/") if path else []
        for depth in range(len(parts) + 1):
            if b"/".join(parts[:depth]) in self.folders:
                return b"/".join(parts[max(depth - 1, 0) :])
        return None

    def name_of(self, state: State, sprite: int) -> str | None:
        """The name of a *sprite* (a body's index) of world 0 on one line, None when it has none that may leave.

        Minds tell their names to everybody; what a guardian guards is told as if one had asked for that.
        """
        entity = _alive(state, sprite)
        if entity is None:
            return None
        cold = state.cold
        kind, _, flags = (int(v) for v in unpack_traits(state.bodies.get(entity, "traits")))
        if file := cold.try_get(entity, FileIdentity):
            told = self.shared(file.path, sealed=bool(flags & Flag.SEALED))
            return None if told is None else readable(told) or "the realm"
        if process := cold.try_get(entity, ProcessIdentity):
            return readable(process.name) if self.processes else None
        if mind := cold.try_get(entity, MindIdentity):
            return readable(mind.name)
        if kind != Kind.GUARDIAN:
            return None
        guarded = self.name_of(state, _post(state, entity))
        return None if guarded is None else f"guardian of {guarded}"


class NameScan:
    """Looks for planted names in what left, however they are written: as text, UTF-16, JSON, hex, base64, a URL, a message of
    a program. A name may lie across two pieces.

    For tests and for the server's own check of captured traffic. Compressed or encrypted bytes must be unpacked first.

    :param names: as the host has them, at least 6 bytes each.
    :ivar found: the names that were seen.
    """

    def __init__(self, names: Iterable[bytes]) -> None:
        self.found: set[bytes] = set()
        self._of: dict[bytes, bytes] = {}
        for name in names:
            if len(name) < SHORTEST_PLANTED:
                raise ValueError(f"the planted name {name!r} is too short: bytes would hold it by chance; plant 6 bytes or more")
            self._of |= {form.lower(): name for form in _forms(name)}
        if not self._of:
            raise ValueError("no names were planted: a scan for nothing finds nothing")
        self._pattern = re.compile(b"|".join(map(re.escape, sorted(self._of, key=len, reverse=True))))
        self._overlap = max(map(len, self._of)) - 1
        self._tail = b""

    def feed(self, data: bytes) -> set[bytes]:
        """Look through the next *data*; the names that it (with the end of what came before) holds."""
        text = self._tail + data.lower()  # base64 is told apart by case; without it more is found, never less
        self._tail = text[-self._overlap :]
        found = {self._of[hit.group()] for hit in self._pattern.finditer(text)}
        self.found |= found
        return found


def leaked(data: bytes, names: Iterable[bytes]) -> set[bytes]:
    """Which of the planted *names* the bytes hold, see :class:`NameScan`."""
    return NameScan(names).feed(data)


# -- inside -----------------------------------------------------------------------------------------------------------


def _relative(folder: str) -> bytes:
    parts = [part for part in folder.replace(os.sep, "/").split("/") if part not in ("", ".")]
    if not folder or "\0" in folder or os.path.isabs(folder) or folder.startswith("~") or ".." in parts:
        raise ConsentError(f"{folder!r:.80} is not inside the mapped folder: name a path relative to it, or . for all of it")
    return "/".join(parts).encode("utf-8", "surrogateescape")


def _alive(state: State, sprite: int) -> EntityId | None:
    bodies = state.bodies
    if not 0 <= sprite < min(THINGS, int(bodies.next_index[0])):
        return None
    row = int(bodies.row_of[0, sprite])
    return bodies.entity_at(row) if row >= 0 else None


def _post(state: State, entity: int) -> int:
    """The body that a guardian guards, -1 when there is none."""
    slot = state.bodies.get(entity, "link")
    if not 0 <= slot < int(state.lives.count[0]) or int(state.lives["body"][0, slot]) != entity & 0xFFFFFFFF:
        return -1
    return int(state.lives["post"][0, slot])


def _forms(name: bytes) -> set[bytes]:
    """The ways in which a name is written into bytes."""
    text = name.decode("utf-8", "backslashreplace")
    forms = {name, text.encode("utf-16-le"), text.encode("utf-16-be"), name.hex().encode(), readable(name).encode()}
    forms |= {json.dumps(text)[1:-1].encode(), urllib.parse.quote(name).encode()}
    forms |= {repr(name)[2:-1].encode(), ascii(text)[1:-1].encode()}  # a program's own messages
    for shift in range(3):  # base64 of the name inside of something: the characters that depend on it alone
        coded = base64.b64encode(b"\0" * shift + name)
        forms.add(coded[(0, 2, 3)[shift] : len(coded) // 4 * 4 - 4])
    return {form for form in forms if len(form) >= SHORTEST_PLANTED}
