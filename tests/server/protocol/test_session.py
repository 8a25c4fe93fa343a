import gc
import sys
from typing import Any

import msgpack
import pytest

from ninepixel.server.identity import Identity
from ninepixel.server.protocol import (
    Acted,
    Admission,
    Asked,
    Ended,
    Event,
    Joined,
    Left,
    Limits,
    Looked,
    Opened,
    Ordered,
    Pinged,
    Rate,
    Refusal,
    Resync,
    Said,
    ServerSession,
    decode,
    encode,
)
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.messages import MESSAGES, State
from ninepixel.server.protocol.reasons import FAREWELLS, REFUSALS
from protocol_peers import (
    BOUNDLESS,
    CONTENT,
    GOOD,
    NONCE,
    NOVA,
    SERVER_ID,
    TOKEN,
    FakeGate,
    broken_frames,
    good,
    play_by_token,
    proof,
    session_in,
)

OTHER_LAWS = b"other laws......"
PLACES = ("CHALLENGED", "PROVING", "watch", "play", "node", "admin", "ENDED")
#: What the server takes where, said once more by hand.
TAKEN = {
    "CHALLENGED": {m.HELLO, m.RESUME, m.BYE},
    "PROVING": {m.PROOF, m.BYE},
    "watch": {m.LOOK, m.ASK, m.RESYNC, m.PING, m.BYE},
    "play": {m.INPUT, m.JOIN, m.LEAVE, m.SAY, m.LOOK, m.ASK, m.RESYNC, m.PING, m.BYE},
    "node": {m.ASK, m.PING, m.BYE},
    "admin": {m.LOOK, m.ASK, m.RESYNC, m.ADMIN, m.PING, m.BYE},
    "ENDED": set[int](),
}
EVENTS: dict[int, Event] = {
    m.INPUT: Acted(5, 8, 0, 3),
    m.JOIN: Joined(5),
    m.LEAVE: Left(5),
    m.SAY: Said(5, "is anyone there?"),
    m.LOOK: Looked(1 << 31, (1 << 32) - 1, 3),
    m.ASK: Asked(9, "mind", 1234),
    m.RESYNC: Resync(4095),
    m.ADMIN: Ordered(9, "kick", {"account": 3, "why": ["noise", b"\x01", None, True]}),
    m.PING: Pinged(123456789),
    m.BYE: Ended("bye"),
}


def said(session: ServerSession) -> list[tuple[Any, ...]]:
    """What the session has to say: (name, code, ...) of each message."""
    return [(message.name, *values) for message, values in (decode(data, by_client=False) for data in session.outgoing())]


def codes(session: ServerSession) -> list[tuple[str, str]]:
    return [(name, code) for name, code, *_ in said(session)]


def hello(mode: str = "play", key: bytes = NOVA.key, content: bytes = CONTENT, version: int = 1, name: str = "Nova") -> bytes:
    return encode(m.HELLO, version, content, mode, name, key, "sesame", "a test")


@pytest.fixture
def gate() -> FakeGate:
    return FakeGate()


# -- every state, every message ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("message", [x for x in MESSAGES if x.by_client], ids=lambda x: x.name)
def test_each_state_takes_its_messages_and_refuses_the_others(where: str, message: m.Message, gate: FakeGate) -> None:
    session = session_in(where, gate)
    data = proof(good(m.HELLO)) if message.number == m.PROOF else good(message.number)
    before, events = session.state, session.receive(data, 1.0)
    if where == "ENDED":
        assert (events, session.outgoing(), gate.counted) == ([], [], {})
    elif message.number in TAKEN[where]:
        assert gate.counted == {}
        assert session.outgoing() == []
        if before is State.OPEN or message.number == m.BYE:
            assert events == [EVENTS[message.number]]
    else:
        right_state = before is State.OPEN and any(message.number in taken for place, taken in TAKEN.items() if place.islower())
        assert gate.counted == {"mode" if right_state else "state": 1}
        assert codes(session)[0] == ("REFUSED", "mode" if right_state else "state")
        assert events == ([] if before is State.OPEN else [Ended("state")])


@pytest.mark.parametrize("where", PLACES[:-1])
@pytest.mark.parametrize("message", [x for x in MESSAGES if not x.by_client], ids=lambda x: x.name)
def test_no_state_takes_what_servers_say(where: str, message: m.Message, gate: FakeGate) -> None:
    session = session_in(where, gate)
    session.receive(good(message.number), 1.0)
    assert gate.counted == {"number": 1}


# -- logging in -------------------------------------------------------------------------------------------------------------


