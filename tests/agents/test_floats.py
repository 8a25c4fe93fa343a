"""A policy in floats throws the dice of the same policy in integers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.agents.floats import Floating, chosen, dice
from ninepixel.world.life.senses import RETINA_BYTES
from ninepixel.world.thought import IntegerPolicy, Policy, Shape
from ninepixel.world.thought.shape import MASK_AT


def seen_by(minds: int, seed: int) -> np.ndarray:
    seen = np.random.default_rng(seed).integers(0, 256, (minds, RETINA_BYTES), np.uint8)
    seen[:, MASK_AT : MASK_AT + 9] = np.random.default_rng(seed).integers(0, 2, (minds, 9)) * 255
    return seen


def test_floats_do_nearly_always_what_integers_do() -> None:
    policy, n = Policy.random(Shape(32), 4), 200
    ours, theirs = IntegerPolicy(policy), Floating(policy)
    a, b = ours.memory(n), theirs.memory(n)
    seeds, ids, everybody = np.arange(n, dtype=np.uint64) << np.uint64(31), np.arange(n, dtype=np.uint32), np.ones(n, np.bool_)
    alike = []
    for tick in range(20):
        seen = seen_by(n, tick)
        rest = {"seed": seeds, "tick": tick, "ids": ids, "which": everybody, "team": None}
        alike.append(ours.decide(seen, a, **rest) == theirs.decide(seen, b, **rest))  # type: ignore[arg-type]
    assert np.mean(alike) > 0.995
    assert np.abs(a / 32768 - b).max() < 0.02


def test_who_does_not_decide_remembers_what_it_remembered() -> None:
    floating = Floating(Policy.random(Shape(16), 4))
    memory, which = floating.memory(4), np.asarray([True, False, True, False])
    rest = {"seed": np.zeros(4, np.uint64), "tick": 3, "ids": np.arange(4, dtype=np.uint32), "which": which, "team": None}
    acts = floating.decide(seen_by(4, 0), memory, **rest)  # type: ignore[arg-type]
    assert memory[which].any(axis=1).all()
    assert not memory[~which].any()
    assert not acts[~which].any()


@given(st.integers(0, (1 << 64) - 1), st.integers(0, (1 << 32) - 1))
def test_dice_are_within_their_range_and_choices_possible(seed: int, tick: int) -> None:
    ids = np.arange(5, dtype=np.uint32)
    fallen = dice(np.full(5, seed, np.uint64), tick, ids)
    assert fallen.min() >= 0
    assert fallen.max() < 1
    chances = np.zeros((5, 27))
    chances[:, [3, 9 + 5, 18 + 8]] = 1
    assert (chosen(chances, fallen) == (3, 5, 8)).all()
