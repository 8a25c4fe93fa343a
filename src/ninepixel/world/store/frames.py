"""A ``.9px`` file: a header and a chain of frames.

::

    header   8s magic   u16 format   u8 sort   u8 0   u32 crc32 of the twelve bytes before
    frame    8s kind    u64 tick     u64 length       u32 crc32 of the 24 bytes before
             length bytes: an envelope (see envelope.py)
             16 bytes: BLAKE2b-128 of the previous frame's 16 bytes (of the header, for the first), this frame's head and body

All integers are little-endian. Because each checksum covers the one before it, a frame that is removed, repeated or moved is seen
like one that was changed. A *sealed* file ends with an ``end`` frame and nothing may follow it; a *journal* grows at its end
while a universe runs, so its last frame may be torn: then the whole frames count and the rest is reported.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy.typing as npt

from ninepixel.world.regular import open_regular
from ninepixel.world.store.envelope import Envelope, pack, unpack
from ninepixel.world.store.errors import (
    BadSave,
    Damaged,
    Impossible,
    NewerFormat,
    NotASave,
    OlderFormat,
    StoreError,
    Truncated,
    shown,
)

MAGIC = b"\x899px\r\n\x1a\n"
#: 2 knows lives and things. A state of format 1, without any, can be loaded; its record cannot be run again, as the laws and
#: what digests cover have changed since.
FORMAT = 2
SEALED, JOURNAL = 1, 2
#: A ``desk`` is what a server keeps beside the state; a universe does not look into it.
KINDS = ("snapshot", "journal", "mark", "desk", "end")
CHECKSUM_BYTES = 16
_HEADER = struct.Struct("<8sHBB")
_HEAD = struct.Struct("<8sQQ")
_CRC = struct.Struct("<I")
HEADER_BYTES = _HEADER.size + _CRC.size
HEAD_BYTES = _HEAD.size + _CRC.size


@dataclass(frozen=True, slots=True)
class Torn:
    """What a file lost at its end: *lost* bytes from byte *at* on, behind *frames* whole frames."""

    at: int
    lost: int
    frames: int

    def __str__(self) -> str:
        return f"torn at byte {self.at}: {self.frames} whole frames, {self.lost} bytes of an unfinished one lost"


@dataclass(frozen=True, slots=True)
class FrameRef:
    """Where a whole frame lies: its *number*, *kind*, *tick*, the byte where its body begins, the body's *length*."""

    number: int
    kind: str
    tick: int
    start: int
    length: int
    previous: bytes  #: checksum of the frame before it
    checksum: bytes

    def __str__(self) -> str:
        return f"frame {self.number} ({self.kind}, tick {self.tick})"

    @property
    def stop(self) -> int:
        """The byte after the frame."""
        return self.start + self.length + CHECKSUM_BYTES


class Chain:
    """Writes frames: gives their bytes and remembers the checksum that the next one continues."""

    def __init__(self, sort: int = SEALED, last: bytes | None = None, frames: int = 0) -> None:
        header = _HEADER.pack(MAGIC, FORMAT, sort, 0)
        self.header = header + _CRC.pack(zlib.crc32(header))
        self._last = _checksum(self.header) if last is None else last
        self.frames = frames

    def frame(self, kind: str, tick: int, body: bytes) -> bytes:
        """The bytes of one frame around an envelope."""
        head = _HEAD.pack(kind.encode(), tick, len(body))
        head += _CRC.pack(zlib.crc32(head))
        self._last = _checksum(self._last, head, body)
        self.frames += 1
        return b"".join((head, body, self._last))

    def end(self, tick: int) -> bytes:
        """The mark that says that the file is whole."""
        return self.frame("end", tick, pack("end", tick, {"frames": self.frames}))


