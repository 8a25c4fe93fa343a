"""The socket of one bot: bytes through :class:`Line` into a :class:`Bot` and back. No task and no queue for a bot."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import cast

from websockets.uri import WebSocketURI

from ninepixel.server.swarm.bot import Bot, Unfit
from ninepixel.server.swarm.wire import Broken, Line

#: Where Linux's ``struct tcp_info`` says how many segments went out and came in (linux/tcp.h; two u32 one after the other).
_SEGMENTS_AT = 136


class Shell(asyncio.Protocol):
    """One connection of one bot.

    :param clock: seconds, monotonic. :param gone: called once, when the connection is over.
    """

    __slots__ = ("_bot", "_clock", "_gone", "_line", "_since", "_transport", "_wire")

    def __init__(self, uri: WebSocketURI, bot: Bot, clock: Callable[[], float], gone: Callable[[Bot], None]) -> None:
        self._line, self._bot, self._clock, self._gone = Line(uri), bot, clock, gone
        self._wire = bot.wire
        self._transport: asyncio.Transport | None = None
        self._since = 0.0

    # -- what asyncio calls ------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a websocket."""
        self._transport, self._since = cast(asyncio.Transport, transport), self._clock()  # uvloop's is none by class
        connection = transport.get_extra_info("socket")
        if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._write(self._line.hello())

    def data_received(self, data: bytes) -> None:
        """Bytes have come: nearly always one frame."""
        self._wire.got += len(data)
        bot, line, now = self._bot, self._line, self._clock()
        was_open = line.open
        try:
            for message in line.receive(data):
                bot.receive(message, now)
        except (Broken, Unfit):
            self.abort()
            return
        if line.open and not was_open:
            bot.opened(now)
        if line.ws.writes:
            self._write(line.outgoing())
        self.flush()
        if line.closed and self._transport is not None:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """It is over."""
        now = self._clock()
        self._wire.seconds += now - self._since
        self._transport = None
        self._bot.lost(now)
        self._gone(self._bot)

    # -- what the crowd calls ----------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Send what the bot has to say."""
        if self._line.open:
            for message in self._bot.outgoing():
                self._write(self._line.pack(message))

    def read(self, on: bool) -> None:
        """Stop reading, as a slow peer does, or go on."""
        if self._transport is not None and not self._transport.is_closing():
            (self._transport.resume_reading if on else self._transport.pause_reading)()

    def close(self) -> None:
        """End it politely."""
        if self._transport is not None:
            self.flush()
            self._count_segments()
            self._write(self._line.close())
            self._transport.close()

    def abort(self) -> None:
        """Cut it."""
        if self._transport is not None:
            self._count_segments()
            self._transport.abort()

    def _write(self, data: bytes) -> None:
        if data and self._transport is not None:
            self._wire.sent += len(data)
            self._transport.write(data)

    def _count_segments(self) -> None:
        """Ask the kernel how many segments it took; not all systems tell."""
        connection = None if self._transport is None else self._transport.get_extra_info("socket")
        asked = getattr(socket, "TCP_INFO", None)
        if connection is None or asked is None:
            return
        try:
            told = connection.getsockopt(socket.IPPROTO_TCP, asked, _SEGMENTS_AT + 8)
        except OSError:
            return
        if len(told) == _SEGMENTS_AT + 8:
            out, in_ = struct.unpack_from("=II", told, _SEGMENTS_AT)
            self._wire.segments_out += out
            self._wire.segments_in += in_
