"""Scanning real trees: everything strange that a file system can hold, and nothing written."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host_trees import plant
from ninepixel.world.host import listing
from ninepixel.world.host.bench import bare_walk, bench_scan
from ninepixel.world.host.listing import Listing, list_portably
from ninepixel.world.host.native import is_native, list_natively
from ninepixel.world.host.options import HostError, HostOptions
from ninepixel.world.host.scan import scan
from ninepixel.world.host.survey import Survey
from ninepixel.world.laws.bodies import Matter

#: The module: the package has a function of the same name.
scan_module = sys.modules[scan.__module__]

native = pytest.mark.skipif(not is_native(), reason="no native lister on this machine")


def sample(root: Path) -> Path:
    """A small tree with one of everything ordinary."""
    plant(
        root,
        {"README.md": "x" * 100, "src/a.py": "1", "src/deep/er/b.py": "22", "data/t.csv": "", "a": "", "a.txt": "", "a+b/c": "z"},
    )
    for age, file in enumerate(sorted(p for p in root.rglob("*") if p.is_file())):
        os.utime(file, (1_700_000_000 - 3600 * age, 1_700_000_000 - 3600 * age))
    return root


def test_a_survey_says_what_is_there(tmp_path: Path) -> None:
    survey = scan(sample(tmp_path))
    want = sorted([b"", *(os.fsencode(p.relative_to(tmp_path)) for p in tmp_path.rglob("*"))])
    assert survey.path == want
    for path, row in survey.rows.items():
        status = os.stat(os.path.join(os.fsencode(tmp_path), path))
        assert survey.is_folder[row] == stat.S_ISDIR(status.st_mode)
        assert survey.size[row] == (0 if survey.is_folder[row] else status.st_size)
        assert survey.age[row] == max(1_700_000_000 - int(status.st_mtime), 0)
        assert survey.depth[row] == (path.count(b"/") + 1 if path else 0)
        assert survey.parent[row] == (survey.rows[path.rpartition(b"/")[0]] if path else -1)
    assert survey.matter[survey.rows[b"src/a.py"]] == Matter.CODE_ORGANISM
    assert survey.left_out == {}
    assert Survey.from_dict(survey.to_dict()) == survey


def test_the_path_may_be_text_bytes_or_a_path_and_may_be_reached_by_a_link(tmp_path: Path) -> None:
    root = sample(tmp_path / "tree")
    (tmp_path / "link").symlink_to(root)
    assert scan(root) == scan(str(root)) == scan(os.fsencode(root)) == scan(tmp_path / "link")


def test_an_empty_folder_is_a_world_with_only_a_root(tmp_path: Path) -> None:
    survey = scan(tmp_path)
    assert survey.path == [b""]
    assert survey.age[0] == 0


@pytest.mark.parametrize("native_lister", [True, False])
def test_the_order_of_a_folder_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, native_lister: bool) -> None:
    want = scan(sample(tmp_path))
    lister: Callable[[list[bytes]], list[Listing]] = (
        list_natively if native_lister and is_native() else lambda f: [list_portably(f)]
    )

    def backwards(folders: list[bytes]) -> list[Listing]:
        out = []
        for part in lister(folders):
            names = b"".join(name + b"\0" for name in part.name_list()[::-1])
            turned = part.folder[::-1], part.kind[::-1], part.size[::-1], part.mtime[::-1], part.device[::-1]
            out.append(Listing(names, *turned, part.left_out))
        return out[::-1]

    monkeypatch.setattr(scan_module, "list_natively", backwards)
    monkeypatch.setattr(scan_module, "is_native", lambda: True)
    assert scan(tmp_path) == want


@native
@given(
    names=st.lists(
        st.binary(min_size=1, max_size=60).filter(lambda n: not {0, 47} & set(n) and n.strip(b".")), max_size=8, unique=True
    )
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_both_listers_agree(tmp_path: Path, names: list[bytes]) -> None:
    root = os.fsencode(tempfile.mkdtemp(dir=tmp_path))
    os.mkdir(os.path.join(root, b"0-folder"))
    for i, name in enumerate(names):
        with open(os.path.join(root, b"0-folder" if i % 2 else b"", name), "wb") as file:
            file.write(name * i)
        os.utime(file.name, ns=(-5_500_000_000 + i, -5_500_000_000 + i))
    folders = [root, os.path.join(root, b"0-folder"), os.path.join(root, b"nowhere")]

    def rows(part: Listing) -> list[tuple[object, ...]]:
        columns = (c.tolist() for c in (part.folder, part.kind, part.size, part.mtime, part.device))
        return list(zip(part.name_list(), *columns, strict=True))

    parts = list_natively(folders)
    portable = list_portably(folders)
    assert sorted(row for part in parts for row in rows(part)) == sorted(rows(portable))
    assert sum((part.left_out for part in parts), start=type(portable.left_out)()) == portable.left_out


@native
def test_a_folder_larger_than_the_room_is_listed_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(9000):
        (tmp_path / f"{i:05}-{'x' * 40}.txt").touch()
    monkeypatch.setattr("ninepixel.world.host.native.ROOM", 3000)
    parts = list_natively([os.fsencode(tmp_path)])
    assert len(parts) >= 3
    assert len({name for part in parts for name in part.name_list()}) == 9000


def test_links_are_counted_and_never_followed(tmp_path: Path) -> None:
    root = sample(tmp_path / "tree")
    plant(tmp_path / "outside", {"secret.txt": "x"})
    (root / "to-file").symlink_to(tmp_path / "outside" / "secret.txt")
    (root / "to-folder").symlink_to(tmp_path / "outside")
    (root / "src" / "loop").symlink_to(root)
    (root / "broken").symlink_to("nowhere")
    survey = scan(root)
    assert survey.left_out == {listing.LINKS: 4}
    assert len(survey) == len([p for p in root.rglob("*") if not p.is_symlink()]) + 1


def test_pipes_and_sockets_are_counted(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server, tempfile.TemporaryDirectory(dir="/tmp") as short:
        server.bind(f"{short}/s")
        shutil.move(f"{short}/s", tmp_path / "socket")
        survey = scan(tmp_path)
    assert survey.path == [b""]
    assert survey.left_out == {listing.SPECIAL: 2}


def test_names_may_be_any_bytes(tmp_path: Path) -> None:
    names = [b"new\nline", b"\xff\xfe\x80", b"tab\t", b" ", b"\x01", "ünï".encode(), b"-rf", b"a" * 255]
    for name in names:
        (tmp_path / os.fsdecode(name)).touch()
    survey = scan(tmp_path)
    assert survey.path == [b"", *sorted(names)]
    assert Survey.from_dict(survey.to_dict()) == survey


@pytest.fixture
def open_tree() -> Iterator[Path]:
    """A folder that another user can reach (pytest's own are private)."""
    with tempfile.TemporaryDirectory(prefix="ninepixel-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.mark.skipif(not hasattr(os, "seteuid") or os.getuid() != 0, reason="only root can become somebody without permission")
def test_folders_without_permission_are_counted_and_a_root_without_is_refused(open_tree: Path) -> None:
    root = sample(open_tree / "tree")
    os.chmod(root / "src", 0)
    os.chmod(root, 0o755)
    plant(open_tree, {"closed/x": ""})
    os.chmod(open_tree / "closed", 0)
    scan(root)  # compiled while everything is allowed
    os.seteuid(65534)
    try:
        survey = scan(root)
        with pytest.raises(HostError, match="no permission to read the folder"):
            scan(open_tree / "closed")
    finally:
        os.seteuid(0)
    assert survey.left_out == {listing.FORBIDDEN: 1}
    assert b"src" in survey.rows
    assert b"src/a.py" not in survey.rows


def test_what_vanishes_during_a_scan_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample(tmp_path)
    real = scan_module.list_level

    def remove_between_levels(threads: object, folders: list[bytes]) -> Iterator[tuple[int, Listing, object]]:
        if any(folder.endswith(b"/src") for folder in folders):
            shutil.rmtree(tmp_path / "src", ignore_errors=True)
        yield from real(threads, folders)

    monkeypatch.setattr(scan_module, "list_level", remove_between_levels)
    survey = scan(tmp_path)
    assert survey.left_out == {listing.VANISHED: 1}
    assert b"src" in survey.rows


def test_a_folder_that_became_a_link_during_a_scan_is_not_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = sample(tmp_path / "tree")
    plant(tmp_path / "outside", {"other.txt": ""})
    real = scan_module.list_level

    def swap(threads: object, folders: list[bytes]) -> Iterator[tuple[int, Listing, object]]:
        if any(folder.endswith(b"/src") for folder in folders):
            shutil.rmtree(root / "src")
            (root / "src").symlink_to(tmp_path / "outside")
        yield from real(threads, folders)

    monkeypatch.setattr(scan_module, "list_level", swap)
    survey = scan(root)
    assert not [path for path in survey.path if b"other" in path]
    assert survey.left_out == {listing.VANISHED: 1}


def test_mounted_file_systems_are_left_out_unless_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample(tmp_path)
    real = scan_module.list_level

    def foreign(threads: object, folders: list[bytes]) -> Iterator[tuple[int, Listing, object]]:
        for first, part, features in real(threads, folders):
            here = np.asarray([name == b"data" for name in part.name_list()], np.bool_)
            part.device = np.where(here, part.device + 1, part.device)
            yield first, part, features

    monkeypatch.setattr(scan_module, "list_level", foreign)
    survey = scan(tmp_path)
    assert survey.left_out == {listing.MOUNTS: 1}
    assert b"data" not in survey.rows
    assert b"src/a.py" in survey.rows
    assert b"data/t.csv" in scan(tmp_path, HostOptions(follow_mounts=True)).rows


@pytest.mark.parametrize("most", [1, 2, 3, 5, 7, 9])
def test_a_cap_keeps_the_shallow_and_counts_the_rest(tmp_path: Path, most: int) -> None:
    whole = scan(sample(tmp_path))
    survey = scan(tmp_path, HostOptions(max_files=most))
    want = sorted(sorted(whole.path, key=lambda p: (p.count(b"/") + bool(p), p))[:most])
    assert survey.path == want
    assert survey.left_out[listing.OVER_CAP] >= 1
    assert Survey.from_dict(survey.to_dict()) == survey
    for path, row in survey.rows.items():
        assert (survey.x[row], survey.y[row]) == (whole.x[whole.rows[path]], whole.y[whole.rows[path]])


def test_bad_roots_are_one_line_errors(tmp_path: Path) -> None:
    plant(tmp_path, {"file": "", ".ssh/keys/id_rsa": ""})
    cases: list[tuple[str | Path, str]] = [
        (tmp_path / "none", "no such path"),
        (tmp_path / "file", "not a folder"),
        (tmp_path / "file" / "below", "cannot read the folder|no such path|not a folder"),
        (tmp_path / ".ssh" / "keys", "lies in a secret place"),
        ("nul\0", "not a path"),
    ]
    for path, message in cases:
        with pytest.raises(HostError, match=message) as error:
            scan(path)
        assert "\n" not in str(error.value)
    with pytest.raises(HostError, match="max_files is 1 or more"):
        HostOptions(max_files=0)


def test_progress_is_told_and_ends_with_the_total(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    survey = scan(sample(tmp_path), progress=lambda found, listed: told.append((found, listed)))
    assert told[-1] == (len(survey), int(survey.is_folder.sum()))
    assert told == sorted(told, key=lambda t: t[0])


def state_of(root: Path) -> list[tuple[str, int, int, int, int, int]]:
    """Everything that a write would change: names, modes, sizes, times of change, inodes."""
    rows = []
    for path in sorted([root, *root.rglob("*")]):
        s = path.lstat()
        rows.append((str(path), s.st_mode, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino))
    return rows


def test_scanning_writes_nothing(tmp_path: Path) -> None:
    sample(tmp_path)
    before = state_of(tmp_path)
    scan(tmp_path, HostOptions(consent=frozenset([b""])))
    assert state_of(tmp_path) == before


def test_a_copy_of_a_tree_gives_the_same_survey(tmp_path: Path) -> None:
    first = scan(sample(tmp_path / "one"))
    shutil.copytree(tmp_path / "one", tmp_path / "else" / "where")
    second = scan(tmp_path / "else" / "where")
    assert {**first.to_dict(), "newest": 0} == {**second.to_dict(), "newest": 0}


def test_the_benchmark_measures_what_it_says(tmp_path: Path) -> None:
    figures = bench_scan(sample(tmp_path), repeats=1)
    assert set(figures) == {"scan_s", "bare_walk_s", "stat_walk_s", "files"}
    assert figures["files"] == bare_walk(os.fsencode(tmp_path)) + 1
    assert all(value > 0 for value in figures.values())
