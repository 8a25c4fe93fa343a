"""The long form of tests/server/durable: a thousand kills of a real process, and thousands of power cuts of a faulty disk.

About half an hour. `make soak` runs it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ninepixel.server.durable.drill import Drill
from power_cuts import World

pytestmark = pytest.mark.soak

KILLS = 1000
LIVES, SEEDS = 250, 20


def test_a_thousand_kills(tmp_path: Path) -> None:
    found = Drill(tmp_path, seed=9).run(KILLS)
    assert found.kills == KILLS
    assert (found.lost, found.twice, found.same) == (0, 0, True)
    assert found.early > 0
    assert found.retried > 0


@pytest.mark.parametrize("seed", range(1000, 1000 + SEEDS))
def test_thousands_of_power_cuts(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path, seed)
    for _ in range(LIVES):
        world.live_and_die()
    world.check_uninterrupted()
    assert all(world.seen.values()), f"not everything happened: {world.seen}"
