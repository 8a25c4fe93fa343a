"""A mind's network in integers, slow and obvious: docs/POLICIES.md in Python's own integers and fractions, a mind at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import floor

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.rng import draw
from ninepixel.world.life.senses import AT
from ninepixel.world.thought import Policy

STREAM = 32
HIGHEST = 1 << 24
RULED_OUT = -(1 << 30)
HEADS = ("move", "act", "word")

Ints = list[int]


@dataclass(frozen=True)
class Row:
    """A row of weights, and what its sums are worth."""

    weights: Ints
    multiplier: int
    shift: int
    bias: int

    def of(self, inputs: Sequence[int]) -> int:
        """What the row makes of its inputs, in 4096ths."""
        total = sum(w * x for w, x in zip(self.weights, inputs, strict=True))
        assert -(1 << 31) <= total < 1 << 31, "a sum leaves 32 bits"
        product = total * self.multiplier + (1 << (self.shift - 1))
        assert -(1 << 63) <= product < 1 << 63, "a product leaves 64 bits"
        return clamped((product >> self.shift) + self.bias)


@dataclass(frozen=True)
class Step:
    """What a mind comes to."""

    logits: Ints
    weights: list[Ints]
    value: int
    memory: Ints
    action: tuple[int, int, int]
    greedy: tuple[int, int, int]


class ReferencePolicy:
    """A policy's integers, from its floats by fractions."""

    def __init__(self, policy: Policy) -> None:
        self.layers = {name: rows(policy, name, 8 if name == "encode" else 13) for name in LAYERS}

    def step(self, seen: Sequence[int], memory: Sequence[int], seed: int, tick: int, mind: int) -> Step:
        """Decide once."""
        meaning = [to_product(tanh(x)) for x in self._layer("encode", seen)]
        both = [*meaning, *map(to_product, memory)]
        gates = [(1 << 15) + tanh(x, half=True) for x in self._layer("gate", both)]
        candidates = [tanh(x) for x in self._layer("candidate", both)]
        after = [h + (z * (c - h) + (1 << 15) >> 16) for h, z, c in zip(memory, gates, candidates, strict=True)]
        both = [*meaning, *map(to_product, after)]
        logits = {head: self._layer(head, both) for head in HEADS}
        for act in range(1, 9):
            if not seen[AT["mask"] + act]:
                logits["act"][act] = RULED_OUT
        weights = [dice(logits[head]) for head in HEADS]
        words = [int(word[0]) for word in draw(seed, tick, [mind], STREAM)[:3]]
        action = tuple(thrown(word, w) for word, w in zip(words, weights, strict=True))
        greedy = tuple(logits[head].index(max(logits[head])) for head in HEADS)
        assert len(action) == 3
        assert len(greedy) == 3
        every = [logit for head in HEADS for logit in logits[head]]
        return Step(every, weights, self._layer("value", both)[0], after, action, greedy)

    def _layer(self, name: str, inputs: Sequence[int]) -> Ints:
        return [row.of(inputs) for row in self.layers[name]]


LAYERS = ("encode", "gate", "candidate", *HEADS, "value")


# -- from floats --------------------------------------------------------------------------------------------------------------


def rows(policy: Policy, name: str, point: int) -> list[Row]:
    """The rows of a layer whose inputs have *point* bits behind the point."""
    weights, bias = policy.arrays[f"{name}.weight"], policy.arrays[f"{name}.bias"]
    return [row([Fraction(float(w)) for w in line], Fraction(float(b)), point) for line, b in zip(weights, bias, strict=True)]


def row(weights: list[Fraction], bias: Fraction, point: int) -> Row:
    peak = max(map(abs, weights))
    fixed = clamped(round(bias * 4096))
    if not peak:
        return Row([0] * len(weights), 0, 1, fixed)
    worth = peak / 127 * Fraction(2) ** (12 - point)
    shift = max(1, min(30 - log2(worth), 62))
    return Row([round(w * 127 / peak) for w in weights], min(round(worth * 2**shift), 2**31 - 1), shift, fixed)


def log2(number: Fraction) -> int:
    """Rounded down."""
    found = 0
    while Fraction(2) ** (found + 1) <= number:
        found += 1
    while Fraction(2) ** found > number:
        found -= 1
    return found


# -- curves -------------------------------------------------------------------------------------------------------------------


def tanh(x: int, half: bool = False) -> int:
    """The curve at x / 4096, or at half of that, in 32768ths."""
    points, gap = tanh_points(), 128 if half else 64
    size = min(abs(x), 8 * 64 * gap - 1)
    found = between(points[size // gap], points[size // gap + 1], size % gap, gap)
    return found if x >= 0 else -found


def between(here: int, there: int, part: int, gap: int) -> int:
    return here + floor(Fraction((there - here) * part, gap) + Fraction(1, 2))


def dice(logits: Ints) -> Ints:
    """The weights of a head's choices."""
    points, best, weights = exp_points(), max(logits), []
    for logit in logits:
        behind = min(best - logit, 12 * 4096 - 1)
        fall = points[behind // 64] - points[behind // 64 + 1]
        weights.append(points[behind // 64] - floor(Fraction(fall * (behind % 64), 64) + Fraction(1, 2)))
    return weights


def thrown(word: int, weights: Ints) -> int:
    """The first choice whose weights, with all before it, exceed the word's share of all."""
    share = word * sum(weights) // 2**32
    return next(choice for choice in range(len(weights)) if sum(weights[: choice + 1]) > share)


@cache
def tanh_points() -> Ints:
    def curve(x: Fraction) -> Fraction:
        low = exp(-2 * x)
        return (1 - low) / (1 + low)

    return [min(y, 32767) for y in points(curve, 8, 1 << 15)]


@cache
def exp_points() -> Ints:
    return points(lambda x: exp(-x), 12, 1 << 16)


def points(curve: Callable[[Fraction], Fraction], end: int, one: int) -> Ints:
    return [round(curve(Fraction(i, 64)) * one) for i in range(end * 64 + 1)]


def exp(x: Fraction) -> Fraction:
    """By its series at x / 1024, ten times squared, to 190 bits or so."""
    small, term, total = x / 1024, Fraction(1), Fraction(1)
    for k in range(1, 40):
        term = cut(term * small / k)
        total += term
    for _ in range(10):
        total = cut(total * total)
    return total


def cut(number: Fraction) -> Fraction:
    return Fraction(round(number * 2**256), 2**256)


# -- small things -------------------------------------------------------------------------------------------------------------


def to_product(x: int) -> int:
    """From 32768ths to 8192ths."""
    return floor(Fraction(x, 4) + Fraction(1, 2))


def clamped(x: int) -> int:
    return max(-HIGHEST, min(x, HIGHEST))


def as_row(step: Step) -> npt.NDArray[np.uint8]:
    return np.asarray(step.action, np.uint8)
