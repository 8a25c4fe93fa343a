"""``ninepixel affect``, ``birth`` and ``dream``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command import ninepixel
from dream_places import policy, saved
from ninepixel.cli import main
from ninepixel.world.affect import FEELINGS

BIRTH = ("--minds", "1", "--repeats", "1", "--seed", "3", "--threads", "1")


def test_affect_says_how_often_and_what_it_foretells(capfd: pytest.CaptureFixture[str]) -> None:
    small = ("--task", "survive", "--worlds", "2", "--ticks", "72", "--threads", "1")
    done = ninepixel(capfd, "affect", "scripted", *small, "--json")
    assert done.code == 0
    assert [row["metric"] for row in done.rows] == [*FEELINGS, "odds of harm if afraid", "odds of blow if afraid"]
    assert {(row["policy"], row["task"], row["excited"]) for row in done.rows} == {("scripted", "ninepixel/Survive-v0", 4096)}
    text = ninepixel(capfd, "affect", "random", *small, "--excited", "1").out
    assert text.startswith("afraid ")


def test_birth_has_a_table_and_a_verdict(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.policy").write_bytes(policy())
    (tmp_path / "report.json").write_text(json.dumps({"curves": {"novelty": [9, 5, 3, 2, 1, 1, 1, 1, 1, 1]}}))
    done = ninepixel(capfd, "birth", tmp_path / "a.policy", *BIRTH, "--json")
    assert done.code == 0
    assert done.rows[0]["row"] == "fear"
    assert {"feared", "worlds", "tested", "born", "lost", "policy", "task"} <= done.last.keys()
    assert done.last["plateau"] is True
    assert done.last["policy"] not in ("random", "scripted")
    text = ninepixel(capfd, "birth", "scripted", *BIRTH)
    assert text.code == 0
    assert "no curve of its training" in text.out.splitlines()[-1]


def test_dream_tells_of_moments_and_leaves_the_save_alone(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = saved(tmp_path / "a.9px")
    before = file.read_bytes()
    short = ("--ticks", "48", "--every", "16", "--dreams", "2", "--horizon", "16", "--mind", "1")
    done = ninepixel(capfd, "dream", file, *short, "--most", "2", "--picture", tmp_path / "d.gif", "--size", "64x48", "--json")
    assert done.code == 0
    assert [row["row"] for row in done.rows] == ["moment", "moment", "waking"]
    assert done.rows[0]["surprise"] >= done.rows[1]["surprise"]
    assert {"tick", "lived", "dreamed", "low", "high", "greedy", "regret", "value", "change", "feels"} <= done.rows[0].keys()
    assert (done.last["moments"], done.last["dreams"]) == (3, 9)
    assert (tmp_path / "d.gif").read_bytes()[:4] == b"GIF8"
    assert file.read_bytes() == before
    text = ninepixel(capfd, "dream", file, *short, "--policy", "scripted")
    assert "3 moments, 9 dreams" in text.out.splitlines()[-1]
    assert done.last["digest"] in text.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["affect", "clever", "--task", "forage"], "no such file: take one, or "),
        (["birth", "README.md"], "README.md: it is not a policy"),
        (["birth", "random", "--task", "forage"], "forage"),
        (["birth", "random", "--report", "nowhere.json"], "nowhere.json: cannot be read"),
        (["dream", "nowhere.9px"], "nowhere.9px"),
        (["dream", "README.md"], "README.md"),
        (["dream", "nowhere.9px", "--picture", "d.txt"], "d.txt"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) != 0
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert said in line