class FrameFile:
    """A file whose every frame has been checked. Use it as a context manager; it keeps the file open.

    :param recover: read the whole frames of a damaged or cut file instead of raising; :attr:`torn` says what is lost.
    :raises BadSave: by its subclasses, for anything that is not as it was written.
    :raises StoreError: when the file cannot be read.

    :ivar frames: a :class:`FrameRef` each, without the end mark.
    :ivar sealed: the end mark, None when there is none (yet).
    :ivar journal: whether the file may grow.
    :ivar version: the format it was written in.
    :ivar torn: None when nothing is missing.
    """

    def __init__(self, path: Path, *, recover: bool = False) -> None:
        self.path = path
        self.frames: list[FrameRef] = []
        self.torn: Torn | None = None
        self.sealed: FrameRef | None = None
        self.journal = False
        self.version = FORMAT
        #: Where the frames end, without the end mark, and the checksum that the next one would continue.
        self.end, self.last = HEADER_BYTES, b""
        with self._named(), _readable(path):
            self._file = open_regular(path)
        try:
            with self._named(), _readable(path):
                self._scan(recover)
        except BaseException:
            self._file.close()
            raise

    def read(self, ref: FrameRef) -> Envelope:
        """The envelope of one frame, checked again as it is read.

        :raises Damaged: when the file changed since it was opened; :raises Impossible: when the body is no envelope.
        """
        with self._named(), _readable(self.path):
            return read_frame(self._file, ref)

    @contextmanager
    def explaining(self, ref: FrameRef) -> Iterator[None]:
        """Whatever is found wrong inside is wrong with that frame of this file."""
        with self._named(), naming(ref):
            yield

    def ensure_current(self, remedy: str) -> None:
        """Refuse a file of an earlier format for what only the present one can do.

        :param remedy: what can be done instead.
        :raises OlderFormat: when it is one.
        """
        if self.version < FORMAT:
            said = f"written by format {self.version}, whose laws and digests were others"
            raise OlderFormat(f"{shown(self.path)}: {said}: {remedy}")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> FrameFile:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    # -- inside -------------------------------------------------------------------------------------------------------

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except BadSave as e:
            if str(e).startswith(f"{shown(self.path)}: "):
                raise
            raise type(e)(f"{shown(self.path)}: {e}") from None

    def _scan(self, recover: bool) -> None:
        size = self._file.seek(0, 2)
        self._file.seek(0)
        header = self._file.read(HEADER_BYTES)
        self.version, sort = _check_header(header)
        self.journal = sort == JOURNAL
        at, self.last = HEADER_BYTES, _checksum(header)
        while at < size and self.sealed is None:
            try:
                ref = _next(self._file, at, size, len(self.frames), self.last)
            except Truncated:
                if not (self.journal or recover):
                    raise
                break
            except Damaged:
                if not recover and not (self.journal and _only_zeros(self._file, at)):
                    raise
                break
            at = ref.stop
            if ref.kind == "end":
                self.sealed = ref
            else:
                self.frames.append(ref)
                self.end, self.last = at, ref.checksum
        self._check_end(at, size, recover)

    def _check_end(self, at: int, size: int, recover: bool) -> None:
        if at < size:
            if self.sealed is not None and not recover:
                raise Damaged(f"{size - at} bytes follow the end mark")
            self.torn = Torn(at, size - at, len(self.frames))
        elif self.sealed is None and not self.journal:
            if not recover:
                raise Truncated(f"truncated at byte {size}: the end mark is missing")
            self.torn = Torn(at, 0, len(self.frames))


@contextmanager
def naming(ref: FrameRef) -> Iterator[None]:
    """Put the frame's name before the message of a :class:`BadSave`."""
    try:
        yield
    except BadSave as e:
        raise type(e)(f"{ref}: {e}") from None


def frame_at(file: IO[bytes], at: int, size: int, number: int) -> FrameRef | None:
    """The frame at byte *at* of a file of *size* bytes whose frames before it are damaged, None when there is no whole one.

    It is held against the checksum that lies before it, whatever that was made of.
    """
    file.seek(at - CHECKSUM_BYTES)
    try:
        return _next(file, at, size, number, file.read(CHECKSUM_BYTES))
    except BadSave:
        return None


