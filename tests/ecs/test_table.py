"""The table against a model of dicts and lists: births, deaths, stale ids, the free list, reordering, growth and change marks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from ninepixel.ecs.ids import GENERATION_MASK, generation_of, index_of, make_id
from ninepixel.ecs.table import Column, StaleEntity, Table, TableFull

COLUMNS = (Column("a", np.int32), Column("b", np.uint32, 7), Column("c", np.int32, -1))
I32 = st.integers(-(1 << 31), (1 << 31) - 1)
U32 = st.integers(0, (1 << 32) - 1)
WORLDS = 2


@dataclass
class Model:
    """One world, slow and obvious."""

    alive: dict[int, dict[str, int]] = field(default_factory=dict)  # by id
    dead: list[int] = field(default_factory=list)  # indices; the last to die is the first to be reborn
    generation: dict[int, int] = field(default_factory=dict)
    used: int = 0

    def birth(self, values: dict[str, int]) -> int:
        if self.dead:
            index = self.dead.pop()
        else:
            index, self.used = self.used, self.used + 1
        entity = (self.generation.setdefault(index, 0) << 32) | index
        self.alive[entity] = {"a": 0, "b": 7, "c": -1} | values
        return entity

    def death(self, entity: int) -> None:
        del self.alive[entity]
        index = entity & 0xFFFFFFFF
        self.generation[index] += 1
        self.dead.append(index)


class TableMachine(RuleBasedStateMachine):
    """Whatever is done to a table, it agrees with the model, and its change marks cover what was done."""

    entities = Bundle("entities")

    def __init__(self) -> None:
        super().__init__()
        self.table = Table(COLUMNS, worlds=WORLDS, capacity=4)
        self.model = [Model() for _ in range(WORLDS)]
        self.mirror = {c.name: self.table[c.name].copy() for c in COLUMNS}  # a device that copies dirty ranges

    def make_room(self, capacity: int) -> None:
        """A grown table is new memory: the device copies all of it."""
        if capacity > self.table.capacity:
            self.table.grow(capacity)
            self.mirror = {c.name: self.table[c.name].copy() for c in COLUMNS}

    @rule(target=entities, world=st.integers(0, WORLDS - 1), a=I32, b=U32)
    def spawn(self, world: int, a: int, b: int) -> tuple[int, int]:
        if self.table.count[world] == self.table.capacity:
            before = self.table.changed.copy()
            with pytest.raises(TableFull):
                self.table.spawn(world, a=a, b=b)
            assert self.table.changed == before
            self.make_room(self.table.capacity * 2)
        entity = self.table.spawn(world, a=a, b=b)
        assert entity == self.model[world].birth({"a": a, "b": b})
        assert all(self.table.changed[c.name] == self.table.clock for c in COLUMNS)
        return world, entity

    @rule(world=st.integers(0, WORLDS - 1), n=st.integers(0, 5), a=I32)
    def spawn_many(self, world: int, n: int, a: int) -> None:
        self.make_room(int(self.table.count[world]) + n)
        ids = self.table.spawn_many(n, world, {"a": np.full(n, a)})
        assert ids.tolist() == [self.model[world].birth({"a": a}) for _ in range(n)]

    @rule(entity=consumes(entities))
    def kill(self, entity: tuple[int, int]) -> None:
        world, name = entity
        self.table.kill(name, world)
        self.model[world].death(name)
        with pytest.raises(StaleEntity, match=f"entity {index_of(name)} "):
            self.table.kill(name, world)
        with pytest.raises(StaleEntity):
            self.table.get(name, "a", world)

    @rule(entity=entities, c=I32, b=U32)
    def set(self, entity: tuple[int, int], c: int, b: int) -> None:
        world, name = entity
        self.table.clock += 1
        before = self.table.changed["a"]
        self.table.set(name, world, c=c, b=b)
        self.model[world].alive[name].update(c=c, b=b)
        assert self.table.changed["a"] == before
        assert self.table.changed["b"] == self.table.changed["c"] == self.table.clock

    @rule(world=st.integers(0, WORLDS - 1), data=st.data())
    def reorder(self, world: int, data: st.DataObject) -> None:
        order = data.draw(st.permutations(range(int(self.table.count[world]))))
        changed = self.table.changed.copy()
        self.table.reorder(world, np.asarray(order, np.int32))
        assert self.table.changed == changed

    @precondition(lambda self: self.table.capacity < 64)
    @rule(more=st.integers(-3, 9))
    def grow(self, more: int) -> None:
        before = self.table.capacity
        self.make_room(before + more)
        assert self.table.capacity == before + max(more, 0)

    @rule()
    def copy_dirty_ranges(self) -> None:
        for world in range(WORLDS):
            live = int(self.table.count[world])
            for name, mirror in self.mirror.items():
                start, stop = self.table.take_dirty(name, world)
                mirror[world, start:stop] = self.table[name][world, start:stop]
                assert np.array_equal(mirror[world, :live], self.table[name][world, :live])
                assert self.table.take_dirty(name, world) == (0, 0)

    @invariant()
    def agrees_with_the_model(self) -> None:
        for world, model in enumerate(self.model):
            assert int(self.table.count[world]) == len(model.alive)
            assert int(self.table.next_index[world]) == model.used
            assert list(self.table.free_list(world)) == model.dead[::-1]
            for entity, values in model.alive.items():
                assert self.table.values(entity, world) == values
                assert self.table.entity_at(self.table.row(entity, world), world) == entity
            rows = self.table.canonical_rows(world)
            indices = self.table.index_of[world, rows].tolist()
            assert indices == sorted(e & 0xFFFFFFFF for e in model.alive)


TestTable = TableMachine.TestCase
TestTable.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_an_id_of_another_world_or_generation_is_not_alive() -> None:
    table = Table(COLUMNS, worlds=2)
    entity = table.spawn(0)
    assert table.is_alive(entity, 0)
    assert not table.is_alive(entity, 1)
    assert not table.is_alive(make_id(index_of(entity), generation_of(entity) + 1), 0)
    assert not table.is_alive(make_id(5000, 0), 0)


def test_generations_wrap_and_stay_inside_a_signed_64_bit_id() -> None:
    table = Table(COLUMNS)
    table.generation[0, 0] = GENERATION_MASK
    oldest = table.spawn()
    assert 0 < oldest < 1 << 63
    table.kill(oldest)
    assert table.spawn() == make_id(0, 0)


def test_a_refused_birth_leaves_no_trace() -> None:
    table = Table(COLUMNS, capacity=4)
    table.kill(table.spawn())
    for bad, error in (
        ({"nose": np.zeros(1)}, KeyError),
        ({"a": np.zeros(2, np.int32)}, ValueError),
        ({"a": np.asarray([1 << 31])}, OverflowError),
        ({"b": np.asarray([-1])}, OverflowError),
        ({"a": np.asarray([0.5])}, TypeError),
    ):
        with pytest.raises(error):
            table.spawn_many(1, 0, bad)
        assert int(table.count[0]) == 0
        assert list(table.free_list()) == [0]
    assert table.spawn() == make_id(0, 1)


def test_a_refused_write_leaves_no_trace() -> None:
    table = Table(COLUMNS)
    entity = table.spawn(a=1)
    with pytest.raises(OverflowError, match="column b holds 0 to 4294967295"):
        table.set(entity, a=2, b=-1)
    with pytest.raises(KeyError, match="nose"):
        table.set(entity, a=2, nose=3)
    assert table.get(entity, "a") == 1


def test_a_row_that_dies_at_the_end_is_not_copied_over_another() -> None:
    table = Table(COLUMNS)
    first, last = table.spawn(a=1), table.spawn(a=2)
    table.kill(last)
    assert table.values(first) == {"a": 1, "b": 7, "c": -1}
    assert table.live("a").tolist() == [1]


def test_a_table_refuses_impossible_sizes() -> None:
    for worlds, capacity in ((0, 4), (1, 0), (1, (1 << 31) - 1)):
        with pytest.raises(ValueError, match="at least one world"):
            Table(COLUMNS, worlds=worlds, capacity=capacity)


def test_an_order_of_the_wrong_length_is_refused() -> None:
    table = Table(COLUMNS)
    table.spawn()
    with pytest.raises(ValueError, match="an order for 1 rows"):
        table.reorder(0, np.asarray([0, 1], np.int32))
