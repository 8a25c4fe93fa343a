"""Training in a folder: it begins only where it may, ends when it should, keeps what is needed, and survives being killed."""

from __future__ import annotations

import errno
import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from ninepixel.agents.learning.checkpoint import Checkpoints
from ninepixel.agents.learning.folder import BadRun, begun
from ninepixel.agents.learning.ppo import Diverged, Learner
from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.learning.train import Plan, Watch, device_named, train
from ninepixel.agents.tasks import Task
from ninepixel.world.store.errors import StoreError
from ninepixel.world.thought.artefact import Policy

#: Of one update of the small run.
STEPS = 16 * 8


def test_everything_is_there_at_the_end(tmp_path: Path, meadow: Task, small: Settings) -> None:
    told: list[dict[str, float]] = []
    found = train(meadow, small, Plan(3 * STEPS), tmp_path / "deep" / "run", seed=4, watch=Watch(told.append))
    out = tmp_path / "deep" / "run"
    names = {path.name for path in out.iterdir()}
    assert names == {
        ".lock",
        "run.json",
        "tensorboard",
        "forage.policy",
        "report.json",
        "curves.png",
        f"{3 * STEPS:018d}.checkpoint",
    }
    policy, report = Policy.load(out / "forage.policy"), json.loads((out / "report.json").read_text())
    assert policy.hash == report["hash"] == found["hash"]
    assert report["ended"] == found["ended"] == "steps"
    assert report["settings"] == policy.manifest["settings"] == small.plain()
    assert report["versions"]["torch"] == policy.manifest["versions"]["torch"]
    assert (report["seed"], policy.manifest["seed"]) == (4, 4)
    assert [row["steps"] for row in told] == report["curves"]["steps"] == [STEPS, 2 * STEPS, 3 * STEPS]
    assert list((out / "tensorboard").iterdir())
    assert found["policy"] == str(out / "forage.policy")


def test_a_run_goes_on_from_its_last_checkpoint_and_ends_where_it_would_have(
    tmp_path: Path, meadow: Task, small: Settings
) -> None:
    whole = train(meadow, small, Plan(6 * STEPS), tmp_path / "whole")
    rows = [0]

    def stop() -> bool:
        return rows[0] >= 2

    def count(row: dict[str, float]) -> None:
        rows[0] += 1

    parts = train(meadow, small, Plan(6 * STEPS), tmp_path / "parts", watch=Watch(count, stop))
    assert (parts["ended"], parts["steps"]) == ("stopped", 2 * STEPS)
    parts = train(meadow, small, Plan(6 * STEPS), tmp_path / "parts", resume=True)
    assert (parts["ended"], parts["steps"]) == ("steps", 6 * STEPS)
    assert parts["hash"] == whole["hash"]
    curves = [json.loads((tmp_path / name / "report.json").read_text())["curves"] for name in ("whole", "parts")]
    assert curves[0]["kl"] == curves[1]["kl"]
    assert curves[0]["steps"] == curves[1]["steps"]


def test_a_run_without_a_checkpoint_begins_anew(tmp_path: Path, meadow: Task, small: Settings) -> None:
    whole = train(meadow, small, Plan(2 * STEPS), tmp_path / "whole", seed=9)
    for path in Checkpoints(tmp_path / "whole").paths():
        path.unlink()
    again = train(meadow, small, Plan(2 * STEPS), tmp_path / "whole", seed=9, resume=True)
    assert again["hash"] == whole["hash"]


def test_the_end_comes_by_minutes_and_by_patience(tmp_path: Path, meadow: Task, small: Settings) -> None:
    found = train(meadow, small, Plan(10**9, minutes=0.3 / 60), tmp_path / "minutes")
    assert found["ended"] == "minutes"
    assert 0.3 <= found["seconds"] < 60
    found = train(meadow, replace(small, rate=0.0), Plan(10**9, patience=10 * STEPS), tmp_path / "patience")
    assert found["ended"] == "patience"
    report = json.loads((tmp_path / "patience" / "report.json").read_text())["curves"]
    returns = [-math.inf if value is None else value for value in report["return"]]
    assert len(returns) - 1 - returns.index(max(returns)) == 10


def test_progress_is_what_is_farther_steps_or_minutes() -> None:
    assert Plan(100).progress(25, 1e9) == 0.25
    assert Plan(100, minutes=1).progress(25, 30) == 0.5
    assert Plan(100, minutes=1).progress(75, 30) == 0.75
    assert Plan(100, minutes=1).progress(300, 300) == 1


