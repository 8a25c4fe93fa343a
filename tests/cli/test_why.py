"""``ninepixel why``: tables for people, one JSON object for programs, one line for what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from command import ninepixel
from ninepixel.world.thought import Policy, Shape
from ninepixel.world.why import FIELDS

Capture = pytest.CaptureFixture[str]
WHY = ("why", "--still", "--minds", 3, "--ticks", 12)


def test_a_mind_tells_as_json_and_time_passes_as_in_a_run(tmp_path: Path, capfd: Capture) -> None:
    policy = tmp_path / "a.policy"
    Policy.random(Shape(16), 3).save(policy)
    told = ninepixel(capfd, *WHY, "--policy", policy, "--mind", "mystiiqa", "--json")
    assert told.code == 0, told.err
    assert len(told.rows) == 1
    assert set(told.last) == set(FIELDS)
    assert (told.last["tick"], told.last["slot"], told.last["led_by"]) == (12, 1, "learned")
    assert told.last["policy"] == Policy.load(policy).hash
    assert told.last["reward"]["sum"] == pytest.approx(
        sum(told.last["reward"][part] for part in ("drive", "deed", "section", "death")), abs=3
    )
    assert ninepixel(capfd, *WHY, "--policy", policy, "--mind", 1, "--json").last == told.last
    first = ninepixel(capfd, *WHY, "--policy", policy, "--json").last
    assert first["slot"] == 0


def test_a_save_is_asked_after_its_end(tmp_path: Path, capfd: Capture) -> None:
    save = tmp_path / "a.9px"
    run = ninepixel(capfd, "run", "--still", "--minds", 3, "--ticks", 12, "--save", save, "--json")
    assert run.code == 0, run.err
    before = save.read_bytes()
    now = ninepixel(capfd, "why", save, "--ticks", 0, "--json").last
    assert (now["tick"], now["reward"]) == (12, {})
    later = ninepixel(capfd, "why", save, "--json").last
    assert later["tick"] == 13
    assert later["reward"]
    assert later["last"] == now["next"]
    assert save.read_bytes() == before
    refused = ninepixel(capfd, "why", save, "--minds", 3)
    assert refused.code == 2
    assert "--minds is for a folder" in refused.err


def test_people_get_tables_and_a_picture(tmp_path: Path, capfd: Capture) -> None:
    told = ninepixel(capfd, *WHY, "--policy", "instinct", "--snapshot", tmp_path / "why.png")
    assert told.code == 0, told.err
    for part in (
        "Ileices, slot 0, tick 12",
        "by instinct",
        "stores",
        "odds of its next move",
        "reward of the last tick",
        "octave 0",
    ):
        assert part in told.out
    with Image.open(tmp_path / "why.png") as image:
        image.load()
        assert image.width == 560
        assert image.info["ninepixel:tick"] == "12"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--minds", 3, "--mind", 77), 1, "no slot 77"),
        (("--minds", 3, "--mind", 4), 1, "nobody lives in slot 4"),
        (("--minds", 3, "--mind", 11), 1, "slot 11 is a guardian's"),
        (("--minds", 3, "--mind", "Bob"), 1, "called 'Bob'; there are Ileices"),
        (("--minds", 0), 2, "--minds"),
        (("--minds", 3, "--snapshot", "x.jpg"), 2, ".png"),
    ],
)
def test_who_cannot_be_asked_is_said_in_a_line(arguments: tuple[object, ...], code: int, said: str, capfd: Capture) -> None:
    refused = ninepixel(capfd, "why", "--still", "--ticks", 2, *arguments)
    assert refused.code == code
    (line,) = [line for line in refused.err.splitlines() if "error" in line]
    assert said in line
    assert refused.out == ""


def test_a_save_without_minds_and_a_file_that_is_none(tmp_path: Path, capfd: Capture) -> None:
    save = tmp_path / "bare.9px"
    assert ninepixel(capfd, "run", "--still", "--minds", 0, "--ticks", 1, "--save", save).code == 0
    refused = ninepixel(capfd, "why", save)
    assert refused.code == 1
    assert "made without minds" in refused.err
    other = tmp_path / "notes.txt"
    other.write_text("no save")
    refused = ninepixel(capfd, "why", other)
    assert refused.code == 1
    assert len(refused.err.strip().splitlines()) == 1
