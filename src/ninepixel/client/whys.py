"""``Why?`` of the inspected mind, while somebody asks: it looks at the mind before a tick, and costs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ninepixel.ecs.ids import index_of
from ninepixel.world.state import State

if TYPE_CHECKING:
    from ninepixel.world.why import Before


class Looked(Protocol):
    """A universe that can be looked at."""

    def pull(self) -> State:
        """The state, with every column at home."""


class Watch:
    """What the window knows of the mind that is asked about. :ivar open: whether anybody asks."""

    def __init__(self) -> None:
        self.open = False
        self._before: Before | None = None

    def look(self, universe: Looked, entity: int | None) -> None:
        """A tick is about to happen: keep the mind in the body *entity* as it is, for the parts of its reward."""
        self._before = None
        if not self.open or entity is None:
            return
        from ninepixel.world.why import Before, NoMind, sprite_slot

        state = universe.pull()
        try:
            self._before = Before.of(state, sprite_slot(state, index_of(entity)))
        except NoMind:
            return

    def answer(self, universe: Looked, entity: int | None) -> Mapping[str, Any] | str | None:
        """The answer of :mod:`ninepixel.world.why`; a text when there is none, None when nobody asks."""
        if not self.open:
            return None
        if entity is None:
            return "only minds can be asked why, and none is inspected"
        from ninepixel.agents.prices import prices_of
        from ninepixel.world.why import NoMind, ask, sprite_slot

        state = universe.pull()
        try:
            slot = sprite_slot(state, index_of(entity))
            before = self._before if self._before is not None and self._before.slot == slot else None
            return ask(universe, slot, before, prices_of(state))
        except NoMind as error:
            return str(error)
