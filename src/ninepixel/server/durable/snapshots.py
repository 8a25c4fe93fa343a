"""Snapshots: when one is due, and how the beginning of a segment is written beside the segment that goes on."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ninepixel.server.durable.desk import Desk
from ninepixel.server.durable.disk import Disk
from ninepixel.server.durable.quota import Quota
from ninepixel.server.durable.segment import UNFINISHED, Frame, Writer, frame_bytes
from ninepixel.world.digest import Digester
from ninepixel.world.state import State
from ninepixel.world.store.frames import HEADER_BYTES
from ninepixel.world.store.journal import Mark, pack_mark
from ninepixel.world.store.snapshot import pack_snapshot

#: Seconds that replaying the journal may take after a crash.
REPLAY_SECONDS = 0.5
#: No more ticks than these go without a snapshot, however fast they are.
MOST_TICKS = 6000
#: And no fewer pass between two.
FEWEST_TICKS = 10


class Cadence:
    """When the next snapshot is due: before a replay of the ticks since the last one would take too long.

    :param replay: seconds that it may take.
    """

    def __init__(self, replay: float = REPLAY_SECONDS, fewest: int = FEWEST_TICKS, most: int = MOST_TICKS) -> None:
        self.replay, self.fewest, self.most = replay, fewest, most
        self.ticks, self.seconds = 0, 0.0

    def stepped(self, seconds: float, ticks: int = 1) -> None:
        """The universe has advanced, which took so long."""
        self.ticks += ticks
        self.seconds += seconds

    @property
    def due(self) -> bool:
        """Whether it is time."""
        return self.ticks >= self.most or (self.ticks >= self.fewest and self.seconds >= self.replay)

    def taken(self) -> None:
        """A snapshot of the present tick is being written."""
        self.ticks, self.seconds = 0, 0.0


def beginning(state: State, desk: Desk, follows: bytes, content: bytes) -> list[Frame]:
    """The frames with which a segment begins: snapshot, desk and mark of one tick."""
    tick = state.tick
    digests = tuple(Digester().digests(state))
    return [
        Frame("snapshot", tick, pack_snapshot(state, "checkpoint" if follows else "genesis")),
        Frame("desk", tick, desk.pack(tick, follows, content)),
        Frame("mark", tick, pack_mark(Mark(tick, digests))),
    ]


def write_beginning(disk: Disk, quota: Quota, path: Path, frames: list[Frame]) -> Writer:
    """Write the beginning of the segment *path* under an unfinished name, durably.

    :raises DiskFull: when there is no room; nothing is left behind then. :raises DiskFailure: when the disk fails.
    """
    quota.reserve(HEADER_BYTES + frame_bytes(frames))
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        writer = Writer.begin(disk, unfinished)
        try:
            writer.write(frames)
            writer.sync()
        except BaseException:
            writer.close()
            raise
    except BaseException:
        quota.release()
        with contextlib.suppress(OSError):
            disk.unlink(unfinished)
        raise
    return writer
