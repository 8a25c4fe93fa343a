"""Policies for tests: of all sizes and tempers, and observations from lives that were lived."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from ninepixel.agents.arena import Arena
from ninepixel.agents.tasks import TASKS
from ninepixel.world.laws.lives import Role
from ninepixel.world.laws.rng import draw
from ninepixel.world.life.senses import RETINA_BYTES
from ninepixel.world.thought import Policy, Shape

BODY = ("encode", "gate", "candidate")


def tempered(policy: Policy, body: float = 1, heads: float = 1) -> Policy:
    """The same policy with other weights in the body and heads of another decisiveness; heads 64 are as wide as the body."""
    arrays = {
        name: array * np.float32(body if name.partition(".")[0] in BODY else heads) for name, array in policy.arrays.items()
    }
    return Policy(policy.shape, policy.manifest, arrays)


def rough(shape: Shape, seed: int, heads: float = 1) -> Policy:
    """Weights with long tails and biases everywhere, as training leaves them; *heads* is how decided it is."""
    rng, policy = np.random.default_rng(seed), Policy.random(shape, seed)
    arrays = {}
    for name, array in policy.arrays.items():
        layer, _, part = name.partition(".")
        wide = 0.5 if part == "bias" else np.sqrt(np.mean(np.square(array))) * (1.5 if layer in BODY else 64 * heads)
        arrays[name] = (rng.standard_t(4, array.shape) / np.sqrt(2) * wide).astype(np.float32)
    return Policy(shape, policy.manifest, arrays)


def noise(minds: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    """Observations that mean nothing: uint8 (minds, RETINA_BYTES), half of their bytes 0; the same on every machine."""
    words = draw(seed, 0, np.arange(minds * RETINA_BYTES, dtype=np.uint32), 34)
    return np.where(words[1] & 1, words[0] >> np.uint32(24), 0).astype(np.uint8).reshape(minds, RETINA_BYTES)


@cache
def lived(task: str = "universe", worlds: int = 4, ticks: int = 240, every: int = 8) -> npt.NDArray[np.uint8]:
    """What scripted minds sensed in the course of time: uint8 (looks, minds, RETINA_BYTES); the dead sense zeros."""
    agents = TASKS[task].agents
    arena = Arena(TASKS[task], worlds=worlds, seed=5, threads=1, roles=[int(Role.INSTINCT)] * agents)
    arena.reset()
    looks = []
    for tick in range(ticks):
        arena.step(np.zeros((worlds, agents, 3), np.uint8))
        if tick % every == 0:
            looks.append(arena.seen[:, :agents].reshape(-1, RETINA_BYTES).copy())
    arena.close()
    return np.stack(looks)
