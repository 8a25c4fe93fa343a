"""One connection without a socket: handshakes, fragments, floods, silence, garbage, and peers that do not read."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.uri import parse_uri

from ninepixel.server.house import House
from ninepixel.server.http import Pages
from ninepixel.server.identity import content_hash, server_id
from ninepixel.server.metrics import Health, Metrics
from ninepixel.server.origins import OriginPolicy
from ninepixel.server.page import page_files
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import decode, encode
from ninepixel.server.protocol.limits import Limits
from ninepixel.server.protocol.messages import State
from ninepixel.server.protocol.session import Admission, Ended, Event, Opened, Pinged, Refusal
from ninepixel.server.wire import BUSY, HOPELESS, LONGEST, SILENCE, Wire

URI = parse_uri("ws://localhost:9009/live")


class Gate:
    """Lets everybody in as nobody."""

    server_id, content = server_id(bytes(32)), content_hash()

    def __init__(self) -> None:
        self.refused = Counter[str]()

    def admit(self, key: bytes, name: str, mode: str, invite: str) -> Admission | Refusal:
        return Admission(0, "guest")

    def resume(self, token: bytes) -> Admission | Refusal:
        return Refusal("token", "no such session")

    def token_for(self, account: int) -> bytes:
        return b""

    def count(self, kind: str) -> None:
        self.refused[kind] += 1


class Household:
    """A house with one connection, and what it has heard."""

    def __init__(self) -> None:
        self.time = 100.0
        self.limits, self.gate, self.metrics = Limits(), Gate(), Metrics(process=False)
        self.events = list[Event]()
        self.gone = list[Wire]()
        health = Health("ok", {})
        self._pages = Pages(page_files(), OriginPolicy.of(), lambda: health, self.metrics.render)

    def now(self) -> float:
        return self.time

    def arrived(self, wire: Wire) -> None:
        pass

    def departed(self, wire: Wire) -> None:
        self.gone.append(wire)

    def answer(self, request: Request, peer: str) -> Response | None:
        return self._pages.answer(request, peer)

    def happened(self, wire: Wire, event: Event) -> None:
        self.events.append(event)


class Transport(asyncio.Transport):
    """What a socket would have been given.

    :ivar waiting: bytes that the peer has yet to take, where it *reads* nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.written, self.waiting, self.reads = bytearray(), 0, True
        self.closed = self.aborted = self.ended = False

    def write(self, data: Any) -> None:
        assert not self.ended, "bytes after the end"
        self.written += data
        self.waiting += 0 if self.reads else len(data)

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 5) if name == "peername" else default

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True


class Call:
    """Both ends of a connection."""

    def __init__(self) -> None:
        self.house, self.transport = Household(), Transport()
        self.wire = Wire(cast("House", self.house))
        self.wire.connection_made(self.transport)
        self.peer = ClientProtocol(URI, max_size=1 << 22)
        self._read = 0

    def give(self, data: bytes, *, pieces: int = 1 << 20) -> None:
        """Bytes reach the server, unless it has closed."""
        for at in range(0, len(data), pieces):
            if not self.transport.closed:
                self.wire.data_received(data[at : at + pieces])

    def flush(self, **how: int) -> None:
        self.give(b"".join(self.peer.data_to_send()), **how)

    def shake(self) -> None:
        """The opening handshake."""
        self.peer.send_request(self.peer.connect())
        self.flush()

    def open(self) -> None:
        """Come in as a watcher."""
        self.shake()
        assert [number for number, _ in self.heard()] == [m.CHALLENGE]
        self.say(m.HELLO, m.VERSION, b"", "watch", "", b"", "", "")
        assert [type(event) for event in self.house.events] == [Opened]
        self.house.events.clear()

    def say(self, number: int, *values: Any) -> None:
        self.peer.send_binary(encode(number, *values))
        self.flush()

    def refused(self) -> dict[str, int]:
        """What was counted beside what the session counts."""
        found = re.findall(rb'refused_total{kind="(\w+)"} ([1-9]\d*)', self.house.metrics.render())
        return {kind.decode(): int(number) for kind, number in found}

    def heard(self) -> list[tuple[int, list[Any]]]:
        """Messages that the server has sent since the last call, by number, with their fields; and what its frames were."""
        self.peer.receive_data(bytes(self.transport.written[self._read :]))
        self._read = len(self.transport.written)
        frames = [event for event in self.peer.events_received() if isinstance(event, Frame)]
        self.opcodes = [frame.opcode for frame in frames]
        told = [decode(bytes(frame.data), by_client=False) for frame in frames if frame.opcode is Opcode.BINARY]
        return [(message.number, values) for message, values in told]


@pytest.fixture
def call() -> Call:
    return Call()


# -- coming in --------------------------------------------------------------------------------------------------------


