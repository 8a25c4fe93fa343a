"""Cold components: who a body is on the host. Metadata only; contents never come here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """The file or folder that a body stands for.

    :param path: relative to the root, ``/``-separated raw bytes (file names need not be UTF-8); ``b""`` is the root itself. A
        sealed file's last part is replaced by ``sealed-<8 hex digits>``, so its name is nowhere in the state.
    :param size: bytes; for a folder 0.
    :param age: seconds between its last change and the newest change in the tree when it was surveyed.
    :param depth: how many folders above it, the root being 0.
    """

    path: bytes
    size: int
    age: int
    depth: int


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """The process that a creature stands for.

    :param key: ``pid:started``, so that a reused pid is another creature.
    :param name: the executable's base name; command lines are never read (they hold secrets).
    :param parent: the parent's key, empty when it is outside the universe.
    """

    key: bytes
    name: bytes
    parent: bytes


@dataclass(frozen=True, slots=True)
class MindIdentity:
    """The Ileice that a body carries.

    :param name: what it is called; the first two are Ileices and Mystiiqa.
    """

    name: bytes
