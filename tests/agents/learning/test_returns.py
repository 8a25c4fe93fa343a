"""Advantages are what their definition says, life by life; moments are those of all numbers together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ninepixel.agents.learning.returns import Moments, advantages, endless_advantages

GAMMA, TRACE = 0.9, 0.8
Floats = npt.NDArray[np.float64]


@st.composite
def streams(draw: st.DrawFn) -> dict[str, Any]:
    """Rewards, values and ends of a few agents; the step after an end is void, as autoreset makes it."""
    ticks, n = draw(st.integers(1, 9)), draw(st.integers(1, 3))
    numbers = st.floats(-5, 5, width=32)
    ended = draw(hnp.arrays(np.bool_, (ticks, n)))
    first = draw(hnp.arrays(np.bool_, n))  # whose life ended with the rollout before
    void = np.zeros((ticks, n), np.bool_)
    for t in range(ticks):
        void[t] = first if t == 0 else ended[t - 1]
        ended[t] &= ~void[t]
    return {
        "rewards": draw(hnp.arrays(np.float32, (ticks, n), elements=numbers)),
        "values": draw(hnp.arrays(np.float32, (ticks + 1, n), elements=numbers)),
        "terminated": ended & draw(hnp.arrays(np.bool_, (ticks, n))),
        "ended": ended,
        "void": void,
    }


def by_definition(s: dict[str, Any], t: int, agent: int) -> float:
    """The sum of discounted temporal differences from *t* on, to the end of the life or of the rollout."""
    total, weight = 0.0, 1.0
    for k in range(t, len(s["rewards"])):
        follows = 0.0 if s["terminated"][k, agent] else float(s["values"][k + 1, agent])
        total += weight * (float(s["rewards"][k, agent]) + GAMMA * follows - float(s["values"][k, agent]))
        if s["ended"][k, agent]:
            break
        weight *= GAMMA * TRACE
    return total


def tensors(s: dict[str, Any], *names: str) -> list[torch.Tensor]:
    return [torch.from_numpy(s[name]) for name in names]


@given(streams())
def test_advantages_are_sums_over_what_is_left_of_a_life(s: dict[str, Any]) -> None:
    rewards, values, terminated, ended = tensors(s, "rewards", "values", "terminated", "ended")
    found = advantages(rewards, values, GAMMA, TRACE, terminated=terminated, ended=ended)
    for t, agent in np.argwhere(~s["void"]):
        np.testing.assert_allclose(found[t, agent], by_definition(s, t, agent), atol=1e-3)


@given(streams())
def test_endless_advantages_are_those_of_a_stream_without_its_void_steps(s: dict[str, Any]) -> None:
    rewards, values, void = tensors(s, "rewards", "values", "void")
    found = endless_advantages(rewards, values, GAMMA, TRACE, void=void)
    for agent in range(s["void"].shape[1]):
        kept = np.flatnonzero(~s["void"][:, agent])
        never = np.zeros((len(kept), 1), np.bool_)
        shorter = {
            "rewards": s["rewards"][kept, agent, None],
            "values": np.append(s["values"][kept, agent], s["values"][-1, agent])[:, None],
            "terminated": never,
            "ended": never,
        }
        for place, t in enumerate(kept):
            np.testing.assert_allclose(found[t, agent], by_definition(shorter, place, 0), atol=1e-3)


def test_a_death_has_no_future_and_the_end_of_time_has_one() -> None:
    rewards, values = torch.zeros(1, 2), torch.tensor([[0.0, 0.0], [10.0, 10.0]])
    terminated = torch.tensor([[True, False]])
    found = advantages(rewards, values, GAMMA, TRACE, terminated=terminated, ended=torch.ones(1, 2, dtype=torch.bool))
    torch.testing.assert_close(found, torch.tensor([[0.0, 9.0]]))


batches = st.lists(
    st.integers(0, 6).flatmap(lambda n: hnp.arrays(np.float64, (n, 2), elements=st.floats(-100, 100))), min_size=1, max_size=5
)


@given(batches)
def test_moments_are_those_of_all_batches_together(batches: list[Floats]) -> None:
    moments = Moments.of(2, device=torch.device("cpu"))
    for batch in batches:
        moments.update(torch.from_numpy(batch))
    every = np.concatenate(batches)
    assert moments.count == len(every)
    if len(every):
        np.testing.assert_allclose(moments.mean, every.mean(0), atol=1e-6)
        np.testing.assert_allclose(moments.variance, every.var(0), atol=1e-6)
    else:
        assert moments.deviation.tolist() == [1, 1]


def test_moments_with_a_memory_follow_what_changes() -> None:
    moments = Moments.of(device=torch.device("cpu"), memory=100)
    moments.update(torch.randn(10_000, generator=torch.Generator().manual_seed(1)))
    for _ in range(20):
        moments.update(torch.full((50,), 7.0))
    assert abs(float(moments.mean) - 7) < 0.01
    assert float(moments.deviation) < 0.2


def test_one_can_always_divide_by_a_deviation() -> None:
    moments = Moments.of(device=torch.device("cpu"))
    moments.update(torch.full((9,), 3.0))
    assert float(moments.deviation) > 0
