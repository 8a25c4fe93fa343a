"""The house: every connection there is, on the event loop. It lets people in, carries what they want to the simulation, and gives
out what a tick sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import structlog
from websockets.http11 import Request, Response

from ninepixel.server.accounts import Accounts
from ninepixel.server.audit import Audit
from ninepixel.server.crowd import Client
from ninepixel.server.http import Pages
from ninepixel.server.metrics import Metrics
from ninepixel.server.offenders import Offenders
from ninepixel.server.outlet import AVAILABLE, Outlet, framed
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import Malformed, encode
from ninepixel.server.protocol.limits import Limits
from ninepixel.server.protocol.session import Admission, Ended, Event, Opened, Ordered, Refusal
from ninepixel.server.shipment import EVERYBODY, WATCHERS, Address, Shipment
from ninepixel.server.simulation import Simulation
from ninepixel.server.wire import SEEING, Wire
from ninepixel.world.life.census import Birth, Death

log = structlog.get_logger("ninepixel.server")

#: What the bytes of each kind of message are, for the audit.
CLASS_OF: Mapping[int, str] = {m.FRAME: "pixels", m.OVERVIEW: "pixels", m.HEARD: "chat", m.MOMENT: "moments", m.YOU: "pixels"}
#: What a client that is behind can do without: the next is as good.
NEWS = (m.OVERVIEW, m.MOMENT)
#: Of all connections so many may be on their way in at a time.
STRANGERS = 512


@dataclass(slots=True)
class Gate:
    """What sessions ask: accounts decide, refusals are counted."""

    accounts: Accounts
    metrics: Metrics
    server_id: bytes
    content: bytes

    def admit(self, key: bytes, name: str, mode: str, invite: str) -> Admission | Refusal:
        """See :class:`~ninepixel.server.protocol.session.Gate`."""
        return self.accounts.admit(key, name, mode, invite)

    def resume(self, token: bytes) -> Admission | Refusal:
        """See :class:`~ninepixel.server.protocol.session.Gate`."""
        return self.accounts.resume(token)

    def token_for(self, account: int) -> bytes:
        """See :class:`~ninepixel.server.protocol.session.Gate`."""
        return self.accounts.token_for(account)

    def count(self, kind: str) -> None:
        """See :class:`~ninepixel.server.protocol.session.Gate`."""
        self.metrics.refused(kind)


class House:
    """The connections of one server; everything here happens on the event loop.

    :param world: what WELCOME says of the universe.
    :param most: connections at a time.
    :param offenders: addresses that misbehave.
    :param applied: by account, the highest number of its commands that is applied and durable.
    :ivar orders: follows what operators order.
    :ivar tick: the newest tick that was shown.
    :ivar births, deaths: for the lineage, since they were last taken.
    """

    orders: Callable[[Wire, Ordered], None]

    now = staticmethod(time.monotonic)

    def __init__(
        self,
        gate: Gate,
        limits: Limits,
        metrics: Metrics,
        audit: Audit,
        simulation: Simulation,
        pages: Pages,
        *,
        world: Mapping[str, Any],
        most: int,
        applied: dict[int, int],
        offenders: Offenders,
    ) -> None:
        self.gate, self.limits, self.metrics, self.audit, self.simulation = gate, limits, metrics, audit, simulation
        self.draining = False
        self.births, self.deaths = list[Birth](), list[Death]()
        self._pages, self._world, self._most, self._applied = pages, world, most, applied
        self._wires: set[Wire] = set()
        self._open: dict[int, Wire] = {}
        self._seeing: dict[int, Wire] = {}  # those of them that get frames
        self._ready: set[int] = set()  # numbers that the simulation knows
        self._free: list[int] = []  # numbers for which nothing is under way any more
        self._made = 0  # numbers that there are
        self._outlet = Outlet()
        self._offenders = offenders
        self.tick = simulation.authority.universe.tick

    # -- what wires call ----------------------------------------------------------------------------------------------

    def lets_in(self, address: str, coming: int) -> bool:
        """Whether somebody may connect: not when there is no room, or when they have misbehaved too often.

        :param coming: connections that are made but have not arrived.
        """
        if self._offenders.blocked(address, self.now()):
            self.metrics.refused("rate")
            return False
        there = len(self._wires) + coming
        if there >= self._most or there - len(self._open) >= STRANGERS:
            self.metrics.refused("full")
            return False
        return True

    def arrived(self, wire: Wire) -> None:
        """Somebody connects."""
        self._wires.add(wire)

    def departed(self, wire: Wire) -> None:
        """A connection is over."""
        self._wires.discard(wire)
        self._account_for(wire)
        if wire.number >= 0:
            number, wire.number = wire.number, -1
            del self._open[number]
            self._seeing.pop(number, None)
            self._ready.discard(number)
            self.simulation.do(partial(self.simulation.authority.forget, number, self.now()))

    def answer(self, request: Request, peer: str) -> Response | None:
        """What a request gets; None lets a websocket in."""
        return self._pages.answer(request, peer)

    def happened(self, wire: Wire, event: Event) -> None:
        """A session has understood something."""
        if isinstance(event, Opened):
            self._let_in(wire, event)
        elif isinstance(event, Ordered):
            self.orders(wire, event)
        elif isinstance(event, Ended):
            self._offenders.offended(wire.peer, event.code, self.now())
        elif wire.number >= 0:  # the end of a session is told when its connection is over
            self.simulation.do(partial(self.simulation.authority.read, wire.number, event, self.now()))

    def _let_in(self, wire: Wire, event: Opened) -> None:
        assert wire.session is not None
        if self.draining:
            wire.end("draining", m.FAREWELLS["draining"])
            return
        wire.number = self._number()
        self._open[wire.number] = wire
        if event.mode in SEEING:
            self._seeing[wire.number] = wire
        period = max(1, round(1000 * self.simulation.pace.period))
        welcome = wire.session.welcome(self.tick, period, self._world, self._applied.get(event.account, 0))
        wire.send(welcome, "control")
        client = Client(wire.number, event.account, event.name, event.mode, event.role)
        self.simulation.do(partial(self.simulation.authority.welcome, client))

    def _number(self) -> int:
        """The lowest number that nobody has and nothing is under way for."""
        if self._free:
            return heapq.heappop(self._free)
        self._made += 1
        return self._made - 1

    # -- what the simulation sends ------------------------------------------------------------------------------------

    def deliver(self, ship: Shipment) -> None:
        """Everything that a tick sends leaves now."""
        self._ready.update(number for number in ship.welcomed if number in self._open)
        for account, seq in ship.acks.items():
            self._applied[account] = max(seq, self._applied.get(account, 0))
        if ship.frames is not None:
            self.tick = ship.tick
        self._give(ship, self._tails(ship))
        for number in ship.gone:
            heapq.heappush(self._free, number)
        self.births += ship.births
        self.deaths += ship.deaths
        for number, code, text in ship.endings:
            if (wire := self._open.get(number)) is not None:
                wire.end(code, text)

    def _tails(self, ship: Shipment) -> dict[int, bytes]:
        """By client what it is told beside its frame: of its body, and letters; framed, and counted by class."""
        tails: dict[int, bytes] = {}
        for number, you in ship.yous:
            if number in self._ready:
                self._append(tails, number, framed(you), "pixels")
        self.metrics.sent(m.YOU, len(ship.yous))
        for letter in ship.letters:
            try:
                message = framed(encode(letter.number, *letter.fields))
            except Malformed as error:  # a defect, but no reason to keep from the others what is theirs
                log.error("a message cannot be sent", number=letter.number, why=str(error))
                continue
            kind = letter.kind or CLASS_OF.get(letter.number, "control")
            numbers = self._addressed(letter.to)
            if letter.number in NEWS:
                numbers = [number for number in numbers if not self._open[number].busy]
            for number in numbers:
                self._append(tails, number, message, kind)
            self.metrics.sent(letter.number, len(numbers))
            if letter.number == m.REFUSED:
                self.metrics.refused(letter.fields[0])
        return tails

    def _append(self, tails: dict[int, bytes], number: int, message: bytes, kind: str) -> None:
        tails[number] = tails.get(number, b"") + message
        self._open[number].sent[kind] += len(message)

    def _give(self, ship: Shipment, tails: dict[int, bytes]) -> None:
        """Frames, acknowledgements and all else: one parcel a client, all sent together."""
        acks = ship.acks
        wires = [wire for number, wire in self._seeing.items() if number in self._ready and wire.live]
        numbers = np.asarray([wire.number for wire in wires], np.int64)
        newest = np.asarray([acks.get(wire.account, 0) if acks else 0 for wire in wires], np.int64)
        ends = [tails.pop(number, b"") for number in numbers.tolist()]
        parcel = self._outlet.wrap(ship.tick, m.FRAME, ship.frames, numbers, newest, ends)
        sockets = np.asarray([wire.socket_for_now for wire in wires], np.int32)
        taken = self._outlet.send(parcel, sockets) if AVAILABLE else np.zeros(len(wires), np.int64)
        sizes = np.diff(parcel.starts)
        for place in np.flatnonzero(taken < sizes).tolist():
            wires[place].write(parcel.of(place, int(taken[place])))
        for wire, size, end in zip(wires, sizes.tolist(), ends, strict=True):
            wire.sent["pixels"] += size - len(end)
        for number, tail in tails.items():  # of those who see nothing
            self._open[number].write(tail)
        self.metrics.sent(m.FRAME, parcel.framed)
        behind = np.flatnonzero((taken < sizes) | (sockets < 0)).tolist()
        busy = frozenset(wires[place].number for place in behind if wires[place].busy)
        if busy or self.simulation.authority.busy:
            self.simulation.authority.busy = busy
        self.metrics.dropped(len(busy) if ship.frames is not None else 0)

    def _addressed(self, to: Address) -> list[int]:
        if to == EVERYBODY:
            return [number for number in self._ready if self._mode(number) in SEEING]
        if to == WATCHERS:
            return [number for number in self._ready if self._mode(number) == "watch"]
        return [number for number in ((to,) if isinstance(to, int) else to) if number in self._ready]

    def _mode(self, number: int) -> str:
        session = self._open[number].session
        return session.mode if session is not None else ""

    # -- what orders need ---------------------------------------------------------------------------------------------

    def who(self) -> list[tuple[int, int, str, str, str, str, int]]:
        """Everybody who is connected: number, account, name, mode, role, address, slot of their body."""
        known = self.simulation.authority.crowd.clients.copy()
        return [
            (number, c.account, c.name, c.mode, c.role, self._open[number].peer, c.slot)
            for number, c in sorted(known.items())
            if number in self._open
        ]

    def end(self, account: int, code: str, text: str) -> int:
        """End every session of an account; how many there were."""
        found = [w for w in self._open.values() if w.session is not None and w.session.account == account]
        for wire in found:
            wire.end(code, text)
        return len(found)

    def tell(self, code: str, fields: Mapping[str, Any]) -> None:
        """A notice to everybody."""
        notice = encode(m.NOTICE, code, m.NOTICES[code], dict(fields))
        for wire in list(self._open.values()):
            wire.send(notice, "control")

    # -- as time passes -----------------------------------------------------------------------------------------------

    def every_second(self) -> None:
        """Look after logins that take too long, connections that are silent, and the books."""
        now = self.now()
        for wire in list(self._wires):
            wire.check(now)
            self._account_for(wire)
        modes = Counter(self._mode(number) for number in self._open)
        self.metrics.clients(modes, len(self._wires) - len(self._open))

    def take_lineage(self) -> tuple[list[Birth], list[Death]]:
        """Births and deaths since the last call."""
        births, self.births = self.births, []
        deaths, self.deaths = self.deaths, []
        return births, deaths

    def give_lineage_back(self, births: list[Birth], deaths: list[Death]) -> None:
        """They could not be written: keep them for the next time."""
        self.births, self.deaths = births + self.births, deaths + self.deaths

    def _account_for(self, wire: Wire) -> None:
        account = wire.session.account if wire.session is not None else 0
        for kind, size in wire.sent.items():
            self.audit.left(kind, size, account, "" if account else wire.peer)
            self.metrics.left(kind, size)
        wire.sent.clear()

    async def drain(self, seconds: float, hurry: asyncio.Event) -> None:
        """Let nobody in any more, say that the server stops, and end every session after *seconds*, or when *hurry* is set."""
        self.draining = True
        self.tell("draining", {"seconds": round(seconds)})
        if self._open:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(hurry.wait(), seconds)
        for wire in list(self._wires):
            wire.end("draining", m.FAREWELLS["draining"])
