"""No secret is ever opened, and no content is read without consent: audited in Python, and by the kernel's own witness."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from host_trees import plant
from ninepixel.world.host import listing
from ninepixel.world.host.options import HostOptions
from ninepixel.world.host.scan import scan
from ninepixel.world.host.secrets import sealed_name
from ninepixel.world.host.survey import Survey

SECRETS = {
    ".env": "PASSWORD=hunter2",
    "id_rsa": "-----BEGIN",
    "conf/server.pem": "-----BEGIN",
    "conf/github_token.txt": "ghp_",
    ".bash_history": "mysql -phunter2",
    "home/.netrc": "machine",
    "deep/er/store.kdbx": "x",
}
SEALED_FOLDERS = {".ssh/id_ed25519": "x", ".mozilla/firefox/p.default/logins.json": "x", "home/.gnupg/ring": "x"}
PLAIN: dict[str, str | bytes] = {
    "README.md": "hello " * 90,
    "src/a.py": "import os\n" * 50,
    "conf/app.toml": "a = 1\n",
    "deep/er/noise.bin": bytes(range(256)) * 8,
}

_opened: list[str] | None = None


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _opened is not None and event in ("open", "os.listdir", "os.scandir"):
        name = arguments[0]
        _opened.append(os.fsdecode(name) if isinstance(name, str | bytes) else repr(name))


sys.addaudithook(_audit)


@contextmanager
def auditing() -> Iterator[list[str]]:
    """Every path that Python opens or lists, from the interpreter's own audit hook."""
    global _opened
    seen: list[str] = []
    _opened = seen
    try:
        yield seen
    finally:
        _opened = None


@pytest.fixture
def salted(tmp_path: Path) -> Path:
    """A tree salted with secrets."""
    return plant(tmp_path / "tree", {**PLAIN, **SECRETS, **SEALED_FOLDERS})


def names_of(paths: list[str]) -> set[str]:
    return {os.path.basename(path) for path in paths}


HIDDEN = {os.path.basename(p) for p in SECRETS} | {part for p in SEALED_FOLDERS for part in p.split("/") if part != "home"}


def test_secrets_are_sealed_bodies_without_a_name(salted: Path) -> None:
    survey = scan(salted)
    everything = b"\n".join(survey.path) + repr(survey.to_dict()).encode()
    for name in HIDDEN:
        assert name.encode() not in everything
    assert int(survey.sealed.sum()) == len(SECRETS) + 3
    assert survey.left_out == {listing.SEALED_FOLDERS: 3}
    row = survey.rows[b"conf/" + sealed_name(b"server.pem", b"conf")]
    assert survey.size[row] == len("-----BEGIN")
    assert len({(int(survey.matter[r]), bool(survey.sealed[r])) for r in range(len(survey)) if survey.sealed[r]}) == 1


def test_a_folder_that_bears_the_sealed_name_of_a_secret_keeps_what_it_holds(tmp_path: Path) -> None:
    twin = os.fsdecode(sealed_name(b"id_rsa", b""))
    plant(tmp_path, {"id_rsa": "k", f"{twin}/inside.txt": "x"})
    survey = scan(tmp_path)
    assert survey.path == [b"", os.fsencode(twin), os.fsencode(f"{twin}/inside.txt")]
    assert survey.left_out == {listing.TWINS: 1}
    assert Survey.from_dict(survey.to_dict()) == survey


def test_without_consent_no_file_is_opened_at_all(salted: Path) -> None:
    scan(salted)
    with auditing() as opened:
        scan(salted)
    files = {os.path.basename(p) for p in (*SECRETS, *SEALED_FOLDERS, *PLAIN)}
    assert not names_of(opened) & files
    assert not names_of(opened) & HIDDEN


def test_with_consent_only_what_is_not_sealed_and_lies_there_is_opened(salted: Path) -> None:
    with auditing() as opened:
        scan(salted, HostOptions(consent=frozenset([b"conf", b"deep"])))
    files = {os.path.basename(p) for p in (*SECRETS, *SEALED_FOLDERS, *PLAIN)}
    assert names_of(opened) & files == {"app.toml", "noise.bin"}
    assert not names_of(opened) & HIDDEN


def test_the_audit_would_notice(salted: Path) -> None:
    with auditing() as opened:
        (salted / "id_rsa").read_text()
    assert "id_rsa" in names_of(opened)


def test_content_changes_colour_and_one_gene_and_nothing_else(salted: Path) -> None:
    without, having = scan(salted), scan(salted, HostOptions(consent=frozenset([b"deep"])))
    row = without.rows[b"deep/er/noise.bin"]
    assert having.r[row] > without.r[row]  # noise is for perception
    assert having.genes[row, 5] == 255
    for name in ("x", "y", "size", "age", "mass", "matter", "sealed"):
        assert (getattr(without, name) == getattr(having, name)).all()
    others = [r for r in range(len(without)) if r != row]
    assert (without.r[others] == having.r[others]).all()
    assert (without.genes[others] == having.genes[others]).all()


def test_a_link_on_the_way_is_not_followed_when_content_is_read(salted: Path) -> None:
    from ninepixel.world.host.content import read_sample

    root = os.fsencode(salted)
    assert read_sample(root, b"src/a.py") == b"import os\n" * 50
    shutil.move(salted / "src", salted.parent / "outside")
    (salted / "src").symlink_to(salted.parent / "outside")
    (salted / "link.txt").symlink_to(salted.parent / "outside" / "a.py")
    os.mkfifo(salted / "pipe")
    for path in (b"src/a.py", b"link.txt", b"pipe", b"none", b"deep"):
        assert read_sample(root, path) is None


SCAN = """
import sys
from ninepixel.world.host import HostOptions, scan
scan(sys.argv[1], HostOptions(consent=frozenset([b"conf", b"src"])))  # once, so that everything is compiled and cached
print(len(scan(sys.argv[1], HostOptions(consent=frozenset([b"conf", b"src"])))))
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_kernel_saw_no_write_no_signal_no_exec_and_no_secret_opened(salted: Path, tmp_path: Path) -> None:
    log = tmp_path / "strace.log"
    command = [
        "strace",
        "-f",
        "-qq",
        "-s",
        "4096",
        "-e",
        "trace=%file,%process,%signal,write,ftruncate,fchmod,fchown",
        "-o",
        str(log),
    ]
    done = subprocess.run(
        [*command, sys.executable, "-c", SCAN, str(salted)], capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode != 0 and "ptrace" in done.stderr.lower():
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    calls = log.read_text(errors="replace").splitlines()
    here = [line for line in calls if str(salted) in line]
    assert any("openat" in line and "O_DIRECTORY" in line for line in here), "the witness saw nothing"
    writes = re.compile(
        r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|\b(unlink|rename|mkdir|rmdir|chmod|chown|utime|link|symlink|truncate|mknod)"
    )
    # The scanned path is also the last argument of the program itself, which strace reports as its execve.
    assert not [line for line in here if writes.search(line) and "execve(" not in line]
    assert sum("execve(" in line for line in calls) == 1
    assert not [line for line in calls if re.search(r"\b(kill|tkill|tgkill|rt_sigqueueinfo)\(", line)]
    opened = [line for line in calls if re.search(r"\bopen(at|at2)?\(", line)]
    assert all("O_RDONLY" in line for line in opened if re.search(r"openat\(\d", line))  # those below an open folder
    for name in HIDDEN:
        assert not [line for line in opened if f'"{name}"' in line or f'/{name}"' in line], name
    assert [line for line in opened if '"app.toml"' in line], "consented content was not read"
