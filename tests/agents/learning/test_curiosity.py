"""Novelty: what was seen often is not new, the unit is that of returns, the dead see nothing."""

from __future__ import annotations

import numpy as np
import torch

from ninepixel.agents.learning.curiosity import EVERY, FARTHEST, Curiosity
from ninepixel.agents.learning.settings import Settings
from ninepixel.world.life.senses import RETINA_BYTES

CPU = torch.device("cpu")


def curious(settings: Settings, seed: int = 0) -> Curiosity:
    return Curiosity(settings, CPU, torch.Generator().manual_seed(seed))


def senses(ticks: int, n: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, 256, (ticks, n, RETINA_BYTES), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def test_what_is_learned_is_no_longer_new_and_the_target_never_changes(small: Settings) -> None:
    curiosity = curious(small)
    known, unknown = senses(4, 8, 1), senses(4, 8, 2)
    curiosity.notice(torch.cat([known, unknown]))
    target = [parameter.clone() for parameter in curiosity.target.parameters()]
    before = curiosity.error(known).mean(), curiosity.error(unknown).mean()
    optimiser = torch.optim.Adam(curiosity.predictor.parameters(), 3e-3)
    for _ in range(200):
        optimiser.zero_grad()
        curiosity.error(known).mean().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert curiosity.error(known).mean() < before[0] / 20
    assert curiosity.error(unknown).mean() > before[1] / 4
    for now, then in zip(curiosity.target.parameters(), target, strict=True):
        assert torch.equal(now, then)


def test_what_is_sensed_is_normalised_and_cut_off(small: Settings) -> None:
    """Only how far something is from what is usual counts; nothing counts as farther than the farthest."""
    curiosity = curious(small)
    usual = torch.full((4 * EVERY, 8, RETINA_BYTES), 100, dtype=torch.uint8)
    usual[::EVERY, ::2] = 104  # mean 102, deviation 2 among those that are looked at
    curiosity.notice(usual)
    np.testing.assert_allclose(curiosity.sensed.mean, 102)
    np.testing.assert_allclose(curiosity.sensed.deviation, 2)
    at_the_edge = torch.full((1, RETINA_BYTES), int(102 + 2 * FARTHEST), dtype=torch.uint8)
    beyond = torch.full((1, RETINA_BYTES), 255, dtype=torch.uint8)
    assert torch.equal(curiosity.error(at_the_edge), curiosity.error(beyond))
    assert not torch.equal(curiosity.error(at_the_edge), curiosity.error(at_the_edge - 3))


def test_a_step_is_worth_what_it_leads_to_and_death_leads_to_nothing(small: Settings) -> None:
    curiosity = curious(small)
    seen = senses(4, 8)
    curiosity.notice(seen)
    terminated = torch.zeros(3, 8, dtype=torch.bool)
    terminated[1, 5] = True
    found = curiosity.errors(seen, terminated)
    assert found[1, 5] == 0
    torch.testing.assert_close(found[0], curiosity.error(seen[1]).detach())
    torch.testing.assert_close(found[2], curiosity.error(seen[3]).detach())


def test_rewards_are_in_units_of_the_deviation_of_discounted_sums(small: Settings) -> None:
    """Whatever the errors' size, and carried on from rollout to rollout, group by group."""
    size = (40, small.envs // small.groups)
    rng = np.random.default_rng(1)
    errors = [rng.random((2, *size)).astype(np.float32) * 1e-3 for _ in range(3)]
    curiosity = curious(small)
    for rollout in errors:
        found = curiosity.rewards([torch.from_numpy(group) for group in rollout])
    sums, running = [], np.zeros((2, size[1]))
    for rollout in errors:
        for group in range(2):
            for now in rollout[group]:
                running[group] = running[group] * small.curiosity_gamma + now
                sums.append(running[group].copy())
    np.testing.assert_allclose(found[1], errors[-1][1] / np.std(sums), rtol=1e-4)
