"""A learned policy that lives by its floats: what its integers are judged by. Nobody in a universe does."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.rng import pcg4d, seed_words
from ninepixel.world.physics.cpu.team import Team
from ninepixel.world.thought.artefact import Policy
from ninepixel.world.thought.inference import STREAM_MINDS
from ninepixel.world.thought.reference import FloatPolicy, odds
from ninepixel.world.thought.shape import HEADS


class Floating:
    """Decides like :class:`~ninepixel.world.thought.IntegerPolicy`, with the same dice, by the reference in floating point.

    So two minds that sense and remember the same do the same, unless a die falls between what integers and floats make of the
    probabilities.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy, self._floats = policy, FloatPolicy(policy, np.float32)

    def memory(self, minds: int) -> npt.NDArray[Any]:
        """What minds remember at the beginning of their lives: zeros, float32 (minds, hidden)."""
        return self._floats.memory(minds)

    def decide(
        self,
        seen: npt.NDArray[np.uint8],
        memory: npt.NDArray[Any],
        *,
        seed: npt.NDArray[np.uint64],
        tick: int,
        ids: npt.NDArray[np.uint32],
        which: npt.NDArray[np.bool_],
        team: Team | None,
    ) -> npt.NDArray[np.uint8]:
        """The actions of n minds, uint8 (n, 3), zeros for those not of *which*; brings their memory up to date in its place."""
        found = np.zeros((len(seen), len(HEADS)), np.uint8)
        if which.any():
            thoughts = self._floats.think(seen[which], memory[which])
            memory[which] = thoughts.memory
            found[which] = chosen(odds(thoughts.logits), dice(seed[which], tick, ids[which]))
        return found


def dice(seed: npt.NDArray[np.uint64], tick: int, ids: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
    """What falls for each mind and head, 0 .. 1, float64 (n, 3): the words that the integers take."""
    stream = np.uint32(seed_words(0, STREAM_MINDS)[1])
    low, high = seed.astype(np.uint32), (seed >> np.uint64(32)).astype(np.uint32) ^ stream
    words = pcg4d(np.full_like(ids, tick & 0xFFFFFFFF), ids, low, high)
    return np.stack(words[: len(HEADS)], axis=1) / 2.0**32


def chosen(chances: npt.NDArray[Any], fallen: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """The choice of every head on which its die falls, uint8 (n, 3). *chances*: (n, 27), *fallen*: (n, 3)."""
    found = []
    for head, part in enumerate(np.split(chances, np.cumsum(list(HEADS.values()))[:-1], axis=1)):
        heaped = part.astype(np.float64).cumsum(1)
        found.append((heaped <= fallen[:, head, None] * heaped[:, -1:]).sum(1))
    return np.stack(found, axis=1).astype(np.uint8)
