"""A small stage for the spectator page: a server of a few lines round the real protocol, replication and a real universe.

It has no accounts, no journal and no guests. It plays at a test's pace, and remembers what it sent to whom.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from browser import Page
from ninepixel.server.facts import mind_facts, slot_of
from ninepixel.server.moments import Chronicler, Moment
from ninepixel.server.page import page_files
from ninepixel.server.page.overview import Gauges, overview_bytes
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import encode, frame_bytes
from ninepixel.server.protocol.limits import Limits
from ninepixel.server.protocol.session import Admission, Asked, Event, Looked, Opened, Pinged, Refusal, Resync, ServerSession
from ninepixel.server.replication import Replicator, SceneKeeper, Sectors, View
from ninepixel.world.commands import Command
from ninepixel.world.life.census import Census
from ninepixel.world.state import State
from ninepixel.world.universe import Universe

T = TypeVar("T")
GAUGES = Gauges(0.42, 0.61, 0.37, 0.08)
RATE = 20.0
#: Whether a page knows everything in its window.
_ALL_KNOWN = """(() => {
    const { sectors } = ninepixel.universe.replica;
    return sectors.size > 0 && [...sectors.values()].every((s) => s.rows[0] !== null && s.rows[1] !== null && s.lit);
})()"""


class EverybodyWatches:
    """A gate for watchers."""

    server_id = content = b"sixteen bytes ok"

    def __init__(self) -> None:
        self.refused: list[str] = []

    def admit(self, key: bytes, name: str, mode: str, invite: str) -> Admission | Refusal:
        """Whoever comes without a key may watch."""
        return Admission(0, "guest", "") if mode == "watch" and key == b"" else Refusal("anonymous", "only watchers here")

    def resume(self, token: bytes) -> Admission | Refusal:
        """There is nothing to resume."""
        return Refusal("token", "there are no tokens here")

    def token_for(self, account: int) -> bytes:
        """Watchers have none."""
        return b""

    def count(self, kind: str) -> None:
        """Remember what was refused."""
        self.refused.append(kind)


class Watcher:
    """One connection: its session, the Python twin of what it was told, and the tick of its last frame."""

    def __init__(self, number: int, socket: ServerConnection, session: ServerSession, side_log2: int) -> None:
        self.number, self.socket, self.session = number, socket, session
        self.view = View(side_log2)
        self.outbox: asyncio.Queue[bytes] = asyncio.Queue()
        self.opened, self.wrong, self.told = False, 0, -1

    async def write(self) -> None:
        """Send what is in the outbox, in its order."""
        while True:
            await self.socket.send(await self.outbox.get())


class Stage:
    """Plays a universe to watchers. *before* is called with the state ahead of every tick; *budget* is bytes a tick for each."""

    def __init__(
        self,
        universe: Universe,
        *,
        before: Callable[[State], None] | None = None,
        budget: int = 1 << 16,
        chat: bool = True,
        name: str = "the stage",
    ) -> None:
        self.universe, self.gate, self.chat, self.name, self._before = universe, EverybodyWatches(), chat, name, before
        self.sectors = Sectors(universe.pull().params.side_log2)
        self.keeper = SceneKeeper(self.sectors)
        self.keeper.update(universe.pull())
        self.replicator = Replicator(self.keeper, budget=budget, burst=1 << 20)
        self.chronicler = Chronicler(universe.pull(), universe.lives.minds if universe.lives is not None else 0)
        self.census = Census()
        self.census.look(universe.pull())  # who is there already is no news
        self.moments: list[tuple[int, Moment]] = []
        self.watchers: dict[int, Watcher] = {}
        self.playing = False
        self.resyncs: list[int] = []  # sectors that were asked for anew
        self.commands: list[Command] = []  # given in every tick
        self.error: BaseException | None = None
        self._numbers = 0

    # -- for tests: from their own thread -----------------------------------------------------------------------------

    @contextmanager
    def running(self) -> Iterator[Stage]:
        """Serve on a port of this machine until the block ends."""
        started = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._main(started)))
        thread.start()
        try:
            assert started.wait(60), "the stage did not open"
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._over.set)
            thread.join()
        if self.error is not None:
            raise self.error

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}/"

    def do(self, what: Callable[[], T]) -> T:
        """Do something between two ticks."""

        async def doing() -> T:
            return what()

        return asyncio.run_coroutine_threadsafe(doing(), self._loop).result(60)

    def play(self, ticks: int = 0) -> None:
        """Run on by itself; or, with *ticks*, so many at once and then stand still."""
        self.playing = not ticks
        for _ in range(ticks):
            self.do(self.tick)

    def until_shown(self, page: Page) -> None:
        """Play on until the page has all that there is in its window, and looks where it wants to."""
        while True:
            self.play(1)
            self.until_told(page)
            if page.run(_ALL_KNOWN):
                return

    def until_told(self, page: Page) -> None:
        """Wait until the page has taken in what was sent to the newest of the watchers."""
        end = time.monotonic() + 60
        while not (watchers := list(self.watchers.values())):  # it is about to connect again
            assert time.monotonic() < end, "nobody watches"
            time.sleep(0.01)
        told = max((watcher.number, watcher.told) for watcher in watchers)[1]
        page.until(f"ninepixel.universe.clock.newest >= {told} || {told} < 0")

    def say(self, name: str, text: str) -> None:
        """Words that every watcher hears."""
        self.do(lambda: self.broadcast(encode(m.HEARD, self.universe.tick, 1, name, text)))

    def close_all(self) -> None:
        """Lose every connection."""

        async def closing() -> None:
            for watcher in list(self.watchers.values()):
                watcher.socket.transport.abort()

        asyncio.run_coroutine_threadsafe(closing(), self._loop).result(60)

    # -- the server ---------------------------------------------------------------------------------------------------

    async def _main(self, started: threading.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with serve(self._meet, "127.0.0.1", 0, compression=None, process_request=self._answer) as server:
            self._server: Server = server
            self.port = next(iter(server.sockets)).getsockname()[1]
            started.set()
            ticking = asyncio.create_task(self._run())
            await self._over.wait()
            ticking.cancel()

    async def _run(self) -> None:
        try:
            due = time.monotonic()
            while True:
                due = max(due + 1 / RATE, time.monotonic() - 1 / RATE)
                await asyncio.sleep(due - time.monotonic())
                if self.playing:
                    self.tick()
        except Exception as error:
            self.error = error

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path == "/live":
            return None
        file = page_files().get(request.path)
        if file is None:
            return connection.respond(404, "nothing here\n")
        return Response(200, "OK", Headers({"Content-Type": file.content_type, **file.headers}), file.body)

    async def _meet(self, socket: ServerConnection) -> None:
        session = ServerSession(self.gate, Limits(), time.monotonic())
        watcher = Watcher(self._numbers, socket, session, self.sectors.side_log2)
        self._numbers += 1
        self.watchers[watcher.number] = watcher
        writing = asyncio.create_task(watcher.write())
        try:
            self._say(watcher)
            async for data in socket:
                for event in session.receive(data if isinstance(data, bytes) else data.encode(), time.monotonic()):
                    self._happened(watcher, event)
                self._say(watcher)
        except ConnectionClosed:
            pass
        except Exception as error:
            self.error = error
        finally:
            writing.cancel()
            del self.watchers[watcher.number]
            if watcher.opened:
                self.replicator.remove(watcher.number)

    def _say(self, watcher: Watcher) -> None:
        for message in watcher.session.outgoing():
            self._send(watcher, message)

    def _happened(self, watcher: Watcher, event: Event) -> None:
        number = watcher.number
        match event:
            case Opened():
                world = {"side_log2": self.sectors.side_log2, "sector_log2": self.sectors.sector_log2}
                welcome = {**world, "seed": 0, "universe": self.name, "chat": int(self.chat)}
                self._send(watcher, watcher.session.welcome(self.universe.tick, round(1000 / RATE), welcome, 0))
                self.replicator.add(number, self.sectors.of(1 << 31, 1 << 31), 3)
                watcher.opened = True
                self._send(watcher, self._overview())
            case Looked(x, y, reach):
                self.replicator.look(number, self.sectors.of(x, y), reach)
            case Resync(sector):
                self.resyncs.append(sector)
                self.replicator.resync(number, sector)
            case Pinged(t):
                self._send(watcher, encode(m.PONG, t, self.universe.tick))
            case Asked(question, what, about):
                body = self._answer_to(what, about)
                self._send(watcher, encode(m.ANSWER, question, not isinstance(body, str), body))
            case _:
                raise AssertionError(f"a watcher does not {event}")

    def _answer_to(self, what: str, about: int) -> dict[str, Any] | str:
        state = self.universe.pull()
        if what == "mind":
            slot = slot_of(state, about)
            return mind_facts(state, slot) if slot >= 0 else "nobody lives there any more"
        if what == "moments":
            return {"moments": [[tick, x.kind, max(x.sprite, 0), x.x, x.y, x.text] for tick, x in self.moments[-64:]]}
        return "its name is not shared by the owner of this host"

    def tick(self) -> None:
        """One tick, and what everybody gets to see of it."""
        if self._before is not None:
            self._before(self.universe.pull())
        self.universe.step(self.commands)
        state, tick = self.universe.pull(), self.universe.tick
        for moment in self.chronicler.news(state, *self.census.look(state)):
            self.moments.append((tick, moment))
            self.broadcast(encode(m.MOMENT, tick, moment.kind, max(moment.sprite, 0), moment.x, moment.y, moment.text))
        self.keeper.update(state)
        frames = self.replicator.encode()
        for number, watcher in self.watchers.items():
            if watcher.opened and (payload := frames.of(number)):
                watcher.wrong += watcher.view.apply(payload, tick)
                watcher.told = tick
                self._send(watcher, frame_bytes(tick, payload, 0))
        if tick % 20 == 0:
            self.broadcast(self._overview())

    def _overview(self) -> bytes:
        return encode(m.OVERVIEW, self.universe.tick, overview_bytes(self.keeper.scene, GAUGES))

    def broadcast(self, message: bytes) -> None:
        """Send something to everybody; between two ticks (:meth:`do`)."""
        for watcher in self.watchers.values():
            if watcher.opened:
                self._send(watcher, message)

    def _send(self, watcher: Watcher, message: bytes) -> None:
        watcher.outbox.put_nowait(message)
