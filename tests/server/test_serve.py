"""A whole server over loopback: who comes in, what they get, what operators order, what a start and an end do."""

from __future__ import annotations

import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.frames import Opcode

from certificates import certificate
from host_trees import survey_of
from live_servers import HURRIED, PATIENCE, Come, Guest, LiveServer, live_server, visitors
from ninepixel.server.durable import Store
from ninepixel.server.durable.history import run_history
from ninepixel.server.identity import Identity
from ninepixel.server.opening import HostSource
from ninepixel.server.page import page_files
from ninepixel.server.page.overview import FORM
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import encode
from ninepixel.server.protocol.peer_events import Framed, Happened, Heard, Noticed, Overview, Refused, You
from ninepixel.server.replication import fields_of
from ninepixel.server.serve import ServeError
from ninepixel.server.wire import BUSY, LONGEST, SILENCE, Wire
from ninepixel.world.identity import MindIdentity
from small_courts import FILES, universe_of

SOURCE = HostSource(survey=survey_of(FILES))


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("serve"), SOURCE, **HURRIED) as live:
        yield live


@pytest.fixture
def come(live: LiveServer) -> Iterator[Come]:
    with visitors(live) as come:
        yield come


# -- pages ------------------------------------------------------------------------------------------------------------


def test_pages_health_and_figures_over_a_socket(live: LiveServer) -> None:
    for path, file in page_files().items():
        status, headers, body = live.get(path)
        assert (status, body, headers["content-security-policy"]) == (200, file.body, file.headers["Content-Security-Policy"])
    _, headers, _ = live.get("/")
    assert live.get("/", f"If-None-Match: {headers['etag']}")[::2] == (304, b"")
    live.until(lambda: json.loads(live.get("/healthz")[2])["status"] == "ok")
    status, _, body = live.get("/metrics")
    assert status == 200
    assert b"ninepixel_tick " in body
    assert live.get("/nowhere")[0] == 404


def test_strange_hosts_and_origins_are_kept_out(live: LiveServer) -> None:
    assert live.get("/", host="evil.example")[0] == 403
    assert live.get("/", "Origin: https://evil.example")[0] == 403
    upgrade = (
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )
    assert live.get("/live", *upgrade, "Origin: https://evil.example")[0] == 403
    assert live.get("/live", *upgrade, host="evil.example")[0] == 403


# -- who comes --------------------------------------------------------------------------------------------------------


def test_a_watcher_sees_the_universe(live: LiveServer, come: Come) -> None:
    watcher = come(mode="watch")
    assert (watcher.welcome.account, watcher.welcome.role, watcher.welcome.token) == (0, "guest", b"")
    name = watcher.welcome.world["universe"]
    assert re.fullmatch("universe [0-9a-f]{6}", name), "not what the folder is called"
    assert watcher.welcome.world == {"side_log2": 7, "sector_log2": 4, "seed": 0, "universe": name, "chat": 1}
    view = watcher.view
    assert view is not None
    watcher.until(lambda: view.window and all(view.known(s, ground=True) and view.known_field(s) for s in view.window))
    overview = watcher.expect(Overview)
    assert overview.data[0] == FORM
    watcher.peer.look(0, 0, 3)
    watcher.flush()
    watcher.until(lambda: (view.centre, view.reach) == (0, 3))


def test_a_player_moves_a_body_and_sees_it(live: LiveServer, come: Come) -> None:
    player = come("Ada")
    you = player.embody()
    view = player.view
    assert view is not None
    sectors = view.sectors
    player.until(lambda: you.sprite in fields_of(view.rows(sectors.of(you.x, you.y)))["id"])
    seq = player.peer.input(3, 0, 7)
    player.done(seq)
    moved = player.expect(You, lambda now: now.tick > you.tick and (now.vx, now.vy) != (0, 0))
    assert (moved.slot, moved.sprite) == (you.slot, you.sprite)
    facts = player.ask("mind", you.sprite)
    assert isinstance(facts.body, dict)
    assert (facts.ok, facts.body["name"], facts.body["word"]) == (True, "Ada", 7)
    assert any(event.text == "Ada is born" for event in player.events if isinstance(event, Happened))
    player.done(player.peer.leave())
    player.expect(You, lambda now: now.slot == -1)


def test_acknowledged_means_durable(live: LiveServer, come: Come) -> None:
    player = come()
    player.embody()
    for move in range(1, 9):
        seq = player.peer.input(move, 0, 0)
        player.done(seq)
        frame = next(event for event in reversed(player.events) if isinstance(event, Framed) and event.ack)
        assert live.server.store.durable >= frame.tick - 1
        assert live.server.authority.desk.last_seq(player.welcome.account) >= frame.ack >= seq


