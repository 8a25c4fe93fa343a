"""The ring of episodes: what is written is what is taken, and neither side waits for the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.agents.learning.online.ring import Ring
from ninepixel.world.life.witness import Episode

SIZES = (4, 3, 16)


@pytest.fixture
def pair() -> Iterator[tuple[Ring, Ring]]:
    """Both sides of a ring with two slots."""
    mine = Ring.create(*SIZES, b"a policy", 2)
    theirs = Ring.open(mine.path)
    yield mine, theirs
    mine.close()
    theirs.close()


def fill(episode: Episode, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for field in fields(Episode):
        array = getattr(episode, field.name)
        array[...] = rng.integers(0, 100, array.shape)


def test_sizes_and_policy_are_the_same_on_both_sides(pair: tuple[Ring, Ring]) -> None:
    for ring in pair:
        assert (ring.slots, ring.ticks, ring.places, ring.hidden, ring.policy) == (2, *SIZES, b"a policy")


def test_what_is_written_is_taken_in_order_with_tick_and_version(pair: tuple[Ring, Ring]) -> None:
    mine, theirs = pair
    for number in range(5):
        episode = mine.free()
        assert episode is not None
        fill(episode, number)
        mine.write(100 + number, number // 2)
        found = theirs.take()
        assert found is not None
        assert found[:2] == (100 + number, number // 2)
        wanted = Episode.empty(*SIZES)
        fill(wanted, number)
        for field in fields(Episode):
            np.testing.assert_array_equal(getattr(found[2], field.name), getattr(wanted, field.name))
    assert theirs.take() is None


def test_what_was_taken_is_a_copy(pair: tuple[Ring, Ring]) -> None:
    mine, theirs = pair
    first = mine.free()
    assert first is not None
    first.seen[...] = 7
    mine.write(0, 0)
    found = theirs.take()
    assert found is not None
    for _ in range(2):
        again = mine.free()
        assert again is not None
        again.seen[...] = 9
        mine.write(0, 0)
    assert (found[2].seen == 7).all()


@given(st.lists(st.booleans(), max_size=60))
def test_it_holds_as_many_as_it_has_slots_and_never_loses_one(takes: list[bool]) -> None:
    mine = Ring.create(1, 1, 16, b"", 3)
    theirs, waiting, number = Ring.open(mine.path), list[int](), 0
    for take in takes:
        if take:
            found = theirs.take()
            assert (None if found is None else found[0]) == (waiting.pop(0) if waiting else None)
        elif (episode := mine.free()) is None:
            assert len(waiting) == 3
            mine.drop()
        else:
            assert len(waiting) < 3
            episode.drive[...] = number
            mine.write(number, 0)
            waiting.append(number)
            number += 1
    assert mine.written == number
    assert mine.dropped + number == takes.count(False)
    theirs.close()
    mine.close()


def test_nothing_is_left_of_a_ring(pair: tuple[Ring, Ring]) -> None:
    mine, theirs = pair
    theirs.unlink()
    assert not mine.path.exists()
    assert mine.free() is not None, "who has it open keeps it"
    mine.close()
    other = Ring.create(*SIZES, b"")
    other.close()
    assert not other.path.exists()


def test_what_is_no_ring_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "none"
    file.write_bytes(bytes(4096))
    with pytest.raises(ValueError, match="no ring of episodes"):
        Ring.open(file)
    with pytest.raises(FileNotFoundError):
        Ring.open(tmp_path / "nothing")
