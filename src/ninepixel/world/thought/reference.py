"""The network in floating point: what the integers are judged by. It decides nothing that anybody lives by.

As :mod:`~ninepixel.world.thought.shape` says, and one may always rest, whatever the mask says (those who are not alive sense
nothing, not even that they may).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.lives import ACTS, Act
from ninepixel.world.thought.artefact import Policy
from ninepixel.world.thought.shape import HEADS, MASK_AT

Floats = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Thoughts:
    """What a step of the network computes for n minds.

    :ivar logits: (n, 27); -inf for acts that can have no effect.
    :ivar value: (n,), in units of the manifest's ``value_scale``.
    :ivar memory: (n, hidden), after the step.
    """

    logits: Floats
    value: Floats
    memory: Floats


class FloatPolicy:
    """A policy in numpy.

    :param dtype: what is computed with.
    """

    def __init__(self, policy: Policy, dtype: type[np.floating[Any]] = np.float64) -> None:
        self.policy, self.dtype = policy, dtype
        self._arrays = {name: array.astype(dtype) for name, array in policy.arrays.items()}

    def memory(self, minds: int) -> Floats:
        """What minds remember at the beginning of their lives: (minds, hidden)."""
        return np.zeros((minds, self.policy.shape.hidden), self.dtype)

    def think(self, seen: npt.NDArray[np.uint8], memory: Floats) -> Thoughts:
        """One step of minds that sense *seen*, uint8 (n, RETINA_BYTES), and remember *memory*, (n, hidden)."""
        e = np.tanh(self._layer("encode", seen.astype(self.dtype) / 256))
        both = np.concatenate([e, memory], axis=1)
        z = (1 + np.tanh(self._layer("gate", both) / 2)) / 2
        after = memory + z * (np.tanh(self._layer("candidate", both)) - memory)
        both = np.concatenate([e, after], axis=1)
        logits = {head: self._layer(head, both) for head in HEADS}
        possible = seen[:, MASK_AT : MASK_AT + ACTS] != 0
        possible[:, Act.REST] = True
        logits["act"] = np.where(possible, logits["act"], -np.inf)
        return Thoughts(np.concatenate(list(logits.values()), axis=1), self._layer("value", both)[:, 0], after)

    def _layer(self, name: str, x: Floats) -> Floats:
        found: Floats = x @ self._arrays[f"{name}.weight"].T + self._arrays[f"{name}.bias"]
        return found


def odds(logits: Floats) -> Floats:
    """The probabilities of all choices: (n, 27), those of every head adding up to 1."""
    parts = []
    for head in np.split(logits, np.cumsum(list(HEADS.values()))[:-1], axis=1):
        weights = np.exp(head - head.max(axis=1, keepdims=True))
        parts.append(weights / weights.sum(axis=1, keepdims=True))
    return np.concatenate(parts, axis=1)
