"""A live journal loses nothing that was flushed, whatever happens after, and can be continued."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ninepixel.world.digest import digest
from ninepixel.world.state import State
from ninepixel.world.store.errors import BadSave, Damaged, Impossible, StoreError
from ninepixel.world.store.frames import HEADER_BYTES
from ninepixel.world.store.live import open_journal
from ninepixel.world.store.recorder import Recorder
from ninepixel.world.store.replay import replay, verify
from ninepixel.world.store.save import write_state
from small_universes import ToyUniverse, small_state, toy_commands


def run(path: Path, state: State, ticks: int, *, close: bool = True) -> ToyUniverse:
    """A universe that writes its journal to *path*, flushed every tick."""
    universe, journal = ToyUniverse(state), open_journal(path)
    recorder = Recorder(state, journal=journal, keep=False)
    for _ in range(ticks):
        commands = toy_commands(universe.tick)
        recorder.record(universe.tick, commands)
        recorder.flush()
        universe.step(commands)
        recorder.mark(universe.state)
    recorder.flush()
    if close:
        journal.close()
    else:
        os.close(journal._open())  # the process dies: no end mark, the lock is gone
    return universe


@pytest.mark.parametrize("close", [True, False])
def test_a_journal_can_be_replayed(tmp_path: Path, close: bool) -> None:
    path = tmp_path / "live.9px"
    universe = run(path, small_state(), 12, close=close)
    assert digest(replay(path, ToyUniverse).state) == digest(universe.state)
    verdict = verify(path, ToyUniverse)
    assert verdict.ok
    assert (verdict.ticks, verdict.marks) == (12, 12)


def test_a_journal_can_be_continued_after_a_crash_and_after_an_end(tmp_path: Path) -> None:
    path = tmp_path / "live.9px"
    run(path, small_state(), 5, close=False)
    path.write_bytes(path.read_bytes()[:-3])  # the last mark was not whole
    half = replay(path, ToyUniverse)
    universe = run(path, half.state, 5)
    universe = run(path, universe.state, 5)
    verdict = verify(path, ToyUniverse)
    assert verdict.ok
    assert verdict.torn is None
    assert verdict.end == universe.tick == small_state().tick + 15 - (half.tick < small_state().tick + 5)
    assert digest(replay(path, ToyUniverse).state) == digest(universe.state)


def test_what_was_torn_off_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "live.9px"
    run(path, small_state(), 3, close=False)
    whole = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"half a frame")
    journal = open_journal(path)
    assert journal.torn is not None
    assert (journal.torn.at, journal.torn.lost) == (whole, 12)
    assert path.stat().st_size == whole
    journal.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.data())
def test_a_journal_cut_anywhere_opens_again_or_is_begun_anew(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "live.9px"
    path.unlink(missing_ok=True)
    run(path, small_state(), 3, close=False)
    raw = path.read_bytes()
    at = data.draw(st.integers(0, len(raw)))
    path.write_bytes(raw[:at])
    with open_journal(path) as journal:
        lost = 0 if journal.torn is None else journal.torn.lost
    assert raw.startswith(path.read_bytes()[: at - lost] if at >= HEADER_BYTES else b"")
    if at == len(raw):
        assert verify(path, ToyUniverse).ok


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, state = tmp_path / "live.9px", small_state()
    journal = open_journal(path)
    recorder = Recorder(state, journal=journal)
    recorder.flush()
    durable = path.read_bytes()
    real, room = os.write, [100]

    def write(handle: int, data: memoryview) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        part, room[0] = bytes(data[: room[0]]), 0
        return real(handle, part)

    monkeypatch.setattr(os, "write", write)
    recorder.mark(state)
    with pytest.raises(StoreError, match=r"No space left on device: \d+ bytes are needed"):
        recorder.flush()
    assert path.read_bytes() == durable
    monkeypatch.undo()
    recorder.flush()
    journal.close()
    verdict = verify(path, ToyUniverse)
    assert verdict.ok
    assert verdict.marks == 1


def test_time_cannot_run_backwards(tmp_path: Path) -> None:
    path = tmp_path / "live.9px"
    run(path, small_state(), 3)
    with open_journal(path) as journal, pytest.raises(StoreError, match="the journal reaches tick"):
        Recorder(small_state(), journal=journal)


def test_two_writers_are_refused(tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("no such locks on Windows")
    path = tmp_path / "live.9px"
    program = f"from ninepixel.world.store.live import open_journal; open_journal({str(path)!r})"
    with open_journal(path):
        said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stderr
    assert "another process is writing this journal" in said


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for raw in (b"hello", b"hello" * 100):
        path.write_bytes(raw)
        with pytest.raises(BadSave, match="not a ninepixel file"):
            open_journal(path)
        assert path.read_bytes() == raw
    write_state(path, small_state())
    raw = path.read_bytes()
    with pytest.raises(Impossible, match="finished save, not a journal"):
        open_journal(path)
    assert path.read_bytes() == raw
    with pytest.raises(StoreError, match="cannot be written"):
        open_journal(tmp_path)


def test_damage_before_the_end_is_not_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "live.9px"
    run(path, small_state(), 3)
    raw = bytearray(path.read_bytes())
    raw[200] ^= 1
    path.write_bytes(raw)
    with pytest.raises(Damaged):
        open_journal(path)
    assert path.read_bytes() == raw


def test_a_closed_journal_says_so(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "live.9px")
    journal.close()
    journal.close()
    journal.append("mark", 1, b"")
    with pytest.raises(StoreError, match="the journal is closed"):
        journal.flush()
