"""The cold store against a dict, and its promises: entity order, versions, independence of twins."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass

import esper
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.ecs.cold import ColdStore


@dataclass(frozen=True, slots=True)
class Name:
    text: str


@dataclass(frozen=True, slots=True)
class Age:
    years: int


Operation = tuple[str, int, int]
OPERATIONS = st.lists(st.tuples(st.sampled_from(["name", "age", "remove", "copy"]), st.integers(0, 6), st.integers(0, 99)))


@given(OPERATIONS)
def test_a_store_agrees_with_a_dict(operations: list[Operation]) -> None:
    store, model = ColdStore(), dict[int, dict[type, object]]()
    for what, entity, value in operations:
        version = store.version
        if what == "copy":
            old, store = store, store.copy()
            old.put(entity, Name("written after the copy"))
        elif what == "remove":
            known = entity in model
            store.remove(entity)
            model.pop(entity, None)
            assert (store.version > version) == known
        else:
            component: Name | Age = Name(str(value)) if what == "name" else Age(value)
            store.put(entity, component)
            model.setdefault(entity, {})[type(component)] = component
            assert store.version > version
        assert len(store) == len(model)
        for kind in (Name, Age):
            assert store.each(kind) == [(e, model[e][kind]) for e in sorted(model) if kind in model[e]]
        for e in range(7):
            assert list(store.all_of(e)) == [model[e][k] for k in (Age, Name) if e in model and k in model[e]]


def test_components_come_in_entity_order_however_they_were_put() -> None:
    store = ColdStore()
    store.put_many((e, Name(str(e))) for e in (5 << 32, 3, 1 << 40, 0))
    assert [e for e, _ in store.each(Name)] == [0, 3, 5 << 32, 1 << 40]


def test_a_missing_component_says_who_lacks_what() -> None:
    store = ColdStore()
    store.put(3, Name("x"))
    with pytest.raises(KeyError, match="entity 3 has no Age"):
        store.get(3, Age)
    assert store.try_get(4, Name) is None
    assert store.get(3, Name) == Name("x")


def test_kinds_are_known_by_name() -> None:
    store = ColdStore()
    assert store.kinds() == ()
    store.put(1, Name("x"))
    store.put(1, Age(1))
    assert store.kinds() == (Age, Name)
    assert store.copy().kinds() == (Age, Name)


def test_a_failed_bulk_write_still_moves_the_version() -> None:
    store = ColdStore()

    def breaks_off() -> Iterator[tuple[int, object]]:
        yield 1, Name("kept")
        raise OSError("the source broke")

    with pytest.raises(OSError, match="the source broke"):
        store.put_many(breaks_off())
    assert store.version > 0
    assert store.get(1, Name) == Name("kept")


def test_a_store_leaves_espers_world_as_it_was_and_is_forgotten_with_its_owner() -> None:
    before, worlds = esper.current_world, set(esper.list_worlds())
    store = ColdStore()
    store.put(1, Name("x"))
    assert esper.current_world == before
    assert set(esper.list_worlds()) - worlds
    del store
    gc.collect()
    assert set(esper.list_worlds()) <= worlds
