"""How noisy gradients are: the simple noise scale of McCandlish et al. 2018 (arXiv:1812.06162, appendix A.1).

Steps learned from at a time that are many fewer than the noise scale waste time, many more waste experience. It is estimated from
the lengths of the gradients of the shards of a minibatch and of their mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(slots=True)
class NoiseScale:
    """Smoothed estimates of the trace of the gradient's covariance and of its true squared length.

    :param smoothing: how much of the last estimate stays in the next.
    :ivar weight: how much the smoothed sums stand for, so that the first estimates are not too small.
    """

    smoothing: float
    spread: float = 0.0
    length: float = 0.0
    weight: float = 0.0

    def update(self, small: float, small_steps: float, large: float, large_steps: float) -> None:
        """Take in a minibatch: the mean squared length of the gradients of its shards, which are means over *small_steps* steps
        each, and that of its own gradient, a mean over *large_steps*. Equal numbers, of a single shard, tell nothing."""
        if large_steps <= small_steps:
            return
        length = (large_steps * large - small_steps * small) / (large_steps - small_steps)
        spread = (small - large) / (1 / small_steps - 1 / large_steps)
        new = 1 - self.smoothing
        self.length += new * (length - self.length)
        self.spread += new * (spread - self.spread)
        self.weight += new * (1 - self.weight)

    @property
    def steps(self) -> float:
        """The noise scale, in steps; NaN while nothing can be said."""
        if not self.weight or self.length <= 0 or self.spread <= 0:
            return math.nan
        return self.spread / self.length
