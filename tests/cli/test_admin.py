"""``ninepixel admin`` against a server that speaks the real protocol over real sockets."""

from __future__ import annotations

import datetime
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from ninepixel.cli.admin import admin, default_key, show
from ninepixel.server.accounts import Accounts
from ninepixel.server.admin import ADMIN_VERBS, OPERATOR_KEY, AccountOrders, BadOrder, check_order, rows_body
from ninepixel.server.audit import Audit
from ninepixel.server.database import open_database
from ninepixel.server.identity import Identity, content_hash
from ninepixel.server.protocol import Limits, Opened, Ordered, ServerSession

Answer = Callable[[str, dict[str, Any]], dict[str, Any]]


@dataclass
class Gate:
    """The accounts, as sessions ask them."""

    accounts: Accounts
    content: bytes = field(default_factory=content_hash)
    server_id: bytes = b"s" * 16

    def __post_init__(self) -> None:
        self.admit, self.resume, self.token_for = self.accounts.admit, self.accounts.resume, self.accounts.token_for

    def count(self, kind: str) -> None:
        pass


class Served:
    """A server on a free port. *orders* holds what it was ordered; *gate* decides who comes in."""

    def __init__(self, folder: Path, tls: ssl.SSLContext | None = None) -> None:
        self.database = open_database(folder / "a.db")
        accounts = Accounts(self.database)
        self.gate = Gate(accounts)
        self._about_accounts = AccountOrders(accounts, Audit(self.database))
        self.key = folder / OPERATOR_KEY
        accounts.enrol(Identity.load_or_create(self.key).key, "operator", "operator")
        accounts.enrol(b"a" * 32, "Ann", "player")
        self.orders: list[tuple[str, dict[str, Any]]] = []
        self.server: Server = serve(self._talk, "127.0.0.1", 0, ssl=tls, compression=None)
        scheme, port = "ws" if tls is None else "wss", self.server.socket.getsockname()[1]
        self.url = f"{scheme}://127.0.0.1:{port}"
        self._thread = threading.Thread(target=self.server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.database.close()

    def _talk(self, connection: ServerConnection) -> None:
        session = ServerSession(self.gate, Limits(), time.monotonic())
        try:
            while True:
                for message in session.outgoing():
                    connection.send(message)
                data = connection.recv()
                assert isinstance(data, bytes)
                for event in session.receive(data, time.monotonic()):
                    if isinstance(event, Opened):
                        connection.send(session.welcome(7, 50, {}, 0))
                    if isinstance(event, Ordered):
                        connection.send(self._answer(session, event))
        except ConnectionClosed:
            pass

    def _answer(self, session: ServerSession, order: Ordered) -> bytes:
        try:
            args = check_order(order.verb, order.args)
            self.orders.append((order.verb, dict(args)))
            if order.verb in AccountOrders.VERBS:
                return session.answer(
                    order.id, True, self._about_accounts.obey(order.verb, args, by=session.account, now=time.time())
                )
            if order.verb == "who":
                rows = [[1, "operator", 1_700_000_000], [2, "evil\x1b[2J\nname", 0]]
                return session.answer(order.id, True, rows_body(("account", "name", "since"), rows))
            return session.answer(order.id, True, {"tick": 7} if order.verb == "snapshot" else {})
        except BadOrder as error:
            return session.answer(order.id, False, str(error))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path)
    yield made
    made.close()


def ordered(served: Served, *arguments: object, key: Path | None = None) -> Result:
    given = [str(a) for a in arguments]
    return CliRunner().invoke(admin, [*given, "--connect", served.url, "--key", str(key or served.key)])


def error_of(result: Result) -> str:
    """The one line of a command that failed without a traceback."""
    assert result.exit_code != 0
    assert isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    lines = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, result.output
    return lines[0].removeprefix("Error: ")


