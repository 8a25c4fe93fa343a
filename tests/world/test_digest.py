"""A digest tells any two states apart, forgets where rows lie, and is the same whether or not it was kept."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.ecs.ids import EntityId, make_id
from ninepixel.ecs.table import Table
from ninepixel.world.digest import CHUNK_ENTITIES, Digester, digest, world_digest
from ninepixel.world.identity import FileIdentity
from ninepixel.world.laws.bodies import BODY_COLUMNS
from ninepixel.world.laws.lives import LIFE_COLUMNS, THING_COLUMNS
from ninepixel.world.state import Params, State
from random_states import random_state, world_of
from small_universes import LIVES, THINGS, ToyUniverse, small_state, toy_commands

COLUMN_NAMES = [c.name for c in BODY_COLUMNS]
SLOTTED = [("lives", c.name) for c in LIFE_COLUMNS] + [("things", c.name) for c in THING_COLUMNS]


def living(state: State, world: int = 0) -> list[EntityId]:
    table = state.bodies
    return [table.entity_at(int(row), world) for row in table.canonical_rows(world)]


def test_a_digest_is_32_hexadecimal_digits_and_repeats() -> None:
    state = small_state()
    assert len(bytes.fromhex(digest(state))) == 16
    assert digest(state) == digest(small_state())


@given(st.integers(0, 1 << 32))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    state = small_state()
    before = digest(state)
    order = np.random.default_rng(seed).permutation(int(state.bodies.count[0])).astype(np.int32)
    state.bodies.reorder(0, order)
    assert digest(state) == before


def test_capacity_and_what_dead_rows_hold_do_not_matter() -> None:
    state = small_state()
    before = digest(state)
    state.bodies.grow(5000)
    state.bodies.columns["x"][0, int(state.bodies.count[0]) :] = 77
    state.bodies.clock, state.bodies.changed["x"] = 9, 5
    assert digest(state) == before


@given(st.sampled_from(COLUMN_NAMES), st.integers(0, 39), st.integers(0, 31))
def test_one_flipped_bit_of_any_column_changes_it(column: str, body: int, bit: int) -> None:
    state = small_state()
    before = digest(state)
    row = int(state.bodies.canonical_rows()[body])
    state.bodies.columns[column].view(np.uint32)[0, row] ^= np.uint32(1 << bit)
    assert digest(state) != before


@pytest.mark.parametrize(("table", "column"), SLOTTED)
@given(st.integers(0, min(LIVES, THINGS) - 1), st.integers(0, 31))
@settings(max_examples=5)
def test_one_flipped_bit_of_any_column_of_lives_and_things_changes_it(table: str, column: str, slot: int, bit: int) -> None:
    state = small_state()
    kept = Digester()
    before = kept.digest(state)
    state.tables[table].columns[column].view(np.uint32)[0, slot] ^= np.uint32(1 << bit)
    assert kept.digest(state) == digest(state) != before


@given(st.data())
def test_one_flipped_bit_of_what_is_known_or_of_the_chronicle_changes_it(data: st.DataObject) -> None:
    state = small_state()
    before = digest(state)
    part = data.draw(st.sampled_from([state.known, state.chronicle.view(np.uint32)]))
    place = data.draw(st.integers(0, part.size - 1))
    part.reshape(-1)[place] ^= np.uint32(1 << data.draw(st.integers(0, 31)))
    assert digest(state) != before


def test_two_lives_that_trade_places_are_another_state() -> None:
    state = small_state()
    before = digest(state)
    state.lives.block[0, :, [0, 1]] = state.lives.block[0, :, [1, 0]]
    assert digest(state) != before


def test_empty_slots_and_words_count() -> None:
    params = Params(0, 6)
    sizes = [{}, {"lives": 1}, {"lives": 1, "known": 32}, {"lives": 2, "known": 32}, {"things": 1}, {"things": 2}]
    found = [digest(State.empty(params, **each)) for each in sizes]
    assert len(set(found)) == len(found)


def swap_two_bodies(state: State) -> None:
    """Two entities trade everything they have, so that each column holds the same values in another order."""
    a, b = living(state)[:2]
    mine, theirs = state.bodies.values(a), state.bodies.values(b)
    state.bodies.set(a, **theirs)
    state.bodies.set(b, **mine)


def swap_free_indices(state: State) -> None:
    """Kill the same two in the other order: only the free list tells."""
    for entity in sorted(living(state)[:2], reverse=True):
        state.bodies.kill(entity)


def kill_two(state: State) -> State:
    for entity in sorted(living(state)[:2]):
        state.bodies.kill(entity)
    return state


def kill_the_last_row(state: State) -> None:
    state.bodies.kill(state.bodies.entity_at(int(state.bodies.count[0]) - 1))


def flip_field(state: State) -> None:
    state.energy[0, 2, 63, 63] ^= 1


def advance(state: State) -> None:
    state.tick += 1


def book(state: State) -> None:
    state.ledger.add("decay", 1)


def mint(state: State) -> None:
    state.ledger.add("minted", 1)


def reseed(state: State) -> None:
    state.params = Params(state.params.seed ^ 1, state.params.side_log2)


def rename(state: State) -> None:
    state.cold.put(living(state)[0], FileIdentity(b"another", 0, 0, 0))


def forget(state: State) -> None:
    state.cold.remove(living(state)[3])


def age_a_dead_index(state: State) -> None:
    state.bodies.generation[0, int(state.bodies.next_index[0]) - 1] += 1


@pytest.mark.parametrize(
    "change", [swap_two_bodies, kill_the_last_row, flip_field, advance, book, mint, reseed, rename, forget, age_a_dead_index]
)
def test_every_part_of_a_state_counts(change: Callable[[State], None]) -> None:
    state = small_state()
    kept = Digester()
    state.bodies.clock += 1
    before = kept.digest(state)
    state.bodies.clock += 1
    change(state)
    assert kept.digest(state) == digest(state) != before


def test_the_free_list_counts() -> None:
    a, b = kill_two(small_state()), small_state()
    swap_free_indices(b)
    assert living(a) == living(b)
    assert digest(a) != digest(b)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(["step", "same tick", "kill", "spawn", "reorder", "digest", "rename", "set"]), max_size=14))
def test_a_kept_digest_equals_a_fresh_one_whatever_happens(program: list[str]) -> None:
    universe, kept = ToyUniverse(small_state()), Digester()
    for i, what in enumerate(program):
        state, alive = universe.state, living(universe.state)
        match what:
            case "step":
                universe.step(toy_commands(i))
            case "same tick" if alive:
                state.bodies.set(alive[0], rby=i)
                kept.digest(state)
                state.bodies.set(alive[0], rby=i + 1)
            case "kill" if alive:
                state.bodies.kill(alive[i % len(alive)])
            case "spawn":
                state.bodies.spawn(gene_r=i)
            case "reorder":
                state.bodies.reorder(0, np.random.default_rng(i).permutation(len(alive)).astype(np.int32))
            case "rename" if alive:
                state.cold.put(alive[-1], FileIdentity(b"%d" % i, i, i, i))
            case "set" if alive:
                state.bodies.clock += 1
                state.bodies.set(alive[-1], mass=i, link=-1)
        assert kept.digest(state) == digest(state)


def test_a_digester_that_meets_another_state_starts_over() -> None:
    kept = Digester()
    for seed in (1, 2, 1):
        state = small_state(seed)
        state.bodies.clock = 10
        assert kept.digest(state) == digest(state)


def test_unchanged_static_columns_are_not_read_again() -> None:
    state, kept = small_state(), Digester()
    state.bodies.clock += 1
    before = kept.digest(state)
    state.bodies.columns["gene_r"][0, 0] ^= 1  # behind the table's back: nobody touched it
    assert kept.digest(state) == before
    state.bodies.touch("gene_r")
    assert kept.digest(state) == digest(state) != before


def test_chunks_are_joined_the_same_by_one_thread_and_by_many(monkeypatch: pytest.MonkeyPatch) -> None:
    state = random_state(np.random.default_rng(4), 2 * CHUNK_ENTITIES + 5, 6)
    alone = digest(state)
    monkeypatch.setattr("ninepixel.world.digest._THREADS_FROM", 0)
    assert digest(state) == alone


def test_worlds_are_shared_out_among_threads_and_come_back_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = small_state(worlds=7)
    alone = [bytes.fromhex(world_digest(batch, world)) for world in range(7)]
    for threads_from in (0, 1 << 10, 1 << 17, 1 << 40):
        monkeypatch.setattr("ninepixel.world.digest._THREADS_FROM", threads_from)
        assert Digester().digests(batch) == alone


def test_what_many_lives_know_is_hashed_in_parts_that_are_all_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ninepixel.world.digest._KNOWN_BYTES", 24)
    state = small_state()
    found = {digest(state)}
    for slot in range(LIVES):
        state.known[0, slot, -1] ^= np.uint32(1 << 31)
        found.add(digest(state))
    assert len(found) == LIVES + 1


def test_a_world_of_a_batch_has_the_digest_of_the_same_world_alone() -> None:
    batch = small_state(worlds=3)
    batch.params = Params((1 << 64) - 1, 6, worlds=3)
    for world in range(3):
        alone = world_of(batch, world)
        assert world_digest(batch, world) == world_digest(alone) == digest(alone)
    assert digest(batch) not in {world_digest(batch, world) for world in range(3)}


@pytest.mark.parametrize("world", [0, 1, 2])
@pytest.mark.parametrize("table", ["bodies", "lives", "things"])
def test_a_change_in_one_world_of_a_batch_is_that_worlds_alone(table: str, world: int) -> None:
    batch = small_state(seed=5, worlds=3)
    assert batch.tables[table].count[world]
    before = Digester().digests(batch)
    batch.tables[table].block[world, 3, 0] ^= 1
    batch.known[world, 2, 0] ^= np.uint32(1)
    after = Digester().digests(batch)
    assert [a != b for a, b in zip(before, after, strict=True)] == [w == world for w in range(3)]


def test_an_empty_world_has_a_digest() -> None:
    assert digest(State.empty(Params(0, 6))) != digest(State.empty(Params(1, 6)))


def test_an_entity_that_moves_to_another_index_is_another_entity() -> None:
    tables = [State.empty(Params(0, 6)), State.empty(Params(0, 6))]
    for state in tables:
        state.bodies.spawn(x=1)
        state.bodies.spawn(x=1)
    tables[0].bodies.kill(make_id(0, 0))
    tables[1].bodies.kill(make_id(1, 0))
    assert isinstance(tables[0].bodies, Table)
    assert digest(tables[0]) != digest(tables[1])
