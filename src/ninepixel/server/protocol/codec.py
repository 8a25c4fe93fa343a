"""Messages as bytes and back. Nothing is believed: size, number and count are looked at before anything is decoded.

The first two bytes of a message are msgpack's shortest array header (``0x90 + fields + 1``) and its number (below 128): enough to
refuse most of what is wrong without decoding it. The rest is decoded with bounds on every list and map, and each field is held
against the table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgpack

from ninepixel.server.protocol.messages import BY_NUMBER, FRAME, HELLO, MESSAGES, RESUME, YOU, Field, Message

#: Entries of the longest list and map, from a client and from a server.
_CLIENT_ITEMS, _SERVER_ITEMS = 64, 4096
#: How deep lists and maps lie in one another inside a field, and how deep maps alone.
_DEPTH, _MAP_DEPTH = 4, 2
#: What no line of text holds: controls, line breaks, and what turns the direction of writing for what follows.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_SHORT_ARRAY = 0x90
_I64, _U64 = -(1 << 63), (1 << 64) - 1

# One for all: packing runs no Python code in between, so it is never interrupted by another thread. Making one takes longer
# than packing with it.
_pack = msgpack.Packer(use_bin_type=True).pack


class Malformed(ValueError):
    """Bytes that are no message. :ivar code: why, one of the first six of :data:`~.reasons.REFUSALS`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def recognise(data: bytes, *, by_client: bool) -> Message:
    """What kind of message *data* claims to be, from its length and its first two bytes alone.

    :raises Malformed: ``size``, ``encoding``, ``number`` or ``arity``.
    """
    if not isinstance(data, bytes) or len(data) < 2:
        raise Malformed("encoding", "a message is one binary websocket message of at least two bytes")
    message = (_OF_CLIENT if by_client else _OF_SERVER).get(data[1])
    if message is None:
        raise Malformed("number", f"no message from a {'client' if by_client else 'server'} begins with {data[:2].hex()}")
    if len(data) > message.longest:
        raise Malformed("size", f"{message.name} has at most {message.longest} bytes, not {len(data)}")
    if data[0] != _SHORT_ARRAY + 1 + len(message.fields):
        raise Malformed(
            "arity", f"{message.name} begins with the byte {_SHORT_ARRAY + 1 + len(message.fields):#x}, not {data[0]:#x}"
        )
    return message


def fields_of(message: Message, data: bytes) -> list[Any]:
    """The fields of *data*, which :func:`recognise` has taken for *message*; each is within its bounds.

    :raises Malformed: ``encoding``, ``type`` or ``range``.
    """
    items = _CLIENT_ITEMS if message.by_client else _SERVER_ITEMS
    try:
        parts: list[Any] = msgpack.unpackb(data, raw=False, max_array_len=items, max_map_len=items, max_ext_len=0)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise Malformed("encoding", f"{message.name} is not msgpack: {str(error) or type(error).__name__:.80}") from None
    del parts[0]
    check(message, parts)
    return parts


def decode(data: bytes, *, by_client: bool) -> tuple[Message, list[Any]]:
    """The message and its fields.

    :raises Malformed: when there is anything wrong with it.
    """
    message = recognise(data, by_client=by_client)
    return message, fields_of(message, data)


def encode(number: int, *values: Any) -> bytes:
    """The bytes of a message.

    :raises Malformed: for values that its fields do not admit: better here than at the other end.
    """
    message = BY_NUMBER[number]
    if len(values) != len(message.fields):
        raise Malformed("arity", f"{message.name} has {len(message.fields)} fields, not {len(values)}")
    check(message, values)
    data: bytes = _pack((number, *values))
    if len(data) > message.longest:
        raise Malformed("size", f"{message.name} has at most {message.longest} bytes, not {len(data)}")
    return data


def frame_bytes(tick: int, payload: bytes | memoryview, ack: int) -> bytes:
    """FRAME, unchecked, as it leaves for every client in every tick.

    :param payload: the parts of one client, at most 1 MiB, any contiguous bytes.
    :param ack: the highest sequence number newly applied and durable, 0 for none.
    """
    data: bytes = _pack((FRAME, tick, payload, ack))
    return data


def you_bytes(tick: int, slot: int, sprite: int, x: int, y: int, vx: int, vy: int, vitals: Sequence[int]) -> bytes:
    """YOU, unchecked; *vitals* is a list or tuple of eight Python integers (:data:`~.messages.VITALS`)."""
    data: bytes = _pack((YOU, tick, slot, sprite, x, y, vx, vy, vitals))
    return data


