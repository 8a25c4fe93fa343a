"""What rollouts teach: units change without changing what is said, gains are normalised, void steps teach nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from ninepixel.agents.learning.experience import Rollout
from ninepixel.agents.learning.lessons import Unit, lessons
from ninepixel.agents.learning.settings import Settings

TICKS, N = 6, 5


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rollout(seed: int) -> Rollout:
    made = Rollout.empty(TICKS, N, 16, torch.device("cpu"))
    made.rewards.normal_(generator=generator(seed))
    made.values.normal_(generator=generator(seed + 1))
    made.ended[2, 1] = made.terminated[2, 1] = made.void[3, 1] = True
    return made


def units() -> tuple[Unit, Unit]:
    return Unit(nn.Linear(4, 1), 1e6), Unit(nn.Linear(4, 1), 1e6)


def test_a_new_unit_changes_nothing_that_the_head_says() -> None:
    unit, x = Unit(nn.Linear(4, 1), 1e6), torch.randn(7, 4, generator=generator())
    for seed in range(3):
        before = unit.plain(unit.head(x))
        unit.update(torch.randn(50, generator=generator(seed)) * 10 + 40 * seed)
        torch.testing.assert_close(unit.plain(unit.head(x)), before, rtol=1e-4, atol=1e-3)
    assert float(unit.moments.mean) > 10
    torch.testing.assert_close(unit.own(unit.plain(x)), x, rtol=1e-4, atol=1e-4)


def test_gains_have_mean_0_and_deviation_1_over_all_groups_and_void_steps_count_for_nothing(small: Settings) -> None:
    rollouts = [rollout(1), rollout(2)]
    plain, _ = lessons(rollouts, None, units(), small)
    kept = torch.cat([lesson.gains[lesson.kept > 0] for lesson in plain])
    assert len(kept) == 2 * (TICKS * N - 1)
    assert float(kept.mean()) == pytest.approx(0, abs=1e-6)
    assert float(kept.std()) == pytest.approx(1, abs=1e-4)
    for r in rollouts:
        r.rewards[3, 1] = 1e6  # of the void step
    again, _ = lessons(rollouts, None, units(), small)
    for one, other in zip(plain, again, strict=True):
        torch.testing.assert_close(one.gains * one.kept, other.gains * other.kept)
        torch.testing.assert_close(one.targets * one.kept, other.targets * other.kept)


def test_targets_are_returns_in_the_unit_of_their_head(small: Settings) -> None:
    """Without discount and with all of the trace, a return is the sum of what followed."""
    all_of_it = replace(small, gamma=1.0, trace=1.0)
    r = rollout(1)
    r.values[:, -1] = 0
    made = units()
    (taught,), _ = lessons([r], None, made, all_of_it)
    torch.testing.assert_close(made[0].plain(taught.targets[0])[:, 0], r.rewards[:, 0].flip(0).cumsum(0).flip(0))
    torch.testing.assert_close(made[0].plain(taught.targets[0])[:3, 1], r.rewards[:3, 1].flip(0).cumsum(0).flip(0))


def test_novelty_is_weighed_in_its_own_deviations(small: Settings) -> None:
    rollouts = [rollout(1), rollout(2)]
    novelty = [torch.rand(TICKS, N, generator=generator(seed)) for seed in (3, 4)]
    without, _ = lessons(rollouts, None, units(), small)
    unpaid, _ = lessons(rollouts, novelty, units(), replace(small, curiosity_weight=0.0))
    paid, _ = lessons(rollouts, novelty, units(), replace(small, curiosity_weight=1.0))
    louder, _ = lessons(rollouts, [new * 1000 for new in novelty], units(), replace(small, curiosity_weight=1.0))
    torch.testing.assert_close(without[0].gains, unpaid[0].gains)
    assert (paid[0].gains - unpaid[0].gains).abs().max() > 0.05
    assert without[0].targets[1].abs().max() == 0
    assert paid[0].targets[1].abs().max() > 0
    # values of chance are small beside a thousandfold novelty, and that is all that a thousandfold changes
    quiet = [replace(r, values=torch.zeros_like(r.values)) for r in rollouts]
    once, _ = lessons(quiet, novelty, units(), replace(small, curiosity_weight=1.0))
    louder, _ = lessons(quiet, [new * 1000 for new in novelty], units(), replace(small, curiosity_weight=1.0))
    torch.testing.assert_close(once[0].gains, louder[0].gains, rtol=1e-3, atol=1e-3)


def test_what_was_expected_is_explained(small: Settings) -> None:
    r = rollout(1)
    _, poorly = lessons([r], None, units(), small)
    r.rewards[...] = 1.0
    r.ended[...] = r.terminated[...] = r.void[...] = False
    r.rewards[:, :2] = 5.0
    sums = torch.zeros(N)
    r.values[0, -1] = 0
    for t in reversed(range(TICKS)):
        sums = r.rewards[t] + small.gamma * sums
        r.values[0, t] = sums
    _, well = lessons([r], None, units(), small)
    assert poorly < 0.9
    assert well == pytest.approx(1, abs=1e-5)
