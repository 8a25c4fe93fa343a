"""A real server on loopback, in a thread of this process, and clients that remember every byte that came."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State as WireState
from websockets.uri import parse_uri

from ninepixel.server import serve as module
from ninepixel.server.identity import Identity, content_hash
from ninepixel.server.opening import HostSource
from ninepixel.server.protocol.peer import PeerSession
from ninepixel.server.protocol.peer_events import Answered, Challenged, Closed, Framed, PeerEvent, Welcomed, You
from ninepixel.server.replication import View
from ninepixel.server.serve import Server, Serving, serve
from ninepixel.server.settings import Settings
from ninepixel.world.universe import Universe

#: Far beyond what it takes: time decides nothing in tests.
PATIENCE = 30.0

#: Settings of a server whose guests are in more of a hurry than players.
HURRIED: dict[str, Any] = {"players": 40, "rate": 60, "limits": {"join": "100/100", "say": "100/100"}}

E = TypeVar("E")
Come = Callable[..., "Guest"]


class LiveServer:
    """One that runs. :ivar server: its parts; they belong to the event loop, :meth:`on_loop` gets there."""

    def __init__(self, settings: Settings, source: HostSource, server: Server, serving: Serving) -> None:
        self.settings, self.source, self.server, self.serving = settings, source, server, serving
        self.port = serving.port
        self.done: dict[str, Any] = {}

    def on_loop(self, what: Callable[[], E]) -> E:
        """Call something on the event loop, and wait for what it says."""

        async def call() -> E:
            return what()

        return asyncio.run_coroutine_threadsafe(call(), self.server._loop).result(PATIENCE)

    def between_ticks(self, what: Callable[[Universe], E]) -> E:
        """Look at the universe while it does not move."""
        answer = Future[E]()

        def look() -> None:
            try:
                answer.set_result(what(self.server.authority.universe))
            except BaseException as error:
                answer.set_exception(error)

        self.server.simulation.do(look)
        return answer.result(PATIENCE)

    def until(self, done: Callable[[], object]) -> None:
        """Wait for something that happens in the server."""
        end = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < end, "it never came to that"
            time.sleep(0.002)

    def ticks(self, count: int = 3) -> None:
        """Wait for some ticks."""
        until = self.server.house.tick + count
        self.until(lambda: self.server.house.tick >= until)

    def stand(self) -> int:
        """Wait until no tick is under way, of a universe that is held still; its tick."""
        return self.between_ticks(lambda universe: universe.tick)

    def get(self, path: str, *headers: str, host: str = "localhost") -> tuple[int, dict[str, str], bytes]:
        """A plain HTTP request: status, headers by lower-case name, body."""
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{self.port}", *headers]
        raw = self.exchange("\r\n".join([*lines, "", ""]).encode())
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        named = (line.partition(": ") for line in rest)
        return int(first.split()[1]), {name.lower(): value for name, _, value in named}, body

    def exchange(self, data: bytes) -> bytes:
        """Everything that comes back for these bytes until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as line:
            came = bytearray()
            with contextlib.suppress(ConnectionError):  # who is hung up on in the middle of a word hears so
                line.sendall(data)
                while piece := line.recv(1 << 16):
                    came += piece
            return bytes(came)


@contextmanager
def live_server(folder: Path, source: HostSource, **changes: Any) -> Iterator[LiveServer]:
    """Serve *source* from *folder* on a free port until the end of the block."""
    settings = Settings(**{"store": folder, "port": 0, "minds": 2, "players": 4, "drain_seconds": 0, "seed": 3, **changes})
    servers, started, outcome = list[Server](), threading.Event(), dict[str, Any]()
    problems = list[dict[str, Any]]()

    class Kept(Server):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            servers.append(self)

        async def run(self, announce: Callable[[Serving], None]) -> dict[str, Any]:
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: problems.append(context))
            return await super().run(announce)

    def announce(serving: Serving) -> None:
        outcome["serving"] = serving
        started.set()

    def run() -> None:
        try:
            outcome["done"] = serve(settings, source, announce)
        except BaseException as error:
            outcome["error"] = error
        finally:
            started.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "Server", Kept)
        thread = threading.Thread(target=run, name="server", daemon=True)
        thread.start()
        started.wait()
    if "serving" not in outcome:
        thread.join()
        raise outcome["error"]
    live = LiveServer(settings, source, servers[0], outcome["serving"])
    try:
        yield live
    finally:
        if thread.is_alive():
            live.server._loop.call_soon_threadsafe(live.server.stop, 0.0)
        thread.join(PATIENCE)
        assert not thread.is_alive(), "it does not end"
    if "error" in outcome:
        raise outcome["error"]
    assert problems == [], "something was raised on the event loop"
    live.done.update(outcome["done"])


