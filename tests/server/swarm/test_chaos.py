"""Hostile messages are hostile and always the same; the weather delays in order and never loses."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from ninepixel.server.swarm.chaos import CUT_AFTER, RETRANSMIT, Weather, hostile, mask, ws_frame
from ninepixel.server.swarm.plan import BadPlan
from ninepixel.server.swarm.proxy import Proxy


def parsed(wire: bytes) -> list[Frame]:
    """What a server's parser makes of bytes on the line."""
    from websockets.protocol import OPEN

    server = ServerProtocol(state=OPEN, max_size=1 << 20)
    server.receive_data(wire)
    if server.parser_exc is not None:
        raise server.parser_exc
    return [e for e in server.events_received() if isinstance(e, Frame)]


@given(st.binary(max_size=70_000), st.binary(min_size=4, max_size=4))
def test_a_frame_is_what_a_server_reads(payload: bytes, key: bytes) -> None:
    (frame,) = parsed(ws_frame(payload, key=key))
    assert bytes(frame.data) == payload
    assert frame.opcode is Opcode.BINARY


@given(st.binary(max_size=100), st.binary(min_size=4, max_size=4))
def test_masking_twice_is_nothing(payload: bytes, key: bytes) -> None:
    assert mask(mask(payload, key), key) == payload


@pytest.mark.parametrize("known", [False, True])
def test_hostile_frames_are_many_kinds_and_always_the_same(known: bool) -> None:
    frames = [hostile(9, n, known=known) for n in range(1000)]
    assert frames == [hostile(9, n, known=known) for n in range(1000)]
    kinds = Counter(frame.kind for frame in frames)
    assert len(kinds) >= 16
    assert min(kinds.values()) >= 5
    assert len({frame.wire for frame in frames}) > 600


def test_nearly_all_of_them_reach_the_protocol_behind_the_websocket() -> None:
    """Else they would test the websocket library alone."""
    reached = 0
    for count in range(400):
        try:
            reached += bool(parsed(hostile(9, count, known=False).wire))
        except (PayloadTooBig, ProtocolError):
            continue
    assert 320 < reached < 400


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.9), st.integers(0, 50), st.lists(st.floats(0, 0.5), max_size=40))
def test_the_weather_keeps_the_order_and_the_latency(
    latency: float, jitter: float, loss: float, line: int, pauses: list[float]
) -> None:
    weather = Weather(latency, jitter, loss)
    now = before = 0.0
    for count, pause in enumerate(pauses):
        now += pause
        due = weather.out_at(line, count, now, before)
        assert due == weather.out_at(line, count, now, before)
        if due is None:
            assert loss > 0
            return
        assert due >= before
        assert due >= now + latency
        if not loss:
            assert due <= max(before, now + latency + jitter)
        before = due


def test_loss_is_a_stall_and_sometimes_the_end() -> None:
    weather = Weather(0.05, 0, 0.5)
    outs = [weather.out_at(0, n, 0.0, 0.0) for n in range(4000)]
    cuts, through = outs.count(None), [out for out in outs if out is not None]
    assert 4000 * 0.5**CUT_AFTER / 2 < cuts < 4000 * 0.5**CUT_AFTER * 2
    stalled = [out for out in through if out > 0.05]
    assert 0.42 < len(stalled) / 4000 < 0.55
    assert min(stalled) == pytest.approx(0.05 + RETRANSMIT + 0.1)
    assert Weather().fair
    assert not weather.fair


@pytest.mark.parametrize(("latency", "jitter", "loss"), [(-1, 0, 0), (0, 61, 0), (0, 0, 1)])
def test_weather_that_is_none_is_refused(latency: float, jitter: float, loss: float) -> None:
    with pytest.raises(BadPlan):
        Weather(latency, jitter, loss)


async def echoed(weather: Weather, size: int) -> tuple[bytes, float]:
    """What comes back of *size* bytes from an echo behind a proxy, and after how many seconds."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    proxy = Proxy("127.0.0.1", server.sockets[0].getsockname()[1], weather)
    await proxy.start()
    loop = asyncio.get_running_loop()
    start = loop.time()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        writer.write(bytes(i & 255 for i in range(size)))
        writer.write_eof()
        back = await asyncio.wait_for(reader.read(-1), 20)
        took = loop.time() - start
    finally:
        writer.close()
        await proxy.close()
        server.close()
        await server.wait_closed()
    return back, took


def test_a_proxy_carries_every_byte_late() -> None:
    back, took = asyncio.run(echoed(Weather(0.03, 0.01), 300_000))
    assert back == bytes(i & 255 for i in range(300_000))
    assert took >= 0.06


def test_a_proxy_cuts_a_line_that_loses_everything() -> None:
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        asyncio.run(echoed(Weather(0, 0, 0.999), 1000))


def test_a_proxy_to_nobody_refuses() -> None:
    async def call() -> bytes:
        proxy = Proxy("127.0.0.1", 1, Weather(0.001))
        await proxy.start()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            try:
                return await asyncio.wait_for(reader.read(1), 10)
            finally:
                writer.close()
        finally:
            await proxy.close()

    with pytest.raises(ConnectionError):
        asyncio.run(call())