# -- folders -----------------------------------------------------------------------------------------------------------


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_of_other_things_is_left_alone(tmp_path: Path, meadow: Task, small: Settings, resume: bool) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(BadRun, match="holds no run: leave --resume out" if resume else "is not empty and holds no run"):
        train(meadow, small, Plan(STEPS), tmp_path, resume=resume)
    assert files(tmp_path) == {"thesis.txt": b"mine"}


def test_a_run_is_not_begun_over_another(tmp_path: Path, meadow: Task, small: Settings) -> None:
    train(meadow, small, Plan(STEPS), tmp_path)
    before = files(tmp_path)
    with pytest.raises(BadRun, match="holds a run already: take --resume to go on with it, or another folder"):
        train(meadow, small, Plan(STEPS), tmp_path)
    assert files(tmp_path) == before


def test_a_folder_that_is_none_and_one_that_cannot_be_made(tmp_path: Path, meadow: Task, small: Settings) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRun, match="is not empty"):
        train(meadow, small, Plan(STEPS), tmp_path / "file")
    with pytest.raises(StoreError, match=r"cannot be written: Not a directory"):
        train(meadow, small, Plan(STEPS), tmp_path / "file" / "run")


def test_what_a_run_is_can_be_read_and_what_is_none_is_refused(tmp_path: Path, meadow: Task, small: Settings) -> None:
    assert begun(tmp_path / "nowhere") is None
    train(meadow, small, Plan(STEPS), tmp_path / "run", seed=3)
    run = begun(tmp_path / "run")
    assert run is not None
    assert (run["task"], run["seed"], Settings.of(run["settings"])) == ("forage", 3, small)
    for content in ("{", "[]", '{"format": "ninepixel-run", "task": "forage"}', '{"task": "a", "seed": 1, "settings": {}}'):
        (tmp_path / "run" / "run.json").write_text(content)
        with pytest.raises(BadRun, match=r"run\.json: "):
            begun(tmp_path / "run")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
def test_two_processes_do_not_train_in_one_folder(tmp_path: Path, meadow: Task, small: Settings) -> None:
    def meanwhile(row: dict[str, float]) -> None:
        with pytest.raises(BadRun, match="another process is training there"):
            train(meadow, small, Plan(STEPS), tmp_path, resume=True)

    train(meadow, small, Plan(STEPS), tmp_path, watch=Watch(meanwhile))


def test_a_torn_checkpoint_is_passed_over_and_damaged_ones_are_told(tmp_path: Path, meadow: Task, small: Settings) -> None:
    train(meadow, small, Plan(3 * STEPS, checkpoint_seconds=0), tmp_path)
    newest = Checkpoints(tmp_path).paths()[-1]
    newest.write_bytes(newest.read_bytes()[:-9])
    steps: list[float] = []
    train(meadow, small, Plan(4 * STEPS), tmp_path, resume=True, watch=Watch(lambda row: steps.append(row["steps"])))
    assert steps == [3 * STEPS, 4 * STEPS]
    for path in Checkpoints(tmp_path).paths():
        path.write_bytes(b"")
    with pytest.raises(StoreError, match="damaged"):
        train(meadow, small, Plan(4 * STEPS), tmp_path, resume=True)


# -- misfortune --------------------------------------------------------------------------------------------------------


def test_a_full_disk_stops_no_run_but_the_end_says_so(
    tmp_path: Path, meadow: Task, small: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    updates = [0]
    real = os.write

    def write(handle: int, data: Any) -> int:
        if updates[0] >= 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, data)

    def count(row: dict[str, float]) -> None:
        updates[0] += 1

    monkeypatch.setattr("ninepixel.world.store.files.os.write", write)
    with pytest.raises(StoreError, match=r"forage\.policy: cannot be written: No space left on device"):
        train(meadow, small, Plan(5 * STEPS, checkpoint_seconds=0), tmp_path, watch=Watch(count))
    monkeypatch.undo()
    assert updates[0] == 5
    assert "training goes on, and the checkpoint before it is still there" in caplog.text
    found = train(meadow, small, Plan(5 * STEPS), tmp_path, resume=True)
    assert found["steps"] == 5 * STEPS


