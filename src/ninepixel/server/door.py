"""The door: connections are taken from the system here, so many at a time, and only from who may come in.

An event loop that takes every connection at once, and makes all that belongs to one before it asks who is there, does little else
while strangers knock thousands of times a second, and ticks come late. Whoever is not let in costs a look at an address here, and
who knocks too fast waits in the system's queue, not in this process.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog

log = structlog.get_logger("ninepixel.server")

#: So many are let in, and so many are looked at, in so many seconds.
LET_IN, LOOKED_AT, PAUSE = 4, 32, 0.01
#: Connections that the system keeps until they are taken.
BACKLOG = 1024
#: Seconds without taking any when the system can give none (it has no file descriptors left, perhaps).
TROUBLED = 1.0
#: Seconds that a TLS handshake may take.
TLS_SECONDS = 10.0


class Door:
    """Listens at one port.

    :param lets_in: whether somebody at an address may come in while so many others are on their way in.
    :param make: makes what speaks with one connection.
    :param tls: to speak TLS.
    :ivar host, port: where it is; one of several when a name has several addresses.
    """

    def __init__(
        self,
        sockets: list[socket.socket],
        lets_in: Callable[[str, int], bool],
        make: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._sockets, self._lets_in, self._make, self._tls = sockets, lets_in, make, tls
        self.host, self.port = sockets[0].getsockname()[:2]
        self._loop = asyncio.get_running_loop()
        self._coming = set[asyncio.Task[bool]]()
        self._keepers = [self._loop.create_task(self._keep(each)) for each in sockets]

    async def close(self) -> None:
        """Let nobody in any more; who is on the way in is left outside."""
        tasks: list[asyncio.Task[Any]] = [*self._keepers, *self._coming]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in self._sockets:
            each.close()

    async def _keep(self, listener: socket.socket) -> None:
        while True:
            try:
                let_in = self._take(*await self._loop.sock_accept(listener))
                if self._take_more(listener, let_in):
                    await asyncio.sleep(PAUSE)
            except OSError as error:
                log.error("the system gives no connections", why=str(error), again_in=TROUBLED)
                await asyncio.sleep(TROUBLED)

    def _take_more(self, listener: socket.socket, let_in: int) -> bool:
        """Take those that wait already; whether there may be more of them."""
        for _ in range(1, LOOKED_AT):
            if let_in >= LET_IN:
                break
            try:
                let_in += self._take(*listener.accept())
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return False
        return True

    def _take(self, connection: socket.socket, address: tuple[object, ...]) -> bool:
        """Whether they may come in."""
        if not self._lets_in(str(address[0]), len(self._coming)):
            connection.close()
            return False
        connection.setblocking(False)
        task = self._loop.create_task(self._welcome(connection))
        self._coming.add(task)
        task.add_done_callback(partial(self._has_come, connection))
        return True

    async def _welcome(self, connection: socket.socket) -> bool:
        """Whether they are in: not who is gone already, nor who speaks no TLS."""
        seconds = TLS_SECONDS if self._tls is not None else None
        try:
            await self._loop.connect_accepted_socket(self._make, connection, ssl=self._tls, ssl_handshake_timeout=seconds)
        except OSError:
            return False
        return True

    def _has_come(self, connection: socket.socket, task: asyncio.Task[bool]) -> None:
        self._coming.discard(task)
        if task.cancelled() or not task.result():
            connection.close()


async def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen at *port* of every address of *host*; 0 is any free port, the same at all of them.

    :raises OSError: when there is no such host, or the port is taken.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets = list[socket.socket]()
    try:
        for family, address in dict.fromkeys((family, address[0]) for family, *_, address in found):
            sockets.append(socket.create_server((str(address), port), family=family, backlog=BACKLOG))
            sockets[-1].setblocking(False)
            port = sockets[0].getsockname()[1]
    except OSError:
        for each in sockets:
            each.close()
        raise
    return sockets
