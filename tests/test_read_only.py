"""The host is sacred: the whole program, watched by strace, writes only into its own folders, signals nobody and runs nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

CALL = re.compile(r"^(?:\[pid\s+\d+\]\s+|\d+\s+)?(?P<name>\w+)\((?P<rest>.*)$")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
#: System calls that change what a path names.
CHANGES = {
    *(
        "unlink",
        "unlinkat",
        "rename",
        "renameat",
        "renameat2",
        "mkdir",
        "mkdirat",
        "rmdir",
        "link",
        "linkat",
        "symlink",
        "symlinkat",
    ),
    *(
        "chmod",
        "fchmodat",
        "chown",
        "lchown",
        "fchownat",
        "truncate",
        "utimensat",
        "utime",
        "utimes",
        "setxattr",
        "mknod",
        "mknodat",
    ),
    *("mount", "umount2", "chroot", "creat"),
}
SIGNALS = {"kill", "tkill", "tgkill", "pidfd_send_signal", "ptrace", "process_vm_writev"}
SECRETS = (".env", "id_rsa", "server.pem", "logins.json", ".netrc", "wallet.dat")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "host"
    for name in ("src/a.py", "data/b.csv", "notes.md", *(f"private/{s}" for s in SECRETS), *(f"src/{s}" for s in SECRETS)):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"CONTENT-OF-{name}")
    (root / "away").symlink_to("/etc/passwd")
    return root


def trace(tmp_path: Path, *arguments: str) -> list[tuple[str, str]]:
    """(call, rest of the line) of every file, process and signal call of one run of the program."""
    own = tmp_path / "own"
    own.mkdir()
    environment = {
        **os.environ,
        **{f"XDG_{kind}_HOME": str(own / kind.lower()) for kind in ("DATA", "CACHE", "STATE", "CONFIG")},
        "NINEPIXEL_STORE": str(own / "store"),
        "HOME": str(own),
        "TMPDIR": str(own),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    log = tmp_path / "strace.log"
    calls = ",".join(["%file", "%process", "kill", "tkill", "tgkill", "pidfd_send_signal", "ptrace", "process_vm_writev"])
    command = ["strace", "-f", "-qq", "-s", "4096", "-e", f"trace={calls}", "-e", "signal=none", "-o", str(log)]
    done = subprocess.run(
        [*command, sys.executable, "-m", "ninepixel", *arguments],
        env=environment,
        cwd=own,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if "PTRACE" in done.stderr or "ptrace" in done.stderr:
        pytest.skip("this machine does not let strace trace")
    assert done.returncode == 0, done.stderr
    found = []
    for line in log.read_text(errors="surrogateescape").splitlines():
        match = CALL.match(line)
        if match:
            found.append((match["name"], match["rest"]))
    assert len(found) > 500, "strace saw nothing: this test would prove nothing"
    return found


def paths_written(calls: list[tuple[str, str]]) -> set[str]:
    """Every path that some call asked to create, change or open for writing."""
    written = set()
    for name, rest in calls:
        opens = name in ("open", "openat", "openat2") and re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)", rest)
        if opens or name in CHANGES:
            written.update(STRING.findall(rest))
    return written


def test_a_whole_run_writes_only_into_its_own_folders(tree: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    before = sorted((p, p.lstat().st_mtime_ns) for p in tree.rglob("*"))
    calls = trace(
        tmp_path,
        *("run", str(tree), "--ticks", "40", "--minds", "2", "--json"),
        *("--snapshot", str(own / "picture.png"), "--save", str(own / "universe.9px")),
    )
    allowed = (str(own), "/dev/", "/proc/self/", "/memfd:")
    outside = {p for p in paths_written(calls) if p.startswith("/") and not p.startswith(allowed)}
    relative = {p for p in paths_written(calls) if not p.startswith("/") and str(tree) in p}
    assert not outside, f"written outside the store: {sorted(outside)}"
    assert not relative
    assert sorted((p, p.lstat().st_mtime_ns) for p in tree.rglob("*")) == before
    assert (own / "picture.png").exists()
    assert (own / "universe.9px").exists()

    executed = [rest for name, rest in calls if name in ("execve", "execveat")]
    assert len(executed) == 1, f"it ran other programs: {executed[1:]}"
    assert not [(name, rest) for name, rest in calls if name in SIGNALS], "it sent signals"


def test_no_secret_is_opened_and_no_secret_name_is_kept(tree: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    calls = trace(
        tmp_path,
        *("run", str(tree), "--ticks", "5", "--minds", "0", "--json", "--save", str(own / "universe.9px"), "--consent", "."),
    )
    opened = {p for name, rest in calls if name in ("open", "openat", "openat2") for p in STRING.findall(rest)}
    assert not {p for p in opened if os.path.basename(p) in SECRETS}
    saved = b"".join(p.read_bytes() for p in own.rglob("*") if p.is_file() and "kernels" not in str(p))
    for secret in SECRETS:
        assert f"private/{secret}".encode() not in saved
        assert f"CONTENT-OF-src/{secret}".encode() not in saved
