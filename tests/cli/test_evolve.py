"""``ninepixel evolve``, from its arguments to its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command import ninepixel
from ninepixel.agents.evolution.report import BEGIN, END, around, tables
from ninepixel.agents.evolution.worlds import HABITATS
from ninepixel.cli import evolve

Capture = pytest.CaptureFixture[str]


def test_a_quick_experiment_from_end_to_end(tmp_path: Path, capfd: Capture) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Evolution\n{BEGIN}{END}")
    said = ninepixel(capfd, "evolve", "--quick", "--out", tmp_path / "out", "--write", page, "--threads", 1, "--json")
    assert said.code == 0, said.err
    found = json.loads((tmp_path / "out" / "evolution.json").read_text())
    assert said.last == {"event": "end", **found}
    assert tables(found) in page.read_text()
    assert (tmp_path / "out" / "evolution.png").exists()
    assert found["courses"]["haunted"]["natural"]["born"] > 48
    again = ninepixel(capfd, "evolve", "--quick", "--out", tmp_path / "out")
    assert again.code == 1
    assert "holds the results of another experiment: name a new folder" in again.err


def test_the_page_has_a_place_for_tables() -> None:
    head, _ = around(Path(__file__).parents[2] / "docs" / "EVOLUTION.md")
    assert "ninepixel evolve --out DIR --write docs/EVOLUTION.md" in head


def test_the_help_knows_the_habitats(capfd: Capture) -> None:
    assert tuple(habitat.name for habitat in HABITATS) == evolve.HABITATS
    assert "library" in ninepixel(capfd, "evolve", "--help").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--write", "none.md"), "none.md: cannot be read: No such file or directory"),
        (("--write", "plain.md"), "plain.md: has no place for tables"),
        (("--policy", "plain.md"), "plain.md"),
        (("--out", "plain.md/x"), "cannot be made"),
    ],
)
def test_bad_input_is_one_line_before_the_long_run(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain.md").write_text("x")
    said = ninepixel(capfd, "evolve", "--quick", "--out", tmp_path / "out", *arguments)
    assert said.code == 1
    assert says in said.err
    assert len(said.err.splitlines()) == 1
    assert not (tmp_path / "out" / "evolution.json").exists()
