"""Worlds in which everybody acts by an integer policy: what a node does for a lease."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ninepixel.agents.envs.vector import MindsVectorEnv
from ninepixel.agents.rollouts.standing import Standing, mark, put_up, take_down
from ninepixel.agents.rollouts.work import BadWork, Result, Work
from ninepixel.world.thought import IntegerPolicy

Bools = npt.NDArray[np.bool_]


class Stopped(Exception):
    """The work was left off because it was asked for."""


class Dice:
    """Who throws which dice: every world its own, every slot of it by its number.

    :ivar seeds: uint64 (n,). :ivar ids: uint32 (n,).
    """

    def __init__(self, seed: int, worlds: int, minds: int) -> None:
        each = [(seed + world) % (1 << 64) for world in range(worlds)]
        self.seeds = np.repeat(np.asarray(each, np.uint64), minds)
        self.ids = np.tile(np.arange(minds, dtype=np.uint32), worlds)


class Shard:
    """Some worlds, kept from lease to lease.

    :param work: the first that is to be done in them. :param threads: how many step them.
    :raises BadWork: when it cannot be.
    """

    def __init__(self, work: Work, threads: int | None = None) -> None:
        self.task, self.agents, self.seed, self.options = work.check(), work.agents, work.seed, work.options
        self.env = MindsVectorEnv(work.agents, self.task, copy=False, threads=threads)
        self.env.reset(seed=work.seed)
        self.over: Bools = np.zeros(self.agents, np.bool_)
        self.fresh: Bools = np.ones(self.agents, np.bool_)
        self.memory = np.zeros((self.agents, 0), np.int16)

    def fits(self, work: Work) -> bool:
        """Whether *work* is about such worlds."""
        return (work.task, work.options, work.agents, work.seed) == (self.task.id, self.options, self.agents, self.seed)

    def take_up(self, standing: Standing, hidden: int) -> None:
        """Go on from *standing*.

        :raises BadWork: when that cannot be.
        """
        self.over, self.fresh, self.memory = put_up(self.env, standing, hidden)

    def take_down(self) -> Standing:
        """Where these worlds stand."""
        return take_down(self.env, self.over, self.fresh, self.memory)

    def found(self, founded: bytes) -> None:
        """Found once more the worlds whose bit is set."""
        arena = self.env.arena
        which = np.unpackbits(np.frombuffer(founded, np.uint8), count=arena.worlds).astype(np.bool_)
        mask = np.repeat(which, arena.minds)
        if mask.any():
            self.env.reset(options={"reset_mask": mask})
            self.over, self.fresh = self.over & ~mask, self.fresh | mask

    def mark(self) -> bytes:
        """A name of where they stand."""
        return mark(self.env, self.over, self.fresh)

    def do(self, work: Work, policy: IntegerPolicy, stop: Callable[[], bool] = lambda: False) -> Result:
        """Live through *work*.

        :param stop: asked before every tick.
        :raises BadWork: when these worlds do not stand where it begins. :raises Stopped: when *stop* says so.
        """
        if self.memory.shape[1] != policy.policy.shape.hidden:
            raise BadWork(f"its policy has {policy.policy.shape.hidden} units, minds remember {self.memory.shape[1]} numbers")
        if self.mark() != work.start:
            self.found(work.founded)
            if self.mark() != work.start:
                raise BadWork("the worlds here do not stand where the work begins")
        arena, dice = self.env.arena, Dice(work.dice, self.env.arena.worlds, self.env.arena.minds)
        actions, sums = np.zeros((work.ticks, self.agents, 3), np.uint8), np.zeros(self.agents, np.float32)
        for t in range(work.ticks):
            if stop():
                raise Stopped
            self.memory[self.fresh] = 0
            seen = arena.seen.reshape(self.agents, -1)
            policy.decide(
                *(seen, self.memory),
                seed=dice.seeds,
                tick=arena.tick,
                ids=dice.ids,
                which=~self.over,
                out=actions[t],
                team=arena.team,
            )
            _, reward, terminated, truncated, _ = self.env.step(actions[t])
            sums += reward
            self.fresh, self.over = self.over, terminated | truncated
        return Result(actions, sums, self.mark())

    def close(self) -> None:
        """Let the worlds go."""
        self.env.close()
