"""Every setting of the learner in one place, each with its default, its limits and what it is.

Settings are what a run is, together with its seed: they are written into the policy's manifest, the report and every checkpoint.
``docs/TRAINING.md`` shows them as a table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ninepixel.agents.envs.spaces import VIEW_CELLS
from ninepixel.world.life.senses import RETINA_BYTES
from ninepixel.world.thought.shape import Shape

#: Bytes of the picture that is seen with ``pixels``: three a cell.
PICTURE = 3 * VIEW_CELLS**2


class BadSetting(ValueError):
    """A setting that does not exist or cannot be; the message names it and what would do."""


def _of(default: float, low: float, high: float, what: str) -> Any:
    """A setting: its default, which also says its type, its limits, and what it is."""
    return field(default=default, metadata={"limits": (low, high), "what": what})


@dataclass(frozen=True, slots=True)
class Settings:
    """How to learn.

    :raises BadSetting: for numbers out of range, and for numbers that do not fit together.
    """

    hidden: int = _of(64, 16, 1024, "units of the network; a multiple of 16")
    envs: int = _of(1024, 2, 1 << 20, "agents that live at a time, in all worlds together")
    groups: int = _of(2, 1, 1024, "parts that the worlds are cut into, a thread each; another number is another run")
    ticks: int = _of(64, 1, 4096, "steps of every agent between two updates, which is also how far back gradients reach")
    epochs: int = _of(2, 1, 100, "how often each step is learned from, at most")
    minibatches: int = _of(8, 1, 1 << 16, "parts that an epoch is cut into, by agents")
    rate: float = _of(2e-3, 0, 1, "Adam's step at the beginning; it falls in a straight line")
    last_rate: float = _of(0.0, 0, 1, "the share of the rate, and of the entropy bonuses, that is left at the end")
    gamma: float = _of(0.995, 0, 1, "what a reward of the next tick is worth now; lives last up to 2,048 ticks")
    trace: float = _of(0.95, 0, 1, "lambda of the generalised advantages of both streams")
    clip: float = _of(0.2, 0, 10, "how far the probability of an action may change before the surrogate asks for no more")
    target_kl: float = _of(0.03, 0, 1e9, "an update ends when the policy has moved this far, in nats")
    value: float = _of(0.5, 0, 1e3, "weight of the value losses")
    norm: float = _of(0.5, 1e-9, 1e9, "gradients are shortened to this length")
    entropy_move: float = _of(0.003, 0, 1e3, "bonus for the entropy of moves")
    entropy_act: float = _of(0.003, 0, 1e3, "bonus for the entropy of acts")
    entropy_word: float = _of(0.0, 0, 1e3, "bonus for the entropy of words, which cost, so that chance had better be silent")
    curiosity: bool = _of(True, 0, 1, "whether novelty pays (random network distillation)")
    curiosity_weight: float = _of(0.25, 0, 1e3, "what a deviation of novelty's returns is worth, in those of the task")
    curiosity_gamma: float = _of(0.99, 0, 1, "gamma of novelty's stream, which does not end with a life")
    curiosity_rate: float = _of(1e-3, 0, 1, "Adam's step of the network that predicts")
    homeostasis: bool = _of(True, 0, 1, "whether coming nearer to the stores' set points pays; an ablation, like the next two")
    genome: bool = _of(True, 0, 1, "whether minds sense their genome; without, the policy that is written is blind to it, too")
    pixels: bool = _of(False, 0, 1, "whether minds see the picture around them, not the retina; no policy is written then")
    value_memory: float = _of(2e6, 1, 1e12, "agent-steps that the units of values are measured over")
    noise_smoothing: float = _of(0.95, 0, 1, "how much of the last estimate of the gradient's noise stays in the next")
    most_skipped: int = _of(16, 1, 1 << 20, "minibatches in a row that may be no numbers before training stops")
    window: int = _of(512, 1, 1 << 20, "founders' lives that the reported return, length and score are means of")

    def __post_init__(self) -> None:
        for name in WHAT:
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
        unknown = sorted(given.keys() - WHAT.keys())
        if unknown:
            raise BadSetting(f"there is no setting {unknown[0]!r:.80}; there are {', '.join(WHAT)}")
        return Settings(**given)

    @property
    def width(self) -> int:
        """Bytes that a mind senses."""
        return RETINA_BYTES + PICTURE * self.pixels

    def plain(self) -> dict[str, int | float | bool]:
        """By name, as plain values."""
        return asdict(self)


_FIELDS = {found.name: found for found in fields(Settings)}
#: What each setting is, and the least and the greatest value of each.
WHAT: dict[str, str] = {name: found.metadata["what"] for name, found in _FIELDS.items()}
LIMITS: dict[str, tuple[float, float]] = {name: found.metadata["limits"] for name, found in _FIELDS.items()}
_KINDS = {int: "an integer", float: "a number", bool: "True or False"}


def _check(name: str, value: Any) -> None:
    """Refuse a value of another type, and one out of range."""
    kind: Any = type(_FIELDS[name].default)
    low, high = LIMITS[name]
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise BadSetting(f"setting {name} is {_KINDS[kind]}, not {value!r:.80}")
    if not (math.isfinite(value) and low <= value <= high):
        raise BadSetting(f"setting {name} is from {low:g} to {high:g}, not {value!r:.80}")
