"""Server and client sessions talk to each other in memory, through a network that is late and breaks off."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.server.identity import Identity
from ninepixel.server.protocol import (
    Acted,
    Admission,
    Event,
    Joined,
    Left,
    Opened,
    PeerSession,
    Refusal,
    Said,
    ServerSession,
    Stage,
    State,
)
from ninepixel.server.protocol.peer_events import Refused, Welcomed
from protocol_peers import BOUNDLESS, CONTENT, SERVER_ID, FakeGate

PEOPLE = [Identity(bytes([i + 1]) * 32) for i in range(3)]


class Tokens(FakeGate):
    """Accounts are keys; a token is good once."""

    def __init__(self) -> None:
        super().__init__("player")
        self.tokens = {}
        self.made = 0

    def admit(self, key: bytes, name: str, mode: str, invite: str) -> Admission | Refusal:
        return Admission(1 + [p.key for p in PEOPLE].index(key), "player", name)

    def resume(self, token: bytes) -> Admission | Refusal:
        account = self.tokens.pop(token, None)
        return Refusal("token", "say hello") if account is None else Admission(account, "player")

    def token_for(self, account: int) -> bytes:
        self.made += 1
        token = self.made.to_bytes(32, "big")
        self.tokens = {t: a for t, a in self.tokens.items() if a != account} | {token: account}
        return token


@dataclass
class Desk:
    """What an authority keeps of one account: applied at once, durable later, and lost back to there in a crash."""

    seq: int = 0
    applied: list[tuple[int, str]] = field(default_factory=list)
    input: tuple[int, int, int] | None = None
    durable: tuple[int, int, tuple[int, int, int] | None] = (0, 0, None)

    def take(self, event: Event) -> None:
        match event:
            case Acted(seq) | Joined(seq) | Left(seq) | Said(seq) if seq <= self.seq:
                return  # applied before: it is acknowledged again and that is all
            case Acted(seq, move, act, utter):
                self.seq, self.input = seq, (move, act, utter)
            case Said(seq, text):
                self.seq = seq
                self.applied.append((seq, text))
            case Joined(seq) | Left(seq):
                self.seq = seq
                self.applied.append((seq, type(event).__name__))

    def commit(self) -> None:
        self.durable = self.seq, len(self.applied), self.input

    def crash(self) -> None:
        self.seq, count, self.input = self.durable
        del self.applied[count:]


class Line:
    """A connection: each side's messages arrive in order, at any time, until it breaks and what is on its way is lost."""

    def __init__(self, gate: Tokens, peer: PeerSession, desk: Desk) -> None:
        self.gate, self.peer, self.desk = gate, peer, desk
        self.session = ServerSession(gate, BOUNDLESS, 0.0)
        self.up, self.down = deque[bytes](), deque(self.session.outgoing())
        self.acked, self.tick = 0, 0
        peer.reconnect()
        if peer.token:
            peer.resume()
        else:
            peer.hello("Somebody")

    def to_server(self) -> None:
        self.up += self.peer.outgoing()
        if self.up:
            for event in self.session.receive(self.up.popleft(), 0.0):
                if isinstance(event, Opened):
                    self.down.append(self.session.welcome(self.tick, 50, {}, self.desk.durable[0]))
                else:
                    self.desk.take(event)
            self.down += self.session.outgoing()

    def to_client(self) -> None:
        if self.down:
            for event in self.peer.receive(self.down.popleft()):
                if isinstance(event, Refused) and event.code == "token":
                    self.peer.hello("Somebody")
                assert not isinstance(event, Refused) or event.code in ("token", "sequence")

    def frame(self) -> None:
        self.desk.commit()
        if self.session.state is State.OPEN:
            self.tick += 1
            ack = self.desk.seq if self.desk.seq > self.acked else 0
            self.acked = max(self.acked, self.desk.seq)
            self.down.append(self.session.frame(self.tick, b"parts", ack))

    def settle(self) -> None:
        for _ in range(500):
            self.to_server()
            self.to_client()
        self.frame()
        while self.down or self.up:
            self.to_client()
            self.to_server()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from("iijlssuuuuudddddffx!"), min_size=20, max_size=200))
def test_every_command_is_applied_once_and_in_order_whatever_breaks(seed: int, script: list[str]) -> None:
    draw, gate, desk = random.Random(seed), Tokens(), Desk()
    peer = PeerSession(PEOPLE[0], CONTENT)
    line = Line(gate, peer, desk)
    wanted, acknowledged, last = list[tuple[int, str]](), 0, None
    for step in script:
        match step:
            case "u":
                line.to_server()
            case "d":
                line.to_client()
            case "f":
                line.frame()
            case "x":
                line = Line(gate, peer, desk)
            case "!":  # the server dies; what was acknowledged is on its disk
                desk.crash()
                line = Line(gate, peer, desk)
            case "i" if peer.stage is Stage.OPEN:
                last = (draw.randrange(9), draw.randrange(9), draw.randrange(9))
                peer.input(*last)
            case "s" if peer.stage is Stage.OPEN:
                text = f"word {len(wanted)}"
                wanted.append((peer.say(text), text))
            case "j" | "l" if peer.stage is Stage.OPEN:
                name = "Joined" if step == "j" else "Left"
                wanted.append((peer.join() if step == "j" else peer.leave(), name))
        assert acknowledged <= peer.acknowledged <= desk.durable[0]
        acknowledged = peer.acknowledged
    line.settle()
    line = Line(gate, peer, desk)
    line.settle()
    assert (desk.applied, desk.input, peer.unacknowledged) == (wanted, last, [])
    assert gate.counted.keys() <= {"token", "sequence"}


@given(st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_many_clients_log_in_through_any_order_of_messages(draw: random.Random) -> None:
    gate = Tokens()
    lines = [Line(gate, PeerSession(who, CONTENT, server=SERVER_ID), Desk()) for who in PEOPLE]
    for _ in range(200):
        line = draw.choice(lines)
        draw.choice((line.to_server, line.to_client))()
    for line in lines:
        line.settle()
    assert [line.peer.account for line in lines] == [1, 2, 3]
    assert all(line.peer.stage is Stage.OPEN and line.session.state is State.OPEN for line in lines)
    assert gate.counted == {}


def test_a_login_is_one_round_trip() -> None:
    line = Line(Tokens(), PeerSession(PEOPLE[0], CONTENT), Desk())
    (challenge,) = line.down
    line.peer.receive(challenge)
    answers = line.peer.outgoing()
    assert len(answers) == 2
    events = [event for data in answers for event in line.session.receive(data, 0.0)]
    assert [type(event) for event in events] == [Opened]
    (welcomed,) = line.peer.receive(line.session.welcome(1, 50, {}, 0))
    assert isinstance(welcomed, Welcomed)
