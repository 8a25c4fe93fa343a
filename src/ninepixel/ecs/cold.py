"""Cold components: what is sparse and slow, kept by esper, one esper context per store.

esper keeps its worlds in a module-global that is switched by name, and drops its query cache on every structural change. Both
are fine for things that change a few times a second and wrong for things that change every tick: those live in
:mod:`~ninepixel.ecs.table`.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import esper

C = TypeVar("C")

_names = itertools.count()
_switching = threading.RLock()


class ColdStore:
    """Components by entity id. Component values are immutable dataclasses: replace, never mutate."""

    def __init__(self) -> None:
        self._context = f"ninepixel-{next(_names)}"
        self._esper_id: dict[int, int] = {}
        self._entity: dict[int, int] = {}
        self._kinds: dict[str, type[Any]] = {}
        #: Rises with every write; whoever caches something made of cold components compares it.
        self.version = 0
        with self._here():
            pass
        weakref.finalize(self, _forget, self._context)

    def put(self, entity: int, component: object) -> None:
        """Attach *component* to *entity*, replacing one of the same type."""
        self.put_many([(entity, component)])

    def put_many(self, components: Iterable[tuple[int, object]]) -> None:
        """Attach many (entity, component) at once: one switch of esper's context instead of one each."""
        self.version += 1
        with self._here():
            for entity, component in components:
                local = self._esper_id.get(entity)
                if local is None:
                    local = esper.create_entity(component)
                    self._esper_id[entity] = local
                    self._entity[local] = entity
                else:
                    esper.add_component(local, component)
                self._kinds[type(component).__name__] = type(component)

    def kinds(self) -> tuple[type[Any], ...]:
        """Every type of which there has ever been a component here, ordered by name."""
        return tuple(kind for _, kind in sorted(self._kinds.items()))

    def get(self, entity: int, kind: type[C]) -> C:
        """The component of type *kind*.

        :raises KeyError: when *entity* has none.
        """
        found = self.try_get(entity, kind)
        if found is None:
            raise KeyError(f"entity {entity} has no {kind.__name__}")
        return found

    def try_get(self, entity: int, kind: type[C]) -> C | None:
        """The component of type *kind*, or None."""
        local = self._esper_id.get(entity)
        if local is None:
            return None
        with self._here():
            return esper.try_component(local, kind)

    def each(self, kind: type[C]) -> list[tuple[int, C]]:
        """Every (entity, component) of one type, in entity order (never in set order)."""
        with self._here():
            return sorted(((self._entity[e], c) for e, c in esper.get_component(kind)), key=lambda pair: pair[0])

    def remove(self, entity: int) -> None:
        """Forget every component of *entity*; nothing happens when it has none."""
        local = self._esper_id.pop(entity, None)
        if local is None:
            return
        del self._entity[local]
        with self._here():
            esper.delete_entity(local, immediate=True)
        self.version += 1

    def copy(self) -> ColdStore:
        """A store of its own with the same components (shared, because they are immutable)."""
        twin = ColdStore()
        for kind in self.kinds():
            twin.put_many(self.each(kind))
        return twin

    def all_of(self, entity: int) -> tuple[Any, ...]:
        """Every component of *entity*, ordered by type name."""
        local = self._esper_id.get(entity)
        if local is None:
            return ()
        with self._here():
            return tuple(sorted(esper.components_for_entity(local), key=lambda c: type(c).__name__))

    def __len__(self) -> int:
        return len(self._esper_id)

    @contextmanager
    def _here(self) -> Iterator[None]:
        with _switching:
            before = esper.current_world
            esper.switch_world(self._context)
            try:
                yield
            finally:
                esper.switch_world(before)


def _forget(context: str) -> None:
    with _switching:
        if context != esper.current_world and context in esper.list_worlds():
            esper.delete_world(context)
