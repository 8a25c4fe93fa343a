"""Fingerprints and comparisons name the entity, column or cell that differs, and only that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.ecs.ids import make_id
from ninepixel.world.digest import Digester, digest
from ninepixel.world.identity import FileIdentity, MindIdentity, ProcessIdentity
from ninepixel.world.laws.bodies import BODY_COLUMNS
from ninepixel.world.laws.lives import LIFE_COLUMNS, THING_COLUMNS
from ninepixel.world.ledger import ENTRIES
from ninepixel.world.state import CHRONICLE, Params, State
from ninepixel.world.store.compare import Difference, compare, name_in_slot, name_of
from ninepixel.world.store.diagnose import differing_mark
from ninepixel.world.store.envelope import unpack
from ninepixel.world.store.fingerprints import CHRONICLE_NAMES, fingerprints, first_differences, head
from ninepixel.world.store.journal import Mark, pack_mark, unpack_mark
from small_universes import LIVES, THINGS, small_state

NAMES = [c.name for c in BODY_COLUMNS]
SLOTTED = [("lives", c.name) for c in LIFE_COLUMNS] + [("things", c.name) for c in THING_COLUMNS]


def mark_of(state: State, *, prints: bool = True) -> Mark:
    worlds = range(state.params.worlds)
    tables = tuple(fingerprints(state, w) for w in worlds) if prints else ()
    return unpack_mark(unpack(pack_mark(Mark(state.tick, tuple(Digester().digests(state)), tables))))


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(NAMES), st.integers(0, 1), st.integers(0, 1000), st.integers(0, 31), st.integers(0, 9))
def test_one_flipped_bit_of_a_body_is_named(column: str, world: int, body: int, bit: int, seed: int) -> None:
    state, flipped = small_state(seed, worlds=2), small_state(seed, worlds=2)
    rows = state.bodies.canonical_rows(world)
    if not len(rows):
        return
    row = int(rows[body % len(rows)])
    index = int(state.bodies.index_of[world, row])
    flipped.bodies.columns[column].view(np.uint32)[world, row] ^= np.uint32(1 << bit)
    expected, got = (int(s.bodies.columns[column][world, row]) for s in (state, flipped))
    name = name_of(state, index, world)
    whole = Difference(state.tick, "bodies", world, index, name, column, expected=expected, got=got)
    assert compare(state, flipped) == [whole]
    seen = Difference(state.tick, "bodies", world, index, name, column, got=got)
    assert differing_mark(mark_of(state), flipped) == seen


def flipped_in_slot(table: str, column: str, world: int, slot: int, bit: int, seed: int) -> tuple[State, State]:
    state, flipped = small_state(seed, worlds=2), small_state(seed, worlds=2)
    flipped.tables[table].columns[column].view(np.uint32)[world, slot] ^= np.uint32(1 << bit)
    return state, flipped


@settings(max_examples=5)
@given(st.integers(0, 1), st.integers(0, min(LIVES, THINGS) - 1), st.integers(0, 31), st.integers(0, 9))
@pytest.mark.parametrize(("table", "column"), SLOTTED)
def test_one_flipped_bit_of_a_life_or_a_thing_is_named(
    table: str, column: str, world: int, slot: int, bit: int, seed: int
) -> None:
    state, flipped = flipped_in_slot(table, column, world, slot, bit, seed)
    expected, got = (int(s.tables[table][column][world, slot]) for s in (state, flipped))
    name = name_in_slot(state, table, slot, world) or name_in_slot(flipped, table, slot, world)
    assert compare(state, flipped) == [Difference(state.tick, table, world, slot, name, column, expected=expected, got=got)]
    seen = differing_mark(mark_of(state), flipped)
    assert seen is not None
    assert seen == Difference(state.tick, table, world, slot, seen.name, column, got=got)


@given(st.integers(0, 1), st.integers(0, LIVES - 1), st.integers(0, 63), st.integers(0, 9))
def test_one_flipped_bit_of_what_is_known_is_named(world: int, slot: int, bit: int, seed: int) -> None:
    state, flipped = small_state(seed, worlds=2), small_state(seed, worlds=2)
    word = bit >> 5
    flipped.known[world, slot, word] ^= np.uint32(1 << (bit & 31))
    expected, got = (int(s.known[world, slot, word]) for s in (state, flipped))
    name = name_in_slot(state, "known", slot, world)
    whole = Difference(state.tick, "known", world, slot, name, f"word {word}", expected=expected, got=got)
    assert compare(state, flipped) == [whole]
    assert differing_mark(mark_of(state), flipped) == replace(whole, expected=None)


@given(st.integers(0, 1), st.integers(0, CHRONICLE - 1), st.integers(0, 62))
def test_one_flipped_bit_of_the_chronicle_is_named(world: int, number: int, bit: int) -> None:
    state, flipped = small_state(worlds=2), small_state(worlds=2)
    flipped.chronicle[world, number] ^= 1 << bit
    expected, got = (int(s.chronicle[world, number]) for s in (state, flipped))
    column = CHRONICLE_NAMES[number]
    assert compare(state, flipped) == [Difference(state.tick, "chronicle", world, column=column, expected=expected, got=got)]
    assert differing_mark(mark_of(state), flipped) == Difference(state.tick, "chronicle", world, column=column, got=got)


@pytest.mark.parametrize("table", ["lives", "things"])
def test_several_columns_of_one_slot_are_all_named(table: str) -> None:
    state, flipped = small_state(), small_state()
    names = [c.name for c in state.tables[table].schema][4:7]
    for name in names:
        flipped.tables[table].columns[name][0, 5] ^= 1
    assert [(d.index, d.column) for d in compare(state, flipped)] == [(5, name) for name in names]
    seen = differing_mark(mark_of(state), flipped)
    assert seen is not None
    assert (seen.table, seen.index, seen.column, seen.got) == (table, 5, ", ".join(names), None)


def test_one_column_of_several_slots_is_named_with_the_first() -> None:
    state, flipped = small_state(), small_state()
    flipped.lives.columns["health"][0, 2:] += 1
    seen = differing_mark(mark_of(state), flipped)
    assert seen is not None
    assert (seen.table, seen.index, seen.column, seen.got) == ("lives", 2, "health", flipped.lives["health"][0, 2])


@pytest.mark.parametrize(
    ("column", "sizes"), [("lives", {"lives": LIVES + 1}), ("things", {"things": THINGS + 1}), ("words of known", {"bodies": 70})]
)
def test_other_numbers_of_slots_are_a_difference_of_the_world(column: str, sizes: dict[str, int]) -> None:
    state, other = (
        State.empty(Params(1, 6), lives=s.get("lives", LIVES), things=s.get("things", THINGS), known=s.get("bodies", 40))
        for s in ({}, sizes)
    )
    found = compare(state, other)
    assert [(d.table, d.column) for d in found] == [("world", column)]
    seen = differing_mark(mark_of(state), other)
    assert seen == replace(found[0], expected=None)


@given(st.integers(0, 2), st.integers(0, 63), st.integers(0, 63), st.integers(0, 31))
def test_one_flipped_bit_of_the_field_is_named(channel: int, y: int, x: int, bit: int) -> None:
    state, flipped = small_state(), small_state()
    flipped.energy.view(np.uint32)[0, channel, y, x] ^= np.uint32(1 << bit)
    (found,) = compare(state, flipped)
    assert (found.table, found.column, found.y, found.x) == ("energy", "RBY"[channel], y, x)
    assert (found.expected, found.got) == (int(state.energy[0, channel, y, x]), int(flipped.energy[0, channel, y, x]))
    seen = differing_mark(mark_of(state), flipped)
    assert seen == Difference(state.tick, "energy", column="RBY"[channel], y=y)


def test_equal_states_have_no_differences() -> None:
    state, twin = small_state(), small_state()
    twin.bodies.reorder(0, np.random.default_rng(3).permutation(40).astype(np.int32))
    twin.bodies.grow(3000)
    assert compare(state, twin) == []
    assert differing_mark(mark_of(state), twin) is None
    assert first_differences(fingerprints(state), fingerprints(twin)) == {}


def kill(state: State) -> None:
    state.bodies.kill(state.bodies.entity_at(int(state.bodies.row_of[0, 20])))


def birth(state: State) -> None:
    state.bodies.spawn()


def rename(state: State) -> None:
    entity = state.bodies.entity_at(int(state.bodies.row_of[0, 3]))
    state.cold.put(entity, FileIdentity(b"other", 1, 1, 1))


def forget(state: State) -> None:
    state.cold.remove(state.bodies.entity_at(int(state.bodies.row_of[0, 3])))


def book(state: State) -> None:
    state.ledger.add("heat", 5)


def mint(state: State) -> None:
    state.ledger.add("minted", 5)


def late(state: State) -> None:
    state.tick += 1


def reseed(state: State) -> None:
    state.params = Params(1, state.params.side_log2)


@pytest.mark.parametrize(
    ("change", "table", "index", "column"),
    [
        (kill, "bodies", 20, "alive"),
        (birth, "bodies", 40, "alive"),
        (rename, "cold", 3, "FileIdentity.path"),
        (forget, "cold", 3, "FileIdentity.path"),
        (book, "ledger", None, "heat"),
        (mint, "ledger", None, "minted"),
        (late, "world", None, "tick"),
        (reseed, "world", None, "seed"),
    ],
)
def test_every_kind_of_difference_is_named(change: Callable[[State], None], table: str, index: int | None, column: str) -> None:
    state, changed = small_state(), small_state()
    change(changed)
    assert digest(state) != digest(changed)
    first = compare(state, changed)[0]
    assert (first.table, first.index, first.column) == (table, index, column)
    seen = differing_mark(mark_of(state), changed)
    assert seen is not None
    assert (seen.table, seen.index) == (table, index)
    if table in ("ledger", "world"):
        assert seen.column == column


def test_without_fingerprints_the_world_is_named() -> None:
    state, changed = small_state(worlds=3), small_state(worlds=3)
    changed.energy[2, 0, 0, 0] += 1
    seen = differing_mark(mark_of(state, prints=False), changed)
    assert seen is not None
    assert (seen.table, seen.world, seen.column) == ("world", 2, "digest")


def test_other_shapes_are_a_difference_of_their_own() -> None:
    found = compare(small_state(), small_state(side_log2=7))
    assert [d.column for d in found] == ["params"]
    seen = differing_mark(mark_of(small_state()), small_state(worlds=2))
    assert seen is not None
    assert (seen.column, seen.expected, seen.got) == ("worlds", 1, 2)


def test_the_number_of_differences_is_bounded() -> None:
    state, changed = small_state(), small_state()
    changed.energy += 1
    assert len(compare(state, changed, limit=7)) == 7


def test_names_come_from_the_host() -> None:
    state = small_state()
    by_name = {name_of(state, i) for i in range(40)}
    assert "." in by_name
    assert "folder/\\xff\\n3" in by_name
    assert "python 0:99" in by_name
    assert None in by_name
    assert name_of(state, 1 << 40) is None


def test_a_life_bears_the_name_of_its_body() -> None:
    state = small_state()
    slot = int(np.flatnonzero(state.lives["body"][0] >= 0)[0])
    body = int(state.lives["body"][0, slot])
    entity = make_id(body, int(state.bodies.generation[0, body]))
    state.cold.remove(entity)
    state.cold.put(entity, MindIdentity(b"Ileices"))
    assert name_of(state, body) == "Ileices"
    assert [name_in_slot(state, table, slot) for table in ("lives", "known", "things")] == ["Ileices", "Ileices", None]
    assert name_in_slot(state, "lives", LIVES) is None


def test_a_difference_reads_well() -> None:
    d = Difference(812, "bodies", 0, 17, "usr/lib/a.so", "vx", expected=5, got=9, since=811)
    assert str(d) == "tick 812: table bodies, world 0, entity 17 (usr/lib/a.so), column vx: expected 5, got 9"
    life = Difference(812, "lives", 2, 17, "Mystiiqa", "health", expected=5, got=9, since=811)
    assert str(life) == "tick 812: table lives, world 2, slot 17 (Mystiiqa), column health: expected 5, got 9"
    sparse = Difference(812, "energy", 1, column="B", y=3, since=800)
    assert str(sparse) == "tick 812 (equal at 800, not looked at in between): table energy, world 1, y 3, column B"
    assert Difference(1, "cold", expected=b"\xff", got=None).as_dict() == {
        "tick": 1,
        "table": "cold",
        "world": 0,
        "expected": "\\xff",
    }


def test_fingerprints_have_the_shapes_they_promise() -> None:
    state = small_state(worlds=2)
    found = fingerprints(state, 0)
    assert {name: len(v) for name, v in found.items()} == {
        "bodies": int(state.bodies.next_index[0]),
        "bodies.columns": len(NAMES),
        "lives": LIVES,
        "lives.columns": len(LIFE_COLUMNS),
        "things": THINGS,
        "things.columns": len(THING_COLUMNS),
        "known": LIVES,
        "known.columns": state.known.shape[2],
        "chronicle": CHRONICLE,
        "energy": 3 * 64,
        "ledger": len(ENTRIES),
        "cold": 1 + max(e & 0xFFFFFFFF for kind in (FileIdentity, ProcessIdentity) for e, _ in state.cold.each(kind)),
        "world": len(head(state, 0)),
    }
    assert all(v.dtype == np.uint32 for v in found.values())
    assert len(fingerprints(state, 1)["cold"]) == 0
    assert fingerprints(State.empty(Params(1, 6)))["bodies"].tolist() == []
