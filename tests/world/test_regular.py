"""A file that someone names may be anything; only an ordinary one is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ninepixel.world.host.options import HostError
from ninepixel.world.host.survey import Survey
from ninepixel.world.regular import open_regular
from ninepixel.world.store.errors import BadSave, StoreError
from ninepixel.world.store.save import load_state

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


def test_an_ordinary_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    with open_regular(tmp_path / "a") as file:
        assert file.read() == b"abc"


@needs_pipes
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not an ordinary file"):
        open_regular(tmp_path / "pipe")
    with pytest.raises(HostError, match="not an ordinary file"):
        Survey.load(tmp_path / "pipe")
    with pytest.raises((BadSave, StoreError), match="not an ordinary file"):
        load_state(tmp_path / "pipe")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero here")
def test_a_device_without_an_end_is_refused() -> None:
    with pytest.raises(HostError, match="not an ordinary file"):
        Survey.load("/dev/zero")


def test_a_folder_is_called_a_folder(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"[Dd]irectory"):
        open_regular(tmp_path)
