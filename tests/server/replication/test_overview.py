"""The minimap."""

from __future__ import annotations

import numpy as np

from moving_states import moving_state
from ninepixel.server.replication import Scene, overview
from ninepixel.world.state import Params, State


def test_movers_and_hues_of_every_sector() -> None:
    state = moving_state(1, 400, 7)
    state.bodies.columns["x"][0, :300] = 3 << 20
    state.bodies.columns["y"][0, :300] = 0
    state.bodies.columns["traits"][0, :300] = 4
    scene = Scene.of(state)
    packed = overview(scene)
    assert packed[0] == 3
    squares = np.frombuffer(packed, np.uint8, offset=1).reshape(64, 4)
    assert squares[0, 0] == 255
    assert squares[1:, 0].tolist() == [len(scene.rows(s)) for s in range(1, 64)]
    assert squares[9, 1:].tolist() == scene.field[9].reshape(16, 3).mean(axis=0).astype(int).tolist()


def test_large_worlds_have_no_larger_minimap() -> None:
    state = State.empty(Params(1, 11), 8)
    state.bodies.spawn_many(3, 0, {"x": np.asarray([0, 1 << 25, 1 << 26], np.uint32)})
    packed = overview(Scene.of(state))
    assert len(packed) == 1 + 4 * 64 * 64
    assert packed[0] == 6
    assert [packed[1], packed[5], packed[9]] == [2, 1, 0]
