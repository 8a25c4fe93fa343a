"""The pupil: from what minds lived through under known policies to a better policy. It knows neither clocks nor processes.

It begins as the policy that the universe lives by, and learns with the learner of training
(:mod:`ninepixel.agents.learning.ppo`). What differs is where experience comes from: somebody else acted, in integers, a little
while ago. So the chances of the actions are worked out again under the policy that acted, from what was sensed and remembered.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ninepixel.agents.learning.crew import Crew
from ninepixel.agents.learning.experience import Rollout
from ninepixel.agents.learning.network import VALUE, Folded, Network, log_chances, sequence
from ninepixel.agents.learning.online.settings import Settings
from ninepixel.agents.learning.ppo import Learner
from ninepixel.agents.learning.returns import Moments
from ninepixel.agents.learning.settings import Settings as LearnerSettings
from ninepixel.world.laws.vital import SET_POINT
from ninepixel.world.life.comfort import WORST
from ninepixel.world.life.witness import Episode, Fate
from ninepixel.world.thought.artefact import Policy
from ninepixel.world.thought.manifest import manifest

#: Policies that may still act, of those that were offered: what minds do by an older one is not learned from.
REMEMBERED = 16
#: How many units one stands for in integers: a memory of int16.
MEMORY_ONE = 1 << 15
#: Of how many observations of the first batch one is looked at to scale the inputs.
_SCALED_BY = 7


@dataclass(frozen=True, slots=True)
class _Version:
    """A policy that may act: what it does, and what to load to be it again."""

    acts: Folded
    network: dict[str, Tensor]
    units: tuple[Moments, ...]


class Pupil:
    """Learns from the lives of a universe.

    :param policy: what they live by. It is version 0.

    :ivar version: of the policy that was made last. :ivar held: one that is not forgotten, however old it is.
    :ivar steps: agent-steps that were learned from.
    """

    def __init__(self, policy: Policy, settings: Settings, seed: int = 0) -> None:
        self.settings, self.origin = settings, policy
        self.crew = Crew(1, settings.threads)
        self.learner = Learner(_for_the_learner(settings, policy.shape.hidden), seed, torch.device("cpu"), self.crew)
        _load(self.learner.network, policy)
        scale = float(policy.manifest["value_scale"])
        self.learner.units[0].moments.variance.fill_(scale * scale)
        self.learner.updates = 1  # inputs are looked at here, because the weights must go along
        self._known: dict[int, _Version] = {}
        self.version = self.steps = self.updates = self.held = 0
        self._looked = False
        self._remember()

    def knows(self, version: int) -> bool:
        """Whether it is known what a policy of that *version* would do."""
        return version in self._known

    def learn(self, episodes: Sequence[tuple[int, Episode]]) -> dict[str, float]:
        """Learn from episodes, each with the version of the policy that acted; how it went.

        :raises Diverged: when learning gives no numbers any more.
        """
        rollout = _together([self._rollout(self._known[version].acts, episode) for version, episode in episodes])
        if not self._looked:
            self._look_at_inputs(rollout)
        warm = self.updates < self.settings.warm
        before = copy.deepcopy(self.learner.network.state_dict()) if warm else {}
        told = self.learner.learn([rollout], self.settings.rate)
        if warm:
            self._keep_the_value_alone(before)
        self.updates += 1
        kept = int((~rollout.void).sum())
        self.steps += kept
        return {**told, "reward": float(rollout.rewards[~rollout.void].mean()), "steps": self.steps, "batch": kept, "warm": warm}

    def policy(self) -> Policy:
        """The policy as it is now, with a version of its own."""
        self.version += 1
        self._remember()
        arrays, moments = self.learner.network.arrays(), self.learner.units[0].moments
        # the artefact's value is a multiple of a unit, so what the learner's is counted from goes into the bias
        arrays["value.bias"] += np.float32(float(moments.mean / moments.deviation))
        told = self.origin.manifest
        about = manifest(
            told["task"],
            command="ninepixel --learn",
            seed=told["seed"],
            steps=told["steps"] + self.steps,
            value_scale=float(moments.deviation),
            parents=[self.origin.hash],
            online=self.settings.plain(),
        )
        return Policy(self.origin.shape, about, arrays)

    def go_back(self, version: int) -> None:
        """Be again what it was when it made the policy of that *version*; what the optimiser was about is forgotten.

        :raises KeyError: when it does not know it any more.
        """
        kept = self._known[version]
        self.learner.network.load_state_dict(kept.network)
        for unit, moments in zip(self.learner.units, kept.units, strict=True):
            unit.moments = copy.deepcopy(moments)
        self._forget_moments()

    def close(self) -> None:
        """Let its threads go."""
        self.crew.close()

    # -- inside -------------------------------------------------------------------------------------------------------

    def _remember(self) -> None:
        """What it is now is the policy of this version; the oldest is forgotten."""
        network, units = self.learner.network, self.learner.units
        moments = tuple(copy.deepcopy(unit.moments) for unit in units)
        self._known[self.version] = _Version(_still(network), copy.deepcopy(network.state_dict()), moments)
        for old in sorted(self._known.keys() - {self.held})[:-REMEMBERED]:
            del self._known[old]

    @torch.no_grad()
    def _rollout(self, acted: Folded, episode: Episode) -> Rollout:
        """An episode as the learner takes it: with the chances of what was done, and what is expected now."""
        ticks, places = episode.fates.shape
        r = Rollout.empty(ticks, places, self.origin.shape.hidden, torch.device("cpu"))
        fates = torch.from_numpy(episode.fates.copy())
        r.seen.copy_(torch.from_numpy(episode.seen))
        r.actions.copy_(torch.from_numpy(episode.actions).permute(2, 0, 1))
        r.memory.copy_(torch.from_numpy(episode.memory).float() / MEMORY_ONE)
        r.void.copy_(fates == 0)
        r.begins.copy_(fates & Fate.BEGAN > 0)
        r.terminated.copy_(fates & Fate.DIED > 0)
        r.ended.copy_(fates & (Fate.DIED | Fate.LEFT) > 0)
        r.rewards.copy_(_rewards(episode, r.terminated, self.settings) * ~r.void)
        outputs = sequence(acted, r.seen[:-1], r.memory, r.begins)
        chances = log_chances(outputs, r.seen[:-1].flatten(0, 1))
        chosen = r.actions.long().flatten(1).unsqueeze(1)
        r.chances.copy_(chances.gather(1, chosen).squeeze(1).view_as(r.chances))
        nobody = torch.zeros(1, places, dtype=torch.bool)
        expected = sequence(self.learner.folded(), r.seen, r.memory, torch.cat([r.begins, nobody]))
        r.values.copy_(expected[VALUE:].view_as(r.values))
        return r

    @torch.no_grad()
    def _look_at_inputs(self, rollout: Rollout) -> None:
        """Centre and scale what is sensed by the first batch, with weights that make the same of it: learning is easier so."""
        self._looked = True
        net = self.learner.network
        folded = net.folded()
        lived = rollout.seen[:-1][~rollout.void][::_SCALED_BY].float() / 256
        net.scale_inputs(lived.mean(0), lived.std(0))
        whole = folded.encode * 256
        net.encode.weight.copy_(whole * net.spread)
        net.encode.bias.copy_(folded.encode_bias + whole @ net.centre)

    @torch.no_grad()
    def _keep_the_value_alone(self, before: dict[str, Tensor]) -> None:
        """Of an update, keep what the value learned; everything else is as *before*."""
        learned = self.learner.network.state_dict()
        self.learner.network.load_state_dict(before | {n: t for n, t in learned.items() if n.startswith("value.")})
        self._forget_moments(but=(self.learner.network.value.weight, self.learner.network.value.bias))

    def _forget_moments(self, but: tuple[Tensor, ...] = ()) -> None:
        """Let Adam begin anew, for all parameters *but* some."""
        for parameter, state in self.learner.optimiser.state.items():
            if not any(parameter is kept for kept in but):
                for tensor in state.values():
                    tensor.zero_()


def _for_the_learner(s: Settings, hidden: int) -> LearnerSettings:
    """The settings of training that online learning learns by."""
    return LearnerSettings(
        hidden=hidden,
        envs=max(s.minibatches, 2),  # of one group; how many live is another matter
        groups=1,
        ticks=s.ticks,
        epochs=s.epochs,
        minibatches=s.minibatches,
        rate=s.rate,
        gamma=s.gamma,
        trace=s.trace,
        clip=s.clip,
        target_kl=s.target_kl,
        entropy_move=s.entropy,
        entropy_act=s.entropy,
        curiosity=False,
        value_memory=32.0 * s.batch,
    )


@torch.no_grad()
def _load(network: Network, policy: Policy) -> None:
    """Make a network what a policy is. Curiosity's head, which no policy has, says nothing."""
    state = {name: torch.from_numpy(array.copy()) for name, array in policy.arrays.items()}
    missing = network.load_state_dict(state, strict=False)
    if missing.unexpected_keys:
        raise ValueError(f"the network has no {missing.unexpected_keys[0]}")
    network.curiosity.weight.zero_()
    network.curiosity.bias.zero_()


