"""What a client's session makes of what a server sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ninepixel.server.protocol import messages as m


@dataclass(frozen=True, slots=True)
class Challenged:
    """The server has introduced itself."""

    version: int
    server_id: bytes
    content: bytes
    nonce: bytes


@dataclass(frozen=True, slots=True)
class Welcomed:
    """Logged in. *token* resumes; everything up to *got_seq* is applied and durable."""

    account: int
    role: str
    token: bytes
    tick: int
    tick_ms: int
    world: Mapping[str, Any]
    got_seq: int


@dataclass(frozen=True, slots=True)
class Framed:
    """The parts that changed (docs/REPLICATION.md), and what is acknowledged (0: nothing new)."""

    tick: int
    payload: bytes
    ack: int


@dataclass(frozen=True, slots=True)
class You:
    """One's own body; *slot* is -1 without one. *vitals*: see :data:`~.messages.VITALS`."""

    tick: int
    slot: int
    sprite: int
    x: int
    y: int
    vx: int
    vy: int
    vitals: list[int]


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something to know: a code of :data:`~.reasons.NOTICES`, a line, and values."""

    code: str
    text: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody within earshot spoke."""

    tick: int
    sprite: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a question or an order; when not *ok*, *body* is a line that says why."""

    id: int
    ok: bool
    body: Mapping[str, Any] | str


@dataclass(frozen=True, slots=True)
class Overview:
    """The minimap and the gauges."""

    tick: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Happened:
    """A great moment, and where."""

    tick: int
    kind: str
    sprite: int
    x: int
    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Ponged:
    """The answer to a ping."""

    t: int
    tick: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The server did not take a message (the one of *seq*, when that is not 0)."""

    code: str
    text: str
    seq: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is over."""

    code: str
    text: str


PeerEvent = (
    Challenged | Welcomed | Framed | You | Noticed | Heard | Answered | Overview | Happened | Ponged | Refused | Closed
)  # fmt: skip

#: What each message of a server becomes.
EVENTS: Mapping[int, Any] = {
    m.CHALLENGE: Challenged,
    m.WELCOME: Welcomed,
    m.FRAME: Framed,
    m.YOU: You,
    m.NOTICE: Noticed,
    m.HEARD: Heard,
    m.ANSWER: Answered,
    m.OVERVIEW: Overview,
    m.MOMENT: Happened,
    m.PONG: Ponged,
    m.REFUSED: Refused,
    m.FAREWELL: Closed,
}
