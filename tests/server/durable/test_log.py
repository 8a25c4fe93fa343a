"""The log: three threads, a disk that is full, a quota, and the moment at which one segment takes over from another."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ninepixel.server.durable import Cadence, Desk, Disk, DiskFailure, DiskFull, Store
from ninepixel.server.durable.history import run_history, segments_of
from ninepixel.server.durable.segment import segment_name
from ninepixel.world.commands import Command
from ninepixel.world.digest import digest
from ninepixel.world.state import State
from small_universes import ToyUniverse, small_state


class Watched(Disk):
    """A real disk on which a test does something just before an operation, or makes it fail."""

    def __init__(self) -> None:
        self.before: dict[str, Callable[[Path | None], object]] = {}

    def _now(self, what: str, path: Path | None = None) -> None:
        act = self.before.pop(what, None)
        if act is not None:
            act(path)

    def datasync(self, handle: int) -> None:
        self._now("datasync")
        super().datasync(handle)

    def rename(self, old: Path, new: Path) -> None:
        self._now("rename", new)
        super().rename(old, new)

    def sync_folder(self, folder: Path) -> None:
        self._now("sync_folder", folder)
        super().sync_folder(folder)

    def truncate(self, handle: int, size: int) -> None:
        self._now("truncate")
        super().truncate(handle, size)

    def pwrite(self, handle: int, data: bytes, at: int) -> None:
        try:
            self._now("pwrite")
        except OSError:
            super().pwrite(handle, data[: len(data) // 2], at)
            raise
        super().pwrite(handle, data, at)


def failing(code: int) -> Callable[[object], object]:
    def fail(_: object) -> None:
        raise OSError(code, errno.errorcode[code])

    return fail


def first() -> State:
    state = small_state()
    state.tick = 0
    return state


class Server:
    """A store and a universe, stepped by hand."""

    def __init__(self, folder: Path, disk: Disk | None = None, keep: int = 8) -> None:
        self.jobs: list[Callable[[], None]] = []
        self.folder = folder
        self.store = Store.open(folder, disk, start=self.jobs.append, keep=keep)
        self.universe, self.desk = ToyUniverse(first()), Desk()
        self.store.begin(self.universe.state.copy())

    def tick(self, *commands: Command) -> None:
        self.store.append(self.universe.tick, commands)
        self.universe.step(commands)
        self.desk.apply(commands)

    def snapshot(self) -> None:
        assert self.store.snapshot(self.universe.state.copy(), self.desk)

    def prepare(self) -> None:
        self.jobs.pop()()

    def check(self) -> None:
        """What is durable leads to the state that there is."""
        self.store.drop()
        universe, history = run_history(self.folder, ToyUniverse)
        assert digest(universe.state) == digest(self.universe.state)
        assert history.desk == self.desk


def push(seq: int) -> Command:
    return Command("push", b"", {"index": 3, "by": 1, "seq": seq})


def test_a_group_of_ticks_is_one_frame_and_one_sync(tmp_path: Path) -> None:
    server = Server(tmp_path)
    for seq in range(1, 6):
        server.tick(push(seq))
    assert server.store.durable == -1
    assert server.store.log.waiting > 0
    assert server.store.commit() == 4
    assert server.store.log.waiting == 0
    assert [ref.kind for ref in segments_of(tmp_path)[0].frames] == ["snapshot", "desk", "mark", "journal"]
    server.check()


def test_what_comes_during_a_commit_is_for_the_next_one(tmp_path: Path) -> None:
    disk = Watched()
    server = Server(tmp_path, disk)
    server.tick(push(1))
    disk.before["datasync"] = lambda _: server.tick(push(2))
    assert server.store.commit() == 0
    assert server.store.commit() == 1
    server.check()


def test_a_segment_does_not_take_over_before_what_came_before_it_is_durable(tmp_path: Path) -> None:
    disk = Watched()
    server = Server(tmp_path, disk)

    def meanwhile(_: object) -> None:
        server.tick(push(2))
        server.snapshot()
        disk.before.pop("datasync", None)
        server.prepare()
        server.tick(push(3))

    server.tick(push(1))
    disk.before["datasync"] = meanwhile
    assert server.store.commit() == 0
    assert server.store.log.number == 0
    assert server.store.commit() == 2
    assert server.store.log.number == 1
    server.tick(push(4))
    server.store.commit()
    server.check()
    assert [len(s.frames) for s in segments_of(tmp_path)] == [5, 5]


def test_what_happens_while_a_snapshot_is_prepared_is_in_both_segments(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.tick(push(1))
    server.snapshot()
    assert not server.store.snapshot(server.universe.state.copy(), server.desk), "one at a time"
    for seq in range(2, 5):
        server.tick(push(seq))
        server.store.commit()
    assert server.store.status()["snapshot_running"]
    server.prepare()
    server.tick(push(5))
    server.store.commit()
    assert not server.store.status()["snapshot_running"]
    ticks = [[ref.tick for ref in s.frames if ref.kind == "journal"] for s in segments_of(tmp_path)]
    assert ticks == [[0, 2, 3, 4], [1]]
    server.check()


def test_the_next_snapshot_waits_until_a_segment_has_taken_over(tmp_path: Path) -> None:
    disk = Watched()
    server = Server(tmp_path, disk)
    server.tick(push(1))
    server.snapshot()
    server.prepare()
    refused = list[bool]()

    def meanwhile(_: object) -> None:
        server.tick(push(2))
        refused.append(not server.store.snapshot(server.universe.state.copy(), server.desk))

    disk.before["sync_folder"] = meanwhile  # the new segment has its name, and the old one is still written
    assert server.store.commit() == 0
    assert refused == [True]
    server.snapshot()
    server.prepare()
    server.store.commit()
    assert [s.number for s in segments_of(tmp_path)] == [0, 1, 2]
    server.check()


@pytest.mark.parametrize("during", ["append", "prepare", "move over"])
def test_a_full_disk_loses_nothing_and_is_got_over(tmp_path: Path, during: str) -> None:
    disk = Watched()
    server = Server(tmp_path, disk)
    server.tick(push(1))
    server.store.commit()
    durable = (tmp_path / segment_name(0)).read_bytes()
    server.snapshot()
    server.tick(push(2))
    if during == "append":
        disk.before["pwrite"] = failing(errno.ENOSPC)
        with pytest.raises(DiskFull, match="bytes cannot be written"):
            server.store.commit()
        assert (tmp_path / segment_name(0)).read_bytes() == durable
        assert server.store.durable == 0
    elif during == "prepare":
        disk.before["pwrite"] = failing(errno.ENOSPC)
        server.prepare()
        assert "cannot be written" in server.store.status()["snapshot_trouble"]
    else:
        server.prepare()
        disk.before["rename"] = failing(errno.ENOSPC)
    server.tick(push(3))
    assert server.store.commit() == 2
    assert server.store.log.number == 0
    assert not list(tmp_path.glob("*.new"))
    if during != "append":
        server.snapshot()
    server.prepare()
    assert server.store.commit() == 2
    assert server.store.log.number == 1
    assert server.store.status()["snapshot_trouble"] is None
    server.check()


@pytest.mark.parametrize("operation", ["datasync", "sync_folder", "rename", "pwrite", "pwrite, truncate"])
def test_a_disk_that_fails_is_never_asked_again(tmp_path: Path, operation: str) -> None:
    disk = Watched()
    server = Server(tmp_path, disk)
    server.tick(push(1))
    server.snapshot()
    server.prepare()
    for name in operation.split(", "):
        disk.before[name] = failing(errno.ENOSPC if name == "pwrite" and "truncate" in operation else errno.EIO)
    with pytest.raises(DiskFailure):
        server.store.commit()
    durable = server.store.durable
    with pytest.raises(DiskFailure):
        server.store.commit()
    with pytest.raises(DiskFailure):
        server.store.append(1, [])
    with pytest.raises(DiskFailure):
        server.store.close()
    assert server.store.durable == durable
    store = Store.open(tmp_path)
    found = store.recover(ToyUniverse)
    assert found is not None
    assert found.tick > durable
    store.drop()


def test_a_disk_that_fails_beside_a_snapshot_ends_the_server_too(tmp_path: Path) -> None:
    disk = Watched()
    server = Server(tmp_path, disk)
    server.tick(push(1))
    server.snapshot()
    disk.before["datasync"] = failing(errno.EIO)
    server.prepare()
    with pytest.raises(DiskFailure, match="did not take what was written"):
        server.store.commit()
    server.store.drop()


def test_old_segments_go_first_and_the_newest_never(tmp_path: Path) -> None:
    server = Server(tmp_path, keep=3)
    for seq in range(1, 7):
        server.tick(push(seq))
        server.snapshot()
        server.prepare()
        server.store.commit()
    assert [s.number for s in segments_of(tmp_path)] == [4, 5, 6]
    server.check()


def test_a_quota_is_kept(tmp_path: Path) -> None:
    server = Server(tmp_path, keep=0)
    size = server.store.log.size
    quota = server.store.quota
    quota.limit = 4 * size
    for seq in range(1, 9):
        server.tick(push(seq))
        server.snapshot()
        server.prepare()
        server.store.commit()
        found = sum(path.stat().st_size for path in tmp_path.glob("journal-*"))
        assert found == quota.used <= quota.limit
        assert len(quota.segments) >= 2 or seq == 1
    assert server.store.log.number == 8
    while quota.segments != [8]:  # even the spare one goes before the server has to stop
        quota.limit = quota.used
        server.tick(push(server.universe.tick + 1))
        server.store.commit()
    quota.limit = quota.used + 20
    server.tick(push(server.universe.tick + 1))
    with pytest.raises(DiskFull, match="its quota of"):
        server.store.commit()
    quota.limit *= 2
    assert server.store.commit() == server.universe.tick - 1
    server.store.drop()
    assert digest(run_history(tmp_path, ToyUniverse)[0].state) == digest(server.universe.state)


def test_three_threads_at_once(tmp_path: Path) -> None:
    store = Store.open(tmp_path, keep=0)
    universe, desk = ToyUniverse(first()), Desk()
    store.begin(universe.state.copy())
    done = threading.Event()
    reached = list[int]()

    def commit() -> None:
        while not done.is_set():
            reached.append(store.commit())

    committer = threading.Thread(target=commit)
    committer.start()
    for seq in range(1, 151):
        store.append(universe.tick, [push(seq)])
        universe.step([push(seq)])
        desk.apply([push(seq)])
        store.snapshot(universe.state.copy(), desk)
    done.set()
    committer.join()
    assert reached == sorted(reached)
    store.close()
    again, history = run_history(tmp_path, ToyUniverse)
    assert digest(again.state) == digest(universe.state)
    assert history.receipts.total() == 150
    assert history.twice == []
    assert len(segments_of(tmp_path)) > 2


def test_a_snapshot_is_due_when_a_replay_would_take_too_long() -> None:
    cadence = Cadence(replay=0.5, fewest=3, most=100)
    cadence.stepped(9.0)
    assert not cadence.due, "a few ticks are let pass however slow they are"
    cadence.stepped(0.0, ticks=2)
    assert cadence.due
    cadence.taken()
    for _ in range(99):
        cadence.stepped(0.001)
    assert not cadence.due
    cadence.stepped(0.001)
    assert cadence.due
