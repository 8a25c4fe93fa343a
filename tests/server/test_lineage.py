"""Who was born of whom, kept in a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from births import bury, empty_state, settle
from ninepixel.server.database import Database, open_database
from ninepixel.server.lineage import Lineage
from ninepixel.world.life.census import Birth, Death


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "a.db") as opened:
        yield opened


@pytest.fixture
def lineage(database: Database) -> Lineage:
    return Lineage(database)


def birth(serial: int, tick: int, mother: int = 0, father: int = 0) -> Birth:
    return Birth(0, serial, mother, father, bytes([serial] * 9), tick, 0)


def test_a_batch_is_recorded_once_however_often_it_is_told(lineage: Lineage) -> None:
    for _ in range(2):
        lineage.record([birth(1, 5), birth(2, 6)], [Death(0, 1, 9, 0)])
    lineage.record([], [Death(0, 1, 99, 0)])
    lineage.record([])
    assert lineage.counts() == (2, 1)
    assert lineage.ancestors(0, 1) == [(1, 0, 0, bytes([1] * 9), 5, 9)]


def test_after_a_crash_what_is_yet_to_be_lived_is_forgotten(lineage: Lineage) -> None:
    state = empty_state()
    settle(state, 1, 1)
    state.tick = 14
    lineage.record([birth(1, 5), birth(2, 20)], [Death(0, 1, 15, 0)])
    lineage.resume(state)
    assert lineage.counts() == (1, 0)
    lineage.record([birth(2, 20)], [Death(0, 1, 15, 0)])
    assert lineage.counts() == (2, 1)
    settle(state, 2, 2)
    bury(state, 1)
    state.tick = 20
    lineage.resume(state)
    assert lineage.counts() == (2, 1)


def test_who_died_unrecorded_before_a_crash_is_dead_after_it(lineage: Lineage) -> None:
    state = empty_state()
    settle(state, 3, 2)
    state.tick, state.chronicle[0, 0] = 30, 1
    another_episode = Birth(0, 2, 0, 0, bytes(9), 4, 0)
    lineage.record([another_episode, *(Birth(1, serial, 0, 0, bytes(9), 10, 0) for serial in (1, 2, 3))], [Death(1, 3, 12, 0)])
    lineage.resume(state)
    died = {(episode, serial): lineage.ancestors(episode, serial)[0][5] for episode, serial in ((0, 2), (1, 1), (1, 2), (1, 3))}
    assert died == {(0, 2): 30, (1, 1): 30, (1, 2): None, (1, 3): 12}


def test_a_family_is_told_by_generations(lineage: Lineage) -> None:
    lineage.record([birth(1, 0), birth(2, 0), birth(3, 1, 1, 2), birth(4, 2, 3, 1), birth(5, 2), birth(6, 3, 4, 4)])
    assert [row[0] for row in lineage.ancestors(0, 6)] == [6, 4, 1, 3, 2]
    assert [row[0] for row in lineage.ancestors(0, 6, generations=1)] == [6, 4]
    assert lineage.ancestors(0, 99) == []
    assert lineage.ancestors(1, 6) == []


def test_lineage_outlives_the_process_and_a_bad_genome_is_refused_whole(tmp_path: Path) -> None:
    with open_database(tmp_path / "b.db") as database:
        Lineage(database).record([birth(1, 5)])
        with pytest.raises(ValueError, match="a genome has 9 bases, that of birth 3 has 2"):
            Lineage(database).record([birth(2, 5), Birth(0, 3, 0, 0, b"xx", 5, 0)])
    with open_database(tmp_path / "b.db") as database:
        assert Lineage(database).counts() == (1, 0)
