import random
from typing import Any

import msgpack
import numpy as np
import pytest

from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import Malformed, decode, encode, frame_bytes, recognise, stated_version, you_bytes
from ninepixel.server.protocol.messages import BY_NUMBER, MESSAGES, Message
from protocol_peers import GOOD, broken_frames, good

NAMES = [f"{message.name}{message.number}" for message in MESSAGES]


def packed(*values: Any) -> bytes:
    return bytes(msgpack.packb(list(values)))


def code_of(data: Any, *, by_client: bool = True) -> str:
    with pytest.raises(Malformed) as caught:
        decode(data, by_client=by_client)
    assert "\n" not in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize("message", MESSAGES, ids=NAMES)
def test_what_is_encoded_is_decoded(message: Message) -> None:
    data = encode(message.number, *GOOD[message.number])
    assert decode(data, by_client=message.by_client) == (message, list(GOOD[message.number]))


@pytest.mark.parametrize("message", MESSAGES, ids=NAMES)
def test_nobody_sends_the_others_messages(message: Message) -> None:
    assert code_of(good(message.number), by_client=not message.by_client) == "number"


@pytest.mark.parametrize("message", MESSAGES, ids=NAMES)
def test_one_field_more_or_less_is_refused(message: Message) -> None:
    values = GOOD[message.number]
    assert code_of(packed(message.number, *values, 0), by_client=message.by_client) in ("arity", "size")
    if values:
        assert code_of(packed(message.number, *values[:-1]), by_client=message.by_client) == "arity"


def wrong_types(kind: str) -> list[Any]:
    everything: tuple[Any, ...] = (5, "five", b"five", True, None, [], {}, 5.0)
    fits: Any = {"int": int, "text": str, "bytes": bytes, "bool": bool, "ints": list, "map": dict, "said": (dict, str)}[kind]
    return [value for value in everything if not isinstance(value, fits) or (kind == "int" and value is True)]


@pytest.mark.parametrize("message", MESSAGES, ids=NAMES)
def test_a_field_of_another_type_is_refused(message: Message) -> None:
    for i, field in enumerate(message.fields):
        for wrong in wrong_types(field.kind):
            values = [*GOOD[message.number][:i], wrong, *GOOD[message.number][i + 1 :]]
            assert code_of(packed(message.number, *values), by_client=message.by_client) == "type"
            with pytest.raises(Malformed, match=field.name):
                encode(message.number, *values)


@pytest.mark.parametrize("message", MESSAGES, ids=NAMES)
def test_bounds_are_admitted_and_what_lies_beyond_is_not(message: Message) -> None:
    for i, field in enumerate(message.fields):
        make: Any = {"int": lambda n: n, "text": lambda n: "x" * n, "bytes": bytes, "ints": lambda n: [1] * n}.get(field.kind)
        if make is None or field.choices:
            continue
        for value, fits in ((field.low - 1, False), (field.low, True), (field.high, True), (field.high + 1, False)):
            if value < 0 and field.kind != "int":
                continue
            values = [*GOOD[message.number][:i], make(value), *GOOD[message.number][i + 1 :]]
            data = packed(message.number, *values)
            if fits:
                assert decode(data, by_client=message.by_client)[1] == values
            else:
                assert code_of(data, by_client=message.by_client) in ("range", "size")


@pytest.mark.parametrize("message", MESSAGES, ids=NAMES)
def test_size_is_refused_before_anything_is_decoded(message: Message) -> None:
    garbage = bytes((0x91 + len(message.fields), message.number)) + b"\xc1" * message.longest  # 0xc1 is never msgpack
    assert code_of(garbage, by_client=message.by_client) == "size"
    assert code_of(garbage[: message.longest], by_client=message.by_client) == "encoding" if message.fields else True


@pytest.mark.parametrize("message", MESSAGES, ids=NAMES)
def test_the_longest_encoding_of_the_largest_values_fits(message: Message) -> None:
    longest = bytes((0x91 + len(message.fields), message.number))
    for field in message.fields:
        most = field.choices and max(field.choices, key=len).encode()
        match field.kind:
            case "int":
                longest += b"\xcf" + field.high.to_bytes(8, "big") if field.high >= 0 else b""
            case "text" | "bytes":
                body = most or b"x" * field.high
                longest += (b"\xdb" if field.kind == "text" else b"\xc6") + len(body).to_bytes(4, "big") + body
            case "bool":
                longest += b"\xc3"
            case "ints":
                longest += b"\xdd" + field.high.to_bytes(4, "big") + (b"\xcf" + b"\x7f" * 8) * field.high
            case "map":
                longest += b"\x81\xa1x\xc6" + (field.high - 8).to_bytes(4, "big") + bytes(field.high - 8)
            case "said":
                longest += b"\xdb" + field.high.to_bytes(4, "big") + b"x" * field.high
    assert len(longest) == message.longest
    decode(longest, by_client=message.by_client)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "encoding"),
        (b"\x92", "encoding"),
        ("\x92\x0c\x01", "encoding"),  # what a websocket text frame gives
        (bytearray(b"\x92\x0c\x01"), "encoding"),
        (b"\x92\x00\x01", "number"),
        (b"\x92\x0e\x01", "number"),
        (b"\x92\x7f\x01", "number"),
        (b"\xdc\x00\x02\x0c\x01", "number"),  # a long array header where a short one would do
        (b"\x92\xcc\x0c\x01", "number"),
        (b"\x82\x0c\x01", "arity"),
        (b"\x92\x0c\xc1", "encoding"),
        (b"\x92\x0c\xcd\x01", "encoding"),
        (b"\x92\x0c\x01\x01", "encoding"),
        (b"\x92\x0c\xd4\x05\x00", "encoding"),
        (b"\x92\x0c\xc7\x00\x05", "type"),  # an empty extension passes msgpack's bound and stops at ours
        (b"\x92\x0c\xd6\xff\0\0\0\0", "encoding"),
        (b"\x92\x0c\xca\x3f\x80\x00\x00", "type"),
        (b"\x92\x0c\xff", "range"),
        (b"\x93\x07\x01\xa2\xc3\x28", "encoding"),  # no UTF-8
        (b"\x93\x07\x01\xa3\xed\xa0\x80", "encoding"),  # half of a surrogate pair
        (b"\x93\x07\x01" + b"\x91" * 200, "encoding"),
        (b"\x93\x07\x01\xdd\xff\xff\xff\xff", "encoding"),  # promises four thousand million entries
        (b"\x93\x07\x01\xdb\xff\xff\xff\xff", "encoding"),
        (b"\x94\x0b\x01\xa1v\x81\x01\x01", "encoding"),  # a key that is no text
        (b"\x94\x0b\x01\xa1v\x81\xc4\x01k\x01", "type"),
        (b"\x94\x0b\x01\xa1v\x81\xa1k\xcb" + bytes(8), "type"),
        (b"\x94\x0b\x01\xa1v\x81\xa1k" + b"\x91" * 4 + b"\x01", "type"),
        (b"\x94\x0b\x01\xa1v" + b"\x81\xa1k" * 3 + b"\x01", "type"),
    ],
)
def test_each_kind_of_nonsense_has_its_reason(data: Any, code: str) -> None:
    assert code_of(data) == code