def test_players_hear_each_other(live: LiveServer, come: Come) -> None:
    speaker = come("Bab")
    speaker.embody()
    speaker.done(speaker.peer.say("hello there"))
    heard = speaker.expect(Heard)
    assert (heard.name, heard.text) == ("Bab", "hello there")


def test_a_lost_connection_is_resumed_with_body_and_numbers(live: LiveServer, come: Come) -> None:
    player = come("Cay")
    you = player.embody()
    player.done(player.peer.input(1, 0, 0))
    token, account = player.peer.token, player.welcome.account
    player.close()
    live.until(lambda: account in live.server.authority.crowd.left_at)
    unsent = player.peer.input(2, 0, 0)
    player.come_back()
    assert (player.welcome.account, player.welcome.got_seq) == (account, unsent - 1)
    assert player.peer.token != token
    again = player.expect(You, since=player.events.index(player.welcome))
    assert (again.slot, again.sprite) == (you.slot, you.sprite)
    player.done(unsent)

    thief = Guest(live.port, Identity.generate())
    thief.peer.resume(token)
    thief.flush()
    assert thief.expect(Refused).code == "token"
    thief.close()


def test_the_newer_connection_of_an_account_is_the_one_that_stays(live: LiveServer, come: Come) -> None:
    identity = Identity.generate()
    older = come("Dot", identity=identity)
    you = older.embody()
    newer = come("Dot", identity=identity)
    goodbye = older.until_closed()
    assert goodbye is not None
    assert goodbye.code == "elsewhere"
    assert newer.expect(You).slot == you.slot
    newer.done(newer.peer.input(1, 0, 0))


def test_wrong_greetings_are_refused_with_a_reason(live: LiveServer) -> None:
    for content, mode, identity, code in (
        (b"x" * 16, "play", Identity.generate(), "content"),
        (None, "admin", Identity.generate(), "role"),
        (None, "play", None, "anonymous"),
    ):
        with closing(Guest(live.port, identity, content=content)) as guest:
            guest.peer.hello("", mode)
            guest.flush()
            goodbye = guest.until_closed()
            assert goodbye is not None
            assert goodbye.code == code
    with closing(Guest(live.port, None)) as silent:
        assert silent.challenge.version == m.VERSION


# -- peers that do not behave -----------------------------------------------------------------------------------------


def test_who_does_not_read_gets_the_latest_and_nothing_in_between(live: LiveServer, come: Come) -> None:
    player = come()
    player.embody()

    class Slow:
        """A transport whose peer has yet to read."""

        def __init__(self, transport: Any) -> None:
            self.real = transport

        def get_write_buffer_size(self) -> int:
            return BUSY + 1

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

    def wire() -> Wire:
        return next(w for w in live.server.house._wires if w.session is not None and w.session.account == player.welcome.account)

    live.on_loop(lambda: setattr(wire(), "transport", Slow(wire().transport)))
    live.until(lambda: live.server.authority.busy)
    live.ticks(3)
    frames = len([event for event in player.events if isinstance(event, Framed)])
    player.read()
    live.ticks(40)
    player.read()
    late = [event for event in player.events if isinstance(event, Framed)][frames:]
    assert not [event for event in late if event.payload and event.tick > live.server.house.tick - 30]
    live.on_loop(lambda: setattr(wire(), "transport", wire().transport.real))  # type: ignore[attr-defined]
    tick = live.server.house.tick
    player.expect(Framed, lambda event: event.payload and event.tick > tick)
    assert b"ninepixel_frames_dropped_total 0.0" not in live.get("/metrics")[2]


def test_who_is_silent_is_asked_and_then_dropped(live: LiveServer, come: Come, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher, start = come(mode="watch"), time.monotonic()
    house = live.server.house
    monkeypatch.setattr(house, "now", lambda: start + SILENCE + 5)
    live.on_loop(house.every_second)
    watcher.until(lambda: watcher.pings == 1)
    wire = live.on_loop(lambda: next(iter(house._wires)))
    live.until(lambda: not wire._asked)  # its pong has come
    monkeypatch.setattr(house, "now", lambda: start + 4 * SILENCE)
    live.on_loop(house.every_second)
    watcher.until_closed()


def test_fragments_make_a_message_and_too_long_a_one_ends_the_session(live: LiveServer, come: Come) -> None:
    watcher = come(mode="watch")
    message = encode(m.ASK, 77, "moments", 0)
    watcher.line.send_binary(message[:3], fin=False)
    watcher.line.send_ping(b"between")
    watcher.line.send_continuation(message[3:], fin=True)
    watcher.flush()
    watcher.until(lambda: any(getattr(event, "id", 0) == 77 for event in watcher.events))
    watcher.line.send_binary(bytes(LONGEST + 1))
    watcher.flush()
    watcher.until_closed()
    assert watcher.line.close_rcvd is not None
    assert watcher.line.close_rcvd.code == 1009


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00" * 9000,
        b"\x16\x03\x01" + bytes(200) + b"\r\n",
        b"GET\r\n\r\n",
        b"\r\n" * 20,
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 500,
    ],
)
def test_garbage_before_the_handshake_is_hung_up_on(live: LiveServer, garbage: bytes) -> None:
    assert not live.exchange(garbage).startswith(b"HTTP/1.1 1")


