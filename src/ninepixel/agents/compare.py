"""Policies beside one another: on the same worlds, over the seeds that they were trained from, with intervals that say how sure.

What lives come to is summed up a world: a *table*, float64 (worlds, columns), of the mean return, the mean age and the share that
reached each achievement. Tables of several policies of one recipe, one a seed of training, lie on top of each other: (seeds,
worlds, columns). A figure is a function of the means over worlds, averaged over seeds.

Intervals are percentile bootstraps, 95 %. All policies live in the same worlds, so worlds and seeds of training are crossed and
both are drawn, each apart, worlds once for everybody (the pigeonhole bootstrap: Owen 2007, doi:10.1214/07-AOAS122). That makes
comparisons *paired*: a world that is hard for all does not count as a difference. With few seeds the intervals are too narrow,
as those of every bootstrap are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.agents.score import RESAMPLES, Lives, counted
from ninepixel.agents.tasks import Task
from ninepixel.world.laws.lives import DEEDS

Floats = npt.NDArray[np.float64]
RETURN, AGE, REACHED = 0, 1, 2
COLUMNS = REACHED + len(DEEDS)


@dataclass(frozen=True, slots=True)
class Figure:
    """What is told of a policy. *of*: from means (..., COLUMNS) to (...)."""

    name: str
    unit: str
    of: Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval; NaN where there is none."""

    value: float
    low: float
    high: float

    def row(self) -> dict[str, float | None]:
        """As JSON can say it."""
        told = {"value": self.value, "low": self.low, "high": self.high}
        return {name: round(float(x), 4) if np.isfinite(x) else None for name, x in told.items()}


def table(lives: Lives) -> Floats:
    """Lives, world by world: float64 (worlds, COLUMNS)."""
    worlds, of = np.unique(lives.worlds, return_inverse=True)
    columns = np.column_stack([lives.returns, lives.ages, lives.deeds])
    sums = np.zeros((len(worlds), COLUMNS))
    np.add.at(sums, of, columns)
    return sums / np.bincount(of)[:, None]


def figures(task: Task) -> list[Figure]:
    """Score, mean return and mean age, as :func:`~ninepixel.agents.score.report` has them."""
    which = [REACHED + i for i in counted(task)]

    def score(means: Floats) -> Floats:
        found: Floats = np.expm1(np.log1p(100 * means[..., which]).mean(-1)) if which else np.zeros(means.shape[:-1])
        return found

    return [
        Figure("score", "%", score),
        Figure("mean return", "reward", lambda means: means[..., RETURN]),
        Figure("mean age", "ticks", lambda means: means[..., AGE]),
    ]


def mean(figure: Figure, tables: Floats) -> Estimate:
    """A figure of the policies whose tables these are, (seeds, worlds, COLUMNS): the mean over seeds."""
    return _estimate(_values(figure, tables), _drawn(figure, tables))


def middle(tables: Floats) -> Estimate:
    """The interquartile mean of the worlds' mean returns over all seeds (Agarwal et al. 2021, arXiv:2108.13264): what a few
    outliers do not move. *tables*: (seeds, worlds, COLUMNS)."""
    returns, drawn = tables[..., RETURN], []
    for seeds, worlds in _draws(tables.shape[1], [len(tables)]):
        drawn.append(_middle(returns[seeds[0]][:, worlds]))
    return _estimate(_middle(returns), np.asarray(drawn))


def difference(figure: Figure, ours: Floats, theirs: Floats, twins: bool = False) -> Estimate:
    """By how much the figure of the policies of *ours* is above that of *theirs*, in the same worlds; tables as above.

    :param twins: whether the seeds of both belong together one by one, so that they are drawn together.
    """
    value = _values(figure, ours) - _values(figure, theirs)
    a, b = _drawn_together(figure, ours, theirs, twins=twins)
    return _estimate(value, a - b)