def test_the_server_speaks_first(gate: FakeGate) -> None:
    session = ServerSession(gate, Limits(), 0.0)
    ((name, version, server, content, nonce),) = said(session)
    assert (name, version, server, content, len(nonce)) == ("CHALLENGE", 1, SERVER_ID, CONTENT, 32)
    assert said(session) == []
    assert said(ServerSession(gate, Limits(), 0.0))[0][4] != nonce  # a challenge is made once


def test_a_key_and_its_proof_open_the_session(gate: FakeGate) -> None:
    session = session_in("CHALLENGED", gate)
    assert session.receive(hello(), 0.0) == []
    assert (session.state, gate.asked) == (State.PROVING, [])  # nobody is looked up before they proved anything
    events = session.receive(proof(hello()), 0.0)
    assert events == [Opened("play", 3, "operator", "Nova", False, 0, "a test")]
    assert gate.asked == [(NOVA.key, "Nova", "play", "sesame")]
    welcome = decode(session.welcome(1000, 50, {"side_log2": 9}, 4), by_client=False)[1]
    assert welcome == [3, "operator", TOKEN, 1000, 50, {"side_log2": 9}, 4]


@pytest.mark.parametrize("content", [CONTENT, b""])
def test_a_watcher_may_come_without_a_key_and_gets_no_token(gate: FakeGate, content: bytes) -> None:
    session = session_in("CHALLENGED", gate)
    assert session.receive(hello("watch", b"", content), 0.0) == [Opened("watch", 0, "guest", "", False, 0, "a test")]
    assert decode(session.welcome(1, 50, {}, 0), by_client=False)[1][2] == b""


def test_a_watcher_who_names_a_key_proves_it(gate: FakeGate) -> None:
    session = session_in("CHALLENGED", gate)
    assert session.receive(hello("watch"), 0.0) == []
    assert session.receive(proof(hello("watch")), 0.0) == [Opened("watch", 3, "operator", "Nova", False, 0, "a test")]


@pytest.mark.parametrize("mode", ["play", "node", "admin"])
def test_nobody_else_comes_without_a_key(gate: FakeGate, mode: str) -> None:
    session = session_in("CHALLENGED", gate)
    assert session.receive(hello(mode, b""), 0.0) == [Ended("anonymous")]
    assert codes(session) == [("REFUSED", "anonymous"), ("BYE", "anonymous")]
    assert gate.counted == {"anonymous": 1}


def test_a_token_resumes_in_mode_play(gate: FakeGate) -> None:
    session = session_in("CHALLENGED", gate)
    assert session.receive(good(m.RESUME), 0.0) == [Opened("play", 3, "operator", "Nova", True, 17)]


def test_a_token_that_is_not_known_leaves_hello_open(gate: FakeGate) -> None:
    session = session_in("CHALLENGED", gate)
    assert session.receive(encode(m.RESUME, 1, CONTENT, bytes(32), 0), 0.0) == []
    assert codes(session) == [("REFUSED", "token")]
    assert session.receive(hello(), 0.0) == []
    assert session.receive(proof(hello()), 0.0)[0] == Opened("play", 3, "operator", "Nova", False, 0, "a test")
    assert gate.counted == {"token": 1}


def test_tokens_are_not_guessed_one_after_the_other(gate: FakeGate) -> None:
    session = session_in("CHALLENGED", gate, Limits())
    events = [session.receive(encode(m.RESUME, 1, CONTENT, bytes([i] * 32), 0), 0.0) for i in range(10)]
    assert [*filter(None, events)] == [[Ended("rate")]]
    assert gate.counted == {"token": 4, "rate": 1}


def test_whoever_the_gate_refuses_is_told_why(gate: FakeGate) -> None:
    gate.refusal = Refusal("banned", "banned until tomorrow: noise")
    session = session_in("PROVING", gate)
    assert session.receive(proof(good(m.HELLO)), 0.0) == [Ended("banned")]
    assert said(session) == [
        ("REFUSED", "banned", "banned until tomorrow: noise", 0),
        ("BYE", "banned", "banned until tomorrow: noise"),
    ]


def test_a_reason_that_nobody_knows_is_counted_as_other(gate: FakeGate) -> None:
    gate.refusal = Refusal("weather", "it\nrains" + "\u202e" * 500)
    session = session_in("CHALLENGED", gate)
    assert session.receive(hello("watch", b""), 0.0) == [Ended("weather")]
    assert gate.counted == {"other": 1}
    assert said(session)[0][2].startswith("it?rains?")
    gate.refusal = None
    session_in("play", gate).refuse("snow", "cold")
    assert gate.counted == {"other": 2}


