"""What rewards come to: advantages of two streams of reward, and running statistics to measure them by."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor


def advantages(rewards: Tensor, values: Tensor, gamma: float, trace: float, *, terminated: Tensor, ended: Tensor) -> Tensor:
    """Generalised advantages (Schulman et al. 2015, arXiv:1506.02438) of a stream that ends with every life, (ticks, n).

    A life that died has no future. One that ran out of time is valued by its last observation, which is that of the void step
    after its last. What is said of void steps means nothing.

    :param rewards: (ticks, n). :param values: (ticks + 1, n). :param terminated: bool (ticks, n), and *ended*, which includes it.
    """
    out, carried = torch.empty_like(rewards), torch.zeros_like(rewards[0])
    survives, goes_on = gamma * ~terminated, gamma * trace * ~ended
    for t in reversed(range(len(rewards))):
        delta = rewards[t] + survives[t] * values[t + 1] - values[t]
        out[t] = carried = delta + goes_on[t] * carried
    return out


def endless_advantages(rewards: Tensor, values: Tensor, gamma: float, trace: float, *, void: Tensor) -> Tensor:
    """The same of a stream that goes on from life to life, as novelty does (Burda et al. 2018): void steps are leapt over.

    :param void: bool (ticks, n).
    """
    out, carried, following = torch.empty_like(rewards), torch.zeros_like(rewards[0]), values[-1]
    for t in reversed(range(len(rewards))):
        out[t] = rewards[t] + gamma * following - values[t] + gamma * trace * carried
        carried, following = torch.where(void[t], carried, out[t]), torch.where(void[t], following, values[t])
    return out


@dataclass(slots=True)
class Moments:
    """Mean and variance of numbers that come in batches, merged by the rule of Chan, Golub and LeVeque (1979).

    :param memory: so many numbers weigh at most against a new batch: what came long before is forgotten. None: nothing is.

    :ivar mean: float64 (...), and *variance*. :ivar count: how many numbers they stand for.
    """

    mean: Tensor
    variance: Tensor
    memory: float | None = None
    count: float = field(default=0.0)

    @staticmethod
    def of(*shape: int, device: torch.device, memory: float | None = None) -> Moments:
        """Of nothing yet: mean 0, variance 1."""
        kind = {"dtype": torch.float64, "device": device}
        return Moments(torch.zeros(shape, **kind), torch.ones(shape, **kind), memory)  # type: ignore[call-overload]

    @property
    def deviation(self) -> Tensor:
        """The standard deviation, not so small that one cannot divide by it."""
        return self.variance.sqrt().clamp(min=1e-4)

    def update(self, batch: Tensor) -> None:
        """Take in a batch, (n, ...); an empty one changes nothing, nor does one that holds what is no number."""
        n, batch = len(batch), batch.double()
        if not n or not torch.isfinite(batch).all():
            return
        mean, variance = batch.mean(0), batch.var(0, correction=0)
        before = self.count if self.memory is None else min(self.count, self.memory)
        total = before + n
        apart = mean - self.mean
        self.variance.mul_(before).add_(variance * n).add_(apart**2 * (before * n / total)).div_(total)
        self.mean.add_(apart * (n / total))
        self.count = total
