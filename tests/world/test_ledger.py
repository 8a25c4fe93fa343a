"""Every quantity is held where the ledger says, and a unit too many or too few is seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.world.laws.lives import Thing
from ninepixel.world.ledger import ENTRIES, QUANTITIES, Ledger, LedgerError
from ninepixel.world.state import STORES
from random_states import random_state

AMOUNTS = st.dictionaries(st.sampled_from(ENTRIES), st.integers(0, 1 << 40))


def test_every_entry_belongs_to_one_quantity() -> None:
    assert len(set(ENTRIES)) == len(ENTRIES)
    assert sorted(ENTRIES) == sorted(name for sides in QUANTITIES.values() for side in sides for name in side)


@given(AMOUNTS, st.integers(0, 2))
def test_what_is_expected_is_sources_less_sinks_of_that_world_alone(amounts: dict[str, int], world: int) -> None:
    ledger = Ledger(3)
    for entry, amount in amounts.items():
        ledger.add(entry, amount, world)
    for quantity, (sources, sinks) in QUANTITIES.items():
        expected = sum(amounts.get(name, 0) for name in sources) - sum(amounts.get(name, 0) for name in sinks)
        assert ledger.expected(world, quantity) == expected
        assert ledger.expected((world + 1) % 3, quantity) == 0
        ledger.check(expected, world, quantity)
        with pytest.raises(LedgerError, match=f"world {world} holds {expected + 1} "):
            ledger.check(expected + 1, world, quantity)


@given(AMOUNTS)
def test_a_ledger_survives_being_written_as_words(amounts: dict[str, int]) -> None:
    ledger = Ledger.from_dict(amounts)
    assert ledger.as_dict() == dict.fromkeys(ENTRIES, 0) | amounts
    assert np.array_equal(Ledger.from_dict(ledger.as_dict()).totals, ledger.totals)


@given(st.integers(0, 1 << 32))
def test_what_is_held_is_what_one_counts(seed: int) -> None:
    state = random_state(np.random.default_rng(seed), 30, 6, worlds=2, lives=9, things=12)
    for world in range(2):
        living = [s for s in range(9) if state.lives["body"][world, s] >= 0]
        things = [(Thing(state.things["kind"][world, i]), i) for i in range(12)]
        purses = sum(int(state.lives["coins"][world, s]) for s in living)
        assert state.held(world, "coins") == purses + sum(
            int(state.things["strength"][world, i]) for kind, i in things if kind == Thing.COIN
        )
        assert state.held(world, "loot") == sum(kind == Thing.LOOT for kind, _ in things)
        stores = sum(int(state.lives[name][world, s]) for name in STORES for s in living)
        assert state.vital(world) == stores + sum(int(state.things["energy"][world, i]) for kind, i in things if kind)
        assert state.held(world) == state.physical(world) + state.vital(world)


@given(st.integers(0, 1 << 32), st.sampled_from(list(QUANTITIES)))
def test_what_was_made_of_nothing_is_seen(seed: int, quantity: str) -> None:
    state = random_state(np.random.default_rng(seed), 30, 6, lives=9, things=12)
    state.ledger.check(state.held(0, quantity), 0, quantity)
    thing = int(np.flatnonzero(state.things["kind"][0] != Thing.LOOT)[0])
    state.things["kind"][0, thing] = int(Thing.LOOT if quantity == "loot" else Thing.COIN)
    if quantity != "loot":
        state.things["strength" if quantity == "coins" else "energy"][0, thing] += 1000
    with pytest.raises(LedgerError):
        state.ledger.check(state.held(0, quantity), 0, quantity)