def test_a_run_that_diverges_says_so_and_keeps_its_last_checkpoint(
    tmp_path: Path, meadow: Task, small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Learner.learn

    def learn(self: Learner, rollouts: Any, rate: float, bonus: float = 1.0) -> dict[str, float]:
        if self.updates >= 2:
            rollouts[0].rewards[...] = math.nan
        return real(self, rollouts, rate, bonus)

    monkeypatch.setattr(Learner, "learn", learn)
    with pytest.raises(Diverged, match="diverged"):
        train(meadow, replace(small, most_skipped=3), Plan(50 * STEPS, checkpoint_seconds=0), tmp_path)
    newest = Checkpoints(tmp_path).newest()
    assert newest is not None
    assert newest.meta["steps"] <= 3 * STEPS
    assert not (tmp_path / "forage.policy").exists()


def test_torch_is_left_as_it_was(tmp_path: Path, meadow: Task, small: Settings) -> None:
    before = (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled())
    torch.set_num_threads(2)
    train(meadow, small, Plan(STEPS), tmp_path, threads=1)
    assert torch.get_num_threads() == 2
    assert torch.are_deterministic_algorithms_enabled() == before[1]
    torch.set_num_threads(before[0])


def test_a_gpu_is_taken_only_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert (device_named("auto").type, device_named("cpu").type) == ("cpu", "cpu")
    with pytest.raises(BadRun, match="take --device cpu"):
        device_named("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert (device_named("auto").type, device_named("cuda").type, device_named("cpu").type) == ("cuda", "cuda", "cpu")


RUN = """
import sys
from pathlib import Path
from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.learning.train import Plan, Watch, train
from ninepixel.agents.tasks import TASKS
task = TASKS["forage"].with_options(agents=4, horizon=40)
settings = Settings(hidden=16, envs=16, groups=2, ticks=8, epochs=2, minibatches=2, window=64)
say = lambda row: print(int(row["steps"]), flush=True)
train(task, settings, Plan(int(sys.argv[2]), checkpoint_seconds=0.05), Path(sys.argv[1]), seed=7,
      threads=1, resume=sys.argv[3] == "resume", watch=Watch(say))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_run_that_is_killed_loses_no_more_than_an_interval_and_ends_as_if_nothing_had_happened(
    tmp_path: Path, meadow: Task, small: Settings
) -> None:
    """Killed twice, at whatever it was doing, also while a checkpoint is written; then it goes on to the end."""
    updates = 400
    said: list[list[int]] = []
    for life in ("begin", "resume"):
        command = [sys.executable, "-c", RUN, str(tmp_path / "run"), str(updates * STEPS), life]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            steps: list[int] = []
            for line in process.stdout:
                steps.append(int(line))
                if len(steps) >= 25 and len(Checkpoints(tmp_path / "run").paths()) >= 2:
                    break
            process.send_signal(signal.SIGKILL)
            steps += [int(line) for line in process.stdout]
        assert process.returncode == -signal.SIGKILL, "it should have been running still"
        said.append(steps)
    newest = Checkpoints(tmp_path / "run").newest()
    assert newest is not None
    # a checkpoint is due every 0.05 s of training; what is lost is what was told after the last one
    assert said[1][0] > STEPS, "it went on and did not begin anew"
    assert newest.meta["steps"] >= said[1][0]
    assert newest.meta["steps"] <= said[1][-1]
    end = newest.meta["steps"] + 5 * STEPS
    killed = train(meadow, small, Plan(updates * STEPS), tmp_path / "run", seed=7, threads=1, resume=True, watch=until(end))
    whole = train(meadow, small, Plan(updates * STEPS), tmp_path / "whole", seed=7, threads=1, watch=until(end))
    assert killed["steps"] == whole["steps"] == end
    assert killed["hash"] == whole["hash"]


def until(steps: int) -> Watch:
    """Stop after so many steps."""
    seen = [0.0]

    def row(figures: dict[str, float]) -> None:
        seen[0] = figures["steps"]

    return Watch(row, lambda: seen[0] >= steps)


def test_checkpoints_come_at_their_time(tmp_path: Path, meadow: Task, small: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that each update moves on by 10 seconds."""
    now = [0.0]
    monkeypatch.setattr("ninepixel.agents.learning.train.time.monotonic", lambda: now[0])
    written: list[int] = []
    monkeypatch.setattr(Checkpoints, "write", lambda self, steps, kept: written.append(steps // STEPS))

    def tick(row: dict[str, float]) -> None:
        now[0] += 10

    train(meadow, small, Plan(9 * STEPS, checkpoint_seconds=30), tmp_path, watch=Watch(tick))
    assert written == [3, 6, 9, 9]
