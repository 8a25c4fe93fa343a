"""What was recorded can be run again to the bit, and what does not come out the same is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ninepixel.world.commands import BadCommand, Command
from ninepixel.world.digest import digest
from ninepixel.world.laws.lives import LIFE_COLUMNS, THING_COLUMNS
from ninepixel.world.state import State
from ninepixel.world.store.errors import Impossible
from ninepixel.world.store.recorder import Recorder
from ninepixel.world.store.replay import replay, verify
from ninepixel.world.store.save import write_frames
from ninepixel.world.store.snapshot import pack_snapshot
from small_universes import ToyUniverse, small_state, toy_commands

TICKS = 12
SLOTTED = [
    *(("lives", c.name) for c in LIFE_COLUMNS),
    *(("things", c.name) for c in THING_COLUMNS),
    *(("known", f"word {i}") for i in range(2)),
]


def flip(column: str, index: int, bit: int) -> Callable[[State], None]:
    def strike(state: State) -> None:
        state.bodies.columns[column][0, state.bodies.row_of[0, index]] ^= 1 << bit

    return strike


def recorded(
    path: Path, *, every: int = 1, strike: Callable[[State], None] | None = None, at: int = 5, checkpoint: bool = False
) -> int:
    """Record TICKS ticks with a mark every *every*; after tick *at*, *strike* the state. Returns the tick of genesis."""
    universe = ToyUniverse(small_state())
    begin, recorder = universe.tick, Recorder(universe.state)
    for t in range(TICKS):
        commands = toy_commands(universe.tick)
        recorder.record(universe.tick, commands, universe.state)
        universe.step(commands)
        if strike is not None and t + 1 == at:
            strike(universe.state)
            if checkpoint:
                recorder.checkpoint(universe.state)
        if (t + 1) % every == 0:
            recorder.mark(universe.state)
    recorder.save(path, universe.state)
    return begin


def test_a_record_comes_out_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a.9px"
    begin = recorded(file)
    verdict = verify(file, ToyUniverse)
    assert verdict.ok
    assert (verdict.begin, verdict.end, verdict.ticks) == (begin, begin + TICKS, TICKS)
    assert (verdict.marks, verdict.snapshots) == (TICKS, 1)
    assert str(verdict) == f"the same to the bit: {TICKS} ticks run again, {TICKS} marks and 1 snapshots compared"
    assert verdict.as_dict()["ok"] is True
    assert verdict.as_dict()["first_difference"] is None


def test_replay_shows_every_tick_and_gives_the_universe(tmp_path: Path) -> None:
    file, seen = tmp_path / "a.9px", list[int]()
    begin = recorded(file, every=5)
    universe = replay(file, ToyUniverse, lambda u: seen.append(u.tick))
    assert seen == list(range(begin, begin + TICKS + 1))
    assert isinstance(universe, ToyUniverse)
    assert verify(file, lambda state: ToyUniverse(state)).ok


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@example("link", TICKS, 30)  # a save that no universe could go on from is still compared
@given(st.sampled_from(["vx", "vy", "rby", "mass", "link", "gene_b", "x"]), st.integers(1, TICKS), st.integers(0, 30))
def test_a_flipped_bit_in_a_running_universe_is_named_with_tick_entity_and_column(
    tmp_path: Path, column: str, at: int, bit: int
) -> None:
    file, struck = tmp_path / "a.9px", list[tuple[int, int]]()

    def strike(state: State) -> None:
        row = int(state.bodies.canonical_rows()[17])
        struck.append((state.tick, int(state.bodies.index_of[0, row])))
        state.bodies.columns[column].view("u4")[0, row] ^= 1 << bit
        state.bodies.touch(column)

    recorded(file, strike=strike, at=at)
    found = verify(file, ToyUniverse).first_difference
    assert found is not None
    assert (found.tick, found.index) == struck[0]
    assert (found.table, found.world, found.column) == ("bodies", 0, column)
    assert found.since == found.tick - 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.sampled_from(SLOTTED), st.integers(1, TICKS), st.integers(0, 8), st.integers(0, 31), st.booleans())
def test_a_flipped_bit_of_lives_things_and_known_is_named_with_tick_slot_and_column(
    tmp_path: Path, where: tuple[str, str], at: int, slot: int, bit: int, checkpoint: bool
) -> None:
    (table, column), file = where, tmp_path / "a.9px"

    def strike(state: State) -> None:
        if table == "known":
            state.known[0, slot, int(column.split()[1])] ^= np.uint32(1 << bit)
        else:
            state.tables[table].columns[column].view(np.uint32)[0, slot] ^= np.uint32(1 << bit)

    begin = recorded(file, strike=strike, at=at, checkpoint=checkpoint)
    verdict = verify(file, ToyUniverse)
    found = verdict.first_difference
    assert found is not None
    assert (found.tick, found.since) == (begin + at, begin + at - 1)
    assert (found.table, found.world, found.index, found.column) == (table, 0, slot, column)
    assert f"table {table}, world 0, slot {slot}" in str(verdict)
    if checkpoint or at == TICKS:
        assert (found.expected ^ found.got) & 0xFFFFFFFF == 1 << bit


def test_a_flipped_bit_of_the_chronicle_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.9px"

    def strike(state: State) -> None:
        state.chronicle[0, 0] += 1

    begin = recorded(file, strike=strike, at=4)
    found = verify(file, ToyUniverse).first_difference
    assert found is not None
    assert (found.tick, found.table, found.column) == (begin + 4, "chronicle", "episode")


class Ageless(ToyUniverse):
    """A universe in which nobody grows older."""

    def live(self) -> None:
        before = self.state.lives.columns["age"].copy()
        super().live()
        self.state.lives.columns["age"][...] = before


def test_another_law_of_life_is_seen_at_once(tmp_path: Path) -> None:
    file = tmp_path / "a.9px"
    begin = recorded(file)
    found = verify(file, Ageless).first_difference
    assert found is not None
    assert (found.tick, found.table, found.column) == (begin + 1, "lives", "age")


def test_with_a_snapshot_of_the_tick_both_values_are_named(tmp_path: Path) -> None:
    file = tmp_path / "a.9px"
    begin = recorded(file, strike=flip("vx", 17, 9), checkpoint=True)
    verdict = verify(file, ToyUniverse)
    found = verdict.first_difference
    assert not verdict.ok
    assert found is not None
    assert (found.tick, found.index, found.column) == (begin + 5, 17, "vx")
    assert found.expected ^ found.got == 1 << 9
    assert str(verdict).startswith(f"differs at tick {begin + 5}: table bodies, world 0, entity 17")


def test_a_mark_beside_a_later_snapshot_of_the_same_tick_uses_it(tmp_path: Path) -> None:
    file, universe = tmp_path / "a.9px", ToyUniverse(small_state())
    recorder = Recorder(universe.state)
    universe.step()
    flip("vy", 3, 4)(universe.state)
    recorder.mark(universe.state)
    recorder.save(file, universe.state)
    found = verify(file, ToyUniverse).first_difference
    assert found is not None
    assert (found.index, found.column) == (3, "vy")
    assert found.expected ^ found.got == 1 << 4


def test_sparse_marks_name_the_interval(tmp_path: Path) -> None:
    file = tmp_path / "a.9px"
    begin = recorded(file, every=4, strike=flip("gene_r", 17, 1), at=5)
    found = verify(file, ToyUniverse).first_difference
    assert found is not None
    assert (found.since, found.tick) == (begin + 4, begin + 8)
    assert (found.index, found.column) == (17, "gene_r")
    assert f"equal at {begin + 4}, not looked at in between" in str(found)


def test_without_marks_the_last_state_tells(tmp_path: Path) -> None:
    file = tmp_path / "a.9px"
    begin = recorded(file, every=1000, strike=flip("gene_r", 17, 1))
    found = verify(file, ToyUniverse).first_difference
    assert found is not None
    assert (found.since, found.tick, found.column) == (begin, begin + TICKS, "gene_r")


class OtherLaw(ToyUniverse):
    """A universe that pushes harder."""

    def apply(self, command: Command) -> None:
        super().apply(command)
        if command.verb == "push":
            super().apply(command)


class Prudish(ToyUniverse):
    """A universe that refuses a command that was once accepted."""

    def apply(self, command: Command) -> None:
        if command.verb == "push":
            raise BadCommand("pushing is not allowed")
        super().apply(command)


class Leaping(ToyUniverse):
    """A universe that steps twice."""

    def step(self, commands: Sequence[Command] = ()) -> None:
        super().step(commands)
        super().step()


def test_another_law_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "a.9px"
    recorded(file)
    found = verify(file, OtherLaw).first_difference
    assert found is not None
    assert found.table == "bodies"
    assert found.since == found.tick - 1


def test_a_refused_command_is_a_difference(tmp_path: Path) -> None:
    file = tmp_path / "a.9px"
    recorded(file)
    found = verify(file, Prudish).first_difference
    assert found is not None
    assert (found.table, found.got) == ("journal", "pushing is not allowed")


def test_a_universe_that_does_not_keep_time_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.9px"
    recorded(file)
    with pytest.raises(Impossible, match="a step led from tick"):
        replay(file, Leaping)

    def late(state: State) -> ToyUniverse:
        state.tick += 1
        return ToyUniverse(state)

    with pytest.raises(Impossible, match="the universe begins at tick"):
        verify(file, late)


def test_a_record_whose_time_runs_backwards_is_refused(tmp_path: Path) -> None:
    state = small_state()
    frames = []
    for _ in range(2):
        frames.append(("snapshot", state.tick, pack_snapshot(state, "genesis")))
        state.tick -= 1
    write_frames(tmp_path / "a.9px", frames)
    with pytest.raises(Impossible, match=r"frame 1 \(snapshot, tick \d+\): tick \d+ comes after tick"):
        replay(tmp_path / "a.9px", ToyUniverse)


def test_a_file_without_a_genesis_is_refused(tmp_path: Path) -> None:
    write_frames(tmp_path / "a.9px", [])
    with pytest.raises(Impossible, match="does not begin with a snapshot"):
        replay(tmp_path / "a.9px", ToyUniverse)


def test_a_state_alone_verifies_at_once(tmp_path: Path) -> None:
    state = small_state()
    write_frames(tmp_path / "a.9px", [("snapshot", state.tick, pack_snapshot(state, "final"))])
    verdict = verify(tmp_path / "a.9px", ToyUniverse)
    assert verdict.ok
    assert verdict.ticks == 0
    assert digest(replay(tmp_path / "a.9px", ToyUniverse).state) == digest(state)
