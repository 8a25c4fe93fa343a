"""The guard: a policy that minds fare worse with is taken back.

How minds fare is judged over windows of so many ticks, by the satisfaction of all places, where a place that nobody lives in
counts nothing: so it falls when minds suffer, and when they die out. The best window so far is remembered with the policy that
acted at its end. When two windows on end are worse than that by more than a margin, learning goes back to that policy; and
because it may be the world that has become worse, half of what was lost is then no longer expected.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ninepixel.world.life.comfort import WORST
from ninepixel.world.life.witness import Episode

#: Windows on end that must be worse.
PATIENCE = 2


@dataclass(slots=True)
class Guard:
    """Watches how minds fare.

    :param window: ticks. :param margin: of satisfaction.
    :ivar best: the best window's satisfaction, and *version* of the policy that acted at its end; -1 before there was one.
    :ivar last: the satisfaction of the last window.
    """

    window: int
    margin: float
    best: float = -1.0
    version: int = -1
    last: float = -1.0
    _worse: int = 0
    _ticks: int = 0
    _sum: float = field(default=0.0)

    def see(self, version: int, episode: Episode) -> bool:
        """Take in an episode in which the policy of that *version* acted. Whether to go back to :attr:`version`."""
        self._sum += comfort(episode) * episode.ticks
        self._ticks += episode.ticks
        if self._ticks < self.window:
            return False
        self.last, self._sum, self._ticks = self._sum / self._ticks, 0.0, 0
        if self.last >= self.best:
            self.best, self.version, self._worse = self.last, version, 0
            return False
        self._worse = self._worse + 1 if self.last < self.best - self.margin else 0
        if self._worse < PATIENCE:
            return False
        self._worse = 0
        self.best = (self.best + self.last) / 2
        return True


def comfort(episode: Episode) -> float:
    """The mean satisfaction of all places and ticks, where nobody's is 0."""
    lived = episode.fates > 0
    return float(np.where(lived, 1 - episode.drive[1] / WORST, 0.0).mean())
