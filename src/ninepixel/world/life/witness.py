"""A witness of lives: what minds that act by a policy sensed, did and went through, tick by tick, copied while they live on.

It only copies, into arrays that are there already, so that whoever ticks is not kept waiting; what is made of it is not its
business. World 0 alone, as all universes have one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.lives import Role
from ninepixel.world.life.inhabitants import Lives
from ninepixel.world.life.senses import RETINA_BYTES

LEARNED = int(Role.LEARNED)


class Fate(IntFlag):
    """What a tick was for whoever lived in a place; 0 where nobody acted by the policy."""

    ACTED = 1  #: somebody acted by the policy
    BEGAN = 2  #: and remembered nothing yet
    DIED = 4  #: and died in this tick
    LEFT = 8  #: and is led by somebody else from then on


_BEGAN, _DIED, _LEFT = np.uint8(Fate.BEGAN), np.uint8(Fate.DIED), np.uint8(Fate.LEFT)


@dataclass(frozen=True, slots=True)
class Episode:
    """So many ticks of the lives in so many places (slots of the table of lives).

    :ivar seen: uint8 (ticks + 1, places, RETINA_BYTES): what was sensed before every tick, and after the last.
    :ivar actions: uint8 (ticks, places, 3). :ivar fates: uint8 (ticks, places), see :class:`Fate`.
    :ivar drive: int32 (2, ticks, places): before and after every tick, in units.
    :ivar deeds: uint8 (ticks, places): new achievements; *children* likewise: those that hatched.
    :ivar memory: int16 (places, hidden): what was remembered before the first tick.
    """

    seen: npt.NDArray[np.uint8]
    actions: npt.NDArray[np.uint8]
    fates: npt.NDArray[np.uint8]
    drive: npt.NDArray[np.int32]
    deeds: npt.NDArray[np.uint8]
    children: npt.NDArray[np.uint8]
    memory: npt.NDArray[np.int16]

    @staticmethod
    def shapes(ticks: int, places: int, hidden: int) -> dict[str, tuple[type[np.generic], tuple[int, ...]]]:
        """Types and shapes of its arrays, by name."""
        return {
            "seen": (np.uint8, (ticks + 1, places, RETINA_BYTES)),
            "actions": (np.uint8, (ticks, places, 3)),
            "fates": (np.uint8, (ticks, places)),
            "drive": (np.int32, (2, ticks, places)),
            "deeds": (np.uint8, (ticks, places)),
            "children": (np.uint8, (ticks, places)),
            "memory": (np.int16, (places, hidden)),
        }

    @staticmethod
    def empty(ticks: int, places: int, hidden: int) -> Episode:
        """One in which nobody has lived."""
        shapes = Episode.shapes(ticks, places, hidden)
        return Episode(**{name: np.zeros(shape, dtype) for name, (dtype, shape) in shapes.items()})

    @property
    def ticks(self) -> int:
        """How long it is."""
        return len(self.actions)


class Witness:
    """Writes down the lives in the slots *places*, int64 (n,)."""

    def __init__(self, lives: Lives, places: npt.NDArray[np.int64]) -> None:
        self._lives = lives
        self._unknown: npt.NDArray[np.bool_] = np.zeros(places.size, np.bool_)
        # a slice copies many times faster than an index
        whole = places.size and np.array_equal(places, np.arange(places[0], places[0] + places.size))
        self._at = slice(int(places[0]), int(places[0]) + places.size) if whole else places

    def before(self, episode: Episode, tick: int) -> None:
        """Copy what is sensed and remembered; to be called before the tick number *tick* of an episode, with a policy there."""
        state, at = self._lives.state, self._at
        lives, thoughts = state.lives, state.thoughts
        assert thoughts is not None
        serial = lives["serial"][0, at]
        acts = (lives["role"][0, at] == LEARNED) & (lives["body"][0, at] >= 0)
        fates = acts.astype(np.uint8)
        began = acts & (thoughts.whose[0, at] != serial)
        fates[began] |= _BEGAN
        # whoever was led by somebody else a tick ago remembers what was not seen here: it counts from the next episode on
        came = np.zeros_like(acts) if tick == 0 else self._unknown | (acts & (episode.fates[tick - 1] == 0))
        self._unknown = came & ~began
        fates[self._unknown] = 0
        episode.seen[tick] = self._lives.engine.seen[0, at]
        episode.fates[tick] = fates
        episode.drive[0, tick] = lives["drive"][0, at]
        if tick == 0:
            episode.memory[...] = thoughts.memory[0, at]
        self._serial = serial.copy()
        self._deeds = lives["deeds_lo"][0, at].copy(), lives["deeds_hi"][0, at].copy()
        self._children = lives["children"][0, at].copy()

    def after(self, episode: Episode, tick: int) -> None:
        """Copy what was done, and what came of it; to be called after that tick."""
        lives, at, fates = self._lives.state.lives, self._at, episode.fates[tick]
        acted = fates > 0
        died = acted & (self._lives.engine.died[0, at] != 0)
        same = (lives["serial"][0, at] == self._serial) & (lives["body"][0, at] >= 0) & (lives["role"][0, at] == LEARNED)
        fates[died] |= _DIED
        if (left := acted & ~died & ~same).any():  # whoever leads it from this tick on has acted already
            fates[left] = 0
            if tick:
                episode.fates[tick - 1, left & (episode.fates[tick - 1] > 0)] |= _LEFT
        episode.actions[tick] = self._lives.chosen[at]
        episode.drive[1, tick] = lives["drive"][0, at]
        low, high = (
            np.bitwise_count(lives[name][0, at] & ~before)
            for name, before in zip(("deeds_lo", "deeds_hi"), self._deeds, strict=True)
        )
        episode.deeds[tick] = low + high
        episode.children[tick] = np.clip(lives["children"][0, at] - self._children, 0, 255)
        if tick == episode.ticks - 1:
            episode.seen[tick + 1] = self._lives.engine.seen[0, at]