@pytest.mark.parametrize("text", ["a\nb", "\x00", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202emirror", "\u2066", "\u200f"])
def test_a_text_is_one_line_that_controls_nothing(text: str) -> None:
    assert code_of(packed(m.SAY, 1, text)) == "range"


@pytest.mark.parametrize("text", ["grüße", "日本語", "\U0001f9e0\u200d\U0001f525", "x" * 240, "é" * 120])
def test_texts_of_all_peoples_pass(text: str) -> None:
    assert decode(encode(m.SAY, 1, text), by_client=True)[1] == [1, text]


def test_a_text_is_measured_in_bytes() -> None:
    assert code_of(packed(m.SAY, 1, "é" * 121)) == "range"
    with pytest.raises(Malformed, match="bytes of UTF-8"):
        encode(m.SAY, 1, "\ud800")


def test_lists_and_maps_may_lie_in_one_another_but_not_for_ever() -> None:
    data = encode(m.ADMIN, 1, "v", {"a": {"b": [[1, b"2", "3", None, True]]}})
    assert decode(data, by_client=True)[1][2] == {"a": {"b": [[1, b"2", "3", None, True]]}}
    with pytest.raises(Malformed, match="4 deep"):
        encode(m.ADMIN, 1, "v", {"a": {"b": {"c": 1}}})
    with pytest.raises(Malformed, match="4 deep"):
        encode(m.ADMIN, 1, "v", {"a": 1 << 64})


def test_what_is_too_long_is_not_sent() -> None:
    with pytest.raises(Malformed, match="at most"):
        encode(m.ADMIN, 1, "v", {"a": "x" * 2000})
    with pytest.raises(Malformed, match="has 3 fields, not 1"):
        encode(m.ADMIN, 1)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 65535, 65536, 1 << 20])
def test_a_frame_made_quickly_is_the_frame(size: int) -> None:
    payload = random.Random(size).randbytes(size)
    for tick, ack in ((0, 0), (127, 1), (1 << 33, (1 << 32) - 1), (m.EXACT, 300)):
        data = frame_bytes(tick, memoryview(payload), ack)
        assert data == encode(m.FRAME, tick, payload, ack)
        assert decode(data, by_client=False)[1] == [tick, payload, ack]


def test_a_frame_is_made_of_a_slice_of_a_numpy_buffer() -> None:
    buffer = np.arange(256, dtype=np.uint8)
    assert decode(frame_bytes(7, buffer.data[10:20], 3), by_client=False)[1] == [7, bytes(range(10, 20)), 3]


def test_you_made_quickly_is_you() -> None:
    assert you_bytes(*GOOD[m.YOU]) == good(m.YOU)


def test_the_version_of_a_greeting_is_found_whatever_follows() -> None:
    assert stated_version(good(m.HELLO)) == stated_version(good(m.RESUME)) == 1
    assert stated_version(packed(m.HELLO, 200, {"all": "new"})) == 200
    assert stated_version(packed(m.HELLO, 40000)) == 40000
    assert stated_version(good(m.CHALLENGE), (m.CHALLENGE,)) == 1
    for data in (b"", b"\x92\x01", b"\x92\x01\xcd\x01", b"\x92\x01\xa1v", b"\x92\x01\xff", good(m.PING), good(m.CHALLENGE)):
        assert stated_version(data) is None


@pytest.mark.parametrize("by_client", [True, False])
def test_noise_is_a_whole_message_or_malformed(by_client: bool) -> None:
    whole = 0
    reasons = set()
    for data in broken_frames(1, 10_000, by_client=by_client):
        try:
            message, values = decode(data, by_client=by_client)
        except Malformed as error:
            reasons.add(error.code)
        else:
            whole += 1
            assert decode(encode(message.number, *values), by_client=by_client) == (message, values)
    assert reasons == {"size", "encoding", "number", "arity", "type", "range"}
    assert 1500 < whole < 6000  # the noise is neither all noise nor none


def test_recognising_needs_two_bytes_and_a_length() -> None:
    for message in MESSAGES:
        assert recognise(good(message.number)[:2], by_client=message.by_client) is BY_NUMBER[message.number]