class Guest:
    """A client over a real socket.

    :ivar raw: every byte that came. :ivar events: what they meant, in order. :ivar view: what it sees.
    """

    def __init__(
        self, port: int, identity: Identity | None = None, *, content: bytes | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.port, self._tls = port, tls
        self.peer = PeerSession(identity, content_hash() if content is None else content, agent="test")
        self.raw = bytearray()
        self.events = list[PeerEvent]()
        self.view: View | None = None
        self.pings = 0
        self.connect()

    def connect(self) -> None:
        """The opening handshake."""
        uri = parse_uri(f"ws://localhost:{self.port}/live")
        self.line = ClientProtocol(uri, max_size=1 << 22)
        self.socket = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        if self._tls is not None:
            self.socket = self._tls.wrap_socket(self.socket, server_hostname="localhost")
        self.over = False
        self.line.send_request(self.line.connect())
        try:
            self._send()
            self.until(lambda: self.line.state is not WireState.CONNECTING)
            assert self.line.handshake_exc is None, self.line.handshake_exc
        except BaseException:
            self.socket.close()
            raise

    # -- logging in ---------------------------------------------------------------------------------------------------

    def log_in(self, name: str = "", mode: str = "play", invite: str = "") -> Guest:
        """Say hello and wait for the welcome."""
        self.peer.hello(name, mode, invite)
        return self._welcomed()

    def come_back(self) -> Guest:
        """Connect again and resume."""
        return self.come_back_to(self.port)

    def come_back_to(self, port: int) -> Guest:
        """The same at another port."""
        self.port = port
        self.close()
        self.peer.reconnect()
        self.connect()
        self.peer.resume()
        return self._welcomed()

    def _welcomed(self) -> Guest:
        before = len(self.events)
        self.flush()
        self.until(lambda: any(isinstance(event, Welcomed | Closed) for event in self.events[before:]))
        welcomed = [event for event in self.events[before:] if isinstance(event, Welcomed)]
        assert welcomed, self.events[before:]
        self.welcome = welcomed[-1]
        self.view = View(self.welcome.world["side_log2"], self.welcome.world["sector_log2"])
        return self

    # -- talking ------------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Send what the peer has to say."""
        for message in self.peer.outgoing():
            self.line.send_binary(message)
        self._send()

    def _send(self) -> None:
        self.socket.sendall(b"".join(self.line.data_to_send()))

    def read(self, seconds: float = 0.05) -> bool:
        """Take in what has come, waiting a while; False when the server has closed."""
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(1 << 16)
        except TimeoutError:
            return True
        except ConnectionResetError:
            data = b""
        if not data:
            self.over = True
            return False
        self.raw += data
        self.line.receive_data(data)
        for event in self.line.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.BINARY:
                self._take(bytes(event.data))
            elif isinstance(event, Frame) and event.opcode is Opcode.PING:
                self.pings += 1
        return True

    def _take(self, message: bytes) -> None:
        for event in self.peer.receive(message):
            self.events.append(event)
            if isinstance(event, Framed) and self.view is not None and event.payload:
                assert self.view.apply(event.payload, event.tick) == 0

    def until(self, done: Callable[[], object]) -> None:
        """Read until something has come; fail when the server closes or patience ends."""
        end = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < end, ("it never came", self.events[-5:])
            assert not self.over, ("the server has closed", self.events[-5:])
            if self.read() and self.line.state is WireState.OPEN:
                self.flush()

    def until_closed(self) -> Closed | None:
        """Read to the end; the server's goodbye, if there was one."""
        end = time.monotonic() + PATIENCE
        while self.read():
            assert time.monotonic() < end, "the server does not close"
        return next((event for event in reversed(self.events) if isinstance(event, Closed)), None)

    def expect(self, kind: type[E], which: Callable[[E], object] = lambda event: True, *, since: int = 0) -> E:
        """Wait for an event of a kind."""
        found = list[E]()

        def look() -> bool:
            found[:] = [event for event in self.events[since:] if isinstance(event, kind) and which(event)]
            return bool(found)

        self.until(look)
        return found[0]

    def ask(self, what: str, about: int = 0) -> Answered:
        """Ask, and wait for the answer."""
        number = self.peer.ask(what, about)
        self.flush()
        return self.expect(Answered, lambda event: event.id == number)

    def order(self, verb: str, **args: Any) -> Answered:
        """Give an order, and wait for the answer."""
        number = self.peer.order(verb, args)
        self.flush()
        return self.expect(Answered, lambda event: event.id == number)

    def done(self, seq: int) -> None:
        """Wait until a command is acknowledged."""
        self.flush()
        self.until(lambda: self.peer.acknowledged >= seq)

    def embody(self) -> You:
        """Take a body."""
        since = len(self.events)
        self.done(self.peer.join())
        return self.expect(You, lambda event: event.slot >= 0, since=since)

    @property
    def challenge(self) -> Challenged:
        """How the server introduced itself."""
        return self.expect(Challenged)

    def close(self) -> None:
        """Hang up without a word."""
        self.socket.close()


@contextmanager
def visitors(live: LiveServer) -> Iterator[Come]:
    """Connects people to a server, who have all gone at the end: a name, a mode, an identity (a new one, but for watchers)."""
    guests = list[Guest]()

    def come(name: str = "", mode: str = "play", identity: Identity | None = None) -> Guest:
        guests.append(Guest(live.port, identity or (None if mode == "watch" else Identity.generate())))
        return guests[-1].log_in(name, mode)

    yield come
    for guest in guests:
        guest.close()
    live.until(lambda: not live.server.house._wires)
