"""How well minds fare: the figure of *drive satisfaction*, with births and deaths beside it.

A life's drive is the distance of its three stores from their set point; at worst, with all of them empty or full to the brim, it
is three set points. Its satisfaction is what is left of that, as a share: 1 when nothing is lacked, 0 when everything is. The
figure of a universe is the mean over all minds that live and all ticks of a while: a mind that lives for two ticks counts twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.vital import SET_POINT
from ninepixel.world.state import State

#: The greatest drive there is, in units.
WORST = 3 * SET_POINT


@dataclass(frozen=True, slots=True)
class Figures:
    """How the minds of world 0 fared for a while.

    :ivar tick: at the end of it. :ivar ticks: how long it was.
    :ivar satisfaction: 0 .. 1, NaN when nobody lived. :ivar minds: how many lived, on average.
    :ivar births, deaths: of minds, founders that arrived included.
    """

    tick: int
    ticks: int
    satisfaction: float
    minds: float
    births: int
    deaths: int

    def row(self) -> dict[str, float | int | None]:
        """For ``--json``: satisfaction to four digits, null when nobody lived."""
        known = not math.isnan(self.satisfaction)
        return {
            "tick": self.tick,
            "ticks": self.ticks,
            "satisfaction": round(self.satisfaction, 4) if known else None,
            "minds": round(self.minds, 2),
            "births": self.births,
            "deaths": self.deaths,
        }


class Comfort:
    """Adds up how the minds of world 0 fare, tick by tick; a few microseconds each.

    :param minds: how many slots (the first ones) are for minds.
    """

    def __init__(self, state: State, minds: int) -> None:
        self._minds = minds
        self._who = self._living(state)
        self._begin()

    def see(self, state: State) -> None:
        """Take in the tick that has just been taken."""
        who = self._living(state)
        other = who != self._who
        if other.any():
            self._births += int((other & (who != 0)).sum())
            self._deaths += int((other & (self._who != 0)).sum())
        self._who = who
        here = who != 0
        self._ticks += 1
        self._lived += int(here.sum())
        self._drive += int(state.lives["drive"][0, : self._minds][here].sum(dtype=np.int64))

    def take(self, tick: int) -> Figures:
        """The figures of the while since the last call, which ends with *tick*."""
        lived, ticks = self._lived, self._ticks
        satisfaction = 1 - self._drive / (lived * WORST) if lived else math.nan
        found = Figures(tick, ticks, satisfaction, lived / max(ticks, 1), self._births, self._deaths)
        self._begin()
        return found

    def _living(self, state: State) -> npt.NDArray[np.uint32]:
        """The serial of who lives in each slot, 0 where nobody does."""
        lives, slots = state.lives, slice(0, self._minds)
        found: npt.NDArray[np.uint32] = np.where(lives["body"][0, slots] >= 0, lives["serial"][0, slots], np.uint32(0))
        return found

    def _begin(self) -> None:
        self._lived = self._drive = self._ticks = self._births = self._deaths = 0
