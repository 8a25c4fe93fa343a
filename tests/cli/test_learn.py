"""``--learn``: minds of a run go on learning, a replay does the same, and what makes no sense is said in a line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib import machinery
from pathlib import Path
from typing import Any

import psutil
import pytest

import ninepixel.cli.train as train
from command import in_a_process, ninepixel
from ninepixel.agents.learning.online import school as module
from ninepixel.cli.learning import Learn
from ninepixel.cli.loop import Beat
from ninepixel.world.thought import Policy, Shape

Capture = pytest.CaptureFixture[str]
PATIENCE = 120.0
#: Learning that takes milliseconds.
QUICK = [
    word for text in ("ticks=8", "batch=64", "offer=8", "minibatches=2", "warm=0", "nice=0") for word in ("--learn-set", text)
]


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "a.policy"
    Policy.random(Shape(16), 3).save(file)
    return file


def test_a_run_that_learns_is_run_again_exactly_and_its_policy_is_kept(policy: Path, tmp_path: Path) -> None:
    """Begun in a process of its own and ended by Ctrl-C once something has been learned."""
    saved, kept = tmp_path / "a.9px", tmp_path / "out.policy"
    command = [sys.executable, "-m", "ninepixel", "run", "--still", "--ticks", 1_000_000, "--minds", 6, "--rate", 200]
    command += ["--policy", policy, "--learn", *QUICK, "--learn-out", kept, "--save", saved, "--json"]
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    rows = list[dict[str, Any]]()
    for line in process.stdout:
        rows.append(json.loads(line))
        if sum(row.get("kind") == "policy" for row in rows) == 3:
            break
    learner = next(row["pid"] for row in rows if row.get("kind") == "ready")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    rows += [json.loads(line) for line in out.splitlines()]
    assert process.returncode == 130, err
    assert not psutil.pid_exists(learner)
    end = rows[-1]
    assert end["event"] == "end"
    assert end["interrupted"] is True
    assert end["learn"]["swaps"] >= 1
    assert end["learn"]["updates"] >= 2
    assert Policy.load(kept).manifest["parents"] == [Policy.load(policy).hash]
    again = in_a_process("replay", saved, "--verify", "--json")
    assert again.code == 0, again.err
    assert again.last["digest"] == end["digest"]


def test_without_learning_nothing_is_begun_and_nothing_more_is_said(
    policy: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "School", None)
    said = ninepixel(capfd, "run", "--still", "--ticks", 3, "--minds", 4, "--policy", policy, "--json")
    assert said.code == 0, said.err
    assert "learn" not in said.last


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--learn", "--minds", "0"], "--learn needs minds that act by a policy"),
        (["--learn", "--policy", "instinct"], "--learn needs minds that act by a policy"),
        (["--learn-out", "x.policy"], "go with --learn"),
        (["--learn-set", "rate=0.1"], "go with --learn"),
        (["--learn", "--learn-out", "x.txt"], "must end in .policy"),
        (["--learn", "--learn-set", "speed=3"], "there is no setting 'speed' of online learning"),
        (["--learn", "--learn-set", "ticks=0.5"], "setting ticks is an integer"),
        (["--learn", "--learn-set", "gamma=7"], "setting gamma is from 0 to 1"),
        (["--learn", "--learn-set", "gamma=nan"], "setting gamma is from 0 to 1"),
        (["--learn", "--learn-set", "gamma"], "--learn-set takes NAME=NUMBER, not 'gamma'"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(capfd: Capture, arguments: list[str], said: str) -> None:
    for verb in (["run", "--ticks", "1"], ["play", "--headless", "--ticks", "1"]):
        found = ninepixel(capfd, *verb, "--still", *arguments)
        assert found.code == 2, found.err
        (line,) = [line for line in found.err.strip().splitlines() if "error" in line]
        assert said in line


def test_without_torch_it_says_how_to_get_it(policy: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> machinery.ModuleSpec | None:
        return None

    monkeypatch.setattr(train, "find_spec", nothing)
    said = ninepixel(capfd, "run", "--still", "--ticks", 1, "--minds", 2, "--policy", policy, "--learn")
    assert said.code == 1
    assert "pip install 'ninepixel[train]'" in said.err


def test_playing_without_a_window_learns_too(policy: Path, tmp_path: Path, capfd: Capture) -> None:
    kept, picture = tmp_path / "kept.policy", tmp_path / "a.png"
    said = ninepixel(
        *(capfd, "play", "--headless", "--still", "--ticks", 10, "--minds", 4, "--policy", policy, "--learn"),
        *("--learn-out", kept, "--snapshot", picture, "--size", "64x64"),
    )
    assert said.code == 0, said.err
    assert Policy.load(kept).hash == Policy.load(policy).hash, "nothing can have been learned yet"


def test_every_minute_it_is_said_how_minds_fare(policy: Path, capfd: Capture) -> None:
    run = ("run", "--still", "--ticks", 2500, "--minds", 2, "--policy", policy, "--json")
    minutes = [row for row in ninepixel(capfd, *run).rows if row["event"] == "minute"]
    assert [row["tick"] for row in minutes] == [1200, 2400]
    assert all(0 <= row["satisfaction"] <= 1 for row in minutes)
    assert all(row["minds"] > 0 for row in minutes)
    assert "late_p99_ms" not in minutes[0], "nobody waits"
    assert minutes[0]["deaths"] > 0, "who has learned nothing starves"


def test_settlers_come_while_few_live(policy: Path, capfd: Capture) -> None:
    run = ("run", "--still", "--ticks", 200, "--minds", 2, "--policy", policy, "--json")
    alone, settled = (ninepixel(capfd, *run, "--settlers", n).last for n in (0, 8))
    assert settled["births"] >= alone["births"] + 6
    assert Learn(on=True).fewest(48) == 24
    assert Learn().fewest(48) == 0
    assert Learn(on=True, settlers=5).fewest(48) == 5


def test_a_rate_is_kept_to_and_lateness_is_told(policy: Path, capfd: Capture) -> None:
    start = time.monotonic()
    said = ninepixel(capfd, "run", "--still", "--ticks", 30, "--minds", 2, "--policy", policy, "--rate", 60, "--json")
    assert said.code == 0, said.err
    assert time.monotonic() - start >= 29 / 60
    beat = Beat(1000.0)
    for _ in range(5):
        beat.wait()
    told = beat.take()
    assert 0 <= told["late_p50_ms"] <= told["late_p99_ms"] <= told["late_max_ms"]
    assert beat.take() == {}
    hurry = Beat(None)
    hurry.wait()
    assert hurry.take() == {}


def test_twins_are_compared_and_what_came_of_it_is_written(policy: Path, tmp_path: Path) -> None:
    """Two minutes of a universe each, as fast as it goes; in processes, as it is used."""
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- twins -->\nold\n<!-- end of twins -->\nafter\n")
    command = [sys.executable, "-m", "ninepixel", "bench", "learn", "--policy", policy, "--out", tmp_path / "twins", "--pairs", 2]
    command += ["--minutes", 1, "--minds", 2, "--rate", 0, "--write", page, "--json", *QUICK]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"difference_last_third", "trend_per_10_minutes", "learning_ticks_per_s"} <= {row["metric"] for row in rows}
    report = json.loads((tmp_path / "twins" / "twins.json").read_text())
    assert report["seeds"] == [1, 2]
    assert len(report["learning"]) == 2
    assert (tmp_path / "twins" / "twins.png").read_bytes().startswith(b"\x89PNG")
    text = page.read_text()
    assert text.startswith("before\n<!-- twins -->\n2 pairs, 1 minutes")
    assert text.endswith("<!-- end of twins -->\nafter\n")
    assert "old" not in text


def test_a_page_without_a_place_for_the_table_is_left_as_it_is(policy: Path, tmp_path: Path, capfd: Capture) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing here\n")
    said = ninepixel(
        *(capfd, "bench", "learn", "--policy", policy, "--out", tmp_path / "t", "--pairs", 1, "--minutes", 1, "--minds", 2),
        *("--rate", 0, "--write", page),
    )
    assert said.code == 1
    assert "has no place for the table" in said.err
    assert page.read_text() == "nothing here\n"
    assert not (tmp_path / "t").exists(), "said before half an hour, and not after it"