@pytest.mark.parametrize(("mode", "role"), [("admin", "player"), ("admin", "guest"), ("node", "player"), ("play", "node")])
def test_a_gate_that_admits_the_wrong_role_is_not_believed(mode: str, role: str) -> None:
    gate = FakeGate(role)
    session = session_in("CHALLENGED", gate)
    session.receive(hello(mode), 0.0)
    assert session.receive(proof(hello(mode)), 0.0) == [Ended("role")]
    assert gate.counted == {"role": 1}


def test_a_login_that_takes_too_long_ends(gate: FakeGate) -> None:
    for where in ("CHALLENGED", "PROVING"):
        session = session_in(where, gate, Limits(login_seconds=10))
        assert session.tick(9.9) == []
        assert session.tick(10.0) == [Ended("late")]
        assert codes(session) == [("BYE", "late")]
        assert session.tick(11.0) == session.receive(good(m.HELLO), 11.0) == []
    assert gate.counted == {"late": 2}
    assert session_in("play", gate).tick(1e9) == []


# -- versions and laws ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "greeting",
    [
        hello(version=2),
        encode(m.RESUME, 300, CONTENT, TOKEN, 0),
        bytes(msgpack.packb([m.HELLO, 7, {"whatever": "will come"}, 1.5])),
        bytes(msgpack.packb([m.RESUME, 65535])),
        bytes(msgpack.packb([m.HELLO, 2, b"x" * 5000, 1, 2, 3, 4, 5])),
    ],
)
def test_an_unknown_version_is_told_which_are_spoken(gate: FakeGate, greeting: bytes) -> None:
    session = session_in("CHALLENGED", gate)
    assert session.receive(greeting, 0.0) == [Ended("version")]
    (_, _, text, _), (name, code, _) = said(session)
    assert "this server speaks protocol 1, not " in text
    assert (name, code, gate.counted) == ("BYE", "version", {"version": 1})


def test_version_nought_is_malformed(gate: FakeGate) -> None:
    session = session_in("CHALLENGED", gate)
    assert session.receive(bytes(msgpack.packb([m.HELLO, 0, *GOOD[m.HELLO][1:]])), 0.0) == [Ended("version")]
    assert "upgrade the client" in said(session)[0][2]


@pytest.mark.parametrize(
    "greeting", [hello(content=b"other laws......"), hello(content=b""), hello("watch", b"", b"other laws......")]
)
def test_other_laws_are_told_whose(gate: FakeGate, greeting: bytes) -> None:
    session = session_in("CHALLENGED", gate)
    assert session.receive(greeting, 0.0) == [Ended("content")]
    assert CONTENT.hex() in said(session)[0][2]
    assert gate.counted == {"content": 1}


def test_a_resumed_session_runs_the_same_laws(gate: FakeGate) -> None:
    session = session_in("CHALLENGED", gate)
    assert session.receive(encode(m.RESUME, 1, OTHER_LAWS, TOKEN, 0), 0.0) == [Ended("content")]


# -- forged, replayed, reordered, oversized ---------------------------------------------------------------------------------


EVE = Identity(bytes([13]) * 32)


@pytest.mark.parametrize(
    "forged",
    [
        encode(m.PROOF, bytes(64)),
        proof(hello(), identity=EVE),
        proof(hello(), nonce=bytes(32)),
        proof(hello(), server=b"another server.."),
        encode(m.PROOF, NOVA.sign(NONCE)),
    ],
    ids=["zeros", "another's key", "another challenge", "another server", "a bare nonce"],
)
def test_a_forged_proof_ends_the_session(gate: FakeGate, forged: bytes) -> None:
    session = session_in("CHALLENGED", gate)
    session.receive(hello(), 0.0)
    assert session.receive(forged, 0.0) == [Ended("proof")]
    assert codes(session) == [("REFUSED", "proof"), ("BYE", "proof")]
    assert (gate.counted, gate.asked) == ({"proof": 1}, [])


@pytest.mark.parametrize(
    "swapped",
    [hello("admin"), hello(name="Eve"), hello(key=EVE.key), encode(m.HELLO, 1, CONTENT, "play", "Nova", NOVA.key, "", "a test")],
    ids=["mode", "name", "key", "invite"],
)
def test_a_man_in_the_middle_who_swaps_hello_gets_nowhere(gate: FakeGate, swapped: bytes) -> None:
    session = session_in("CHALLENGED", gate)
    session.receive(swapped, 0.0)
    assert session.receive(proof(hello()), 0.0) == [Ended("proof")]
    assert gate.asked == []


