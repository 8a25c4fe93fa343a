"""Logs say what happened, on one line, and no secrets."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.cli.report import set_up_logging
from ninepixel.server import logs
from ninepixel.server.accounts import Accounts
from ninepixel.server.database import open_database
from ninepixel.server.identity import Identity
from ninepixel.server.logs import HIDDEN, Redactor, configure, logger


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    yield io.StringIO()
    for name in ("websockets", "asyncio"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(logging.NOTSET)
    set_up_logging(False)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_of_json_with_its_fields(stream: io.StringIO) -> None:
    configure(as_json=True, stream=stream)
    logger("wire").info("opened", account=7, mode="play", late=0.25, resumed=False)
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "opened", "level": "info", "account": 7, "mode": "play", "late": 0.25, "resumed": False}


def test_for_people_it_is_one_line_of_text(stream: io.StringIO) -> None:
    configure(stream=stream)
    logger("wire").warning("slow down", hz=10, why="too late")
    assert stream.getvalue()[8:] == ' warning slow down hz=10 why="too late"\n'


def test_libraries_and_the_rest_of_the_package_speak_through_it(stream: io.StringIO) -> None:
    configure(as_json=True, stream=stream)
    logging.getLogger("ninepixel").info("scanning: %s files", 9)
    logging.getLogger("websockets.server").warning("connection rejected (%d)", 400)
    logging.getLogger("websockets.server").info("connection open")
    assert [(line["event"], line["level"]) for line in lines(stream)] == [
        ("scanning: 9 files", "info"),
        ("connection rejected (400)", "warning"),
    ]


def test_levels_are_kept(stream: io.StringIO) -> None:
    configure("error", stream=stream)
    logger("x").warning("quiet")
    logger("x").error("loud")
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()


def test_configuring_again_replaces(stream: io.StringIO) -> None:
    configure(stream=io.StringIO())
    configure(as_json=True, stream=stream)
    logger("x").info("once")
    assert len(lines(stream)) == 1


@pytest.mark.parametrize("as_json", [True, False])
def test_no_secret_is_ever_logged(tmp_path: Path, stream: io.StringIO, as_json: bool) -> None:
    """Real secrets, by every way they might be handed to the log."""
    root = tmp_path / "home of ann"
    root.mkdir()
    identity = Identity.load_or_create(tmp_path / "id")
    seed = (tmp_path / "id").read_text().split("seed ")[1].split()[0]
    with open_database(tmp_path / "a.db") as database:
        accounts = Accounts(database)
        account = accounts.enrol(identity.key, "Ann", "player").account
        token, invite = accounts.token_for(account), accounts.invite(by=1)
    name = "gehaltsliste-2031.xlsx"
    configure("debug", as_json=as_json, roots=(str(root),), stream=stream)
    log, old = logger("wire"), logging.getLogger("ninepixel")
    log.info("resumed", token=token, session_token=token.hex(), account=account)
    log.info(f"token {token.hex()}", invite=invite, data=token)
    log.info("came", said=f"my invite is {invite}", hint=f"invite={invite}", text=name, values=[token, {"key": identity.key}])
    log.info("key", private_key=seed, hexed=seed, coded=base64.b64encode(bytes.fromhex(seed)).decode())
    log.info("url", coded=base64.urlsafe_b64encode(token).decode(), key=identity)
    log.warning(
        "cannot read", path=root / name, why=f"[Errno 13] Permission denied: '{root}/docs/{name}'", file=name, file_name=name
    )
    old.warning("cannot read %s", root / name)
    old.info("resume with %s", token.hex())
    log.bind(invite=invite).info("bound")
    try:
        (root / name).read_bytes()
    except OSError:
        log.exception("reading failed")
        old.exception("reading failed")
    said = stream.getvalue()
    assert said.count("cannot read") == 2
    assert said.count("reading failed") == 2
    assert "FileNotFoundError" in said
    for secret in (token.hex(), invite, invite[4:], seed, name, "gehaltsliste", str(token)[2:-1], "home of ann/"):
        assert secret not in said, secret
    for raw in (token, bytes.fromhex(seed)):
        assert base64.b64encode(raw).decode() not in said
        assert base64.urlsafe_b64encode(raw).decode() not in said


def test_what_is_no_secret_stays(stream: io.StringIO) -> None:
    configure(as_json=True, stream=stream)
    digest = "0123456789abcdef" * 2
    logger("x").info("snapshot", digest=digest, tick=12, folders=3, peer="192.0.2.1:5000", code="slow-client", nothing=None)
    (line,) = lines(stream)
    assert line["digest"] == digest
    assert (line["folders"], line["peer"], line["code"], line["nothing"]) == (3, "192.0.2.1:5000", "slow-client", None)


@given(st.binary(min_size=32, max_size=64), st.sampled_from([bytes.hex, lambda b: b.hex().upper()]))
def test_every_long_hex_is_cut_out(secret: bytes, form: Any) -> None:
    redact = Redactor()
    assert form(secret) not in redact.text(f"x={form(secret)};")


@given(st.text(max_size=200))
def test_a_stranger_cannot_write_a_line_or_a_colour_of_its_own(text: str) -> None:
    written = io.StringIO()
    handler = logs._Stream(written)
    handler.setFormatter(logging.Formatter())
    line = logs._plain(None, "info", {"event": "named", "level": "info", "timestamp": "2031-01-01T00:00:00Z", "name": text})
    assert line.isprintable()


@pytest.mark.parametrize("name", sorted(HIDDEN))
def test_hidden_fields_are_hidden_in_any_case_and_depth(name: str) -> None:
    event = Redactor()(None, "info", {name.upper(): "x1", "deep": {name: ["x1"]}, "list": [{name: "x1"}]})
    assert "x1" not in json.dumps(event)


def test_two_spellings_of_the_mapped_folder_are_cut(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    os.symlink(real, link)
    stream = io.StringIO()
    configure(as_json=True, roots=(str(link),), stream=stream)
    logger("x").info("a", one=f"{real}/secret name.txt", two=f"{link}/secret name.txt", three=f"in {real}")
    set_up_logging(False)
    (line,) = lines(stream)
    assert (line["one"], line["two"], line["three"]) == ("(host)", "(host)", "in (host)")


def test_a_closed_stream_stops_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    configure(stream=stream)
    stream.close()
    logger("x").info("into the void")
    set_up_logging(False)
