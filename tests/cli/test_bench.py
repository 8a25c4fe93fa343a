"""``ninepixel bench``: the rows that scripts read."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import ninepixel
from ninepixel.cli.bench import figure_row
from ninepixel.world.physics.bench import Figure

Capture = pytest.CaptureFixture[str]
PINNED = {"bench", "metric", "value", "unit", "min", "max", "n", "backend"}


def test_a_row_is_the_median_and_the_extremes() -> None:
    row = figure_row(
        "physics", Figure("ms_per_tick", "ms", [3.0, 1.0, 2.0, 9.0, 4.0], {"bodies": 9}), {"backend": "cpu", "threads": 2}
    )
    assert row == {
        "bench": "physics", "metric": "ms_per_tick", "value": 3.0, "unit": "ms", "min": 1.0, "max": 9.0, "n": 5,
        "backend": "cpu", "threads": 2, "bodies": 9,
    }  # fmt: skip


def test_physics_rows(capfd: Capture) -> None:
    said = ninepixel(capfd, "bench", "physics", "--bodies", 600, "--ticks", 1, "--repeats", 3, "--backend", "cpu", "--json")
    assert said.code == 0, said.err
    row = next(r for r in said.rows if r["metric"] == "ms_per_tick")
    assert row.keys() >= PINNED | {"threads", "bodies"}
    assert (row["bench"], row["unit"], row["n"], row["bodies"]) == ("physics", "ms", 3, 600)
    assert 0 < row["min"] <= row["value"] <= row["max"]
    assert {r["metric"] for r in said.rows} >= {"roofline_force_ms", "roofline_memory_ms"}


def test_fields_rows(capfd: Capture) -> None:
    said = ninepixel(capfd, "bench", "fields", "--side", 64, "--repeats", 2, "--backend", "cpu", "--threads", 1, "--json")
    row = next(r for r in said.rows if r["metric"] == "ticks_per_s")
    assert row.keys() >= PINNED | {"threads", "cells"}
    assert (row["cells"], row["threads"], row["n"]) == (4096, 1, 2)


@pytest.mark.gl
def test_render_rows(capfd: Capture) -> None:
    said = ninepixel(capfd, "bench", "render", "--bodies", 300, "--frames", 3, "--size", "64x64", "--json")
    assert said.code == 0, said.err
    assert said.rows[0].keys() >= PINNED
    assert said.rows[0]["metric"] == "frames_per_s"


def test_scan_rows_of_a_tree_that_is_made_and_of_one_that_is_there(tmp_path: Path, capfd: Capture) -> None:
    made = ninepixel(capfd, "bench", "scan", "--files", 130, "--repeats", 1, "--json")
    assert made.code == 0, made.err
    assert [r["metric"] for r in made.rows] == ["scan_s", "bare_walk_s", "stat_walk_s", "scan_over_bare_walk"]
    assert made.rows[0].keys() >= PINNED
    assert made.rows[0]["entries"] == 130 + 7  # seven folders with twenty files at most, the root among them
    (tmp_path / "a.txt").write_text("a")
    there = ninepixel(capfd, "bench", "scan", tmp_path, "--repeats", 1, "--json")
    assert there.rows[0]["entries"] == 2


def test_text_is_one_line_a_figure(capfd: Capture) -> None:
    said = ninepixel(capfd, "bench", "fields", "--side", 64, "--repeats", 1, "--backend", "cpu")
    assert said.out.splitlines()[0].startswith("fields ticks_per_s: ")
    assert "1/s" in said.out


def test_env_tells_of_every_interface_with_the_tags_that_scripts_read(capfd: Capture) -> None:
    sizes = ("--agents", 2, "--worlds", 2, "--seconds", 0.01, "--repeats", 1)
    said = ninepixel(capfd, "bench", "env", *sizes, "--no-peers", "--json")
    assert said.code == 0, said.err
    assert all(row.keys() >= PINNED for row in said.rows)
    rates = [row for row in said.rows if row["metric"] == "agent_steps_per_s"]
    assert {row["obs"] for row in rates} == {"retina", "compact", "pixels"}
    assert {row["api"] for row in rates} >= {"Gymnasium vector", "PettingZoo parallel", "Gymnasium"}
    assert {row["metric"] for row in said.rows} >= {"ticks_per_s", "fork_ms", "reset_ms", "first_step_s"}


def test_recovery_tells_what_was_lost_and_how_long_it_took(capfd: Capture) -> None:
    said = ninepixel(capfd, "bench", "recovery", "--kills", 1, "--entities", 2000, "--repeats", 1, "--json")
    assert said.code == 0, said.err
    assert all(row.keys() >= PINNED and row["bench"] == "recovery" for row in said.rows)
    rows = {row["metric"]: row for row in said.rows}
    assert [rows[metric]["value"] for metric in ("lost_commands", "applied_twice", "other_digests")] == [0, 0, 0]
    assert rows["lost_commands"]["kills"] == 1
    assert 0 < rows["recover_s"]["value"] < rows["accepting_s"]["value"]
    assert rows["recover_s"]["bodies"] > 1500
    assert rows["recover_s"]["replayed"] >= 10
