"""Every setting of the learner in one place, each with its default and why it is what it is.

Settings are what a run is, together with its seed: they are written into the policy's manifest, the report and every checkpoint.
``docs/TRAINING.md`` shows them as a table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ninepixel.world.thought.shape import Shape


class BadSetting(ValueError):
    """A setting that does not exist or cannot be; the message names it and what would do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to learn.

    :raises BadSetting: for numbers out of range, and for numbers that do not fit together.

    :ivar hidden: units of the network; a multiple of 16.
    :ivar envs: agents that live at a time, in all worlds together.
    :ivar groups: parts that the worlds are cut into; each acts alone and is a shard of every minibatch, with a thread of its own
        where there are threads. Part of what a run is: another number is another run.
    :ivar ticks: steps of every agent between two updates, which is also how far back gradients reach.
    :ivar epochs: how often each step is learned from, at most.
    :ivar minibatches: parts that an epoch is cut into, by agents.
    :ivar rate: Adam's step at the beginning; it falls in a straight line to *last_rate* times that.
    :ivar last_rate: see *rate*; also what becomes of the entropy bonus.
    :ivar gamma: what a reward of the next tick is worth now; lives last up to 2,048 ticks.
    :ivar trace: lambda of the generalised advantages of both streams.
    :ivar clip: by how much the probability of an action may change before the surrogate stops asking for more.
    :ivar target_kl: an update ends when the policy has moved this far, in nats.
    :ivar value: weight of the value losses. :ivar norm: gradients are shortened to this length.
    :ivar entropy_move: bonus for the entropy of moves; likewise *entropy_act*, and *entropy_word*: words cost, and nothing that
        a random word could find out is worth them.
    :ivar curiosity: whether novelty pays (random network distillation).
    :ivar curiosity_weight: what a standard deviation of its returns is worth, in those of the task.
    :ivar curiosity_gamma: gamma of its stream, which does not end with a life.
    :ivar curiosity_rate: Adam's step of the network that predicts.
    :ivar value_memory: agent-steps that the units of values are measured over.
    :ivar noise_smoothing: how much of the last estimate of the gradient's noise stays in the next.
    :ivar most_skipped: so many updates in a row may be no numbers before training stops.
    :ivar window: founders' lives that the reported return, length and score are means of.
    """

    hidden: int = 64
    envs: int = 1024
    groups: int = 2
    ticks: int = 64
    epochs: int = 2
    minibatches: int = 4
    rate: float = 2e-3
    last_rate: float = 0.0
    gamma: float = 0.995
    trace: float = 0.95
    clip: float = 0.2
    target_kl: float = 0.03
    value: float = 0.5
    norm: float = 0.5
    entropy_move: float = 0.003
    entropy_act: float = 0.003
    entropy_word: float = 0.0
    curiosity: bool = True
    curiosity_weight: float = 0.25
    curiosity_gamma: float = 0.99
    curiosity_rate: float = 1e-3
    value_memory: float = 2e6
    noise_smoothing: float = 0.95
    most_skipped: int = 16
    window: int = 512

    def __post_init__(self) -> None:
        for name in LIMITS:
            _check(name, getattr(self, name))
        try:
            Shape(self.hidden)
        except ValueError as error:
            raise BadSetting(f"setting {error}") from None
        if self.envs % self.groups:
            raise BadSetting(f"setting envs is a multiple of groups ({self.groups}), not {self.envs}")
        if self.envs // self.groups < self.minibatches:
            raise BadSetting(f"setting minibatches is at most the agents of a group ({self.envs // self.groups})")

    @staticmethod
    def of(given: Mapping[str, Any]) -> Settings:
        """The settings in a mapping; what it does not name is as usual.

        :raises BadSetting: when it names something else.
        """
        unknown = sorted(given.keys() - LIMITS.keys())
        if unknown:
            raise BadSetting(f"there is no setting {unknown[0]!r:.80}; there are {', '.join(LIMITS)}")
        return Settings(**given)

    def plain(self) -> dict[str, int | float | bool]:
        """By name, as plain values."""
        return asdict(self)


def _check(name: str, value: Any) -> None:
    kind, (low, high) = _TYPES[name], LIMITS[name]
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise BadSetting(f"setting {name} is {_KINDS[kind]}, not {value!r:.80}")
    if not (math.isfinite(value) and low <= value <= high):
        raise BadSetting(f"setting {name} is from {low:g} to {high:g}, not {value!r:.80}")


_TYPES: dict[str, Any] = {field.name: type(field.default) for field in fields(Settings)}
_KINDS = {int: "an integer", float: "a number", bool: "True or False"}
#: The least and the greatest value of each.
LIMITS: dict[str, tuple[float, float]] = {
    "hidden": (16, 1024),
    "envs": (2, 1 << 20),
    "groups": (1, 1024),
    "ticks": (1, 4096),
    "epochs": (1, 100),
    "minibatches": (1, 1 << 16),
    "rate": (0, 1),
    "last_rate": (0, 1),
    "gamma": (0, 1),
    "trace": (0, 1),
    "clip": (0, 10),
    "target_kl": (0, 1e9),
    "value": (0, 1e3),
    "norm": (1e-9, 1e9),
    "entropy_move": (0, 1e3),
    "entropy_act": (0, 1e3),
    "entropy_word": (0, 1e3),
    "curiosity": (0, 1),
    "curiosity_weight": (0, 1e3),
    "curiosity_gamma": (0, 1),
    "curiosity_rate": (0, 1),
    "value_memory": (1, 1e12),
    "noise_smoothing": (0, 1),
    "most_skipped": (1, 1 << 20),
    "window": (1, 1 << 20),
}
