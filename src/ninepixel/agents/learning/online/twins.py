"""Paired twins: what learning is worth. Universes that learn beside frozen ones of the same seed and the same first policy.

Until the first policy enters, two twins are the same to the bit; so what differs later is learning, and chance that learning
has stirred. Pairs are what is drawn in the bootstrap (Efron 1979): minutes of one universe depend on each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

#: Draws of the bootstrap, and the share of them that an interval holds.
RESAMPLES, SHARE = 10_000, 0.95

Floats = npt.NDArray[np.float64]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two universes of one *seed*: the rows that each said every minute, and the row that it ended with."""

    seed: int
    learning: Sequence[Row]
    frozen: Sequence[Row]
    learning_end: Row
    frozen_end: Row


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over pairs and the interval of it."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:+.3f} ({self.low:+.3f} .. {self.high:+.3f})"

    def plain(self) -> dict[str, float]:
        """For JSON."""
        return {"value": round(self.value, 5), "low": round(self.low, 5), "high": round(self.high, 5)}


def interval(values: npt.ArrayLike, seed: int = 0) -> Interval:
    """The mean of one number a pair, and its interval by the bootstrap over pairs."""
    found = np.asarray(values, np.float64)
    drawn = np.random.default_rng(seed).integers(0, found.size, (RESAMPLES, found.size))
    low, high = np.percentile(found[drawn].mean(1), [50 - 50 * SHARE, 50 + 50 * SHARE])
    return Interval(float(found.mean()), float(low), float(high))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What pairs of twins show.

    :ivar learning, frozen: float64 (pairs, minutes): satisfaction, minute by minute.
    """

    pairs: Sequence[Pair]
    learning: Floats
    frozen: Floats

    @staticmethod
    def of(pairs: Sequence[Pair]) -> Verdict:
        """Of pairs that lived for as many minutes.

        :raises ValueError: when there are none.
        """
        if not pairs or not min(min(len(p.learning), len(p.frozen)) for p in pairs):
            raise ValueError("there are no pairs of twins that lived for a whole minute")
        minutes = min(min(len(p.learning), len(p.frozen)) for p in pairs)

        def curve(rows: Sequence[Row]) -> list[float]:
            return [0.0 if row["satisfaction"] is None else row["satisfaction"] for row in rows[:minutes]]

        learning, frozen = (np.asarray([curve(getattr(p, name)) for p in pairs]) for name in ("learning", "frozen"))
        return Verdict(pairs, learning, frozen)

    @property
    def difference(self) -> Floats:
        """Learning minus frozen, (pairs, minutes)."""
        found: Floats = self.learning - self.frozen
        return found

    def by_minute(self) -> list[Interval]:
        """The difference in every minute."""
        return [interval(self.difference[:, minute]) for minute in range(self.difference.shape[1])]

    def figures(self) -> dict[str, Interval]:
        """What it comes to: the last third of the time, all of it, and how it rises."""
        third = max(1, self.learning.shape[1] // 3)
        return {
            "difference_last_third": interval(self.difference[:, -third:].mean(1)),
            "difference": interval(self.difference.mean(1)),
            "learning_last_third": interval(self.learning[:, -third:].mean(1)),
            "frozen_last_third": interval(self.frozen[:, -third:].mean(1)),
            "learning_rise": interval(self.learning[:, -third:].mean(1) - self.learning[:, :third].mean(1)),
            "frozen_rise": interval(self.frozen[:, -third:].mean(1) - self.frozen[:, :third].mean(1)),
            "trend_per_10_minutes": interval([10 * slope(d) for d in self.difference]),
        }

    def beats(self) -> dict[str, dict[str, float]]:
        """How the ticks went, of both kinds: ticks a second, and milliseconds late; the worst minute of all universes too."""
        found = {}
        for kind in ("learning", "frozen"):
            rows = [row for pair in self.pairs for row in getattr(pair, kind)]
            rates = [row["ticks_per_s"] for row in rows]
            told = {"ticks_per_s": float(np.mean(rates)), "ticks_per_s_worst": float(np.min(rates))}
            if all("late_p99_ms" in row for row in rows):
                for name in ("late_p50_ms", "late_p99_ms"):
                    told[name] = float(np.median([row[name] for row in rows]))
                told["late_p99_worst_ms"] = float(np.max([row["late_p99_ms"] for row in rows]))
            found[kind] = told
        return found

    def plain(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "pairs": len(self.pairs),
            "minutes": self.learning.shape[1],
            "seeds": [pair.seed for pair in self.pairs],
            "figures": {name: found.plain() for name, found in self.figures().items()},
            "by_minute": [found.plain() for found in self.by_minute()],
            "learning": self.learning.round(4).tolist(),
            "frozen": self.frozen.round(4).tolist(),
            "beats": self.beats(),
            "learned": [dict(pair.learning_end.get("learn", {})) for pair in self.pairs],
            "minds": {kind: _sums(self.pairs, kind) for kind in ("learning", "frozen")},
        }


def slope(values: npt.ArrayLike) -> float:
    """How much numbers rise from one to the next, by least squares; 0 of fewer than two."""
    y = np.asarray(values, np.float64)
    x = np.arange(y.size) - (y.size - 1) / 2
    return float(x @ y / (x @ x)) if y.size > 1 else 0.0


def _sums(pairs: Sequence[Pair], kind: str) -> dict[str, float]:
    """How many minds lived at the end, on average, and how many were born and died in a universe."""
    rows = [getattr(pair, kind) for pair in pairs]
    found = {name: float(np.mean([sum(row[name] for row in of) for of in rows])) for name in ("births", "deaths")}
    return {"at_the_end": float(np.mean([of[-1]["minds"] for of in rows])), **found}


def table(verdict: Verdict) -> str:
    """The result as a table of Markdown."""
    f, beats = verdict.figures(), verdict.beats()
    minutes, pairs = verdict.learning.shape[1], len(verdict.pairs)
    told = verdict.plain()
    lines = [
        f"{pairs} pairs, {minutes} minutes; means and 95 % intervals over pairs.",
        "",
        "| figure | learning | frozen | difference |",
        "| --- | --- | --- | --- |",
        f"| satisfaction, last third | {_level(f['learning_last_third'])} | {_level(f['frozen_last_third'])} | "
        f"{f['difference_last_third']} |",
        f"| rise, first third to last | {f['learning_rise']} | {f['frozen_rise']} | |",
        f"| trend of the difference, per 10 minutes | | | {f['trend_per_10_minutes']} |",
    ]
    for name, what in (("at_the_end", "minds at the end"), ("births", "births"), ("deaths", "deaths")):
        lines.append(f"| {what} | {told['minds']['learning'][name]:.1f} | {told['minds']['frozen'][name]:.1f} | |")
    for name, what in (
        ("ticks_per_s", "ticks a second"),
        ("ticks_per_s_worst", "ticks a second, worst minute"),
        ("late_p50_ms", "lateness of ticks, median, ms"),
        ("late_p99_ms", "lateness of ticks, p99, ms"),
        ("late_p99_worst_ms", "lateness of ticks, p99 of the worst minute, ms"),
    ):
        shown = [f"{beats[kind][name]:.2f}" if name in beats[kind] else "" for kind in ("learning", "frozen")]
        lines.append(f"| {what} | {shown[0]} | {shown[1]} | |")
    swaps = [learned.get("swaps", 0) for learned in told["learned"]]
    dropped = sum(learned.get("dropped", 0) for learned in told["learned"])
    lines.append(f"| policies that entered, a universe | {np.mean(swaps):.1f} | 0 | |")
    lines.append(f"| episodes left out, all universes | {dropped} | | |")
    return "\n".join(lines)


def _level(found: Interval) -> str:
    return f"{found.value:.3f} ({found.low:.3f} .. {found.high:.3f})"


def draw(verdict: Verdict, title: str) -> bytes:
    """The result as a picture (PNG): both kinds, and the difference with its intervals.

    :raises ImportError: when matplotlib is not installed.
    """
    import io

    from matplotlib.figure import Figure

    minutes = np.arange(1, verdict.learning.shape[1] + 1)
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    figure.suptitle(title)
    left, right = figure.subplots(1, 2)
    for values, name, colour in ((verdict.learning, "learning", "tab:orange"), (verdict.frozen, "frozen", "tab:blue")):
        left.plot(minutes, values.T, color=colour, alpha=0.25, linewidth=0.8)
        left.plot(minutes, values.mean(0), color=colour, label=name, linewidth=2)
    left.set(title="drive satisfaction", xlabel="minutes", ylim=(0, 1))
    left.legend()
    found = verdict.by_minute()
    right.fill_between(minutes, [i.low for i in found], [i.high for i in found], alpha=0.25, color="tab:green")
    right.plot(minutes, [i.value for i in found], color="tab:green", linewidth=2)
    right.axhline(0, color="black", linewidth=0.8)
    right.set(title="difference, learning minus frozen, 95 % interval over pairs", xlabel="minutes")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=100)
    return drawn.getvalue()
