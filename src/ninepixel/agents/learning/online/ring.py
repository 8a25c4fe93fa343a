"""A ring of episodes in memory that two processes share: who ticks writes, who learns reads, and neither waits for the other.

::

    64 int64    the header (FIELDS)
    slots x 2   int64: the tick an episode began at, and the version of the policy that acted
    policy      the bytes of the policy that the universe lives by at the beginning
    slots x     the arrays of an :class:`~ninepixel.world.life.witness.Episode`, one after the other, from multiples of 64 on

An episode belongs to whoever ticks until it is counted as written, and then to whoever learns until it is counted as taken. When
no slot is free, whoever ticks leaves out an episode, and counts that.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
from dataclasses import fields
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.life.witness import Episode

FIELDS = ("magic", "slots", "ticks", "places", "hidden", "policy", "written", "taken", "dropped")
MAGIC = 0x39505852494E4701
_MAGIC, _SLOTS, _TICKS, _PLACES, _HIDDEN, _POLICY, _WRITTEN, _TAKEN, _DROPPED = range(len(FIELDS))
_HEADER = 64
#: Episodes that may wait for who learns.
SLOTS = 4
#: Memory that is a file: pages of it are never written to a disk.
_SHARED = Path("/dev/shm")


class Ring:
    """One side of a ring.

    :ivar path: its file. :ivar policy: the bytes of the policy that was there at the beginning.
    :ivar slots, ticks, places, hidden: its sizes.
    """

    def __init__(self, path: Path, file: int) -> None:
        self.path = path
        try:
            self._map = mmap.mmap(file, 0)
        finally:
            os.close(file)
        self._header: npt.NDArray[np.int64] = np.frombuffer(self._map, np.int64, _HEADER)
        if len(self._map) < 8 * _HEADER or self._header[_MAGIC] != MAGIC:
            raise ValueError(f"{path} is no ring of episodes")
        self.slots, self.ticks, self.places, self.hidden, size = (int(n) for n in self._header[_SLOTS : _POLICY + 1])
        at = 8 * _HEADER
        self._told: npt.NDArray[np.int64] = np.frombuffer(self._map, np.int64, 2 * self.slots, at).reshape(self.slots, 2)
        at += 16 * self.slots
        self.policy = bytes(self._map[at : at + size])
        self.episodes: list[Episode] = []
        at = _aligned(at + size)
        for _ in range(self.slots):
            arrays: dict[str, npt.NDArray[Any]] = {}
            for name, (dtype, shape) in Episode.shapes(self.ticks, self.places, self.hidden).items():
                arrays[name] = np.frombuffer(self._map, dtype, prod(shape), at).reshape(shape)
                at = _aligned(at + arrays[name].nbytes)
            self.episodes.append(Episode(**arrays))

    @staticmethod
    def create(ticks: int, places: int, hidden: int, policy: bytes, slots: int = SLOTS) -> Ring:
        """A new ring, all of its memory reserved.

        :raises OSError: when there is not enough.
        """
        file, name = tempfile.mkstemp(prefix="ninepixel-learn-", dir=_SHARED if os.access(_SHARED, os.W_OK) else None)
        try:
            size = _aligned(8 * _HEADER + 16 * slots + len(policy))
            size += slots * sum(
                _aligned(np.dtype(dtype).itemsize * prod(shape))
                for dtype, shape in Episode.shapes(ticks, places, hidden).values()
            )
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file, 0, size)
            os.truncate(file, size)
            header = np.zeros(_HEADER, np.int64)
            header[: _POLICY + 1] = MAGIC, slots, ticks, places, hidden, len(policy)
            os.write(file, header.tobytes() + bytes(16 * slots) + policy)
        except BaseException:
            os.close(file)
            os.unlink(name)
            raise
        return Ring(Path(name), file)

    @staticmethod
    def open(path: Path) -> Ring:
        """The ring that another process made.

        :raises OSError: when there is none. :raises ValueError: when it is none.
        """
        return Ring(path, os.open(path, os.O_RDWR))

    # -- who ticks ----------------------------------------------------------------------------------------------------

    def free(self) -> Episode | None:
        """Where the next episode can be written, or None while who learns has yet to take one."""
        written = int(self._header[_WRITTEN])
        return self.episodes[written % self.slots] if written - int(self._header[_TAKEN]) < self.slots else None

    def write(self, tick: int, version: int) -> None:
        """The episode that :meth:`free` gave is whole. It began at *tick*, and the policy of that *version* acted."""
        written = int(self._header[_WRITTEN])
        self._told[written % self.slots] = tick, version
        self._header[_WRITTEN] = written + 1

    def drop(self) -> None:
        """An episode was left out."""
        self._header[_DROPPED] += 1

    # -- who learns ---------------------------------------------------------------------------------------------------

    def take(self) -> tuple[int, int, Episode] | None:
        """The oldest episode, copied, whose place is free then: its first tick, its version, itself; None when there is none."""
        taken = int(self._header[_TAKEN])
        if taken == int(self._header[_WRITTEN]):
            return None
        tick, version = (int(n) for n in self._told[taken % self.slots])
        episode = self.episodes[taken % self.slots]
        own = Episode(*(getattr(episode, field.name).copy() for field in fields(Episode)))
        self._header[_TAKEN] = taken + 1
        return tick, version, own

    # -- both ---------------------------------------------------------------------------------------------------------

    @property
    def written(self) -> int:
        """Episodes so far."""
        return int(self._header[_WRITTEN])

    @property
    def dropped(self) -> int:
        """Episodes that were left out so far."""
        return int(self._header[_DROPPED])

    def unlink(self) -> None:
        """Take its name away; whoever has it open keeps it."""
        with contextlib.suppress(OSError):  # it is gone already, or a system that keeps names of open files
            self.path.unlink()

    def close(self) -> None:
        """Let it go; a second time nothing happens."""
        self._header, self._told, self.episodes = np.zeros(0, np.int64), np.zeros((0, 2), np.int64), []
        with contextlib.suppress(BufferError):  # somebody still looks at an episode; it goes when they do
            self._map.close()
        self.unlink()


def _aligned(at: int) -> int:
    return (at + 63) & ~63
