"""A recorder remembers enough to run a universe again, no more than its limit, and saves it safely."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ninepixel.world.commands import Command
from ninepixel.world.digest import digest
from ninepixel.world.store.errors import BadSave, StoreError
from ninepixel.world.store.journal import Mark
from ninepixel.world.store.recorder import Recorder
from ninepixel.world.store.replay import verify
from ninepixel.world.store.save import Save, load_state, write_state
from small_universes import ToyUniverse, small_state, toy_commands


def run(universe: ToyUniverse, recorder: Recorder, ticks: int, *, marks: int = 0) -> None:
    for t in range(ticks):
        commands = toy_commands(universe.tick)
        recorder.record(universe.tick, commands, universe.state)
        universe.step(commands)
        if marks and t % marks == 0:
            assert recorder.mark(universe.state) == digest(universe.state)


def recorded(ticks: int = 10, *, marks: int = 0, limit: int = 1 << 28) -> tuple[ToyUniverse, Recorder]:
    universe = ToyUniverse(small_state())
    recorder = Recorder(universe.state, limit=limit)
    run(universe, recorder, ticks, marks=marks)
    return universe, recorder


def test_a_save_gives_the_last_state(tmp_path: Path) -> None:
    universe, recorder = recorded()
    file = tmp_path / "a.9px"
    assert recorder.save(file, universe.state) == file.stat().st_size
    assert digest(load_state(file)) == digest(universe.state)
    assert os.listdir(tmp_path) == ["a.9px"]


def test_the_journal_can_be_read_back() -> None:
    universe, recorder = recorded(20)
    begin = universe.tick - 20
    expected = [(t, toy_commands(t)) for t in range(begin, begin + 20) if toy_commands(t)]
    assert recorder.entries == expected
    run(universe, recorder, 1)
    assert recorder.entries[: len(expected)] == expected


def test_a_save_can_be_saved_again_and_goes_on(tmp_path: Path) -> None:
    universe, recorder = recorded(marks=3)
    for _ in range(3):
        recorder.save(tmp_path / "a.9px", universe.state)
        assert verify(tmp_path / "a.9px", ToyUniverse).ok
        run(universe, recorder, 5)


def test_a_full_record_starts_over_and_still_verifies(tmp_path: Path) -> None:
    universe, recorder = recorded(200, marks=2, limit=20_000)
    assert recorder.size < 25_000
    recorder.save(tmp_path / "a.9px", universe.state)
    verdict = verify(tmp_path / "a.9px", ToyUniverse)
    assert verdict.ok
    assert 0 < verdict.ticks < 200
    assert verdict.end == universe.tick


def test_a_recorder_that_keeps_nothing_saves_the_state_alone(tmp_path: Path) -> None:
    universe = ToyUniverse(small_state())
    recorder = Recorder(universe.state, keep=False)
    run(universe, recorder, 5, marks=1)
    assert recorder.size == 0
    recorder.save(tmp_path / "a.9px", universe.state)
    write_state(tmp_path / "b.9px", universe.state)
    assert (tmp_path / "a.9px").read_bytes() == (tmp_path / "b.9px").read_bytes()
    assert digest(load_state(tmp_path / "a.9px")) == digest(universe.state)


def test_a_command_that_cannot_be_recorded_changes_nothing() -> None:
    universe, recorder = recorded(3)
    before = recorder.entries
    with pytest.raises(StoreError):
        recorder.record(universe.tick, [Command("push", b"", {"x": 0.5})])
    assert recorder.entries == before


def test_equal_universes_write_equal_saves(tmp_path: Path) -> None:
    for name in ("a", "b"):
        universe, recorder = recorded(12, marks=5)
        recorder.checkpoint(universe.state)
        recorder.save(tmp_path / name, universe.state)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_events_come_in_the_order_of_time(tmp_path: Path) -> None:
    universe, recorder = recorded(30, marks=4)
    recorder.save(tmp_path / "a", universe.state)
    with Save(tmp_path / "a") as save:
        events = list(save.events(prints=False))
        assert [e.tick for e in events] == sorted(e.tick for e in events)
        assert sum(isinstance(e.what, Mark) for e in events) == 8
        assert save.end == universe.tick


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A save with everything in it."""
    universe, recorder = recorded(6, marks=2)
    recorder.checkpoint(universe.state)
    file = tmp_path_factory.mktemp("whole") / "a.9px"
    recorder.save(file, universe.state)
    return file


FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=120)


@FUZZ
@given(st.data())
def test_a_save_with_one_flipped_bit_is_never_silently_another(whole: Path, tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(whole.read_bytes())
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << (bit % 8)
    (tmp_path / "b").write_bytes(raw)
    with pytest.raises(BadSave) as e:
        load_state(tmp_path / "b")
    assert str(e.value).count("\n") == 0


@FUZZ
@given(st.data())
def test_a_save_that_was_cut_is_refused_and_its_whole_frames_can_be_recovered(
    whole: Path, tmp_path: Path, data: st.DataObject
) -> None:
    raw = whole.read_bytes()
    at = data.draw(st.integers(0, len(raw) - 1))
    (tmp_path / "b").write_bytes(raw[:at])
    with pytest.raises(BadSave):
        load_state(tmp_path / "b")
    try:
        save = Save(tmp_path / "b", recover=True)
    except BadSave:
        return  # not even the first snapshot is whole
    with save:
        assert save.torn is not None
        assert save.torn.at + save.torn.lost == at
        save.state(save.snapshots[-1])
        assert verify(tmp_path / "b", ToyUniverse, recover=True).ok
