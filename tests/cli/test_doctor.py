"""``ninepixel doctor`` on this machine and on broken ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import ninepixel.cli.doctor as doctor
from command import ninepixel
from ninepixel.cli.doctor import Finding
from ninepixel.world.picture.gl import NoGL

Capture = pytest.CaptureFixture[str]


def test_it_looks_at_everything_and_this_machine_can_run(capfd: Capture) -> None:
    said = ninepixel(capfd, "doctor", "--json")
    assert said.code == 0, said.out
    checks = [r["check"] for r in said.rows]
    expected = [
        "python",
        "libraries",
        "cores",
        "memory",
        "numba",
        "gpu",
        "gl",
        "display",
        "ffmpeg",
        "watching",
        "store",
        "verdict",
    ]
    assert checks == expected
    assert said.last["ok"] is True
    assert "self-test passed" in next(r["found"] for r in said.rows if r["check"] == "numba")
    assert all(r["ok"] or r["mend"] for r in said.rows[:-1])
    assert said.last["lacks"] == [r["check"] for r in said.rows[:-1] if not r["ok"]]


def test_a_backend_that_computes_something_else_is_found(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ninepixel.world.physics.choose.SELF_TEST_DIGEST", "0" * 32)
    monkeypatch.setattr(doctor, "LOOKS", (doctor.look_at_physics,))
    said = ninepixel(capfd, "doctor")
    assert said.code == 1
    assert "NEEDED  numba" in said.out
    assert "self-test FAILED" in said.out
    assert "cannot run here" in said.out


def test_no_opengl_is_a_lack_that_a_command_mends(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_gl(require: int = 330) -> None:
        raise NoGL("no OpenGL: the library libEGL.so.1 is missing")

    monkeypatch.setattr("ninepixel.world.picture.gl.open_gl", no_gl)
    monkeypatch.setattr(doctor, "LOOKS", (doctor.look_at_gl,))
    said = ninepixel(capfd, "doctor", "--json")
    assert said.code == 0
    assert said.rows[0]["ok"] is False
    assert "apt-get install -y libegl1" in said.rows[0]["mend"]


def test_a_store_that_cannot_be_written_is_found(tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NINEPIXEL_STORE", str(tmp_path / "file"))
    monkeypatch.setattr(doctor, "LOOKS", (doctor.look_at_store,))
    said = ninepixel(capfd, "doctor", "--json")
    assert said.rows[0]["ok"] is False
    assert "NINEPIXEL_STORE" in said.rows[0]["mend"]


def test_a_doctor_does_not_faint(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_at_numba() -> Iterator[Finding]:
        raise ImportError("no module\nof that name")
        yield

    monkeypatch.setattr(doctor, "LOOKS", (look_at_numba,))
    said = ninepixel(capfd, "doctor", "--json")
    assert said.code == 1
    assert said.rows[0] == {
        "check": "numba", "ok": False, "needed": True, "found": "ImportError: no module of that name", "mend": "make setup",
    }  # fmt: skip
