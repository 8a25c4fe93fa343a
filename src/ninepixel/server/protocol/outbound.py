"""What a server says, a function each: values in, the bytes of one message out. What many are told is made once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import encode, frame_bytes, you_bytes

__all__ = [
    "answer",
    "challenge",
    "farewell",
    "frame_bytes",
    "heard",
    "moment",
    "notice",
    "overview",
    "pong",
    "refused",
    "welcome",
    "you_bytes",
]


def challenge(server_id: bytes, content: bytes, nonce: bytes) -> bytes:
    """CHALLENGE, in the version that this program prefers."""
    return encode(m.CHALLENGE, m.VERSION, server_id, content, nonce)


def welcome(account: int, role: str, token: bytes, tick: int, tick_ms: int, world: Mapping[str, Any], got_seq: int) -> bytes:
    """WELCOME. :param world: side_log2, sector_log2, seed (0 unless shown), universe (its name)."""
    return encode(m.WELCOME, account, role, token, tick, tick_ms, dict(world), got_seq)


def notice(code: str, text: str, fields: Mapping[str, Any] | None = None) -> bytes:
    """NOTICE. :param code: one of :data:`~.reasons.NOTICES`."""
    return encode(m.NOTICE, code, text, dict(fields or {}))


def heard(tick: int, sprite: int, name: str, text: str) -> bytes:
    """HEARD: *sprite*, called *name*, said *text*."""
    return encode(m.HEARD, tick, sprite, name, text)


def answer(id: int, ok: bool, body: Mapping[str, Any] | str) -> bytes:
    """ANSWER to the ASK or ADMIN of that *id*; without *ok*, *body* says why not."""
    return encode(m.ANSWER, id, ok, body if isinstance(body, str) else dict(body))


def overview(tick: int, data: bytes) -> bytes:
    """OVERVIEW: the minimap and the gauges."""
    return encode(m.OVERVIEW, tick, data)


def moment(tick: int, kind: str, sprite: int, x: int, y: int, text: str) -> bytes:
    """MOMENT: something worth looking at happened at *x*, *y* (fractions of the torus)."""
    return encode(m.MOMENT, tick, kind, sprite, x, y, text)


def pong(t: int, tick: int) -> bytes:
    """PONG to the PING of *t*."""
    return encode(m.PONG, t, tick)


def refused(code: str, text: str, seq: int = 0) -> bytes:
    """REFUSED. :param text: which rule, and what to do; cut where it is too long. :param seq: of the message, 0 without one."""
    return encode(m.REFUSED, code, _fitting(text), seq)


def farewell(code: str, text: str) -> bytes:
    """BYE from the server."""
    return encode(m.FAREWELL, code, _fitting(text))


def _fitting(text: str) -> str:
    """*text* as one line that fits: reasons quote what came from outside."""
    line = "".join(c if c.isprintable() else "?" for c in text)
    return line.encode()[: m.TEXT_BYTES].decode(errors="ignore")
