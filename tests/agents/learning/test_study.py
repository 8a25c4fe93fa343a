"""The study: which runs there are, that each is done once and goes on where it was cut short, and what is told of it."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ninepixel.agents.compare import AGE, COLUMNS, REACHED, RETURN, Floats
from ninepixel.agents.learning.folder import BadRun
from ninepixel.agents.learning.recipes import RECIPES, Recipe
from ninepixel.agents.learning.report import REPORT
from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.learning.study import curves, judging, tables
from ninepixel.agents.learning.study.runs import ABLATION_STEPS, VARIANTS, WHOLE, Run, do, table
from ninepixel.agents.score import EVALUATION_SEEDS, HELD_OUT_SEEDS
from ninepixel.agents.tasks import TASKS, Task

ROOT = Path(__file__).parents[3]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch, small: Settings, meadow: Task) -> int:
    """Forage is small and quick, and its recipe two updates; the steps of one."""
    each = small.envs * small.ticks
    monkeypatch.setitem(TASKS, "forage", meadow)
    monkeypatch.setitem(RECIPES, "forage", Recipe(2 * each, small))
    return each


# -- runs --------------------------------------------------------------------------------------------------------------


def test_every_ablation_has_the_whole_recipe_beside_it() -> None:
    runs = table(list(TASKS), 5)
    kinds = {run.kind for run in runs}
    assert len(runs) == 5 * len(kinds) == len({run.name for run in runs})
    assert {run.variant for run in runs} == set(VARIANTS)
    for task, variant, steps in kinds:
        assert steps <= RECIPES[task].steps
        if variant != WHOLE:
            assert steps <= ABLATION_STEPS
            assert (task, WHOLE, steps) in kinds
    universe = {steps for task, variant, steps in kinds if task == "universe" and variant == WHOLE}
    assert universe == {ABLATION_STEPS, RECIPES["universe"].steps}


def test_the_first_seed_comes_before_the_second() -> None:
    assert [run.seed for run in table(["forage", "explore"], 2)] == sorted(run.seed for run in table(["forage", "explore"], 2))


def test_a_variant_changes_its_setting_alone() -> None:
    for name, variant in VARIANTS.items():
        mine, whole = Run("forage", name, 1, 1).settings.plain(), RECIPES["forage"].settings.plain()
        assert {key for key in mine if mine[key] != whole[key]} == set(variant.changes)


def test_a_run_is_done_once_and_goes_on_where_it_was_cut_short(
    recipe: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run("forage", WHOLE, 2 * recipe, 1)
    assert run.report(tmp_path) is None

    class Cut(Exception):
        pass

    def cut(row: dict[str, float]) -> None:
        raise Cut

    with pytest.raises(Cut):
        do(run, tmp_path, 1, cut)
    assert run.report(tmp_path) is None
    rows: list[dict[str, float]] = []
    do(run, tmp_path, 1, rows.append)
    report = run.report(tmp_path)
    assert report is not None
    assert report["steps"] == 2 * recipe
    done = len(rows)
    do(run, tmp_path, 1, rows.append)
    assert len(rows) == done, "nothing is done again"
    monkeypatch.setitem(RECIPES, "forage", Recipe(2 * recipe, Settings(**(run.settings.plain() | {"rate": 0.5}))))  # type: ignore[arg-type]
    assert run.report(tmp_path) is None, "it was another recipe"
    with pytest.raises(BadRun, match="begun with other settings than forage-whole-256-s1 has now: move it away"):
        do(run, tmp_path, 1)


# -- judging -----------------------------------------------------------------------------------------------------------


def test_a_run_is_judged_once_in_every_condition(recipe: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [Run("forage", WHOLE, recipe, 1), Run("forage", "pixels", recipe, 1)]
    for run in runs:
        do(run, tmp_path, 1)
    whole, pixels = (judging.judge(run, tmp_path, 8, 1) for run in runs)
    assert set(whole) == {"evaluation", "held-out", "co-play", "float"}, "and no hosts, for Forage has none"
    assert set(pixels) == {"evaluation", "held-out"}
    assert {found.shape for found in (*whole.values(), *pixels.values())} == {(2, COLUMNS), (4, COLUMNS)}
    monkeypatch.setattr(judging, "live", None)
    again = judging.judge(runs[0], tmp_path, 8, 1)
    assert all(np.allclose(whole[name], again[name], atol=1e-6) for name in whole)
    with pytest.raises(TypeError):
        judging.judge(runs[0], tmp_path, 4, 1)  # other lives: they have to be lived


def test_conditions_are_the_worlds_that_they_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def live(task: Task, player: object, episodes: int, **where: Any) -> object:
        asked.append(where)
        raise StopIteration

    monkeypatch.setattr(judging, "live", live)
    for condition in ("evaluation", "held-out", "hosts", "co-play", "float"):
        with pytest.raises(StopIteration):
            judging.lived(TASKS["explore"], "somebody", condition, 8, 1)  # type: ignore[arg-type]
    starts = [where["seed"] for where in asked]
    assert starts == [EVALUATION_SEEDS.start, *[HELD_OUT_SEEDS.start] * 3, EVALUATION_SEEDS.start]
    assert [where["hosts"] is not None for where in asked] == [False, False, True, False, False]
    assert [where["others"] is not None for where in asked] == [False, False, False, True, False]


# -- tables ------------------------------------------------------------------------------------------------------------


def lived(level: float, worlds: int = 6) -> Floats:
    found = np.zeros((worlds, COLUMNS))
    found[:, RETURN], found[:, AGE], found[:, REACHED:] = level + np.arange(worlds), 100, 0.5
    found[:, REACHED + 3] = 0
    return found


def kind(task: str, variant: str, steps: int, levels: Sequence[float]) -> tables.Kind:
    there = [{name: lived(level) for name in ("evaluation", "held-out", "float")} for level in levels]
    return tables.Kind(task, variant, steps, [60.0] * len(levels), there)


def built_in(level: float) -> dict[str, Floats]:
    return {"evaluation": lived(level), "held-out": lived(level)}


BUILT_IN = {name: {"random": built_in(0), "scripted": built_in(4)} for name in TASKS}


def test_tables_tell_values_with_intervals_beside_the_built_in_policies() -> None:
    text = tables.results([kind("forage", WHOLE, 10_000_000, [8, 10])], BUILT_IN)
    lines = [line for line in text.splitlines() if "learned, 10M" in line]
    assert len(lines) == 2, "evaluation and held-out seeds"
    assert "| 1.0 | 2 |" in lines[0]
    assert "**11.50**" in lines[0], "mean return"
    assert "**1.77**" in lines[0], "11.5 by 6.5"
    assert sum("| scripted |" in line for line in text.splitlines()) == 2
    assert tables.results([], BUILT_IN) == tables.NOTHING


def test_how_long_it_takes_to_what_the_script_earns_is_told_with_the_seeds_that_get_there() -> None:
    slow, fast = rising(6000), rising(600)  # the script earns 6.5, nine tenths of it are 5.85: the sixth and the seventh point
    two = tables.Kind("forage", WHOLE, 10_000_000, [60.0] * 2, [], [slow, fast])
    lines = tables.speed([two, kind("explore", WHOLE, 1, [5])], BUILT_IN).splitlines()[2:]
    assert len(lines) == 2
    assert lines[0].endswith("| 2 of 2 | **3.3** (0.6 .. 6.0) |")
    assert lines[1].endswith("| 2 of 2 | **3.9** (0.7 .. 7.0) |")
    never = tables.Kind("forage", WHOLE, 1, [60.0], [], [rising(60, 0.01)])
    assert "| 0 of 1 | never |" in tables.speed([never], BUILT_IN)


def test_ablations_are_told_beside_the_whole_after_as_many_steps() -> None:
    kinds = [
        kind("forage", WHOLE, 20_000_000, [9, 9]),
        kind("forage", WHOLE, 10_000_000, [6, 6]),
        kind("forage", "no-genome", 10_000_000, [5, 5]),
        kind("explore", "pixels", 10_000_000, [5, 5]),
    ]
    lines = tables.ablations(kinds).splitlines()[2:]
    assert len(lines) == 1, "nobody is beside the one in Explore"
    assert VARIANTS["no-genome"].what in lines[0]
    assert lines[0].endswith("| **-1.00** (-1.00 .. -1.00) |")


def test_what_nobody_reaches_is_named_by_step() -> None:
    text = tables.reached([kind("universe", WHOLE, 10_000_000, [5])], BUILT_IN)
    assert "learned, 10M, %" in text
    assert "Never reached, learned, 10M: `" in text
    assert tables.reached([], BUILT_IN) == tables.NOTHING


def test_integers_are_told_beside_floats() -> None:
    (line,) = tables.integers([kind("forage", WHOLE, 10_000_000, [5, 6])]).splitlines()[2:]
    assert line.endswith("**1.000** (1.000 .. 1.000) |")


def test_the_page_has_a_place_for_every_table() -> None:
    page = (ROOT / "docs" / "LEARNING.md").read_text("utf-8")
    names = ("results", "speed", "curves", "reached", "ablations", "integers", "sb3 steps", "sb3 minutes")
    found = tables.filled(page, dict.fromkeys(names, "new"))
    assert found.count("\nnew\n") == len(names)
    with pytest.raises(ValueError, match="no place for the table y"):
        tables.filled(page, {"y": "new"})


# -- curves ------------------------------------------------------------------------------------------------------------


def rising(seconds: float, slope: float = 1.0) -> curves.Curve:
    steps = 1000 * np.arange(1, 101, dtype=np.float64)
    returns = slope * steps / 1000
    returns[:5] = np.nan
    return curves.Curve(steps, np.linspace(seconds / 100, seconds, 100), returns)


def test_curves_of_seeds_become_one_with_an_interval() -> None:
    found = curves.band([rising(60), rising(60, 3)], "steps")
    assert found.mean[-1] == pytest.approx(200)
    assert found.low[-1] == pytest.approx(100)
    assert found.high[-1] == pytest.approx(300)
    assert curves.band([rising(60), rising(30)], "seconds").at[-1] == 30, "as far as all of them go"


def test_when_a_return_is_reached() -> None:
    assert curves.seconds_until(rising(100), 50) == pytest.approx(50)
    assert np.isnan(curves.seconds_until(rising(100), 101))


def test_curves_are_drawn(tmp_path: Path) -> None:
    curves.draw(tmp_path / "a.png", "Forage", {"whole": [rising(60), rising(70)]}, {"random": 3.0})
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


# -- scripts -----------------------------------------------------------------------------------------------------------


def test_the_study_lists_its_runs_and_knows_them_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    study = script("study")
    study.main(["--list", "--seeds", "2", "--only", "explore"])
    lines = capsys.readouterr().out.splitlines()
    runs = table(["explore"], 2)
    assert [line.split()[0] for line in lines[:-1]] == [run.name for run in runs]
    assert [study.named(run.name) for run in runs] == runs
    with pytest.raises(SystemExit, match="there is no run 'explore-half-1-s1'"):
        study.named("explore-half-1-s1")


def test_the_study_makes_its_tables_of_what_is_done(recipe: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = script("study")
    do(Run("forage", WHOLE, recipe, 1), tmp_path, 1)
    study.main(
        ["--tables", "--only", "forage", "--steps", str(recipe), "--out", str(tmp_path), "--episodes", "4", "--threads", "1"]
    )
    said = capsys.readouterr().out
    assert "learned, 0.000128M" in said
    assert "## integers" in said
    assert json.loads((tmp_path / "forage-whole-128-s1" / REPORT).read_text())["ended"] == "steps"


def sb3_run(level: float, steps: int) -> dict[str, Any]:
    beside = script("sb3_beside")
    points = [{"seconds": 600 * mark, "steps": int(steps * mark), "table": lived(level * mark).tolist()} for mark in beside.MARKS]
    return {"points": points, "curve": [[6.0 * i, steps * i // 100, level * i / 50] for i in range(1, 101)]}


def test_who_is_faster_and_who_learns_more_of_a_step_is_told_side_by_side() -> None:
    beside = script("sb3_beside")
    theirs, mine = [sb3_run(5, 1_000_000)] * 2, [sb3_run(20, 6_000_000)] * 2
    text = beside.equal_steps(theirs, [sb3_run(10, 1_000_000)] * 2)
    assert "| ninepixel | 1,000,000 | 10.0 | **12.50**" in text
    assert "Ratio of returns **1.67**" in text
    text = beside.equal_minutes(theirs, mine, 10)
    last = [line for line in text.splitlines() if line.startswith("| 10 |")]
    assert last[0].endswith("| 6,000,000 | 1,000,000 | 6.0 |")
    assert "ninepixel comes to 7.50 after 1.90 minutes" in text
    assert "Stable-Baselines3 does not come to 22.50 with 2 of 2 seeds" in text


def test_as_many_steps_are_never_more() -> None:
    beside = script("sb3_beside")
    assert beside.whole_updates(10_000, Settings(envs=128, ticks=32)) == 8192
    assert beside.whole_updates(10, Settings(envs=128, ticks=32)) == 4096
