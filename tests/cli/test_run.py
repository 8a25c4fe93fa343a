"""``ninepixel run`` on real folders."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from command import ninepixel
from ninepixel import Universe
from ninepixel.assets import sample_tree
from ninepixel.cli.folders import store_folder
from ninepixel.cli.report import ledger_row
from ninepixel.world.ledger import SINKS, SOURCES

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree with a difficult name in it."""
    root = tmp_path / "tree"
    (root / "deep" / "deeper").mkdir(parents=True)
    (root / "readme.md").write_text("# hello")
    (root / "deep" / "a.py").write_text("a = 9")
    (root / "deep" / "deeper" / "b.csv").write_text("b,9")
    with open(os.fsencode(root) + b"/bad\xff\nname.log", "w") as file:
        file.write("a name that is no text")
    return root


def test_the_last_line_tells_all(tree: Path, capfd: Capture) -> None:
    said = ninepixel(capfd, "run", tree, "--still", "--ticks", 20, "--json")
    assert said.code == 0, said.err
    last = said.last
    assert last["event"] == "end"
    assert last["tick"] == 20
    assert len(bytes.fromhex(last["digest"])) == 16
    assert last["entities"] >= 7
    assert last["ticks_per_s"] > 0
    assert last["backend"] == "cpu"
    assert last["why"]
    ledger = last["ledger"]
    assert ledger["balanced"] is True
    assert ledger["held"] == sum(ledger[k] for k in SOURCES) - sum(ledger[k] for k in SINKS)
    assert ledger["coins"] == ledger["minted"] - ledger["lost"]
    assert ledger["loot"] == ledger["forged"] - ledger["worn"]


@pytest.mark.parametrize("wrong", ["energy", "coins", "loot"])
def test_a_ledger_is_balanced_when_every_quantity_is(wrong: str) -> None:
    expected = {"energy": 7, "coins": 2, "loot": 0}
    assert ledger_row({"genesis": 7}, expected, expected) == {"genesis": 7, "held": 7, "coins": 2, "loot": 0, "balanced": True}
    assert not ledger_row({}, expected | {wrong: 8}, expected)["balanced"]


def test_still_depends_on_tree_seed_and_ticks_alone(tree: Path, capfd: Capture) -> None:
    def digest(*more: object) -> object:
        return ninepixel(capfd, "run", tree, "--still", "--ticks", 9, "--json", *more).last["digest"]

    first = digest()
    assert digest() == first
    assert digest("--seed", 10) != first
    assert digest("--minds", 1) != first
    os.utime(tree / "readme.md", (1, 1))
    assert digest() != first


def test_the_command_and_the_library_make_the_same_universe(capfd: Capture) -> None:
    said = ninepixel(capfd, "run", "--still", "--ticks", 25, "--json")
    with Universe.from_path(sample_tree(store_folder()), still=True) as universe:
        for _ in range(25):
            universe.step()
        assert said.last["digest"] == universe.digest()


def test_text_ends_with_the_same_facts_on_one_line(tree: Path, capfd: Capture) -> None:
    said = ninepixel(capfd, "run", tree, "--still", "--ticks", 5, "--every", 2)
    lines = said.out.splitlines()
    assert [line.split(" · ")[0] for line in lines] == ["tick 2", "tick 4", "tick 5"]
    assert "digest" in lines[-1]
    assert "balanced to the unit" in lines[-1]
    assert "4 files in 3 folders" in said.err


def test_every_reports_on_the_way(tree: Path, capfd: Capture) -> None:
    said = ninepixel(capfd, "run", tree, "--still", "--ticks", 6, "--every", 3, "--json")
    assert [r["event"] for r in said.rows] == ["start", "tick", "tick", "end"]
    assert [r["tick"] for r in said.rows[1:]] == [3, 6, 6]


def test_snapshot_is_a_picture_of_the_size_asked_for(tree: Path, tmp_path: Path, capfd: Capture) -> None:
    said = ninepixel(capfd, "run", tree, "--still", "--ticks", 3, "--snapshot", tmp_path / "p.png", "--size", "320x180", "--json")
    with Image.open(tmp_path / "p.png") as image:
        assert image.size == (320, 180)
        assert image.info["ninepixel:digest"] == said.last["digest"]


def test_zero_ticks_is_the_universe_at_its_birth(tree: Path, capfd: Capture) -> None:
    said = ninepixel(capfd, "run", tree, "--still", "--ticks", 0, "--json")
    assert said.last["tick"] == 0
    assert said.last["ticks_per_s"] == 0


