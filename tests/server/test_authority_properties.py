"""Whatever clients do and whenever the power goes: nothing is raised, nobody leads two bodies, nothing acknowledged is lost."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from faulty_disk import FaultyDisk
from ninepixel.server.crowd import GRACE_SECONDS
from ninepixel.server.protocol.codec import encode
from ninepixel.server.protocol.session import Acted, Asked, Ended, Event, Joined, Left, Looked, Pinged, Resync, Said
from ninepixel.world.commands import Command
from ninepixel.world.laws.lives import Role
from small_courts import PERIOD, Court

ACCOUNTS = 4
U32 = (1 << 32) - 1

seqs = st.integers(1, 12)
choices = st.integers(0, 8)
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(Acted, seqs, choices, choices, choices),
    st.builds(Joined, seqs),
    st.builds(Joined, seqs),
    st.builds(Left, seqs),
    st.builds(Said, seqs, st.text(min_size=1, max_size=5)),
    st.builds(Looked, st.integers(0, U32), st.integers(0, U32), st.integers(0, 3)),
    st.builds(Asked, st.integers(0, U32), st.sampled_from(["mind", "name", "moments", "?"]), st.integers(0, 60)),
    st.builds(Resync, st.integers(0, 65535)),
    st.builds(Pinged, st.integers(0, U32)),
    st.just(Ended("bye")),
)
HOST = [
    Command("matter.vanish", b"src/b.py"),
    Command("matter.appear", b"broken"),
    Command("creature.exit", b"1:1"),
    Command("no.such.verb", b""),
]
steps: st.SearchStrategy[tuple[Any, ...]] = st.one_of(
    st.tuples(st.just("enter"), st.integers(0, ACCOUNTS), st.sampled_from(["play", "play", "play", "watch", "admin"])),
    st.tuples(st.just("read"), st.integers(0, 7), events),
    st.tuples(st.just("read"), st.integers(0, 7), events),
    st.tuples(st.just("read"), st.integers(0, 7), events),
    st.tuples(st.just("leave"), st.integers(0, 7)),
    st.tuples(st.just("tick"), st.integers(1, 4)),
    st.tuples(st.just("tick"), st.integers(1, 4)),
    st.tuples(st.just("host"), st.sampled_from(HOST)),
    st.tuples(st.just("wait"), st.sampled_from([1.0, GRACE_SECONDS])),
    st.tuples(st.just("busy"), st.frozensets(st.integers(0, 9), max_size=4)),
    st.tuples(st.just("hurt"), st.integers(0, 7)),
    st.tuples(st.just("power cut"), st.booleans()),
)


class Story:
    """A court to which things happen, and what must hold all along."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.disk = folder, FaultyDisk(folder, 11)
        self.court = Court(folder, players=3, disk=self.disk)
        self.durable, self.acked = self.court.universe.digest(), dict[int, int]()
        self.natural = True  #: nobody was hurt by the test itself, which no journal knows

    def happen(self, what: str, *with_: Any) -> None:
        court = self.court
        clients = sorted(court.authority.crowd.clients.values(), key=lambda client: client.number)
        match what, *with_:
            case "enter", account, mode:
                court.enter(account if mode == "watch" else max(account, 1), mode)
            case "read", which, event if clients:
                court.read(clients[which % len(clients)], event)
            case "leave", which if clients:
                court.leave(clients[which % len(clients)])
            case "tick", times:
                for _ in range(times):
                    self.tick()
            case "host", command:
                self.tick(command)
            case "wait", seconds:
                court.now += seconds
            case "busy", numbers:
                court.authority.busy = numbers
            case "hurt", which if court.authority.crowd.slots:
                slots = sorted(court.authority.crowd.slots.values())
                court.universe.pull().lives["health"][0, slots[which % len(slots)]] = 0
                self.natural = False
            case "power cut", unsaid:
                self.power_cut(unsaid)

    def tick(self, *host: Command) -> None:
        court = self.court
        ship = court.tick(1, host)
        self.durable = court.universe.digest()
        for account, seq in ship.acks.items():
            assert seq >= self.acked.get(account, 0), "acknowledgements do not go back"
            assert seq == court.authority.desk.last_seq(account)
            self.acked[account] = seq
        for letter in ship.letters:
            assert encode(letter.number, *letter.fields)
        self.check()

    def check(self) -> None:
        crowd, lives = self.court.authority.crowd, self.court.universe.pull().lives
        assert crowd.slots == {int(account): slot for slot, account in enumerate(crowd.leader) if account}
        assert len(set(crowd.slots.values())) == len(crowd.slots)
        led = list(crowd.slots.values())
        assert (lives["body"][0, led] >= 0).all()
        assert (lives["role"][0, led] == Role.GUEST).all()
        guests = np.flatnonzero((lives["role"][0] == Role.GUEST) & (lives["body"][0] >= 0)).tolist()
        assert sorted(led) == guests, "no body is led by nobody"
        for client in crowd.clients.values():
            current = crowd.of_account.get(client.account) is client
            assert client.slot == (crowd.slots.get(client.account, -1) if current else -1)
        here = set(crowd.of_account)
        assert set(crowd.left_at) == {account for account in crowd.slots if account not in here}

    def power_cut(self, unsaid: bool) -> None:
        """The machine stops; with *unsaid* in the middle of a tick, of which nobody has been told."""
        if not self.natural:
            return  # what this test did to a body is in no journal
        if unsaid:
            self.court.authority.tick([], self.court.now + PERIOD)
        self.court.store.drop()
        self.court.universe.close()
        self.disk.power_cut()
        self.court = Court(self.folder, disk=self.disk)
        desk = self.court.authority.desk
        assert all(desk.last_seq(account) >= seq for account, seq in self.acked.items())
        if not unsaid:
            assert self.court.universe.digest() == self.durable
        self.tick()


@settings(max_examples=40)
@given(st.lists(steps, max_size=40))
def test_whatever_happens(story: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = Story(Path(folder))
        for step in story:
            told.happen(*step)
        told.tick()
        if told.natural:
            digest, history = told.court.replayed()
            assert digest == told.court.universe.digest()
            assert history.twice == []
        told.court.universe.close()
