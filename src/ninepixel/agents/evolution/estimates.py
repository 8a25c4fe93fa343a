"""Means with intervals over seeds, and whether groups differ by more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over *n* seeds and its 95 % interval, a percentile bootstrap. All nan where no seed had a value."""

    value: float
    low: float
    high: float
    n: int

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0

    def as_dict(self) -> dict[str, float | int | None]:
        """Plain values; null where there is no number."""
        three = {"value": self.value, "low": self.low, "high": self.high}
        return {key: round(number, 5) if math.isfinite(number) else None for key, number in three.items()} | {"n": self.n}

    def __str__(self) -> str:
        return "none" if self.n == 0 else f"{self.value:.2f} ({self.low:.2f} .. {self.high:.2f})"


def estimate(values: Floats, seed: int = 0) -> Estimate:
    """The mean of float64 (seeds,); seeds that are nan are left out."""
    known = values[np.isfinite(values)]
    if not known.size:
        return Estimate(math.nan, math.nan, math.nan, 0)
    drawn = np.random.default_rng(seed).integers(0, known.size, (RESAMPLES, known.size))
    low, high = np.percentile(known[drawn].mean(axis=1), [2.5, 97.5])
    return Estimate(float(known.mean()), float(low), float(high), int(known.size))


def differ(groups: Floats, seed: int = 0) -> float:
    """How probable it is that groups differ as much as they do if their names mean nothing: a permutation test.

    The statistic is the variance between the groups' means, summed up over what is measured. Names are exchanged within each
    seed, because all groups have the same seeds.

    :param groups: float64 (groups, seeds, measures); a seed for which any value is nan is left out.
    :returns: the p-value, nan with fewer than two seeds or groups.
    """
    whole = groups[:, np.isfinite(groups).all(axis=(0, 2))]
    if whole.shape[0] < 2 or whole.shape[1] < 2:
        return math.nan
    chance, found = np.random.default_rng(seed), _between(whole)
    names = np.repeat(np.arange(whole.shape[0])[:, None], whole.shape[1], axis=1)
    seeds = np.arange(whole.shape[1])
    hits = sum(_between(whole[chance.permuted(names, axis=0), seeds]) >= found for _ in range(RESAMPLES))
    return (hits + 1) / (RESAMPLES + 1)


def _between(groups: Floats) -> float:
    """The variance between the means of groups, float64 (groups, seeds, measures)."""
    return float(groups.mean(axis=1).var(axis=0).sum())
