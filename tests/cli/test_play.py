"""``ninepixel play`` where there is no display, and in a window on a virtual one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from command import in_a_process
from ninepixel.cli.folders import store_folder
from ninepixel.cli.play import picture_name


def test_without_a_display_it_says_so_runs_on_and_leaves_a_picture(tmp_path: Path) -> None:
    store = tmp_path / "store"
    said = in_a_process("play", "--ticks", 30, env={"NINEPIXEL_STORE": str(store)})
    assert said.code == 0, said.err
    assert "no display" in said.err
    picture = store / "pictures" / "ninepixel-sample.png"
    assert said.out.splitlines()[-1] == f"picture: {picture}"
    with Image.open(picture) as image:
        assert image.size == (1280, 720)
        assert image.info["ninepixel:tick"] == "30"


def test_headless_is_obeyed_and_the_picture_goes_where_it_was_told(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a.md").write_text("a")
    said = in_a_process(
        "play", tree, "--headless", "--still", "--ticks", 5, "--snapshot", tmp_path / "p.png", "--size", "320x180"
    )
    assert said.code == 0, said.err
    assert "display" not in said.err
    assert (tmp_path / "p.png").exists()
    assert [p.name for p in tree.iterdir()] == ["a.md"]


def test_a_picture_that_nobody_named_never_lands_in_the_folder_looked_at(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/"), Path("."), tmp_path / "naïve name\n!"):
        name = picture_name(path)
        assert name.parent == store_folder() / "pictures"
        assert name.name.isprintable()
        assert "/" not in name.name
        assert " " not in name.name


@pytest.mark.gl
@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="needs xvfb-run")
def test_a_window_opens_on_a_display_and_closes_when_the_ticks_are_done(tmp_path: Path) -> None:
    snapshot = tmp_path / "w.png"
    command = ["xvfb-run", "-a", "-s", "-screen 0 800x600x24", sys.executable, "-m", "ninepixel", "play", "--still"]
    command += ["--ticks", "6", "--size", "320x240", "--snapshot", str(snapshot), "--seed", "11"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "going on without a window" not in done.stderr
    assert "digest" in done.stdout
    assert snapshot.exists()
