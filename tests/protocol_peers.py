"""What the tests of the protocol share: a gate with a few accounts, sessions in every state, and messages good and bad."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgpack

from ninepixel.server.identity import Identity
from ninepixel.server.protocol import Admission, Limits, Rate, Refusal, ServerSession, encode
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.limits import VERBS
from ninepixel.server.protocol.messages import MESSAGES, Message, State

SERVER_ID, CONTENT = b"server of tests.", b"laws of today..."
NONCE, TOKEN = bytes(range(32)), bytes(range(100, 132))
NOVA = Identity(bytes([7]) * 32)
#: Limits that nobody reaches.
BOUNDLESS = Limits(**{verb: Rate(1e6, 10**6) for verb in VERBS})  # type: ignore[arg-type]

#: A message of each number that its receiver takes.
GOOD: dict[int, tuple[Any, ...]] = {
    m.HELLO: (1, CONTENT, "play", "Nova", NOVA.key, "", "a test"),
    m.PROOF: (bytes(64),),
    m.RESUME: (1, CONTENT, TOKEN, 17),
    m.INPUT: (5, 8, 0, 3),
    m.JOIN: (5,),
    m.LEAVE: (5,),
    m.SAY: (5, "is anyone there?"),
    m.LOOK: (1 << 31, (1 << 32) - 1, 3),
    m.ASK: (9, "mind", 1234),
    m.RESYNC: (4095,),
    m.ADMIN: (9, "kick", {"account": 3, "why": ["noise", b"\x01", None, True]}),
    m.PING: (123456789,),
    m.BYE: (),
    m.CHALLENGE: (1, SERVER_ID, CONTENT, NONCE),
    m.WELCOME: (3, "player", TOKEN, 1000, 50, {"side_log2": 9, "sector_log2": 4, "seed": 0, "universe": "u"}, 4),
    m.FRAME: (1001, b"parts", 5),
    m.YOU: (1001, -1, 0, 1, 2, -3, -(1 << 31), [255, 1, 2, 3, 0, 99, 0xFFFFFFFF, 1]),
    m.NOTICE: ("slow", "ten ticks a second", {"hertz": 10}),
    m.HEARD: (1001, 12, "Nova", "hello"),
    m.ANSWER: (9, True, {"moments": [[1, "birth"], [2, "death"]]}),
    m.OVERVIEW: (1001, bytes(64)),
    m.MOMENT: (1001, "birth", 12, 1, 2, "a child is born"),
    m.PONG: (123456789, 1001),
    m.REFUSED: ("rate", "wait", 5),
    m.FAREWELL: ("kicked", "enough"),
}


class FakeGate:
    """Admits who has a key or watches; counts what sessions report."""

    server_id, content = SERVER_ID, CONTENT

    def __init__(self, role: str = "operator") -> None:
        self.role = role
        self.counted: Counter[str] = Counter()
        self.asked: list[tuple[bytes, str, str, str]] = []
        self.refusal: Refusal | None = None
        self.tokens = {TOKEN: 3}

    def admit(self, key: bytes, name: str, mode: str, invite: str) -> Admission | Refusal:
        self.asked.append((key, name, mode, invite))
        return self.refusal or (Admission(3, self.role, name) if key else Admission(0, "guest"))

    def resume(self, token: bytes) -> Admission | Refusal:
        account = self.tokens.get(token)
        return Refusal("token", "say hello") if account is None else Admission(account, self.role, "Nova")

    def token_for(self, account: int) -> bytes:
        return TOKEN

    def count(self, kind: str) -> None:
        self.counted[kind] += 1


def good(number: int) -> bytes:
    """The bytes of the message of :data:`GOOD`."""
    return encode(number, *GOOD[number])


def proof(hello: bytes, *, nonce: bytes = NONCE, server: bytes = SERVER_ID, identity: Identity = NOVA) -> bytes:
    """The PROOF that belongs to *hello*, or to another challenge."""
    return encode(m.PROOF, identity.sign(m.login_message(server, nonce, m.hello_digest(hello))))


def session_in(where: str, gate: FakeGate, limits: Limits = BOUNDLESS) -> ServerSession:
    """A session at time 0 that is CHALLENGED, PROVING, ENDED, or open in a mode, and has nothing to say."""
    session = ServerSession(gate, limits, 0.0, nonce=NONCE)
    session.outgoing()
    if where == "ENDED":
        session.bye("kicked")
    elif where != "CHALLENGED":
        mode = "play" if where == "PROVING" else where
        hello = encode(m.HELLO, 1, CONTENT, mode, "Nova", NOVA.key, "", "a test")
        assert session.receive(hello, 0.0) == []
        if where != "PROVING":
            session.receive(proof(hello), 0.0)
    assert session.state.name == where or (session.state is State.OPEN and session.mode == where)
    assert session.outgoing() == []
    return session


def play_by_token(gate: FakeGate, limits: Limits = BOUNDLESS) -> ServerSession:
    """A session open for play, without the cost of a signature."""
    session = ServerSession(gate, limits, 0.0, nonce=NONCE)
    session.receive(good(m.RESUME), 0.0)
    session.outgoing()
    return session


def broken_frames(seed: int, count: int, *, by_client: bool = True) -> Iterator[bytes]:
    """*count* messages that a stranger could send: whole ones, damaged ones, other things in msgpack, and noise."""
    draw = random.Random(seed)
    kinds = [message for message in MESSAGES if message.by_client == by_client]
    for _ in range(count):
        message = draw.choice(kinds)
        match draw.randrange(6):
            case 0:
                yield draw.randbytes(draw.randrange(80))
            case 1:
                yield bytes((0x91 + draw.randrange(10), message.number)) + draw.randbytes(draw.randrange(40))
            case 2:
                yield msgpack.packb([message.number, *(_anything(draw, 0) for _ in message.fields)])
            case 3:
                yield _damaged(draw, good(draw.choice(kinds).number))
            case 4:
                yield encode(message.number, *GOOD[message.number])
            case _:
                yield _random_values(draw, message)


def _damaged(draw: random.Random, data: bytes) -> bytes:
    """*data* with a few bytes changed, cut, put in or said twice."""
    out = bytearray(data)
    for _ in range(draw.randrange(1, 4)):
        at = draw.randrange(len(out) + 1)
        match draw.randrange(4):
            case 0 if out:
                out[at % len(out)] = draw.randrange(256)
            case 1:
                del out[at:]
            case 2:
                out[at:at] = draw.randbytes(draw.randrange(1, 9))
            case _:
                out += out[at:]
    return bytes(out)


def _anything(draw: random.Random, depth: int) -> Any:
    """A value that msgpack can carry, seldom a fitting one."""
    match draw.randrange(8 if depth < 6 else 6):
        case 0:
            return draw.choice((-1, 0, 1, 8, 9, 1 << 32, (1 << 64) - 1, -(1 << 63)))
        case 1:
            return draw.choice((None, True, False, 1.5, float("nan"), float("inf")))
        case 2:
            return draw.choice(("", "play", "x" * 300, "a\nb", "\u202e", "\U0001f9e0"))
        case 3:
            return draw.randbytes(draw.choice((0, 16, 32, 64, 500)))
        case 4:
            return msgpack.ExtType(draw.randrange(128), draw.randbytes(draw.randrange(9)))
        case 5:
            return draw.randrange(1 << 16)
        case 6:
            return [_anything(draw, depth + 1) for _ in range(draw.randrange(4))]
    return {str(i): _anything(draw, depth + 1) for i in range(draw.randrange(4))}


def _random_values(draw: random.Random, message: Message) -> bytes:
    """A whole message whose numbers lie anywhere within and a little beyond their bounds."""
    values = [
        draw.choice((f.low - 1, f.low, draw.randint(f.low, f.high), f.high, f.high + 1)) if f.kind == "int" else good_value
        for f, good_value in zip(message.fields, GOOD[message.number], strict=True)
    ]
    return bytes(msgpack.packb([message.number, *values]))
