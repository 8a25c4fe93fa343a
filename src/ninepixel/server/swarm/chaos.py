"""Hostile messages, and what a bad network does to a stream. Pure: bytes and times come out, nothing is sent.

A message is hostile by a counter-based choice, so that a crowd of foes can be had again. On TCP nothing is lost or reordered:
what loss looks like from above is a *stall* of the retransmission timeout, doubled for every further loss, and in the end a cut.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack

from ninepixel.server.swarm.plan import FOE, NETWORK, BadPlan, draw, unit

#: Seconds until TCP sends again what was lost (RFC 6298's floor as Linux has it), beside the way there and back.
RETRANSMIT = 0.2
#: Losses of one segment in a row after which the connection counts as dead.
CUT_AFTER = 6
#: Bytes of an oversized message; above what any server should take from a stranger.
OVERSIZE = 1 << 17

BINARY, TEXT, RESERVED = 2, 1, 3


@dataclass(frozen=True, slots=True)
class Hostile:
    """One hostile websocket frame: its *kind* for the statistics and its bytes as they go on the line."""

    kind: str
    wire: bytes


def ws_frame(payload: bytes, opcode: int = BINARY, *, key: bytes = b"9px!", fin: bool = True, masked: bool = True) -> bytes:
    """A client's websocket frame (RFC 6455, 5.2) around *payload*; *masked* False is already an offence."""
    size = len(payload)
    head = bytes([(0x80 if fin else 0) | opcode])
    flag = 0x80 if masked else 0
    if size < 126:
        head += bytes([flag | size])
    elif size < 1 << 16:
        head += struct.pack("!BH", flag | 126, size)
    else:
        head += struct.pack("!BQ", flag | 127, size)
    return head + key + mask(payload, key) if masked else head + payload


def mask(payload: bytes, key: bytes) -> bytes:
    """*payload* xor the repeated *key* of four bytes, through one long integer."""
    size = len(payload)
    long_key = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(long_key, "little")).to_bytes(size, "little")


def hostile(seed: int, count: int, *, known: bool) -> Hostile:
    """Hostile frame number *count*.

    :param known: whether the sender has logged in: then it also sends what only somebody known can send wrongly.
    """
    kind, first, second, third = draw(seed, count, 0, FOE)
    makers = _KNOWN if known else _STRANGER
    name, make = makers[kind * len(makers) >> 32]
    return Hostile(name, make(seed, count, (first, second, third)))


