"""``ninepixel node`` and ``ninepixel train --nodes``, as people run them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from command import ninepixel
from ninepixel.agents.learning.settings import Settings

Capture = pytest.CaptureFixture[str]
SMALL = ("--envs", "16", "--hidden", "16", "--set", "ticks=8", "--set", "minibatches=2", "--device", "cpu", "--threads", "1")
QUICK = ("--cores", "1", "--nice", "0")


@pytest.fixture(autouse=True)
def _own_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NINEPIXEL_IDENTITY", str(tmp_path / "identity"))
    monkeypatch.setenv("NINEPIXEL_TICKET", "9px-of-this-test")


def test_the_probe_says_what_a_machine_can_do(capfd: Capture) -> None:
    said = ninepixel(capfd, "node", "--server", "127.0.0.1:1", "--probe", *QUICK)
    assert said.code == 0
    assert said.last["cores"] == 1
    assert said.last["steps_per_s"] > 0
    assert said.last["ability"] in ("nano", "edge", "core", "ultra")


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (["node"], "Missing option '--server'", 2),
        (["node", "--server", "ftp://nowhere", *QUICK], "no address of a server", 2),
        (["node", "--server", "127.0.0.1:1", "--give-up", "0", *QUICK], "no learner at ws://127.0.0.1:1/live", 1),
        (["node", "--server", "127.0.0.1:1", "--identity", "README", *QUICK], "no identity file", 1),
        (["train", "forage", "--out", "OUT", "--nodes", "9010"], "--nodes takes HOST:PORT", 2),
        (["train", "forage", "--out", "OUT", "--nodes", "127.0.0.1:99999"], "--nodes takes HOST:PORT", 2),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    capfd: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str, code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("README").write_text("hello")
    Path("README").chmod(0o600)
    found = ninepixel(capfd, *arguments)
    assert said in found.err
    assert found.code == code
    assert "Traceback" not in found.err
    assert "defect" not in found.err


def test_a_taken_port_is_said_and_nothing_is_begun(capfd: Capture, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = ninepixel(capfd, "train", "forage", "--out", tmp_path / "run", "--nodes", f"127.0.0.1:{port}", *SMALL)
    assert said.code == 1
    assert "cannot be listened for" in said.err
    assert not (tmp_path / "run").exists()


def test_without_nodes_the_learner_lives_itself_and_the_report_says_so(capfd: Capture, tmp_path: Path) -> None:
    said = ninepixel(capfd, "train", "forage", "--steps", 256, "--out", tmp_path / "run", "--nodes", "127.0.0.1:0", *SMALL)
    assert said.code == 0, said.err
    assert "to lend a machine: ninepixel node --server http://127.0.0.1:" in said.err
    assert "9px-of-this-test" not in said.err, "who knows the ticket already is not told"
    groups = Settings().groups
    assert said.last["nodes"]["counts"] == {"posted": 2 * groups, "local": 2 * groups, "done": 2 * groups}
    assert json.loads((tmp_path / "run" / "report.json").read_text())["nodes"] == said.last["nodes"]


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_node_lives_for_a_learner_and_leaves_when_it_is_asked(capfd: Capture, tmp_path: Path) -> None:
    """Two processes. The learner waits for nodes as long as it takes, because one is there before it begins."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = ["-m", "ninepixel", "node", "--server", f"http://127.0.0.1:{port}", "--name", "ada", *QUICK]
    node = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert node.stderr is not None
        for line in node.stderr:
            if "trying again" in line:  # it is measured, and looks for its learner
                break
        given = ("--steps", 16 * 8 * 400, "--minutes", 0.5, "--out", tmp_path / "run", "--nodes", f"127.0.0.1:{port}", *SMALL)
        said = ninepixel(capfd, "train", "forage", *given)
        assert said.code == 0, said.err
        counts = said.last["nodes"]["counts"]
        assert counts["done"] == counts["posted"]
        assert counts.get("refused", 0) == 0
        assert counts["verified"] > 0
        assert "node ada is there" in said.err
        node.send_signal(signal.SIGTERM)
        out, _ = node.communicate(timeout=60)
    finally:
        node.kill()
        node.communicate()
    assert node.returncode == 0
    told = json.loads(out.splitlines()[-1])
    assert told["event"] == "lent"
    assert told["verified"] == counts["verified"]
