"""The threads beside the event loop: nothing leaves before it is durable, a full disk stands still, a failed one ends it all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faulty_disk import FaultyDisk
from ninepixel.server import simulation as module
from ninepixel.server.durable import Cadence, Store
from ninepixel.server.metrics import Metrics
from ninepixel.server.pace import WINDOW, Pace
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.session import Joined
from ninepixel.server.shipment import Shipment
from ninepixel.server.simulation import DISK_FAILED, Simulation
from small_courts import Court, act, universe_of

#: Far beyond what it takes: time decides nothing here.
PATIENCE = 20.0
RATE = 200.0


class Run:
    """A simulation of a small court in its threads, and what it has published.

    :ivar early: ships that came before the journal was durable.
    """

    def __init__(self, folder: Path, *, cadence: Cadence | None = None) -> None:
        self.disk = FaultyDisk(folder, 3)
        self.court = Court(folder, disk=self.disk)
        self.ships: list[Shipment] = []
        self.early: list[int] = []
        self.simulation = Simulation(
            self.court.authority,
            Pace(RATE, time.monotonic()),
            Metrics(process=False),
            self._publish,
            lambda: (),
            cadence=cadence or Cadence(),
        )

    def _publish(self, ship: Shipment) -> None:
        if ship.tick - 1 > self.court.store.durable:
            self.early.append(ship.tick)
        self.ships.append(ship)

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < end, "it never came to that"
            time.sleep(0.001)

    def stand(self) -> int:
        """Wait until no tick is under way, of a simulation that has been told to stand still; the tick it stands at."""
        reached = threading.Event()
        self.simulation.do(reached.set)
        assert reached.wait(PATIENCE)
        return self.court.universe.tick

    def acks(self, account: int) -> list[int]:
        return [ship.acks[account] for ship in list(self.ships) if account in ship.acks]

    def notices(self) -> list[str]:
        return [letter.fields[0] for ship in list(self.ships) for letter in ship.letters if letter.number == m.NOTICE]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    run.simulation.stop()
    run.court.universe.close()


def test_ships_leave_in_order_when_the_journal_is_durable(run: Run) -> None:
    client = run.court.enter(7)
    run.court.read(client, Joined(1))
    run.simulation.start()
    run.until(lambda: len(run.ships) >= 50)
    run.simulation.stop()
    ticks = [ship.tick for ship in run.ships]
    assert ticks == list(range(1, run.court.universe.tick + 1)), "also the last tick"
    assert run.early == []
    assert run.court.store.durable == run.court.universe.tick - 1
    assert run.acks(7) == [1]
    assert len(run.simulation.lateness) == len(ticks)
    assert run.court.replayed()[0] == run.court.universe.digest()


def test_jobs_are_done_between_ticks_in_their_order(run: Run) -> None:
    done = list[int]()
    busy = threading.Lock()
    tick = run.court.authority.tick

    def guarded(*arguments: object) -> Shipment:
        with busy:
            return tick(*arguments)  # type: ignore[arg-type]

    def job(number: int) -> None:
        assert busy.acquire(blocking=False), "in the middle of a tick"
        busy.release()
        done.append(number)

    run.court.authority.tick = guarded  # type: ignore[method-assign, assignment]
    run.simulation.start()
    for number in range(200):
        run.simulation.do(lambda number=number: job(number))  # type: ignore[misc]
    run.until(lambda: len(done) == 200)
    assert done == list(range(200))


def test_a_universe_that_is_held_still_answers_and_goes_on(run: Run) -> None:
    run.simulation.start()
    run.until(lambda: len(run.ships) > 3)
    run.simulation.paused = True
    tick = run.stand()
    run.until(lambda: run.ships[-1].tick == tick)
    run.simulation.do(lambda: run.court.enter(0, "watch"))
    run.until(lambda: any(ship.welcomed for ship in run.ships))
    held = len(run.ships)
    time.sleep(0.2)
    assert (run.court.universe.tick, len(run.ships)) == (tick, held), "nothing happens, and nothing is said of it"
    run.simulation.paused = False
    run.until(lambda: run.court.universe.tick > tick + 3)


def test_a_full_disk_stands_still_acknowledges_nothing_and_goes_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN", 0.01)
    client = run.court.enter(7)
    run.simulation.start()
    run.until(lambda: len(run.ships) > 3)
    run.disk.room = 0
    run.simulation.do(lambda: run.court.read(client, Joined(1)))
    run.until(lambda: run.simulation.full)
    run.until(lambda: "disk" in run.notices())
    tick, told = run.stand(), len(run.ships)
    time.sleep(0.2)
    assert (run.court.universe.tick, len(run.ships)) == (tick, told)
    assert run.acks(7) == []
    assert run.notices() == ["disk"], "said once"
    run.disk.room = None
    run.until(lambda: run.court.universe.tick > tick + 3)
    run.until(lambda: run.acks(7) == [1])
    assert not run.simulation.full
    run.simulation.stop()
    ticks = [ship.tick for ship in run.ships if ship.frames is not None]
    assert ticks == list(range(1, run.court.universe.tick + 1)), "what waited was not lost"
    assert run.early == []
    assert run.court.replayed()[0] == run.court.universe.digest()


def test_a_server_with_a_full_disk_can_be_stopped(run: Run) -> None:
    run.simulation.start()
    run.until(lambda: len(run.ships) > 3)
    run.disk.room = 0
    run.until(lambda: run.simulation.full)
    before = len(run.ships)
    run.simulation.stop()
    assert len(run.ships) - before <= 1, "what is not durable is not said"
    assert run.early == []


def test_snapshots_are_taken_in_time_and_on_demand(tmp_path: Path) -> None:
    run = Run(tmp_path, cadence=Cadence(fewest=1, most=10))
    for _ in range(31):
        run.simulation._tick(run.simulation.clock())
        run.court.store.commit()
    assert run.court.store.status()["segment"] == 3
    assert run.simulation.snapshot()
    run.court.store.commit()
    assert run.court.store.status()["segment"] == 4
    assert run.simulation.photographed > 0
    digest = run.court.universe.digest()
    run.court.end()
    assert Court(tmp_path, disk=run.disk).universe.digest() == digest


def test_overload_halves_the_rate_and_everybody_is_told(run: Run) -> None:
    """A clock of our own: every tick takes 90 % of what there is and more."""
    now = 50.0
    tick = run.court.authority.tick

    def slow(*arguments: object) -> Shipment:
        nonlocal now
        now += 0.048
        return tick(*arguments)  # type: ignore[arg-type]

    simulation = run.simulation
    simulation.clock, simulation.pace = lambda: now, Pace(20, now)
    run.court.authority.tick = slow  # type: ignore[method-assign, assignment]
    for _ in range(WINDOW):
        simulation._tick(now)
        now = max(now, simulation.pace.due)
    assert (simulation.pace.rate, simulation.pace.wanted) == (10, 20)
    assert max(simulation.lateness) == 0
    run.court.store.commit()
    ships = [simulation._ships.get_nowait() for _ in range(WINDOW)]
    letters = [letter for ship in ships if ship is not None for letter in ship.letters if letter.number == m.NOTICE]
    assert [(letter.to, letter.fields[0], letter.fields[2]) for letter in letters] == [
        (-1, "slow", {"rate_milli": 10_000, "halvings": 1})
    ]


def test_late_ticks_are_measured(run: Run) -> None:
    now = 10.0
    run.simulation.clock, run.simulation.pace = lambda: now, Pace(20, now)
    for late in (0.0, 0.02, 3.0):
        now = run.simulation.pace.due + late
        run.simulation._tick(run.simulation.clock())
    assert [round(late, 6) for late in run.simulation.lateness] == [0.0, 0.02, 3.0]
    assert run.simulation.pace.due == pytest.approx(now + 0.05), "three seconds are not made up for"


class Ended(BaseException):
    """The process would have ended."""


@pytest.mark.parametrize("fault", ["disk", "defect"])
def test_what_cannot_be_relied_upon_ends_the_process(run: Run, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    codes = list[int]()

    def exit_(code: int) -> None:
        codes.append(code)
        raise Ended

    monkeypatch.setattr(os, "_exit", exit_)
    monkeypatch.setattr(threading, "excepthook", lambda arguments: None)
    run.simulation.start()
    run.until(lambda: len(run.ships) > 3)
    if fault == "disk":
        run.disk.fail_sync = True
    else:
        run.simulation.do(lambda: [][0])
    run.until(lambda: bool(codes))
    assert codes[0] == (DISK_FAILED if fault == "disk" else 1)
    assert run.early == []
    run.simulation._ships.put(None)  # the other thread has nobody any more


PROGRAM = """
import json, sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from ninepixel.server.authority import Authority
from ninepixel.server.durable import Desk, Disk, Store
from ninepixel.server.metrics import Metrics
from ninepixel.server.pace import Pace
from ninepixel.server.protocol.session import Acted, Joined
from ninepixel.server.replication import Replicator, SceneKeeper, Sectors
from ninepixel.server.crowd import Client
from ninepixel.server.simulation import Simulation
from small_courts import first_state, nobody, universe_of

