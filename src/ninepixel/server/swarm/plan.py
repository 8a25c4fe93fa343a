"""What every bot does and when. Pure: a plan is a seed and some numbers, so the same plan is the same crowd.

Every choice is a hash of (seed, bot, count, stream): no bot's choices depend on how late another was served. What a run did can
be recorded as a *trace*, lines of JSON ``[t, bot, verb, ...]`` in the order of their seconds since the start, and played back as
it was.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import IO, Any

#: Streams of chance, one a purpose.
KEY, GAP, CHOICE, CHURN, FOE, NETWORK = range(6)
#: Choices that a move, an act and an utterance have.
CHOICES = 9
#: What a change of a bot's mind can be about, and how often beside the others. Hunters walk most of the time, act now and then.
DEFAULT_WEIGHTS = {"move": 12, "act": 4, "utter": 2, "rest": 1, "say": 0, "look": 1}
PHRASES = (
    "who is there",
    "come here",
    "the ground is warm",
    "run",
    "I have read this",
    "nine is the unit",
    "beware of the guardian",
)
#: The longest line of a trace, in characters: a stranger's file is not read into memory whole.
LONGEST_LINE = 1 << 16

Words = tuple[int, int, int, int]
Choice = tuple[Any, ...]

_COUNTER = struct.Struct("<QQQ")
_WORDS = struct.Struct("<4I")


class BadPlan(ValueError):
    """The crowd cannot do that; the message says what is wrong with it."""


def draw(seed: int, bot: int, count: int, stream: int) -> Words:
    """Four words of 32 bits for one choice: a hash of all four arguments (0 to 2**64-1 each)."""
    told = hashlib.blake2b(_COUNTER.pack(bot, count, stream), digest_size=16, key=seed.to_bytes(8, "little")).digest()
    return _WORDS.unpack(told)


def unit(word: int) -> float:
    """A word as a fraction, 0 < fraction < 1."""
    return (word + 0.5) / 4294967296.0


def secret(seed: int, bot: int) -> bytes:
    """The 32 bytes from which a bot's Ed25519 key is made. Test keys: whoever knows the seed knows them all."""
    return hashlib.blake2b(
        _COUNTER.pack(bot, 0, KEY), digest_size=32, key=seed.to_bytes(8, "little"), person=b"ninepixel-swarm"
    ).digest()


@dataclass(frozen=True, slots=True)
class Weights:
    """How often each kind of change comes beside the others; made by :meth:`parse`.

    :ivar names: kinds of weight above 0. :ivar edges: their cumulative weights, ascending.
    """

    names: tuple[str, ...]
    edges: tuple[int, ...]

    @classmethod
    def of(cls, weights: Mapping[str, int]) -> Weights:
        """Weights by name; kinds left out never come.

        :raises BadPlan: for an unknown kind, a negative weight, or nothing but zeros.
        """
        for name, weight in weights.items():
            if name not in DEFAULT_WEIGHTS:
                raise BadPlan(f"no bot knows how to {name!r:.40}: the actions are {', '.join(DEFAULT_WEIGHTS)}")
            if weight < 0:
                raise BadPlan(f"the weight of {name} is {weight}; it must be 0 or more")
        known = [(name, weight) for name, weight in weights.items() if weight]
        if not known:
            raise BadPlan("every action has the weight 0; give at least one more, such as move=1")
        total, edges = 0, list[int]()
        for _, weight in known:
            total += weight
            edges.append(total)
        return cls(tuple(name for name, _ in known), tuple(edges))

    @classmethod
    def parse(cls, text: str) -> Weights:
        """``move=12,act=4`` as weights; the defaults when *text* is empty.

        :raises BadPlan: when it cannot be read.
        """
        if not text.strip():
            return cls.of(DEFAULT_WEIGHTS)
        weights = dict[str, int]()
        for part in text.split(","):
            name, equals, number = part.strip().partition("=")
            if not (equals and number.isascii() and number.isdigit() and len(number) < 10):
                raise BadPlan(f"{part.strip()!r:.40} is no weight; write one such as move=12")
            weights[name.strip()] = int(number)
        return cls.of(weights)

    def pick(self, word: int) -> str:
        """The kind that a word of chance chooses."""
        return self.names[bisect_right(self.edges, word * self.edges[-1] >> 32)]


