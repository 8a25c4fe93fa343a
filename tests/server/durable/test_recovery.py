"""What a folder that was damaged, torn or shared leads to: the same state, or a refusal that says what is missing and where."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from ninepixel.server.durable import Desk, Locked, Recovered, Store, Unrecoverable
from ninepixel.server.durable.history import run_history, segments_of
from ninepixel.server.durable.reading import read_segment
from ninepixel.server.durable.segment import segment_name
from ninepixel.world.commands import BadCommand, Command
from ninepixel.world.digest import Digester, digest
from ninepixel.world.state import State
from ninepixel.world.store.errors import BadSave, StoreError
from ninepixel.world.store.frames import HEAD_BYTES, FrameRef
from ninepixel.world.store.replay import verify
from small_universes import ToyUniverse, small_state, toy_commands

EVERY = 10


def first() -> State:
    """Where everything begins."""
    state = small_state()
    state.tick = 0
    return state


def commands_of(tick: int) -> list[Command]:
    return [*toy_commands(tick), Command("paint", b"7", {"index": 3, "by": 7, "seq": tick + 1})]


def run(folder: Path, ticks: int = 35, *, end: bool = False) -> ToyUniverse:
    """A server that lives for some ticks, with a snapshot at every tenth, and dies."""
    store = Store.open(folder, keep=0, start=lambda work: work())
    found = store.recover(ToyUniverse)
    universe, desk = (ToyUniverse(first()), Desk()) if found is None else (found.universe, found.desk)
    if found is None:
        store.begin(universe.state.copy())
    for _ in range(ticks):
        commands = commands_of(universe.tick)
        store.append(universe.tick, commands)
        universe.step(commands)
        desk.apply(commands)
        if universe.tick % EVERY == 0:
            store.mark(universe.tick, Digester().digests(universe.state))
            store.snapshot(universe.state.copy(), desk)
        store.commit()
    if end:
        store.close(universe.state.copy(), desk)
    else:
        store.drop()
    return universe


def again(folder: Path, *, cut: bool = False) -> Recovered[ToyUniverse]:
    """Recover, and let go."""
    store = Store.open(folder)
    try:
        found = store.recover(ToyUniverse, cut=cut)
        assert found is not None
        return found
    finally:
        store.drop()


def frame(folder: Path, number: int, kind: str, nth: int = 0) -> FrameRef:
    return [ref for ref in read_segment(folder, number).frames if ref.kind == kind][nth]


def spoil(folder: Path, number: int, at: int, count: int = 1) -> None:
    """Other bytes where bytes were."""
    path = folder / segment_name(number)
    raw = bytearray(path.read_bytes())
    for i in range(at, at + count):
        raw[i] ^= 0xA5
    path.write_bytes(raw)


def newest(folder: Path) -> int:
    return segments_of(folder)[-1].number


def test_a_killed_server_goes_on_where_it_was(tmp_path: Path) -> None:
    universe = run(tmp_path)
    found = again(tmp_path)
    assert digest(found.state) == digest(universe.state)
    assert found.desk.last_seq(7) == universe.tick
    assert (found.how.replayed, found.how.marks, found.how.torn, found.how.notes) == (universe.tick % EVERY, 0, 0, [])
    universe = run(tmp_path, 8)
    assert digest(again(tmp_path).state) == digest(universe.state)


def test_after_an_orderly_end_nothing_is_run_again(tmp_path: Path) -> None:
    universe = run(tmp_path, end=True)
    found = again(tmp_path)
    assert found.how.replayed == 0
    assert digest(found.state) == digest(universe.state)
    assert read_segment(tmp_path, newest(tmp_path)).sealed is None, "it was gone on with"


def test_every_segment_can_be_verified_as_a_save(tmp_path: Path) -> None:
    run(tmp_path)
    verdicts = [verify(segment.path, ToyUniverse) for segment in segments_of(tmp_path)]
    assert len(verdicts) == 4
    assert all(v.ok and v.marks for v in verdicts)
    assert sum(v.ticks for v in verdicts) >= 35


def test_the_whole_history_runs_in_one_piece_and_counts_what_was_done(tmp_path: Path) -> None:
    run(tmp_path, 17)
    run(tmp_path, 17)
    universe = run(tmp_path, 17, end=True)
    ran, history = run_history(tmp_path, ToyUniverse)
    assert digest(ran.state) == digest(universe.state)
    assert history.how.replayed == 51
    assert history.how.marks >= 5
    assert history.twice == []
    assert sorted(history.receipts) == [(7, seq) for seq in range(1, 52)]


def test_a_damaged_snapshot_costs_a_longer_replay(tmp_path: Path) -> None:
    universe = run(tmp_path)
    last = newest(tmp_path)
    spoil(tmp_path, last, frame(tmp_path, last, "snapshot").start + 5)
    found = again(tmp_path)
    assert digest(found.state) == digest(universe.state)
    assert found.how.replayed == EVERY + universe.tick % EVERY
    assert found.how.marks
    assert len(found.how.notes) == 1
    assert "a snapshot before it was used" in found.how.notes[0]
    assert digest(again(tmp_path).state) == digest(universe.state)
    assert again(tmp_path).how.replayed == 0, "a new segment was begun, for the damaged one cannot be gone on with"


@pytest.mark.parametrize("kind", ["desk", "snapshot", "header"])
def test_two_damaged_beginnings_cost_an_even_longer_one(tmp_path: Path, kind: str) -> None:
    universe = run(tmp_path)
    last = newest(tmp_path)
    for number in (last - 1, last):
        spoil(tmp_path, number, 3 if kind == "header" else frame(tmp_path, number, kind).start + 5)
    found = again(tmp_path)
    assert digest(found.state) == digest(universe.state)
    assert len(found.how.notes) == 2


def test_a_damaged_journal_is_refused_unless_it_is_to_be_cut(tmp_path: Path) -> None:
    universe = run(tmp_path)
    last = newest(tmp_path)
    broken = frame(tmp_path, last, "journal", 2)
    spoil(tmp_path, last, broken.start)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix == ".9px"}
    hole = f"{segment_name(last)} is damaged from byte {broken.start - HEAD_BYTES} to {broken.stop}"
    with pytest.raises(Unrecoverable, match=rf"tick {broken.tick} is missing: .*{hole}; .*--cut"):
        again(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix == ".9px"} == before
    found = again(tmp_path, cut=True)
    assert found.tick == broken.tick < universe.tick
    assert "cut at tick" in found.how.notes[-1]
    assert (tmp_path / (segment_name(last) + ".damaged")).read_bytes() == before[segment_name(last)]
    assert again(tmp_path).tick == broken.tick
    assert digest(run(tmp_path, universe.tick - broken.tick).state) == digest(universe.state)


def test_damage_behind_a_damaged_snapshot_is_not_overlooked(tmp_path: Path) -> None:
    run(tmp_path)
    last = newest(tmp_path)
    spoil(tmp_path, last, frame(tmp_path, last, "journal", 1).start)
    spoil(tmp_path, last, frame(tmp_path, last, "snapshot").start)
    with pytest.raises(Unrecoverable, match="is missing"):
        again(tmp_path)


def test_a_lost_segment_is_noticed(tmp_path: Path) -> None:
    run(tmp_path)
    last = newest(tmp_path)
    (tmp_path / segment_name(last - 1)).unlink()
    spoil(tmp_path, last, frame(tmp_path, last, "snapshot").start)
    with pytest.raises(Unrecoverable, match="is not what came before"):
        again(tmp_path)


def test_without_any_snapshot_there_is_nothing_to_guess(tmp_path: Path) -> None:
    run(tmp_path)
    for segment in segments_of(tmp_path):
        spoil(tmp_path, segment.number, frame(tmp_path, segment.number, "snapshot").start)
    with pytest.raises(Unrecoverable, match=r"no snapshot in it can be used: .*snapshot is damaged.*restore"):
        again(tmp_path)


@pytest.mark.parametrize("rest", [b"half a frame", b"\0" * 3000, None])
def test_a_torn_end_is_cut_off(tmp_path: Path, rest: bytes | None) -> None:
    universe = run(tmp_path)
    path = tmp_path / segment_name(newest(tmp_path))
    whole = path.read_bytes()
    path.write_bytes(whole[:-5] if rest is None else whole + rest)
    found = again(tmp_path)
    assert found.tick == universe.tick - (rest is None)
    assert found.how.torn == (len(rest) if rest else len(whole) - 5 - path.stat().st_size)
    assert whole.startswith(path.read_bytes())
    assert again(tmp_path).how.torn == 0


class Other(ToyUniverse):
    """A universe with another law."""

    def step(self, commands: Sequence[Command] = ()) -> None:
        super().step(commands)
        self.state.energy[0, 0, 0, 0] += 1


class Strict(ToyUniverse):
    """One that does not know a verb that the journal has."""

    def step(self, commands: Sequence[Command] = ()) -> None:
        if any(command.verb == "paint" for command in commands):
            raise BadCommand("unknown verb 'paint'")
        super().step(commands)


def test_a_replay_that_does_not_come_out_the_same_is_refused(tmp_path: Path) -> None:
    run(tmp_path)
    last = newest(tmp_path)
    spoil(tmp_path, last, frame(tmp_path, last, "snapshot").start)  # so that a mark lies in the way
    with (
        Store.open(tmp_path) as store,
        pytest.raises(Unrecoverable, match=r"frame \d+ \(mark, .* comes out as [0-9a-f]{32}, it was"),
    ):
        store.recover(Other)
    with Store.open(tmp_path) as store, pytest.raises(Unrecoverable, match="cannot be applied: unknown verb"):
        store.recover(Strict)
    with pytest.raises(BadSave, match="comes out as"):
        run_history(tmp_path, Other)


def test_other_laws_do_not_run_a_journal_again(tmp_path: Path) -> None:
    store = Store.open(tmp_path, content=b"old laws")
    store.begin(first())
    store.append(0, [])
    store.commit()
    store.drop()
    with Store.open(tmp_path, content=b"new laws") as other, pytest.raises(Unrecoverable, match=r"other laws.*--cut"):
        other.recover(ToyUniverse)
    store = Store.open(tmp_path, content=b"old laws")
    found = store.recover(ToyUniverse)
    assert found is not None
    store.close(found.state.copy(), found.desk)
    store = Store.open(tmp_path, content=b"new laws")
    found = store.recover(ToyUniverse)
    assert found is not None
    assert (found.tick, found.how.replayed) == (1, 0)
    store.append(found.tick, [])
    store.commit()
    store.drop()
    with Store.open(tmp_path, content=b"old laws") as late, pytest.raises(Unrecoverable, match="other laws"):
        late.recover(ToyUniverse)


def test_two_servers_cannot_share_a_folder(tmp_path: Path) -> None:
    with Store.open(tmp_path / "new" / "folder") as store:
        store.begin(first())
        with pytest.raises(Locked, match=rf"process {os.getpid()} is serving this universe"):
            Store.open(tmp_path / "new" / "folder")
    Store.open(tmp_path / "new" / "folder").drop()


def test_what_is_done_in_the_wrong_order_is_refused(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        with pytest.raises(StoreError, match="recover or begin"):
            store.append(0, [])
        assert store.recover(ToyUniverse) is None
        state = first()
        store.begin(state)
        for wrong in (store.begin, lambda _: store.recover(ToyUniverse)):
            with pytest.raises(StoreError, match="already"):
                wrong(state)
        with pytest.raises(StoreError, match="goes on with tick 0, not"):
            store.append(state.tick + 1, [])
        with pytest.raises(StoreError, match="belongs before"):
            store.mark(state.tick - 1, [bytes(16)])
        late = state.copy()
        late.tick += 5
        with pytest.raises(StoreError, match="cannot begin a segment"):
            store.snapshot(late, Desk())
        with pytest.raises(StoreError, match="not plain"):
            store.append(state.tick, [Command("paint", b"", {"index": 0.5})])
    with Store.open(tmp_path) as store, pytest.raises(StoreError, match="holds a universe"):
        store.begin(first())
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be written"):
        Store.open(blocked / "folder")


def test_unfinished_files_are_swept_away(tmp_path: Path) -> None:
    run(tmp_path, 3)
    left = tmp_path / (segment_name(1) + ".new")
    left.write_bytes(b"half a snapshot")
    again(tmp_path)
    assert not left.exists()
