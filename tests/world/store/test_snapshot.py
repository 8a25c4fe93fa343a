"""A state survives a snapshot to the bit and in what it will do next; a snapshot that makes no state is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.ecs.table import NO_INDEX
from ninepixel.world.digest import digest
from ninepixel.world.identity import FileIdentity
from ninepixel.world.state import Params, State
from ninepixel.world.store.compare import compare
from ninepixel.world.store.envelope import pack, unpack
from ninepixel.world.store.errors import Impossible, StoreError
from ninepixel.world.store.snapshot import pack_snapshot, unpack_snapshot
from random_states import differences
from small_universes import Parts, ToyUniverse, bury, small_state, taken_apart, toy_commands


def again(state: State) -> State:
    return unpack_snapshot(unpack(pack_snapshot(state, "final")))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.integers(0, 60), st.integers(1, 3), st.integers(0, 12))
def test_a_loaded_state_is_the_same_and_goes_on_the_same(seed: int, bodies: int, worlds: int, ticks: int) -> None:
    kept = ToyUniverse(small_state(seed, bodies, worlds=worlds))
    for t in range(ticks):
        kept.step(toy_commands(t, max(bodies, 1)))
    loaded = ToyUniverse(again(kept.state))
    assert digest(loaded.state) == digest(kept.state)
    assert compare(kept.state, loaded.state) == []
    assert differences(kept.state, loaded.state) == []
    assert list(loaded.state.bodies.free_list()) == list(kept.state.bodies.free_list())
    for t in range(ticks, ticks + 5):
        kept.step(toy_commands(t, max(bodies, 1)))
        loaded.step(toy_commands(t, max(bodies, 1)))
    assert digest(loaded.state) == digest(kept.state)


def test_the_bytes_do_not_depend_on_rows_or_capacity() -> None:
    state = small_state()
    before = pack_snapshot(state, "final")
    state.bodies.reorder(0, np.random.default_rng(1).permutation(40).astype(np.int32))
    state.bodies.grow(4000)
    assert pack_snapshot(state, "final") == before


def test_an_empty_world_survives() -> None:
    state = State.empty(Params((1 << 64) - 1, 6, 1, worlds=2))
    assert digest(again(state)) == digest(state)
    assert again(state).params == state.params
    assert [table.capacity for table in again(state).tables.values()] == [1024, 1, 1]


def test_names_that_are_not_text_survive() -> None:
    state = small_state()
    identity = FileIdentity(bytes(range(256)), size=(1 << 63) - 1, age=0, depth=0)
    state.cold.put(state.bodies.entity_at(0), identity)
    assert again(state).cold.get(state.bodies.entity_at(0), FileIdentity) == identity


def test_a_table_is_loaded_with_the_room_that_was_asked_for_and_everything_dirty() -> None:
    state = small_state()
    loaded = unpack_snapshot(unpack(pack_snapshot(state, "final")), capacity=5000)
    assert loaded.bodies.capacity == 5000
    assert all(loaded.bodies.take_dirty(c.name) == (0, 40) for c in loaded.bodies.schema)


@dataclass(frozen=True)
class Mood:
    value: float


def test_an_unknown_class_of_component_is_refused_and_not_lost_silently() -> None:
    state = small_state()
    state.cold.put(state.bodies.entity_at(0), Mood(0.5))
    with pytest.raises(StoreError, match="class Mood cannot be stored"):
        pack_snapshot(state, "final")


def meta(**changes: Any) -> Callable[[Parts], None]:
    return lambda parts: parts[0].update(changes)


def params(**changes: Any) -> Callable[[Parts], None]:
    return lambda parts: parts[0].update(params=parts[0]["params"] | changes)


def column(name: str, at: int, value: int) -> Callable[[Parts], None]:
    return lambda parts: parts[1][name].__setitem__(at, value)


def without(name: str) -> Callable[[Parts], None]:
    return lambda parts: parts[1].pop(name)


def world(**changes: int) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        counts = dict(zip(("next_index", "free_head", "count"), parts[0]["worlds"][0], strict=True)) | changes
        parts[0]["worlds"] = [list(counts.values())]

    return change


HUGE = [[NO_INDEX - 1, NO_INDEX, NO_INDEX - 1]]

IMPOSSIBLE: list[tuple[Callable[[Parts], None], str]] = [
    (lambda parts: parts[0].pop("cold"), "without params, worlds, ledger or cold"),
    (params(side_log2=5), "parameters make no world"),
    (params(side_log2=1 << 40), "parameters make no world"),
    (params(side_log2="7"), "parameters make no world"),
    (params(seed=-1), "parameters make no world"),
    (params(worlds=2), "do not fit together"),
    (params(gravity=1), "parameters make no world"),
    (lambda parts: parts[0]["params"].pop("seed"), "parameters make no world"),
    (meta(worlds=[[1, 2]]), "parameters make no world"),
    (meta(worlds=[5]), "parameters make no world"),
    (meta(worlds=HUGE), "MiB of memory|column links"),
    (meta(ledger=["gold"]), "other entries"),
    (meta(cold={"FileIdentity": 1 << 50}), "more cold components than entities"),
    (meta(cold={"os.system": 1}), "class 'os.system', which does not exist"),
    (world(count=39), "holds 40 values where 39 belong"),
    (world(count=-1), "do not fit together"),
    (world(count=57, next_index=56), "do not fit together"),
    (world(free_head=3), "free list"),
    (world(free_head=NO_INDEX), "free list"),
    (column("links", 0, 5), "living are not as many"),
    (column("generation", 0, 1 << 31), "generation is out of range"),
    (column("bodies.link", 0, 57), "tied to one that never lived"),
    (column("bodies.link", 0, -2), "tied to one that never lived"),
    (column("energy", 7, -1), "negative energy"),
    (without("bodies.gene_y"), r"column bodies.gene_y holds 0 values where 40 belong"),
    (without("energy"), "column energy holds 0 values"),
    (lambda parts: parts[0]["ledger"].append("gold"), "other entries"),
    (lambda parts: parts[0]["ledger"].reverse(), "other entries"),
    (column("cold.FileIdentity", 0, 1 << 40), "not in order|belongs to nobody"),
    (column("cold.FileIdentity", 0, -1), "not in order"),
    (column("cold.ProcessIdentity", 1, (1 << 32) + 39), "belongs to nobody"),
    (column("cold.FileIdentity.path.length", 0, 1 << 31), "MiB of memory|column cold.FileIdentity.path holds"),
]


def lawful_parts() -> Parts:
    """A snapshot with holes in its indices: 56 were used, 40 live."""
    state = small_state()
    for entity in [state.bodies.entity_at(row) for row in (39, 38, 20)]:
        bury(state, entity)
    for _ in range(3):
        state.bodies.spawn()
    state.bodies.grow(100)
    for entity in [state.bodies.spawn() for _ in range(16)]:
        state.bodies.kill(entity)
    return taken_apart(state)


@pytest.mark.parametrize(("change", "said"), IMPOSSIBLE)
def test_a_snapshot_that_makes_no_state_is_refused(change: Callable[[Parts], None], said: str) -> None:
    parts = lawful_parts()
    assert parts[0]["worlds"][0][0] == 56
    unpack_snapshot(unpack(pack("snapshot", 1, *parts)))
    change(parts)
    with pytest.raises(Impossible, match=said):
        unpack_snapshot(unpack(pack("snapshot", 1, *parts)))


def test_a_free_list_that_runs_in_a_circle_is_refused() -> None:
    state = small_state()
    for row in (30, 20, 10):
        bury(state, state.bodies.entity_at(row))
    parts = taken_apart(state)
    first, second, _ = state.bodies.free_list()
    parts[1]["links"][second] = ~first
    with pytest.raises(Impossible, match="free list"):
        unpack_snapshot(unpack(pack("snapshot", 1, *parts)))
