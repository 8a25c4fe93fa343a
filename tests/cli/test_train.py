"""``ninepixel train``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib import machinery
from pathlib import Path

import pytest

import ninepixel.cli.train as module
from command import ninepixel
from ninepixel.world.thought.artefact import Policy

Capture = pytest.CaptureFixture[str]
#: A run whose updates take milliseconds: 16 agents in 2 worlds.
SMALL = ("--envs", 16, "--hidden", 16, "--set", "ticks=8", "--set", "minibatches=2", "--device", "cpu")
STEPS = 16 * 8


def test_it_trains_and_tells_a_row_an_update_and_one_at_the_end(capfd: Capture, tmp_path: Path) -> None:
    said = ninepixel(capfd, "train", "forage", "--steps", 3 * STEPS, "--out", tmp_path, "--seed", 5, *SMALL, "--json")
    assert said.code == 0, said.err
    assert [row["steps"] for row in said.rows[:-1]] == [STEPS, 2 * STEPS, 3 * STEPS]
    assert {"return", "score", "kl", "noise_scale", "steps_per_s", "simulate", "infer", "learn"} <= said.rows[0].keys()
    assert said.rows[0]["return"] is None, "nobody has lived to the end yet"
    assert said.last["ended"] == "steps"
    policy = Policy.load(Path(said.last["policy"]))
    assert policy.manifest["command"] == f"ninepixel train forage --steps {3 * STEPS} --seed 5"
    assert policy.hash == said.last["hash"]
    assert json.loads((tmp_path / "report.json").read_text())["settings"]["hidden"] == 16


def test_without_json_there_is_one_row_and_a_resumed_run_takes_its_settings_along(capfd: Capture, tmp_path: Path) -> None:
    first = ninepixel(capfd, "train", "forage", "--steps", STEPS, "--out", tmp_path, "--seed", 5, "--no-curiosity", *SMALL)
    assert first.code == 0, first.err
    assert len(first.rows) == 1
    again = ninepixel(capfd, "train", "forage", "--steps", 2 * STEPS, "--out", tmp_path, "--resume")
    assert again.code == 0, again.err
    assert again.last["steps"] == 2 * STEPS
    assert again.last["seed"] == 5
    assert again.last["settings"] == first.last["settings"]
    assert again.last["settings"]["curiosity"] is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["forage"], "Missing option '--out'"),
        (["sleep", "--out", "OUT"], "'sleep' is not one of 'forage'"),
        (["forage", "--out", "OUT", "--steps", "0"], "'--steps'"),
        (["forage", "--out", "OUT", "--hidden", "60"], "setting hidden is a multiple of 16"),
        (["forage", "--out", "OUT", "--envs", "30"], "make it 16, or another multiple of 16"),
        (["forage", "--out", "OUT", "--set", "speed=3"], "there is no setting 'speed'"),
        (["forage", "--out", "OUT", "--set", "rate"], "--set takes NAME=VALUE, not 'rate'"),
        (["forage", "--out", "OUT", "--set", "rate=fast"], "--set takes a number, true or false for rate, not 'fast'"),
        (["forage", "--out", "OUT", "--set", "gamma=7"], "setting gamma is from 0 to 1, not 7"),
        (["forage", "--out", "OUT", "--resume"], "holds no run: leave --resume out to begin one"),
        (["forage", "--out", "OUT", "--minutes", "0"], "'--minutes'"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(capfd: Capture, tmp_path: Path, arguments: list[str], said: str) -> None:
    found = ninepixel(capfd, "train", *[str(tmp_path / "run") if a == "OUT" else a for a in arguments])
    assert found.code in (1, 2)
    assert found.out == ""
    (line,) = found.err.strip().splitlines()
    assert said in line
    assert "defect" not in line
    assert not (tmp_path / "run" / "run.json").exists()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--seed", 6], "has seed 5, not 6"),
        (["--hidden", 32], "has hidden 16, not 32"),
        (["--curiosity"], "has curiosity False, not True"),
        (["--set", "ticks=9"], "has ticks 8, not 9"),
    ],
)
def test_a_run_is_resumed_as_it_is(capfd: Capture, tmp_path: Path, option: list[object], said: str) -> None:
    ninepixel(capfd, "train", "forage", "--steps", STEPS, "--out", tmp_path, "--seed", 5, "--no-curiosity", *SMALL)
    found = ninepixel(capfd, "train", "forage", "--steps", STEPS, "--out", tmp_path, "--resume", *option)
    assert found.code == 2
    assert said in found.err
    other = ninepixel(capfd, "train", "survive", "--steps", STEPS, "--out", tmp_path, "--resume")
    assert other.code == 2
    assert "has task forage, not survive" in other.err
    assert ninepixel(capfd, "train", "forage", "--out", tmp_path).err.count("take --resume to go on with it") == 1


def test_without_torch_it_says_how_to_get_it(capfd: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> machinery.ModuleSpec | None:
        return None

    monkeypatch.setattr(module, "find_spec", nothing)
    found = ninepixel(capfd, "train", "forage", "--out", tmp_path / "run")
    assert found.code == 1
    assert "learning needs torch, which is not installed: pip install 'ninepixel[train]'" in found.err
    assert not (tmp_path / "run").exists()


def test_help_needs_no_torch() -> None:
    """Neither the command line nor the rest of the package imports it."""
    script = (
        "import sys; sys.modules['torch'] = None\nfrom ninepixel.cli import main\nraise SystemExit(main(['train', '--help']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--checkpoint-seconds" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_polite_end_leaves_everything_written(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "ninepixel", "train", "forage", "--steps", str(10**9), "--out", str(tmp_path / "run")]
    command += [*map(str, SMALL), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        process.send_signal(number)
        rows = [json.loads(line) for line in process.stdout]
    assert process.returncode == 0
    assert rows[-1]["ended"] == "stopped"
    assert Policy.load(tmp_path / "run" / "forage.policy").hash == rows[-1]["hash"]
    assert len(list((tmp_path / "run").glob("*.checkpoint"))) == 1