def test_a_recorded_login_is_worth_nothing(gate: FakeGate) -> None:
    recorded = [hello(), proof(hello())]
    first = session_in("CHALLENGED", gate)
    assert [first.receive(data, 0.0) for data in recorded][1] != []
    later = ServerSession(gate, Limits(), 0.0)
    assert [later.receive(data, 0.0) for data in recorded] == [[], [Ended("proof")]]


def test_a_key_for_which_anybody_can_sign_is_nobodys(gate: FakeGate) -> None:
    weak = bytes([1]) + bytes(31)
    session = session_in("CHALLENGED", gate)
    session.receive(hello(key=weak), 0.0)
    assert session.receive(encode(m.PROOF, bytes([1]) + bytes(63)), 0.0) == [Ended("proof")]


def test_numbers_that_do_not_grow_are_refused_and_counted(gate: FakeGate) -> None:
    session = session_in("play", gate)
    assert session.receive(encode(m.INPUT, 5, 1, 1, 1), 0.0) == [Acted(5, 1, 1, 1)]
    for replayed in (encode(m.INPUT, 5, 1, 1, 1), encode(m.INPUT, 4, 2, 2, 2), encode(m.SAY, 5, "again"), encode(m.JOIN, 1)):
        assert session.receive(replayed, 0.0) == []
    assert [(name, code, seq) for name, code, _, seq in said(session)] == [("REFUSED", "sequence", n) for n in (5, 4, 5, 1)]
    assert gate.counted == {"sequence": 4}
    assert session.receive(encode(m.SAY, 9, "gaps are allowed"), 0.0) == [Said(9, "gaps are allowed")]


def test_a_resumed_client_may_repeat_numbers_that_only_the_desk_can_judge(gate: FakeGate) -> None:
    session = play_by_token(gate)
    session.welcome(1000, 50, {}, got_seq=4)
    assert session.receive(encode(m.JOIN, 4), 0.0) == [Joined(4)]


def test_what_is_refused_uses_up_no_number(gate: FakeGate) -> None:
    session = session_in("play", gate, Limits(say=Rate(1, 1)))
    assert session.receive(encode(m.SAY, 1, "one"), 0.0) == [Said(1, "one")]
    assert session.receive(encode(m.SAY, 2, "two"), 0.0) == []
    assert [(code, seq) for _, code, _, seq in said(session)] == [("rate", 2)]
    assert session.receive(encode(m.SAY, 2, "two"), 1.0) == [Said(2, "two")]


def test_the_oversized_is_refused_unread(gate: FakeGate) -> None:
    session = session_in("play", gate)
    assert session.receive(bytes((0x93, m.SAY)) + b"\xc1" * 10_000_000, 0.0) == []
    assert codes(session) == [("REFUSED", "size")]
    assert gate.counted == {"size": 1}


# -- limits -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message", [x for x in MESSAGES if x.by_client and State.OPEN in x.states and x.verb], ids=lambda x: x.name
)
def test_every_verb_has_its_limit(gate: FakeGate, message: m.Message) -> None:
    mode, number, values = message.modes[-1], message.number, GOOD[message.number]
    session = session_in(mode, gate, BOUNDLESS.changed({message.verb: "1/3"}))
    numbered = [encode(number, *((n + 1, *values[1:]) if message.ordered else values)) for n in range(6)]
    assert [len(session.receive(data, 5.0)) for data in numbered] == [1, 1, 1, 0, 0, 0]
    assert gate.counted == {"rate": 3}
    assert f"the limit '{message.verb}'" in said(session)[0][2]


def test_too_much_nonsense_ends_an_open_session(gate: FakeGate) -> None:
    session = session_in("play", gate, Limits(malformed=Rate(0.2, 10)))
    events = [session.receive(b"\xc1\xc1\xc1", 0.0) for _ in range(10_000)]
    assert [*filter(None, events)] == [[Ended("malformed")]]
    assert gate.counted == {"number": 11}
    assert codes(session) == [("REFUSED", "number")] * 11 + [("BYE", "malformed")]


def test_nonsense_before_login_ends_at_once(gate: FakeGate) -> None:
    session = session_in("CHALLENGED", gate, Limits())
    assert session.receive(b"\xc1\xc1\xc1", 0.0) == [Ended("number")]
    assert session.receive(b"\xc1\xc1\xc1", 0.0) == []
    assert gate.counted == {"number": 1}


