"""The office: a desk with a door. It listens in a thread of its own, and learners' threads ask it for results.

Whatever touches the desk runs on the event loop of that thread; learners hand it functions and wait for what they return.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from ninepixel.agents.rollouts.standing import Standing
from ninepixel.agents.rollouts.work import Result, Work
from ninepixel.server.compute.desk import Desk, Post
from ninepixel.server.compute.foreman import Rules
from ninepixel.server.compute.gate import TicketGate
from ninepixel.server.compute.messages import BY_NUMBER, RESULT
from ninepixel.server.identity import Identity

T = TypeVar("T")
#: Connections at a time, and seconds between two looks at the clock.
MOST_CONNECTIONS, PULSE = 256, 0.1
#: Bytes that may wait for a node before it counts as gone.
HOPELESS = 1 << 28

_QUIET = logging.getLogger("ninepixel.nodes")
_QUIET.setLevel(logging.CRITICAL)  # what strangers send to the port is no news


class OfficeError(RuntimeError):
    """Nodes cannot be listened for; the message says why in one line."""


class Office:
    """Gives work to nodes that connect to *host*:*port* (0: any free one).

    :param log: is told a line about whoever comes, goes or is refused.
    :raises OfficeError: when the address cannot be had.

    :ivar port: where it listens.
    """

    def __init__(
        self,
        host: str,
        port: int,
        ticket: str,
        *,
        identity: Identity | None = None,
        rules: Rules | None = None,
        log: Callable[[str], None] = lambda line: None,
    ) -> None:
        gate = TicketGate(identity or Identity.generate(), ticket)
        self.desk = Desk(gate, gate.key_of, rules=rules, log=log)
        self.host, self.port, self._log = host, port, log
        self._connections: dict[int, ServerConnection] = {}
        self._made = self._heard = 0
        self._tasks = set[asyncio.Task[None]]()
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        begun: Future[None] = Future()
        self._thread = threading.Thread(target=self._live, args=(begun,), name="nodes", daemon=True)
        self._thread.start()
        begun.result()

    # -- what learners ask --------------------------------------------------------------------------------------------

    def publish(self, hash: bytes, policy: bytes) -> None:
        """The policy of all work that is posted from now on."""
        self._ask(lambda: self.desk.publish(hash, policy))

    def post(self, shard: int, work: Work, standing: Callable[[], Standing]) -> None:
        """Somebody is to do that."""
        self._ask(lambda: self._send(self.desk.post(shard, work, standing, time.monotonic())))

    def result(self, shard: int) -> Result | None:
        """Wait for what came of it; None when nobody does it: then it is not given out any more."""
        while True:
            heard = self._heard
            found, gone = self._ask(lambda: self._look(shard))
            if found is not None or gone:
                return found
            with self._news:
                if heard == self._heard:
                    self._news.wait(PULSE)

    def verdict(self, shard: int, wrong: str | None) -> None:
        """Whether the last result was right; when it was not, the work is given out again."""
        self._ask(lambda: self._send(self.desk.verdict(shard, wrong, time.monotonic())))

    def facts(self) -> dict[str, Any]:
        """What came of all leases, of every node, and how many bytes it took."""
        return self._ask(self._facts)

    def close(self) -> None:
        """Say goodbye to all nodes and stop listening. A second time does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join()

    # -- the thread ---------------------------------------------------------------------------------------------------

    def _live(self, begun: Future[None]) -> None:
        try:
            self._loop.run_until_complete(self._listen(begun))
        finally:
            self._loop.close()

    async def _listen(self, begun: Future[None]) -> None:
        longest = BY_NUMBER[RESULT].longest
        try:
            server = await serve(
                self._serve,
                self.host,
                self.port,
                compression=None,
                max_size=longest,
                max_queue=4,
                ping_timeout=60,
                logger=_QUIET,
                server_header=None,
            )
        except OSError as error:
            begun.set_exception(
                OfficeError(f"nodes cannot be listened for at {self.host}:{self.port}: {error.strerror or error}")
            )
            return
        self.port = next(iter(server.sockets)).getsockname()[1]
        begun.set_result(None)
        await self._pulse(server)

    async def _pulse(self, server: Server) -> None:
        """Let time pass until it is over."""
        while not self._closing.is_set():
            self._send(self.desk.tick(time.monotonic()))
            try:
                await asyncio.wait_for(self._closing.wait(), PULSE)
            except TimeoutError:
                continue
        self._send(self.desk.close(time.monotonic()))
        server.close()
        await server.wait_closed()

    async def _serve(self, connection: ServerConnection) -> None:
        """One connection from its beginning to its end."""
        if len(self._connections) >= MOST_CONNECTIONS:
            return
        self._made += 1
        number = self._made
        self._connections[number] = connection
        try:
            self._send(self.desk.connected(number, time.monotonic()))
            async for data in connection:
                posts = self.desk.received(number, data if isinstance(data, bytes) else b"", time.monotonic())
                self._send(posts)
                with self._news:
                    self._heard += 1
                    self._news.notify_all()
        except ConnectionClosed:
            pass
        except Exception as error:  # whoever said that is gone, and all others are still there
            self._log(f"a connection broke, which is a defect: {type(error).__name__}: {error}")
        finally:
            self._connections.pop(number, None)
            self._send(self.desk.lost(number, time.monotonic()))

    def _send(self, posts: list[Post]) -> None:
        """Let messages leave, in order, without waiting for anybody."""
        for number, data in posts:
            if (connection := self._connections.get(number)) is None:
                continue
            if data is None:
                self._soon(connection.close())
            elif connection.transport.get_write_buffer_size() > HOPELESS:
                connection.transport.abort()
            else:
                self._soon(_sent(connection, data))

    def _soon(self, doing: Coroutine[Any, Any, None]) -> None:
        """Start that now; what is started first writes first."""
        task = self._loop.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _look(self, shard: int) -> tuple[Result | None, bool]:
        found = self.desk.take_result(shard)
        return found, found is None and self.desk.withdraw(shard, time.monotonic())

    def _facts(self) -> dict[str, Any]:
        foreman = self.desk.foreman
        nodes = [
            {"node": key.hex()[:16], "connected": node.connected, "speed": node.speed, **node.counts}
            for key, node in foreman.nodes.items()
        ]
        return {
            "counts": dict(foreman.counts),
            "out": len(foreman.out),
            "nodes": nodes,
            "sent": dict(self.desk.sent),
            "got": dict(self.desk.got),
            "refusals": dict(self.desk.refusals),
        }

    def _ask(self, question: Callable[[], T]) -> T:
        """Have the loop's thread answer."""
        answer: Future[T] = Future()

        def ask() -> None:
            try:
                answer.set_result(question())
            except BaseException as error:
                answer.set_exception(error)

        self._loop.call_soon_threadsafe(ask)
        return answer.result()


async def _sent(connection: ServerConnection, data: bytes) -> None:
    with contextlib.suppress(ConnectionClosed):
        await connection.send(data)
