"""Websocket frames for the bots: cut out of the stream at once where they are whole and plain, by `websockets` elsewhere.

A crowd of a thousand bots takes twenty thousand frames a second on one core: nearly all of them are whole binary messages of a
few hundred bytes, and a slice of what was read is all that they need. The opening handshake, fragments, pings and closing go
through :class:`websockets.client.ClientProtocol`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import WebSocketURI

from ninepixel.server.swarm.chaos import ws_frame

#: Longest message that a bot takes.
LARGEST = 1 << 22
_PLAIN = 0x80 | Opcode.BINARY
_SHORT = struct.Struct("!H")
_LONG = struct.Struct("!Q")


class Broken(ValueError):
    """What came is no websocket stream; the message says why."""


class Line:
    """A websocket client, sans I/O.

    :param uri: where to. :ivar open: whether the opening handshake is done. :ivar closed: whether nothing more will come.
    """

    __slots__ = ("_held", "_parts", "_rest", "closed", "open", "ws")

    def __init__(self, uri: WebSocketURI) -> None:
        self.ws = ClientProtocol(uri, max_size=LARGEST)
        self._rest = b""
        #: Fragments of a message that is not whole yet.
        self._parts: list[bytes] = []
        self.open = self.closed = False

    def hello(self) -> bytes:
        """The opening handshake's request."""
        self.ws.send_request(self.ws.connect())
        return self.outgoing()

    def outgoing(self) -> bytes:
        """What is to be sent now."""
        return b"".join(self.ws.data_to_send())

    def pack(self, message: bytes) -> bytes:
        """The bytes of one binary message, while the connection is open.

        The mask protects proxies from pages that choose what a browser sends (RFC 6455, 10.3), which bots are not: theirs is
        always the same, and made four times as fast.
        """
        return ws_frame(message)

    def close(self) -> bytes:
        """The bytes of the closing handshake, nothing when it has begun."""
        if self.ws.state is State.OPEN:
            self.ws.send_close(1000)
        return self.outgoing()

    def receive(self, data: bytes) -> Iterator[bytes]:
        """The messages that *data*, the next bytes of the stream, completes. Ask :meth:`outgoing` afterwards.

        :raises Broken: when it is no websocket stream.
        """
        if self._rest:
            data, self._rest = self._rest + data, b""
        if not self.open:
            data = self._greeted(data)
        at, end = 0, len(data)
        while end - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                start = at + 4
                if start > end:
                    break
                size = data[at + 2] << 8 | data[at + 3]
            elif size > 126:
                start = at + 10
                if start > end:
                    break
                size = self._length(size, data, at)
            stop = start + size
            if stop > end:
                break
            if data[at] == _PLAIN and not self._parts:
                yield data[start:stop]
            else:
                yield from self._odd(data[at:stop])
            at = stop
        if at < end:
            self._rest = data[at:] if at else data

    def _length(self, size: int, data: bytes, at: int) -> int:
        if size > 127:
            raise Broken("a masked frame came from the server")
        size = _LONG.unpack_from(data, at + 2)[0]
        if size > LARGEST:
            raise Broken(f"a message of {size} bytes; a bot takes {LARGEST}")
        return size

    def _greeted(self, data: bytes) -> bytes:
        """What follows the answer to the opening handshake; nothing until it is whole."""
        head, blank, rest = data.partition(b"\r\n\r\n")
        if not blank:
            self._rest = data
            return b""
        self.ws.receive_data(head + blank)
        self.ws.events_received()
        if self.ws.handshake_exc is not None:
            raise Broken(f"the server does not speak websocket here: {self.ws.handshake_exc}")
        self.open = True
        return rest

    def _odd(self, frame: bytes) -> Iterator[bytes]:
        """A whole frame that is not simply a message."""
        self.ws.receive_data(frame)
        for event in self.ws.events_received():
            if not isinstance(event, Frame):
                continue
            if event.opcode in (Opcode.BINARY, Opcode.CONT):
                self._parts.append(bytes(event.data))
                if event.fin:
                    whole, self._parts = b"".join(self._parts), []
                    yield whole
            elif event.opcode is Opcode.TEXT:
                raise Broken("a text message came; the protocol has binary ones alone")
            elif event.opcode is Opcode.CLOSE:
                self.closed = True
        if self.ws.parser_exc is not None:
            raise Broken(str(self.ws.parser_exc))