def test_an_empty_folder_is_a_universe_too(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "empty").mkdir()
    said = ninepixel(capfd, "run", tmp_path / "empty", "--still", "--ticks", 3, "--json")
    assert said.code == 0, said.err
    assert (said.rows[0]["files"], said.rows[0]["folders"]) == (0, 1)


def test_the_cap_says_what_it_left_out(tree: Path, capfd: Capture) -> None:
    said = ninepixel(capfd, "run", tree, "--still", "--ticks", 1, "--max-files", 3, "--json")
    assert said.code == 0
    assert sum(said.last["left_out"].values()) > 0
    assert "left out" in said.err


def test_a_recorded_host_gives_the_same_universe(tree: Path, tmp_path: Path, capfd: Capture) -> None:
    record = tmp_path / "host.survey"
    live = ninepixel(capfd, "run", tree, "--still", "--ticks", 7, "--record-host", record, "--json").last
    (tree / "readme.md").unlink()
    recorded = ninepixel(capfd, "run", "--host", record, "--ticks", 7, "--json").last
    assert recorded["digest"] == live["digest"]


def test_consent_colours_by_content_and_only_there(tree: Path, capfd: Capture) -> None:
    def digest(*more: object) -> object:
        return ninepixel(capfd, "run", tree, "--still", "--ticks", 0, "--json", *more).last["digest"]

    (tree / "deep" / "a.py").write_bytes(bytes(range(256)) * 20)
    assert digest("--consent", "deep") == digest("--consent", tree / "deep")
    assert digest("--consent", "deep") != digest()


def test_processes_are_born_in_a_live_universe(tree: Path, capfd: Capture) -> None:
    still = ninepixel(capfd, "run", tree, "--still", "--ticks", 30, "--json").last
    live = ninepixel(capfd, "run", tree, "--ticks", 30, "--json").last
    none = ninepixel(capfd, "run", tree, "--ticks", 30, "--processes", "none", "--json").last
    assert live["ledger"]["birth"] > 0
    assert live["entities"] > still["entities"] == none["entities"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of POSIX")
def test_a_folder_without_permission_is_refused_in_words(tmp_path: Path, capfd: Capture) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    if os.access(closed, os.R_OK):
        pytest.skip("this user may read everything")
    said = ninepixel(capfd, "run", closed)
    assert said.code == 1
    assert "Permission denied" in said.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_and_what_was_done_is_saved(
    tree: Path, tmp_path: Path, number: int, code: int, capfd: Capture
) -> None:
    save = tmp_path / "u.9px"
    command = [
        sys.executable,
        "-m",
        "ninepixel",
        "run",
        tree,
        "--still",
        "--ticks",
        10**9,
        "--every",
        50,
        "--save",
        save,
        "--json",
    ]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert '"start"' in process.stdout.readline()
        assert '"tick"' in process.stdout.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert '"interrupted": true' in out.splitlines()[-1]
    verdict = ninepixel(capfd, "replay", save, "--verify", "--json").last
    assert verdict["ok"] is True
    assert verdict["end"] >= 50


def test_a_store_that_cannot_be_written_is_an_error_in_words(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NINEPIXEL_STORE", str(tmp_path / "file" / "store"))
    said = ninepixel(capfd, "run", "--ticks", 1)
    assert said.code == 1
    assert len(said.err.splitlines()) == 1
    assert "set NINEPIXEL_STORE" in said.err


def test_a_disk_that_is_full_is_an_error_and_the_old_save_stays(tree: Path, tmp_path: Path) -> None:
    save = tmp_path / "u.9px"
    save.write_bytes(b"what was there before")
    limit = "ulimit -f 1; trap '' XFSZ; exec "  # no file may grow past a kilobyte: what a full disk is to a program
    command = f"{limit} {sys.executable} -m ninepixel run {tree} --still --ticks 2 --save {save}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("ninepixel: error: ")]
    assert len(errors) == 1
    assert "u.9px" in errors[0]
    assert "Traceback" not in done.stderr
    assert save.read_bytes() == b"what was there before"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("u.9px")] == ["u.9px"]


def test_a_first_start_says_what_it_waits_for(
    tree: Path, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    ninepixel(capfd, "run", tree, "--still", "--ticks", 1)
    assert "first start" not in ninepixel(capfd, "run", tree, "--still", "--ticks", 1).err
    (tmp_path / "kernels").mkdir()
    monkeypatch.setattr("ninepixel.cli.opening.cache_folder", lambda: tmp_path / "kernels")
    assert "first start: compiling" in ninepixel(capfd, "run", tree, "--still", "--ticks", 1).err
