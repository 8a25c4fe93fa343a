"""Sums over boxes of cells hold at their limits, and senses are made of the state alone."""

from __future__ import annotations

import numpy as np
import pytest

import reference_life
from ninepixel.world.laws.bodies import Flag, Kind, pack_rby, pack_traits
from ninepixel.world.laws.lives import Lies, Thing
from ninepixel.world.life.engine import Life
from ninepixel.world.life.senses import OWN, RETINA, RETINA_BYTES
from ninepixel.world.state import State
from random_lives import lively_state
from reference_senses import OWN as OWN_OF_REFERENCE
from small_lives import Scene


def test_every_cell_may_show_all_it_can() -> None:
    """Sixteen-bit sums over the largest box do not overflow when each of its cells is as bright as cells are, in each channel."""
    scene = Scene(lives=4, things=2 * 64 * 64)
    bodies = scene.state.bodies
    for x, y in ((0, 0), (63.9, 31), (32, 63.5), (20, 20)):
        scene.mind(x, y, pheno_r=255 | 255 << 8 | 255 << 16)
    n = 64 * 64
    bodies.grow(4 * n)
    cell = (np.arange(n)[:, None] % 64 << 26) * np.ones(3, np.int64), (np.arange(n)[:, None] // 64 << 26) * np.ones(3, np.int64)
    pure = pack_rby([65535, 0, 0], [0, 65535, 0]).astype(np.int64)
    traits = pack_traits(np.full(3 * n, int(Kind.MATTER)), 0, int(Flag.ANCHORED))
    places = {"x": cell[0].ravel(), "y": cell[1].ravel()}
    bodies.spawn_many(3 * n, 0, {**places, "rby": np.tile(pure, n), "traits": traits, "mass": np.full(3 * n, 1023)})
    things = scene.state.things.columns
    things["kind"][0], things["lies"][0] = int(Thing.SHOT), int(Lies.OPENLY)
    things["x"][0], things["y"][0] = np.tile(cell[0][:, 0], 2), np.tile(cell[1][:, 0], 2)
    scene.glow(1 << 29)
    assert_sensed_alike(scene.state, 4)
    assert Life(scene.state, 4).seen.shape == (1, 4, RETINA_BYTES)


@pytest.mark.parametrize("side_log2", [6, 7])
def test_boxes_close_around_the_torus(side_log2: int) -> None:
    """Minds in every corner and along every edge see what the reference sees."""
    rng = np.random.default_rng(side_log2)
    state = lively_state(rng, side_log2, 1, lives=48, bodies=80)
    edge = (1 << 32) - 1
    ends = np.asarray([0, 1 << 31, edge, 13 << 32 - side_log2, edge - (13 << 32 - side_log2)])
    living = np.flatnonzero(state.lives.live("body") >= 0)
    rows = state.bodies.row_of[0, state.lives["body"][0, living]]
    for axis, turn in (("x", 1), ("y", 5)):
        state.bodies.columns[axis][0, rows] = ends[np.arange(len(rows)) // turn % 5]
    state.lives["pheno_r"][0] |= np.uint32(255)  # all four octaves
    state.energy[...] = rng.integers(0, 1 << 18, state.energy.shape)
    assert_sensed_alike(state, 48)


def assert_sensed_alike(state: State, minds: int) -> None:
    life, senses = Life(state, minds), reference_life.Senses(state, minds)
    life.sense()
    reference_life.sense(state, senses)
    wrong = np.argwhere(life.seen != senses.seen)
    assert not len(wrong), wrong[:5]


def test_senses_are_made_of_the_state_alone() -> None:
    """A universe that is loaded and looks around goes on as if it had never been away."""
    state = lively_state(np.random.default_rng(9), 6, 1, 2, lives=30)
    life, fresh = Life(state, 30), Life(state, 30)
    for _ in range(3):
        life.tick(0, 2)
        state.tick += 1
        fresh.seen[...] = np.random.default_rng(state.tick % 2**32).integers(0, 256, fresh.seen.shape)
        fresh.sense()
        assert fresh.seen.tobytes() == life.seen.tobytes()


def test_the_observation_is_as_long_as_it_says() -> None:
    assert dict(OWN) == OWN_OF_REFERENCE
    assert sum(size for _, size in OWN) + RETINA == RETINA_BYTES
