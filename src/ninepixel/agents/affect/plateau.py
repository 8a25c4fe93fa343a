"""When curiosity has plateaued: on the curve of a training, and in a life."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.regular import open_regular
from ninepixel.world.store.errors import shown

#: A curve rests when it changes over its last third by at most this share of what it changed in all.
RESTS = 0.10
#: Points of a curve that can be judged, at least; and bytes of a report, at most.
LEAST_POINTS, MOST_BYTES = 9, 1 << 26
#: Two windows of a life, in ticks, and how much arousal may differ between them, of the greater.
WINDOW, STIRS = 128, 0.25

Bools = npt.NDArray[np.bool_]


class BadReport(ValueError):
    """A report that has no curve of novelty; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Plateau:
    """What a curve says. :ivar change: over its last third, of its whole range. :ivar points: how long it is."""

    change: float
    points: int

    @property
    def reached(self) -> bool:
        """Whether curiosity rests."""
        return self.change <= RESTS


def plateau_of(curve: npt.ArrayLike) -> Plateau:
    """Judge a curve of novelty, oldest first.

    The change over the last third is the median slope between all of its pairs of points (Theil and Sen, so that no single point
    decides) times its length; the range is that of the whole curve between its 5th and 95th percentiles.

    :raises BadReport: for a curve that is too short, or has values that are no numbers.
    """
    values = np.asarray(curve, np.float64)
    if values.ndim != 1 or len(values) < LEAST_POINTS or not np.isfinite(values).all():
        raise BadReport(f"a curve of novelty is at least {LEAST_POINTS} numbers; train for more updates")
    last = values[-max(len(values) // 3, 3) :]
    i, j = np.triu_indices(len(last), 1)
    slope = float(np.median((last[j] - last[i]) / (j - i)))
    low, high = np.percentile(values, [5, 95])
    change = abs(slope) * (len(last) - 1)
    return Plateau(change / max(float(high - low), 1e-12) if change else 0.0, len(values))


def plateau_in(report: Path) -> Plateau:
    """Judge the training that a ``report.json`` tells of.

    :raises BadReport: when it cannot be read, is none, or tells of no novelty.
    """
    try:
        with open_regular(report) as file:
            found: Any = json.loads(file.read(MOST_BYTES))
        return plateau_of(found["curves"]["novelty"])
    except OSError as error:
        raise BadReport(f"{shown(report)}: cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        why = str(error) if isinstance(error, BadReport) else "it is no report of a training with a curve of novelty"
        raise BadReport(f"{shown(report)}: {why}") from None


def settled(arousal: npt.NDArray[np.int32]) -> Bools:
    """Whose own surprise rests: mean arousal of the last :data:`WINDOW` ticks is near that of as many before.

    :param arousal: int32 (ticks, ...), of at least two windows; the result has the shape of one tick.
    """
    before, now = (arousal[len(arousal) - k * WINDOW :][:WINDOW].mean(axis=0) for k in (2, 1))
    return np.asarray(np.abs(now - before) <= STIRS * np.maximum(now, before), np.bool_)
