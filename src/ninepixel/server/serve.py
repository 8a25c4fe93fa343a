"""A server from its settings to its end: everything is put together here, and nothing is decided."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from ninepixel.server.accounts import Accounts
from ninepixel.server.admin import first_operator
from ninepixel.server.audit import Audit
from ninepixel.server.authority import Authority
from ninepixel.server.collector import Collector
from ninepixel.server.database import Database, DatabaseError, open_database
from ninepixel.server.door import Door, listen
from ninepixel.server.durable import Cadence, Store
from ninepixel.server.house import Gate, House
from ninepixel.server.http import Pages
from ninepixel.server.identity import Identity, content_hash, server_id
from ninepixel.server.lineage import Lineage
from ninepixel.server.metrics import Health, Metrics, Signs, health_of
from ninepixel.server.offenders import Offenders
from ninepixel.server.opening import HostSource, Opened, open_universe
from ninepixel.server.orders import Orders
from ninepixel.server.pace import Pace
from ninepixel.server.page import page_files
from ninepixel.server.page.overview import Host
from ninepixel.server.replication import Replicator, SceneKeeper, Sectors
from ninepixel.server.replication.sectors import SECTOR_LOG2
from ninepixel.server.schooling import CannotLearn, Faring, Schooling, online_settings
from ninepixel.server.settings import Settings
from ninepixel.server.simulation import Aside, Simulation
from ninepixel.server.wire import Wire
from ninepixel.world.host.scan import Progress
from ninepixel.world.life.census import Birth, Death
from ninepixel.world.life.settlers import Settlers
from ninepixel.world.thought.shipped import INSTINCT, led_by

log = structlog.get_logger("ninepixel.server")

#: Files of a store beside its journal.
SERVER_KEY, DATABASE = "server.key", "accounts.db"
#: What SQLite keeps lazily gets to disk so often.
BOOK_SECONDS = 8
#: The interpreter lets a thread keep its lock this long: a tick must not wait for the loop's next pause, seconds.
SWITCH_SECONDS = 0.0005


class ServeError(RuntimeError):
    """The server cannot start; the message is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What there is to tell when a server accepts connections.

    :param operator_key: the identity file of an operator that was made just now, None otherwise.
    :param recovered: ticks that were run again, -1 for a new universe.
    """

    url: str
    host: str
    port: int
    tick: int
    recovered: int
    operator_key: Path | None

    def about(self) -> dict[str, Any]:
        """For ``--json``."""
        key = str(self.operator_key) if self.operator_key is not None else None
        return {
            "url": self.url,
            "host": self.host,
            "port": self.port,
            "tick": self.tick,
            "recovered_ticks": self.recovered,
            "operator_key": key,
        }


def serve(
    settings: Settings,
    source: HostSource,
    announce: Callable[[Serving], None],
    *,
    cut: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Serve the universe of *source* from ``settings.store`` until somebody ends it; what there is to say then.

    :param announce: called when connections are accepted.
    :raises ServeError: when the port is taken or the certificate is none; StoreError, DatabaseError, HostError: see there.
    """
    assert settings.store is not None
    content = content_hash()
    with contextlib.ExitStack() as stack:
        store = Store.open(settings.store, quota=int(settings.quota), keep=settings.keep, content=content)
        stack.callback(store.drop)
        database = stack.enter_context(open_database(settings.store / DATABASE))
        opened = open_universe(
            store,
            source,
            seed=settings.seed,
            minds=settings.minds,
            players=settings.players,
            policy=None if settings.policy is None else led_by(settings.policy),
            backend=settings.backend,
            threads=settings.threads,
            cut=cut,
            progress=progress,
        )
        stack.callback(opened.close)
        _warm_up(opened)
        with _eager_threads(), Collector() as collector:
            server = Server(settings, store, database, opened, content)
            server.simulation.rest = collector.rest
            server.simulation.asides = _asides(settings, opened, server.metrics, stack)
            done = _run(server.run(announce))
        store.close(opened.universe.photograph(), opened.desk)  # the next start, of another version perhaps, begins here
        return done