def _noise(seed: int, count: int, size: int) -> bytes:
    words = b"".join(struct.pack("<4I", *draw(seed, count, 1 + i, FOE)) for i in range((size + 15) // 16))
    return words[:size]


Chance = tuple[int, int, int]
Maker = Callable[[int, int, Chance], bytes]


def _packed(*parts: Any) -> bytes:
    return ws_frame(bytes(msgpack.packb(list(parts), use_bin_type=True)))


def _cut_short(seed: int, count: int, c: Chance) -> bytes:
    whole = bytes(msgpack.packb([1, 1, _noise(seed, count, 16), "play", "foe", _noise(seed, count, 32), "", "swarm"]))
    return ws_frame(whole[: 1 + c[0] % (len(whole) - 1)])


def _wrong_types(seed: int, count: int, c: Chance) -> bytes:
    values: tuple[Any, ...] = (None, True, -1, "text", b"\xff", [], {}, [[]], 1 << 63, -(1 << 63), "\x00" * 9)
    return _packed(c[0] % 16, *(values[(c[1] >> 4 * i) % len(values)] for i in range(c[2] % 8)))


def _nested(seed: int, count: int, c: Chance) -> bytes:
    return ws_frame(b"\x91" * (16 + c[0] % 2048) + b"\xc0")


def _promised(seed: int, count: int, c: Chance) -> bytes:
    """Announces an array, text or bytes of up to four thousand million, and sends a few."""
    return ws_frame(
        b"\x92\x04" + (b"\xdd", b"\xdb", b"\xc6", b"\xdf")[c[0] % 4] + struct.pack("!I", c[1] | 1 << 31) + b"\x01" * (c[2] % 64)
    )


def _forged_proof(seed: int, count: int, c: Chance) -> bytes:
    return _packed(2, _noise(seed, count, 64))


def _forged_token(seed: int, count: int, c: Chance) -> bytes:
    return _packed(3, 1, _noise(seed, count, 16), _noise(seed, count + 1, 32), c[0])


def _strange_version(seed: int, count: int, c: Chance) -> bytes:
    return _packed(1, 2 + c[0], b"", "play", "foe", _noise(seed, count, 32), "", "swarm")


def _out_of_range(seed: int, count: int, c: Chance) -> bytes:
    return _packed(4, c[0], 9 + c[1] % 200, c[2] - (1 << 31), 1 << 40)


def _replayed(seed: int, count: int, c: Chance) -> bytes:
    """An input as it was sent long ago: sequence numbers near the beginning, again and in disorder."""
    return _packed(4, 1 + c[0] % 4, c[1] % 9, c[2] % 9, 0)


_BOTH: tuple[tuple[str, Maker], ...] = (
    ("noise", lambda seed, count, c: ws_frame(_noise(seed, count, 1 + c[0] % 200))),
    ("cut short", _cut_short),
    ("wrong types", _wrong_types),
    ("unknown number", lambda seed, count, c: _packed(14 + c[0] % 200, c[1])),
    ("nested", _nested),
    ("promised", _promised),
    ("forged proof", _forged_proof),
    ("forged token", _forged_token),
    ("strange version", _strange_version),
    ("empty", lambda seed, count, c: ws_frame(b"")),
    ("text", lambda seed, count, c: ws_frame(b"who is there", TEXT)),
    ("ext", lambda seed, count, c: ws_frame(b"\x92\x04\xc7\x04\x05nine")),
)
#: What ends a connection by the websocket's own rules comes once in a while only: a foe that must connect anew for every frame
#: sends few of them.
_STRANGER: tuple[tuple[str, Maker], ...] = (
    *_BOTH,
    *_BOTH,
    ("oversized", lambda seed, count, c: ws_frame(b"\xc4" + bytes(OVERSIZE))),
    ("announced", lambda seed, count, c: struct.pack("!BBQ", 0x82, 0xFF, 1 << 40) + b"9px!"),
    ("unmasked", lambda seed, count, c: ws_frame(b"\x91\x0d", masked=False)),
    ("reserved", lambda seed, count, c: ws_frame(b"\x91\x0d", RESERVED)),
)
_KNOWN: tuple[tuple[str, Maker], ...] = (
    *_BOTH,
    ("out of range", _out_of_range),
    ("replayed", _replayed),
    ("far seq", lambda seed, count, c: _packed(4, (1 << 32) + c[0], 1, 0, 0)),
    ("long speech", lambda seed, count, c: _packed(7, c[0] | 1 << 31, "nine" * (61 + c[1] % 400))),
    ("far look", lambda seed, count, c: _packed(8, c[0], c[1], 4 + c[2] % 1000)),
    ("far sector", lambda seed, count, c: _packed(10, c[0] | 1 << 16)),
    ("order", lambda seed, count, c: _packed(11, c[0], "pause", {})),
)


# -- the network -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Weather:
    """A network between bots and server: seconds of *latency* one way, *jitter* added at random up to so many seconds, and
    *loss*, the chance 0..1 that what is read at once (a segment, nearly) has to be sent again."""

    latency: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0
    seed: int = 9

    def __post_init__(self) -> None:
        """:raises BadPlan: for what no network does."""
        if not (0 <= self.latency <= 60 and 0 <= self.jitter <= 60):
            raise BadPlan(f"latency {self.latency} s and jitter {self.jitter} s: each must be 0 to 60 s")
        if not 0 <= self.loss < 1:
            raise BadPlan(f"a loss of {self.loss * 100:g} %: it must be 0 or more and below 100")

    @property
    def fair(self) -> bool:
        """Whether nothing happens at all."""
        return not (self.latency or self.jitter or self.loss)

    def out_at(self, line: int, count: int, now: float, before: float) -> float | None:
        """When chunk *count* of *line* (a connection and direction), read at *now*, comes out: never before *before*, when the
        chunk ahead of it does. None when the line dies of it."""
        late, lost, *_ = draw(self.seed, line, count, NETWORK)
        wait = self.latency + self.jitter * unit(late)
        chance, again = unit(lost), 0
        while chance < self.loss ** (again + 1):
            wait += (RETRANSMIT + 2 * self.latency) * (1 << again)
            again += 1
            if again == CUT_AFTER:
                return None
        return max(before, now + wait)
