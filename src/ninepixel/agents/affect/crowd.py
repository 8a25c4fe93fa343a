"""Who decides for the minds of an arena, with dice that can be thrown anew: learned, by chance, or by instinct."""

from __future__ import annotations

import copy

import numpy as np
import numpy.typing as npt

from ninepixel.agents.arena import Arena
from ninepixel.agents.tasks import Task
from ninepixel.world.laws.lives import MOVES, Role
from ninepixel.world.laws.rng import draw
from ninepixel.world.life.columns import EPISODE
from ninepixel.world.thought import IntegerPolicy

#: The stream of those who act by chance here; the world's own random residents have another.
STREAM_CROWD = 48
#: What the seed of the dice is moved by for other dice (the golden ratio of 64 bits).
OTHER_DICE = 0x9E3779B97F4A7C15

Actions = npt.NDArray[np.uint8]


class Crowd:
    """Decides for everybody in an arena, and keeps what each remembers. Instinct is the arena's own and throws no dice.

    :ivar memory: int16 (worlds, minds, units); no units where nobody remembers anything.
    :ivar dice: which dice are thrown; 0 are those that :class:`ninepixel.agents.score.Minds` throws.
    """

    def __init__(self, task: Task, worlds: int, who: Role | IntegerPolicy) -> None:
        self.who, self.dice = who, 0
        minds = task.agents + task.spare
        units = 0 if isinstance(who, Role) else who.policy.shape.hidden
        self.memory: npt.NDArray[np.int16] = np.zeros((worlds, minds, units), np.int16)
        self._whose: npt.NDArray[np.int64] = np.zeros((worlds, minds), np.int64)
        self._ids = np.tile(np.arange(minds, dtype=np.uint32), worlds)

    def roles(self, task: Task) -> list[int]:
        """Who an arena must let decide for the task's agents."""
        role = Role.INSTINCT if self.who == Role.INSTINCT else Role.GUEST
        return [int(role)] * task.agents

    def decide(self, arena: Arena) -> Actions:
        """What everybody does in the next tick, uint8 (worlds, minds, 3)."""
        worlds, minds = self.memory.shape[:2]
        if self.who == Role.INSTINCT:
            return np.zeros((worlds, minds, 3), np.uint8)
        seeds = (arena.state.params.seed + np.arange(worlds, dtype=np.uint64)) + np.uint64(self.dice * OTHER_DICE % 2**64)
        if isinstance(self.who, Role):
            words = [draw(int(seed), arena.tick, self._ids[:minds], STREAM_CROWD)[:3] for seed in seeds.tolist()]
            shares = (np.asarray(words, np.uint64) * MOVES) >> np.uint64(32)
            return np.ascontiguousarray(shares.transpose(0, 2, 1)).astype(np.uint8)
        lives, here = arena.state.lives, slice(0, minds)
        who = (lives["body"][:, here] >= 0) & (lives["role"][:, here] == Role.GUEST)
        whose = (arena.state.chronicle[:, EPISODE, None] << 32) | lives["serial"][:, here].astype(np.int64)
        anew = who & (self._whose != whose)
        self.memory[anew], self._whose[anew] = 0, whose[anew]
        acts = self.who.decide(
            *(arena.seen.reshape(worlds * minds, -1), self.memory.reshape(worlds * minds, -1)),
            seed=np.repeat(seeds, minds),
            tick=arena.tick,
            ids=self._ids,
            which=who.reshape(-1),
        )
        return acts.reshape(worlds, minds, 3)

    def fork(self, dice: int) -> Crowd:
        """The same minds with what they remember now, who go their own way with other dice."""
        twin = copy.copy(self)
        twin.dice, twin.memory, twin._whose = dice, self.memory.copy(), self._whose.copy()
        return twin
