"""The server's side of one connection, without a socket: bytes in, events out; time and accounts are handed in.

A session decides what a message *is* and whether it may be sent now: size, form, state, mode, rate, order. What it *means* for
the universe is the authority's business, and so is doing it only once: within one connection sequence numbers grow, here; across
connections and crashes the desk's last applied number decides, there (a session cannot know what was journaled). A retried
number that the desk has applied therefore arrives as an ordinary event, and the authority acknowledges it again without
applying it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from ninepixel.server.identity import verify
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol import outbound
from ninepixel.server.protocol.codec import Malformed, fields_of, frame_bytes, recognise, stated_version, you_bytes
from ninepixel.server.protocol.events import (
    Acted,
    Asked,
    Ended,
    Event,
    Joined,
    Left,
    Looked,
    Opened,
    Ordered,
    Pinged,
    Resync,
    Said,
)
from ninepixel.server.protocol.gate import Admission, Gate, Refusal
from ninepixel.server.protocol.limits import VERBS, Buckets, Limits
from ninepixel.server.protocol.messages import ALLOWED, BY_NUMBER, MODES, SPOKEN, State
from ninepixel.server.protocol.reasons import FAREWELLS, OTHER, REFUSALS

#: The session with the events and the gate that make up its interface.
__all__ = [
    "Acted",
    "Admission",
    "Asked",
    "Ended",
    "Event",
    "Gate",
    "Joined",
    "Left",
    "Looked",
    "Opened",
    "Ordered",
    "Pinged",
    "Refusal",
    "Resync",
    "Said",
    "ServerSession",
]

_MALFORMED, _REFUSED, _PING = VERBS.index("malformed"), VERBS.index("refused"), VERBS.index("ping")


class ServerSession:
    """One connection, from the challenge to the end.

    Send what :meth:`outgoing` gives after every call; what the other methods return is sent by whoever calls them.

    :param gate: asked for admission; told of every refusal.
    :param limits: shared by all sessions.
    :param now: seconds of a clock that does not go back, here and in every call.
    :param nonce: 32 bytes that nobody can guess; fresh ones from the system unless a test wants others.
    """

    __slots__ = (
        "_allowed",
        "_buckets",
        "_gate",
        "_hello",
        "_nonce",
        "_out",
        "_seq",
        "account",
        "deadline",
        "mode",
        "role",
        "state",
    )

    def __init__(self, gate: Gate, limits: Limits, now: float, *, nonce: bytes | None = None) -> None:
        self._gate = gate
        self._buckets = Buckets(limits)
        self._nonce = os.urandom(m.NONCE_BYTES) if nonce is None else nonce
        self._hello = b""  # as it came: less to keep than what it says
        self._seq = 0
        self.account = 0
        self.role = self.mode = ""
        #: When a login that is not finished ends the session.
        self.deadline = now + limits.login_seconds
        self._enter(State.CHALLENGED)
        self._out = [outbound.challenge(gate.server_id, gate.content, self._nonce)]

    # -- in ---------------------------------------------------------------------------------------------------------------

    def receive(self, data: bytes, now: float) -> list[Event]:
        """What one websocket message means; nothing is raised whatever it holds.

        Before login, whatever is refused ends the session (but for a token that is not known); afterwards refusals are answered,
        and too many of them end it.
        """
        if self.state is State.ENDED:
            return []
        try:
            message = recognise(data, by_client=True)
            if message.number not in self._allowed:
                return self._misplaced(message, now)
            values = fields_of(message, data)
        except Malformed as error:
            return self._malformed(error, data, now)
        if message.bucket >= 0 and not self._buckets.take(message.bucket, now):
            text = f"{message.name}: more than the limit {message.verb!r}; wait a moment"
            return self._refuse("rate", text, now, values[0] if message.ordered else 0)
        if message.ordered:
            if values[0] <= self._seq:
                return self._refuse("sequence", f"{message.name}: after {self._seq} comes a greater number", now, values[0])
            self._seq = values[0]
        make = _EVENTS.get(message.number)
        return [make(*values)] if make is not None else _LOGIN[message.number](self, values, data, now)

    def pinged(self, now: float) -> list[Event]:
        """A ping or pong of the websocket has come, and was answered already: past the limit of pings the session ends."""
        if self.state is State.ENDED or self._buckets.take(_PING, now):
            return []
        self._count("rate")
        return self._end("flood", FAREWELLS["flood"])

    def tick(self, now: float) -> list[Event]:
        """Let time pass: a login that takes too long is over."""
        if self.state >= State.OPEN or now < self.deadline:
            return []
        self._count("late")
        return self._end("late", REFUSALS["late"])

    # -- out --------------------------------------------------------------------------------------------------------------

    def outgoing(self) -> list[bytes]:
        """What the session itself has to say, once: the challenge, refusals, BYE."""
        out, self._out = self._out, []
        return out

    def welcome(self, tick: int, tick_ms: int, world: Mapping[str, Any], got_seq: int) -> bytes:
        """WELCOME, the answer to :class:`Opened`. :param got_seq: the account's last number that is applied *and durable*."""
        token = self._gate.token_for(self.account) if self.mode == "play" else b""
        return outbound.welcome(self.account, self.role, token, tick, tick_ms, world, got_seq)

    def refuse(self, code: str, text: str, seq: int = 0) -> bytes:
        """REFUSED, for what the authority will not do; it is counted."""
        self._count(code)
        return outbound.refused(code, text, seq)

    def bye(self, code: str, text: str = "") -> bytes:
        """BYE, for the server's own reasons (:data:`~.reasons.FAREWELLS`); nothing is read from now on."""
        self._enter(State.ENDED)
        return outbound.farewell(code, text or FAREWELLS.get(code, code))

    frame = staticmethod(frame_bytes)
    you = staticmethod(you_bytes)
    notice = staticmethod(outbound.notice)
    heard = staticmethod(outbound.heard)
    answer = staticmethod(outbound.answer)
    overview = staticmethod(outbound.overview)
    moment = staticmethod(outbound.moment)
    pong = staticmethod(outbound.pong)

    # -- logging in -------------------------------------------------------------------------------------------------------

    def _on_hello(self, values: list[Any], data: bytes, now: float) -> list[Event]:
        version, content, mode, _, key, _, _ = values
        if refused := self._foreign(version, content, anonymous=mode == "watch", now=now):
            return refused
        if not key:
            return self._admit(values, now) if mode == "watch" else self._refuse("anonymous", REFUSALS["anonymous"], now)
        self._hello = data
        self._enter(State.PROVING)
        return []

    def _on_proof(self, values: list[Any], data: bytes, now: float) -> list[Event]:
        hello = fields_of(BY_NUMBER[m.HELLO], self._hello)
        signed = m.login_message(self._gate.server_id, self._nonce, m.hello_digest(self._hello))
        if not verify(hello[4], values[0], signed):
            return self._refuse("proof", REFUSALS["proof"], now)
        return self._admit(hello, now)

    def _on_resume(self, values: list[Any], data: bytes, now: float) -> list[Event]:
        version, content, token, got = values
        if refused := self._foreign(version, content, anonymous=False, now=now):
            return refused
        decided = self._gate.resume(token)
        if isinstance(decided, Refusal):
            return self._refuse(decided.code, decided.text, now, ends=decided.code != "token")
        return self._open(decided, Opened("play", decided.account, decided.role, decided.name, True, got), now)

    def _on_bye(self, values: list[Any], data: bytes, now: float) -> list[Event]:
        self._enter(State.ENDED)
        return [Ended("bye")]

    def _foreign(self, version: int, content: bytes, *, anonymous: bool, now: float) -> list[Event]:
        """The refusal of whoever speaks another version or runs other laws; empty when they do not."""
        if version not in SPOKEN:
            return self._other_version(version, now)
        if content != self._gate.content and (content or not anonymous):
            text = f"this server runs the laws {self._gate.content.hex()}, yours are {content.hex() or 'not named'}"
            return self._refuse("content", f"{text}: install the same release of ninepixel", now)
        return []

    def _other_version(self, version: int, now: float) -> list[Event]:
        spoken = ", ".join(map(str, SPOKEN))
        remedy = "upgrade the client" if version < min(SPOKEN) else "the server is older than the client"
        return self._refuse("version", f"this server speaks protocol {spoken}, not {version}: {remedy}", now)

    def _admit(self, hello: list[Any], now: float) -> list[Event]:
        _, _, mode, name, key, invite, agent = hello
        decided = self._gate.admit(key, name, mode, invite)
        if isinstance(decided, Refusal):
            return self._refuse(decided.code, decided.text, now)
        return self._open(decided, Opened(mode, decided.account, decided.role, decided.name, False, 0, agent), now)

    def _open(self, admission: Admission, opened: Opened, now: float) -> list[Event]:
        if admission.role not in MODES[opened.mode]:  # the gate has looked; this is the second lock
            return self._refuse("role", f"the role {admission.role} may not open the mode {opened.mode}", now)
        self.account, self.role, self.mode = admission.account, admission.role, opened.mode
        self._nonce = self._hello = b""
        self._enter(State.OPEN)
        return [opened]

    # -- refusing ---------------------------------------------------------------------------------------------------------

    def _misplaced(self, message: m.Message, now: float) -> list[Event]:
        if self.state in message.states:
            return self._refuse("mode", f"{message.name} has no place in mode {self.mode}", now)
        return self._refuse("state", f"{message.name} has no place here: the session is {self.state.name}", now)

    def _malformed(self, error: Malformed, data: bytes, now: float) -> list[Event]:
        if self.state is State.CHALLENGED:  # a greeting of another version may look like anything behind its version
            version = stated_version(data)
            if version is not None and version not in SPOKEN:
                return self._other_version(version, now)
        return self._refuse(error.code, str(error), now, bucket=_MALFORMED)

    def _refuse(
        self, code: str, text: str, now: float, seq: int = 0, *, bucket: int = _REFUSED, ends: bool = True
    ) -> list[Event]:
        """Count, answer, and end the session when it is not open yet (where that *ends* it) or has done this too often."""
        self._count(code)
        self._out.append(outbound.refused(code, text, seq))
        if self.state is not State.OPEN:
            return self._end(code, text) if ends else []
        if self._buckets.take(bucket, now):
            return []
        code = "malformed" if bucket == _MALFORMED else "flood"
        return self._end(code, FAREWELLS[code])

    def _count(self, code: str) -> None:
        self._gate.count(code if code in REFUSALS else OTHER)

    def _end(self, code: str, text: str) -> list[Event]:
        self._out.append(self.bye(code, text))
        return [Ended(code)]

    def _enter(self, state: State) -> None:
        self.state = state
        self._allowed: frozenset[int] = ALLOWED[state, self.mode if state is State.OPEN else ""]


#: Messages that become an event as they are.
_EVENTS: Mapping[int, Callable[..., Event]] = {
    m.INPUT: Acted,
    m.JOIN: Joined,
    m.LEAVE: Left,
    m.SAY: Said,
    m.LOOK: Looked,
    m.ASK: Asked,
    m.RESYNC: Resync,
    m.ADMIN: Ordered,
    m.PING: Pinged,
}
#: Messages that change the session's own state.
_LOGIN: Mapping[int, Callable[[ServerSession, list[Any], bytes, float], list[Event]]] = {
    m.HELLO: ServerSession._on_hello,
    m.PROOF: ServerSession._on_proof,
    m.RESUME: ServerSession._on_resume,
    m.BYE: ServerSession._on_bye,
}
