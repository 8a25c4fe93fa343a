"""``ninepixel serve``: from a command line to a server and its end, and one clear line for whatever keeps it from starting."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from certificates import certificate
from command import ninepixel
from host_trees import plant
from live_servers import Guest
from ninepixel.server.durable import Store
from ninepixel.server.durable.history import run_history
from ninepixel.server.identity import Identity
from ninepixel.server.protocol.peer_events import Noticed, You
from ninepixel.server.settings import Settings
from small_courts import universe_of

Capture = pytest.CaptureFixture[str]
SMALL = ("--minds", 2, "--players", 3, "--still", "--port", 0, "--backend", "cpu")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant(tmp_path_factory.mktemp("host"), {"a.md": "1", "src/b.py": "22"})


@contextmanager
def serving(store: Path, host: Path, *arguments: object) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A server in a process of its own, and the line with which it says where it is."""
    command = [sys.executable, "-m", "ninepixel", "serve", host, "--store", store, *SMALL, *arguments, "--json"]
    environment = os.environ | {"NINEPIXEL_SERVER_DRAIN_SECONDS": "600", "NINEPIXEL_SERVER_RATE": "60"}
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield process, json.loads(line)
    finally:
        process.kill()
        process.communicate()


def test_killed_and_started_again_it_goes_on_and_ends_well(tmp_path: Path, host: Path) -> None:
    identity = Identity.generate()
    with serving(tmp_path, host) as (process, about):
        assert about["url"] == f"http://127.0.0.1:{about['port']}/"
        assert (about["recovered_ticks"], about["operator_key"]) == (-1, str(tmp_path / "operator.key"))
        player = Guest(about["port"], identity).log_in("Ada")
        you = player.embody()
        for move in range(1, 9):
            player.done(player.peer.input(move, 0, 0))
        process.kill()
        assert process.wait() == -signal.SIGKILL
        player.until_closed()

    with serving(tmp_path, host) as (process, about):
        assert about["recovered_ticks"] >= about["tick"] - 5 > 0, "the whole of a short life was run again"
        assert about["operator_key"] is None
        player.peer.reconnect()
        player.port = about["port"]
        player.close()
        player.connect()
        player.log_in("Ada")
        assert player.welcome.got_seq >= player.peer.acknowledged
        since = player.events.index(player.welcome)
        assert player.expect(You, since=since).slot == you.slot
        player.done(player.peer.input(1, 0, 0))

        process.send_signal(signal.SIGTERM)
        assert player.expect(Noticed, lambda event: event.code == "draining").fields == {"seconds": 600}
        process.send_signal(signal.SIGTERM)  # once more: at once
        goodbye = player.until_closed()
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert goodbye is not None
        assert goodbye.code == "draining"
        done = json.loads(out)
    assert "Traceback" not in err
    universe, history = run_history(tmp_path, universe_of)
    with universe:
        assert (universe.tick, universe.digest()) == (done["tick"], done["digest"])
    assert history.twice == []
    assert history.desk.last_seq(player.welcome.account) == player.peer.acknowledged
    player.close()


def test_settings_can_be_seen_and_used_again(tmp_path: Path, capfd: Capture) -> None:
    said = ninepixel(capfd, "serve", "--print-config", "--rate", 33, "--share", "docs", "--share", "src")
    assert said.code == 0
    told = tomllib.loads(said.out)
    assert (told["rate"], told["share_names"], told["port"]) == (33, ["docs", "src"], Settings().port)
    file = tmp_path / "server.toml"
    file.write_text(said.out)
    again = ninepixel(capfd, "serve", "--config", file, "--print-config", "--port", 1)
    assert tomllib.loads(again.out) == told | {"port": 1}


