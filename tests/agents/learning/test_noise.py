"""The noise scale of gradients whose noise is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ninepixel.agents.learning.noise import NoiseScale


@pytest.mark.parametrize("noise", [1.0, 8.0])
def test_it_is_the_trace_of_the_covariance_over_the_squared_gradient(noise: float) -> None:
    """Two shards of 20 steps each of gradients (1, 0, 0) + noise: the scale is 3 noise**2."""
    rng = np.random.default_rng(1)
    scale = NoiseScale(0.999)
    for _ in range(8000):
        shards = np.asarray([1, 0, 0]) + rng.normal(0, noise, (2, 20, 3)).mean(1)
        small, large = (shards**2).sum(1).mean(), (shards.mean(0) ** 2).sum()
        scale.update(float(small), 20, float(large), 40)
    assert scale.steps == pytest.approx(3 * noise**2, rel=0.25)


def test_the_first_estimate_is_whole() -> None:
    scale = NoiseScale(0.99)
    scale.update(5.0, 10, 3.0, 20)  # |G|**2 = (60 - 50) / 10 = 1; trace = 2 / (1/10 - 1/20) = 40
    assert scale.steps == pytest.approx(40)
    assert scale.weight == pytest.approx(0.01)


def test_nothing_is_said_where_nothing_is_known() -> None:
    scale = NoiseScale(0.9)
    assert math.isnan(scale.steps)
    scale.update(1.0, 10, 1.0, 10)  # one shard: two equal sizes
    assert math.isnan(scale.steps)
    scale.update(9.0, 10, 1.0, 20)  # more noise than gradient: the length would be negative
    assert math.isnan(scale.steps)