def test_a_handshake_is_followed_by_the_challenge_and_a_greeting_by_the_event(call: Call) -> None:
    call.shake()
    assert call.peer.state.name == "CONNECTING"
    assert [number for number, _ in call.heard()] == [m.CHALLENGE]
    assert "Sec-WebSocket-Extensions" not in bytes(call.transport.written).decode("latin-1"), "nothing is compressed"
    call.say(m.HELLO, m.VERSION, b"", "watch", "", b"", "", "")
    (event,) = call.house.events
    assert isinstance(event, Opened)
    assert not call.transport.closed


def test_a_handshake_may_come_byte_by_byte(call: Call) -> None:
    call.peer.send_request(call.peer.connect())
    call.flush(pieces=1)
    assert [number for number, _ in call.heard()] == [m.CHALLENGE]


def test_a_page_is_answered_and_the_connection_closed(call: Call) -> None:
    call.give(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head, _, body = bytes(call.transport.written).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert body == page_files()["/"].body
    assert call.transport.closed
    assert not call.transport.aborted
    assert dict(call.wire.sent) == {"page": len(call.transport.written)}, "headers leave, too"


def test_a_message_that_comes_as_text_is_none(call: Call) -> None:
    call.open()
    call.peer.send_text(encode(m.PING, 7))
    call.flush()
    assert not any(isinstance(event, Pinged) for event in call.house.events)
    assert call.house.gate.refused.total() == 1
    call.say(m.PING, 8)
    assert [event.t for event in call.house.events if isinstance(event, Pinged)] == [8], "the next is heard"


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET /live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\r\n",
        b"GET /live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nConnection: Upgrade\r\n\r\n",
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PUT /live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET \xff\xfe HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40) + b"\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"x" * 10_000,
    ],
)
def test_what_is_no_handshake_ends_the_connection_and_nothing_else(call: Call, request_: bytes) -> None:
    call.give(request_)
    assert call.transport.closed
    assert not bytes(call.transport.written).startswith(b"HTTP/1.1 101")
    assert not bytes(call.transport.written).startswith(b"HTTP/1.1 500")
    assert call.house.events == []
    answered = bytes(call.transport.written).startswith(b"HTTP/1.1 4")
    assert answered or call.refused() == {"encoding": 1}


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_garbage_before_the_handshake_raises_nothing(chunks: list[bytes]) -> None:
    call = Call()
    for chunk in chunks:
        call.give(chunk)
    if not call.transport.closed:
        call.wire.eof_received()
    call.wire.connection_lost(None)
    assert call.house.events == []
    assert call.house.gone == [call.wire]


@given(st.lists(st.binary(max_size=300), max_size=8), st.integers(1, 64))
def test_garbage_after_the_handshake_raises_nothing(chunks: list[bytes], pieces: int) -> None:
    call = Call()
    call.open()
    for chunk in chunks:
        call.give(chunk, pieces=pieces)
    call.wire.check(call.house.time)
    call.wire.send(encode(m.PONG, 1, 1), "control")
    call.wire.connection_lost(None)


# -- messages ---------------------------------------------------------------------------------------------------------


def test_a_message_in_fragments_is_one_message(call: Call) -> None:
    call.open()
    message = encode(m.PING, 1 << 40)
    call.peer.send_binary(message[:1], fin=False)
    for place, byte in enumerate(message[1:]):
        call.peer.send_continuation(b"", fin=False)
        if place < 5:
            call.peer.send_ping(b"between")
        call.peer.send_continuation(bytes([byte]), fin=False)
    call.peer.send_continuation(b"", fin=True)
    call.flush(pieces=3)
    assert call.house.events == [Pinged(1 << 40)]
    call.heard()
    assert call.opcodes.count(Opcode.PONG) == 5


def test_endless_fragments_cost_no_memory(call: Call) -> None:
    call.open()
    call.peer.send_binary(b"", fin=False)
    for _ in range(3000):
        call.peer.send_continuation(b"", fin=False)
    call.flush()
    assert len(call.wire._parts) == 0
    assert call.house.events == []


@pytest.mark.parametrize("fragments", [1, 5])
def test_what_is_longer_than_any_message_is_not_taken(call: Call, fragments: int) -> None:
    call.open()
    size = LONGEST // fragments + 1
    for number in range(fragments):
        if number == 0:
            call.peer.send_binary(bytes(size), fin=fragments == 1)
        else:
            call.peer.send_continuation(bytes(size), fin=number == fragments - 1)
    call.flush()
    call.heard()
    assert call.transport.closed
    assert call.peer.close_rcvd is not None
    assert call.peer.close_rcvd.code == 1009
    assert call.house.events == []
    assert call.refused() == {"size": 1}


def test_a_malformed_message_is_refused_and_many_end_the_session(call: Call) -> None:
    call.open()
    for _ in range(50):
        if not call.transport.closed:
            call.peer.send_binary(b"\x90\x0cgarbage")
            call.flush()
    numbers = [number for number, _ in call.heard()]
    assert numbers.count(m.REFUSED) == call.house.gate.refused["arity"] > 5
    assert numbers[-1] == m.FAREWELL
    assert call.transport.closed
    assert call.house.events == [Ended("malformed")]


