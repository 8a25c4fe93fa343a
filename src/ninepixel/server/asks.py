"""Questions of clients, answered from the state: about a mind, about the name of a body, about what has happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ninepixel.server.facts import mind_facts, slot_of
from ninepixel.server.moments import Moment
from ninepixel.world.state import State
from ninepixel.world.universe import Universe

#: What a body may be called before strangers; None when nobody agreed to that.
NameOf = Callable[[State, int], str | None]


class Asks:
    """Answers what clients ask; a map, or a text that says why there is no answer.

    :param moments: those that are remembered, with their ticks.
    """

    def __init__(self, universe: Universe, name_of: NameOf, moments: Iterable[tuple[int, Moment]]) -> None:
        self._universe, self._name_of, self._moments = universe, name_of, moments
        self._answers: dict[str, Callable[[int], dict[str, Any] | str]] = {
            "mind": self._mind,
            "name": self._name,
            "moments": self._since,
        }

    def answer(self, what: str, about: int) -> dict[str, Any] | str:
        """:param what: the question. :param about: a sprite; of moments the first tick."""
        answer = self._answers.get(what)
        return f"nobody knows about {what!r:.40}: ask about {', '.join(self._answers)}" if answer is None else answer(about)

    def _mind(self, sprite: int) -> dict[str, Any] | str:
        state = self._universe.pull()
        slot = slot_of(state, sprite)
        return mind_facts(state, slot) if slot >= 0 else "nobody lives there any more"

    def _name(self, sprite: int) -> dict[str, Any] | str:
        name = self._name_of(self._universe.pull(), sprite)
        return {"name": name} if name is not None else "its name is not shared by the owner of this host"

    def _since(self, tick: int) -> dict[str, Any]:
        kept = [(at, x) for at, x in self._moments if at >= tick]
        return {"moments": [[at, x.kind, x.sprite, x.x, x.y, x.text] for at, x in kept]}