def test_a_flood_of_refused_messages_ends_the_session(gate: FakeGate) -> None:
    session = session_in("play", gate, Limits(input=Rate(40, 80), refused=Rate(20, 200)))
    events = [session.receive(encode(m.INPUT, n + 1, 0, 0, 0), 0.0) for n in range(10_000)]
    assert len([e for e in events if e and isinstance(e[0], Acted)]) == 80
    assert events[280] == [Ended("flood")]
    assert gate.counted == {"rate": 201}


def test_an_honest_client_is_never_refused(gate: FakeGate) -> None:
    session = session_in("play", gate, Limits())
    for n in range(2000):
        assert session.receive(encode(m.INPUT, n + 1, 0, 0, 0), n * 0.05) != []
    assert gate.counted == {}


# -- what it costs ----------------------------------------------------------------------------------------------------------


def weight(session: ServerSession) -> int:
    """Bytes of a session and of everything that it alone holds on to: ``sys.getsizeof`` of all that its slots refer to.

    What is there once for all sessions is found by looking at a second session: what both refer to is nobody's own.
    """
    mine, shared = _held(session), _held(ServerSession(session._gate, session._buckets._limits, 0.0))
    return sum(sys.getsizeof(thing) for key, thing in mine.items() if key not in shared)


def _held(root: object) -> dict[int, Any]:
    found: dict[int, Any] = {}
    waiting = [root]
    while waiting:
        thing = waiting.pop()
        if id(thing) in found or isinstance(thing, type | FakeGate | Limits | frozenset | State):
            continue
        found[id(thing)] = thing
        waiting += gc.get_referents(thing)
    return found


def test_a_stranger_costs_less_than_a_kilobyte(gate: FakeGate) -> None:
    costs = []
    longest = encode(m.HELLO, 1, CONTENT, "watch", "N" * 24, NOVA.key, "i" * 64, "\U0001f9e0" + "a" * 60)
    session = ServerSession(gate, Limits(), 1234.5)
    costs.append(weight(session))  # with the challenge still to be sent
    session.outgoing()
    session.receive(encode(m.RESUME, 1, CONTENT, bytes(32), 0), 1234.6)
    session.outgoing()
    session.receive(longest, 1234.7)
    assert session.state is State.PROVING
    costs.append(weight(session))
    assert 300 < max(costs) <= 1024, costs


def test_a_session_has_no_dict_and_refers_to_no_other(gate: FakeGate) -> None:
    assert not hasattr(ServerSession(gate, Limits(), 0.0), "__dict__")
    assert isinstance(Admission(1, "guest"), Admission)


# -- noise ------------------------------------------------------------------------------------------------------------------


def test_ten_thousand_broken_frames_break_nothing(gate: FakeGate) -> None:
    session, refused = play_by_token(gate), 0
    for n, data in enumerate(broken_frames(3, 10_000)):
        if session.state is State.ENDED:
            session = play_by_token(gate) if n % 3 else session_in(PLACES[n % 2], gate)
        for event in session.receive(data, n / 1000):
            assert isinstance(event, Event)
        for answer in session.outgoing():
            refused += decode(answer, by_client=False)[0].number == m.REFUSED
    assert refused == gate.counted.total()
    assert gate.counted.keys() <= REFUSALS.keys()
    assert {"size", "encoding", "number", "arity", "type", "range", "state", "mode", "sequence"} <= gate.counted.keys()


def test_the_server_has_a_reason_for_every_goodbye() -> None:
    session = session_in("play", FakeGate())
    for code, text in FAREWELLS.items():
        assert decode(session.bye(code), by_client=False)[1] == [code, text]
    assert decode(session.bye("kicked", "for noise"), by_client=False)[1] == ["kicked", "for noise"]
    assert session.receive(good(m.PING), 0.0) == []


def test_what_the_server_says_is_what_the_table_holds() -> None:
    session = session_in("play", FakeGate())
    made = {
        m.FRAME: session.frame(*GOOD[m.FRAME]),
        m.YOU: session.you(*GOOD[m.YOU]),
        m.NOTICE: session.notice(*GOOD[m.NOTICE]),
        m.HEARD: session.heard(*GOOD[m.HEARD]),
        m.ANSWER: session.answer(*GOOD[m.ANSWER]),
        m.OVERVIEW: session.overview(*GOOD[m.OVERVIEW]),
        m.MOMENT: session.moment(*GOOD[m.MOMENT]),
        m.PONG: session.pong(*GOOD[m.PONG]),
        m.REFUSED: session.refuse(*GOOD[m.REFUSED]),
        m.FAREWELL: session.bye(*GOOD[m.FAREWELL]),
    }
    assert made == {number: good(number) for number in made}
    assert decode(session.answer(1, False, "nobody agreed"), by_client=False)[1] == [1, False, "nobody agreed"]
