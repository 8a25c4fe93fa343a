"""What a learner and its nodes say once a node is logged in: one table, beside that of the protocol and in its encoding.

The login is the protocol's (mode ``node``), and so are PING, PONG, BYE, NOTICE and REFUSED. What is here is only spoken with a
learner: a server of a universe knows none of these numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgpack

from ninepixel.agents.rollouts.work import MARK_BYTES, MOST_AGENTS, MOST_STEPS, MOST_TICKS
from ninepixel.server.compute.ability import ABILITIES
from ninepixel.server.protocol.codec import Malformed, check, fields_of
from ninepixel.server.protocol.messages import EXACT, TEXT_BYTES, U32, Field, Message

ABLE, READY, NEED, RESULT, BACK = range(32, 37)
LEASE, POLICY, STATE, VERDICT = range(96, 100)

#: What a verdict can be.
VERDICTS = {
    "verified": "the result is right and is learned from",
    "refused": "the result is wrong: it is not learned from, and the node gets nothing for so many `seconds`",
    "late": "the lease had expired, and somebody else has the work",
    "twice": "there is a result for that lease already",
    "foreign": "the lease is another node's",
    "unknown": "there is no such lease",
    "expired": "the lease is over: leave the work off",
}

_TICKET = Field("ticket", "int", 1, EXACT)
_HASH, _MARK = Field("hash", "bytes", 16, 16), Field("mark", "bytes", MARK_BYTES, MARK_BYTES)
_MOST = 1 << 24

MESSAGES = (
    Message(
        ABLE,
        "ABLE",
        (
            Field("work", "bytes", 16, 16),
            Field("cores", "int", 1, 65535),
            Field("speed", "int", 0, U32),
            Field("ability", "text", 0, 5, tuple(ABILITIES)),
        ),
        "what the node computes with (`work` names the sources of a rollout) and how fast: steps a second of its self-test",
    ),
    Message(READY, "READY", (), "give me a lease; there is one answer, whenever there is work"),
    Message(
        NEED,
        "NEED",
        (_TICKET, Field("what", "text", 0, 6, ("policy", "state"))),
        "what the lease names and the node has not: each once a lease",
    ),
    Message(
        RESULT,
        "RESULT",
        (_TICKET, Field("actions", "bytes", 0, 2 * MOST_STEPS), Field("sums", "bytes", 0, 4 * MOST_AGENTS), _MARK),
        "what everybody did, the sums of their rewards, and where the worlds stand",
    ),
    Message(BACK, "BACK", (_TICKET,), "the lease will not be done"),
    Message(
        LEASE,
        "LEASE",
        (
            _TICKET,
            Field("after", "int", 0, EXACT),
            Field("task", "text", 1, 64),
            Field("options", "map", 0, 1024),
            Field("agents", "int", 1, MOST_AGENTS),
            Field("seed", "int", 0, EXACT),
            Field("founded", "bytes", 0, MOST_AGENTS // 8),
            Field("tick", "int", 0, EXACT),
            Field("ticks", "int", 1, MOST_TICKS),
            Field("start", "bytes", MARK_BYTES, MARK_BYTES),
            Field("policy", "bytes", 16, 16),
            Field("dice", "int", 0, EXACT),
        ),
        "live through that; worlds go on `after` an earlier ticket of this node, 0: ask for their state",
    ),
    Message(POLICY, "POLICY", (_HASH, Field("file", "bytes", 0, _MOST)), "the policy of that hash, as its file"),
    Message(
        STATE,
        "STATE",
        (_TICKET, Field("state", "bytes", 0, 4 * _MOST), Field("rest", "bytes", 0, 4 * _MOST)),
        "the worlds where the lease begins",
    ),
    Message(
        VERDICT,
        "VERDICT",
        (
            _TICKET,
            Field("code", "text", 0, max(map(len, VERDICTS)), tuple(VERDICTS)),
            Field("text", "text", 0, TEXT_BYTES),
            Field("seconds", "int", 0, U32),
        ),
        "what became of it",
    ),
)
BY_NUMBER = {message.number: message for message in MESSAGES}
_SHORT_ARRAY = 0x90


def encode(number: int, *values: Any) -> bytes:
    """The bytes of a message.

    :raises Malformed: for values that its fields do not admit.
    """
    message = BY_NUMBER[number]
    check(message, values)
    data: bytes = msgpack.packb((number, *values), use_bin_type=True)
    return data


def is_ours(data: bytes) -> bool:
    """Whether these bytes claim to be one of these messages, not one of the protocol's."""
    return len(data) > 1 and data[1] in BY_NUMBER


def decode(data: bytes, *, by_node: bool) -> tuple[int, Sequence[Any]]:
    """The number and the fields of a message.

    :raises Malformed: when there is anything wrong with it.
    """
    message = BY_NUMBER.get(data[1]) if len(data) > 1 else None
    if message is None or message.by_client != by_node:
        raise Malformed("number", f"no message from a {'node' if by_node else 'learner'} begins with {data[:2].hex()}")
    if len(data) > message.longest:
        raise Malformed("size", f"{message.name} has at most {message.longest} bytes, not {len(data)}")
    if data[0] != _SHORT_ARRAY + 1 + len(message.fields):
        raise Malformed("arity", f"{message.name} has {len(message.fields)} fields")
    return message.number, fields_of(message, data)
