"""Checkpoints: everything that a run needs to go on as if nothing had happened, in one file of plain arrays.

::

    msgpack {"format": "ninepixel-checkpoint", "version": 1, "checksum": BLAKE2b-128 of the body, "body": bytes}
    body    {"meta": plain values, "arrays": {name: [dtype, shape, bytes, little-endian]}}

Nothing in it is executed. A file is written whole or not at all, and the two newest are kept.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from hashlib import blake2b
from math import prod
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from ninepixel.world.regular import open_regular
from ninepixel.world.store.envelope import unpack_plain
from ninepixel.world.store.errors import BadSave, Damaged, Impossible, NewerFormat, NotASave, shown
from ninepixel.world.store.files import write_whole

FORMAT, VERSION = "ninepixel-checkpoint", 1
SUFFIX = ".checkpoint"
#: Types of arrays that a checkpoint may hold.
DTYPES = ("|b1", "|u1", "|i1", "<i4", "<u4", "<i8", "<u8", "<f4", "<f8")
#: How many files are kept.
KEPT = 2

log = logging.getLogger("ninepixel")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a run was at the end of an update. *meta* holds plain values."""

    meta: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]]

    def save(self, path: Path) -> None:
        """Write it.

        :raises StoreError: when it cannot be written. A file of that name is still there then.
        """
        body: bytes = msgpack.packb({"meta": self.meta, "arrays": {name: _packed(a) for name, a in self.arrays.items()}})
        head = {"format": FORMAT, "version": VERSION, "checksum": _checksum(body), "body": body}
        write_whole(path, [msgpack.packb(head)])

    @staticmethod
    def load(path: Path) -> Checkpoint:
        """Read one.

        :raises BadSave: when it cannot be read or is no whole checkpoint.
        """
        try:
            with open_regular(path) as file:
                raw = file.read()
        except OSError as error:
            raise BadSave(f"{shown(path)}: cannot be read: {error.strerror or error}") from None
        try:
            return _unpacked(_body(raw))
        except BadSave as error:
            raise type(error)(f"{shown(path)}: {error}") from None


class Checkpoints:
    """The checkpoints in a folder, by the number of steps that they were taken after."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, steps: int, checkpoint: Checkpoint) -> None:
        """Keep this one and the one before.

        :raises StoreError: when it cannot be written. All that were there are still there.
        """
        checkpoint.save(self.folder / f"{steps:018d}{SUFFIX}")
        for path in self.paths()[:-KEPT]:
            path.unlink(missing_ok=True)

    def paths(self) -> list[Path]:
        """All that are there, the oldest first."""
        return sorted(path for path in self.folder.glob(f"*{SUFFIX}") if path.stem.isdecimal())

    def newest(self) -> Checkpoint | None:
        """The newest that is whole; None when there is none at all. A damaged one is passed over, with a warning.

        :raises BadSave: when there are some, and none is whole.
        """
        bad: BadSave | None = None
        for path in reversed(self.paths()):
            try:
                return Checkpoint.load(path)
            except BadSave as error:
                log.warning("%s; the checkpoint before it is taken", error)
                bad = error
        if bad is not None:
            raise bad
        return None


def _packed(array: npt.NDArray[Any]) -> list[Any]:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    if little.dtype.str not in DTYPES:
        raise TypeError(f"a checkpoint holds no {array.dtype}")
    return [little.dtype.str, list(array.shape), little.tobytes()]


def _body(raw: bytes) -> bytes:
    """The body of a file whose checksum is right."""
    try:
        outer = unpack_plain(raw)
    except Impossible:
        raise Damaged("it is truncated or damaged: not a whole msgpack file") from None
    if not isinstance(outer, dict) or outer.get("format") != FORMAT:
        raise NotASave("it is no checkpoint")
    version, body = outer.get("version"), outer.get("body")
    if type(version) is not int or version < 1 or not isinstance(body, bytes):
        raise Damaged("it is damaged: it has no version or no body")
    if version > VERSION:
        raise NewerFormat(f"it is of version {version}; this release reads up to version {VERSION}")
    if outer.get("checksum") != _checksum(body):
        raise Damaged("it is damaged: its checksum does not match")
    return body


def _unpacked(body: bytes) -> Checkpoint:
    match unpack_plain(body):
        case {"meta": dict() as meta, "arrays": dict() as packed}:
            return Checkpoint(meta, {name: _array(name, given) for name, given in packed.items()})
    raise Impossible("it holds no arrays")


def _array(name: str, given: Any) -> npt.NDArray[Any]:
    match given:
        case [str() as dtype, list() as shape, bytes() as raw] if dtype in DTYPES and all(
            type(n) is int and n >= 0 for n in shape
        ):
            kind: np.dtype[Any] = np.dtype(dtype)
            if len(raw) == prod(shape) * kind.itemsize:
                return np.frombuffer(raw, kind).astype(kind.newbyteorder("=")).reshape(shape)
    raise Impossible(f"its array {name!r:.80} is none")


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).digest()
