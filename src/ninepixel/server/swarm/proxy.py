"""A TCP proxy in the bots' own process that is a bad network (:class:`~ninepixel.server.swarm.chaos.Weather`)."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter, deque
from collections.abc import Callable
from typing import cast

from ninepixel.server.swarm.chaos import Weather

#: Bytes in flight of one direction from which on the proxy reads no more: a long fat pipe, not a warehouse.
IN_FLIGHT = 1 << 20


class _Direction:
    """Bytes on their way from one socket to the other, each chunk due at a time of its own, in order."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, weather: Weather, line: int, cut: Callable[[], None], over: Callable[[], None]
    ) -> None:
        self._loop, self._weather, self._line, self._cut, self._over = loop, weather, line, cut, over
        #: Whether the end of the stream has come out.
        self.ended = False
        self._queue: deque[tuple[float, bytes]] = deque()
        self._size = self._count = 0
        self._before = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.source: asyncio.Transport | None = None
        self.target: asyncio.Transport | None = None

    def put(self, data: bytes) -> None:
        """*data* was read; empty is the end of the stream."""
        now = self._loop.time()
        due = self._weather.out_at(self._line, self._count, now, self._before)
        self._count += 1
        if due is None:
            self._cut()
            return
        self._before = due
        self._queue.append((due, data))
        self._size += len(data)
        if self._size > IN_FLIGHT and self.source is not None:
            self.source.pause_reading()
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._deliver)

    def _deliver(self) -> None:
        self._timer = None
        now, target = self._loop.time(), self.target
        if target is None:  # not connected yet
            self._timer = self._loop.call_later(0.005, self._deliver)
            return
        was = self._size
        while self._queue and self._queue[0][0] <= now + 0.0005:
            data = self._queue.popleft()[1]
            self._size -= len(data)
            if data:
                target.write(data)
            else:
                self.ended = True
                target.write_eof()
                self._over()
        if was > IN_FLIGHT >= self._size and self.source is not None and not self.source.is_closing():
            self.source.resume_reading()
        if self._queue:
            self._timer = self._loop.call_at(self._queue[0][0], self._deliver)

    def stop(self) -> None:
        """Nothing more comes out."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._queue.clear()


class _End(asyncio.Protocol):
    """One of the two sockets of a line."""

    def __init__(self, into: _Direction, out_of: _Direction, opened: Callable[[], None], cut: Callable[[], None]) -> None:
        self._into, self._out_of, self._opened, self._cut = into, out_of, opened, cut

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is there."""
        self._into.source = self._out_of.target = cast(asyncio.Transport, transport)  # uvloop's is none by class
        self._opened()

    def data_received(self, data: bytes) -> None:
        """Something goes into the weather."""
        self._into.put(data)

    def eof_received(self) -> bool:
        """So does the end of the stream, behind everything before it."""
        self._into.put(b"")
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """A reset reaches the other side at once: no router holds it back for long."""
        if error is not None:
            self._cut()


def _reset(transport: asyncio.Transport) -> None:
    """End a connection with a reset, as a dead line does, instead of a polite end of the stream."""
    connection = transport.get_extra_info("socket")
    if connection is not None and not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class Proxy:
    """Listens on a free port of this machine and carries what comes to *host* and *port* and back, through *weather*.

    :ivar port: where it listens, once :meth:`start` has returned. :ivar counts: ``lines`` carried, ``cuts`` by the weather.
    """

    def __init__(self, host: str, port: int, weather: Weather) -> None:
        self._host, self._to, self._weather = host, port, weather
        self.port = 0
        self.counts: Counter[str] = Counter()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[object]] = set()
        self._open: set[asyncio.Transport] = set()

    async def start(self) -> None:
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._line, "127.0.0.1", 0, backlog=4096)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and cut what is left."""
        if self._server is not None:
            self._server.close()
        for transport in list(self._open):
            _reset(transport)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _line(self) -> asyncio.Protocol:
        loop, number = asyncio.get_running_loop(), self.counts["lines"]
        self.counts["lines"] += 1

        def cut() -> None:
            for direction in (there, back):
                direction.stop()
                if direction.source is not None:
                    _reset(direction.source)
                    self._open.discard(direction.source)

        def weather_cut() -> None:
            self.counts["cuts"] += 1
            cut()

        def over() -> None:
            for direction in (there, back) if there.ended and back.ended else ():
                assert direction.source is not None
                direction.source.close()
                self._open.discard(direction.source)

        there = _Direction(loop, self._weather, 2 * number, weather_cut, over)
        back = _Direction(loop, self._weather, 2 * number + 1, weather_cut, over)

        def near() -> None:
            assert there.source is not None
            self._open.add(there.source)
            task = loop.create_task(loop.create_connection(lambda: _End(back, there, far, cut), self._host, self._to))
            self._tasks.add(task)
            task.add_done_callback(done)

        def far() -> None:
            assert back.source is not None
            self._open.add(back.source)
            if there.source is None or there.source.is_closing():
                cut()

        def done(task: asyncio.Task[object]) -> None:
            self._tasks.discard(task)
            if not task.cancelled() and task.exception() is not None:  # nobody listens there: a refused connection
                cut()

        return _End(there, back, near, cut)
