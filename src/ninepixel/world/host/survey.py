"""A survey: what a scan found, one row a file or folder, ready to become bodies. It can be saved and used instead of the host."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt
import zstandard

from ninepixel.world.commands import Command
from ninepixel.world.host.options import HostError
from ninepixel.world.laws.bodies import SIMPLEX, Matter
from ninepixel.world.regular import open_regular

FORMAT, VERSION = "ninepixel-survey", 1
#: Hostile files: no more rows, and no more bytes once unpacked, than this.
MOST_ROWS, MOST_BYTES = 1 << 24, 1 << 32

#: Columns, their dtype, and the smallest and the largest value they may hold.
COLUMNS: dict[str, tuple[type[np.generic], int, int]] = {
    "parent": (np.int32, -1, MOST_ROWS - 1),
    "depth": (np.int32, 0, 4096),
    "is_folder": (np.bool_, 0, 1),
    "size": (np.int64, 0, (1 << 63) - 2),
    "age": (np.int64, 0, (1 << 63) - 2),
    "matter": (np.uint8, 0, len(Matter) - 1),
    "sealed": (np.bool_, 0, 1),
    "r": (np.uint16, 0, 65535),
    "b": (np.uint16, 0, 65535),
    "mass": (np.int32, 0, 1023),
    "x": (np.uint32, 0, (1 << 32) - 1),
    "y": (np.uint32, 0, (1 << 32) - 1),
    "genes": (np.uint8, 0, 255),
}


class SurveyError(HostError):
    """This is not a survey, or not a whole one; the message says what is wrong."""


@dataclass(frozen=True)
class Survey:
    """Row 0 is the root folder; rows are sorted by path bytes, so parents come before children. Arrays are read-only.

    :param path: relative to the root, ``/``-separated raw bytes; a sealed entry's last part is ``sealed-<8 hex digits>``.
    :param parent: int32 row of the folder, -1 for the root.
    :param depth: int32, folders above it; the root is 0.
    :param size: int64 bytes, 0 for folders. :param age: int64 seconds before *newest*, never negative.
    :param matter: uint8 class. :param sealed: bool, a secret.
    :param r: uint16 and **b** weights; Y is what is left of 65536. :param mass: int32, sixteenths of log2(size + 1).
    :param x: uint32 and **y**: fractions of the torus. :param genes: uint8 of shape (n, 9).
    :param left_out: how many entries are not here, by reason. :param newest: the newest file's time of change, seconds since
        1970; ages count from it, it is part of no state.
    """

    path: list[bytes]
    parent: npt.NDArray[np.int32]
    depth: npt.NDArray[np.int32]
    is_folder: npt.NDArray[np.bool_]
    size: npt.NDArray[np.int64]
    age: npt.NDArray[np.int64]
    matter: npt.NDArray[np.uint8]
    sealed: npt.NDArray[np.bool_]
    r: npt.NDArray[np.uint16]
    b: npt.NDArray[np.uint16]
    mass: npt.NDArray[np.int32]
    x: npt.NDArray[np.uint32]
    y: npt.NDArray[np.uint32]
    genes: npt.NDArray[np.uint8]
    left_out: dict[str, int] = field(default_factory=dict)
    newest: int = 0

    def __post_init__(self) -> None:
        for name in COLUMNS:
            getattr(self, name).flags.writeable = False

    def __len__(self) -> int:
        return len(self.path)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Survey) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def rows(self) -> dict[bytes, int]:
        """The row of each path."""
        return {path: row for row, path in enumerate(self.path)}

    def command(self, verb: str, row: int) -> Command:
        """What the journal says of one row; *verb* is ``"matter.appear"`` or ``"matter.change"``."""
        return Command(verb, self.path[row], self.data(row))

    def data(self, row: int) -> dict[str, Any]:
        """A row as the data of a command: plain integers, bytes and bools."""
        up = int(self.parent[row])
        return {
            "size": int(self.size[row]),
            "age": int(self.age[row]),
            "depth": int(self.depth[row]),
            "folder": bool(self.is_folder[row]),
            "matter": int(self.matter[row]),
            "sealed": bool(self.sealed[row]),
            "r": int(self.r[row]),
            "b": int(self.b[row]),
            "mass": int(self.mass[row]),
            "x": int(self.x[row]),
            "y": int(self.y[row]),
            "genes": self.genes[row].tobytes(),
            "parent": self.path[up] if up >= 0 else b"",
        }

    # -- to and from bytes --------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Plain data for msgpack: paths joined by NUL, columns as little-endian bytes."""
        columns = {name: _little(getattr(self, name)).tobytes() for name in COLUMNS}
        return {
            "count": len(self.path),
            "path": b"\0".join(self.path),
            "left_out": dict(sorted(self.left_out.items())),
            "newest": self.newest,
            **columns,
        }

    @staticmethod
    def from_dict(data: Any) -> Survey:
        """The inverse of :meth:`to_dict`; trusts nothing.

        :raises SurveyError: when the data do not make a survey.
        """
        want = {"count", "path", "left_out", "newest", *COLUMNS}
        if not isinstance(data, Mapping) or data.keys() != want:
            raise SurveyError("not a survey: its parts are not the ones a survey has")
        count, left_out, newest = data["count"], data["left_out"], data["newest"]
        if type(count) is not int or not 1 <= count <= MOST_ROWS:
            raise SurveyError(f"a survey has 1 to {MOST_ROWS} rows, not {count!r:.40}")
        if type(newest) is not int or not -(1 << 63) <= newest < 1 << 63:
            raise SurveyError("the survey's newest time is not a 64-bit integer")
        columns = {name: _column(name, data[name], count) for name in COLUMNS}
        survey = Survey(path=_paths(data["path"], count), left_out=_counts(left_out), newest=newest, **columns)
        _check_tree(survey)
        return survey

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the survey as one msgpack file; an existing file is replaced only when the new one is whole.

        :raises SurveyError: when it cannot be written.
        """
        body = zstandard.ZstdCompressor(level=3).compress(msgpack.packb(self.to_dict()))
        envelope = {"format": FORMAT, "version": VERSION, "checksum": blake2b(body, digest_size=16).digest(), "body": body}
        target = Path(file)
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            with part.open("xb") as out:
                out.write(msgpack.packb(envelope))
                out.flush()
                os.fsync(out.fileno())
            part.replace(target)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise SurveyError(f"cannot write the survey {target}: {error.strerror or error}") from error

    @staticmethod
    def load(file: str | os.PathLike[str]) -> Survey:
        """Read a survey written by :meth:`save`.

        :raises SurveyError: when the file is missing, truncated, damaged, or of a newer version.
        """
        try:
            with open_regular(file) as opened:
                raw = opened.read(MOST_BYTES + 1)
        except OSError as error:
            raise SurveyError(f"cannot read the survey {file}: {error.strerror or error}") from error
        if len(raw) > MOST_BYTES:
            raise SurveyError(f"cannot read the survey {file}: it is larger than {MOST_BYTES} bytes")
        try:
            return Survey.from_dict(_unwrap(raw))
        except SurveyError as error:
            raise SurveyError(f"{file}: {error}") from error


def _unwrap(raw: bytes) -> Any:
    """The payload inside an envelope whose format, version and checksum are right."""
    try:
        envelope = msgpack.unpackb(raw)
    except Exception as error:  # msgpack raises a dozen kinds for bytes that are not msgpack
        raise SurveyError("truncated or damaged: not a whole msgpack file") from error
    if not isinstance(envelope, dict) or envelope.get("format") != FORMAT:
        raise SurveyError("not a ninepixel survey")
    version, body = envelope.get("version"), envelope.get("body")
    if type(version) is not int or version < 1:
        raise SurveyError("damaged: it has no version")
    if version > VERSION:
        raise SurveyError(f"a survey of version {version}; this ninepixel reads up to version {VERSION}")
    if not isinstance(body, bytes) or envelope.get("checksum") != blake2b(body, digest_size=16).digest():
        raise SurveyError("damaged: its checksum does not match")
    try:
        size = zstandard.frame_content_size(body)
        if not 0 <= size <= MOST_BYTES:
            raise SurveyError("damaged: it does not say how large it is, or is too large")
        return msgpack.unpackb(zstandard.ZstdDecompressor().decompress(body))
    except SurveyError:
        raise
    except Exception as error:  # zstandard and msgpack, for bytes with a forged checksum
        raise SurveyError("damaged: it cannot be unpacked") from error


def _little(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def _column(name: str, raw: Any, count: int) -> npt.NDArray[Any]:
    dtype, least, most = COLUMNS[name]
    shape = (count, 9) if name == "genes" else (count,)
    stored = np.dtype(np.uint8) if dtype is np.bool_ else np.dtype(dtype).newbyteorder("<")
    if not isinstance(raw, bytes) or len(raw) != stored.itemsize * int(np.prod(shape)):
        raise SurveyError(f"column {name} has not the length of {count} rows")
    values = np.frombuffer(raw, stored).reshape(shape)
    if int(values.min()) < least or int(values.max()) > most:
        raise SurveyError(f"column {name} holds a value outside {least} .. {most}")
    return values.astype(dtype)


def _paths(raw: Any, count: int) -> list[bytes]:
    if not isinstance(raw, bytes):
        raise SurveyError("the paths are not bytes")
    paths = raw.split(b"\0")
    if len(paths) != count or paths[0] != b"":
        raise SurveyError(f"there are not {count} paths of which the first is the root")
    if any(a >= b for a, b in pairwise(paths)):
        raise SurveyError("the paths are not sorted, or one is there twice")
    return paths


def _counts(left_out: Any) -> dict[str, int]:
    good = isinstance(left_out, dict) and len(left_out) <= 64
    if not good or not all(isinstance(k, str) and type(v) is int and 0 <= v < 1 << 63 for k, v in left_out.items()):
        raise SurveyError("what was left out is not a table of counts by reason")
    return dict(left_out)


def _check_tree(survey: Survey) -> None:
    """Parents are folders, come first, and own the paths below them; weights are on the simplex."""
    parent, rows = survey.parent, np.arange(len(survey))
    if parent[0] != -1 or not survey.is_folder[0] or survey.depth[0] != 0:
        raise SurveyError("row 0 is not a root folder")
    if np.any(parent[1:] < 0) or np.any(parent >= rows):
        raise SurveyError("a row does not come after its parent")
    up = parent[1:]
    if not np.all(survey.is_folder[up]) or np.any(survey.sealed[up]) or np.any(survey.depth[1:] != survey.depth[up] + 1):
        raise SurveyError("a row's parent is no open folder, or not one level above it")
    if np.any(survey.r.astype(np.int64) + survey.b > SIMPLEX):
        raise SurveyError(f"weights leave the simplex: R + B is more than {SIMPLEX}")
    if np.any(survey.size[survey.is_folder]):
        raise SurveyError("a folder has a size")
    paths: Sequence[bytes] = survey.path
    for path, folder in zip(paths[1:], up.tolist(), strict=True):
        head, _, name = path.rpartition(b"/")
        if head != paths[folder] or name in (b"", b".", b".."):
            raise SurveyError("a path does not lie in its parent's")