def read_frame(file: IO[bytes], ref: FrameRef) -> Envelope:
    """The envelope of one frame, checked again as it is read.

    :raises Damaged: when the file changed meanwhile; :raises Impossible: when the body is no envelope.
    """
    file.seek(ref.start - HEAD_BYTES)
    head, body = file.read(HEAD_BYTES), file.read(ref.length)
    if _checksum(ref.previous, head, body) != ref.checksum:
        raise Damaged(f"{ref} changed while it was being read")
    with naming(ref):
        envelope = unpack(body)
        if (envelope.kind, envelope.tick) != (ref.kind, ref.tick):
            raise Impossible(f"its envelope says {envelope.kind}, tick {envelope.tick}")
    return envelope


def envelope_frame(
    chain: Chain, kind: str, tick: int, meta: Mapping[str, Any], columns: Mapping[str, npt.NDArray[Any]] | None = None
) -> bytes:
    """Pack an envelope and put it into the next frame of *chain*."""
    return chain.frame(kind, tick, pack(kind, tick, meta, columns))


def _check_header(header: bytes) -> tuple[int, int]:
    """The format and the sort of file."""
    if not header.startswith(MAGIC[: len(header)]) or not header:
        raise NotASave("not a ninepixel file" if header else "not a ninepixel file: it is empty")
    if len(header) < HEADER_BYTES:
        raise Truncated(f"truncated at byte {len(header)}: the header is cut short")
    _, version, sort, zero = _HEADER.unpack_from(header)
    if zlib.crc32(header[: _HEADER.size]) != _CRC.unpack_from(header, _HEADER.size)[0]:
        raise Damaged("the header is damaged: its checksum does not match")
    if version > FORMAT:
        raise NewerFormat(f"written by format {version}, this program reads up to {FORMAT}: upgrade ninepixel")
    if version < 1 or zero or sort not in (SEALED, JOURNAL):
        raise Impossible(f"format {version}, sort {sort} does not exist")
    return int(version), int(sort)


def _next(file: IO[bytes], at: int, size: int, number: int, last: bytes) -> FrameRef:
    """Check the frame at byte *at*; nothing larger than the rest of the file is ever read."""
    head = file.read(HEAD_BYTES)
    if len(head) < HEAD_BYTES:
        raise Truncated(f"truncated at byte {size}: the head of frame {number} is cut short")
    if zlib.crc32(head[: _HEAD.size]) != _CRC.unpack_from(head, _HEAD.size)[0]:
        raise Damaged(f"frame {number} is damaged: the checksum of its head does not match")
    raw, tick, length = _HEAD.unpack_from(head)
    kind = raw.rstrip(b"\0").decode("ascii", "backslashreplace")
    ref = FrameRef(number, kind, tick, at + HEAD_BYTES, length, last, b"")
    if length + CHECKSUM_BYTES > size - at - HEAD_BYTES:
        raise Truncated(f"truncated at byte {size}: {ref} is cut short")
    expected = _checksum_of_file(last, head, file, length)
    if file.read(CHECKSUM_BYTES) != expected:
        raise Damaged(f"{ref} is damaged: its checksum does not match")
    if kind not in KINDS:
        raise Impossible(f"{ref} is of an unknown kind")
    return FrameRef(number, kind, tick, at + HEAD_BYTES, length, last, expected)


def _only_zeros(file: IO[bytes], at: int) -> bool:
    """Whether only zeros follow: what a file system leaves when the length reached the disk and the bytes did not."""
    file.seek(at)
    return all(not any(block) for block in iter(lambda: file.read(1 << 16), b""))


def _checksum(*parts: bytes) -> bytes:
    h = hashlib.blake2b(digest_size=CHECKSUM_BYTES, person=b"frame")
    for part in parts:
        h.update(part)
    return h.digest()


def _checksum_of_file(last: bytes, head: bytes, file: IO[bytes], length: int) -> bytes:
    h = hashlib.blake2b(digest_size=CHECKSUM_BYTES, person=b"frame")
    h.update(last)
    h.update(head)
    while length > 0:
        block = file.read(min(length, 1 << 20))
        if not block:
            break
        h.update(block)
        length -= len(block)
    return h.digest()


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise StoreError(f"{shown(path)}: cannot be read: {e.strerror or e}") from None
