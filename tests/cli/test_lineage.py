"""``ninepixel run --lineage`` and ``ninepixel lineage``."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from command import ninepixel
from ninepixel.cli.lineage import ENDINGS

Capture = pytest.CaptureFixture[str]
TICKS = 1000


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a save and the lineage that was recorded while it ran."""
    from ninepixel.cli import main

    folder = tmp_path_factory.mktemp("recorded")
    run = [
        "run",
        "--still",
        "--minds",
        "24",
        "--policy",
        "instinct",
        "--ticks",
        str(TICKS),
        "--save",
        str(folder / "u.9px"),
        "--json",
    ]
    assert main([*run, "--lineage", str(folder / "u.json")]) == 0
    return folder


def test_a_replay_gives_the_lineage_that_was_recorded_live(recorded: Path, tmp_path: Path, capfd: Capture) -> None:
    again = tmp_path / "again.json"
    replayed = ninepixel(capfd, "lineage", recorded / "u.9px", "--out", again, "--json")
    assert replayed.code == 0, replayed.err
    live = ninepixel(capfd, "lineage", recorded / "u.json", "--json")
    assert replayed.rows == live.rows
    lines, others = (file.read_text().splitlines() for file in (again, recorded / "u.json"))
    assert lines[1:] == others[1:]
    assert live.last["hatched"] >= 1
    assert live.last["lives"] == len(live.rows) - 1 == len(lines) - 1


def test_the_lineage_is_as_long_as_the_state_says(recorded: Path, capfd: Capture) -> None:
    from ninepixel import Universe
    from ninepixel.world.life.columns import NEXT_SERIAL

    state = Universe.load(recorded / "u.9px").pull()
    assert ninepixel(capfd, "lineage", recorded / "u.json", "--json").last["lives"] == int(state.chronicle[0, NEXT_SERIAL]) - 1


def test_people_see_a_summary_and_a_tree(recorded: Path, capfd: Capture) -> None:
    said = ninepixel(capfd, "lineage", recorded / "u.json")
    assert said.code == 0
    assert "24 founders" in said.out
    assert "descendants" in said.out
    assert "├── m" in said.out


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_lineage_is_written_in_every_format(recorded: Path, tmp_path: Path, capfd: Capture, ending: str) -> None:
    out = tmp_path / f"l{ending}"
    assert ninepixel(capfd, "lineage", recorded / "u.json", "--out", out).code == 0
    if ending == ".png":
        with Image.open(out) as image:
            assert image.size == (1600, 1000)
    else:
        assert out.read_text().startswith({".nwk": "(", ".graphml": "<?xml"}.get(ending, '{"format": "ninepixel lineage"'))


def test_a_universe_without_minds_has_an_empty_lineage(tmp_path: Path, capfd: Capture) -> None:
    file = tmp_path / "l.json"
    assert ninepixel(capfd, "run", "--still", "--minds", 0, "--ticks", 3, "--lineage", file, "--json").code == 0
    assert ninepixel(capfd, "lineage", file, "--json").last["lives"] == 0
    assert ninepixel(capfd, "lineage", file).code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("lineage", "none.json"), 1, "none.json: cannot be read: No such file or directory"),
        (("lineage", "none.9px"), 1, "none.9px"),
        (("lineage", "bad.json"), 1, "bad.json: is no lineage: line 1 is no JSON object"),
        (("lineage", "bad.json", "--out", "x.gif"), 2, "'x.gif' must end in .json or .jsonl or .nwk or .graphml or .png"),
        (("run", "--lineage", "x.txt"), 2, "'x.txt' must end in"),
    ],
)
def test_bad_input_is_one_line(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.json").write_bytes(b"\xff\x00")
    said = ninepixel(capfd, *arguments)
    assert said.code == code
    assert says in said.err
    assert len(said.err.splitlines()) == 1


def test_the_help_knows_the_endings() -> None:
    from ninepixel.agents.evolution.formats import WRITERS

    assert tuple(WRITERS) == ENDINGS
