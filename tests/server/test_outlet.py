"""What the kernels wrap is what websockets and the codec understand; what a socket does not take is told."""

from __future__ import annotations

import socket

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame
from websockets.protocol import CLIENT, Protocol

from ninepixel.server.outlet import AVAILABLE, Outlet, framed
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import decode, you_bytes
from ninepixel.server.replication import Frames

YOU = you_bytes(7, 3, 9, 1, 2, -3, 4, [5] * 8)


def frames(*payloads: bytes) -> Frames:
    """Payloads of clients 0, 1, ..."""
    ends = np.cumsum([0, *map(len, payloads)]).astype(np.int64)
    return Frames(7, b"".join(payloads), ends)


def understood(data: bytes) -> list[tuple[int, list[object]]]:
    """The messages in what a client receives: their numbers and fields."""
    peer = Protocol(CLIENT, max_size=1 << 22)
    peer.receive_data(data)
    found = []
    for event in peer.events_received():
        assert isinstance(event, Frame)
        assert event.fin
        message, fields = decode(bytes(event.data), by_client=False)
        found.append((message.number, fields))
    return found


#: Around every length at which a header is written another way.
SIZES = st.sampled_from([0, 1, 10, 255, 256, 300, 70_000]) | st.integers(105, 120) | st.integers(65_510, 65_540)


@given(
    st.lists(st.tuples(SIZES, st.sampled_from([0, 1, 2**32 - 1]), st.booleans()), min_size=1, max_size=5),
    st.sampled_from([0, 1, 2**32, 2**53 - 1]),
)
def test_what_is_wrapped_is_understood(clients: list[tuple[int, int, bool]], tick: int) -> None:
    payloads = [bytes([i + 1]) * size for i, (size, _, _) in enumerate(clients)]
    acks = np.asarray([ack for _, ack, _ in clients], np.int64)
    tails = [framed(YOU) * 2 if you else b"" for _, _, you in clients]
    parcel = Outlet().wrap(tick, m.FRAME, frames(*payloads), np.arange(len(clients)), acks, tails)
    for place, (payload, (_, ack, you)) in enumerate(zip(payloads, clients, strict=True)):
        wanted = [(m.FRAME, [tick, payload, ack])] if payload or ack else []
        wanted += [(m.YOU, [7, 3, 9, 1, 2, -3, 4, [5] * 8])] * 2 if you else []
        assert understood(parcel.of(place)) == wanted
    assert parcel.framed == sum(bool(payload) or ack > 0 for payload, (_, ack, _) in zip(payloads, clients, strict=True))


def test_clients_that_the_frames_do_not_know_get_what_else_there_is() -> None:
    parcel = Outlet().wrap(7, m.FRAME, None, np.asarray([5, 900]), np.asarray([4, 0]), [b"", framed(YOU)])
    assert understood(parcel.of(0)) == [(m.FRAME, [7, b"", 4])]
    assert [number for number, _ in understood(parcel.of(1))] == [m.YOU]


@pytest.mark.skipif(not AVAILABLE, reason="this system cannot send without the transport")
def test_sockets_take_what_they_can_and_the_rest_is_told() -> None:
    pairs = [socket.socketpair() for _ in range(3)]
    for ours, theirs in pairs:
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        theirs.settimeout(5)
    pairs[2][1].close()  # gone
    parcel = Outlet().wrap(
        7, m.FRAME, frames(b"a" * 50, b"b" * 1_000_000, b"c" * 50), np.arange(3), np.zeros(3, np.int64), [b""] * 3
    )
    sockets = np.asarray([ours.fileno() for ours, _ in pairs], np.int32)
    taken = Outlet.send(parcel, sockets)
    assert taken[0] == parcel.starts[1]
    assert understood(pairs[0][1].recv(4096)) == [(m.FRAME, [7, b"a" * 50, 0])]
    assert 0 < taken[1] < 1_000_000
    assert parcel.of(1, int(taken[1])) == parcel.of(1)[int(taken[1]) :]
    assert taken[2] == 0, "a broken line takes nothing, and nobody is hurt"
    assert Outlet.send(parcel, np.full(3, -1, np.int32)).tolist() == [0, 0, 0]
    for pair in pairs:
        for end in pair:
            end.close()