def failure(capfd: Capture, *arguments: object) -> str:
    """The one line that says why it does not start."""
    said = ninepixel(capfd, "serve", *arguments)
    assert said.code in (1, 2)
    assert said.out == ""
    line = said.err.strip().splitlines()[-1]
    assert line.startswith("ninepixel: error: ")
    assert "Traceback" not in said.err
    assert "defect" not in line
    return line.removeprefix("ninepixel: error: ")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--rate", 5), "--rate is an integer from 10 to 60, not 5"),
        (("--port", 70000), "--port is an integer from 0 to 65535"),
        (("--port", "x"), "'x' is not a valid integer"),
        (("--minds", -1), "--minds is an integer from 0"),
        (("--entry", "closed"), "'closed' is not one of"),
        (("--share", "../up"), "is not inside the mapped folder"),
        (("--config", "missing.toml"), "missing.toml"),
    ],
)
def test_wrong_flags_are_named(capfd: Capture, arguments: tuple[object, ...], why: str) -> None:
    assert why in failure(capfd, *arguments)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("rate = 5", "rate in .*bad.toml.* is an integer from 10 to 60, not 5"),
        ("rade = 20", "rade in .*there is no such setting; is rate meant"),
        ("rate = ", "is not TOML"),
        ("tls_cert = 'a.pem'", "tls_cert and tls_key go together"),
        ("[limits]\nsay = 'often'", "a rate is written per_second/burst"),
    ],
)
def test_wrong_settings_in_a_file_are_named(tmp_path: Path, capfd: Capture, text: str, why: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(AssertionError, match=why):
        raise AssertionError(failure(capfd, "--config", file))


def test_wrong_settings_in_the_environment_are_named(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NINEPIXEL_SERVER_QUOTA", "none")
    assert failure(capfd).startswith("NINEPIXEL_SERVER_QUOTA is a size")


def test_what_is_no_host_is_said(tmp_path: Path, host: Path, capfd: Capture) -> None:
    store = ("--store", tmp_path / "store", *SMALL)
    assert "nowhere" in failure(capfd, tmp_path / "nowhere", *store)
    note = tmp_path / "note.9px"
    note.write_bytes(b"no recording")
    assert "note.9px" in failure(capfd, "--from-host", note, *store)
    assert "name one of them" in failure(capfd, host, "--from-host", note, *store)


def test_a_store_that_cannot_be_used_is_said(tmp_path: Path, host: Path, capfd: Capture) -> None:
    store = tmp_path / "store"
    with Store.open(store):
        assert f"process {os.getpid()} is serving this universe" in failure(capfd, host, "--store", store, *SMALL)
    file = tmp_path / "file"
    file.write_text("")
    assert str(file) in failure(capfd, host, "--store", file, *SMALL)


def test_what_keeps_it_from_listening_is_said_and_the_store_stays_whole(tmp_path: Path, host: Path, capfd: Capture) -> None:
    store = tmp_path / "store"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        why = failure(capfd, host, "--store", store, *SMALL, "--port", port)
        assert why.startswith(f"cannot listen on 127.0.0.1:{port}: ")
        assert why.endswith("choose another --port")
    assert "cannot listen on 203.0.113.7" in failure(capfd, host, "--store", store, *SMALL, "--host", "203.0.113.7")
    assert "cannot listen on no.such.host.invalid" in failure(
        capfd, host, "--store", store, *SMALL, "--host", "no.such.host.invalid"
    )
    other = plant(tmp_path / "other", {"x": "1"})
    assert "choose another store" in failure(capfd, other, "--store", store, *SMALL)
    key = store / "server.key"
    key.write_text("no key")
    assert "server.key" in failure(capfd, host, "--store", store, *SMALL)


def test_certificates_that_are_none_are_said(tmp_path: Path, host: Path, capfd: Capture) -> None:
    store, config = tmp_path / "store", tmp_path / "tls.toml"
    chain, key = certificate(tmp_path / "good")
    sealed_chain, sealed_key = certificate(tmp_path / "sealed", password=b"secret")
    text = tmp_path / "text.pem"
    text.write_text("no certificate")
    for cert, private in ((text, key), (tmp_path / "missing.pem", key), (chain, sealed_key), (sealed_chain, sealed_key)):
        config.write_text(f"tls_cert = {json.dumps(str(cert))}\ntls_key = {json.dumps(str(private))}\n")
        why = failure(capfd, host, "--store", store, *SMALL, "--config", config)
        assert f"tls_cert {cert} and tls_key {private} are no certificate and key without a password: " in why