@pytest.mark.parametrize(
    ("arguments", "verb", "args"),
    [
        (["pause"], "pause", {}),
        (["resume"], "resume", {}),
        (["rate", "30"], "rate", {"hz": 30}),
        (["kick", "Ann", "--why", "noise"], "kick", {"who": "Ann", "why": "noise"}),
        (["ban", "2", "--seconds", "2h"], "ban", {"who": "2", "seconds": 7200, "why": ""}),
        (["role", "Ann", "node"], "role", {"who": "Ann", "role": "node"}),
        (["drain"], "drain", {"seconds": 10}),
        (["stats"], "stats", {}),
        (["audit", "--what", "bytes", "--by", "account", "--seconds", "7d"], "audit",
         {"what": "bytes", "by": "account", "seconds": 604_800, "who": "", "limit": 100}),
    ],
)  # fmt: skip
def test_an_order_arrives_as_it_was_given(served: Served, arguments: list[str], verb: str, args: dict[str, Any]) -> None:
    result = ordered(served, *arguments)
    assert result.exit_code == 0, result.output
    assert served.orders == [(verb, args)]


def test_every_verb_can_be_ordered_and_has_help() -> None:
    runner = CliRunner()
    for verb in ADMIN_VERBS.values():
        result = runner.invoke(admin, [verb.name, "--help"])
        assert result.exit_code == 0
        for text in (verb.about, *(argument.about for argument in verb.arguments)):
            assert " ".join(text.split()) in " ".join(result.output.split())


def test_an_invite_is_printed_and_good(served: Served) -> None:
    result = ordered(served, "invite", "--role", "player", "--json")
    said = json.loads(result.output)
    assert isinstance(said["invite"], str)
    assert "Admission" in repr(served.gate.admit(b"n" * 32, "New", "play", said["invite"]))


def test_a_table_is_printed_on_lines_and_strangers_write_no_control_characters(served: Served) -> None:
    lines = ordered(served, "who").output.splitlines()
    assert len(lines) == 3
    assert lines[0].split() == ["account", "name", "since"]
    assert "2023-11-14" in lines[1]
    assert "evil\\x1b[2J\\nname" in lines[2]
    rows = ordered(served, "who", "--json").output.splitlines()
    assert rows[0] == '{"account": 1, "name": "operator", "since": 1700000000}'


def test_values_and_nothing_are_printed(served: Served) -> None:
    assert ordered(served, "snapshot").output == "tick: 7\n"
    assert ordered(served, "pause").output == "done\n"
    assert ordered(served, "pause", "--json").output == "{}\n"
    assert "until: for good" in ordered(served, "ban", "Ann").output
    assert ordered(served, "audit").output.splitlines()[-1] == "(none)"


# -- what can go wrong ------------------------------------------------------------------------------------------------


def test_an_order_that_cannot_be_followed_is_said(served: Served) -> None:
    assert error_of(ordered(served, "kick", "x" * 65)).startswith("kick: who is an account's number or name")
    assert error_of(ordered(served, "ban", "Bob")).startswith("ban was refused: there is no account 'Bob'")
    assert "is not a duration such as 90s, 10m" in error_of(ordered(served, "ban", "Ann", "--seconds", "soon"))
    assert "60" in error_of(ordered(served, "rate", "99"))
    assert served.orders == [("ban", {"who": "Bob", "seconds": 0, "why": ""})]


def test_whoever_is_no_operator_is_told_so(served: Served, tmp_path: Path) -> None:
    stranger = Identity.load_or_create(tmp_path / "stranger")
    result = ordered(served, "pause", key=tmp_path / "stranger")
    assert error_of(result).startswith("the server refused (role): this key is unknown here")
    served.gate.accounts.enrol(stranger.key, "Stranger", "player")
    result = ordered(served, "pause", key=tmp_path / "stranger")
    assert error_of(result).startswith("the server refused (role): a player may not open mode admin")
    served.gate.accounts.ban(3, by=1)
    assert error_of(ordered(served, "pause", key=tmp_path / "stranger")).startswith("the server refused (banned)")
    assert served.orders == []


def test_another_release_is_told_so(served: Served) -> None:
    served.gate.content = b"x" * 16
    assert "install the same release" in error_of(ordered(served, "pause"))


def run(url: str, key: Path, *more: str) -> Result:
    return CliRunner().invoke(admin, ["pause", "--connect", url, "--key", str(key), *more])


