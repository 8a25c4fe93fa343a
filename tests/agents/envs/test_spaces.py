"""Actions from outside are read whole or refused with a line that says what would do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium.error import InvalidAction
from gymnasium.spaces import Discrete
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.agents.envs.spaces import FLAT, action_space, deeds_of, mask_table, observation_space, read_action, read_actions
from ninepixel.agents.tasks import BadOption
from ninepixel.world.laws.lives import DEEDS


def test_flat_actions_reach_every_move_act_and_word_once() -> None:
    assert [set(FLAT[:, part].tolist()) for part in range(3)] == [set(range(9))] * 3
    assert len(np.unique(FLAT, axis=0)) == len(FLAT)
    assert action_space("flat") == Discrete(len(FLAT))


@given(st.tuples(*[st.integers(0, 8)] * 3), st.sampled_from([np.int64, np.int32, np.uint8, np.int8]))
def test_an_action_arrives_as_it_was_meant(action: tuple[int, int, int], dtype: type[np.generic]) -> None:
    one, many = np.zeros(3, np.uint8), np.zeros((1, 2, 3), np.uint8)
    read_action(np.asarray(action, dtype), False, one)
    read_actions(np.asarray([action, action], dtype), False, many)
    assert one.tolist() == list(action) == many[0, 1].tolist()


@given(st.integers(-(2**40), 2**40))
def test_a_flat_action_is_below_33(number: int) -> None:
    one, many = np.full(3, 99, np.uint8), np.zeros((1, 1, 3), np.uint8)
    if 0 <= number < len(FLAT):
        read_action(number, True, one)
        read_actions(np.asarray([number]), True, many)
        assert one.tolist() == FLAT[number].tolist() == many[0, 0].tolist()
        return
    with pytest.raises(InvalidAction, match="0 to 32"):
        read_action(number, True, one)
    with pytest.raises(InvalidAction, match="0 to 32"):
        read_actions(np.asarray([number]), True, many)
    assert one.tolist() == [99] * 3


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ([1, 2], r"shape \(3,\), not \(2,\)"),
        ([1, [2], 3], "unequal length"),
        ([1.0, 2.0, 3.0], "integers, not float64"),
        ([True, False, True], "integers, not bool"),
        ([0, 9, 0], "each from 0 to 8"),
        (np.asarray([-1, 0, 0]), "each from 0 to 8"),
        ("abc", r"shape \(3,\), not \(\)"),
        (None, r"shape \(3,\), not \(\)"),
    ],
)
def test_what_is_no_action_is_refused(action: Any, words: str) -> None:
    with pytest.raises(InvalidAction, match=words):
        read_action(action, False, np.zeros(3, np.uint8))


@pytest.mark.parametrize("action", [1.0, "1", None, np.asarray([1, 2]), True])
def test_what_is_no_flat_action_is_refused(action: Any) -> None:
    with pytest.raises(InvalidAction, match="action is"):
        read_action(action, True, np.zeros(3, np.uint8))


def test_of_many_actions_the_first_bad_one_is_named() -> None:
    actions = np.zeros((4, 3), np.int64)
    actions[2, 1], actions[3, 0] = -1, 9
    with pytest.raises(InvalidAction, match=r"actions\[2\] holds \[0, -1, 0\]"):
        read_actions(actions, False, np.zeros((2, 2, 3), np.uint8))


def test_spaces_are_as_large_as_promised() -> None:
    assert observation_space("retina").shape[0] <= 512
    assert observation_space("compact").shape[0] <= 128
    assert observation_space("pixels").shape == (63, 63, 3)
    assert len(mask_table("multi")) == 27
    assert len(mask_table("flat")) == len(FLAT)
    for make in (observation_space, action_space):
        with pytest.raises(BadOption, match="is one of"):
            make("smell")


def test_bits_of_deeds_have_names() -> None:
    assert deeds_of(0) == ()
    assert deeds_of((1 << len(DEEDS)) - 1) == tuple(deed.name for deed in DEEDS)
    assert deeds_of(1 << 47) == ("whole",)
