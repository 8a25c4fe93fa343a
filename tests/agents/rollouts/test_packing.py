"""Actions as few bytes, and nothing taken for actions that is none."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ninepixel.agents.rollouts.packing import pack_actions, pack_sums, unpack_actions, unpack_sums
from ninepixel.agents.rollouts.work import BadWork

ACTIONS = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(lambda n: arrays(np.uint8, (*n, 3), elements=st.integers(0, 8)))


@given(ACTIONS)
def test_what_was_packed_is_unpacked(actions: np.ndarray) -> None:
    assert np.array_equal(unpack_actions(pack_actions(actions), *actions.shape[:2]), actions)


def test_decisions_by_chance_alone_take_less_than_one_and_a_third_bytes() -> None:
    actions = np.random.default_rng(0).integers(0, 9, (64, 128, 3), np.uint8)
    assert len(pack_actions(actions)) / (64 * 128) < 4 / 3


def test_what_everybody_does_all_the_time_takes_next_to_nothing() -> None:
    assert len(pack_actions(np.full((64, 128, 3), 4, np.uint8))) < 100


@given(st.binary(max_size=200))
def test_any_bytes_are_actions_or_refused(data: bytes) -> None:
    with pytest.raises(BadWork):
        unpack_actions(data, 5, 7)


@given(ACTIONS, st.data())
def test_a_flipped_bit_is_refused_or_gives_actions_that_there_are(actions: np.ndarray, data: st.DataObject) -> None:
    packed = bytearray(pack_actions(actions))
    bit = data.draw(st.integers(0, 8 * len(packed) - 1))
    packed[bit // 8] ^= 1 << bit % 8
    try:
        found = unpack_actions(bytes(packed), *actions.shape[:2])
    except BadWork:
        return
    assert found.shape == actions.shape
    assert found.max() <= 8


def joined(both: bytes, words: bytes) -> bytes:
    """Two compressed parts as a result has them."""
    return struct.pack("<I", len(both)) + both + words


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(1 << 26))
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1 << 20))
    fine = zstandard.ZstdCompressor().compress(bytes(4))
    for part in (bomb, unsized):
        for data in (joined(part, fine), joined(fine, part)):
            with pytest.raises(BadWork, match="said to be"):
                unpack_actions(data, 2, 2)


@pytest.mark.parametrize(("both", "word"), [(81, 0), (255, 0), (0, 9)])
def test_actions_that_there_are_not_are_refused(both: int, word: int) -> None:
    parts = [zstandard.ZstdCompressor().compress(bytes([value])) for value in (both, word)]
    with pytest.raises(BadWork, match="others than there are"):
        unpack_actions(joined(*parts), 1, 1)


def test_what_follows_the_actions_is_refused() -> None:
    packed = pack_actions(np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(BadWork, match="cannot be decompressed"):
        unpack_actions(packed + b"\0", 2, 2)


def test_sums_are_told_to_the_bit_and_are_as_many_as_agents() -> None:
    sums = np.asarray([0.1, -0.0, 3e-40], np.float32)
    assert unpack_sums(pack_sums(sums), 3).tobytes() == sums.tobytes()
    for n in (2, 4):
        with pytest.raises(BadWork, match="12 bytes"):
            unpack_sums(pack_sums(sums), n)
