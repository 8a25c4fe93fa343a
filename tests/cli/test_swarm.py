"""``ninepixel swarm`` at the command line: what makes no sense is refused in one line, and what it measures can be read."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from fake_server import serving
from ninepixel.cli import main

QUICK = ("--bots", "2", "--seconds", "1", "--ramp", "0", "--nice", "0")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "URL is missing"),
        (["--verify", "store"], "--sample"),
        (["ftp://nowhere"], "no address of a server"),
        (["ws://127.0.0.1:1", "--actions", "dance=1"], "'dance'"),
        (["ws://127.0.0.1:1", "--bots", "2", "--watchers", "3"], "not so many"),
        (["ws://127.0.0.1:1", "--loss", "100"], "loss"),
        (["ws://127.0.0.1:1", "--malformed-when", "never"], "never"),
        (["ws://127.0.0.1:1", "--seconds", "1", "--bots", "1", "--trace", "nothing.jsonl"], "nothing.jsonl"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["swarm", *given, "--nice", "0"]) in (1, 2)
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert "defect" not in told


def swarmed(*options: str) -> int:
    """The exit code of a swarm of two bots on a small server."""

    async def run() -> int:
        async with serving() as fake:
            given = ["swarm", f"http://127.0.0.1:{fake.port}/", *QUICK, *options]
            return await asyncio.to_thread(main, given)

    return asyncio.run(run())


def test_a_report_is_one_row_of_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"
    assert (
        swarmed(
            "--json", "--sample", str(file), "--sample-every", "5", "--actions", "move=1", "--witnesses", "1", "--seconds", "3"
        )
        == 0
    )
    (line,) = capsys.readouterr().out.splitlines()
    row = json.loads(line)
    assert row["event"] == "swarm"
    assert row["plan"]["weights"] == {"move": 1}
    assert row["join_ms"]["n"] == 2
    assert row["bad_checks"] == 0
    assert row["witnesses"]["bots"] == 1
    assert row["witnesses"]["bots_nice"] == 0
    assert len(file.read_text().splitlines()) == row["samples"] + row["witnesses"]["samples"] > 0


def test_people_can_read_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert swarmed("--malformed", "200", "--latency", "5") == 0
    told = capsys.readouterr().out
    for word in ("join_ms: median", "bad checks 0", "hostile: ", "the bots themselves"):
        assert word in told


def test_nobody_there_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["swarm", "ws://127.0.0.1:1", "--bots", "1", "--seconds", "0.3", "--ramp", "0", "--nice", "0", "--json"]
    assert main(given) == 1
    assert json.loads(capsys.readouterr().out)["failed_joins"] >= 1
