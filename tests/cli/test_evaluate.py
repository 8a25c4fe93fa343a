"""``ninepixel evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ninepixel.agents.score import HELD_OUT_SEEDS
from ninepixel.cli import cli, main
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.thought import Policy, Shape

SMALL = ("--task", "forage", "--episodes", "6", "--option", "agents=3", "--option", "horizon=128")
SMALL_EXPLORE = ("--task", "explore", "--episodes", "4", "--option", "agents=2", "--option", "horizon=64")


def told(*arguments: str) -> list[dict[str, Any]]:
    """The rows of an evaluation."""
    done = CliRunner().invoke(cli, ["evaluate", *arguments, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Two policies that have learned nothing."""
    found = []
    for seed in (3, 4):
        Policy.random(Shape(16), seed).save(tmp_path / f"{seed}.policy")
        found.append(str(tmp_path / f"{seed}.policy"))
    return found


def test_rows_on_stdout_one_a_figure() -> None:
    rows = told("scripted", *SMALL, "--seed", "3")
    assert {row["policy"] for row in rows} == {"scripted"}
    assert {row["task"] for row in rows} == {"ninepixel/Forage-v0"}
    assert {(row["episodes"], row["seed"], row["seeds"], row["hosts"]) for row in rows} == {(6, 3, "own", "own")}
    assert {"score", "score tier 1-2", "mean return", "success wander"} <= {row["metric"] for row in rows}
    (never,) = [row for row in rows if row["metric"] == "never reached"]
    rates = {row["metric"].removeprefix("success "): row["value"] for row in rows if row["metric"].startswith("success")}
    assert never["names"] == [name for name, rate in rates.items() if rate == 0]
    assert never["value"] == len(never["names"]) > 0
    assert all(row["low"] <= row["value"] + 1e-6 and row["value"] <= row["high"] + 1e-6 for row in rows if row is not never)


def test_a_learned_policy_is_named_by_its_hash_and_compared_with_its_floats(files: list[str]) -> None:
    rows = told(files[0], *SMALL, "--float")
    assert {row["policy"] for row in rows} == {Policy.load(Path(files[0])).hash}
    beside = {row["metric"]: row for row in rows if row.get("against") == "float"}
    assert set(beside) == {f"{f}, {how}" for f in ("score", "mean return", "mean age") for how in ("difference", "ratio")}
    assert beside["mean age, ratio"]["value"] == pytest.approx(1, abs=0.1)


def test_the_first_of_several_is_compared_with_the_others_in_the_same_worlds(files: list[str]) -> None:
    rows = told(files[0], "scripted", files[0], *SMALL)
    beside = {(row["against"], row["metric"]): row["value"] for row in rows if "against" in row}
    own = Policy.load(Path(files[0])).hash
    assert {against for against, _ in beside} == {"scripted", own}
    assert beside[own, "mean return, difference"] == 0
    assert beside["scripted", "mean return, difference"] < 0
    assert rows[-6:] == [row for row in rows if row.get("against") == own]
    same = told(files[0], *SMALL, "--against", "scripted", "--against", files[0])
    assert same == rows


def test_policies_of_one_recipe_are_judged_together(files: list[str]) -> None:
    rows = told(*files, *SMALL, "--together", "--against", "random")
    alone = [next(row["value"] for row in told(file, *SMALL) if row["metric"] == "mean return") for file in files]
    ours = [row for row in rows if row["policy"] != "random"]
    means = {row["metric"]: row["value"] for row in ours if "against" not in row}
    assert means["mean return"] == pytest.approx(sum(alone) / 2, abs=1e-3)
    assert "mean return, interquartile" in means
    assert {row["policy"] for row in ours} == {" ".join(Policy.load(Path(file)).hash for file in files)}
    assert len([row for row in ours if row.get("against") == "random"]) == 6


def test_worlds_are_those_that_are_asked_for(tmp_path: Path) -> None:
    own, seeds, hosts = (
        told("scripted", *SMALL_EXPLORE, *more) for more in ((), ("--seeds", "held-out"), ("--hosts", "held-out"))
    )
    assert {(row["seed"], row["seeds"]) for row in seeds} == {(HELD_OUT_SEEDS.start, "held-out")}
    assert {row["hosts"] for row in hosts} == {"held-out"}
    synthetic(1, 5).save(tmp_path / "home.survey")
    recorded = told("scripted", *SMALL_EXPLORE, "--host", str(tmp_path / "home.survey"))
    assert recorded[0]["hosts"] == ["home.survey"]
    ages = [next(row["value"] for row in rows if row["metric"] == "mean return") for rows in (own, seeds, hosts, recorded)]
    assert len(set(ages)) > 2


def test_co_players_are_named_and_not_counted(files: list[str]) -> None:
    rows = told(files[0], *SMALL, "--co-players", "scripted")
    assert {row["co_players"] for row in rows} == {"scripted"}
    assert {row["episodes"] for row in rows} == {6}, "two of three founders of three worlds"


def test_the_same_seed_tells_the_same_and_text_tells_it_too() -> None:
    once, again = (CliRunner().invoke(cli, ["evaluate", "random", *SMALL]).stdout for _ in range(2))
    assert once == again
    assert once.startswith("random")
    assert "score tier 1-2" in once
    assert "never reached: " in once
    assert '"seeds": "evaluation"' in once


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["clever", "--task", "forage"], "no such file: take one, or "),
        (["README.md", "--task", "forage"], "README.md: it is not a policy"),
        (["random", "--task", "sleep"], "forage"),
        (["random", "--task", "forage", "--option", "wings=2"], "NAME=NUMBER"),
        (["random", "--task", "forage", "--option", "side=65"], "power of two"),
        (["random", "--task", "forage", "--float"], "--float compares learned policies with themselves, and random is built in"),
        (["random", "--task", "forage", "--hosts", "held-out"], "worlds of forage are made of fountains"),
        (["random", "--task", "explore", "--host", "README.md"], "README.md"),
        (["random", "--task", "explore", "--hosts", "held-out", "--host", "README.md"], "take one of them"),
        (["random", "--task", "forage", "--seeds", "held-out", "--seed", "3"], "take one of them"),
        (["random", "--task", "forage", "--against", "clever"], "no policy is called 'clever'"),
        (["random", "--task", "forage", "--co-players", "clever"], "no policy is called 'clever'"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", *arguments]) != 0
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert said in line
