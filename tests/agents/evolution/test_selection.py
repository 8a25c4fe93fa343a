"""Who has children: selection differentials, ancestry, estimates, and the experiment as a whole."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.agents.evolution.colony import Rules
from ninepixel.agents.evolution.estimates import Estimate, differ, estimate
from ninepixel.agents.evolution.experiment import QUICK, Plan, best, experiment, told
from ninepixel.agents.evolution.genomes import simplex
from ninepixel.agents.evolution.landscape import Monoculture, monoculture
from ninepixel.agents.evolution.report import BEGIN, END, BadPage, around, tables, write_page, write_picture, write_results
from ninepixel.agents.evolution.selection import CHARACTERS, OF_AGE, differentials
from ninepixel.agents.evolution.transplant import ancestry, compete, home_minus_away
from ninepixel.agents.evolution.tree import Tree
from ninepixel.agents.evolution.worlds import HABITATS
from ninepixel.world.life.census import Birth, Death

TINY = replace(QUICK, few=2, life=64, contest=64)


def bases(red: int, speed: int = 0) -> bytes:
    return bytes([red, 0, 0, 0, 0, 0, speed, 0, 0])


def test_a_differential_is_the_mean_of_parents_minus_that_of_the_adults_of_their_time() -> None:
    tree, late = Tree(), 4 * OF_AGE
    tree.add([Birth(1, 1, 0, 0, bases(100), 0, 0), Birth(1, 2, 0, 0, bases(40), 0, 1), Birth(1, 3, 0, 0, bases(10), 0, 2)])
    tree.add([Birth(1, 4, 0, 0, bases(250), 0, 3), Birth(1, 5, 0, 0, bases(250), 0, 4, mind=False)])
    tree.add([], [Death(1, 4, OF_AGE - 1, 3)])  # never an adult
    tree.add([Birth(1, 6, 1, 2, bases(0), late, 3), Birth(1, 7, 1, 3, bases(0), late, 5)])
    tree.add([], [Death(1, 7, late + OF_AGE - 1, 5)])  # a child that does not count
    whole, viability = differentials(tree, late + OF_AGE)
    red = CHARACTERS.index("range")
    assert whole[red] == pytest.approx((100 + 40) / 2 - (100 + 40 + 10) / 3)
    assert viability[red] == pytest.approx((100 + 40 + 10 + 0) / 4 - (100 + 40 + 10 + 250 + 0 + 0) / 6)
    assert whole[CHARACTERS.index("speed")] == 0


def test_that_means_change_with_time_is_no_selection() -> None:
    """A population that changes from generation to generation, in which everybody has as many children as everybody."""
    tree, name = Tree(), 0
    for generation in range(5):
        tick = generation * 2 * OF_AGE
        births = [
            Birth(1, name + i, max(name - 4 + i, 0), max(name - 4 + i, 0), bases(50 * generation), tick, i) for i in range(1, 5)
        ]
        tree.add(births, [Death(1, serial, tick, 0) for serial in range(name - 7, name - 3) if serial > 0])
        name += 4
    assert differentials(tree, 10 * OF_AGE)[0] == pytest.approx(0)


def test_a_differential_of_a_world_without_grown_children_is_no_number() -> None:
    tree = Tree()
    assert np.isnan(differentials(tree, 10_000)[0]).all()
    tree.add([Birth(1, 1, 0, 0, bases(100), 0, 0)])
    whole, viability = differentials(tree, 10_000)
    assert np.isnan(whole).all()
    assert (viability == 0).all()


def test_ancestry_is_halved_with_every_generation() -> None:
    tree = Tree()
    tree.add(
        [Birth(1, 1, 0, 0, bytes(9), 0, 0), Birth(1, 2, 0, 0, bytes(9), 0, 1), Birth(1, 3, 0, 0, bytes(9), 0, 2, mind=False)]
    )
    tree.add([Birth(1, 4, 1, 2, bytes(9), 5, 2)], [])
    tree.add([Birth(1, 5, 4, 2, bytes(9), 9, 3)], [Death(1, 1, 8, 0), Death(1, 2, 9, 1), Death(1, 4, 9, 2)])
    found = ancestry(tree, np.asarray([1, 0]), 2)
    assert found is not None
    assert found.tolist() == [0.75, 0.25]
    tree.add([], [Death(1, 5, 10, 3)])
    assert ancestry(tree, np.asarray([1, 0]), 2) is None


def test_home_minus_away_compares_a_population_with_itself_elsewhere() -> None:
    shares = np.asarray([[[1.5, 0.5]], [[0.8, 1.2]]])  # two habitats, one world, two homes
    away, visitors = home_minus_away(shares)
    assert away[:, 0] == pytest.approx([1.5 - 0.8, 1.2 - 0.5])
    assert visitors[:, 0] == pytest.approx([1.5 - 0.5, 1.2 - 0.8])


def test_shares_in_a_contest_are_of_one_whole() -> None:
    homes = [np.tile(genome, (3, 1)) for genome in (simplex()["R"], simplex()["Y"])]
    shares = compete(HABITATS[2], homes, Rules(term=4096), worlds=2, seed=4, ticks=1300, threads=1)
    assert (shares / 2).sum(axis=1) == pytest.approx([1, 1])
    assert (shares != 1).any()


def test_no_monoculture_depends_on_anything_but_its_seed() -> None:
    haunted = HABITATS[2]
    found = [monoculture(haunted, simplex()[name], worlds=2, seed=9, ticks=320, threads=1) for name in ("Y", "Y", "R")]
    assert (found[0].values == found[1].values).all()
    assert (found[0].values != found[2].values).any()
    assert (found[0].of("age") <= 320).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12))
def test_an_estimate_lies_in_its_interval(values: list[float]) -> None:
    found = estimate(np.asarray(values))
    slack = 1e-6 * max(1.0, *(abs(v) for v in values))
    assert min(values) - slack <= found.low <= found.value + slack
    assert found.value - slack <= found.high <= max(values) + slack
    assert found.n == len(values)


def test_an_estimate_leaves_out_what_is_unknown() -> None:
    assert estimate(np.asarray([1.0, np.nan, 3.0])).n == 2
    nobody = estimate(np.asarray([np.nan]))
    assert nobody.n == 0
    assert nobody.as_dict() == {"value": None, "low": None, "high": None, "n": 0}
    assert str(nobody) == "none"
    assert Estimate(1, 0.5, 2, 4).certain
    assert Estimate(-1, -2, -0.1, 4).certain
    assert not Estimate(1, -0.5, 2, 4).certain


def test_groups_that_differ_are_told_from_groups_that_do_not() -> None:
    chance = np.random.default_rng(0)
    same = [differ(chance.normal(size=(3, 8, 2)), seed) for seed in range(20)]
    assert 0.25 < float(np.mean(same)) < 0.75
    apart = chance.normal(size=(3, 8, 2)) + np.arange(3)[:, None, None] * 3
    assert differ(apart) < 0.005
    common = np.arange(8)[None, :, None] * 100.0  # what all groups of a seed share is no difference
    assert differ(apart + common) < 0.005
    assert math.isnan(differ(np.full((3, 8, 2), np.nan)))


def test_the_best_are_those_whom_nobody_certainly_beats() -> None:
    def eggs(*values: float) -> Monoculture:
        return Monoculture(np.asarray([[value, 0, 0, 0] for value in values], np.float64))

    assert best({"R": eggs(1, 2, 3), "B": eggs(1.5, 1.5, 4), "Y": eggs(0, 1, 1)}) == ["B", "R"]


STEPPED = list[int]()


@pytest.fixture(scope="module")
def found() -> dict[str, object]:
    return told(experiment(TINY, threads=1, tick_over=STEPPED.append))


def test_a_plan_knows_how_long_it_takes(found: dict[str, object]) -> None:
    assert sum(STEPPED) == TINY.world_ticks
    assert len(Plan().chosen()) == len(HABITATS) == 5


def test_an_experiment_is_reproducible_from_its_seed(found: dict[str, object]) -> None:
    again = told(experiment(TINY, threads=2))
    assert {**again, "seconds": 0} == {**found, "seconds": 0}


def test_tables_have_every_habitat_and_stand_where_the_page_wants_them(found: dict[str, object], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}stale words\n{END}after\n")
    write_page(page, found)
    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}")
    assert text.endswith(f"{END}after\n")
    assert tables(found) in text
    assert "stale words" not in text
    assert text.count("| haunted") >= 14
    page.write_text("no marks\n")
    with pytest.raises(BadPage, match="has no place for tables"):
        write_page(page, found)
    assert page.read_text() == "no marks\n"
    with pytest.raises(BadPage, match="cannot be read"):
        around(tmp_path / "none.md")


def test_results_and_picture_are_written(found: dict[str, object], tmp_path: Path) -> None:
    write_results(tmp_path, found)
    assert json.loads((tmp_path / "evolution.json").read_text()) == found
    write_picture(tmp_path, found)
    assert (tmp_path / "evolution.png").read_bytes()[:4] == b"\x89PNG"
