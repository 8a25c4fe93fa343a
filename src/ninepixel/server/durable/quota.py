"""How much of the disk the store may take, and what goes first when it is too much."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from ninepixel.server.durable.disk import Disk, DiskFull
from ninepixel.server.durable.segment import segment_name, segment_number
from ninepixel.world.store.errors import shown

#: Bytes; a save of a universe of 100,000 bodies takes about six million.
DEFAULT_QUOTA = 4 << 30
#: Segments kept when there is room, the one that is written included.
DEFAULT_KEEP = 8
#: The newest two: recovery needs the first of them, and the second when its snapshot is damaged.
SPARE = 2


class Quota:
    """The bytes of every segment. Segments go oldest first and as wholes; the newest never does. For several threads.

    :param limit: bytes that all segments may take together.
    :param keep: segments that stay though there is room for more; 0 for all of them.
    """

    def __init__(self, disk: Disk, folder: Path, limit: int = DEFAULT_QUOTA, keep: int = DEFAULT_KEEP) -> None:
        self.limit, self.keep = limit, keep
        self._disk, self._folder = disk, folder
        self._lock = threading.Lock()
        self._sizes: dict[int, int] = {}
        for name in disk.names(folder):
            number = segment_number(name)
            if number is not None:
                self._sizes[number] = disk.size(folder / name)
        self._reserved = 0

    @property
    def used(self) -> int:
        """Bytes of all segments, and of the one that is being prepared."""
        return sum(self._sizes.values()) + self._reserved

    @property
    def segments(self) -> list[int]:
        """The numbers of the segments that are there."""
        return sorted(self._sizes)

    def grow(self, number: int, size: int) -> None:
        """Make room for *size* more bytes of a segment and count them.

        :raises DiskFull: when older segments are not enough to give; nothing is counted then.
        """
        with self._lock:
            self._make_room(size)
            self._sizes[number] = self._sizes.get(number, 0) + size

    def shrink(self, number: int, size: int) -> None:
        """Those bytes were not written after all."""
        with self._lock:
            self._sizes[number] -= size

    def reserve(self, size: int) -> None:
        """Make room for a segment that is being prepared beside the others.

        :raises DiskFull: when older segments are not enough to give.
        """
        with self._lock:
            self._make_room(size - self._reserved)
            self._reserved = size

    def release(self) -> None:
        """The segment that was being prepared is not."""
        with self._lock:
            self._reserved = 0

    def begun(self, number: int, size: int) -> None:
        """Segment *number* is there: take away those that are not kept any longer."""
        with self._lock:
            self._reserved = 0
            self._sizes[number] = size
            while self.keep and len(self._sizes) > self.keep:
                self._drop_oldest()

    def _make_room(self, size: int) -> None:
        for least in (SPARE, 1):
            while self.used + size > self.limit and len(self._sizes) > least:
                self._drop_oldest()
        if self.used + size > self.limit:
            said = f"its quota of {self.limit} bytes is used up: {self.used} are taken, {size} more are needed"
            raise DiskFull(f"{shown(self._folder)}: {said}; raise the quota")

    def _drop_oldest(self) -> None:
        number = min(self._sizes)
        del self._sizes[number]
        with contextlib.suppress(FileNotFoundError):
            self._disk.unlink(self._folder / segment_name(number))
