"""The client's side of one account's connections, without a socket: the twin of :class:`~.session.ServerSession`.

A peer outlives its connections: after :meth:`PeerSession.reconnect` it resumes with its token and says again what the server has
not acknowledged, under the same sequence numbers, so that nothing is lost and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from ninepixel.server.identity import Identity
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import Malformed, decode, encode, stated_version
from ninepixel.server.protocol.peer_events import EVENTS, Challenged, Closed, Framed, PeerEvent, Refused, Welcomed

#: Rare commands that may wait for their acknowledgement at once.
MOST_UNACKNOWLEDGED = 256


class PeerError(RuntimeError):
    """The program using a peer asked for what cannot be now; the message says what is missing."""


class Stage(IntEnum):
    """Where a peer's connection stands."""

    WAITING = 0  #: nothing has been heard
    CHALLENGED = 1  #: the server has spoken; :meth:`PeerSession.hello` or :meth:`PeerSession.resume` is next
    LOGGING_IN = 2  #: said who we are, waiting for WELCOME
    OPEN = 3
    ENDED = 4  #: until :meth:`PeerSession.reconnect`


#: What may come before the peer is welcome.
_EARLY = frozenset((m.WELCOME, m.REFUSED, m.FAREWELL))


class PeerSession:
    """One account's conversation with one server.

    Send what :meth:`outgoing` gives after every call.

    :param identity: who we are; None for an anonymous watcher.
    :param content: what we run, :func:`ninepixel.server.identity.content_hash`; empty for a watcher who does not care.
    :param agent: what program this is, for the server's log.
    :param server: the id that the server must have, once it is known; None takes any.

    :ivar account: who the server takes us for; 0 before, and for anonymous watchers.
    :ivar token: the secret that resumes, empty without one.
    :ivar tick: of the newest frame.
    :ivar acknowledged: every number up to this is applied and durable.
    """

    def __init__(self, identity: Identity | None, content: bytes, *, agent: str = "", server: bytes | None = None) -> None:
        self._identity, self._content, self._agent, self.server = identity, content, agent, server
        self.account, self.token, self.tick, self.acknowledged = 0, b"", 0, 0
        self.stage = Stage.WAITING
        self._seq = self._asked = 0
        self._challenge: Challenged | None = None
        self._greeting: tuple[str, str, str] | tuple[bytes, int] | None = None
        self._input: tuple[int, bytes] | None = None
        self._waiting: dict[int, bytes] = {}
        self._out: list[bytes] = []

    # -- the connection ---------------------------------------------------------------------------------------------------

    def reconnect(self) -> None:
        """Another connection to the same server begins; :meth:`resume` or :meth:`hello` is next."""
        self.stage = Stage.WAITING
        self._challenge, self._greeting, self._out = None, None, []

    def hello(self, name: str = "", mode: str = "play", invite: str = "") -> None:
        """Log in, at once or as soon as the challenge comes: HELLO and, with an identity, PROOF in one go.

        :raises PeerError: when we have already said who we are; :raises Malformed: for what HELLO cannot say.
        """
        self._greet((name, mode, invite))

    def resume(self, token: bytes | None = None, got: int | None = None) -> None:
        """Go on where the last connection ended. When the server answers ``token``, :meth:`hello` is still open.

        :param token: of the last WELCOME; by default the one this peer got.
        :param got: the tick of the last frame; by default the one this peer got.
        :raises PeerError: when there is no token, or we have already said who we are.
        """
        token = token or self.token
        if not token:
            raise PeerError("nothing to resume: no WELCOME with a token has come; say hello")
        self._greet((token, self.tick if got is None else got))

    def bye(self) -> None:
        """Leave."""
        if self.stage != Stage.ENDED:
            self._out.append(encode(m.BYE))
            self.stage = Stage.ENDED

    def outgoing(self) -> list[bytes]:
        """What is to be sent, once."""
        out, self._out = self._out, []
        return out

    def receive(self, data: bytes) -> list[PeerEvent]:
        """What one websocket message of the server says.

        :raises Malformed: when the server does not keep to the protocol: close the connection.
        """
        if self.stage is Stage.ENDED:
            return []
        if self.stage is Stage.WAITING and (version := stated_version(data, (m.CHALLENGE,))) not in (None, *m.SPOKEN):
            self.stage = Stage.ENDED
            spoken = ", ".join(map(str, m.SPOKEN))
            return [Closed("version", f"the server speaks protocol {version}, this program {spoken}: upgrade the older one")]
        message, values = decode(data, by_client=False)
        early = {Stage.WAITING: message.number == m.CHALLENGE, Stage.OPEN: message.number not in (m.CHALLENGE, m.WELCOME)}
        if not early.get(self.stage, message.number in _EARLY):
            raise Malformed("state", f"the server sent {message.name} to a peer that is {self.stage.name}")
        event: PeerEvent = EVENTS[message.number](*values)
        return self._follow(event)

    # -- what a client says -----------------------------------------------------------------------------------------------

    def input(self, move: int, act: int, utter: int) -> int:
        """What our body does from now on, each 0 to 8; returns the sequence number.

        :raises PeerError: before WELCOME; :raises Malformed: for other numbers. The same holds for what follows.
        """
        seq = self._next_seq()
        self._input = (seq, self._say(m.INPUT, seq, move, act, utter))
        self._seq = seq
        return seq

    def join(self) -> int:
        """Take a body; returns the sequence number."""
        return self._command(m.JOIN)

    def leave(self) -> int:
        """Give the body back; returns the sequence number."""
        return self._command(m.LEAVE)

    def say(self, text: str) -> int:
        """Speak one line of at most 240 bytes; returns the sequence number."""
        return self._command(m.SAY, text)

    def look(self, x: int, y: int, reach: int) -> None:
        """Look at a place (fractions of the torus), *reach* sectors far."""
        self._say(m.LOOK, x, y, reach)

    def ask(self, what: str, about: int = 0) -> int:
        """Ask; returns the id that the answer will bear."""
        self._say(m.ASK, self._asked + 1, what, about)
        self._asked += 1
        return self._asked

    def order(self, verb: str, args: Mapping[str, Any] | None = None) -> int:
        """Give an operator's order; returns the id that the answer will bear."""
        self._say(m.ADMIN, self._asked + 1, verb, dict(args or {}))
        self._asked += 1
        return self._asked

    def resync(self, sector: int) -> None:
        """The check of that sector failed: ask for all of it."""
        self._say(m.RESYNC, sector)

    def ping(self, t: int) -> None:
        """Ask for a PONG with that *t*."""
        self._say(m.PING, t)

    @property
    def unacknowledged(self) -> list[int]:
        """The sequence numbers that a resumed connection would repeat, ascending."""
        latest = [] if self._input is None else [self._input[0]]
        return sorted([*self._waiting, *latest])

    # -- inside -----------------------------------------------------------------------------------------------------------

    def _greet(self, greeting: tuple[str, str, str] | tuple[bytes, int]) -> None:
        if self._greeting is not None or self.stage > Stage.CHALLENGED:
            raise PeerError(f"this connection has its greeting already: the peer is {self.stage.name}; reconnect first")
        self._greeting = greeting
        if self._challenge is not None:
            self._introduce(self._challenge, greeting)

    def _introduce(self, challenge: Challenged, greeting: tuple[str, str, str] | tuple[bytes, int]) -> None:
        if len(greeting) == 2:
            token, got = greeting
            self._out.append(encode(m.RESUME, challenge.version, self._content, token, got))
        else:
            name, mode, invite = greeting
            key = b"" if self._identity is None else self._identity.key
            hello = encode(m.HELLO, challenge.version, self._content, mode, name, key, invite, self._agent)
            self._out.append(hello)
            if self._identity is not None:
                signed = m.login_message(challenge.server_id, challenge.nonce, m.hello_digest(hello))
                self._out.append(encode(m.PROOF, self._identity.sign(signed)))
        self.stage = Stage.LOGGING_IN

    def _follow(self, event: PeerEvent) -> list[PeerEvent]:
        """Keep up with what an event changes."""
        if isinstance(event, Framed):
            self.tick = event.tick
            self._acknowledge(event.ack)
        elif isinstance(event, Refused):
            self._forget(event)
        elif isinstance(event, Closed):
            self.stage = Stage.ENDED
        elif isinstance(event, Challenged):
            return self._on_challenge(event)
        elif isinstance(event, Welcomed):
            self._on_welcome(event)
        return [event]

    def _on_challenge(self, event: Challenged) -> list[PeerEvent]:
        if self.server is not None and event.server_id != self.server:  # before anything about us is said
            self.stage = Stage.ENDED
            text = f"this server is {event.server_id.hex()}, not {self.server.hex()}: it moved, or somebody stands between"
            return [event, Closed("server", text)]
        self._challenge, self.stage = event, Stage.CHALLENGED
        if self._greeting is not None:
            self._introduce(event, self._greeting)
        return [event]

    def _on_welcome(self, event: Welcomed) -> None:
        if event.account != self.account:  # what another account had not heard of is not ours to say
            self._input, self._waiting, self._seq, self.acknowledged = None, {}, 0, 0
        self.account, self.token, self.stage = event.account, event.token, Stage.OPEN
        self._seq = max(self._seq, event.got_seq)
        self._acknowledge(event.got_seq)
        again = dict(self._waiting) | (dict([self._input]) if self._input is not None else {})
        self._out += [again[seq] for seq in sorted(again)]

    def _acknowledge(self, seq: int) -> None:
        if seq <= self.acknowledged:
            return
        self.acknowledged = seq
        if self._input is not None and self._input[0] <= seq:
            self._input = None
        if self._waiting:
            self._waiting = {n: data for n, data in self._waiting.items() if n > seq}

    def _forget(self, event: Refused) -> None:
        if self.stage is Stage.LOGGING_IN and event.code == "token":
            self.token, self._greeting, self.stage = b"", None, Stage.CHALLENGED
        self._waiting.pop(event.seq, None)
        if self._input is not None and self._input[0] == event.seq:
            self._input = None

    def _command(self, number: int, *values: Any) -> int:
        seq = self._next_seq()
        if len(self._waiting) >= MOST_UNACKNOWLEDGED:
            raise PeerError(f"{MOST_UNACKNOWLEDGED} commands wait for the server's acknowledgement: slow down")
        self._waiting[seq] = self._say(number, seq, *values)
        self._seq = seq
        return seq

    def _next_seq(self) -> int:
        if self.stage is not Stage.OPEN:
            raise PeerError(f"not logged in: the peer is {self.stage.name}")
        return self._seq + 1

    def _say(self, number: int, *values: Any) -> bytes:
        if self.stage is not Stage.OPEN:
            raise PeerError(f"not logged in: the peer is {self.stage.name}")
        data = encode(number, *values)
        self._out.append(data)
        return data
