"""The integers do what the floats would do, but for so little: measured on what minds sense in the course of their lives.

The distance of two distributions is the total variation, half the sum of absolute differences: how often, at the least, two who
throw by them must choose differently. Each side keeps a memory of its own, so that errors may add up over time.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from ninepixel.world.thought import IntegerPolicy, Policy, Shape
from ninepixel.world.thought.reference import FloatPolicy, odds
from some_policies import lived, rough, tempered

RANDOM = Policy.random(Shape(64), 3)
POLICIES = {
    "begins": (RANDOM, 0.0002, 0.001),
    "mild": (tempered(RANDOM, 1, 64), 0.003, 0.01),
    "decided": (tempered(RANDOM, 1, 64 * 8), 0.01, 0.06),
    "strong": (tempered(RANDOM, 3, 64 * 4), 0.01, 0.06),
    "rough": (rough(Shape(64), 1), 0.01, 0.03),
    "rough and decided": (rough(Shape(64), 2, 4), 0.025, 0.12),
    "small": (rough(Shape(16), 1), 0.015, 0.06),
}


def distances(policy: Policy, looks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Total variation for every look, mind that is alive, and head: (n, 3)."""
    integers, floats, found = IntegerPolicy(policy), FloatPolicy(policy), []
    fixed, memory = integers.memory(looks.shape[1]), floats.memory(looks.shape[1])
    for seen in looks:
        whys = [integers.explain(mine, kept) for mine, kept in zip(seen, fixed, strict=True)]
        fixed = np.stack([why.memory for why in whys])
        thoughts = floats.think(seen, memory)
        memory = thoughts.memory
        gap = np.abs(np.stack([why.odds for why in whys]) / 65536 - odds(thoughts.logits)).reshape(-1, 3, 9).sum(axis=2) / 2
        found.append(gap[seen.any(axis=1)])
    return np.concatenate(found)


@pytest.mark.parametrize("name", POLICIES)
def test_the_odds_are_those_of_the_floats_but_for_so_little(name: str) -> None:
    policy, on_average, at_most = POLICIES[name]
    found = distances(policy, lived("universe")[:, :32])
    assert len(found) > 500
    print(f"{name}: mean {found.mean():.5f}, greatest {found.max():.5f}")
    assert found.mean() < on_average
    assert found.max() < at_most


def test_values_are_near() -> None:
    policy, floats = IntegerPolicy(POLICIES["rough"][0]), FloatPolicy(POLICIES["rough"][0])
    seen = lived("universe")[9, :32]
    expected = floats.think(seen, floats.memory(32)).value
    found = [policy.explain(mine, np.zeros(64, np.int16)).value for mine in seen]
    assert np.abs(np.asarray(found) - expected).max() < 0.05 * np.abs(expected).max()
