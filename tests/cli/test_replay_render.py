"""``ninepixel replay`` and ``ninepixel render`` on saves that ``run`` made."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from command import ninepixel
from ninepixel import Universe
from ninepixel.world.commands import Command

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def save(tmp_path: Path, capfd: Capture) -> Path:
    """Twenty ticks of the sample, marked at every fifth."""
    file = tmp_path / "u.9px"
    said = ninepixel(capfd, "run", "--still", "--ticks", 20, "--mark-every", 5, "--save", file, "--json")
    assert said.code == 0, said.err
    return file


def test_verify_runs_it_again_to_the_same_bit(save: Path, capfd: Capture) -> None:
    said = ninepixel(capfd, "replay", save, "--verify", "--json")
    assert said.code == 0, said.err
    assert said.last["ok"] is True
    assert said.last["ticks"] == 20
    assert said.last["marks"] >= 4
    assert said.last["first_difference"] is None
    assert said.last["digest"] == Universe.load(save).digest()


def test_without_verify_it_ends_in_the_same_state(save: Path, capfd: Capture) -> None:
    said = ninepixel(capfd, "replay", save)
    assert said.code == 0
    assert "nothing compared" in said.out
    assert Universe.load(save).digest() in said.out


def test_a_live_universe_with_processes_replays_too(tmp_path: Path, capfd: Capture) -> None:
    file = tmp_path / "live.9px"
    live = ninepixel(capfd, "run", "--ticks", 40, "--save", file, "--json").last
    said = ninepixel(capfd, "replay", file, "--verify", "--json").last
    assert said["ok"] is True
    assert said["digest"] == live["digest"]


def test_a_flipped_bit_is_an_error_and_not_a_universe(save: Path, capfd: Capture) -> None:
    raw = bytearray(save.read_bytes())
    raw[len(raw) // 2] ^= 4
    save.write_bytes(raw)
    said = ninepixel(capfd, "replay", save, "--verify")
    assert said.code == 1
    assert said.err.startswith("ninepixel: error: ")
    assert len(said.err.splitlines()) == 1


def test_a_history_that_does_not_lead_to_its_end_is_named(tmp_path: Path, capfd: Capture) -> None:
    file = tmp_path / "forged.9px"
    with Universe.from_path(_tree(tmp_path), still=True) as universe:
        for _ in range(4):
            universe.step()
        universe.mark()
        universe.pull().bodies["energy"][0, 3] ^= 1
        universe.recorder.checkpoint(universe.pull())
        universe.save(file)
    said = ninepixel(capfd, "replay", file, "--verify", "--json")
    assert said.code == 1
    assert said.last["ok"] is False
    assert said.last["first_difference"]["tick"] == 4
    assert said.last["first_difference"]["column"] == "energy"


def test_a_torn_file_can_be_recovered_when_asked(save: Path, capfd: Capture) -> None:
    save.write_bytes(save.read_bytes()[:-40])
    assert ninepixel(capfd, "replay", save, "--verify").code == 1
    said = ninepixel(capfd, "replay", save, "--verify", "--recover", "--json")
    assert said.code == 0, said.err
    assert said.last["torn"]


def test_render_draws_the_end(save: Path, tmp_path: Path, capfd: Capture) -> None:
    said = ninepixel(capfd, "render", save, "--out", tmp_path / "p.png", "--size", "320x180")
    assert said.code == 0, said.err
    with Image.open(tmp_path / "p.png") as image:
        assert image.size == (320, 180)
        assert image.info["ninepixel:tick"] == "20"


def test_render_goes_on_past_the_end(save: Path, tmp_path: Path, capfd: Capture) -> None:
    assert ninepixel(capfd, "render", save, "--out", tmp_path / "p.png", "--size", "64x64", "--ticks", 23).code == 0
    universe = Universe.load(save)
    for _ in range(3):
        universe.step()
    with Image.open(tmp_path / "p.png") as image:
        assert image.info["ninepixel:digest"] == universe.digest()


@pytest.mark.parametrize("suffix", ["gif", "mp4"])
def test_render_films_the_history(save: Path, tmp_path: Path, suffix: str, capfd: Capture) -> None:
    out = tmp_path / f"film.{suffix}"
    said = ninepixel(capfd, "render", save, "--out", out, "--every", 5, "--size", "64x48", "--fps", 10)
    assert said.code == 0, said.err
    assert said.out.strip() == f"{out}: 5 frames"
    if suffix == "gif":
        with Image.open(out) as image:
            assert image.n_frames == 5  # type: ignore[attr-defined]
    else:
        assert out.stat().st_size > 256


def test_a_save_without_ticks_is_no_film(tmp_path: Path, capfd: Capture) -> None:
    file = tmp_path / "u.9px"
    assert ninepixel(capfd, "run", "--still", "--ticks", 0, "--save", file).code == 0
    said = ninepixel(capfd, "render", file, "--out", tmp_path / "film.gif", "--size", "64x48")
    assert said.code == 1
    assert "holds no ticks" in said.err
    assert not (tmp_path / "film.gif").exists()


def test_render_obeys_the_commands_of_the_record(tmp_path: Path, capfd: Capture) -> None:
    file = tmp_path / "u.9px"
    with Universe.from_path(_tree(tmp_path), still=True) as universe:
        universe.step()
        universe.step([Command("matter.vanish", b"a.py")])
        universe.step()
        universe.save(file)
        digest = universe.digest()
    assert ninepixel(capfd, "render", file, "--out", tmp_path / "p.png", "--size", "64x64").code == 0
    with Image.open(tmp_path / "p.png") as image:
        assert image.info["ninepixel:digest"] == digest


def _tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    for name in ("a.py", "b.md", "c.csv"):
        (root / name).write_text(name)
    return root
