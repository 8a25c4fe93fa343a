"""The envelope: one msgpack map with named columns of raw little-endian integers in ``bin``, each compressed on its own.

``{"kind": str, "tick": int, "meta": {...}, "columns": [[name, start, count, dtype, bin], ...]}``

A long column is cut into slices, so that they compress on several threads and no buffer grows with the world. A reader states
what it expects (:meth:`Envelope.column`) and nothing is allocated before the sizes in the file have been held against that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt
import psutil
import zstandard

from ninepixel.world.pool import together
from ninepixel.world.store.errors import Impossible

#: Raw bytes of the longest slice.
SLICE_BYTES = 1 << 22
#: zstd never looks back further than this in what we write; a frame that asks for more memory is not ours.
_WINDOW_BYTES = 1 << 23
#: Entries of the longest list or map in an envelope's control part.
_CONTROL_ITEMS = 1 << 20
DTYPES = ("u1", "u4", "i4", "i8")


@dataclass(frozen=True, slots=True)
class Slice:
    """``count`` values of a column from ``start`` on, compressed."""

    start: int
    count: int
    dtype: str
    packed: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message: *kind* and *tick*, small *meta* of plain values, and *columns* of integers."""

    kind: str
    tick: int
    meta: Mapping[str, Any]
    columns: Mapping[str, tuple[Slice, ...]]

    def column(self, name: str, dtype: str, count: int) -> npt.NDArray[Any]:
        """One whole column of exactly *count* values of *dtype* (one of :data:`DTYPES`).

        :raises Impossible: when the envelope holds anything else under that name, or this machine has no room for it.
        """
        slices, item = self.columns.get(name, ()), np.dtype(f"<{dtype}").itemsize
        at = 0
        for part in slices:
            if part.dtype != dtype or part.start != at or part.count > SLICE_BYTES // item or part.count < 1:
                raise Impossible(f"column {name} is not made of slices of {dtype}")
            at += part.count
        if at != count:
            raise Impossible(f"column {name} holds {at} values where {count} belong")
        ensure_room(count * item, f"column {name}")
        values = np.empty(count, f"<{dtype}")
        together([partial(_unpack_slice, name, part, values) for part in slices], threads=len(slices) > 1)
        return values.astype(values.dtype.newbyteorder("="), copy=False)

    def has(self, name: str) -> bool:
        """Whether there is any slice under that name."""
        return name in self.columns


def pack(
    kind: str, tick: int, meta: Mapping[str, Any], columns: Mapping[str, npt.NDArray[Any]] | None = None, level: int = 1
) -> bytes:
    """The bytes of an envelope. Columns of any shape are written flat; empty ones are left out."""
    names, jobs = list[list[Any]](), list[Callable[[], bytes]]()
    for name, values in (columns or {}).items():
        flat = np.ascontiguousarray(values, values.dtype.newbyteorder("<")).reshape(-1)
        step = SLICE_BYTES // flat.dtype.itemsize
        for start in range(0, len(flat), step):
            part = flat[start : start + step]
            names.append([name, start, len(part), flat.dtype.str[1:]])
            jobs.append(partial(_compress, part, level))
    packed = together(jobs, threads=sum(n[2] for n in names) > 1 << 16)
    slices = [[*n, data] for n, data in zip(names, packed, strict=True)]
    out: bytes = msgpack.packb({"kind": kind, "tick": tick, "meta": dict(meta), "columns": slices})
    return out


def unpack(data: bytes) -> Envelope:
    """The inverse of :func:`pack`; columns stay compressed until they are asked for.

    :raises Impossible: when *data* is no envelope.
    """
    match unpack_plain(data):
        case {"kind": str() as kind, "tick": int() as tick, "meta": dict() as meta, "columns": list() as slices}:
            columns: dict[str, list[Slice]] = {}
            for entry in slices:
                match entry:
                    case [str() as name, int() as start, int() as count, str() as dtype, bytes() as raw] if dtype in DTYPES:
                        columns.setdefault(name, []).append(Slice(start, count, dtype, raw))
                    case _:
                        raise Impossible("not an envelope: a slice of a column is malformed")
            return Envelope(kind, tick, meta, {name: tuple(parts) for name, parts in columns.items()})
    raise Impossible("not an envelope: kind, tick, meta or columns are missing")


def unpack_plain(data: bytes) -> Any:
    """Decode msgpack that may come from a stranger: plain values, bounded lists, nothing executed.

    :raises Impossible: when it is no msgpack.
    """
    try:
        return msgpack.unpackb(data, raw=False, max_array_len=_CONTROL_ITEMS, max_map_len=_CONTROL_ITEMS, max_ext_len=0)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as e:
        raise Impossible(f"not an envelope: {e}") from None


def compress_plain(value: Any, level: int = 3) -> bytes:
    """*value* as compressed msgpack."""
    return _compress(msgpack.packb(value), level)


def decompress_plain(data: bytes, limit: int) -> Any:
    """The inverse of :func:`compress_plain`.

    :raises Impossible: when *data* is something else or would take more than *limit* bytes uncompressed.
    """
    size = _content_size(data, "a compressed value")
    if size > limit:
        raise Impossible(f"a compressed value of {size} bytes, at most {limit} are allowed")
    return unpack_plain(_decompress(data, size, "a compressed value"))


def ensure_room(size: int, what: str) -> None:
    """Refuse what cannot fit into this machine's memory, before it is allocated.

    :raises Impossible: when it cannot.
    """
    if size > 1 << 24:
        free = psutil.virtual_memory().available
        if size > free:
            raise Impossible(f"{what} needs {size >> 20} MiB of memory, this machine has {free >> 20} MiB free")


def _unpack_slice(name: str, part: Slice, into: npt.NDArray[Any]) -> None:
    size = part.count * into.dtype.itemsize
    if _content_size(part.packed, f"column {name}") != size:
        raise Impossible(f"a slice of column {name} is not of the size it says")
    raw = _decompress(part.packed, size, f"column {name}")
    into[part.start : part.start + part.count] = np.frombuffer(raw, into.dtype)


def _compress(data: Any, level: int) -> bytes:
    # a compressor is not for two threads at once, and a fresh one costs little beside a slice
    return zstandard.ZstdCompressor(level=level, write_content_size=True).compress(data)


def _content_size(data: bytes, what: str) -> int:
    try:
        parameters = zstandard.get_frame_parameters(data)
    except zstandard.ZstdError as e:
        raise Impossible(f"{what} cannot be decompressed: {e}") from None
    if parameters.window_size > max(_WINDOW_BYTES, SLICE_BYTES):
        raise Impossible(f"{what} asks for {parameters.window_size} bytes to decompress")
    return int(parameters.content_size)


def _decompress(data: bytes, size: int, what: str) -> bytes:
    try:
        raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError as e:
        raise Impossible(f"{what} cannot be decompressed: {e}") from None
    if len(raw) != size:
        raise Impossible(f"{what} decompresses to {len(raw)} bytes, not {size}")
    return raw