def test_no_server_and_no_address_are_said(tmp_path: Path) -> None:
    key = tmp_path / "id"
    Identity.load_or_create(key)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = error_of(run(f"ws://127.0.0.1:{port}", key))
    assert said == f"no server at ws://127.0.0.1:{port}: Connection refused; start one with ninepixel serve"
    assert error_of(run("ws://[::1", key)).startswith("'ws://[::1' is no address of a server")
    assert error_of(run("ftp://127.0.0.1:1", key)).startswith("'ftp://127.0.0.1:1' is no address")
    assert "without TLS there are no certificates" in error_of(run("http://127.0.0.1:1", key, "--ca", str(key)))


def test_an_address_may_be_written_as_a_browser_has_it(served: Served) -> None:
    for url in (served.url.replace("ws://", "http://") + "/", served.url.removeprefix("ws://")):
        assert run(url, served.key).output == "done\n"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "answered 404 and no websocket: is that the address"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 8\r\n\r\nnot you\n", "answered 403 and no websocket: not you"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "speaks no websocket"),
        (b"", "speaks no websocket"),
    ],
)
def test_another_server_is_told_apart(tmp_path: Path, reply: bytes, said: str) -> None:
    Identity.load_or_create(tmp_path / "id")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(reply)

        thread = threading.Thread(target=answer)
        thread.start()
        result = run(f"ws://127.0.0.1:{server.getsockname()[1]}", tmp_path / "id")
        thread.join()
    assert said in error_of(result)


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([b"\x00garbage"], "does not speak the protocol"),
        (["text"], "does not speak the protocol"),
        ([], "closed the connection before it answered"),
    ],
)
def test_a_server_that_speaks_otherwise_is_said(tmp_path: Path, messages: list[bytes | str], said: str) -> None:
    Identity.load_or_create(tmp_path / "id")

    def talk(connection: ServerConnection) -> None:
        for message in messages:
            connection.send(message)

    with serve(talk, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        result = run(f"ws://127.0.0.1:{server.socket.getsockname()[1]}", tmp_path / "id")
        server.shutdown()
        thread.join()
    assert said in error_of(result)


def test_a_server_that_says_nothing_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ninepixel.cli.admin.PATIENCE", 0.05)
    Identity.load_or_create(tmp_path / "id")
    done = threading.Event()

    def talk(connection: ServerConnection) -> None:
        done.wait(10)

    with serve(talk, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        result = run(f"ws://127.0.0.1:{server.socket.getsockname()[1]}", tmp_path / "id")
        done.set()
        server.shutdown()
        thread.join()
    assert "does not answer in time" in error_of(result)


def test_a_key_that_is_missing_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    said = error_of(run("ws://127.0.0.1:1", tmp_path / "none"))
    assert said.startswith("there is no identity in ")
    assert "--key" in said
    assert not (tmp_path / "none").exists()


def test_the_operators_key_of_the_store_is_taken_and_else_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NINEPIXEL_STORE", str(tmp_path))
    monkeypatch.setenv("NINEPIXEL_IDENTITY", str(tmp_path / "mine"))
    assert default_key() == tmp_path / "mine"
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / OPERATOR_KEY).write_text("")
    assert default_key() == tmp_path / "server" / OPERATOR_KEY


def test_odd_answers_are_printed_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    show({"columns": ["a"], "rows": [[1, 2], [], ["x"]]}, False)
    show({"columns": 3, "rows": "x"}, False)
    show({"answer": "fine"}, True)
    show({"paused": True, "full": False, "trouble": None, "bytes": 12345}, False)
    assert capsys.readouterr().out.splitlines() == [
        "a",
        "1",
        "",
        "x",
        "columns: 3",
        "rows: x",
        '{"answer": "fine"}',
        "paused: yes",
        "full: no",
        "trouble: -",
        "bytes: 12,345",
    ]


# -- TLS --------------------------------------------------------------------------------------------------------------


def certificate(folder: Path) -> Path:
    """A self-signed certificate of 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = builder.add_extension(names, False).sign(key, hashes.SHA256())
    file = folder / "server.pem"
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return file


def test_tls_is_spoken_with_whoever_is_trusted_and_with_nobody_else(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    served = Served(tmp_path, context)
    try:
        assert ordered(served, "pause", "--ca", pem).output == "done\n"
        said = error_of(ordered(served, "pause"))
        assert "cannot be trusted: self-signed certificate; name its certificate with --ca" in said.replace(
            "self signed", "self-signed"
        )
    finally:
        served.close()