@dataclass(frozen=True, slots=True)
class Plan:
    """A crowd.

    :ivar bots: how many take part, :ivar watchers: how many of them (the last) only watch.
    :ivar seconds: how long everything takes; :ivar wait: until the first arrives; :ivar ramp: over which they arrive.
    :ivar changes: how often a second a bot changes its mind. :ivar churn: bots a second, of all, that leave and come back.
    :ivar slow: how many (the first) read nothing for :attr:`slow_seconds` of every :attr:`slow_every` seconds.
    :ivar sample_every: a bot notes the hashes of what it is shown about once in so many frames; 0 never.
    """

    bots: int
    seconds: float
    ramp: float = 5.0
    seed: int = 9
    weights: Weights = field(default_factory=lambda: Weights.of(DEFAULT_WEIGHTS))
    changes: float = 4.0
    watchers: int = 0
    churn: float = 0.0
    slow: int = 0
    slow_every: float = 10.0
    slow_seconds: float = 3.0
    sample_every: int = 0
    invite: str = ""
    wait: float = 0.0

    def __post_init__(self) -> None:
        """:raises BadPlan: for numbers that make no crowd."""
        if not 0 <= self.seed < 1 << 64:
            raise BadPlan(f"a seed is 0 to 2**64-1, not {self.seed}")
        if self.bots < 0 or not 0 <= self.watchers <= self.bots or not 0 <= self.slow <= self.bots:
            raise BadPlan(f"{self.watchers} watchers and {self.slow} slow readers among {self.bots} bots: there are not so many")
        for name in ("seconds", "wait", "ramp", "changes", "churn", "slow_every", "slow_seconds"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise BadPlan(f"{name} is {value}; it must be 0 or more")

    def arrival(self, bot: int) -> float:
        """When a bot connects, in seconds after the start: spread evenly over the ramp, in order of their numbers."""
        return self.wait + self.ramp * bot / max(self.bots, 1)

    @property
    def arrived(self) -> float:
        """Seconds after the start at which everybody has connected."""
        return self.wait + self.ramp

    def watches(self, bot: int) -> bool:
        """Whether a bot only watches."""
        return self.bots - self.watchers <= bot < self.bots

    def gap(self, bot: int, count: int) -> float:
        """Seconds from a bot's change number *count* - 1 to *count*, exponentially distributed: people act independently."""
        if self.changes <= 0:
            return math.inf
        return -math.log(unit(draw(self.seed, bot, count, GAP)[0])) / self.changes

    def choice(self, bot: int, count: int, held: tuple[int, int, int]) -> Choice:
        """What a bot does with its change number *count*, holding (move, act, utter) until then.

        Returns ``("input", move, act, utter)``, ``("say", text)`` or ``("look", x, y, reach)``.
        """
        kind, first, second, third = draw(self.seed, bot, count, CHOICE)
        if self.watches(bot):
            return ("look", first, second, third % 4)
        move, act, utter = held
        match self.weights.pick(kind):
            case "move" | "look":  # a player looks where its body is
                return ("input", first % CHOICES, act, utter)
            case "act":
                return ("input", move, first % CHOICES, utter)
            case "utter":
                return ("input", move, act, first % CHOICES)
            case "say":
                return ("say", PHRASES[first % len(PHRASES)])
            case _:
                return ("input", 0, 0, 0)

    def leaves(self, count: int) -> tuple[float, int, bool, float]:
        """Departure number *count* of the crowd's churn: seconds after all arrived, which bot, whether it says goodbye (otherwise
        its line is cut), and for how many seconds it is away."""
        who, manner, away, _ = draw(self.seed, 0, count, CHURN)
        return ((count + 1) / self.churn, who * self.bots >> 32, bool(manner & 1), 0.2 + 1.8 * unit(away))

    def as_dict(self) -> dict[str, Any]:
        """What the report says about it; the invitation is nobody's business."""
        told = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("weights", "invite")}
        before = (0, *self.weights.edges)
        return told | {"weights": {n: e - b for n, e, b in zip(self.weights.names, self.weights.edges, before, strict=False)}}


# -- traces ------------------------------------------------------------------------------------------------------------

#: Verbs of a trace and what follows them: types of the fields.
TRACE_VERBS: Mapping[str, tuple[type, ...]] = {
    "input": (int, int, int),
    "say": (str,),
    "look": (int, int, int),
    "leave": (bool, float),
}


class TraceWriter:
    """Writes what a crowd does, as it does it."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def note(self, t: float, bot: int, choice: Choice) -> None:
        """*bot* did *choice* *t* seconds after the start."""
        self._file.write(json.dumps([round(t, 4), bot, *choice], ensure_ascii=False, separators=(",", ":")) + "\n")


def read_trace(path: Path) -> Iterator[tuple[float, int, Choice]]:
    """``(t, bot, choice)`` of a trace, line by line.

    :raises BadPlan: naming the line that is none, or that comes before its time.
    """
    last = 0.0
    with path.open(encoding="utf-8", errors="strict") as file:
        number = 0
        while line := _line(file, path, number):
            number += 1
            if not line.strip():
                continue
            t, bot, choice = _entry(line, f"{path.name}, line {number}")
            if t < last:
                raise BadPlan(f"{path.name}, line {number}: {t} s comes after {last} s; sort the lines by their first number")
            last = t
            yield t, bot, choice


def _line(file: IO[str], path: Path, number: int) -> str:
    try:
        line = file.readline(LONGEST_LINE)
    except UnicodeDecodeError:
        raise BadPlan(f'{path.name}, line {number + 1}: not UTF-8 text; a trace is lines such as [0.5,3,"input",1,0,0]') from None
    if len(line) >= LONGEST_LINE:
        raise BadPlan(f"{path.name}, line {number + 1}: longer than {LONGEST_LINE} characters")
    return line


def _entry(line: str, where: str) -> tuple[float, int, Choice]:
    try:
        parts = json.loads(line)
    except (ValueError, RecursionError):
        raise BadPlan(f'{where}: no JSON; a line is such as [0.5,3,"input",1,0,0]') from None
    match parts:
        case [int() | float() as t, int() as bot, str() as verb, *rest] if verb in TRACE_VERBS and bot >= 0 and math.isfinite(t):
            kinds = TRACE_VERBS[verb]
            if len(rest) == len(kinds) and all(_is(value, kind) for value, kind in zip(rest, kinds, strict=True)):
                return float(t), bot, (verb, *rest)
    raise BadPlan(f"{where}: not [seconds, bot, verb, ...] with a verb of {', '.join(TRACE_VERBS)} and its fields")


def _is(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
