"""The minimap and the gauges, as they travel."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

from ninepixel.server.page.overview import Gauges, Host, overview_bytes
from ninepixel.server.replication import Scene
from ninepixel.world.laws.bodies import Kind
from ninepixel.world.universe import Universe

MIND = np.dtype([("id", "<u4"), ("x", "<u2"), ("y", "<u2"), ("status", "<u4")])


def test_it_tells_where_every_mind_is_and_how_busy_the_host(make_universe: Callable[..., Universe]) -> None:
    with make_universe(minds=5) as universe:
        for _ in range(9):
            universe.step()
        state = universe.pull()
        scene = Scene.of(state)
        data = overview_bytes(scene, Gauges(0.5, None, 1.7, 0.0, lateness=0.0123))
    form, cpu, memory, disk, net, lateness, moving, count = struct.unpack_from("<B4BHIH", data)
    assert (form, cpu, memory, disk, net, lateness) == (1, 100, 255, 200, 0, 123)
    assert moving == len(scene.movers)
    minds = np.frombuffer(data, MIND, count, 13)
    kind = state.bodies.live("traits") & 0xFF
    alive = np.flatnonzero((kind == Kind.MIND) | (kind == Kind.GUARDIAN))
    assert sorted(minds["id"].tolist()) == sorted(state.bodies.index_of[0, alive].tolist())
    rows = state.bodies.row_of[0, minds["id"]]
    for name in ("x", "y"):  # told to the 64th of a cell
        exact = state.bodies[name][0, rows].astype(np.int64) >> 16
        assert (np.abs(exact - minds[name]) <= 8).all()
    assert (minds["status"] & 31).tolist() == (kind[rows] == Kind.GUARDIAN).astype(int).tolist()
    assert data[13 + 12 * count] == 3
    assert len(data) == 13 + 12 * count + 1 + 4 * 64


def test_the_gauges_of_this_machine_are_shares(tmp_path: object) -> None:
    host = Host(str(tmp_path))
    first, second = host.read(10.0), host.read(11.0, lateness=0.25)
    assert first.net is None
    for share in (second.cpu, second.memory, second.disk, second.net):
        assert share is None or share >= 0
    assert second.memory is not None
    assert 0 < second.memory < 1
    assert second.lateness == 0.25
