"""Every setting of online learning in one place, each with its default, its limits and what it is; ``docs/ONLINE.md`` shows them.

What is not here is as in :mod:`ninepixel.agents.learning.settings`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


class BadSetting(ValueError):
    """A setting that does not exist or cannot be; the message names it and what would do."""


def _of(default: float, low: float, high: float, what: str) -> Any:
    """A setting: its default, which also says its type, its limits, and what it is."""
    return field(default=default, metadata={"limits": (low, high), "what": what})


@dataclass(frozen=True, slots=True)
class Settings:
    """How to learn from lives that go on.

    :raises BadSetting: for numbers out of range.
    """

    ticks: int = _of(64, 8, 1024, "ticks of an episode, which is also how far back gradients reach")
    places: int = _of(512, 1, 65_536, "minds that are learned from, at most")
    batch: int = _of(8192, 64, 1 << 24, "agent-steps of an update, about")
    offer: int = _of(300, 1, 1 << 30, "ticks between two policies that are offered, at least; 300 are a quarter of a minute")
    epochs: int = _of(2, 1, 100, "how often each step is learned from, at most")
    minibatches: int = _of(4, 1, 1 << 10, "parts that an epoch is cut into, by lives")
    rate: float = _of(5e-4, 0, 1, "Adam's step")
    gamma: float = _of(0.997, 0, 1, "what a reward of the next tick is worth now")
    trace: float = _of(0.95, 0, 1, "lambda of the generalised advantages")
    clip: float = _of(0.2, 0, 10, "how far the probability of an action may change before the surrogate asks for no more")
    target_kl: float = _of(0.02, 0, 1e9, "an update ends when the policy has moved this far from what acted, in nats")
    entropy: float = _of(0.003, 0, 1e3, "bonus for the entropy of moves and acts")
    drive: float = _of(1.0, 0, 1e3, "what a set point less of drive pays")
    deed: float = _of(0.1, 0, 1e3, "what an achievement pays, once a life")
    child: float = _of(1.0, 0, 1e3, "what a child that hatches pays each of its parents")
    death: float = _of(0.5, 0, 1e3, "what dying costs, beside all satisfaction that there was")
    warm: int = _of(4, 0, 10_000, "updates at the beginning in which the value alone is learned: it was of another world")
    window: int = _of(1200, 8, 1 << 20, "ticks over which it is judged how minds fare")
    margin: float = _of(0.1, 0, 1, "so much worse than before, for two windows, and learning goes back to what was better")
    nice: int = _of(10, 0, 19, "how far the learning process steps back for others")
    threads: int = _of(1, 1, 1024, "threads of the learning process")

    def __post_init__(self) -> None:
        for name, known in _FIELDS.items():
            value: Any = getattr(self, name)
            kind: Any = type(known.default)
            low, high = known.metadata["limits"]
            if type(value) is not kind and not (kind is float and type(value) is int):
                raise BadSetting(f"setting {name} is {'an integer' if kind is int else 'a number'}, not {value!r:.80}")
            if not (math.isfinite(value) and low <= value <= high):
                raise BadSetting(f"setting {name} is from {low:g} to {high:g}, not {value!r:.80}")

    @staticmethod
    def of(given: Mapping[str, Any]) -> Settings:
        """The settings in a mapping; what it does not name is as usual.

        :raises BadSetting: when it names something else.
        """
        unknown = sorted(given.keys() - _FIELDS.keys())
        if unknown:
            raise BadSetting(f"there is no setting {unknown[0]!r:.80} of online learning; there are {', '.join(_FIELDS)}")
        return Settings(**given)

    def plain(self) -> dict[str, int | float]:
        """By name, as plain values."""
        return asdict(self)


_FIELDS = {found.name: found for found in fields(Settings)}
#: What each setting is.
WHAT: dict[str, str] = {name: found.metadata["what"] for name, found in _FIELDS.items()}
