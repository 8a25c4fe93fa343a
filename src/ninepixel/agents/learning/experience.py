"""Experience: groups of worlds in which everybody acts by the same network, a thread each, and what they bring home.

A group acts alone for a whole rollout: it senses, decides and steps without waiting for the others. What becomes of it depends on
its own seeds and on the weights, so the number of threads decides nothing but the time it takes.

Autoreset is NEXT_STEP. The step after a life's last one only begins the next life: its action does nothing and its reward is
nobody's. It is *void*, and nothing is learned from it; in return the last observation of a life is in the buffer, from which a
life that ran out of time is valued.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ninepixel.agents.envs.vector import MindsVectorEnv
from ninepixel.agents.learning.network import VALUE, Folded, log_chances, sampled, step
from ninepixel.agents.learning.pixels import Eyes
from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.score import EVALUATION_SEEDS
from ninepixel.agents.tasks import Task
from ninepixel.world.life.senses import RETINA_BYTES
from ninepixel.world.thought.shape import HEADS

#: Between the first worlds of two seeds; more than most runs have worlds.
_APART = 4096


@dataclass(slots=True)
class Rollout:
    """What a group lived through: *ticks* steps of *n* agents, on the learner's device.

    :ivar seen: uint8 (ticks + 1, n, width): the observation of every step, and the one after the last.
    :ivar actions: uint8 (3, ticks, n). :ivar chances: float32 (3, ticks, n): logarithm of the probability of each.
    :ivar values: float32 (2, ticks + 1, n): what was expected of the task and of curiosity, in the learner's units.
    :ivar rewards: float32 (ticks, n). :ivar terminated: bool (ticks, n): died. :ivar ended: died, or ran out of time.
    :ivar void: bool (ticks, n): steps that only begin a life. :ivar begins: lives that begin with that step, remembering nothing.
    :ivar memory: float32 (n, hidden): what was remembered before the first step.
    """

    seen: Tensor
    actions: Tensor
    chances: Tensor
    values: Tensor
    rewards: Tensor
    terminated: Tensor
    ended: Tensor
    void: Tensor
    begins: Tensor
    memory: Tensor

    @staticmethod
    def empty(ticks: int, n: int, hidden: int, device: torch.device, width: int = RETINA_BYTES) -> Rollout:
        """Room for a rollout."""

        def room(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
            return torch.zeros(shape, dtype=dtype, device=device)

        terminated, ended, void, begins = (room(ticks, n, dtype=torch.bool) for _ in range(4))
        return Rollout(
            room(ticks + 1, n, width, dtype=torch.uint8),
            room(len(HEADS), ticks, n, dtype=torch.uint8),
            room(len(HEADS), ticks, n),
            room(2, ticks + 1, n),
            room(ticks, n),
            *(terminated, ended, void, begins),
            room(n, hidden),
        )


@dataclass(slots=True)
class Lived:
    """Lives that ended during a rollout.

    :ivar returns: float32 (lives,): sums of the task's rewards. :ivar lengths: int32 (lives,): ticks.
    :ivar founders: bool (lives,): who was there from the founding of their world on; only these are what ``evaluate`` measures.
    :ivar deeds: uint64 (lives,): achievements, a bit each.
    """

    returns: npt.NDArray[np.float32]
    lengths: npt.NDArray[np.int32]
    founders: npt.NDArray[np.bool_]
    deeds: npt.NDArray[np.uint64]


class Group:
    """Some of the worlds, and who acts in them.

    :param number: which of the groups. :param threads: how many threads step its worlds.

    :ivar simulated: seconds that its worlds took so far, and *inferred* those that deciding took.
    """

    def __init__(self, task: Task, settings: Settings, number: int, seed: int, device: torch.device, threads: int = 1) -> None:
        self.settings, self.device = settings, device
        self.n = settings.envs // settings.groups
        self.env = MindsVectorEnv(self.n, task, copy=False, threads=threads)
        self.worlds = self.env.arena.worlds
        self.seed = first_world(seed, self.worlds * settings.groups) + number * self.worlds
        self.generator = torch.Generator(device).manual_seed(seed * settings.groups + number)
        self.eyes = Eyes(self.env.arena) if settings.pixels else None
        self.rollout = Rollout.empty(settings.ticks, self.n, settings.hidden, device, settings.width)
        self.memory = torch.zeros(self.n, settings.hidden, device=device)
        self.over: npt.NDArray[np.bool_] = np.zeros(self.n, np.bool_)
        self.fresh: npt.NDArray[np.bool_] = np.ones(self.n, np.bool_)
        self.simulated = self.inferred = 0.0
        self.env.reset(seed=self.seed)

    @torch.inference_mode()
    def collect(self, net: Folded) -> Lived:
        """Fill :attr:`rollout` with the next ticks, and tell whose lives ended."""
        began, simulated = time.perf_counter(), self.simulated
        r, lived = self.rollout, list[Lived]()
        self._stagger()
        r.memory.copy_(self.memory)
        noise = torch.rand(self.settings.ticks, len(HEADS), self.n, generator=self.generator, device=self.device)
        for t in range(self.settings.ticks):
            actions = self._decide(net, t, noise[t])
            start = time.perf_counter()
            _, reward, terminated, truncated, infos = self.env.step(actions)
            self.simulated += time.perf_counter() - start
            ended = terminated | truncated
            r.rewards[t].copy_(torch.from_numpy(reward))
            r.terminated[t].copy_(torch.from_numpy(terminated))
            r.ended[t].copy_(torch.from_numpy(ended))
            if ended.any():
                lived.append(_lived(infos, ended & ~self.over))
            self.fresh, self.over = self.over, ended
        self._value_what_follows(net)
        self.inferred += time.perf_counter() - began - (self.simulated - simulated)
        return _together(lived)

    def _decide(self, net: Folded, t: int, noise: Tensor) -> npt.NDArray[np.uint8]:
        """Actions uint8 (n, 3) of one tick. *noise*: (3, n)."""
        r = self.rollout
        r.void[t].copy_(torch.from_numpy(self.over))
        r.begins[t].copy_(torch.from_numpy(self.fresh))
        r.seen[t].copy_(torch.from_numpy(self._seen))
        if self.fresh.any():
            self.memory.mul_(~r.begins[t].unsqueeze(-1))
        outputs, memory = step(net, r.seen[t], self.memory)
        self.memory.copy_(memory)
        chances = log_chances(outputs, r.seen[t])
        actions = self._choose(t, chances, noise)
        r.actions[:, t].copy_(actions)
        r.chances[:, t] = chances.gather(1, actions.unsqueeze(1)).squeeze(1)
        r.values[:, t] = outputs[VALUE:]
        chosen: npt.NDArray[np.uint8] = r.actions[:, t].cpu().numpy().T
        return chosen

    def _choose(self, t: int, chances: Tensor, noise: Tensor) -> Tensor:
        """What everybody does in tick *t* of the rollout, int64 (3, n)."""
        return sampled(chances, noise)

    def _value_what_follows(self, net: Folded) -> None:
        """Value the observation after the last step, with the memory that its step will have."""
        r = self.rollout
        r.seen[-1].copy_(torch.from_numpy(self._seen))
        memory = self.memory * ~torch.from_numpy(self.fresh).to(self.device).unsqueeze(-1)
        r.values[:, -1] = step(net, r.seen[-1], memory)[0][VALUE:]

    @property
    def _seen(self) -> npt.NDArray[np.uint8]:
        """What everybody sees now, uint8 (n, width): the arena's own array, or that of the eyes."""
        if self.eyes is not None:
            return self.eyes.look(self.env.arena)
        return self.env.arena.seen.reshape(self.n, -1)

    def _stagger(self) -> None:
        """In the first horizon of a run, found some worlds once more, so that not all worlds are of one age ever after."""
        arena, ticks = self.env.arena, self.settings.ticks
        horizon = arena.task.horizon
        if not 0 < arena.tick < horizon:
            return
        due = np.arange(self.worlds) * horizon // self.worlds
        mask = np.repeat((arena.tick - ticks < due) & (due <= arena.tick) & (due > 0), arena.minds)
        if mask.any():
            self.env.reset(options={"reset_mask": mask})
            self.over = self.over & ~mask
            self.fresh = self.fresh | mask

    def close(self) -> None:
        """Let the worlds go."""
        self.env.close()


def first_world(seed: int, worlds: int) -> int:
    """The seed of the first of so many worlds: below the evaluation seeds, and other worlds for other seeds."""
    return seed * _APART % (EVALUATION_SEEDS.start - worlds)


def _lived(infos: dict[str, Any], which: npt.NDArray[np.bool_]) -> Lived:
    """The lives of *which*, bool (n,), that end with this step."""
    stats, lengths = infos["episode_stats"], infos["episode_stats"]["length"][which]
    # the step that begins a life is a tick of its world and none of its own; who comes later is at least two ticks behind
    founders = infos["tick"][which] - lengths <= 1
    return Lived(stats["return"][which], lengths, founders, infos["achievements"][which])


def _together(lived: list[Lived]) -> Lived:
    nobody = Lived(np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(0, np.bool_), np.zeros(0, np.uint64))
    return Lived(*(np.concatenate([getattr(part, name) for part in [nobody, *lived]]) for name in Lived.__slots__))