def _still(network: Network) -> Folded:
    """The network as it is now, to look up what it would have done."""
    with torch.no_grad():
        return Folded(*(tensor.clone() for tensor in network.folded()))


def _rewards(episode: Episode, died: Tensor, s: Settings) -> Tensor:
    """What every step pays, float32 (ticks, places): drive reduction, achievements, children; and what a death costs.

    Drive reduction is the canon's: the distance of the stores from their set point, before minus after. Who dies loses all
    satisfaction that there was, so that it pays to be near the set point for long (Keramati and Gutkin 2014,
    doi:10.7554/eLife.04811).
    """
    before, after = torch.from_numpy(episode.drive.copy())
    after = torch.where(died, torch.full_like(after, WORST), after)
    found: Tensor = (before - after).float() * (s.drive / SET_POINT)
    found += torch.from_numpy(episode.deeds.astype(np.float32)) * s.deed
    found += torch.from_numpy(episode.children.astype(np.float32)) * s.child
    return found - died.float() * s.death


def _together(rollouts: Sequence[Rollout]) -> Rollout:
    """Episodes side by side, as if others had lived them at the same time."""
    lives = {"seen": 1, "actions": 2, "chances": 2, "values": 2, "memory": 0}
    return Rollout(
        **{name: torch.cat([getattr(r, name) for r in rollouts], lives.get(name, 1)) for name in Rollout.__dataclass_fields__}
    )
