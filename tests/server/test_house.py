"""The house without sockets: numbers of clients, who is sent what, what is counted, and what a defect of one costs the others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from websockets.frames import Frame
from websockets.protocol import CLIENT, Protocol

from ninepixel.server.audit import Audit
from ninepixel.server.database import open_database
from ninepixel.server.house import STRANGERS, Gate, House
from ninepixel.server.http import Pages
from ninepixel.server.metrics import Metrics
from ninepixel.server.offenders import Offenders
from ninepixel.server.pace import Pace
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import decode
from ninepixel.server.protocol.limits import Limits
from ninepixel.server.protocol.session import Ended, Event, Joined, Opened, Pinged
from ninepixel.server.shipment import EVERYBODY, WATCHERS, Address, Letter, Shipment
from ninepixel.server.simulation import Simulation
from ninepixel.server.wire import Wire
from ninepixel.world.life.census import Birth
from small_courts import Court, act


@dataclass
class Session:
    """As much of a session as the house looks at."""

    account: int = 0
    mode: str = ""

    def welcome(self, tick: int, tick_ms: int, world: Any, got_seq: int) -> bytes:
        return b"welcome %d" % got_seq


@dataclass(eq=False)
class Line:
    """A wire that remembers what it was given."""

    session: Session | None = field(default_factory=Session)
    number: int = -1
    peer: str = "203.0.113.5"
    busy: bool = False
    given: list[tuple[bytes, str]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)

    def send(self, message: bytes, kind: str) -> None:
        self.given.append((message, kind))
        self.sent[kind] += len(message)

    live = True
    socket_for_now = -1  # so that the house leaves everything to the transport

    @property
    def account(self) -> int:
        return self.session.account if self.session is not None and self.session.mode == "play" else 0

    def write(self, data: bytes) -> None:
        peer = Protocol(CLIENT)
        peer.receive_data(data)
        for event in peer.events_received():
            assert isinstance(event, Frame)
            self.given.append((bytes(event.data), ""))

    def end(self, code: str, text: str) -> None:
        self.ended.append(code)

    def check(self, now: float) -> None:
        pass

    def take(self) -> list[tuple[int, list[Any], str]]:
        """The messages since the last call: number, fields, class."""
        given, self.given = self.given, []
        told = [(decode(data, by_client=False), kind) for data, kind in given if not data.startswith(b"welcome")]
        return [(message.number, values, kind) for (message, values), kind in told]


class Home:
    """A house over a small court whose simulation is ticked by hand."""

    def __init__(self, folder: Path) -> None:
        self.court, self.metrics = Court(folder / "court"), Metrics(process=False)
        self.database = open_database(folder / "accounts.db")
        self.audit = Audit(self.database)
        self.simulation = Simulation(self.court.authority, Pace(20, 0.0), self.metrics, lambda ship: None, lambda: ())
        self.house = House(
            cast("Gate", None),
            Limits(),
            self.metrics,
            self.audit,
            self.simulation,
            cast("Pages", None),
            world={},
            most=STRANGERS * 2,
            offenders=Offenders(after=2, seconds=30),
            applied={7: 3},
        )

    def come(self, account: int = 0, mode: str = "watch") -> Line:
        """Somebody connects and logs in; the simulation has yet to hear of it."""
        line = Line()
        self.house.arrived(cast("Wire", line))
        line.session = Session(account, mode)
        self.say(line, Opened(mode, account, "player" if account else "guest", f"guest {account}", False))
        return line

    def say(self, line: Line, event: Event) -> None:
        self.house.happened(cast("Wire", line), event)

    def go(self, line: Line) -> None:
        self.house.departed(cast("Wire", line))

    def tick(self, *, deliver: bool = True) -> Shipment:
        """What was asked for is done, a tick passes, and what it sends leaves."""
        self.simulation._do_jobs()
        ship = self.court.tick()
        if deliver:
            self.house.deliver(ship)
        return ship

    def figure(self, name: str) -> float:
        """A figure as Prometheus would read it."""
        lines = self.metrics.render().decode().splitlines()
        return float(next(line.rpartition(" ")[2] for line in lines if line.startswith(f"ninepixel_{name} ")))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.database.close()
    home.court.universe.close()


def test_what_is_said_reaches_the_simulation_and_its_answer_the_one_who_asked(home: Home) -> None:
    first, second = home.come(), home.come()
    home.tick()
    home.say(second, Pinged(5))
    home.tick()
    assert [values[0] for number, values, _ in second.take() if number == m.PONG] == [5]
    assert [number for number, *_ in first.take() if number == m.PONG] == []


def test_numbers_are_the_lowest_that_are_free(home: Home) -> None:
    lines = [home.come() for _ in range(5)]
    assert [line.number for line in lines] == [0, 1, 2, 3, 4]
    home.tick()
    for which in (3, 1):
        home.go(lines[which])
    home.tick()
    assert [home.come().number for _ in range(3)] == [1, 3, 5]


def test_a_number_is_not_given_again_while_something_is_under_way_for_it(home: Home) -> None:
    gone = home.come()
    number = gone.number
    home.say(gone, Pinged(99))
    ship = home.tick(deliver=False)  # the disk takes its time
    home.go(gone)
    newer = home.come()
    assert newer.number != number
    home.house.deliver(ship)
    home.tick()
    assert m.PONG not in [kind for kind, *_ in newer.take()], "what was for another"
    assert home.come().number == number


def test_nothing_is_sent_to_who_is_not_in_yet(home: Home) -> None:
    line = home.come()
    home.house.deliver(Shipment(1, letters=[Letter(line.number, m.PONG, (1, 1)), Letter(EVERYBODY, m.PONG, (2, 1))]))
    assert line.take() == []
    home.tick()
    home.house.deliver(Shipment(1, letters=[Letter(line.number, m.PONG, (1, 1))]))
    assert [number for number, *_ in line.take()][-1] == m.PONG


def test_letters_reach_those_they_are_for(home: Home) -> None:
    watcher, player, operator = home.come(), home.come(5, "play"), home.come(6, "admin")
    home.tick()
    for line in (watcher, player, operator):
        line.take()
    addresses: tuple[Address, ...] = (EVERYBODY, WATCHERS, player.number, (watcher.number, operator.number, 77), 77)
    home.house.deliver(Shipment(1, letters=[Letter(to, m.PONG, (t, 1)) for t, to in enumerate(addresses)]))
    got = [[values[0] for _, values, _ in line.take()] for line in (watcher, player, operator)]
    assert got == [[0, 1, 3], [0, 2], [3]]


def test_those_who_see_nothing_get_no_frames_and_break_nobodys(home: Home) -> None:
    first = home.come(9, "admin")
    home.tick()
    watcher = home.come()
    operators = [first, *(home.come(90 + n, "admin") for n in range(70))]
    for _ in range(3):
        home.tick()
    assert m.FRAME in [number for number, *_ in watcher.take()]
    assert all(m.FRAME not in [number for number, *_ in line.take()] for line in operators)


def test_acknowledgements_reach_the_player_also_when_nothing_else_does(home: Home) -> None:
    player, watcher = home.come(7, "play"), home.come(7, "watch")
    assert player.given[0] == (b"welcome 3", "control")
    home.tick()
    home.say(player, Joined(4))
    home.tick()
    home.say(player, act(5, move=1))
    home.tick()
    acks = [values[2] for number, values, _ in player.take() if number == m.FRAME]
    assert [ack for ack in acks if ack] == [4, 5]
    home.say(player, act(5))  # once more, while the universe stands still
    home.simulation._do_jobs()
    watcher.take()
    home.house.deliver(home.court.authority.take_ship())
    assert [values for number, values, _ in player.take() if number == m.FRAME] == [[home.house.tick, b"", 5]]
    assert watcher.take() == [], "a watcher of the same account is acknowledged nothing"
    assert home.come(7, "play").given[0][0] == b"welcome 5"


def test_who_is_behind_gets_no_frames_and_no_news_but_what_is_its_own(home: Home) -> None:
    watcher = home.come()
    home.tick()
    watcher.take()
    watcher.busy = True
    home.tick()
    assert home.court.authority.busy == {watcher.number}
    watcher.take()
    home.tick()
    news = [Letter(WATCHERS, m.OVERVIEW, (1, b"x")), Letter(watcher.number, m.PONG, (1, 1))]
    home.house.deliver(Shipment(1, letters=news))
    assert [number for number, *_ in watcher.take()] == [m.PONG]
    assert home.figure("frames_dropped_total") == 2
    watcher.busy = False
    home.tick()
    assert home.court.authority.busy == frozenset()


def test_a_letter_that_cannot_be_written_costs_nobody_else_anything(home: Home) -> None:
    watcher = home.come()
    home.tick()
    watcher.take()
    letters = [Letter(watcher.number, m.HEARD, (1, 1, "a", "two\nlines")), Letter(watcher.number, m.PONG, (1, 1))]
    home.house.deliver(Shipment(1, letters=letters, births=[Birth(1, 1, 0, 0, bytes(9), 1, 0)], endings=[(0, "kicked", "")]))
    assert [number for number, *_ in watcher.take()] == [m.PONG]
    assert watcher.ended == ["kicked"]
    assert home.house.births[-1].tick == 1


def test_what_leaves_is_counted_by_kind_and_what_is_refused_by_reason(home: Home) -> None:
    player = home.come(7, "play")
    home.tick()
    home.say(player, act(4, move=1))
    home.tick()
    assert home.figure('refused_total{kind="body"}') == 1
    assert home.figure('messages_out_total{kind="refused"}') == 1
    home.house.deliver(Shipment(1, letters=[Letter(player.number, m.ANSWER, (1, True, {"name": "x"}), "names")]))
    home.go(player)
    home.audit.flush()
    sent = {row.by: row.bytes for row in home.audit.sent(account=7)}
    assert sent["names"] > 0
    assert sent == dict(player.sent) | sent
    assert home.figure('bytes_out_total{class="names"}') == sent["names"]


def test_bytes_of_strangers_are_counted_by_their_address(home: Home) -> None:
    watcher = home.come()
    home.tick()
    home.house.every_second()
    home.audit.flush()
    assert {row.by for row in home.audit.sent(by="peer")} == {watcher.peer}
    assert home.figure('clients{mode="watch"}') == 1
    assert not watcher.sent


def test_there_is_room_for_so_many_strangers_and_no_more(home: Home) -> None:
    lines = [Line(session=None) for _ in range(STRANGERS)]
    for line in lines:
        assert home.house.lets_in(line.peer, coming=0)
        home.house.arrived(cast("Wire", line))
    assert not home.house.lets_in("127.0.0.1", coming=0)
    assert home.figure('refused_total{kind="full"}') == 1
    home.go(lines[0])
    assert home.house.lets_in("127.0.0.1", coming=0)
    assert not home.house.lets_in("127.0.0.1", coming=1), "somebody is on the way to that place"


def test_the_end_of_a_session_is_the_end_of_its_connection(home: Home) -> None:
    watcher = home.come()
    home.tick()
    home.say(watcher, Ended("bye"))
    home.tick()
    assert watcher.number in home.court.authority.crowd.clients
    home.go(watcher)
    home.go(watcher)
    home.tick()
    assert home.court.authority.crowd.clients == {}
    home.say(watcher, Pinged(1))
    assert home.simulation._jobs.empty(), "nothing is read of who has gone"


def test_operators_find_everybody_and_end_all_sessions_of_an_account(home: Home) -> None:
    playing, watching, other = home.come(7, "play"), home.come(7, "watch"), home.come(8, "play")
    home.tick()
    assert [(row[1], row[3], row[5], row[6]) for row in home.house.who()] == [
        (7, "play", playing.peer, -1),
        (7, "watch", watching.peer, -1),
        (8, "play", other.peer, -1),
    ]
    assert home.house.end(7, "kicked", "") == 2
    assert [line.ended for line in (playing, watching, other)] == [["kicked"], ["kicked"], []]


def test_who_comes_while_it_drains_is_sent_away(home: Home) -> None:
    here = home.come()

    async def drain() -> Line:
        hurry = asyncio.Event()
        draining = asyncio.create_task(home.house.drain(3600, hurry))
        await asyncio.sleep(0)
        late = home.come()
        hurry.set()
        await draining
        return late

    late = asyncio.run(drain())
    assert [values[0] for number, values, _ in here.take() if number == m.NOTICE] == ["draining"]
    assert (here.ended, late.ended[0], late.number) == (["draining"], "draining", -1)


def test_lineage_that_cannot_be_written_waits(home: Home) -> None:
    birth, later = (Birth(1, serial, 0, 0, bytes(9), 1, 0) for serial in (1, 2))
    home.house.births = [birth]
    taken = home.house.take_lineage()
    assert taken == ([birth], [])
    home.house.births = [later]
    home.house.give_lineage_back(*taken)
    assert home.house.take_lineage() == ([birth, later], [])


def test_who_misbehaves_again_and_again_is_turned_away(home: Home) -> None:
    for _ in range(3):  # the first has faded a little
        bad = Line()
        assert home.house.lets_in(bad.peer, coming=0)
        home.house.arrived(cast("Wire", bad))
        home.house.happened(cast("Wire", bad), Ended("malformed"))
        home.house.departed(cast("Wire", bad))
    assert not home.house.lets_in(Line().peer, coming=0)
    assert home.house.lets_in("198.51.100.7", coming=0), "others are not meant"
    assert home.figure('refused_total{kind="rate"}') == 1
