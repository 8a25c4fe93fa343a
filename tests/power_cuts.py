"""A server on a disk that loses what a disk may lose, its clients, and a witness of every state it was ever in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from faulty_disk import FaultyDisk, PowerCut
from ninepixel.server.durable import Desk, DiskFailure, DiskFull, Store
from ninepixel.world.commands import Command
from ninepixel.world.digest import Digester
from small_universes import ToyUniverse, small_state

ACCOUNTS = 5


class World:
    """What must never be lost, told by the side that cannot crash: the clients, and a witness of every state.

    :ivar commands, digests: by tick, of the history that the server is in.
    """

    begin = 0

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.disk = FaultyDisk(folder, seed)
        self.folder = folder
        self.sent = [0] * ACCOUNTS
        self.acknowledged = [0] * ACCOUNTS
        self.commands: list[list[Command]] = []
        self.digests: list[str] = []
        self.seen = {"cuts": 0, "failed syncs": 0, "full": 0, "unacknowledged kept": 0, "moved over": 0, "torn": 0, "retries": 0}

    def live_and_die(self) -> None:
        """One life of the server, from its recovery to its end."""
        jobs: list[Callable[[], None]] = []
        try:
            store = Store.open(self.folder, self.disk, keep=3, start=jobs.append)
            universe, desk = self._risen(store)
            Life(self, store, universe, desk, jobs).go_on()
        except PowerCut:
            self.seen["cuts"] += 1
        self.disk.power_cut()

    def _risen(self, store: Store) -> tuple[ToyUniverse, Desk]:
        found = store.recover(ToyUniverse)
        if found is None:
            assert not any(self.acknowledged), "everything is gone"
            self.commands, self.digests = [], []
            universe = ToyUniverse(small_state())
            store.begin(universe.state.copy())
            self.begin = universe.tick
            self.digests.append(Digester().digest(universe.state))
            return universe, Desk()
        ticks = found.tick - self.begin
        assert 0 <= ticks <= len(self.commands)
        assert Digester().digest(found.state) == self.digests[ticks]
        self.seen["torn"] += found.how.torn > 0
        del self.commands[ticks:], self.digests[ticks + 1 :]
        for account in range(ACCOUNTS):
            last = found.desk.last_seq(account)
            assert self.acknowledged[account] <= last <= self.sent[account]
            self.seen["unacknowledged kept"] += last > self.acknowledged[account]
            done = [c.data["seq"] for tick in self.commands for c in tick if c.data["by"] == account]
            assert done == list(range(1, last + 1)), "lost, or done twice"
        return found.universe, found.desk

    def check_uninterrupted(self) -> None:
        """The whole history in one run."""
        universe = ToyUniverse(small_state())
        for commands in self.commands:
            universe.step(commands)
        assert Digester().digest(universe.state) == self.digests[-1]


class Life:
    """A server that runs until something goes wrong, or for some ticks."""

    def __init__(self, world: World, store: Store, universe: ToyUniverse, desk: Desk, jobs: list[Callable[[], None]]) -> None:
        self.world, self.store, self.universe, self.desk, self.jobs = world, store, universe, desk, jobs
        self.random = world.random

    def go_on(self) -> None:
        world, store = self.world, self.store
        ticks = int(self.random.integers(1, 40))
        plan = int(self.random.integers(8))
        if plan < 5:
            world.disk.cut_after = int(self.random.integers(0, 4 * ticks))
        segment = store.log.number
        for number in range(ticks):
            self._fail_now_and_then(plan, number == ticks // 2)
            try:
                self._tick()
                if self.random.integers(3):
                    self._commit()
            except DiskFailure:
                world.seen["failed syncs"] += 1
                self._stays_dead()
                return
        world.seen["moved over"] += store.log.number - segment
        if plan == 7:
            world.disk.room = None
            self._finish_snapshot()
            store.close()

    def _fail_now_and_then(self, plan: int, now: bool) -> None:
        if plan == 5 and now:
            self.world.disk.fail_sync = True
        if plan == 6 and now:
            self.world.disk.room = int(self.random.integers(0, 3000))

    def _tick(self) -> None:
        world, store, universe = self.world, self.store, self.universe
        commands = [c for account in range(ACCOUNTS) for c in self._from(account)]
        tick = universe.tick
        store.append(tick, commands)
        universe.step(commands)
        self.desk.apply(commands)
        world.commands.append(commands)
        world.digests.append(Digester().digest(universe.state))
        if not self.random.integers(6):
            store.mark(universe.tick, Digester().digests(universe.state))
        if not self.random.integers(5):
            store.snapshot(universe.state.copy(), self.desk)
        if not self.random.integers(3):
            self._finish_snapshot()

    def _from(self, account: int) -> Iterator[Command]:
        """What an account sends: what it has no receipt for once more, sometimes something new."""
        world = self.world
        if world.sent[account] == world.acknowledged[account]:
            if self.random.integers(3):
                return
            world.sent[account] += 1
        elif self.random.integers(2):
            return
        seq = world.sent[account]
        if not self.desk.fresh(account, seq):
            world.seen["retries"] += 1
            return
        yield Command("push", b"%d" % account, {"by": account, "seq": seq, "index": 1 + account})

    def _commit(self) -> None:
        store, world = self.store, self.world
        before = store.durable
        try:
            durable = store.commit()
        except DiskFull:
            world.seen["full"] += 1
            durable = store.durable
            world.disk.room = None  # somebody makes room
            if self.random.integers(2):
                durable = store.commit()
                assert durable == self.universe.tick - 1
        assert before <= durable <= self.universe.tick - 1
        for commands in world.commands[: durable + 1 - world.begin]:
            for command in commands:
                account, seq = command.data["by"], command.data["seq"]
                world.acknowledged[account] = max(world.acknowledged[account], seq)

    def _finish_snapshot(self) -> None:
        while self.jobs:
            self.jobs.pop()()

    def _stays_dead(self) -> None:
        with pytest.raises(DiskFailure):
            self.store.commit()
        with pytest.raises(DiskFailure):
            self.store.append(self.universe.tick, [])
