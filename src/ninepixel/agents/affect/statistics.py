"""The statistics of affect and of the birth test: exact paired tests, odds ratios, bootstrap intervals.

Every test here is of whole numbers, and exact: nothing is assumed about how they are distributed, and no table is looked up.
"""

from __future__ import annotations

from math import comb

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
#: Sums that the exact test counts one by one; finer differences are halved until they fit.
MOST_SUMS = 1 << 20

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def sign_test(differences: npt.ArrayLike) -> float:
    """How likely so many positive differences, or more, are by fair coins; ties say nothing (the exact one-sided sign test)."""
    values = np.asarray(differences)
    more, less = int((values > 0).sum()), int((values < 0).sum())
    n = more + less
    ways = sum(comb(n, k) for k in range(more, n + 1))
    return float(ways / 2**n)


def sign_flip_test(differences: npt.ArrayLike) -> float:
    """How likely a sum so great, or greater, is when every difference had either sign (Fisher's exact one-sided paired test).

    All 2**n sums are counted, by adding one difference after the other to the distribution of what came before.

    :param differences: whole numbers; no differences, or none but zeros, give 1.
    """
    whole = np.asarray(differences, np.int64)
    while int(np.abs(whole).sum()) > MOST_SUMS:
        whole = np.sign(whole) * (np.abs(whole) >> 1)
    size = np.abs(whole)
    size = size[size > 0]
    span = int(size.sum())
    chance = np.zeros(2 * span + 1)
    chance[span], reach = 1.0, 0
    for step in size.tolist():
        here = chance[span - reach : span + reach + 1].copy() / 2
        chance[span - reach : span + reach + 1] = 0
        chance[span - reach - step : span + reach + 1 - step] += here
        chance[span - reach + step : span + reach + 1 + step] += here
        reach += step
    return float(min(chance[span + int(whole.sum()) :].sum(), 1.0))


def holm(chances: npt.ArrayLike) -> Floats:
    """Chances of many tests, each corrected for there being many (Holm 1979), float64 in the same order."""
    p = np.asarray(chances, np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


def mean_interval(values: npt.ArrayLike, seed: int = 0, level: float = 0.95) -> tuple[float, float]:
    """The percentile bootstrap interval of a mean of independent values; not a number for no values."""
    v = np.asarray(values, np.float64)
    if not len(v):
        return float("nan"), float("nan")
    drawn = v[np.random.default_rng(seed).integers(0, len(v), (RESAMPLES, len(v)))].mean(axis=1)
    low, high = np.percentile(drawn, [50 * (1 - level), 50 * (1 + level)])
    return float(low), float(high)


def odds_ratio(counts: npt.ArrayLike) -> Floats:
    """Odds ratios of tables ``[.., exposed or not, harmed or not]`` (exposed and harmed at [.., 1, 1]), with Haldane's halves.

    *counts*: (..., 2, 2); the ratios have the leading shape. Halves are added to every cell, so that an empty one does no harm.
    """
    c = np.asarray(counts, np.float64) + 0.5
    ratio: Floats = c[..., 1, 1] * c[..., 0, 0] / (c[..., 1, 0] * c[..., 0, 1])
    return ratio


def tables(exposed: npt.NDArray[np.bool_], harmed: npt.NDArray[np.bool_], counts: npt.NDArray[np.bool_]) -> Ints:
    """The table of every world, int64 (worlds, 2, 2). *exposed*, *harmed*, *counts* (which moments count): (ticks, worlds, n)."""
    cells = [
        [(counts & (exposed == bool(e)) & (harmed == bool(h))).sum(axis=(0, 2), dtype=np.int64) for h in (0, 1)] for e in (0, 1)
    ]
    return np.asarray(cells, np.int64).transpose(2, 0, 1)


def odds_interval(worlds: Ints, seed: int = 0) -> tuple[float, float, float]:
    """The odds ratio of all worlds together, and its 95 % interval from a bootstrap that draws whole worlds.

    :param worlds: int64 (worlds, 2, 2), see :func:`tables`. Moments of one world are not independent; worlds are.
    """
    n = len(worlds)
    pick = np.random.default_rng(seed).integers(0, n, (RESAMPLES, n))
    low, high = np.percentile(odds_ratio(worlds[pick].sum(axis=1)), [2.5, 97.5])
    return float(odds_ratio(worlds.sum(axis=0))), float(low), float(high)
