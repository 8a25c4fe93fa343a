"""A million broken messages: to the server before and after login, and to the client."""

import gc
import sys

import pytest

from ninepixel.server.protocol import Malformed, PeerSession, ServerSession, Stage, State
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.reasons import REFUSALS
from protocol_peers import BOUNDLESS, CONTENT, FakeGate, broken_frames, good, play_by_token, session_in

pytestmark = pytest.mark.soak
COUNT = 1_000_000


def _fresh(gate: FakeGate, n: int) -> ServerSession:
    match n % 8:
        case 0:
            return session_in("CHALLENGED", gate, BOUNDLESS)
        case 1:
            return session_in("PROVING", gate, BOUNDLESS)
        case 2 if n % 64 == 2:
            return session_in(("admin", "watch", "node")[n // 64 % 3], gate, BOUNDLESS)
    return play_by_token(gate)


def test_a_million_broken_frames_break_no_server() -> None:
    gate, seen = FakeGate(), set[str]()
    session, told, sessions = _fresh(gate, 0), 0, 0
    for n, data in enumerate(broken_frames(9, COUNT)):
        if n == COUNT // 10:
            gc.collect()
            before = sys.getallocatedblocks()
        if session.state is State.ENDED or n % 50 == 0:
            sessions += 1
            session = _fresh(gate, sessions)
        seen.update(type(event).__name__ for event in session.receive(data, n / 10_000))
        told += sum(answer[1] == m.REFUSED for answer in session.outgoing())
        gate.asked.clear()
    gc.collect()
    grown = sys.getallocatedblocks() - before
    print(f"{COUNT} frames, {sessions} sessions, {told} refused: {dict(gate.counted)}")
    assert told == gate.counted.total()
    assert gate.counted.keys() <= REFUSALS.keys()
    assert len(seen) == 11
    assert grown < 1000, f"{grown} blocks of memory more at the end than after a tenth"


def test_a_million_broken_frames_break_no_client() -> None:
    peer, found = PeerSession(None, CONTENT), 0
    for data in broken_frames(10, COUNT, by_client=False):
        if peer.stage is Stage.ENDED or peer.stage is Stage.WAITING:
            peer.reconnect()
            peer.hello(mode="watch")
            peer.receive(good(m.CHALLENGE))
            peer.receive(good(m.WELCOME))
            peer.outgoing()
        try:
            peer.receive(data)
        except Malformed:
            found += 1
    assert COUNT // 3 < found < COUNT
