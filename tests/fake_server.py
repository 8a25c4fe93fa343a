"""A small server on this machine, of the real sessions and the real replicator, over motes that drift: no lives, no journal."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from ninepixel.server.identity import content_hash, server_id
from ninepixel.server.protocol import (
    Acted,
    Admission,
    Ended,
    Joined,
    Limits,
    Looked,
    Opened,
    Refusal,
    Resync,
    Said,
    ServerSession,
)
from ninepixel.server.replication import Replicator, SceneKeeper, Sectors
from ninepixel.world.physics.bench import crowd
from ninepixel.world.physics.cpu import CpuBackend

SIDE_LOG2, SECTOR_LOG2, TICK_MS = 6, 4, 20
WORLD = {"side_log2": SIDE_LOG2, "sector_log2": SECTOR_LOG2, "seed": 0, "universe": "motes"}


class Gate:
    """Everybody may come in, but for those who were never given the token that they show."""

    def __init__(self) -> None:
        self.server_id, self.content = server_id(bytes(32)), content_hash()
        self.refused: Counter[str] = Counter()
        self._accounts: dict[bytes, int] = {}
        self._tokens: dict[bytes, int] = {}

    def admit(self, key: bytes, name: str, mode: str, invite: str) -> Admission | Refusal:
        """An account for every key."""
        return Admission(
            self._accounts.setdefault(key, len(self._accounts) + 1) if key else 0, "player" if key else "guest", name
        )

    def resume(self, token: bytes) -> Admission | Refusal:
        """The account of a token."""
        account = self._tokens.get(token)
        return Refusal("token", "no such session") if account is None else Admission(account, "player")

    def token_for(self, account: int) -> bytes:
        """A token."""
        token = account.to_bytes(32, "big")
        self._tokens[token] = account
        return token

    def forget(self) -> None:
        """No token is known any more."""
        self._tokens.clear()

    def count(self, kind: str) -> None:
        """Another refusal."""
        self.refused[kind] += 1


class FakeServer:
    """Connections, a universe of motes, and a tick.

    :ivar corrupt: spoil so many more frames on their way out.
    :ivar heard: messages by the name of their event.
    """

    def __init__(self) -> None:
        self.gate, self.heard, self.corrupt = Gate(), Counter[str](), 0
        self.limits = Limits()
        self.state = crowd(300, SIDE_LOG2)
        self.backend = CpuBackend(1)
        self.keeper = SceneKeeper(Sectors(SIDE_LOG2, SECTOR_LOG2))
        self.replicator = Replicator(self.keeper, budget=4096)
        self.connections: dict[int, _Connection] = {}
        self.hashes: dict[tuple[int, int, str], int] = {}
        self.port = self._made = 0
        self.backend.push(self.state)
        self.step()  # loads or compiles everything before anybody waits for it

    def step(self) -> None:
        """One tick."""
        self.backend.step(self.state)
        self.backend.pull(self.state)
        self.state.tick += 1
        scene = self.keeper.update(self.state)
        frames = self.replicator.encode()
        for connection in list(self.connections.values()):
            payload = frames.of(connection.number)
            if payload or connection.ack:
                if payload and self.corrupt:
                    self.corrupt, payload = self.corrupt - 1, payload[:-1] + bytes([payload[-1] ^ 1])
                connection.send(connection.session.frame(scene.tick, payload, connection.ack))
                connection.ack = 0

    def cut(self) -> None:
        """Every connection ends without a word."""
        for connection in list(self.connections.values()):
            connection.transport.abort()

    def next_number(self) -> int:
        """Of a client."""
        self._made += 1
        return self._made


class _Connection(asyncio.Protocol):
    def __init__(self, server: FakeServer) -> None:
        self.server, self.number, self.ack = server, -1, 0
        self.ws = ServerProtocol(max_size=4096)
        self.session: ServerSession
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by class

    def data_received(self, data: bytes) -> None:
        self.ws.receive_data(data)
        for event in self.ws.events_received():
            if isinstance(event, Request):
                self.ws.send_response(self.ws.accept(event))
                self.session = ServerSession(self.server.gate, self.server.limits, asyncio.get_running_loop().time())
                self._say()
            elif isinstance(event, Frame) and event.opcode in (Opcode.BINARY, Opcode.TEXT):
                self._hear(bytes(event.data))
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        if self.server.connections.pop(self.number, None) is not None:
            self.server.replicator.remove(self.number)

    def send(self, message: bytes) -> None:
        if self.ws.state is OPEN:
            self.ws.send_binary(message)
            self._flush()

    def _hear(self, data: bytes) -> None:
        server, session = self.server, self.session
        for event in session.receive(data, asyncio.get_running_loop().time()):
            server.heard[type(event).__name__] += 1
            match event:
                case Opened():
                    self.number = server.next_number()
                    server.connections[self.number] = self
                    server.replicator.add(self.number, 0, 1)
                    self.send(session.welcome(server.state.tick, TICK_MS, WORLD, 0))
                    if event.resumed:
                        self._embody()
                case Joined(seq):
                    self.ack = seq
                    self._embody()
                case Acted(seq) | Said(seq):
                    self.ack = seq
                case Looked(x, y, reach):
                    server.replicator.look(self.number, server.keeper.sectors.of(x, y), reach)
                case Resync(sector):
                    server.replicator.resync(self.number, sector)
                case Ended():
                    self._say()
                    self.transport.close()
        self._say()

    def _embody(self) -> None:
        self.send(self.session.you(self.server.state.tick, self.number, self.number, 0, 0, 0, 0, [0] * 8))

    def _say(self) -> None:
        for message in self.session.outgoing():
            self.send(message)
        self._flush()

    def _flush(self) -> None:
        for data in self.ws.data_to_send():
            if data:
                self.transport.write(data)
            else:
                self.transport.close()


@asynccontextmanager
async def serving() -> AsyncIterator[FakeServer]:
    """A server that listens on a free port and ticks."""
    fake = FakeServer()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: _Connection(fake), "127.0.0.1", 0)
    fake.port = listening.sockets[0].getsockname()[1]

    async def ticking() -> None:
        while True:
            fake.step()
            await asyncio.sleep(TICK_MS / 1000)

    ticks = asyncio.create_task(ticking())
    try:
        yield fake
    finally:
        assert not ticks.done(), ticks.exception()
        ticks.cancel()
        await asyncio.gather(ticks, return_exceptions=True)
        listening.close()
        fake.cut()
        await asyncio.sleep(0)
        fake.backend.close()
