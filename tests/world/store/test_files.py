"""A file is written whole or not at all."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ninepixel.world.store.errors import StoreError
from ninepixel.world.store.files import write_whole


def test_a_file_replaces_the_old_one_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_whole(path, [b"one", b"two"])
    assert path.read_bytes() == b"onetwo"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    write_whole(path, [b"three"])
    assert path.read_bytes() == b"three"
    assert path.stat().st_mode & 0o777 == 0o644
    assert os.listdir(tmp_path) == ["a"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_whole(tmp_path / "link", [b"new"])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.parametrize("failing", ["write", "fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, code: int
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fail(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(StoreError) as e:
        write_whole(path, [b"x" * 1000])
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]
    if code == errno.ENOSPC:
        assert "1000 bytes are needed" in str(e.value)
    assert str(e.value).startswith(f"{path}: cannot be written: ")


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, bytes(data[:7])))
    write_whole(tmp_path / "a", [b"0123456789" * 10])
    assert (tmp_path / "a").read_bytes() == b"0123456789" * 10


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written: No such file or directory"):
        write_whole(tmp_path / "no" / "a", [b""])


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root can mount a tmpfs")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("tmpfs cannot be mounted here")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_says_how_much_room_was_needed(tiny_disk: Path) -> None:
    path = tiny_disk / "a"
    write_whole(path, [b"old"])
    with pytest.raises(StoreError, match=r"No space left on device: 1000000 bytes are needed, \d+ are free"):
        write_whole(path, [bytes(1_000_000)])
    assert path.read_bytes() == b"old"
    assert os.listdir(tiny_disk) == ["a"]


def test_a_file_size_limit_is_told_too(tmp_path: Path) -> None:
    """In a process of its own, because the limit cannot be lifted again everywhere."""
    program = f"""
import resource, signal
from pathlib import Path
from ninepixel.world.store.files import write_whole
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole(Path({str(tmp_path)!r}) / "a", [bytes(5000)])
except Exception as e:
    print(type(e).__name__, e)
"""
    if os.name == "nt":
        pytest.skip("no such limit on Windows")
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.startswith("StoreError ")
    assert "5000 bytes are needed" in said
    assert os.listdir(tmp_path) == []
