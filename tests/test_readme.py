"""The README does what it says: every command and every program in it is run, every link leads somewhere."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
#: What makes a long command short. Everything else is run as it stands.
SMALLER = {
    "swarm": "--bots 4 --seconds 2 --ramp 0",
    "bench physics": "--bodies 400 --ticks 1 --repeats 1 --backend cpu",
    "bench fields": "--side 64 --repeats 1 --backend cpu",
    "bench env": "--agents 2 --worlds 2 --seconds 0.01 --repeats 1 --no-peers",
    "evaluate": "--option horizon=64",
    "bench policy": "--minds 64 --seconds 0.01 --repeats 1",
    "bench train": "--repeats 1",
    "train": "--envs 32 --set minibatches=2",
    "bench render": "--bodies 200 --frames 1 --size 64x64",
    "bench scan": "--files 200 --repeats 1",
    "bench server": "--bots 4 --movers 200 --seconds 1 --repeats 1",
    "bench recovery": "--kills 1 --entities 1000 --repeats 1",
}


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.S | re.M)


def commands() -> list[str]:
    """Every line of every shell block."""
    return [line for block in blocks("sh") for line in block.splitlines() if line.strip()]


def test_there_are_commands_to_try() -> None:
    assert commands()[:2] == ["make run", "make test"]
    assert sum(line.startswith("ninepixel ") for line in commands()) >= 10
    assert {line.split()[0] for line in commands()} == {"make", "ninepixel"}


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def serve(arguments: list[str], cwd: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start a server and wait until it accepts."""
    command = [sys.executable, "-m", "ninepixel", *arguments, "--json"]
    server = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert '"url"' in server.stdout.readline()
    return server


def test_every_command_does_what_it_says(tmp_path: Path) -> None:
    """In order and in one folder, because later ones use what earlier ones made. Servers run until all is done."""
    documents = tmp_path / "home" / "Documents"
    documents.mkdir(parents=True)
    (documents / "letter.md").write_text("dear reader")
    environment = {k: v for k, v in os.environ.items() if k != "DISPLAY"} | {"NINEPIXEL_STORE": str(tmp_path / "store")}
    address, servers = f"127.0.0.1:{free_port()}", list[subprocess.Popen[str]]()
    for line in commands():
        if not line.startswith("ninepixel "):
            continue
        arguments = [a.replace("~", str(tmp_path / "home")) for a in shlex.split(line)[1:]]
        arguments = [a.replace("127.0.0.1:9009", address) for a in arguments]
        arguments += ["--connect", address] if arguments[0] == "admin" else []
        if arguments[0] == "serve":
            servers.append(serve([*arguments, "--port", address.rpartition(":")[2]], tmp_path, environment))
            continue
        arguments += next((shlex.split(more) for start, more in SMALLER.items() if line.startswith(f"ninepixel {start}")), [])
        done = subprocess.run(
            [sys.executable, "-m", "ninepixel", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    for server in servers:
        server.terminate()
        server.communicate(timeout=60)
        assert server.returncode == 0
    made = {"picture.png", "universe.9px", "film.gif", "film.mp4", "sample.survey"}
    assert made <= {p.name for p in tmp_path.iterdir()}


@pytest.mark.parametrize("target", [line.split()[1] for line in commands() if line.startswith("make ")])
def test_make_knows_what_the_readme_tells_people_to_make(target: str) -> None:
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "scripts/setup.sh" in done.stdout


def test_the_programs_run(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a = 9")
    for program in blocks("python"):
        done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(r"100 [0-9a-f]{32}( \d+)?\n", done.stdout)


@pytest.mark.parametrize("document", sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]))
def test_links_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)", document.read_text("utf-8")):
        if not link.startswith("https://"):
            assert (document.parent / link).exists(), link


def test_the_verbs_are_all_there() -> None:
    from ninepixel.cli import VERBS

    for verb in VERBS:
        assert re.search(rf"^\| `{verb}\b", README, re.M), verb
