"""Systems run in the order that was declared, and an order that was not declared where it matters is refused."""

from __future__ import annotations

import itertools
from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.ecs.systems import (
    AmbiguousOrder,
    BadSchedule,
    DuplicateSystem,
    OrderCycle,
    Schedule,
    System,
    UnknownSystem,
)

Log = list[str]


def system(name: str, reads: Collection[str] = (), writes: Collection[str] = (), after: Collection[str] = ()) -> System[Log]:
    def run(log: Log) -> None:
        log.append(name)

    return System(name, reads, writes, run, after)


def order(*systems: System[Log]) -> Log:
    log: Log = []
    Schedule(systems).run(log)
    return log


def test_systems_without_conflict_run_as_declared() -> None:
    assert order(system("b", writes=["y"]), system("a", writes=["x"]), system("c", reads=["z"])) == ["b", "a", "c"]


def test_after_moves_a_system_behind_the_one_it_names() -> None:
    late = system("sense", reads=["bodies.x"], after=["physics"])
    assert order(late, system("paint"), system("physics", writes=["bodies.x"])) == ["paint", "physics", "sense"]


def test_an_unordered_conflict_is_refused_and_named() -> None:
    with pytest.raises(AmbiguousOrder, match=r"'physics' and 'sense' both touch 'bodies\.x'"):
        Schedule([system("physics", writes=["bodies.x"]), system("sense", reads=["bodies.x"])])


def test_two_writers_of_one_column_need_an_order() -> None:
    with pytest.raises(AmbiguousOrder, match=r"energy"):
        Schedule([system("fields", writes=["energy"]), system("life", writes=["energy"])])


def test_two_readers_need_none() -> None:
    assert order(system("a", reads=["x"]), system("b", reads=["x"])) == ["a", "b"]


def test_a_table_covers_its_columns_and_not_its_namesakes() -> None:
    with pytest.raises(AmbiguousOrder, match=r"bodies\.vx"):
        Schedule([system("a", writes=["bodies"]), system("b", reads=["bodies.vx"])])
    assert order(system("a", writes=["bodies"]), system("b", reads=["bodies_shadow"])) == ["a", "b"]


def test_an_order_through_a_chain_is_an_order() -> None:
    chain = [system("a", writes=["x"]), system("b", after=["a"]), system("c", reads=["x"], after=["b"])]
    assert order(*reversed(chain)) == ["a", "b", "c"]


def test_a_common_predecessor_is_not_an_order_between_two() -> None:
    with pytest.raises(AmbiguousOrder):
        Schedule([system("root"), system("a", writes=["x"], after=["root"]), system("b", writes=["x"], after=["root"])])


def test_duplicates_unknown_names_and_cycles_are_refused() -> None:
    with pytest.raises(DuplicateSystem, match="'a'"):
        Schedule([system("a"), system("a")])
    with pytest.raises(UnknownSystem, match="'b'"):
        Schedule([system("a", after=["b"])])
    with pytest.raises(OrderCycle, match="a, b"):
        Schedule([system("a", after=["b"]), system("b", after=["a"]), system("c")])
    with pytest.raises(OrderCycle):
        Schedule([system("a", after=["a"])])


def test_one_string_is_not_a_collection_of_names() -> None:
    with pytest.raises(BadSchedule, match="reads of system 'a'"):
        system("a", reads="x")


def test_an_empty_schedule_does_nothing() -> None:
    assert order() == []
    assert Schedule[Log]([]).describe() == []


def test_describe_tells_the_order_and_the_columns() -> None:
    lines = Schedule([system("b", reads=["x"], after=["a"]), system("a", writes=["y", "x"])]).describe()
    assert lines == ["1. a  reads nothing; writes x, y", "2. b  reads x; writes nothing"]


@given(st.data())
def test_every_accepted_schedule_orders_every_conflict_the_same_way_however_it_was_declared(data: st.DataObject) -> None:
    columns = st.sets(st.sampled_from(["t", "t.x", "t.y", "u"]), max_size=2)
    n = data.draw(st.integers(1, 6))
    systems = [
        system(
            f"s{i}",
            data.draw(columns),
            data.draw(columns),
            [f"s{j}" for j in range(i) if data.draw(st.booleans())],
        )
        for i in range(n)
    ]
    shuffled = data.draw(st.permutations(systems))
    try:
        first = order(*systems)
    except AmbiguousOrder:
        with pytest.raises(AmbiguousOrder):
            Schedule(shuffled)
        return
    second = order(*shuffled)
    for a, b in itertools.combinations(systems, 2):
        if a.conflict(b):
            assert (first.index(a.name) < first.index(b.name)) == (second.index(a.name) < second.index(b.name))
        if a.name in b.after:
            assert second.index(a.name) < second.index(b.name)