def test_half_open_connections_are_closed(live: LiveServer, come: Come) -> None:
    with socket.create_connection(("127.0.0.1", live.port), PATIENCE) as line:
        line.sendall(b"GET / HT")
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100) == b""
    watcher = come(mode="watch")
    watcher.socket.shutdown(socket.SHUT_WR)
    watcher.until_closed()
    live.until(lambda: not live.server.house._open)


def test_messages_of_every_wrong_kind_stop_nobody(live: LiveServer, come: Come) -> None:
    rng = np.random.default_rng(8)
    good = come(mode="watch")
    for opcode in (Opcode.BINARY, Opcode.TEXT):
        bad = come(mode="watch")
        for _ in range(30):
            send = bad.line.send_binary if opcode is Opcode.BINARY else bad.line.send_text
            send(rng.bytes(int(rng.integers(0, 200))) if opcode is Opcode.BINARY else b"text")
        bad._send()
        bad.until_closed()
    tick = live.server.house.tick
    good.expect(Framed, lambda event: event.tick > tick)


# -- from a start to an end -------------------------------------------------------------------------------------------


def test_a_drained_server_says_goodbye_and_the_next_goes_on_where_it_was(tmp_path: Path) -> None:
    identity = Identity.generate()
    with live_server(tmp_path, SOURCE, rate=60) as live:
        assert live.serving.recovered == -1
        assert live.serving.operator_key == tmp_path / "operator.key"
        operator = Guest(live.port, Identity.load(tmp_path / "operator.key")).log_in(mode="admin")
        player = Guest(live.port, identity).log_in("Jo")
        you = player.embody()
        player.done(player.peer.input(2, 0, 0))
        assert operator.order("drain", seconds=600).ok
        assert player.expect(Noticed).code == "draining"
        status, _, body = live.get("/healthz")
        assert (status, "draining" in json.loads(body)["reasons"]) == (503, True)
        late = Guest(live.port, None)
        late.peer.hello(mode="watch")
        late.flush()
        goodbye = late.until_closed()
        assert goodbye is not None
        assert goodbye.code == "draining"
        operator.order("drain", seconds=600)  # a second time: at once
        goodbye = player.until_closed()
        assert goodbye is not None
        assert goodbye.code == "draining"
    universe, history = run_history(tmp_path, universe_of)
    with universe:
        assert (universe.tick, universe.digest()) == (live.done["tick"], live.done["digest"])
    assert history.twice == []

    with live_server(tmp_path, SOURCE, rate=60) as again:
        assert (again.serving.recovered, again.serving.operator_key) == (0, None), "a snapshot was taken at the end"
        assert again.serving.tick >= live.done["tick"]
        player.come_back_to(again.port)
        assert (player.welcome.account, player.welcome.got_seq) == (player.peer.account, player.peer.acknowledged)
        assert player.expect(You, since=player.events.index(player.welcome)).slot == you.slot
        names = again.between_ticks(lambda universe: {mind.name for _, mind in universe.pull().cold.each(MindIdentity)})
        assert b"Jo" in names
        player.close()
    for guest in (operator, player, late):
        guest.close()


def test_with_a_certificate_it_speaks_tls(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    trusts = ssl.create_default_context(cafile=str(chain))
    with live_server(tmp_path / "store", SOURCE, rate=60, tls_cert=chain, tls_key=key) as live:
        assert live.serving.url == f"https://127.0.0.1:{live.port}/"
        player = Guest(live.port, Identity.generate(), tls=trusts).log_in("Kit")
        player.embody()
        player.close()
        assert not live.exchange(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").startswith(b"HTTP")
        with socket.create_connection(("127.0.0.1", live.port), PATIENCE) as line:
            line.sendall(b"\x16\x03\x01")  # and never more
        again = Guest(live.port, None, tls=trusts).log_in(mode="watch")
        again.expect(Framed)
        again.peer.bye()
        again.flush()
        again.until_closed()
        again.close()


def test_a_port_that_is_taken_is_said_and_the_store_is_free_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = pytest.raises(ServeError, match=f"cannot listen on 127.0.0.1:{port}: .*another --port")
        with said, live_server(tmp_path, SOURCE, port=port):
            pass
    Store.open(tmp_path).drop()
