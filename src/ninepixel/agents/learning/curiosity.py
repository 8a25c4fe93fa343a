"""Curiosity by random network distillation (Burda et al. 2018, arXiv:1810.12894).

A network that never changes maps what is sensed to a few numbers; another learns to say them beforehand. Where it errs, something
has not been seen often. The error, in units of the spread of its discounted sums, is a reward of its own.
"""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from ninepixel.agents.learning.returns import Moments
from ninepixel.agents.learning.settings import Settings

#: Units of both networks, and numbers that they map to.
UNITS, FEATURES = 64, 32
#: What is sensed is cut off at so many standard deviations.
FARTHEST = 5.0
#: The statistics of what is sensed are taken from every so many ticks.
EVERY = 4


class Curiosity(nn.Module):
    """How new what is sensed is.

    :ivar sensed: moments of bytes, (width,). :ivar sums: moments of the discounted sums of errors.
    :ivar running: float32 (groups, n): the sum of each agent so far.
    """

    def __init__(self, settings: Settings, device: torch.device, generator: torch.Generator) -> None:
        super().__init__()
        self.gamma = settings.curiosity_gamma
        self.target = _mlp([settings.width, UNITS, FEATURES], generator).requires_grad_(False)
        self.predictor = _mlp([settings.width, UNITS, UNITS, FEATURES], generator)
        self.to(device)
        self.sensed = Moments.of(settings.width, device=device)
        self.sums = Moments.of(device=device)
        self.running = torch.zeros(settings.groups, settings.envs // settings.groups, device=device)

    def notice(self, seen: Tensor) -> None:
        """Take what was sensed into the statistics. *seen*: uint8 (ticks, n, width)."""
        self.sensed.update(seen[::EVERY].flatten(0, 1).float())

    def error(self, seen: Tensor) -> Tensor:
        """How wrong the prediction is, (...). *seen*: uint8 (..., width)."""
        mean, deviation = self.sensed.mean.float(), self.sensed.deviation.clamp(min=1.0).float()
        x = ((seen.float() - mean) / deviation).clamp_(-FARTHEST, FARTHEST)
        return cast(Tensor, (self.predictor(x) - self.target(x)).square().mean(-1))

    @torch.no_grad()
    def errors(self, seen: Tensor, terminated: Tensor) -> Tensor:
        """The error at what every step led to, (ticks, n); the dead see nothing.

        :param seen: uint8 (ticks + 1, n, width). :param terminated: bool (ticks, n).
        """
        return torch.stack([self.error(now) for now in seen[1:]]) * ~terminated

    def rewards(self, errors: list[Tensor]) -> list[Tensor]:
        """Intrinsic rewards of all groups, from the errors of all groups, (ticks, n) each."""
        sums = []
        for group, found in enumerate(errors):
            running = self.running[group]
            for now in found:
                running.mul_(self.gamma).add_(now)
                sums.append(running.clone())
        self.sums.update(torch.cat(sums))
        return [found / self.sums.deviation.float() for found in errors]


def _mlp(sizes: list[int], generator: torch.Generator) -> nn.Sequential:
    layers: list[nn.Module] = []
    for into, out in pairwise(sizes):
        linear = nn.Linear(into, out)
        nn.init.orthogonal_(linear.weight, 2**0.5, generator)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])
