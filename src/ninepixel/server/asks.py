"""Questions of clients, answered from the state: about a mind, why it does what it does, a body's name, what has happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from ninepixel.agents.prices import prices_of
from ninepixel.server.facts import mind_facts, slot_of
from ninepixel.server.moments import Moment
from ninepixel.server.replication.sectors import SECTOR_LOG2
from ninepixel.world.state import State
from ninepixel.world.universe import Universe
from ninepixel.world.why import Before, NoMind, ask, sprite_slot

#: What a body may be called before strangers; None when nobody agreed to that.
NameOf = Callable[[State, int], str | None]
#: To find out why takes milliseconds: of so many minds in one tick. Whoever asks about the same mind gets the same answer.
WHYS_A_TICK = 2
#: Minds whose last tick is kept for the parts of their reward, and for how many ticks after somebody has asked.
WATCHED, WATCH_TICKS = 16, 64


class Sight(NamedTuple):
    """Where a client looks (torus fractions), and how far (sectors)."""

    x: int
    y: int
    reach: int


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
        self._whys: dict[int, dict[str, Any]] = {}  # by slot, of the tick _whys_at
        self._whys_at, self._left = -1, WHYS_A_TICK
        self._watched: dict[int, int] = {}  # slots: the tick at which somebody asked last
        self._before: dict[int, Before] = {}  # by slot, before the last tick

    def answer(self, what: str, about: int, sight: Sight | None = None) -> dict[str, Any] | str:
        """:param what: the question. :param about: a sprite; of moments the first tick.
        :param sight: what who asks can see; None for an operator, who need not see whom it is about.
        """
        if what == "why":
            return self._why(about, sight)
        answer = self._answers.get(what)
        return (
            f"nobody knows about {what!r:.40}: ask about {', '.join([*self._answers, 'why'])}"
            if answer is None
            else answer(about)
        )

    def before_tick(self) -> None:
        """A tick is about to happen: keep those minds as they are that somebody has asked about lately."""
        self._before.clear()
        if not self._watched:
            return
        state, least = self._universe.pull(), self._universe.tick - WATCH_TICKS
        self._watched = {slot: tick for slot, tick in self._watched.items() if tick >= least}
        self._before = {slot: Before.of(state, slot) for slot in self._watched}

    def renew(self) -> None:
        """What was asked is on its way: as many may be asked about again."""
        self._left = WHYS_A_TICK

    def _why(self, sprite: int, sight: Sight | None) -> dict[str, Any] | str:
        state = self._universe.pull()
        try:
            slot = sprite_slot(state, sprite)
        except NoMind as reason:
            return str(reason)
        if sight is not None and not in_sight(state, slot, sight):
            return "that mind is out of sight: LOOK where it is, or go there"
        if self._whys_at != state.tick:
            self._whys, self._whys_at = {}, state.tick
        if slot in self._watched or len(self._watched) < WATCHED:
            self._watched[slot] = state.tick
        if slot not in self._whys:
            if not self._left:
                return f"no more than {WHYS_A_TICK} minds can be asked why in one tick: ask again"
            self._left -= 1
            self._whys[slot] = ask(self._universe, slot, self._before.get(slot), prices_of(state))
        return self._whys[slot]

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


def in_sight(state: State, slot: int, sight: Sight) -> bool:
    """Whether the life in *slot* is within the sectors that a client looks at, from its own on, along the longer axis."""
    row = int(state.bodies.row_of[0, state.lives["body"][0, slot]])
    far = sight.reach + 1 << SECTOR_LOG2 + state.params.cell_shift
    here = np.asarray([state.bodies["x"][0, row], state.bodies["y"][0, row]], np.uint32)
    away = (here - np.asarray([sight.x, sight.y], np.uint32)).view(np.int32).astype(np.int64)
    return int(np.abs(away).max()) < far
