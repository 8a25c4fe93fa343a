"""Great moments: who is born, who dies, who does what few do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ninepixel.server.facts import has_deed
from ninepixel.world.identity import MindIdentity
from ninepixel.world.laws.lives import DEEDS
from ninepixel.world.life.census import Birth, Death
from ninepixel.world.state import State

#: Nobody wants to read more of one tick.
MOST = 16
#: Deeds from this tier on are told; those below happen all the time, but for a first meal.
TOLD_TIER = 2
_MEALS = frozenset(("taste_red", "taste_blue", "taste_yellow"))


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to a mind.

    :param kind: ``birth``, ``death`` or ``deed``.
    :param sprite: the index of its body, which may be gone.
    :param x, y: where, torus fractions.
    """

    kind: str
    sprite: int
    x: int
    y: int
    text: str


class Chronicler:
    """Remembers how the minds of world 0 were at the last look, so that it can tell who has died and what is new.

    :param minds: slots that are for minds; what guardians do is no great moment.
    """

    def __init__(self, state: State, minds: int) -> None:
        self._minds = minds
        self._names: dict[int, str] = {}
        self._look(state)
        for slot in np.flatnonzero(self._body >= 0).tolist():
            self.name(state, slot)

    def news(self, state: State, births: Sequence[Birth], deaths: Sequence[Death]) -> list[Moment]:
        """What has happened since the last call: deaths, births, deeds; at most :data:`MOST`."""
        told = [self._moment("death", death.slot, "{} has died") for death in deaths if death.slot < self._minds]
        before = self._deeds
        self._look(state)
        born = [birth.slot for birth in births if birth.slot < self._minds]
        for slot in born:
            self.name(state, slot)
            generation = int(state.lives["generation"][0, slot])
            told.append(self._moment("birth", slot, "{} is born" + (f", of generation {generation}" if generation else "")))
        fresh = np.asarray((self._deeds & ~before).any(axis=1))
        fresh[born] = False
        for slot in np.flatnonzero(fresh).tolist():
            told += [self._moment("deed", slot, "{} has done it: " + what) for what in _told(before[slot], self._deeds[slot])]
        return told[:MOST]

    def _look(self, state: State) -> None:
        lives, bodies = state.lives, state.bodies
        self._body: npt.NDArray[np.int32] = lives["body"][0, : self._minds].copy()
        rows = bodies.row_of[0, np.maximum(self._body, 0)]
        self._place: npt.NDArray[np.uint32] = np.stack([bodies["x"][0, rows], bodies["y"][0, rows]], axis=1)
        self._deeds: npt.NDArray[np.uint32] = np.stack([lives[name][0, : self._minds] for name in ("deeds_lo", "deeds_hi")], 1)
        self._deeds[self._body < 0] = 0

    def name(self, state: State, slot: int) -> None:
        """Learn what the mind of a slot is called; it is born, or somebody leads it under another name."""
        bodies = state.bodies
        entity = bodies.entity_at(int(bodies.row_of[0, state.lives["body"][0, slot]]))
        mind = state.cold.try_get(entity, MindIdentity)
        self._names[slot] = mind.name.decode("utf-8", "replace") if mind is not None else "a mind"

    def _moment(self, kind: str, slot: int, text: str) -> Moment:
        x, y = self._place[slot].tolist()
        return Moment(kind, max(int(self._body[slot]), 0), x, y, text.format(self._names.get(slot, "a mind")))


def _told(before: npt.NDArray[np.uint32], now: npt.NDArray[np.uint32]) -> list[str]:
    (was_lo, was_hi), (lo, hi) = before.tolist(), now.tolist()
    return [
        deed.what
        for number, deed in enumerate(DEEDS)
        if has_deed(lo & ~was_lo, hi & ~was_hi, number) and (deed.tier >= TOLD_TIER or deed.name in _MEALS)
    ]
