"""The command line as a whole: help, errors, exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from command import in_a_process, ninepixel
from ninepixel import __version__
from ninepixel.cli import VERBS, cli

HEAVY = ("numpy", "numba", "moderngl", "pyglet", "rich", "msgpack", "esper")


def test_help_names_every_verb(capfd: pytest.CaptureFixture[str]) -> None:
    said = ninepixel(capfd, "--help")
    assert said.code == 0
    assert all(verb in said.out for verb in ("run", "play", "replay", "render", "doctor", "bench"))


def test_help_and_version_load_nothing_heavy() -> None:
    probe = (
        "import sys; from ninepixel.cli import main; main(['--help']); main(['--version']); main(['run', '--help']); "
        f"sys.exit(', '.join(m for m in {HEAVY} if m in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert __version__ in done.stdout


def test_import_is_light_and_the_universe_is_fetched_when_asked_for() -> None:
    probe = (
        f"import sys, ninepixel; early = [m for m in {HEAVY} if m in sys.modules]; "
        "assert not early, early; assert ninepixel.Universe.__name__ == 'Universe'; assert 'numba' in sys.modules; "
        "assert 'Universe' in dir(ninepixel)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_unknown_attributes_are_errors() -> None:
    import ninepixel as package

    with pytest.raises(AttributeError, match="no attribute 'Multiverse'"):
        package.Multiverse  # noqa: B018


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_the_line_in_the_list_is_its_own(verb: str, capfd: pytest.CaptureFixture[str]) -> None:
    said = ninepixel(capfd, verb, "--help")
    assert said.code == 0
    assert said.out.startswith(f"Usage: ninepixel {verb}")
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    assert command.get_short_help_str(200) == VERBS[verb][1]


def test_nothing_at_all_prints_help_and_is_a_usage_error(capfd: pytest.CaptureFixture[str]) -> None:
    said = ninepixel(capfd)
    assert said.code == 2
    assert "Verbs:" in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["frobnicate"], 2, "No such command"),
        (["run", "--bogus"], 2, "No such option"),
        (["run", "--ticks", "many"], 2, "--ticks"),
        (["run", "--ticks", "-1"], 2, "--ticks"),
        (["run", "--seed", str(2**64)], 2, "--seed"),
        (["run", "--backend", "abacus"], 2, "--backend"),
        (["run", "--size", "12"], 2, "1280x720"),
        (["run", "--size", "99999x10"], 2, "16 to 16384"),
        (["run", "--snapshot", "picture.jpg"], 2, ".png"),
        (["run", "--save", "universe.zip"], 2, ".9px"),
        (["run", "--snapshot", "/nowhere/at/all/p.png"], 1, "no folder"),
        (["run", "/nowhere/at/all"], 1, "no such path"),
        (["run", __file__], 1, "is a file"),
        (["run", "--host", "/nowhere/h.survey"], 1, "cannot read the survey"),
        (["run", ".", "--host", "h.survey"], 2, "two hosts"),
        (["run", ".", "--consent", "../elsewhere", "--ticks", "1"], 2, "not inside"),
        (["run", ".", "--consent", "no-such-folder", "--ticks", "1"], 1, "no folder"),
        (["play", "--connect", "ws://localhost:9"], 1, "in a browser"),
        (["replay", "/nowhere/u.9px"], 1, "/nowhere/u.9px"),
        (["replay", __file__, "--verify"], 1, "not a ninepixel file"),
        (["render", __file__, "--out", "film.avi"], 2, ".mp4"),
        (["bench", "fields", "--side", "100"], 2, "power of two"),
        (["bench", "scan", "/nowhere/at/all"], 1, "no such path"),
    ],
)
def test_an_error_is_one_line_on_stderr_and_a_code(
    arguments: list[str], code: int, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    said = ninepixel(capfd, *arguments)
    assert said.code == code
    assert said.out == ""
    lines = [line for line in said.err.splitlines() if line]
    assert len(lines) == 1, said.err
    assert lines[0].startswith("ninepixel: error: ")
    assert words in lines[0]


@pytest.mark.parametrize("arguments", [["--debug", "replay", "/nowhere/u.9px"], ["replay", "/nowhere/u.9px", "--debug"]])
def test_debug_shows_where_an_error_came_from(arguments: list[str]) -> None:
    said = in_a_process(*arguments)
    assert said.code == 1
    assert "Traceback" in said.err
    assert "NotASave" in said.err or "StoreError" in said.err or "BadSave" in said.err


def test_a_defect_says_that_it_is_one(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import ninepixel.cli.headless as headless

    def broken(*_: object) -> int:
        raise ZeroDivisionError("nine by nothing")

    monkeypatch.setattr(headless, "run_headless", broken)
    said = ninepixel(capfd, "run", "--ticks", "1")
    assert said.code == 1
    assert "ZeroDivisionError: nine by nothing (this is a defect" in said.err


def test_whoever_stops_reading_gets_no_traceback(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a.py").write_text("a")
    command = f"{sys.executable} -m ninepixel run {tree} --still --ticks 60 --every 1 --json | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.startswith('{"event": "start"')
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_python_m_is_the_same_program() -> None:
    said = in_a_process("--version")
    assert (said.code, said.out.strip()) == (0, f"ninepixel, version {__version__}")


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=12).filter(lambda t: t not in ("--version",)), min_size=1, max_size=5))
def test_no_command_line_makes_a_traceback(capfd: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    arguments = [a for a in arguments if a not in VERBS] or ["?"]  # verbs do work; whatever else is typed does not
    said = ninepixel(capfd, *arguments)
    assert said.code in (0, 2)
    assert "Traceback" not in said.err
    assert "defect" not in said.err
