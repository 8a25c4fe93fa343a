"""What minds think with and remember is a part of the state: it survives, it is hashed, and what differs is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.world.digest import Digester, digest, world_digest
from ninepixel.world.state import State, Thoughts
from ninepixel.world.store.compare import Difference, compare, name_in_slot
from ninepixel.world.store.diagnose import differing_mark
from ninepixel.world.store.envelope import unpack
from ninepixel.world.store.errors import Impossible
from ninepixel.world.store.fingerprints import across, fingerprints
from ninepixel.world.store.journal import Mark, pack_mark, unpack_mark
from ninepixel.world.store.snapshot import pack_snapshot, unpack_snapshot
from ninepixel.world.store.thinking import MOST_BYTES, MOST_UNITS
from ninepixel.world.thought import Policy, Shape
from small_universes import LIVES, Parts, put_together, small_state, taken_apart

UNITS = 16
POLICY = Policy.random(Shape(UNITS), 1).packed()
SIZE = len(POLICY)


def thinking(seed: int = 0, worlds: int = 1) -> State:
    """A small state in which everybody remembers something."""
    state, rng = small_state(seed, worlds=worlds), np.random.default_rng(seed)
    shape = (worlds, LIVES)
    memory = rng.integers(-(1 << 15), 1 << 15, (*shape, UNITS)).astype(np.int16)
    state.thoughts = Thoughts(POLICY, memory, rng.integers(0, 1 << 32, shape, dtype=np.uint32))
    return state


def thoughts_of(state: State) -> Thoughts:
    assert state.thoughts is not None
    return state.thoughts


def mark_of(state: State) -> Mark:
    tables = tuple(fingerprints(state, w) for w in range(state.params.worlds))
    return unpack_mark(unpack(pack_mark(Mark(state.tick, tuple(Digester().digests(state)), tables))))


def test_thoughts_survive_to_the_bit() -> None:
    state = thinking(3, worlds=2)
    loaded = unpack_snapshot(unpack(pack_snapshot(state, "final")))
    before, after = thoughts_of(state), thoughts_of(loaded)
    assert after.policy == before.policy
    assert (after.memory.dtype.name, after.whose.dtype.name) == ("int16", "uint32")
    assert np.array_equal(after.memory, before.memory)
    assert np.array_equal(after.whose, before.whose)
    assert digest(loaded) == digest(state)
    assert compare(state, loaded) == []
    after.memory[...] = 0
    after.whose[...] = 0
    assert thoughts_of(state).memory.any()


def test_a_state_without_thoughts_has_none_after_it_and_another_name() -> None:
    state = thinking()
    nobody = replace(state, thoughts=None)
    assert unpack_snapshot(unpack(pack_snapshot(nobody, "final"))).thoughts is None
    assert digest(nobody) == digest(small_state(0))
    assert digest(nobody) != digest(state)
    assert compare(nobody, state)[0].column == "policy"
    seen = differing_mark(mark_of(nobody), state)
    assert seen is not None


def test_a_copy_has_thoughts_of_its_own() -> None:
    state = thinking()
    twin = state.copy()
    thoughts_of(twin).memory[...] += np.int16(1)
    thoughts_of(twin).whose[...] += np.uint32(1)
    assert digest(state) == digest(thinking())


@given(st.integers(0, 1), st.integers(0, LIVES - 1), st.integers(0, 16 * UNITS - 1))
def test_one_flipped_bit_of_a_memory_is_named(world: int, slot: int, bit: int) -> None:
    state, flipped = thinking(worlds=2), thinking(worlds=2)
    unit = bit >> 4
    thoughts_of(flipped).memory.view(np.uint16)[world, slot, unit] ^= np.uint16(1 << (bit & 15))
    assert digest(flipped) != digest(state)
    assert world_digest(flipped, 1 - world) == world_digest(state, 1 - world)
    expected, got = (int(thoughts_of(s).memory[world, slot, unit]) for s in (state, flipped))
    name = name_in_slot(state, "thoughts", slot, world)
    whole = Difference(state.tick, "thoughts", world, slot, name, f"unit {unit}", expected=expected, got=got)
    assert compare(state, flipped) == [whole]
    assert differing_mark(mark_of(state), flipped) == replace(whole, expected=None)


@given(st.integers(0, LIVES - 1), st.integers(0, 31))
def test_whose_memory_it_is_is_named_too(slot: int, bit: int) -> None:
    state, flipped = thinking(), thinking()
    thoughts_of(flipped).whose[0, slot] ^= np.uint32(1 << bit)
    seen = differing_mark(mark_of(state), flipped)
    assert digest(flipped) != digest(state)
    assert [(d.table, d.index, d.column) for d in compare(state, flipped)] == [("thoughts", slot, "whose")]
    assert seen is not None
    assert (seen.table, seen.index, seen.column, seen.got) == (
        "thoughts",
        slot,
        "whose",
        int(thoughts_of(flipped).whose[0, slot]),
    )


@given(st.integers(0, 8 * SIZE - 1))
def test_one_flipped_bit_of_the_policy_is_named(bit: int) -> None:
    state, flipped = thinking(), thinking()
    policy = bytearray(thoughts_of(state).policy)
    policy[bit >> 3] ^= 1 << (bit & 7)
    thoughts_of(flipped).policy = bytes(policy)
    assert digest(flipped) != digest(state)
    assert [(d.table, d.column) for d in compare(state, flipped)] == [("world", "policy")]
    seen = differing_mark(mark_of(state), flipped)
    assert seen is not None
    assert (seen.table, seen.column) == ("world", "policy")


def test_fingerprints_of_thoughts_are_there_where_there_are_thoughts() -> None:
    found = fingerprints(thinking())
    assert (len(found["thoughts"]), len(found[across("thoughts")])) == (LIVES, UNITS + 1)
    assert "thoughts" not in fingerprints(small_state(0))


def said(*value: Any) -> Callable[[Parts], None]:
    return lambda parts: parts[0].__setitem__("thoughts", list(value))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (said(UNITS), "no size that there is"),
        (said(UNITS, 0), "no size that there is"),
        (said(0, SIZE), "no size that there is"),
        (said(MOST_UNITS + 1, SIZE), "no size that there is"),
        (said(UNITS, MOST_BYTES + 1), "no size that there is"),
        (said(str(UNITS), SIZE), "no size that there is"),
        (said(UNITS + 1, SIZE), "column thoughts.memory holds"),
        (said(UNITS, SIZE - 1), f"column thoughts.policy holds {SIZE} values where {SIZE - 1} belong"),
        (lambda parts: parts[1].pop("thoughts.whose"), "column thoughts.whose holds 0"),
        (lambda parts: parts[1]["thoughts.memory"].__setitem__(5, 1 << 15), "more than 16 bits"),
        (lambda parts: parts[1]["thoughts.memory"].__setitem__(5, -(1 << 15) - 1), "more than 16 bits"),
    ],
)
def test_thoughts_that_make_no_sense_are_refused(change: Callable[[Parts], Any], why: str) -> None:
    parts = taken_apart(thinking())
    unpack_snapshot(put_together(parts))
    change(parts)
    with pytest.raises(Impossible, match=why):
        unpack_snapshot(put_together(parts))
