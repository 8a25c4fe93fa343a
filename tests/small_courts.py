"""An authority over a small universe, with a journal in memory and a clock of its own: for tests without sockets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from faulty_disk import FaultyDisk
from host_trees import survey_of
from ninepixel.server.asks import NameOf
from ninepixel.server.authority import Authority
from ninepixel.server.crowd import Client
from ninepixel.server.durable import Desk, Store
from ninepixel.server.durable.history import History, run_history
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import decode
from ninepixel.server.protocol.session import Acted, Event, Joined
from ninepixel.server.replication import Replicator, SceneKeeper, Sectors, View, sector_hashes
from ninepixel.server.shipment import EVERYBODY, WATCHERS, Shipment
from ninepixel.world.commands import Command
from ninepixel.world.genesis import genesis
from ninepixel.world.state import State
from ninepixel.world.universe import Universe

#: Seconds of a tick.
PERIOD = 0.05
FILES = (b"a.md", b"src/b.py", b"src/c.csv", b"src/deep/d.log")


def first_state(minds: int = 2, players: int = 4) -> State:
    """A small universe as it begins."""
    return genesis(survey_of(FILES), seed=3, minds=minds, spare=players)


def universe_of(state: State) -> Universe:
    """A universe that owns *state* and keeps no record of its own."""
    return Universe.from_state(state, "cpu", record=False)


def nobody(state: State, sprite: int) -> str | None:
    """Nothing has a name that may be told."""
    return None


class Court:
    """An authority, those who have come before it, and everything that it has sent.

    :ivar now: its clock, seconds. :ivar ships: every shipment, in order.
    :ivar checks: by tick the check of every sector, of movers (False) and of the ground (True).
    """

    def __init__(
        self,
        folder: Path,
        *,
        minds: int = 2,
        players: int = 4,
        chat: bool = True,
        name_of: NameOf = nobody,
        disk: FaultyDisk | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.disk = folder, disk or FaultyDisk(folder, 1)
        self.store = Store.open(folder, self.disk, start=lambda work: work())
        recovered = self.store.recover(universe_of)
        if recovered is None:
            self.universe, desk = universe_of(first_state(minds, players)), Desk()
            self.store.begin(self.universe.pull(), desk)
        else:
            self.universe, desk = recovered.universe, recovered.desk
        sectors = Sectors(self.universe.pull().params.side_log2)
        replicator = Replicator(SceneKeeper(sectors))
        self.authority = Authority(self.universe, self.store, replicator, desk, name_of=name_of, chat=chat)
        self.now = 1000.0
        self.authority.settle(self.now)
        self.ships: list[Shipment] = []
        self._numbers = 0
        self.checks: dict[int, dict[bool, list[int]]] = {}
        self._look()

    # -- what people do -----------------------------------------------------------------------------------------------

    def enter(self, account: int, mode: str = "play", number: int | None = None) -> Client:
        """A session opens."""
        self._numbers += 1
        role = "player" if account else "guest"
        client = Client(
            self._numbers - 1 if number is None else number, account, f"guest {account}" if account else "", mode, role
        )
        self.authority.welcome(client)
        return client

    def read(self, client: Client, *events: Event) -> None:
        """A client says something."""
        for event in events:
            self.authority.read(client.number, event, self.now)

    def leave(self, client: Client) -> None:
        """A connection is lost."""
        self.authority.forget(client.number, self.now)

    def join(self, account: int, seq: int = 1) -> Client:
        """Somebody comes and takes a body."""
        client = self.enter(account)
        self.read(client, Joined(seq))
        self.tick()
        assert client.slot >= 0, self.sent(client, m.REFUSED)
        return client

    # -- time ---------------------------------------------------------------------------------------------------------

    def tick(self, times: int = 1, host: Sequence[Command] = ()) -> Shipment:
        """Ticks pass; the last shipment."""
        for _ in range(times):
            self.now += PERIOD
            self.ships.append(self.authority.tick(host, self.now))
            self.store.commit()
            self._look()
        return self.ships[-1]

    def _look(self) -> None:
        scene = self.authority.replicator.keeper.scene
        self.checks[scene.tick] = {ground: sector_hashes(scene, ground=ground).tolist() for ground in (False, True)}

    def end(self) -> None:
        """The process is killed."""
        self.store.drop()
        self.universe.close()
        self.disk.show()

    # -- what came of it ----------------------------------------------------------------------------------------------

    def sent(self, client: Client, number: int, ships: Iterable[Shipment] | None = None) -> list[tuple[Any, ...]]:
        """The fields of every letter of that kind (or YOU) that went to a client."""
        groups = {client.number, EVERYBODY} if client.sees else {client.number}
        groups |= {WATCHERS} if client.mode == "watch" else set()
        found = list[tuple[Any, ...]]()
        for ship in self.ships if ships is None else ships:
            if number == m.YOU:
                found += [tuple(decode(data, by_client=False)[1]) for to, data in ship.yous if to == client.number]
            for letter in ship.letters:
                to = {letter.to} if isinstance(letter.to, int) else set(letter.to)
                if letter.number == number and to & groups:
                    found.append(letter.fields)
        return found

    def refusals(self, client: Client) -> list[tuple[str, int]]:
        """Code and number of all that was refused to a client."""
        return [(code, seq) for code, _, seq in self.sent(client, m.REFUSED)]

    def acks(self, account: int) -> list[int]:
        """What an account was told to be done, in order."""
        return [ship.acks[account] for ship in self.ships if account in ship.acks]

    def view(self, client: Client, ships: Iterable[Shipment] | None = None) -> View:
        """What a client knows from all frames."""
        view = View(self.universe.pull().params.side_log2)
        for ship in self.ships if ships is None else ships:
            if ship.frames is not None and (payload := ship.frames.of(client.number)):
                assert view.apply(payload, ship.tick) == 0
        return view

    def replayed(self) -> tuple[str, History]:
        """The digest to which the journal leads, and what was seen on the way."""
        self.disk.show()
        universe, history = run_history(self.folder, universe_of)
        with universe:
            return universe.digest(), history


def act(seq: int, move: int = 0, act: int = 0, utter: int = 0) -> Acted:
    """An input."""
    return Acted(seq, move, act, utter)
