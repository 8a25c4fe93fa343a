"""What a machine can do: a short self-test, and the four classes of ability (CANON.md, 8)."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from importlib import resources

from ninepixel.agents.rollouts.shard import Shard
from ninepixel.agents.rollouts.work import Work
from ninepixel.agents.tasks import TASKS
from ninepixel.world.thought import IntegerPolicy, Policy, Shape
from ninepixel.world.thought.shape import observation_version

#: Steps a second from which on a machine is of a class.
ABILITIES = {"nano": 0, "edge": 50_000, "core": 250_000, "ultra": 2_000_000}
#: What a rollout is computed by, beside what a step consists of (``server.identity.content_hash``).
_SOURCES = (
    ("agents", ("arena", "hosts", "settle", "tasks")),
    ("agents/envs", ("base", "observe", "options", "spaces", "vector")),
    ("agents/rollouts", ("packing", "shard", "standing", "work")),
    ("world/thought", ()),
)
_TASK, _AGENTS, _TICKS = "forage", 64, 64


@dataclass(frozen=True, slots=True)
class Ability:
    """A machine. :param speed: agent-steps a second of the self-test, deciding and stepping."""

    cores: int
    speed: int

    @property
    def name(self) -> str:
        """Its class."""
        return [name for name, least in ABILITIES.items() if self.speed >= least][-1]


def probe(threads: int, seconds: float = 1.0) -> Ability:
    """Live in some worlds for about so many seconds, and say how fast that was. The first ticks, which compile, do not count."""
    task = replace(TASKS[_TASK], spare=0)
    worlds = -(-_AGENTS // task.agents) * threads
    agents, policy = worlds * task.agents, IntegerPolicy(Policy.random(Shape(64)))
    work = Work(task.id, {}, agents, 0, bytes(-(-worlds // 8)), 0, _TICKS, b"", bytes.fromhex(policy.policy.hash), 0)
    shard = Shard(work, threads)
    try:
        shard.memory = policy.memory(agents)
        shard.do(replace(work, ticks=1, start=shard.mark()), policy)
        start, steps = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            shard.do(replace(work, tick=shard.env.arena.tick, start=shard.mark()), policy)
            steps += work.steps
        return Ability(threads, int(steps / (time.perf_counter() - start)))
    finally:
        shard.close()


@cache
def work_version() -> bytes:
    """What a rollout is computed by here, 16 bytes: equal wherever acting, rewards and senses are."""
    mix = blake2b(observation_version().encode(), digest_size=16, person=b"ninepixel-work")
    root = resources.files("ninepixel")
    for folder, names in _SOURCES:
        files = {file.name: file for file in root.joinpath(*folder.split("/")).iterdir() if file.name.endswith(".py")}
        for name in sorted(f"{name}.py" for name in names) or sorted(files):
            text = files[name].read_bytes().replace(b"\r\n", b"\n")
            mix.update(f"{folder}/{name} {len(text)}\n".encode() + text)
    return mix.digest()
