"""Reading segments, whole or damaged: every frame that is intact, wherever it lies."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ninepixel.server.durable.disk import Disk
from ninepixel.server.durable.segment import segment_name, segment_number
from ninepixel.world.store.envelope import Envelope
from ninepixel.world.store.errors import BadSave, Damaged, Impossible, NotASave, Truncated, shown
from ninepixel.world.store.frames import (
    CHECKSUM_BYTES,
    HEAD_BYTES,
    HEADER_BYTES,
    KINDS,
    FrameFile,
    FrameRef,
    frame_at,
    read_frame,
)

_HEADS = re.compile(b"|".join(re.escape(kind.encode().ljust(8, b"\0")) for kind in KINDS))


@dataclass(frozen=True, slots=True)
class Segment:
    """What can be read of one segment.

    :param frames: the intact frames, in order, without the end mark.
    :param end: where the intact frames at the beginning end; *last*: the checksum of the last of them.
    :param torn: bytes of an unfinished frame behind *end*.
    :param hole: ``(begin, end)`` of bytes in the middle that are damaged, None when none are.
    :param sealed: the tick of the end mark, None without one.
    """

    number: int
    path: Path
    frames: tuple[FrameRef, ...]
    end: int
    last: bytes
    torn: int = 0
    hole: tuple[int, int] | None = None
    sealed: int | None = None

    def first(self, kind: str) -> FrameRef | None:
        """The first intact frame of a kind."""
        return next((ref for ref in self.frames if ref.kind == kind), None)

    def read(self, ref: FrameRef) -> Envelope:
        """The envelope of a frame.

        :raises BadSave: when it is none, or changed since the segment was read.
        """
        with self.path.open("rb") as file:
            try:
                return read_frame(file, ref)
            except BadSave as e:
                raise type(e)(f"{shown(self.path)}: {e}") from None

    def where(self, ref: FrameRef) -> str:
        """A frame and its file, for people."""
        return f"{shown(self.path)}: {ref}, bytes {ref.start - HEAD_BYTES} to {ref.stop}"


def numbers(disk: Disk, folder: Path) -> list[int]:
    """The numbers of the segments in *folder*, ascending."""
    return sorted(n for n in map(segment_number, disk.names(folder)) if n is not None)


def read_segment(folder: Path, number: int) -> Segment:
    """Read a segment and check every frame of it; what is damaged is left out and told.

    :raises NewerFormat, OlderFormat: when another version of this program wrote it.
    :raises StoreError: when it cannot be read, or is a finished save.
    """
    path = folder / segment_name(number)
    try:
        file = FrameFile(path, recover=True)
    except (Damaged, NotASave, Truncated):  # not even the header is left
        return _salvaged(Segment(number, path, (), 0, b""))
    with file:
        file.ensure_current("end the universe with the version that began it")
        if not file.journal:
            raise Impossible(f"{shown(path)}: it is a finished save, not a journal")
        sealed = None if file.sealed is None else file.sealed.tick
        found = Segment(number, path, tuple(file.frames), file.end, file.last, sealed=sealed)
        return found if file.torn is None or file.sealed is not None else _salvaged(found)


def _salvaged(segment: Segment) -> Segment:
    """*segment* with the frames behind its first damage; without any of those it is torn, not damaged."""
    later = tuple(_intact_after(segment.path, segment.end, len(segment.frames)))
    s, size = segment, segment.path.stat().st_size
    if not later:
        return Segment(s.number, s.path, s.frames, s.end, s.last, torn=size - s.end)
    frames = (*s.frames, *(ref for ref in later if ref.kind != "end"))
    return Segment(s.number, s.path, frames, s.end, s.last, hole=(s.end, later[0].start - HEAD_BYTES))


def _intact_after(path: Path, at: int, number: int) -> Iterator[FrameRef]:
    """Frames behind byte *at* that agree with their own checksum and with the one stored before them."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size < HEADER_BYTES + CHECKSUM_BYTES:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            stop = max(at, HEADER_BYTES)
            for match in _HEADS.finditer(data, stop):
                ref = frame_at(file, match.start(), size, number) if match.start() >= stop else None
                if ref is not None:
                    yield ref
                    number, stop = number + 1, ref.stop