def ratio(figure: Figure, ours: Floats, theirs: Floats, twins: bool = False) -> Estimate:
    """How many times the figure of *theirs* that of *ours* is. No number where that is not above zero."""
    over, under = _values(figure, ours), _values(figure, theirs)
    a, b = _drawn_together(figure, ours, theirs, twins=twins)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.where(b > 0, a / b, np.inf)
    return _estimate(over / under if under > 0 else float("nan"), drawn)


def never(task: Task, tables: Floats) -> list[str]:
    """The achievements of a task that no life reached, with any seed of training."""
    means = tables.reshape(-1, COLUMNS).mean(0)
    return [DEEDS[i].name for i in counted(task) if means[REACHED + i] == 0]


def rows(task: Task, tables: Floats) -> list[dict[str, Any]]:
    """Rows about the policies of a recipe together: figures, the interquartile mean, success rates, what was never reached."""
    found = [{"metric": f.name, "unit": f.unit, **mean(f, tables).row()} for f in figures(task)]
    found.append({"metric": "mean return, interquartile", "unit": "reward", **middle(tables).row()})
    for i in counted(task):
        success = Figure(f"success {DEEDS[i].name}", "%", lambda means, at=REACHED + i: 100 * means[..., at])  # type: ignore[misc]
        found.append({"metric": success.name, "unit": "%", **mean(success, tables).row()})
    return [*found, never_row(task, tables)]


def never_row(task: Task, tables: Floats) -> dict[str, Any]:
    """What was never reached, as a row: how many, and their names."""
    names = never(task, tables)
    return {"metric": "never reached", "value": len(names), "unit": "achievements", "names": names}


def paired_rows(task: Task, ours: Floats, theirs: Floats, twins: bool = False) -> list[dict[str, Any]]:
    """Rows that compare: difference and ratio of every figure. *twins* as in :func:`difference`."""
    found = []
    for f in figures(task):
        found.append({"metric": f"{f.name}, difference", "unit": f.unit, **difference(f, ours, theirs, twins).row()})
        found.append({"metric": f"{f.name}, ratio", "unit": "", **ratio(f, ours, theirs, twins).row()})
    return found


# -- drawing -----------------------------------------------------------------------------------------------------------


def _values(figure: Figure, tables: Floats) -> float:
    return float(figure.of(tables.mean(1)).mean())


def _draws(worlds: int, seeds: Sequence[int]) -> list[tuple[list[npt.NDArray[np.int64]], npt.NDArray[np.int64]]]:
    """What is drawn each time: seeds of every side, int64 (its seeds,), and worlds, (worlds,). Always the same draws."""
    rng = np.random.default_rng(0)
    return [([rng.integers(0, n, n) for n in seeds], rng.integers(0, worlds, worlds)) for _ in range(RESAMPLES)]


def _drawn(figure: Figure, tables: Floats) -> Floats:
    return _drawn_together(figure, tables)[0]


def _drawn_together(figure: Figure, *sides: Floats, twins: bool = False) -> list[Floats]:
    """The figure of every side in every draw, (RESAMPLES,) a side; worlds, and seeds of *twins*, are drawn once for all sides."""
    worlds = {side.shape[1] for side in sides}
    if len(worlds) > 1:
        raise ValueError(f"policies are compared in the same worlds, not in {' and '.join(map(str, sorted(worlds)))} of them")
    found: list[list[float]] = [[] for _ in sides]
    for seeds, which in _draws(worlds.pop(), [len(side) for side in sides]):
        weights = np.bincount(which, minlength=len(which)) / len(which)
        for side, mine, values in zip(sides, seeds[:1] * len(sides) if twins else seeds, found, strict=True):
            values.append(float(figure.of(np.einsum("w,swc->sc", weights, side))[mine].mean()))
    return [np.asarray(values) for values in found]


def _middle(values: Floats) -> float:
    ordered = np.sort(values, axis=None)
    cut = len(ordered) // 4
    return float(ordered[cut : len(ordered) - cut].mean())


def _estimate(value: float, drawn: Floats) -> Estimate:
    low, high = np.quantile(drawn, [0.025, 0.975], method="nearest")
    return Estimate(value, float(low), float(high))