class Failing(Disk):
    syncs = 0
    def datasync(self, handle):
        self.syncs += 1
        if self.syncs == 30:
            raise OSError(5, "Input/output error")
        super().datasync(handle)

store = Store.open(Path({folder!r}), Failing())
universe, desk = universe_of(first_state()), Desk()
store.begin(universe.pull(), desk)
authority = Authority(universe, store, Replicator(SceneKeeper(Sectors(7))), desk, name_of=nobody)
client = Client(0, 7, "guest 7", "play", "player")
authority.welcome(client)
seq = 0
def say(ship):
    global seq
    for account, number in ship.acks.items():
        print(json.dumps([ship.tick, number, universe.tick]), flush=True)
    seq += 1
    simulation.do(lambda n=seq: authority.read(0, Acted(n, n % 9, 1, 1) if n > 1 else Joined(1), 0.0))
simulation = Simulation(authority, Pace(500.0, time.monotonic()), Metrics(process=False), say, lambda: ())
simulation.start()
time.sleep(60)
"""


def test_a_disk_that_fails_ends_the_process_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    program = PROGRAM.format(tests=str(Path(__file__).parents[1]), folder=str(tmp_path / "store"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == DISK_FAILED, done.stderr
    assert "the disk has failed" in done.stdout + done.stderr
    acknowledged = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert len(acknowledged) > 10
    store = Store.open(tmp_path / "store")
    recovered = store.recover(universe_of)
    assert recovered is not None
    tick, seq, _ = acknowledged[-1]
    assert recovered.tick >= tick
    assert recovered.desk.last_seq(7) >= seq
    store.drop()
    recovered.universe.close()


def test_an_input_of_who_is_welcome_counts_in_the_tick_after(run: Run) -> None:
    client = run.court.enter(7)
    run.simulation.start()
    run.simulation.do(lambda: run.court.read(client, Joined(1)))
    run.until(lambda: client.slot >= 0)
    run.simulation.do(lambda: run.court.read(client, act(2, move=1)))
    run.until(lambda: run.acks(7) == [1, 2])
