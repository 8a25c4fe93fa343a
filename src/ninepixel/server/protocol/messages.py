"""Every message of the protocol, in one table: its number, its fields and their bounds, who may send it, and when.

A message is one msgpack array ``[number, field, ...]``. Whatever is decided from this table (sizes, what a state admits, the
table in docs/PROTOCOL.md) is derived from it and written nowhere else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum

from ninepixel.server.protocol.limits import VERBS
from ninepixel.server.protocol.reasons import FAREWELLS as FAREWELLS
from ninepixel.server.protocol.reasons import NOTICES as NOTICES
from ninepixel.server.protocol.reasons import OTHER as OTHER
from ninepixel.server.protocol.reasons import REFUSALS as REFUSALS

#: The version that this program prefers, and all that it speaks.
VERSION = 1
SPOKEN = (1,)

#: What a client can be here for, and the roles that may be it.
MODES = {
    "watch": ("guest", "player", "operator", "node"),
    "play": ("guest", "player", "operator"),
    "node": ("node", "operator"),
    "admin": ("operator",),
}

U32 = (1 << 32) - 1
I32 = (1 << 31) - 1
#: Numbers that only grow (ticks, questions) stay where a JavaScript number is exact.
EXACT = (1 << 53) - 1
SERVER_ID_BYTES = CONTENT_BYTES = 16
NONCE_BYTES = KEY_BYTES = TOKEN_BYTES = 32
SIGNATURE_BYTES = 64
NAME_BYTES, SAY_BYTES, TEXT_BYTES = 24, 240, 480
CHOICES = 8  #: moves, acts and words are numbered 0 to 8
VITALS = ("health", "red", "blue", "yellow", "coins", "age", "deeds_low", "deeds_high")


class State(IntEnum):
    """Where a server's session stands."""

    CHALLENGED = 0  #: the challenge is out, nothing has come
    PROVING = 1  #: somebody said who they are and has yet to prove it
    OPEN = 2  #: logged in
    ENDED = 3  #: over; nothing is read any more


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message.

    :param kind: ``int`` (*low* and *high* bound its value), ``text`` (bound its UTF-8 bytes; one line, no control characters),
        ``bytes`` (bound its length), ``bool``, ``ints`` (a list of *high* integers of 64 bits), ``map`` (plain values by name,
        *high* bytes at most), ``said`` (a map or a text of *high* bytes at most).
    :param choices: the texts that there are; empty when any will do.
    """

    name: str
    kind: str
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()

    @property
    def longest(self) -> int:
        """Bytes of its longest encoding."""
        return {"int": 9, "bool": 1, "ints": 5 + 9 * self.high, "map": self.high}.get(self.kind, 5 + self.high)

    def __str__(self) -> str:
        match self.kind:
            case "int":
                return f"{self.name}: int {_power(self.low)}..{_power(self.high)}"
            case "text" if self.choices:
                return f"{self.name}: {' or '.join(self.choices)}"
            case "text" | "said":
                many = f"{self.low}..{self.high}" if self.low else f"<= {self.high}"
                return f"{self.name}: {'map or ' if self.kind == 'said' else ''}text {many} bytes"
            case "bytes":
                many = f"{self.low}" if self.low == self.high else f"<= {self.high}"
                return f"{self.name}: {'empty or ' if self.choices else ''}{many} bytes"
            case "ints":
                return f"{self.name}: {self.high} ints"
            case "map":
                return f"{self.name}: map <= {self.high} bytes"
        return f"{self.name}: {self.kind}"


@dataclass(frozen=True, slots=True)
class Message:
    """One kind of message.

    :param states: in which states of its session the server takes it (none for what the server sends).
    :param modes: in which modes of an open session.
    :param verb: the limit that it counts against.
    :param longest: the bytes of the longest message of this kind; a longer one is refused unread.
    """

    number: int
    name: str
    fields: tuple[Field, ...]
    about: str
    states: tuple[State, ...] = ()
    modes: tuple[str, ...] = ()
    verb: str = ""
    longest: int = field(init=False)
    bucket: int = field(init=False)  #: the number of *verb*, -1 without

    def __post_init__(self) -> None:
        object.__setattr__(self, "longest", 2 + sum(f.longest for f in self.fields))
        object.__setattr__(self, "bucket", VERBS.index(self.verb) if self.verb else -1)

    @property
    def by_client(self) -> bool:
        """Whether clients send it; servers otherwise."""
        return self.number < FIRST_OF_SERVER

    @property
    def ordered(self) -> bool:
        """Whether it bears a sequence number."""
        return bool(self.fields) and self.fields[0].name == "seq"


def _power(n: int) -> str:
    """A bound as people write it: ``2^32-1``."""
    if abs(n) > 1 << 16:
        for value, sign in ((n + 1, "-1"), (n, "")):
            if abs(value).bit_count() == 1:
                return f"{'-' if n < 0 else ''}2^{abs(value).bit_length() - 1}{sign if n > 0 else ''}"
    return str(n)


def _int(name: str, low: int, high: int) -> Field:
    return Field(name, "int", low, high)


def _text(name: str, high: int, low: int = 0) -> Field:
    return Field(name, "text", low, high)


def _word(name: str, *choices: str) -> Field:
    return Field(name, "text", 0, max(map(len, choices)), choices)


def _bytes(name: str, count: int, *, or_empty: bool = False) -> Field:
    return Field(name, "bytes", count, count, ("",) if or_empty else ())


FIRST_OF_SERVER = 64
_TICK, _SEQ, _VERSION = _int("tick", 0, EXACT), _int("seq", 1, U32), _int("version", 1, 65535)
_CONTENT = _bytes("content", CONTENT_BYTES)
_X, _Y, _SPRITE = _int("x", 0, U32), _int("y", 0, U32), _int("sprite", 0, U32)
_CODE, _TEXT = _text("code", 32, 1), _text("text", TEXT_BYTES)
_EVERY, _SEERS, _PLAYERS = tuple(MODES), ("watch", "play", "admin"), ("play",)
_FIRST, _PROOF, _OPEN = (State.CHALLENGED,), (State.PROVING,), (State.OPEN,)
_ANY = (State.CHALLENGED, State.PROVING, State.OPEN)
_MOST = 1 << 20

HELLO, PROOF, RESUME, INPUT, JOIN, LEAVE, SAY, LOOK, ASK, RESYNC, ADMIN, PING, BYE = range(1, 14)
(CHALLENGE, WELCOME, FRAME, YOU, NOTICE, HEARD, ANSWER, OVERVIEW, MOMENT, PONG, REFUSED, FAREWELL) = range(64, 76)

MESSAGES = (
    Message(
        HELLO,
        "HELLO",
        (
            _VERSION,
            _bytes("content", CONTENT_BYTES, or_empty=True),
            _word("mode", *MODES),
            _text("name", NAME_BYTES),
            _bytes("key", KEY_BYTES, or_empty=True),
            _text("invite", 64),
            _text("agent", 64),
        ),
        "who comes, and what for; only a watcher may leave `content` and `key` empty",
        _FIRST,
        _EVERY,
        "hello",
    ),
    Message(
        PROOF,
        "PROOF",
        (_bytes("signature", SIGNATURE_BYTES),),
        "that the key of HELLO is theirs: Ed25519 over the challenge and HELLO",
        _PROOF,
        _EVERY,
        "hello",
    ),
    Message(
        RESUME,
        "RESUME",
        (_VERSION, _CONTENT, _bytes("token", TOKEN_BYTES), _int("got", 0, EXACT)),
        "instead of HELLO: the token of the last WELCOME and the last tick that was got; opens in mode play",
        _FIRST,
        _PLAYERS,
        "hello",
    ),
    Message(
        INPUT,
        "INPUT",
        (_SEQ, _int("move", 0, CHOICES), _int("act", 0, CHOICES), _int("utter", 0, CHOICES)),
        "what the player's body does from now on, until told otherwise",
        _OPEN,
        _PLAYERS,
        "input",
    ),
    Message(JOIN, "JOIN", (_SEQ,), "take a body", _OPEN, _PLAYERS, "join"),
    Message(LEAVE, "LEAVE", (_SEQ,), "give it back", _OPEN, _PLAYERS, "join"),
    Message(SAY, "SAY", (_SEQ, _text("text", SAY_BYTES, 1)), "speak to whoever is within earshot", _OPEN, _PLAYERS, "say"),
    Message(LOOK, "LOOK", (_X, _Y, _int("reach", 0, 3)), "where who has no body looks", _OPEN, _SEERS, "look"),
    Message(
        ASK,
        "ASK",
        (_int("id", 0, U32), _text("what", 24, 1), _int("about", 0, EXACT)),
        "a question; ANSWER bears its `id`",
        _OPEN,
        _EVERY,
        "ask",
    ),
    Message(RESYNC, "RESYNC", (_int("sector", 0, U32),), "that sector's check failed: send it whole", _OPEN, _SEERS, "resync"),
    Message(
        ADMIN,
        "ADMIN",
        (_int("id", 0, U32), _text("verb", 24, 1), Field("args", "map", 0, 1024)),
        "an operator's order; ANSWER bears its `id`",
        _OPEN,
        ("admin",),
        "admin",
    ),
    Message(PING, "PING", (_int("t", 0, EXACT),), "PONG bears its `t`", _OPEN, _EVERY, "ping"),
    Message(BYE, "BYE", (), "the client leaves", _ANY, _EVERY),
    Message(
        CHALLENGE,
        "CHALLENGE",
        (_VERSION, _bytes("server_id", SERVER_ID_BYTES), _CONTENT, _bytes("nonce", NONCE_BYTES)),
        "the first message of all: who the server is, and what is to be signed",
    ),
    Message(
        WELCOME,
        "WELCOME",
        (
            _int("account", 0, U32),
            _text("role", 16, 1),
            _bytes("token", TOKEN_BYTES, or_empty=True),
            _TICK,
            _int("tick_ms", 1, 1000),
            Field("world", "map", 0, 512),
            _int("got_seq", 0, U32),
        ),
        "logged in; every sequence number up to `got_seq` is settled (applied and durable, or refused); `account` 0 is nobody's",
    ),
    Message(
        FRAME,
        "FRAME",
        (_TICK, Field("payload", "bytes", 0, _MOST), _int("ack", 0, U32)),
        "what changed (docs/REPLICATION.md); every sequence number up to `ack` is settled (applied and durable, or refused), "
        "0 says nothing new",
    ),
    Message(
        YOU,
        "YOU",
        (
            _TICK,
            _int("slot", -1, I32),
            _int("sprite", 0, U32),
            _X,
            _Y,
            _int("vx", -I32 - 1, I32),
            _int("vy", -I32 - 1, I32),
            Field("vitals", "ints", len(VITALS), len(VITALS)),
        ),
        "the player's own body, exactly; `slot` -1 without one; `vitals`: " + ", ".join(VITALS),
    ),
    Message(NOTICE, "NOTICE", (_CODE, _TEXT, Field("fields", "map", 0, 1024)), "something to know, for example `slow`, `died`"),
    Message(HEARD, "HEARD", (_TICK, _SPRITE, _text("name", 64), _text("text", SAY_BYTES)), "somebody within earshot spoke"),
    Message(
        ANSWER,
        "ANSWER",
        (_int("id", 0, U32), Field("ok", "bool"), Field("body", "said", 0, 1 << 16)),
        "to ASK or ADMIN; a text says why there is none",
    ),
    Message(OVERVIEW, "OVERVIEW", (_TICK, Field("bytes", "bytes", 0, _MOST)), "the minimap and the gauges, for watchers"),
    Message(
        MOMENT, "MOMENT", (_TICK, _text("kind", 24, 1), _SPRITE, _X, _Y, _text("text", 240)), "a birth, a death, a great deed"
    ),
    Message(PONG, "PONG", (_int("t", 0, EXACT), _TICK), "to PING"),
    Message(REFUSED, "REFUSED", (_CODE, _TEXT, _int("seq", 0, U32)), "a message was not taken: which rule, what to do"),
    Message(FAREWELL, "BYE", (_CODE, _TEXT), "the session is over; the socket is closed"),
)

BY_NUMBER = {m.number: m for m in MESSAGES}

LOGIN_DOMAIN = b"ninepixel-login-1"


def login_message(server_id: bytes, nonce: bytes, hello: bytes) -> bytes:
    """The bytes that PROOF signs: they bind the key to this server, this challenge, and every byte of this HELLO."""
    return b"".join((LOGIN_DOMAIN, server_id, nonce, hello))


def hello_digest(data: bytes) -> bytes:
    """SHA-256 of HELLO as it went over the wire, 32 bytes."""
    return hashlib.sha256(data).digest()


def _allowed(state: State, mode: str) -> frozenset[int]:
    return frozenset(m.number for m in MESSAGES if state in m.states and (state is not State.OPEN or mode in m.modes))


#: The numbers that the server takes, by state and mode ("" before there is one).
ALLOWED = {
    (State.CHALLENGED, ""): _allowed(State.CHALLENGED, ""),
    (State.PROVING, ""): _allowed(State.PROVING, ""),
    (State.ENDED, ""): frozenset[int](),
    **{(State.OPEN, mode): _allowed(State.OPEN, mode) for mode in MODES},
}
