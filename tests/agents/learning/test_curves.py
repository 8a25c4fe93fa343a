"""Curves: means of the last founders' lives, kept and restored."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from ninepixel.agents.learning.curves import NAMES, Curves
from ninepixel.agents.learning.experience import Lived
from ninepixel.agents.tasks import TASKS
from ninepixel.world.laws.lives import DEEDS
from ninepixel.world.store.errors import Impossible

FORAGE = TASKS["forage"]


def lived(*lives: tuple[float, int, bool, int]) -> Lived:
    """Lives of (return, length, founder, deeds)."""
    returns, lengths, founders, deeds = zip(*lives, strict=True)
    return Lived(
        np.asarray(returns, np.float32),
        np.asarray(lengths, np.int32),
        np.asarray(founders, np.bool_),
        np.asarray(deeds, np.uint64),
    )


def bits(*names: str) -> int:
    return sum(1 << i for i, deed in enumerate(DEEDS) if deed.name in names)


def row(steps: float, value: float) -> dict[str, float]:
    return dict.fromkeys(NAMES, 0.0) | {"steps": steps, "return": value}


def test_figures_are_means_of_the_last_founders() -> None:
    curves = Curves(FORAGE, 3)
    assert math.isnan(curves.live([])["return"])
    told = curves.live([lived((9.0, 10, True, 0), (100.0, 10, False, 0)), lived((2.0, 20, True, 0))])
    assert (told["return"], told["length"], told["lives"]) == (5.5, 15, 3)
    told = curves.live([lived((3.0, 30, True, 0), (4.0, 40, True, 0))])
    assert (told["return"], told["length"], told["lives"]) == (3, 30, 2), "the first has left the window"
    assert curves.live([])["return"] == 3


def test_the_score_counts_the_deeds_of_the_task() -> None:
    every = bits(*FORAGE.deeds)
    curves = Curves(FORAGE, 2)
    assert curves.live([lived((0, 1, True, every), (0, 1, True, every))])["score"] == pytest.approx(100)
    assert curves.live([lived((0, 1, True, 0), (0, 1, True, 0))])["score"] == 0
    assert curves.live([lived((0, 1, True, bits("coin", "slay")), (0, 1, True, 0))])["score"] == 0, "of another task"
    high = bits("mature")  # beyond the first 32
    assert curves.live([lived((0, 1, True, high), (0, 1, True, high))])["score"] > 0


def test_the_best_is_where_the_return_was_greatest() -> None:
    curves = Curves(FORAGE, 3)
    assert math.isnan(curves.best[0])
    for steps, value in ((1, math.nan), (2, 3.0), (3, 5.0), (4, 4.0)):
        curves.add(row(steps, value))
    assert curves.best == (5.0, 3)


def test_curves_are_kept_and_restored() -> None:
    curves, other = Curves(FORAGE, 4), Curves(FORAGE, 4)
    curves.live([lived((1.5, 10, True, bits("sated")), (2.5, 30, True, 0))])
    curves.add(row(1, 2.0))
    curves.add(row(2, math.nan))
    other.restore(curves.kept())
    assert str(other.rows) == str(curves.rows)
    assert other.live([]) == curves.live([])


@pytest.mark.parametrize(
    "change",
    [
        {"table": np.zeros((2, 3))},
        {"table": np.zeros(3)},
        {"returns": np.zeros(2, np.float64)},
        {"deeds": np.zeros((1, 1), np.uint64)},
    ],
)
def test_other_curves_are_refused(change: dict[str, Any]) -> None:
    curves = Curves(FORAGE, 4)
    with pytest.raises(Impossible, match="its curves"):
        curves.restore(curves.kept() | change)
