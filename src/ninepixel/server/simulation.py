"""The threads beside the event loop: one ticks, one commits. Kernels and the disk let go of the interpreter's lock, so both run
while the loop serves sockets.

The ticking thread hands what each tick wants to send to the committing thread, which lets it go to the loop as soon as the
journal is durable up to that tick. When the disk is full the universe stands still, and everybody is told; when the disk fails,
the process ends at once: what it would say from then on could not be relied upon.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from ninepixel.server.authority import Authority
from ninepixel.server.durable.disk import DiskFailure, DiskFull
from ninepixel.server.durable.snapshots import Cadence
from ninepixel.server.metrics import Metrics
from ninepixel.server.pace import Pace
from ninepixel.server.protocol import messages as m
from ninepixel.server.shipment import EVERYBODY, Letter, Shipment
from ninepixel.world.commands import Command

log = structlog.get_logger("ninepixel.server")

#: The exit status of a process whose disk has failed.
DISK_FAILED = 70
#: Seconds between two attempts to write to a disk that is full.
AGAIN = 1.0
#: Ticks whose lateness is remembered one by one: ten minutes.
REMEMBERED = 12_000
#: While the universe stands still, clients are heard this often, seconds.
IDLE = 0.05

Job = Callable[[], object]


class Aside(Protocol):
    """What goes on beside the ticks, such as a school of the minds; it must never wait."""

    def before(self) -> Sequence[Command]:
        """Called before a tick; the commands that come back are a part of it."""

    def after(self) -> None:
        """Called when the tick is done and what it says is on its way."""


@dataclass(slots=True)
class Simulation:
    """Ticks an authority in a thread of its own.

    :param publish: called with every shipment that may leave, on the committing thread, in order.
    :param host: gives the commands of the host for the next tick.
    :param cadence: says when a snapshot is due.
    :param rest: called when a tick is done and the next is not due.
    :param asides: what goes on beside the ticks.
    """

    authority: Authority
    pace: Pace
    metrics: Metrics
    publish: Callable[[Shipment], None]
    host: Callable[[], Sequence[Command]]
    clock: Callable[[], float] = time.monotonic
    cadence: Cadence = field(default_factory=Cadence)
    rest: Callable[[], object] = int
    asides: list[Aside] = field(default_factory=list)
    paused: bool = False
    full: bool = False
    #: When a tick was last done, the journal last durable, a snapshot last begun; seconds of the clock.
    ticked: float = 0.0
    committed: float = 0.0
    photographed: float = 0.0
    #: How late the last ticks began, seconds.
    lateness: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _ordered: bool = False  # another rate, of which nobody has been told
    _jobs: queue.SimpleQueue[Job] = field(default_factory=queue.SimpleQueue)
    _ships: queue.SimpleQueue[Shipment | None] = field(default_factory=queue.SimpleQueue)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    # -- from other threads -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to tick."""
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=f"ninepixel-{name}", daemon=True)
            for name, work in (("ticks", self._tick_on), ("commits", self._commit_on))
        ]
        for thread in self._threads:
            thread.start()

    def do(self, job: Job) -> None:
        """Have *job* done between two ticks, in the order of the calls."""
        self._jobs.put(job)

    def stop(self) -> None:
        """Finish the tick that runs, make it durable, and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    # -- the ticking thread -------------------------------------------------------------------------------------------

    def _tick_on(self) -> None:
        self.pace.due = self.ticked = self.committed = self.photographed = self.clock()
        while not self._stop.is_set():
            self._wait()
            start = self.clock()
            self._do_jobs()
            if self._stop.is_set():
                break
            if self.paused or self.full:
                if ship := self.authority.take_ship():
                    self._ships.put(ship)
                self.pace.due = self.clock() + IDLE
            else:
                self._tick(start)
            self.rest()
        self._ships.put(None)

    def _wait(self) -> None:
        left = self.pace.due - self.clock()
        if left > 0:
            time.sleep(left)

    def _do_jobs(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            job()

    def _tick(self, start: float) -> None:
        """One tick. It began at *start*, when it began to hear what clients want."""
        late = self.pace.start(start)
        stepped = self.authority.stepped
        commands = [*self.host(), *(command for aside in self.asides for command in aside.before())]
        ship = self.authority.tick(commands, start)
        spent = self.clock() - start
        self.cadence.stepped(self.authority.stepped - stepped)
        if self.pace.done(spent) or self._ordered:
            self._ordered = False
            self._tell_rate(ship)
        self.lateness.append(late)
        self.metrics.tick(late, spent)
        self.ticked = self.clock()
        self._ships.put(ship)
        for aside in self.asides:
            aside.after()
        if self.cadence.due:
            self.snapshot()

    def set_rate(self, rate: float) -> None:
        """Tick so often from now on, and tell everybody; on the ticking thread alone."""
        self.pace.set_rate(rate)
        self._ordered = True

    def snapshot(self) -> bool:
        """Begin to write a snapshot in the background; on the ticking thread alone. False when one is being written already."""
        authority = self.authority
        if authority.store.log.forking or not authority.store.snapshot(authority.universe.photograph(), authority.desk):
            return False
        self.cadence.taken()
        self.photographed = self.clock()
        self.metrics.snapshot(authority.universe.tick, time.time())
        return True

    def _tell_rate(self, ship: Shipment) -> None:
        log.info("the rate has changed", rate=self.pace.rate, halvings=self.pace.halvings)
        fields = {"rate_milli": round(self.pace.rate * 1000), "halvings": self.pace.halvings}
        ship.letters.append(Letter(EVERYBODY, m.NOTICE, ("slow", m.NOTICES["slow"], fields)))

    # -- the committing thread ----------------------------------------------------------------------------------------

    def _commit_on(self) -> None:
        ended = False
        while not ended:
            ships = [self._ships.get()]
            while not self._ships.empty():
                ships.append(self._ships.get())
            ended = ships[-1] is None
            if not self._commit():
                return
            for ship in ships:
                if ship is not None:
                    self.publish(ship)

    def _commit(self) -> bool:
        """Make the journal durable; while there is no room, wait for some. False when it is time to end without any."""
        while True:
            start = self.clock()
            try:
                self.authority.store.commit()
            except DiskFull as error:
                self._stand_still(str(error))
                if self._stop.wait(AGAIN):
                    return False
                continue
            self.committed = self.clock()
            self.metrics.committed(self.committed - start, self.authority.store.quota.used)
            if self.full:
                log.info("there is room again")
                self.full = False
            return True

    def _stand_still(self, why: str) -> None:
        if self.full:
            return
        self.full = True
        log.error("the disk is full: the universe stands still until there is room", why=why)
        self.publish(Shipment(0, letters=[Letter(EVERYBODY, m.NOTICE, ("disk", m.NOTICES["disk"], {}))]))

    # -- both ---------------------------------------------------------------------------------------------------------

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except DiskFailure as error:
            log.critical("the disk has failed; ending at once, recovery will go on from what is durable", why=str(error))
            os._exit(DISK_FAILED)
        except BaseException as error:
            log.critical("the universe cannot go on", error=type(error).__name__, why=str(error), exc_info=True)
            os._exit(1)
