"""From rollouts to lessons: what of every step was better or worse than expected, and what should have been expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ninepixel.agents.learning.experience import Rollout
from ninepixel.agents.learning.returns import Moments, advantages, endless_advantages
from ninepixel.agents.learning.settings import Settings


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a group's rollout teaches.

    :ivar gains: float32 (ticks, n): advantages, of mean 0 and deviation 1 over all groups.
    :ivar targets: float32 (2, ticks, n): what the two values should have been, in the learner's units.
    :ivar kept: float32 (ticks, n): 1, and 0 for steps that nothing is learned from.
    """

    gains: Tensor
    targets: Tensor
    kept: Tensor


@dataclass(frozen=True, slots=True)
class Told:
    """Advantages and returns of one stream of one group, (ticks, n) each, in units of reward."""

    gains: Tensor
    returns: Tensor


class Unit:
    """The unit that a value head counts in: its own return's mean and deviation, measured as it goes.

    Whenever the unit changes, the head is rescaled, so that it says of everything what it said before (PopArt: van Hasselt et al.
    2016, arXiv:1602.07714).
    """

    def __init__(self, head: nn.Linear, memory: float) -> None:
        self.head = head
        self.moments = Moments.of(device=head.weight.device, memory=memory)

    def plain(self, values: Tensor) -> Tensor:
        """What the head says, in units of reward."""
        return values * self.moments.deviation.float() + self.moments.mean.float()

    def own(self, returns: Tensor) -> Tensor:
        """The inverse of :meth:`plain`."""
        return (returns - self.moments.mean.float()) / self.moments.deviation.float()

    @torch.no_grad()
    def update(self, returns: Tensor) -> None:
        """Measure these as well, (n,), and rescale the head."""
        mean, deviation = self.moments.mean.clone(), self.moments.deviation
        self.moments.update(returns)
        new = self.moments.deviation
        self.head.weight.mul_((deviation / new).float())
        self.head.bias.copy_((self.head.bias * deviation + mean - self.moments.mean) / new)


def lessons(
    rollouts: Sequence[Rollout], novelty: Sequence[Tensor] | None, units: tuple[Unit, Unit], settings: Settings
) -> tuple[list[Lesson], float]:
    """The lessons of all groups; and how much of the variance of the task's returns was expected, at best 1.

    :param novelty: intrinsic rewards, (ticks, n) a group, or None without curiosity.
    """
    kept = [~r.void for r in rollouts]
    task = [_of_the_task(r, units[0], settings) for r in rollouts]
    known = torch.cat([told.returns[keep] for told, keep in zip(task, kept, strict=True)])
    missed = torch.cat([told.gains[keep] for told, keep in zip(task, kept, strict=True)])
    explained = 1 - float(missed.var() / known.var().clamp(min=1e-8))
    units[0].update(known)
    streams, weights = [(task, units[0])], [1.0]
    if novelty is not None:
        new = [_of_novelty(r, found, units[1], settings) for r, found in zip(rollouts, novelty, strict=True)]
        units[1].update(torch.cat([told.returns[keep] for told, keep in zip(new, kept, strict=True)]))
        streams, weights = [*streams, (new, units[1])], [*weights, settings.curiosity_weight]
    found = []
    for group, r in enumerate(rollouts):
        gains, targets = torch.zeros_like(r.rewards), torch.zeros(2, *r.rewards.shape, device=r.rewards.device)
        for stream, ((told, unit), weight) in enumerate(zip(streams, weights, strict=True)):
            gains += told[group].gains * (weight / unit.moments.deviation.float())
            targets[stream] = unit.own(told[group].returns)
        found.append(Lesson(gains, targets, kept[group].float()))
    return _normalised(found), explained


def _of_the_task(r: Rollout, unit: Unit, s: Settings) -> Told:
    values = unit.plain(r.values[0])
    gains = advantages(r.rewards, values, s.gamma, s.trace, terminated=r.terminated, ended=r.ended)
    return Told(gains, gains + values[:-1])


def _of_novelty(r: Rollout, rewards: Tensor, unit: Unit, s: Settings) -> Told:
    values = unit.plain(r.values[1])
    gains = endless_advantages(rewards, values, s.curiosity_gamma, s.trace, void=r.void)
    return Told(gains, gains + values[:-1])


def _normalised(found: list[Lesson]) -> list[Lesson]:
    """The same with gains of mean 0 and deviation 1."""
    every = torch.cat([lesson.gains[lesson.kept > 0] for lesson in found])
    mean, deviation = every.mean(), every.std() + 1e-8
    return [Lesson((lesson.gains - mean) / deviation, lesson.targets, lesson.kept) for lesson in found]
