"""One connection: asyncio's bytes through websockets' sans-I/O protocol into a session and back. Nothing is decided here.

There is no task and no queue for a connection: what the session says is written at once, and a frame that finds the last ones
still unsent is not made in the first place (the connection is *busy*, and the next frame says what has changed since the last
that it got).
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Protocol, cast

from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from ninepixel.server.metrics import Metrics
from ninepixel.server.protocol.limits import Limits
from ninepixel.server.protocol.session import Ended, Event, Gate, ServerSession

#: Bytes that may wait to be sent before a connection counts as busy, and before it is given up.
BUSY, HOPELESS = 16 * 1024, 1 << 20
#: Modes in which the universe is seen.
SEEING = ("play", "watch")
#: No message of a client is longer, not even an order.
LONGEST = 4096
#: A connection that says nothing for this long is asked whether it is there, and given up when it stays silent as long again.
SILENCE = 25.0

_QUIET = logging.getLogger("ninepixel.wire")
_QUIET.setLevel(logging.CRITICAL)  # a stranger's malformed bytes are counted, not logged


class Home(Protocol):
    """What a wire needs of where it leads to (:class:`~ninepixel.server.house.House`)."""

    @property
    def gate(self) -> Gate: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def metrics(self) -> Metrics: ...

    def now(self) -> float:
        """Seconds, monotonic."""

    def arrived(self, wire: Wire) -> None:
        """Somebody connects."""

    def departed(self, wire: Wire) -> None:
        """A connection is over."""

    def answer(self, request: Request, peer: str) -> Response | None:
        """What a request gets; None lets a websocket in."""

    def happened(self, wire: Wire, event: Event) -> None:
        """A session has understood something."""


class Wire(asyncio.Protocol):
    """One connection to a server.

    :ivar number: of the client, as the authority knows it; -1 before it has logged in.
    :ivar live: whether the websocket is open in both directions.
    :ivar sent: bytes by class, since they were last taken.
    """

    __slots__ = (
        "_asked",
        "_heard",
        "_parts",
        "_protocol",
        "_since",
        "_socket",
        "_text",
        "house",
        "live",
        "number",
        "peer",
        "sent",
        "session",
        "transport",
    )

    def __init__(self, house: Home) -> None:
        self.house = house
        self.session: ServerSession | None = None
        self.number = -1
        self.live = False
        self.sent: Counter[str] = Counter()
        self.peer = ""
        self._protocol = ServerProtocol(extensions=None, max_size=LONGEST, logger=_QUIET)
        self._parts = bytearray()  # of a message that is not whole yet; websockets bounds their sum
        self._since = self._heard = house.now()
        self._asked = self._text = False
        self._socket = -1  # of a connection that may be written to without its transport

    # -- what asyncio calls -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by name
        address = self.transport.get_extra_info("peername")
        self.peer = str(address[0]) if address else ""
        self.transport.set_write_buffer_limits(high=HOPELESS)
        plain = self.transport.get_extra_info("socket") if self.transport.get_extra_info("ssl_object") is None else None
        if plain is not None:
            self._socket = plain.fileno()
        self.house.arrived(self)

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        self._heard, self._asked = self.house.now(), False
        try:
            self._protocol.receive_data(data)
        except ProtocolError:  # also when more comes after the end
            self.transport.abort()
            return
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._request(event)
            elif isinstance(event, Frame):
                self._frame(event)
        if self._protocol.parser_exc is not None:  # it ends the connection, so it is counted once
            self.house.metrics.refused("size" if isinstance(self._protocol.parser_exc, PayloadTooBig) else "encoding")
        elif self._protocol.handshake_exc is not None:
            self.house.metrics.refused("encoding")
        self._flush()
        self.live = self.live and self._protocol.state is OPEN

    def eof_received(self) -> bool:
        """Nothing more will come; what waits to be sent still leaves before the connection is lost."""
        self.live = False
        self._protocol.receive_eof()
        self._flush()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """It is over."""
        self._socket, self.live = -1, False  # the system may give the number to another
        self.house.departed(self)

    # -- what the house calls -----------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether what was sent last still waits."""
        return self.transport.get_write_buffer_size() > BUSY

    @property
    def account(self) -> int:
        """Whose it is, 0 for nobody's; players alone have commands that are acknowledged."""
        return self.session.account if self.session is not None and self.session.mode == "play" else 0

    @property
    def socket_for_now(self) -> int:
        """The socket to write to directly, -1 where the transport has to do it: behind TLS, and while anything waits in it."""
        return self._socket if self._socket >= 0 and not self.transport.get_write_buffer_size() else -1

    def send(self, message: bytes, kind: str) -> None:
        """One message leaves. :param kind: the class of its bytes, for the audit."""
        if self._protocol.state is OPEN and not self.transport.is_closing():
            self._protocol.send_binary(message)
            data = b"".join(self._protocol.data_to_send())
            self.sent[kind] += len(data)
            self.write(data)

    def write(self, data: bytes) -> None:
        """Bytes of whole messages, or what is left of them, leave by the transport; they are counted already."""
        if self.live:
            self.transport.write(data)
            self._give_up_if_hopeless()

    def end(self, code: str, text: str) -> None:
        """Say goodbye and close."""
        if self.session is not None and self._protocol.state is OPEN:
            self.send(self.session.bye(code, text), "control")
        self._close()

    def check(self, now: float) -> None:
        """Time passes: logins that take too long end, and so do connections from which nothing comes."""
        if self.session is not None:
            self._act(self.session.tick(now))
        silent = now - self._heard
        if (self.session is None and now - self._since > self.house.limits.login_seconds) or silent > 2 * SILENCE:
            self.transport.abort()  # also of who drips a request byte by byte
        elif silent > SILENCE and not self._asked and self._protocol.state is OPEN:
            self._asked = True
            self._protocol.send_ping(b"")
            self._flush()

    # -- inside -------------------------------------------------------------------------------------------------------

    def _request(self, request: Request) -> None:
        answer = self.house.answer(request, self.peer)
        if isinstance(answer, Response):
            self._protocol.send_response(answer)
            self._flush("metrics" if request.path.startswith(("/metrics", "/healthz")) else "page")
            return
        response = self._protocol.accept(request)
        self._protocol.send_response(response)
        if response.status_code == 101:
            self.session = ServerSession(self.house.gate, self.house.limits, self._heard)
            self.live = True
            self._say()

    def _frame(self, frame: Frame) -> None:
        match frame.opcode:
            case Opcode.BINARY | Opcode.TEXT | Opcode.CONT:
                self._text = self._text or frame.opcode is Opcode.TEXT
                self._parts += frame.data
                if frame.fin:
                    data = b"" if self._text else bytes(self._parts)  # text is no message: the session refuses what is empty
                    self._parts.clear()
                    self._text = False
                    self._message(data)
            case Opcode.PING | Opcode.PONG:
                if self.session is not None:
                    self._act(self.session.pinged(self._heard))
            case Opcode.CLOSE:
                self._act([Ended("bye")])

    def _message(self, data: bytes) -> None:
        if self.session is not None:
            self.house.metrics.got(data[1] if len(data) > 1 else -1, len(data))
            self._act(self.session.receive(data, self._heard))

    def _act(self, events: Sequence[Event]) -> None:
        if self.session is None:
            return
        self._say()
        for event in events:
            self.house.happened(self, event)
            if isinstance(event, Ended):
                self._close()

    def _say(self) -> None:
        """What the session itself has to say."""
        assert self.session is not None
        for message in self.session.outgoing():
            self.send(message, "control")

    def _close(self) -> None:
        self.live = False
        if self._protocol.state is OPEN:
            self._protocol.send_close(CloseCode.NORMAL_CLOSURE)
        self._flush()
        self.transport.close()

    def _give_up_if_hopeless(self) -> None:
        """End a connection that does not take what it is sent; a goodbye would wait behind all of that."""
        if self.transport.get_write_buffer_size() > HOPELESS:
            if self.session is not None:
                self.session.bye("slow-client")
            self.house.metrics.refused("slow-client")
            self.transport.abort()

    def _flush(self, kind: str = "control") -> None:
        for data in self._protocol.data_to_send():
            if data:
                self.transport.write(data)
                self.sent[kind] += len(data)
            elif self.transport.can_write_eof():  # websockets' way to say that nothing more comes
                self.transport.write_eof()
        self._give_up_if_hopeless()  # pongs wait, too
        if self._protocol.close_expected():
            self.transport.close()
