"""Reports: JSON that any reader takes, a picture with every curve, logs that harm no run."""

from __future__ import annotations

import builtins
import json
import math
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import pytest

from ninepixel.agents.learning import report
from ninepixel.agents.learning.curves import FIGURES, NAMES
from ninepixel.agents.learning.report import PANELS, Logs, plain, write_picture, write_report


def rows(count: int) -> list[dict[str, float]]:
    """Made-up updates; the first has no lives yet."""
    return [
        dict.fromkeys(NAMES, 1.5) | {"steps": 1e6 * (i + 1), "return": math.nan if i == 0 else float(i), "noise_scale": math.inf}
        for i in range(count)
    ]


def test_the_report_is_strict_json_with_a_column_for_every_figure(tmp_path: Path) -> None:
    write_report(tmp_path, {"task": "t", "seed": 4}, rows(3))

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    found = json.loads((tmp_path / "report.json").read_text(), parse_constant=refuse)
    assert found["seed"] == 4
    assert found["curves"]["return"] == [None, 1, 2]
    assert found["curves"].keys() == found["figures"].keys() == FIGURES.keys()
    assert found["last"]["steps"] == 3_000_000
    assert found["machine"]["python"]


def test_a_report_of_nothing_is_a_report(tmp_path: Path) -> None:
    write_report(tmp_path, {}, [])
    write_picture(tmp_path / "curves.png", "nothing", [])
    assert json.loads((tmp_path / "report.json").read_text())["last"] is None
    assert imageio.imread(tmp_path / "curves.png").shape[:2] == (900, 1300)


def test_the_picture_has_a_panel_for_every_curve(tmp_path: Path) -> None:
    drawn = {name for _, names in PANELS for name in names}
    assert {"return", "score", "length", "kl", "noise_scale", "novelty", "steps_per_s"} <= drawn <= set(NAMES)
    write_picture(tmp_path / "curves.png", "a run", rows(5000))
    once = imageio.imread(tmp_path / "curves.png")
    write_picture(tmp_path / "curves.png", "a run", rows(2))
    assert (once != imageio.imread(tmp_path / "curves.png")).any()


def without(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """As if a library were not installed."""
    real = builtins.__import__

    def importing(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith(missing):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", importing)


def test_what_is_not_installed_is_said_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    without(monkeypatch, "matplotlib")
    write_picture(tmp_path / "curves.png", "a run", rows(2))
    without(monkeypatch, "torch.utils.tensorboard")
    logs = Logs(tmp_path / "logs")
    logs.write(rows(1)[0])
    logs.close()
    assert not list(tmp_path.iterdir())
    assert "pip install matplotlib" in caplog.text
    assert "pip install tensorboard" in caplog.text


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """What TensorBoard would show."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder))
    found.Reload()
    return {name: [(event.step, event.value) for event in found.Scalars(name)] for name in found.Tags()["scalars"]}


def test_logs_hold_every_figure_that_is_a_number_and_drop_what_a_resumed_run_does_again(tmp_path: Path) -> None:
    first = Logs(tmp_path)
    for row in rows(4):
        first.write(row)
    first.close()
    second = Logs(tmp_path, 2_000_000)
    for row in rows(3)[2:]:
        second.write(row)
    second.close()
    found = scalars(tmp_path)
    assert found["return"] == [(2_000_000, 1), (3_000_000, 2)]
    assert set(found) == set(NAMES) - {"steps"}


def test_logs_that_cannot_be_written_harm_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "logs").write_text("in the way")
    logs = Logs(tmp_path / "logs")
    logs.write(rows(1)[0])
    logs.close()
    assert "TensorBoard logs cannot be written" in caplog.text
    logs = Logs(tmp_path / "other")

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    logs._writer.add_scalar = full
    logs.write(rows(1)[0])
    logs.write(rows(1)[0])
    assert "No space left on device" in caplog.text


def test_numbers_are_told_as_they_are() -> None:
    assert plain({"a": 3.0, "b": 0.5, "c": math.nan, "d": -math.inf}) == {"a": 3, "b": 0.5, "c": None, "d": None}
    assert report.REPORT == "report.json"
