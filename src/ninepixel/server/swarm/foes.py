"""Connections that send nonsense at a given rate, before they have logged in or after it.

Their frames are made beforehand, so that sending ten thousand a second takes next to nothing.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import cast

from websockets.uri import WebSocketURI

from ninepixel.server.identity import Identity
from ninepixel.server.protocol import Malformed, PeerSession, Stage
from ninepixel.server.protocol.messages import REFUSED
from ninepixel.server.protocol.peer_events import Refused, Welcomed
from ninepixel.server.swarm.chaos import Hostile, hostile
from ninepixel.server.swarm.plan import BadPlan, secret
from ninepixel.server.swarm.report import Tally
from ninepixel.server.swarm.wire import Broken, Line

#: Different frames that are made; they are sent round and round.
POOL = 1024
#: Connections of foes at once, and frames that one gets in one go: more than any server should read of a peer like that.
MOST_FOES, BURST = 64, 32
#: Identities of foes are numbered from here on, so that they are nobody of the crowd.
FIRST_FOE = 1 << 32
#: Bytes that wait to be sent from which on a foe gets nothing more: the server does not read.
WAITING = 1 << 18
#: The first of the addresses of this machine that foes have.
_FOES_FROM = IPv4Address("127.1.0.1")


class Foe(asyncio.Protocol):
    """One such connection. :ivar ready: whether it may send nonsense now."""

    def __init__(self, uri: WebSocketURI, peer: PeerSession | None, tally: Tally, gone: Callable[[Foe], None]) -> None:
        self.ready = False
        self._line, self._peer, self._tally, self._gone = Line(uri), peer, tally, gone
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a websocket."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by class
        self._transport.write(self._line.hello())

    def data_received(self, data: bytes) -> None:
        """Follow what the server says as far as is needed to log in; afterwards only count its refusals."""
        assert self._transport is not None
        try:
            for message in self._line.receive(data):
                self._follow(message)
        except (Broken, Malformed):
            self._transport.abort()
            return
        if waiting := self._line.outgoing():
            self._transport.write(waiting)
        if self._line.closed:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """The server has had enough."""
        self.ready = False
        self._gone(self)

    def send(self, frames: list[Hostile]) -> bool:
        """Send some nonsense in one go; False when the server does not even read it."""
        assert self._transport is not None
        if self._transport.is_closing() or self._transport.get_write_buffer_size() > WAITING:
            return False
        self._transport.write(b"".join(frame.wire for frame in frames))
        self._tally.hostile.update(frame.kind for frame in frames)
        return True

    def abort(self) -> None:
        """Leave without a word."""
        if self._transport is not None:
            self._transport.abort()

    def _follow(self, message: bytes) -> None:
        if self._peer is None:  # a stranger begins as soon as the server has spoken
            self.ready = True
        elif self._peer.stage is not Stage.OPEN:
            for event in self._peer.receive(message):
                self.ready |= isinstance(event, Welcomed)
                if isinstance(event, Refused):
                    self._tally.counts[f"foes_refused_login_{event.code}"] += 1
            self._write(self._peer.outgoing())
        if len(message) > 1 and message[1] == REFUSED:
            self._tally.counts["foes_refused"] += 1

    def _write(self, messages: list[bytes]) -> None:
        assert self._transport is not None
        for message in messages:
            self._transport.write(self._line.pack(message))


class Foes:
    """All that a process has, sending *rate* frames a second together.

    :param known: whether they log in first. :param content: what they claim to run, 16 bytes.
    """

    def __init__(
        self, uri: WebSocketURI, seed: int, rate: float, *, known: bool, content: bytes, tally: Tally, invite: str = ""
    ) -> None:
        if rate < 0:
            raise BadPlan(f"{rate} malformed frames a second; it must be 0 or more")
        self._uri, self._seed, self._rate, self._known, self._content, self._tally = uri, seed, rate, known, content, tally
        self._invite = invite
        self._pool = [hostile(seed, count, known=known) for count in range(POOL)] if rate else []
        self._at = self._made = 0
        self._owed = 0.0
        self._foes: set[Foe] = set()
        self._connecting: set[asyncio.Task[object]] = set()
        self.counts: Counter[str] = Counter()

    def turn(self, seconds: float) -> None:
        """*seconds* have passed: send what is due, and see to it that there are enough foes."""
        if not self._rate:
            return
        self._owed = min(self._owed + self._rate * seconds, self._rate)  # at most a second's worth is made up for
        for foe in [foe for foe in self._foes if foe.ready]:
            if self._owed < 1:
                break
            many = min(BURST, int(self._owed))
            frames = [self._pool[(self._at + i) % POOL] for i in range(many)]
            if foe.send(frames):
                self._at += many
                self._owed -= many
        wanted = min(MOST_FOES, 1 + int(self._owed / BURST))
        for _ in range(wanted - len(self._foes) - len(self._connecting)):
            self._connect()

    async def close(self) -> None:
        """No more of it."""
        self._rate = 0.0
        for task in list(self._connecting):
            task.cancel()
        await asyncio.gather(*self._connecting, return_exceptions=True)
        for foe in list(self._foes):
            foe.abort()

    def _connect(self) -> None:
        number, self._made = self._made, self._made + 1
        peer = None
        if self._known:
            who = FIRST_FOE + number % MOST_FOES
            peer = PeerSession(Identity(secret(self._seed, who)), self._content, agent="ninepixel swarm")
            peer.hello(f"foe-{number % MOST_FOES}", invite=self._invite)
        self._tally.counts["foes_connected"] += 1
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._open(Foe(self._uri, peer, self._tally, self._foes.discard), number))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _open(self, foe: Foe, number: int) -> None:
        try:
            loop, host = asyncio.get_running_loop(), self._uri.host
            await loop.create_connection(lambda: foe, host, self._uri.port, local_addr=_elsewhere(host, number))
        except OSError:
            self._tally.counts["foes_not_connected"] += 1
            return
        self._foes.add(foe)


def _elsewhere(host: str, number: int) -> tuple[str, int] | None:
    """An address of its own for each foe, where the server is on this machine: so that it can be told from honest bots, and
    nobody yet knows that it misbehaves."""
    if sys.platform != "linux" or host not in ("127.0.0.1", "localhost"):
        return None
    return str(_FOES_FROM + number % 2**20), 0
