"""Small pieces of work, and worlds to do them in."""

from __future__ import annotations

from dataclasses import replace

from ninepixel.agents.rollouts.shard import Shard
from ninepixel.agents.rollouts.work import Work
from ninepixel.world.thought import IntegerPolicy, Policy, Shape
from ninepixel.world.thought.shape import HEADS

#: Worlds that end while one looks on, so that lives begin anew.
TASK, OPTIONS = "ninepixel/Forage-v0", {"agents": 4, "horizon": 12}
AGENTS, TICKS, HIDDEN = 8, 8, 16


def decided(seed: int) -> IntegerPolicy:
    """A policy that has made up its mind: the dice have less of a say than what it senses."""
    policy = Policy.random(Shape(HIDDEN), seed)
    arrays = {name: array * (200 if name.split(".")[0] in HEADS else 1) for name, array in policy.arrays.items()}
    return IntegerPolicy(Policy(policy.shape, policy.manifest, arrays))


POLICY = decided(3)


def a_shard(seed: int = 5) -> Shard:
    """Two worlds of four, where nobody has lived yet."""
    shard = Shard(Work(TASK, OPTIONS, AGENTS, seed, b"\0", 0, TICKS, b"", b"", 0), 1)
    shard.memory = POLICY.memory(AGENTS)
    return shard


def work_of(shard: Shard, founded: bytes = b"\0", ticks: int = TICKS) -> Work:
    """The next ticks of a shard that stands where they begin."""
    policy = bytes.fromhex(POLICY.policy.hash)
    return Work(TASK, OPTIONS, AGENTS, shard.seed, founded, shard.env.arena.tick, ticks, shard.mark(), policy, 77)


def further(work: Work, shard: Shard) -> Work:
    """What follows *work* in its shard."""
    return replace(work, tick=shard.env.arena.tick, start=shard.mark())
