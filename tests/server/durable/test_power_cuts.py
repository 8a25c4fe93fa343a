"""A server on a disk that loses what a disk may lose never loses what it acknowledged, and does nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from power_cuts import World


@pytest.mark.parametrize("seed", range(4))
def test_nothing_acknowledged_is_lost_and_nothing_is_done_twice(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path, seed)
    for _ in range(60):
        world.live_and_die()
    world.check_uninterrupted()
    assert all(world.acknowledged)
    assert all(world.seen.values()), f"not everything happened: {world.seen}"
