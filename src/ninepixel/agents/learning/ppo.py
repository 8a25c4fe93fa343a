"""Recurrent proximal policy optimisation (Schulman et al. 2017, arXiv:1707.06347): from rollouts to new weights, top to bottom.

What it has beyond the paper's: memory, learned through the ticks of a rollout from what was remembered at its start; two streams
of reward with a value head each; values in running units; an end of the epochs when the policy has moved far enough; a guard
against numbers that are none; and the gradient's noise.

Every group of worlds is a shard: its part of a minibatch is worked on by a thread of its own, and gradients are added up in the
order of groups, so that the number of threads decides nothing but the time it takes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ninepixel.agents.learning.crew import Crew
from ninepixel.agents.learning.curiosity import EVERY, Curiosity
from ninepixel.agents.learning.experience import Rollout
from ninepixel.agents.learning.lessons import Lesson, Unit, lessons
from ninepixel.agents.learning.network import VALUE, Folded, Network, log_chances, sees, sequence
from ninepixel.agents.learning.noise import NoiseScale
from ninepixel.agents.learning.settings import Settings
from ninepixel.world.thought.shape import HEADS, Shape

#: What is told of every minibatch, in this order.
MEASURES = ("policy_loss", "value_loss", "curiosity_loss", *(f"entropy_{head}" for head in HEADS), "kl", "clipped")
#: Of how many observations of the first rollout one is looked at to scale the inputs.
_SCALED_BY = 7


class Diverged(RuntimeError):
    """Updates are no numbers any more; the message says what would help."""


@dataclass(frozen=True, slots=True)
class Shard:
    """What one group makes of its part of a minibatch.

    :ivar gradients: of the mean loss over its *steps*, one a parameter. :ivar predictor: of curiosity's predictor, likewise.
    :ivar measures: float32 (len(MEASURES),), means.
    """

    gradients: tuple[Tensor, ...]
    predictor: tuple[Tensor, ...]
    measures: Tensor
    steps: float


class Learner:
    """A network that gets better by rollouts."""

    def __init__(self, settings: Settings, seed: int, device: torch.device, crew: Crew) -> None:
        self.settings, self.device, self.crew = settings, device, crew
        self.generator = torch.Generator().manual_seed(seed)
        self.network = Network(Shape(settings.hidden), self.generator, sees(settings)).to(device)
        self.curiosity = Curiosity(settings, device, self.generator) if settings.curiosity else None
        heads = (self.network.value, self.network.curiosity)
        self.units = (Unit(heads[0], settings.value_memory), Unit(heads[1], settings.value_memory))
        self.streams = torch.tensor([1.0, float(settings.curiosity)], device=device)
        self.parameters = list(self.network.parameters())
        self.predictor = [] if self.curiosity is None else list(self.curiosity.predictor.parameters())
        self.optimiser = _adam(self.parameters, settings.rate)
        self.predictor_optimiser = _adam(self.predictor, settings.curiosity_rate)
        self.noise = NoiseScale(settings.noise_smoothing)
        self.updates = self.skipped = self.skipped_on_end = 0

    def folded(self) -> Folded:
        """The network as it is, to act by."""
        with torch.no_grad():
            return self.network.folded()

    def learn(self, rollouts: Sequence[Rollout], rate: float, bonus: float = 1.0) -> dict[str, float]:
        """Learn from the rollouts of all groups, and tell how it went.

        :param rate: Adam's step. :param bonus: what the entropy bonuses are multiplied with.
        :raises Diverged: when too many updates in a row were no numbers.
        """
        s = self.settings
        if not self.updates:
            self._look_at_inputs(rollouts)
        self.updates += 1
        novelty = self._novelty(rollouts)
        taught, explained = lessons(rollouts, novelty, self.units, s)
        measures, length, done = torch.zeros(len(MEASURES)), 0.0, 0
        for epoch in range(s.epochs):
            for who in self._minibatches(rollouts):

                def shard(group: int, who: list[Tensor] = who, epoch: int = epoch) -> Shard:
                    return self._shard(rollouts[group], taught[group], who[group], bonus, epoch)

                shards = self.crew(shard)
                told = sum((shard.measures * shard.steps for shard in shards), torch.zeros(1)) / sum(x.steps for x in shards)
                length += self._apply(shards, rate)
                measures += told
                done += 1
                if told[MEASURES.index("kl")] > s.target_kl:
                    break
            else:
                continue
            break
        found = dict(zip(MEASURES, (measures / done).tolist(), strict=True))
        return found | {
            "explained": explained,
            "gradient": length / done,
            "noise_scale": self.noise.steps,
            "novelty": math.nan if novelty is None else float(torch.cat(novelty).mean()),
            "value_scale": float(self.units[0].moments.deviation),
            "minibatches": done,
            "skipped": self.skipped,
        }

    def _look_at_inputs(self, rollouts: Sequence[Rollout]) -> None:
        """Scale inputs by the first rollout, once and for all."""
        some = torch.cat([r.seen.reshape(-1, self.settings.width)[::_SCALED_BY] for r in rollouts]).float() / 256
        self.network.scale_inputs(some.mean(0), some.std(0))

    def _novelty(self, rollouts: Sequence[Rollout]) -> list[Tensor] | None:
        """Intrinsic rewards of all groups."""
        if (curiosity := self.curiosity) is None:
            return None
        for r in rollouts:
            curiosity.notice(r.seen[:-1])
        return curiosity.rewards(self.crew(lambda group: curiosity.errors(rollouts[group].seen, rollouts[group].terminated)))

    def _minibatches(self, rollouts: Sequence[Rollout]) -> list[list[Tensor]]:
        """An epoch: for every minibatch the agents of every group, int64 (about n / minibatches,)."""
        parts = self.settings.minibatches
        orders = [torch.randperm(r.void.shape[1], generator=self.generator).to(self.device) for r in rollouts]
        return [list(who) for who in zip(*(order.tensor_split(parts) for order in orders), strict=True)]

    def _shard(self, r: Rollout, lesson: Lesson, who: Tensor, bonus: float, epoch: int) -> Shard:
        """What the agents *who* of a group teach: the loss of everything that they did in the rollout, and its gradients."""
        s = self.settings
        seen = r.seen[:-1].index_select(1, who)
        outputs = sequence(self.network.folded(), seen, r.memory[who], r.begins[:, who])
        chances = log_chances(outputs, seen.flatten(0, 1))
        kept, gains = lesson.kept[:, who].flatten(), lesson.gains[:, who].flatten()
        steps = kept.sum().clamp(min=1)

        actions = r.actions[:, :, who].flatten(1).long().unsqueeze(1)
        moved = (chances.gather(1, actions).squeeze(1) - r.chances[:, :, who].flatten(1)).sum(0)
        ratio = moved.exp()
        clipped = ratio.clamp(1 - s.clip, 1 + s.clip)
        policy_loss = (torch.max(-gains * ratio, -gains * clipped) * kept).sum() / steps
        value_losses = 0.5 * ((outputs[VALUE:] - lesson.targets[:, :, who].flatten(1)).square() * kept).sum(1) / steps
        entropies = -((chances.exp() * chances).sum(1) * kept).sum(1) / steps
        bonuses = s.entropy_move * entropies[0] + s.entropy_act * entropies[1] + s.entropy_word * entropies[2]
        loss = policy_loss + s.value * (value_losses * self.streams).sum() - bonus * bonuses
        gradients = torch.autograd.grad(loss, self.parameters)

        with torch.no_grad():
            kl = (
                (ratio - 1 - moved) * kept
            ).sum() / steps  # never negative: Schulman 2020, http://joschu.net/blog/kl-approx.html
            cut = ((ratio != clipped) * kept).sum() / steps
            measures = torch.stack([policy_loss, *value_losses, *entropies, kl, cut]).cpu()
        return Shard(gradients, self._predictor_gradients(seen[epoch % EVERY :: EVERY]), measures, float(steps))

    def _predictor_gradients(self, seen: Tensor) -> tuple[Tensor, ...]:
        """Of the error of what is to become familiar: some of the steps, so that novelty does not fade too soon."""
        if self.curiosity is None:
            return ()
        return torch.autograd.grad(self.curiosity.error(seen).mean(), self.predictor)

    def _apply(self, shards: Sequence[Shard], rate: float) -> float:
        """Step along the mean gradient, unless it is no number; its length before it was shortened."""
        s, total = self.settings, sum(shard.steps for shard in shards)
        _mean(self.parameters, [shard.gradients for shard in shards], [shard.steps / total for shard in shards])
        length = float(nn.utils.clip_grad_norm_(self.parameters, s.norm))
        if not math.isfinite(length):
            self.skipped += 1
            self.skipped_on_end += 1
            if self.skipped_on_end >= s.most_skipped:
                raise Diverged(
                    f"{self.skipped_on_end} updates in a row were no numbers: training diverged in rollout {self.updates}; "
                    f"begin anew with a smaller rate than {s.rate:g}"
                )
            return 0.0
        self.skipped_on_end = 0
        small = sum(float(_squared(shard.gradients)) for shard in shards) / len(shards)
        self.noise.update(small, total / len(shards), length**2, total)
        self.optimiser.param_groups[0]["lr"] = rate
        self.optimiser.step()
        if self.curiosity is not None:
            _mean(self.predictor, [shard.predictor for shard in shards], [1 / len(shards)] * len(shards))
            self.predictor_optimiser.step()
        return length


def _adam(parameters: Sequence[nn.Parameter], rate: float) -> torch.optim.Adam:
    """Adam, with its moments there from the start, so that a checkpoint always holds the same arrays."""
    adam = torch.optim.Adam(parameters or [nn.Parameter()], lr=rate, eps=1e-5)
    for parameter in parameters:
        moments = {"exp_avg": torch.zeros_like(parameter), "exp_avg_sq": torch.zeros_like(parameter)}
        adam.state[parameter] = {"step": torch.tensor(0.0), **moments}
    return adam


def _mean(parameters: Sequence[nn.Parameter], gradients: Sequence[Sequence[Tensor]], weights: Sequence[float]) -> None:
    """Give every parameter the weighted mean of the shards' gradients."""
    for number, parameter in enumerate(parameters):
        parts = [given[number] * weight for given, weight in zip(gradients, weights, strict=True)]
        parameter.grad = torch.stack(parts).sum(0)


def _squared(gradients: Sequence[Tensor]) -> Tensor:
    return torch.stack([gradient.square().sum() for gradient in gradients]).sum()
