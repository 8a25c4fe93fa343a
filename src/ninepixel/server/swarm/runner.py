"""A crowd at work in one process: one event loop, and one scheduler for everything that any bot does."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from websockets.exceptions import InvalidURI
from websockets.uri import WebSocketURI, parse_uri

from ninepixel.server.identity import content_hash
from ninepixel.server.protocol.address import BadAddress, live_address
from ninepixel.server.swarm.bot import JOIN_SECONDS, Bot
from ninepixel.server.swarm.chaos import Weather
from ninepixel.server.swarm.foes import Foes
from ninepixel.server.swarm.plan import BadPlan, Choice, Plan, TraceWriter, read_trace
from ninepixel.server.swarm.report import Tally
from ninepixel.server.swarm.shell import Shell

#: Seconds between two turns of the scheduler: what is due between is up to that much late.
TURN = 0.005
#: How much nicer than others the bots are, so that a server on the same machine is not slowed by them.
NICE = 10
#: Seconds between two attempts to connect; seconds at the end for the last goodbyes.
RETRY_SECONDS, LAST_SECONDS = 1.0, 2.0

FAIR = Weather()

_ARRIVE, _CHANGE, _RETURN, _SLOW, _FAST, _LEAVE, _TRACE = range(7)


@dataclass(frozen=True, slots=True)
class Orders:
    """What a process of bots is to do.

    :ivar url: of the server. :ivar mine: which bots of the plan it has.
    :ivar before, after: malformed frames a second of strangers, and of foes that have logged in.
    :ivar nice: priority that it gives up. :ivar record, sample: files that it writes; :ivar trace: one that it plays.
    """

    url: str
    plan: Plan
    mine: range
    weather: Weather = FAIR
    before: float = 0.0
    after: float = 0.0
    nice: int = NICE
    record: Path | None = None
    trace: Path | None = None
    sample: Path | None = None


def address(url: str) -> WebSocketURI:
    """Where a server's websocket is, however people write it.

    :raises BadPlan: for what is no such address.
    """
    try:
        uri = parse_uri(live_address(url))
    except (BadAddress, InvalidURI) as error:
        raise BadPlan(str(error)) from None
    if uri.secure:
        raise BadPlan(f"{url!r:.200}: bots speak plain ws:// alone; measure a server behind TLS at its own port")
    return uri


class Runner:
    """The bots of one process, in its running event loop."""

    def __init__(self, orders: Orders, uri: WebSocketURI, tally: Tally) -> None:
        self._orders, self._plan, self._uri, self._tally = orders, orders.plan, uri, tally
        self._loop = asyncio.get_running_loop()
        self._clock = time.perf_counter  # uvloop's own counts whole milliseconds
        self._agenda: list[tuple[float, int, int, int, Any]] = []  # when, tie, what, bot, with what
        self._ties = 0
        self._shells: dict[int, Shell] = {}
        self._connecting: set[asyncio.Task[None]] = set()
        self._record: TraceWriter | None = None
        self._samples: IO[str] | None = None
        self._trace: Iterator[tuple[float, int, Choice]] | None = None
        self._over = self._stopped = False
        self._start = 0.0
        content = content_hash()
        sampler = self._sample if orders.sample is not None else None
        self.bots = {number: Bot(number, self._plan, content, tally, sampler) for number in orders.mine}
        self._foes = [
            Foes(uri, self._plan.seed, rate, known=known, content=content, tally=tally, invite=self._plan.invite)
            for rate, known in ((orders.before, False), (orders.after, True))
        ]

    def stop(self) -> None:
        """End before the plan says so."""
        self._stopped = True

    async def run(self) -> None:
        """Arrive, play for as long as the plan says, leave."""
        with contextlib.ExitStack() as files:
            if self._orders.record is not None:
                self._record = TraceWriter(files.enter_context(self._orders.record.open("w", encoding="utf-8")))
            if self._orders.sample is not None:
                self._samples = files.enter_context(self._orders.sample.open("w", encoding="utf-8"))
            if self._orders.trace is not None:
                self._trace = read_trace(self._orders.trace)
            self._start = before = self._clock()
            self._schedule()
            end = self._start + self._plan.seconds
            while (now := self._clock()) < end and not self._stopped:
                self._tally.late.add(max(0.0, now - before - TURN) * 1e3 if now > before else 0.0)
                self._turn(now)
                for foes in self._foes:
                    foes.turn(now - before)
                before = now
                await asyncio.sleep(TURN)
            await self._finish()

    # -- the agenda --------------------------------------------------------------------------------------------------------

    def _put(self, when: float, what: int, bot: int, more: Any = None) -> None:
        self._ties += 1
        heapq.heappush(self._agenda, (when, self._ties, what, bot, more))

    def _schedule(self) -> None:
        """Everything that is known beforehand."""
        plan, start = self._plan, self._start
        for number in self.bots:
            self._put(start + plan.arrival(number), _ARRIVE, number)
            if number < plan.slow and plan.slow_every > 0:
                self._put(start + plan.arrived + plan.slow_every * (number + 1) / plan.slow, _SLOW, number)
        if plan.churn:
            self._put(start + plan.arrived + plan.leaves(0)[0], _LEAVE, 0)
        if self._trace is not None:
            self._next_of_trace()
        else:
            for number in self.bots:
                self._put(start + plan.arrival(number) + plan.gap(number, 0), _CHANGE, number, 1)

    def _turn(self, now: float) -> None:
        agenda = self._agenda
        while agenda and agenda[0][0] <= now:
            when, _, what, number, more = heapq.heappop(agenda)
            match what:
                case 1:  # _CHANGE, by far the most frequent
                    self._change(number, when, more, now)
                case 0:  # _ARRIVE
                    self._connect(number)
                case 2:  # _RETURN
                    self.bots[number].away = False
                    self._connect(number)
                case 3 | 4:  # _SLOW, _FAST
                    self._slow(number, when, what == _SLOW)
                case 5:  # _LEAVE
                    self._churn(number, now)
                case 6:  # _TRACE
                    self._play(number, more, now)

    def _change(self, number: int, when: float, count: int, now: float) -> None:
        self._put(when + self._plan.gap(number, count), _CHANGE, number, count + 1)
        choice = self.bots[number].change()
        if choice is not None:
            self._do(number, choice, now)

    def _do(self, number: int, choice: Choice, now: float) -> None:
        shell = self._shells.get(number)
        if shell is not None and self.bots[number].do(choice, now):
            shell.flush()
            if self._record is not None:
                self._record.note(now - self._start, number, choice)

    def _play(self, number: int, choice: Choice, now: float) -> None:
        self._next_of_trace()
        if choice[0] == "leave":
            self._leave(number, choice[1], choice[2], now)
        else:
            self._do(number, choice, now)

    def _next_of_trace(self) -> None:
        assert self._trace is not None
        for t, number, choice in self._trace:
            if number in self.bots:
                self._put(self._start + t, _TRACE, number, choice)
                return

    # -- coming and going --------------------------------------------------------------------------------------------------

    def _churn(self, count: int, now: float) -> None:
        """Departure number *count*; every process knows all of them and heeds those of its bots."""
        self._put(self._start + self._plan.arrived + self._plan.leaves(count + 1)[0], _LEAVE, count + 1)
        _, number, politely, away = self._plan.leaves(count)
        if number in self.bots:
            self._leave(number, politely, away, now)

    def _leave(self, number: int, politely: bool, away: float, now: float) -> None:
        bot, shell = self.bots[number], self._shells.get(number)
        if bot.away or shell is None:
            return
        self._tally.counts["left"] += 1
        if self._record is not None:
            self._record.note(now - self._start, number, ("leave", politely, round(away, 3)))
        bot.leave(politely)
        shell.close() if politely else shell.abort()
        self._put(now + away, _RETURN, number)

    def _slow(self, number: int, when: float, begins: bool) -> None:
        shell = self._shells.get(number)
        if shell is not None:
            shell.read(not begins)
        wait = self._plan.slow_seconds if begins else self._plan.slow_every
        self._put(when + wait, _FAST if begins else _SLOW, number)

    def _connect(self, number: int) -> None:
        if not self._over:
            task = self._loop.create_task(self._open(self.bots[number]))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    async def _open(self, bot: Bot) -> None:
        bot.connecting(self._clock())
        shell = Shell(self._uri, bot, self._clock, self._gone)
        self._shells[bot.number] = shell
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                await self._loop.create_connection(lambda: shell, self._uri.host, self._uri.port)
        except (OSError, TimeoutError) as error:
            self._tally.ended[f"no connection ({type(error).__name__})"] += 1
            bot.lost(self._clock())
            self._gone(bot)

    def _gone(self, bot: Bot) -> None:
        """A connection is over. Who did not mean to leave comes back."""
        self._shells.pop(bot.number, None)
        if not bot.away and not self._over:
            self._tally.counts["cut"] += 1
            self._put(self._clock() + RETRY_SECONDS, _RETURN, bot.number)

    async def _finish(self) -> None:
        """Everybody says goodbye."""
        self._over = True
        for task in list(self._connecting):
            task.cancel()
        await asyncio.gather(*self._connecting, return_exceptions=True)
        for foes in self._foes:
            await foes.close()
        for number, shell in list(self._shells.items()):
            self.bots[number].leave(True)
            shell.close()
        until = self._clock() + LAST_SECONDS
        while self._shells and self._clock() < until:
            await asyncio.sleep(TURN)
        for shell in list(self._shells.values()):
            shell.abort()
        await asyncio.sleep(0)

    def _sample(self, tick: int, sector: int, layer: str, value: int) -> None:
        assert self._samples is not None
        self._samples.write(f'[{tick},{sector},"{layer}",{value}]\n')
