"""Comparisons are paired over worlds, and intervals know how many worlds and how many seeds there are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.agents.compare import (
    AGE,
    COLUMNS,
    REACHED,
    RETURN,
    Floats,
    difference,
    figures,
    mean,
    middle,
    never,
    never_row,
    paired_rows,
    ratio,
    rows,
    table,
)
from ninepixel.agents.score import Lives, counted, interval, report, score
from ninepixel.agents.tasks import TASKS
from ninepixel.world.laws.lives import DEEDS

FORAGE = TASKS["forage"]
SCORE, RETURNS, AGES = figures(FORAGE)


def some_lives(seed: int = 0, worlds: int = 12, each: int = 4) -> Lives:
    rng = np.random.default_rng(seed)
    n = worlds * each
    deeds = rng.random((n, len(DEEDS))) < 0.3
    return Lives(deeds, rng.normal(5, 2, n), rng.integers(1, 99, n), np.repeat(np.arange(worlds), each))


def some(seeds: int = 3, worlds: int = 20, level: float = 5.0, seed: int = 0, spread: float = 1.0) -> Floats:
    """Tables whose returns scatter around a level, worlds far more than seeds."""
    rng = np.random.default_rng(seed)
    found = np.zeros((seeds, worlds, COLUMNS))
    found[..., RETURN] = level + rng.normal(0, 3, worlds) + rng.normal(0, spread, (seeds, 1))
    return found


def test_a_table_tells_what_the_report_tells() -> None:
    lives = some_lives()
    found = table(lives)
    assert found.shape == (12, COLUMNS)
    told = {row["metric"]: row for row in report(FORAGE, lives)}
    for figure in (SCORE, RETURNS, AGES):
        estimate = mean(figure, found[None])
        assert estimate.value == pytest.approx(told[figure.name]["value"], abs=1e-3)
        assert estimate.low < estimate.value < estimate.high
    low, high = interval(lambda v: float(v.mean()), lives.returns, lives.worlds)
    assert mean(RETURNS, found[None]).row() == pytest.approx(
        {"value": lives.returns.mean(), "low": low, "high": high}, abs=0.25
    ), "another draw of the same bootstrap"


def test_the_score_of_a_recipe_is_the_mean_of_its_seeds_scores_not_the_score_of_all_lives() -> None:
    a, b = some_lives(1), some_lives(2)
    which = counted(FORAGE)
    one = mean(SCORE, np.stack([table(a), table(b)])).value
    assert one == pytest.approx((score(a.deeds[:, which]) + score(b.deeds[:, which])) / 2)


def test_what_makes_a_world_hard_for_all_is_no_difference() -> None:
    ours = some(1)
    theirs = ours.copy()
    theirs[..., RETURN] -= 1
    found = difference(RETURNS, ours, theirs)
    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1)), "worlds scatter by 3, the difference not at all"
    alone = mean(RETURNS, ours)
    assert alone.high - alone.low > 1


def test_seeds_of_twins_are_no_difference_either() -> None:
    ours = some(5, spread=9)
    theirs = ours.copy()
    theirs[..., RETURN] -= 1
    found = difference(RETURNS, ours, theirs, twins=True)
    assert (found.low, found.high) == pytest.approx((1, 1))
    strangers = difference(RETURNS, ours, theirs)
    assert strangers.high - strangers.low > 3


@given(st.floats(0.1, 10), st.integers(1, 4), st.integers(2, 9))
def test_a_multiple_is_found_as_a_ratio_without_doubt(times: float, seeds: int, worlds: int) -> None:
    theirs = np.abs(some(1, worlds)) + 1
    found = ratio(RETURNS, np.repeat(theirs * times, seeds, 0), theirs)
    assert (found.value, found.low, found.high) == pytest.approx((times, times, times))


def test_nothing_is_a_multiple_of_nothing() -> None:
    nothing = np.zeros((1, 5, COLUMNS))
    row = ratio(RETURNS, some(1, 5), nothing).row()
    assert row["value"] is None
    assert row["high"] is None


def test_seeds_that_differ_make_the_interval_wide_and_more_of_them_make_it_narrower() -> None:
    def width(tables: Floats) -> float:
        found = mean(RETURNS, tables)
        return found.high - found.low

    few, many = some(3, 400, spread=4), some(30, 400, spread=4)
    assert width(few) > 2 * width(some(3, 400, spread=0))
    assert width(many) < width(few)


def test_the_middle_half_is_not_moved_by_an_outlier() -> None:
    tables = np.zeros((2, 8, COLUMNS))
    tables[..., RETURN] = np.arange(16).reshape(2, 8)
    assert middle(tables).value == 7.5
    tables[0, 0, RETURN], tables[1, 7, RETURN] = -1e6, 1e6
    assert middle(tables).value == 7.5


def test_what_was_never_reached_is_named() -> None:
    tables = np.zeros((2, 3, COLUMNS))
    tables[..., REACHED:] = 1
    taste = next(i for i in counted(FORAGE) if DEEDS[i].name == "taste_blue")
    tables[..., REACHED + taste] = 0
    assert never(FORAGE, tables) == ["taste_blue"]
    assert never_row(FORAGE, tables)["names"] == ["taste_blue"]
    tables[1, 2, REACHED + taste] = 0.1
    assert never(FORAGE, tables) == [], "one seed has reached it once"
    success = {row["metric"]: row["value"] for row in rows(FORAGE, tables)}["success taste_blue"]
    assert success == pytest.approx(100 * 0.1 / 6, abs=1e-3)


def test_a_comparison_tells_difference_and_ratio_of_every_figure() -> None:
    tables = some(2, 6) ** 2 + 1
    tables[..., AGE] = 7
    metrics = [row["metric"] for row in paired_rows(FORAGE, tables, tables)]
    assert metrics == [f"{name}, {what}" for name in ("score", "mean return", "mean age") for what in ("difference", "ratio")]


def test_other_worlds_are_not_compared() -> None:
    with pytest.raises(ValueError, match="in the same worlds, not in 5 and 6"):
        difference(RETURNS, some(1, 5), some(1, 6))
