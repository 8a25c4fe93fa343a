"""The pictures of docs/LEARNING.md: how returns rise with steps and with minutes, over the seeds of training."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.store.files import write_whole

Floats = npt.NDArray[np.float64]
POINTS = 200
_RESAMPLES = 300


@dataclass(frozen=True, slots=True)
class Curve:
    """One run: agent-steps, seconds, and the mean return of the lives that ended lately; of equal length, NaN for nothing yet."""

    steps: Floats
    seconds: Floats
    returns: Floats


@dataclass(frozen=True, slots=True)
class Band:
    """Runs over a common axis: the mean, and the ends of its 95 % interval over seeds (bootstrap)."""

    at: Floats
    mean: Floats
    low: Floats
    high: Floats


def curve(report: Mapping[str, Any]) -> Curve:
    """The curve in a ``report.json``."""
    found = report["curves"]
    return Curve(
        *(np.asarray([np.nan if x is None else x for x in found[name]], np.float64) for name in ("steps", "seconds", "return"))
    )


def band(curves: Sequence[Curve], axis: str) -> Band:
    """Curves of several seeds as one, over ``steps`` or ``seconds``, as far as all of them go."""
    known = [np.isfinite(c.returns) for c in curves]
    across = [getattr(c, axis)[k] for c, k in zip(curves, known, strict=True)]
    if not all(len(a) for a in across):
        nothing = np.zeros(0)
        return Band(nothing, nothing, nothing, nothing)
    at = np.linspace(max(a[0] for a in across), min(a[-1] for a in across), POINTS)
    lines = np.stack([np.interp(at, a, c.returns[k]) for a, c, k in zip(across, curves, known, strict=True)])
    rng = np.random.default_rng(0)
    drawn = np.stack([lines[rng.integers(0, len(lines), len(lines))].mean(0) for _ in range(_RESAMPLES)])
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return Band(at, lines.mean(0), low, high)


def seconds_until(one: Curve, level: float) -> float:
    """Seconds of training until the return was at *level* for the first time; NaN when it never was."""
    there = np.flatnonzero(one.returns >= level)
    return float(one.seconds[there[0]]) if len(there) else float("nan")


def draw(path: Path, title: str, lines: Mapping[str, Sequence[Curve]], levels: Mapping[str, float]) -> None:
    """Two panels: mean return against steps, and against minutes.

    :param lines: the runs of every line, by its name. :param levels: returns of those who do not learn, drawn across.
    :raises StoreError: when it cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4.5), layout="constrained")
    figure.suptitle(title)
    for axes, (axis, unit, worth) in zip(
        figure.subplots(1, 2, sharey=True), (("steps", "million agent-steps", 1e6), ("seconds", "minutes", 60.0)), strict=True
    ):
        for name, curves in lines.items():
            found = band(curves, axis)
            (line,) = axes.plot(found.at / worth, found.mean, label=f"{name} ({len(curves)})", linewidth=1.2)
            axes.fill_between(found.at / worth, found.low, found.high, alpha=0.2, color=line.get_color(), linewidth=0)
        for number, (name, level) in enumerate(levels.items()):
            axes.axhline(level, label=name, color="black", linewidth=0.8, linestyle=("--", ":", "-.")[number % 3])
        axes.set_xlabel(unit)
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("mean return of lives that ended lately")
    figure.axes[1].legend(fontsize="small")
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=100)
    write_whole(path, [drawn.getvalue()])
