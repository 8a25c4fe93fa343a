"""The minimap and the gauges: the whole universe in a few kilobytes, once a second, for watchers. The payload of ``OVERVIEW``.

All numbers are little endian; a status is what docs/REPLICATION.md says.

| bytes | what |
| --- | --- |
| u8 | 1, the version of this form |
| 4 x u8 | the host in miniature: processor, memory, disk, network; 0 to 200 are half percents, 255 is not told |
| u16 | lateness of the tick, tenths of a millisecond |
| u32 | bodies and things that move |
| u16 | minds and guardians that follow |
| 12 each | u32 id of its body; u16 x, u16 y: torus fractions >> 16; u32 status, but bits 0-4: 1 for a guardian, else 0 |
| the rest | the map: :func:`ninepixel.server.replication.overview` |
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import psutil

from ninepixel.server.replication import Scene, overview
from ninepixel.world.laws.bodies import Kind

FORM = 1
#: The most minds and guardians that are told.
MOST_MINDS = 1024
UNKNOWN = 255
#: Bytes a second that count as a full network gauge: a gigabit.
FULL_NET = 125_000_000
_HEAD = struct.Struct("<B4BHIH")
_MIND = np.dtype([("id", "<u4"), ("x", "<u2"), ("y", "<u2"), ("status", "<u4")])
_HEAT = np.uint32(31)


@dataclass(frozen=True, slots=True)
class Gauges:
    """How busy the host is: shares 0..1, None for what is not known or not to be told.

    :param lateness: of the tick, seconds.
    """

    cpu: float | None = None
    memory: float | None = None
    disk: float | None = None
    net: float | None = None
    lateness: float = 0.0


class Host:
    """Reads the gauges of this machine; rates are between one call and the next.

    :param folder: whose disk is told: the universe's own store.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._bytes, self._at = 0, -1.0
        psutil.cpu_percent(None)

    def read(self, now: float, lateness: float = 0.0) -> Gauges:
        """The gauges at *now* (seconds, monotonic); what this machine does not tell is None."""
        return Gauges(
            psutil.cpu_percent(None) / 100,
            psutil.virtual_memory().percent / 100,
            psutil.disk_usage(self._folder).percent / 100,
            self._net(now),
            lateness,
        )

    def _net(self, now: float) -> float | None:
        counters = psutil.net_io_counters()
        if counters is None:
            return None
        total, before, at = counters.bytes_sent + counters.bytes_recv, self._bytes, self._at
        self._bytes, self._at = total, now
        return (total - before) / (now - at) / FULL_NET if 0 <= at < now else None


def overview_bytes(scene: Scene, gauges: Gauges) -> bytes:
    """The payload of an OVERVIEW message."""
    minds = _minds(scene)
    shares = (gauges.cpu, gauges.memory, gauges.disk, gauges.net)
    head = _HEAD.pack(
        FORM,
        *(UNKNOWN if share is None else round(min(max(share, 0.0), 1.0) * 200) for share in shares),
        round(min(max(gauges.lateness, 0.0) * 1e4, 65535)),
        len(scene.movers),
        len(minds),
    )
    return head + minds.tobytes() + overview(scene)


def _minds(scene: Scene) -> npt.NDArray[np.void]:
    """Minds first, then guardians, as they travel."""
    counts = np.diff(scene.movers_start[: scene.sectors.count + 1])
    kind = scene.movers[:, 3] & 0xFF
    rows = np.concatenate([np.flatnonzero(kind == Kind.MIND), np.flatnonzero(kind == Kind.GUARDIAN)])[:MOST_MINDS]
    sector = np.repeat(np.arange(scene.sectors.count), counts)[rows]
    shift = scene.sectors.side_log2 - 10  # 64ths of a cell are 1 << side_log2 + 6 a turn, and 1 << 16 are told
    minds = np.zeros(len(rows), _MIND)
    minds["id"] = scene.movers[rows, 0]
    for name, along, low in (("x", sector % scene.sectors.across, 0), ("y", sector // scene.sectors.across, 16)):
        place = along * scene.sectors.units + (scene.movers[rows, 1].astype(np.int64) >> low & 0xFFFF)
        minds[name] = place >> shift if shift >= 0 else place << -shift
    minds["status"] = (scene.movers[rows, 2] & ~_HEAT) | (kind[rows] == Kind.GUARDIAN)
    return minds