def test_every_byte_that_leaves_is_counted(call: Call) -> None:
    call.open()
    call.wire.send(encode(m.PONG, 1, 1), "control")
    call.wire.send(encode(m.HEARD, 1, 1, "a", "b"), "chat")
    call.peer.send_ping(b"are you there")
    call.flush()
    call.wire.end("kicked", "")
    assert sum(call.wire.sent.values()) == len(call.transport.written)
    assert set(call.wire.sent) == {"control", "chat"}


# -- going ------------------------------------------------------------------------------------------------------------


def test_goodbyes_of_all_kinds_close_the_connection() -> None:
    for kind in ("bye", "close", "eof", "end"):
        call = Call()
        call.open()
        call.heard()
        if kind == "bye":
            call.say(m.BYE)
        elif kind == "close":
            call.peer.send_close(1000)
            call.flush()
        elif kind == "eof":
            assert call.wire.eof_received() is False
        else:
            call.wire.end("kicked", "no more")
            assert [number for number, _ in call.heard()] == [m.FAREWELL]
        assert call.transport.closed or kind == "eof", kind
        before = len(call.transport.written)
        call.wire.send(encode(m.PONG, 1, 1), "control")
        call.wire.end("kicked", "again")
        call.wire.check(1e9)
        assert len(call.transport.written) == before, "nothing is sent to who has gone"
        call.wire.connection_lost(None)
        assert call.house.gone == [call.wire]


def test_who_has_hung_up_is_sent_nothing_more_although_bytes_for_them_still_wait(call: Call) -> None:
    call.open()
    call.wire.eof_received()
    assert call.transport.ended
    assert not call.wire.live
    call.wire.write(b"a frame")
    call.wire.send(encode(m.PONG, 1, 1), "control")


def test_who_does_not_read_is_busy_and_then_given_up(call: Call) -> None:
    call.open()
    call.transport.reads = False
    assert not call.wire.busy
    call.wire.send(bytes(BUSY), "pixels")
    assert call.wire.busy
    while not call.transport.closed:
        call.wire.send(bytes(BUSY), "pixels")
    assert call.transport.aborted
    assert HOPELESS < call.transport.waiting < HOPELESS + 2 * BUSY
    assert call.wire.session is not None
    assert call.wire.session.state is State.ENDED
    waiting = call.transport.waiting
    call.wire.send(bytes(100), "pixels")
    assert call.transport.waiting == waiting
    assert call.refused() == {"other": 1}


def test_who_asks_for_pongs_and_does_not_read_them_is_given_up(call: Call) -> None:
    call.open()
    call.transport.reads = False
    for _ in range(2 * HOPELESS // 127):
        if call.transport.closed:
            break
        call.house.time += 1  # no flood
        call.peer.send_ping(bytes(125))
        call.flush()
    assert call.transport.aborted


# -- as time passes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("send", ["send_ping", "send_pong"])
def test_who_floods_with_pings_is_not_answered_for_ever(call: Call, send: str) -> None:
    call.open()
    for _ in range(Limits().ping.burst):
        getattr(call.peer, send)(b"")
    call.flush()
    assert call.house.events == []
    getattr(call.peer, send)(b"")
    call.flush()
    assert call.house.events == [Ended("flood")]
    assert [number for number, _ in call.heard()] == [m.FAREWELL]
    assert call.transport.closed


def test_pings_at_leisure_are_no_flood(call: Call) -> None:
    call.open()
    for _ in range(100):
        call.house.time += 1 / Limits().ping.per_second
        call.peer.send_ping(b"")
        call.flush()
    assert call.house.events == []


def test_who_says_nothing_is_asked_and_then_given_up(call: Call) -> None:
    call.open()
    call.heard()
    start = call.house.time
    call.wire.check(start + SILENCE)
    call.heard()
    assert call.opcodes == []
    for later in (1, 2, 3):
        call.wire.check(start + SILENCE + later)
    call.heard()
    assert call.opcodes == [Opcode.PING], "asked once"
    call.house.time = start + SILENCE + 4
    call.flush()  # the answer
    call.wire.check(start + 2 * SILENCE + 1)
    assert not call.transport.closed
    call.heard()
    call.house.time = start + 2 * SILENCE
    call.wire.check(start + 3 * SILENCE + 4.5)
    assert call.transport.aborted


@pytest.mark.parametrize("drips", [False, True])
def test_a_handshake_that_does_not_come_ends(call: Call, drips: bool) -> None:
    start, patience = call.house.time, call.house.limits.login_seconds
    for second in range(int(patience)):
        call.house.time = start + second
        call.wire.check(call.house.time)
        if drips:
            call.give(b"GET / HTTP/1.1"[second : second + 1])
    assert not call.transport.closed
    call.wire.check(start + patience + 0.1)
    assert call.transport.aborted


def test_a_login_that_does_not_come_ends(call: Call) -> None:
    call.shake()
    call.heard()
    call.wire.check(call.house.time + call.house.limits.login_seconds + 1)
    ((number, fields),) = call.heard()
    assert (number, fields[0]) == (m.FAREWELL, "late")
    assert call.transport.closed
    assert call.house.gate.refused == {"late": 1}
