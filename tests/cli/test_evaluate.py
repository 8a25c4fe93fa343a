"""``ninepixel evaluate``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ninepixel.cli import cli, main
from ninepixel.world.thought import Policy, Shape

SMALL = ("--task", "forage", "--episodes", "6", "--option", "agents=3", "--option", "horizon=128")


def test_rows_on_stdout_one_a_figure() -> None:
    done = CliRunner().invoke(cli, ["evaluate", "scripted", *SMALL, "--seed", "3", "--json"], catch_exceptions=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert {row["policy"] for row in rows} == {"scripted"}
    assert {row["task"] for row in rows} == {"ninepixel/Forage-v0"}
    assert {(row["episodes"], row["seed"], row["seeds"]) for row in rows} == {(6, 3, "own")}
    assert {"score", "score tier 1-2", "mean return", "success wander"} <= {row["metric"] for row in rows}
    assert all(row["low"] <= row["value"] + 1e-6 and row["value"] <= row["high"] + 1e-6 for row in rows)


def test_a_learned_policy_is_named_by_its_hash(tmp_path: Path) -> None:
    policy = Policy.random(Shape(16), 3)
    policy.save(tmp_path / "a.policy")
    done = CliRunner().invoke(cli, ["evaluate", str(tmp_path / "a.policy"), *SMALL, "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    assert {json.loads(line)["policy"] for line in done.stdout.splitlines()} == {policy.hash}


def test_the_same_seed_tells_the_same_and_text_tells_it_too() -> None:
    once, again = (CliRunner().invoke(cli, ["evaluate", "random", *SMALL]).stdout for _ in range(2))
    assert once == again
    assert once.startswith("score ")
    assert '"seeds": "evaluation"' in once


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["clever", "--task", "forage"], "no such file: take one, or random or scripted"),
        (["README.md", "--task", "forage"], "README.md: it is not a policy"),
        (["random", "--task", "sleep"], "forage"),
        (["random", "--task", "forage", "--option", "wings=2"], "NAME=NUMBER"),
        (["random", "--task", "forage", "--option", "side=65"], "power of two"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", *arguments]) != 0
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert said in line