def stated_version(data: bytes, numbers: tuple[int, ...] = (HELLO, RESUME)) -> int | None:
    """The version that a greeting states; in every version it is the first field, whatever follows. None for anything else."""
    if not isinstance(data, bytes) or len(data) < 3 or data[0] & 0xF0 != _SHORT_ARRAY or data[1] not in numbers:
        return None
    first = data[2]
    if first < 0x80:
        return first
    width = {0xCC: 1, 0xCD: 2}.get(first, 0)
    return int.from_bytes(data[3 : 3 + width], "big") if width and len(data) >= 3 + width else None


def check(message: Message, values: Sequence[Any]) -> None:
    """Hold *values*, as many as *message* has fields, against the table.

    :raises Malformed: ``type`` or ``range``, naming the field.
    """
    for value, field in zip(values, message.fields, strict=True):
        if field.kind == "int":
            if type(value) is not int:
                raise _wrong_type(message, field, value)
            if not field.low <= value <= field.high:
                raise Malformed("range", f"{message.name}: {field}, not {value}")
        else:
            _CHECKS[field.kind](message, field, value)


# -- inside -----------------------------------------------------------------------------------------------------------


def _check_text(message: Message, field: Field, value: Any) -> None:
    if type(value) is not str:
        raise _wrong_type(message, field, value)
    if field.choices:
        if value not in field.choices:
            raise Malformed("range", f"{message.name}: {field}, not {value!r:.40}")
    elif not field.low <= _utf8_length(value) <= field.high:
        raise Malformed("range", f"{message.name}: {field.name} has {field.low} to {field.high} bytes of UTF-8")
    elif _CONTROLS.search(value):
        raise Malformed("range", f"{message.name}: {field.name} is one line without control characters")


def _utf8_length(value: str) -> int:
    """Bytes of a text; more than any field holds when it cannot be encoded."""
    if value.isascii():
        return len(value)
    try:
        return len(value.encode())
    except UnicodeEncodeError:  # half of a surrogate pair: only our own side could hand us that
        return 1 << 32


def _check_bytes(message: Message, field: Field, value: Any) -> None:
    if type(value) is not bytes:
        raise _wrong_type(message, field, value)
    if not field.low <= len(value) <= field.high and (value or not field.choices):
        raise Malformed("range", f"{message.name}: {field}, not {len(value)}")


def _check_bool(message: Message, field: Field, value: Any) -> None:
    if type(value) is not bool:
        raise _wrong_type(message, field, value)


def _check_ints(message: Message, field: Field, value: Any) -> None:
    if not isinstance(value, list | tuple) or not all(type(v) is int for v in value):
        raise _wrong_type(message, field, value)
    if len(value) != field.high or not all(_I64 <= v <= _U64 for v in value):
        raise Malformed("range", f"{message.name}: {field}, not {len(value)}")


def _check_map(message: Message, field: Field, value: Any) -> None:
    if type(value) is not dict:
        raise _wrong_type(message, field, value)
    if not _is_plain(value, _DEPTH, _MAP_DEPTH):
        raise Malformed(
            "type", f"{message.name}: {field.name} holds text, bytes, integers, bool, None, lists and maps of them, {_DEPTH} deep"
        )


def _check_said(message: Message, field: Field, value: Any) -> None:
    (_check_text if type(value) is str else _check_map)(message, field, value)


def _is_plain(value: Any, depth: int, maps: int) -> bool:
    kind = type(value)
    if kind is int:
        return bool(_I64 <= value <= _U64)
    if kind is dict:
        return depth > 0 < maps and all(type(k) is str and _is_plain(v, depth - 1, maps - 1) for k, v in value.items())
    if kind in (list, tuple):
        return depth > 0 and all(_is_plain(v, depth - 1, maps) for v in value)
    return kind in (str, bytes, bool) or value is None


def _wrong_type(message: Message, field: Field, value: Any) -> Malformed:
    return Malformed("type", f"{message.name}: {field}, not a value of type {type(value).__name__}")


_OF_CLIENT = {m.number: m for m in MESSAGES if m.by_client}
_OF_SERVER = {m.number: m for m in MESSAGES if not m.by_client}
_CHECKS = {
    "text": _check_text,
    "bytes": _check_bytes,
    "bool": _check_bool,
    "ints": _check_ints,
    "map": _check_map,
    "said": _check_said,
}
