"""The golden digests of the four tasks: what a seed and a list of actions lead to, on every machine, in this release."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from ninepixel.agents import TASKS
from ninepixel.agents.arena import Arena
from ninepixel.world.laws.rng import draw

#: State and senses after 300 ticks of two worlds. They move when a law of life, a task or its host moves; CHANGELOG says why.
GOLDEN = {
    "forage": "645528a0a8375731ef1ef8a79055ec92 07d62416bceb290a38ed112013553463",
    "explore": "36a138d29798d61a021afa5b0dcaef96 dc1bb89ee9498ee5c779cf1586f1ef31",
    "survive": "1c733de554f660a0318daa906b545fa6 45dcabc21be8bfe50957ec045f666980",
    "universe": "959686214ac5a656c4cb491f3a4287bc 565b149acd312770d732633456ceaa40",
}
TICKS = 300


def digest_of(task: str, threads: int) -> str:
    """Two worlds of a task under actions of chance, the dead replaced at once."""
    arena = Arena(TASKS[task].with_options(spare=0), worlds=2, seed=9, threads=threads)
    arena.reset()
    agents = arena.minds
    for tick in range(TICKS):
        words = draw(9, tick, np.arange(2 * agents, dtype=np.uint32), 0xAC7)
        actions = np.stack([word % np.uint32(9) for word in words[:3]], axis=1).astype(np.uint8)
        arena.step(actions.reshape(2, agents, 3))
        if not arena.alive.all():
            arena.replace(~arena.alive)
    arena.life.sense()
    name = f"{arena.state_hash()} {hashlib.blake2b(arena.seen.tobytes(), digest_size=16).hexdigest()}"
    arena.close()
    return name


@pytest.mark.parametrize("task", TASKS)
def test_every_task_comes_to_its_golden_digest(task: str) -> None:
    found = digest_of(task, threads=1)
    assert digest_of(task, threads=2) == found
    assert found == GOLDEN[task], "a law of life, the task or its host moved"
