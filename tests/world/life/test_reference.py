"""The kernels of life equal the reference to the bit: every column, the field, the ledger, and what is sensed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference_life
from ninepixel.world.digest import digest
from ninepixel.world.laws import vital as law
from ninepixel.world.laws.lives import Act, Role
from ninepixel.world.life.engine import Life
from ninepixel.world.state import State
from random_lives import choose, lively_state
from random_states import copy_of, differences
from reference_world import NUMBER_OF_DEED


def assert_lives_alike(rng: np.random.Generator, state: State, ticks: int, minds: int) -> None:
    """Live *ticks* ticks with the kernels and with the reference, comparing everything after each."""
    twin, senses = copy_of(state), reference_life.Senses(state, minds)
    life = Life(twin, minds)
    life.seen[...] = 0xAA  # what was there before must not show through
    life.sense()
    reference_life.sense(state, senses)
    assert_sensed(life, senses)
    for _ in range(ticks):
        choose(rng, state, twin)
        reference_life.tick(state, senses)
        life.tick(0, state.params.worlds)
        twin.tick += 1
        assert differences(state, twin) == []
        assert digest(state) == digest(twin)
        assert_sensed(life, senses)
        for name in ("gain", "sections", "died"):
            assert getattr(life, name).tolist() == getattr(senses, name).tolist(), name
        assert_balanced(twin)


def assert_sensed(life: Life, senses: reference_life.Senses) -> None:
    wrong = np.argwhere(life.seen != senses.seen)
    if len(wrong):
        at = tuple(wrong[0].tolist())
        kernels, reference = life.seen[at], senses.seen[at]
        raise AssertionError(f"{len(wrong)} bytes, first (world, mind, byte) {at}: kernels {kernels}, reference {reference}")


def assert_balanced(state: State) -> None:
    for world in range(state.params.worlds):
        for quantity in ("energy", "coins", "loot"):
            state.ledger.check(state.held(world, quantity), world, quantity)


@pytest.mark.parametrize(("side_log2", "reach_log2", "worlds"), [(6, 1, 2), (6, 2, 1), (7, 1, 1), (7, 2, 2)])
def test_equals_the_reference(side_log2: int, reach_log2: int, worlds: int) -> None:
    rng = np.random.default_rng(100 * side_log2 + reach_log2)
    assert_lives_alike(rng, lively_state(rng, side_log2, reach_log2, worlds), ticks=4, minds=12)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    bodies=st.integers(0, 70),
    lives=st.integers(1, 24),
    things=st.integers(1, 24),
    reach_log2=st.integers(1, 2),
    room=st.sampled_from((None, 0, 1)),
)
def test_equals_the_reference_on_any_world(
    seed: int, bodies: int, lives: int, things: int, reach_log2: int, room: int | None
) -> None:
    rng = np.random.default_rng(seed)
    state = lively_state(rng, 6, reach_log2, bodies=bodies, lives=lives, things=things, room=room)
    assert_lives_alike(rng, state, ticks=2, minds=int(rng.integers(1, lives + 1)))


def test_equals_the_reference_where_everybody_is_in_one_place() -> None:
    """Cells show no more than they can, a hundred voices are not mistaken for few, and the nearest is still the first."""
    rng = np.random.default_rng(7)
    state = lively_state(rng, 6, 1, bodies=150, lives=100, things=60, spots=1)
    for name in ("x", "y"):
        state.bodies.columns[name][0, :90] = 0
    state.energy[...] = law.FIELD_LIMIT - 100
    state.lives.columns["action"][0, :60] = 3 << 16
    state.ledger.totals[:, 0] = 0
    state.ledger.add("genesis", state.held())
    state.ledger.add("minted", state.held(quantity="coins"))
    state.ledger.add("forged", state.held(quantity="loot"))
    assert_lives_alike(rng, state, ticks=2, minds=20)


def test_what_rarely_happens_happens_in_these_tests() -> None:
    """The random programs above prove something about acts only if lives do carry them out, die, and are born."""
    rng = np.random.default_rng(1)
    state = lively_state(rng, 6, 1, 128, bodies=60, lives=20)
    life = Life(state, 20)
    before = state.copy()
    life.sense()
    deeds = np.zeros((128, 20), np.uint64)
    died = 0
    for _ in range(4):
        choose(rng, state)
        life.tick(0, 128)
        state.tick += 1
        died += int(life.died.sum())
        deeds |= state.lives["deeds_lo"].astype(np.uint64) | state.lives["deeds_hi"].astype(np.uint64) << np.uint64(32)
    done = np.bitwise_or.reduce(deeds.reshape(-1))
    missing = [name for name, number in NUMBER_OF_DEED.items() if not int(done) >> number & 1]
    assert not missing
    assert died > 128
    born = state.chronicle[:, 2] - before.chronicle[:, 2]
    assert born.sum() > 128
    assert state.lives["role"][state.lives["body"] >= 0].tolist().count(Role.GUARDIAN)
    assert set((state.lives["action"] >> np.uint32(8) & np.uint32(0xFF)).reshape(-1).tolist()) == set(Act)