class Server:
    """One server: its parts, and its life on the event loop."""

    def __init__(self, settings: Settings, store: Store, database: Database, opened: Opened, content: bytes) -> None:
        assert settings.store is not None
        self.settings, self.opened, self.store = settings, opened, store
        self.metrics = Metrics()
        self.audit = Audit(database, days=settings.audit_days)
        self.accounts = Accounts(
            database,
            entry=settings.entry,
            watchers=settings.watchers,
            most=settings.max_accounts,
            token_seconds=settings.token_hours * 3600,
        )
        self.lineage = Lineage(database)
        self.lineage.resume(opened.universe.pull())
        self.operator_key = first_operator(self.accounts, settings.store)
        self.authority = self._authority()
        self.simulation = Simulation(
            self.authority,
            Pace(settings.rate, time.monotonic()),
            self.metrics,
            self._publish,
            opened.host,
            cadence=Cadence(most=settings.snapshot_seconds * settings.rate),
        )
        identity = Identity.load_or_create(settings.store / SERVER_KEY)
        pages = Pages(page_files(), settings.origin_policy(), self.health, self.metrics.render, metrics=settings.metrics)
        gate = Gate(self.accounts, self.metrics, server_id(identity.key), content)
        self.house = House(
            gate,
            settings.session_limits(),
            self.metrics,
            self.audit,
            self.simulation,
            pages,
            world=self._world(gate.server_id),
            most=settings.max_connections,
            offenders=Offenders(settings.block_after, settings.block_seconds),
            applied={account: opened.desk.last_seq(account) for account in opened.desk},
        )
        self._host = Host(str(settings.store))
        self._stopping, self._hurry = asyncio.Event(), asyncio.Event()
        self._grace = float(settings.drain_seconds)
        self.house.orders = Orders(self.house, self.simulation, self.accounts, self.audit, self.stop).follow

    # -- its life -----------------------------------------------------------------------------------------------------

    async def run(self, announce: Callable[[Serving], None]) -> dict[str, Any]:
        """Accept connections and tick until :meth:`stop` is called or a signal comes."""
        self._loop = asyncio.get_running_loop()
        with _signals(self._loop, partial(self.stop, self._grace)):
            door = await self._open_door()
            self.simulation.start()
            watch = asyncio.create_task(self._every_second())
            try:
                announce(self._serving(door))
                await self._stopping.wait()
                log.info("stopping", seconds=self._grace)
                await self.house.drain(self._grace, self._hurry)  # whoever asks is still told that this server stops
            finally:
                await door.close()
                watch.cancel()
                await asyncio.to_thread(self.simulation.stop)
            await self._settle_books()
        universe = self.opened.universe
        return {"tick": universe.tick, "digest": universe.digest()}

    def stop(self, seconds: float) -> None:
        """Stop, giving clients so many seconds to leave; a second call stops at once."""
        if self._stopping.is_set():
            self._hurry.set()
            return
        self._grace = seconds
        self._stopping.set()

    def health(self) -> Health:
        """For ``/healthz``."""
        sim = self.simulation
        health = health_of(
            Signs(
                now=sim.clock(),
                ticked=sim.ticked,
                rate=round(sim.pace.rate),
                asked_rate=round(sim.pace.wanted),
                committed=sim.committed,
                snapshot=sim.photographed,
                snapshot_seconds=self.settings.snapshot_seconds,
                paused=sim.paused,
                disk_full=sim.full,
                draining=self._stopping.is_set(),
            )
        )
        self.metrics.health(health.status)
        return health

    # -- inside -------------------------------------------------------------------------------------------------------

    def _authority(self) -> Authority:
        settings, universe = self.settings, self.opened.universe
        sectors = Sectors(universe.pull().params.side_log2)
        budget = settings.client_kbit * 125 // settings.rate
        authority = Authority(
            universe,
            self.store,
            Replicator(SceneKeeper(sectors), budget=budget),
            self.opened.desk,
            name_of=settings.consent().name_of,
            chat=settings.allow_chat,
        )
        authority.settle(time.monotonic())
        return authority

    def _world(self, server: bytes) -> Mapping[str, Any]:
        params = self.opened.universe.pull().params
        return {
            "side_log2": params.side_log2,
            "sector_log2": SECTOR_LOG2,
            "seed": 0,
            "universe": f"universe {server.hex()[:6]}",  # what the folder is called stays here
            "chat": int(self.settings.allow_chat),
        }

    async def _open_door(self) -> Door:
        settings = self.settings
        tls = _tls(settings)
        try:
            sockets = await listen(settings.host, settings.port)
        except OSError as error:
            raise ServeError(
                f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}; choose another --port"
            ) from None
        return Door(sockets, self.house.lets_in, partial(Wire, self.house), tls)

    def _serving(self, door: Door) -> Serving:
        port = door.port
        shown = "127.0.0.1" if self.settings.host in ("0.0.0.0", "::") else self.settings.host
        shown = f"[{shown}]" if ":" in shown else shown
        scheme = "http" if self.settings.tls_cert is None else "https"
        how = self.opened.recovered
        replayed = how.how.replayed if how is not None else -1
        return Serving(
            f"{scheme}://{shown}:{port}/", self.settings.host, port, self.opened.universe.tick, replayed, self.operator_key
        )

    def _publish(self, ship: Any) -> None:
        """From the committing thread to the loop."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self.house.deliver, ship)

    async def _every_second(self) -> None:
        for second in itertools.count(1):
            await asyncio.sleep(1.0)
            try:
                self.house.every_second()
                self._look_around()
                if second % BOOK_SECONDS == 0:
                    await self._settle_books()
            except Exception as error:  # the next second is another
                log.error("a second was not looked after", error=type(error).__name__, why=str(error))

    def _look_around(self) -> None:
        """How busy the host is, and how full the universe."""
        late = self.simulation.lateness[-1] if self.simulation.lateness else 0.0
        self.authority.gauges = self._host.read(time.monotonic(), late)
        state = self.authority.universe._state
        self.metrics.universe(
            self.house.tick,
            round(self.simulation.pace.rate),
            int(state.bodies.count[0]),
            int((state.lives.live("body") >= 0).sum()),
        )

    async def _settle_books(self) -> None:
        """What SQLite keeps lazily gets to disk; what it cannot take waits for the next time."""
        births, deaths = self.house.take_lineage()
        if not await asyncio.to_thread(self._write_books, births, deaths):
            self.house.give_lineage_back(births, deaths)

    def _write_books(self, births: list[Birth], deaths: list[Death]) -> bool:
        try:
            self.lineage.record(births, deaths)  # twice is once
            self.audit.flush()
            self.accounts.flush()
        except DatabaseError as error:
            log.error("the books cannot be written", why=str(error))
            return False
        return True


def _asides(settings: Settings, opened: Opened, metrics: Metrics, stack: contextlib.ExitStack) -> list[Aside]:
    """What goes on beside the ticks: how minds fare is told, and they learn if they are to."""
    universe = opened.universe
    found: list[Aside] = [] if universe.lives is None else [Faring(universe, metrics, settings.rate)]
    if not settings.learn:
        return found
    if universe.pull().thoughts is None and settings.policy in (None, INSTINCT):
        raise ServeError("minds are to learn, and act by instinct: set policy to what they begin with")
    try:
        schooling = Schooling(universe, metrics, online_settings(settings.learn_set))
    except CannotLearn as error:
        raise ServeError(str(error)) from None
    stack.callback(schooling.close)
    assert universe.lives is not None
    return [*found, Settlers(universe.lives, settings.minds // 2), schooling]


def _warm_up(opened: Opened) -> None:
    """Compile what a tick needs (once a version of the laws) before anybody waits for one."""
    with opened.universe.fork() as rehearsal:
        keeper = SceneKeeper(Sectors(rehearsal.pull().params.side_log2))
        replicator = Replicator(keeper)
        replicator.add(0, 0)
        for _ in range(2):
            rehearsal.step()
            keeper.update(rehearsal.pull())
            replicator.encode()


def _run(life: Any) -> dict[str, Any]:
    """Run the event loop: uvloop's where it is installed, asyncio's elsewhere."""
    try:
        import uvloop
    except ImportError:
        with asyncio.Runner() as runner:
            return dict(runner.run(life))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return dict(runner.run(life))


@contextlib.contextmanager
def _eager_threads() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


@contextlib.contextmanager
def _signals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM stop gracefully; a second one stops waiting."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
            loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in numbers:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(number)


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password="")  # or it would ask whoever sits there
    except (OSError, ssl.SSLError) as error:
        raise ServeError(
            f"tls_cert {settings.tls_cert} and tls_key {settings.tls_key} are no certificate and key without a password: "
            f"{error.strerror or error}"
        ) from None
    return context
