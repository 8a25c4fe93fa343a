"""What a life has paid so far, tick by tick: the lived side of what dreams are compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ninepixel.agents.tasks import UNIVERSE, Task
from ninepixel.world.laws.lives import DEEDS
from ninepixel.world.laws.vital import SET_POINT
from ninepixel.world.universe import Universe

#: What a reward of the next tick is worth now, as in training.
GAMMA = 0.995


@dataclass(frozen=True, slots=True)
class Page:
    """One tick of a slot. :ivar serial: whose it was. :ivar reward: what it paid. :ivar died: whether that life ended in it."""

    serial: int
    reward: float
    died: bool


class Diary:
    """Writes down what every tick paid the mind in a slot, by the reward of a task; it looks and changes nothing.

    Make it before the first step and call :meth:`note` after every step.
    """

    def __init__(self, universe: Universe, slot: int, task: Task = UNIVERSE) -> None:
        self.slot, self.weights = slot, task.weights
        self._counted = sum(1 << i for i, deed in enumerate(DEEDS) if deed.name in task.deeds)
        self.begin = universe.tick
        self.pages: list[Page] = []
        self._serial, self._deeds = whose(universe, slot), self._done(universe)

    def note(self, universe: Universe) -> Page:
        """The tick that has just happened: ``drive * gain / SET_POINT + deed * new + section * sections - death * died``."""
        assert universe.lives is not None
        engine, w, serial = universe.lives.engine, self.weights, self._serial
        died, done = bool(engine.died[0, self.slot]), self._done(universe)
        reward = 0.0
        if serial or died:
            paid = np.float32(w.drive) * np.float32(engine.gain[0, self.slot]) * np.float32(1 / SET_POINT)
            new = (done & ~self._deeds & self._counted).bit_count() if whose(universe, self.slot) in (serial, 0) else 0
            reward = float(paid) + w.deed * new + w.section * int(engine.sections[0, self.slot]) - w.death * died
        self.pages.append(Page(serial, reward, died))
        self._serial, self._deeds = whose(universe, self.slot), self._done(universe)
        return self.pages[-1]

    def lived(self, tick: int, horizon: int) -> float | None:
        """The discounted return of *horizon* ticks from *tick* on, or until its life ended; None while that is not known."""
        pages = self.pages[tick - self.begin :][:horizon]
        return None if len(pages) < horizon and not any(page.died for page in pages) else discounted(pages)

    def _done(self, universe: Universe) -> int:
        lives = universe.pull().lives
        return int(lives["deeds_lo"][0, self.slot]) | int(lives["deeds_hi"][0, self.slot]) << 32


def whose(universe: Universe, slot: int) -> int:
    """The serial of the life in a slot of world 0; 0 where nobody lives."""
    lives = universe.pull().lives
    return int(lives["serial"][0, slot]) if lives["body"][0, slot] >= 0 else 0


def discounted(pages: list[Page]) -> float:
    """The sum of rewards, each later tick worth :data:`GAMMA` of the one before; it ends with the life."""
    total, worth = 0.0, 1.0
    for page in pages:
        total += worth * page.reward
        worth *= GAMMA
        if page.died:
            break
    return total
