"""The bots' websocket line reads what a server of `websockets` writes, however the stream is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from ninepixel.server.swarm.chaos import ws_frame
from ninepixel.server.swarm.wire import LARGEST, Broken, Line

URI = parse_uri("ws://localhost:9/ws")


def connected() -> tuple[Line, ServerProtocol, bytes]:
    """A line, a server that has taken its request, and the server's answer."""
    line, server = Line(URI), ServerProtocol()
    server.receive_data(line.hello())
    (request,) = server.events_received()
    assert isinstance(request, Request)
    server.send_response(server.accept(request))
    return line, server, b"".join(server.data_to_send())


def spoken(server: ServerProtocol, messages: list[bytes], fragment: bool, ping: bool) -> bytes:
    """The stream that carries some messages, in two fragments each and with pings between, or plainly."""
    for message in messages:
        if fragment:
            server.send_binary(message[: len(message) // 2], fin=False)
            if ping:
                server.send_ping(b"between")
            server.send_continuation(message[len(message) // 2 :], fin=True)
        else:
            server.send_binary(message)
        if ping:
            server.send_ping(b"now")
    return b"".join(server.data_to_send())


#: Long ones are a few bytes again and again: hypothesis need not find every byte of them.
long_messages = st.builds(lambda unit, size: (unit * size)[:size], st.binary(min_size=1, max_size=8), st.integers(65_530, 65_540))
messages = st.lists(st.one_of(st.binary(max_size=300), long_messages), max_size=5)


@given(messages, st.booleans(), st.booleans(), st.lists(st.integers(1, 70_000), max_size=12))
def test_messages_arrive_whole_however_the_stream_is_cut(sent: list[bytes], fragment: bool, ping: bool, cuts: list[int]) -> None:
    line, server, greeting = connected()
    stream = greeting + spoken(server, sent, fragment, ping)
    got, at, pongs = list[bytes](), 0, b""
    for cut in [*cuts, len(stream)]:
        got += line.receive(stream[at : at + cut])
        pongs += line.outgoing()
        at = min(at + cut, len(stream))
    assert got == sent
    assert line.open
    server.receive_data(pongs)
    server.receive_data(line.pack(b"heard"))
    events = server.events_received()
    assert len(events) == (len(sent) * (2 if fragment else 1) if ping else 0) + 1
    assert server.parser_exc is None


@given(st.integers(1, 400))
def test_the_opening_handshake_may_come_in_pieces(size: int) -> None:
    line, _, greeting = connected()
    for at in range(0, len(greeting), size):
        assert not line.open
        assert list(line.receive(greeting[at : at + size])) == []
    assert line.open


def test_a_goodbye_is_answered() -> None:
    line, server, greeting = connected()
    server.send_close(1000)
    assert list(line.receive(greeting + b"".join(server.data_to_send()))) == []
    assert line.closed
    server.receive_data(line.outgoing())
    assert server.close_rcvd is not None
    assert line.close() == b""


@pytest.mark.parametrize(
    "stream",
    [ws_frame(b"masked"), b"\x81\x02hi", b"\x83\x00", b"\x80\x00", b"\x82\x7f" + (LARGEST + 1).to_bytes(8, "big"),
     b"\x02\x01x\x82\x01y"],
    ids=["masked", "text", "reserved", "continued nothing", "too long", "a message within a message"],
)  # fmt: skip
def test_what_is_no_stream_of_binary_messages_is_refused(stream: bytes) -> None:
    line, _, greeting = connected()
    list(line.receive(greeting))
    with pytest.raises(Broken):
        list(line.receive(stream + b"\x82\x7f" * 8 * (stream[1] > 127)))


def test_a_page_instead_of_a_websocket_is_refused() -> None:
    line, _, _ = connected()
    with pytest.raises(Broken, match="does not speak websocket"):
        list(line.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
