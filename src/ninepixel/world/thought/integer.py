"""How a mind decides, in integers: the network of :mod:`~ninepixel.world.thought.shape`, a block of minds at a time.

Weights, senses and memory are 16 bits wide, sums 32; where sums are scaled and dice are thrown it is 64. No floats. What a mind
decides depends on the network, on what it senses and remembers, on seed, tick and id; never on who else is in its block.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ninepixel.world.kernel import Array
from ninepixel.world.laws.lives import ACTS, MOVES
from ninepixel.world.life.senses import RETINA_BYTES
from ninepixel.world.physics.cpu.chance import pcg4d
from ninepixel.world.thought.compiled import kernel, leaf
from ninepixel.world.thought.curves import bend
from ninepixel.world.thought.products import MINDS, multiply
from ninepixel.world.thought.shape import HEADS, LOGITS, MASK_AT
from ninepixel.world.thought.tables import COARSE, CURVE, EXP_END, FINE, LIMIT, POINTS

#: Minds of a block, a multiple of MINDS: what they sense stays in the first cache.
BLOCK = 8 * MINDS
#: Choices of every head; acts are the second.
CHOICES, ACT_AT = MOVES, MOVES
#: The logit of an act that can have no effect.
RULED_OUT = -(1 << 30)
#: Bits from a curve to what is multiplied.
DROP = CURVE - COARSE
#: Bits between two points of a table.
STEP = FINE - POINTS

if set(HEADS.values()) != {CHOICES} or list(HEADS)[1] != "act":
    raise ImportError("the kernels are written for heads of equal size, the second of which acts")


class Rows(NamedTuple):
    """A layer as the kernels take it: weights in pairs (int16), three int32 (rows,)."""

    weights: Array
    multiplier: Array
    shift: Array
    bias: Array


class Net(NamedTuple):
    """A policy as the kernels take it; *tanh* is :func:`~ninepixel.world.thought.curves.tanh_lines`, *exp* points alone."""

    encode: Rows
    memory: Rows
    heads: Rows
    tanh: Array
    exp: Array


@leaf
def scaled(total: int, multiplier: int, shift: int, bias: int) -> int:
    """What a row's sum is worth, with its bias: FINE bits behind the point."""
    worth = ((np.int64(total) * np.int64(multiplier) + (1 << (np.int64(shift) - 1))) >> np.int64(shift)) + np.int64(bias)
    return min(max(worth, -LIMIT), LIMIT)


@leaf
def scale(minds: int, sums: Array, rows: Rows) -> None:
    """Replace the sums of a layer, int32 (minds, rows), by what they are worth."""
    for mind in range(minds):
        line = sums[mind]
        for row in range(rows.bias.shape[0]):
            line[row] = scaled(line[row], rows.multiplier[row], rows.shift[row], rows.bias[row])


@leaf
def coarse(x: int) -> int:
    """A number of a curve as it is multiplied."""
    return (np.int64(x) + (1 << (DROP - 1))) >> DROP


@leaf
def look(minds: int, at: Array, seen: Array, inputs: Array) -> None:
    """Widen what minds *at*[0], *at*[1] .. sense: int16 (BLOCK, RETINA_BYTES)."""
    for mind in range(minds):
        here, there = inputs[mind], seen[at[mind]]
        for i in range(RETINA_BYTES):
            here[i] = there[i]


@leaf
def mean(minds: int, at: Array, sums: Array, memory: Array, tanh: Array, both: Array) -> None:
    """What the senses mean, and beside it the memory: *both*, int16 (BLOCK, 2 * hidden)."""
    hidden, width = memory.shape[1], sums.shape[1]
    for mind in range(minds):
        bend(sums, mind * width, mind * width + hidden, tanh, STEP)
        line, meaning, kept = both[mind], sums[mind], memory[at[mind]]
        for i in range(hidden):
            line[i] = coarse(meaning[i])
        for i in range(hidden):
            line[hidden + i] = coarse(kept[i])


@leaf
def remember(minds: int, at: Array, sums: Array, memory: Array, tanh: Array, both: Array) -> None:
    """Bring the memory up to date, in its place and in *both*: h + z (c - h)."""
    hidden, width = memory.shape[1], sums.shape[1]
    for mind in range(minds):
        first = mind * width
        bend(sums, first, first + hidden, tanh, STEP + 1)
        bend(sums, first + hidden, first + 2 * hidden, tanh, STEP)
        line, kept, curves = both[mind], memory[at[mind]], sums[mind]
        for i in range(hidden):
            gate = (1 << CURVE) + np.int64(curves[i])  # of 2**16: sigmoid x is (1 + tanh x/2) / 2
            old = np.int64(kept[i])
            kept[i] = old + ((gate * (np.int64(curves[hidden + i]) - old) + (1 << CURVE)) >> (CURVE + 1))
        for i in range(hidden):
            line[hidden + i] = coarse(kept[i])


@leaf
def think(
    minds: int,
    at: Array,
    seen: Array,
    memory: Array,
    net: Net,
    inputs: Array,
    both: Array,
    meant: Array,
    gates: Array,
    out: Array,
) -> None:
    """One step of the network for a block of minds; arrays from *inputs* on are the block's own.

    *out*: int32 (BLOCK, at least LOGITS + 1): the logits and the value, FINE bits behind the point.
    """
    look(minds, at, seen, inputs)
    multiply(minds, net.encode.weights, inputs, meant)
    scale(minds, meant, net.encode)
    mean(minds, at, meant, memory, net.tanh, both)
    multiply(minds, net.memory.weights, both, gates)
    scale(minds, gates, net.memory)
    remember(minds, at, gates, memory, net.tanh, both)
    multiply(minds, net.heads.weights, both, out)
    scale(minds, out, net.heads)
    for mind in range(minds):
        for act in range(1, ACTS):  # one may always rest
            if seen[at[mind], MASK_AT + act] == 0:
                out[mind, ACT_AT + act] = RULED_OUT


@leaf
def weigh(logits: Array, first: int, exp: Array, weights: Array) -> int:
    """The weights of a head's choices, the likeliest ONE; returns their sum. :param weights: int64 (CHOICES,)."""
    best = np.int64(logits[first])
    for choice in range(1, CHOICES):
        best = max(best, np.int64(logits[first + choice]))
    total = 0
    for choice in range(CHOICES):
        behind = min(best - np.int64(logits[first + choice]), (EXP_END << FINE) - 1)
        at, part = behind >> STEP, behind & ((1 << STEP) - 1)
        high, low = np.int64(exp[np.uint64(at)]), np.int64(exp[np.uint64(at + 1)])
        weights[choice] = high - (((high - low) * part + (1 << (STEP - 1))) >> STEP)
        total += weights[choice]
    return total


@leaf
def drawn(word: int, total: int, weights: Array) -> int:
    """The choice on which a 32-bit word falls."""
    rest = (np.int64(word) * total) >> 32
    for choice in range(CHOICES - 1):
        rest -= weights[choice]
        if rest < 0:
            return choice
    return CHOICES - 1


@leaf
def likeliest(logits: Array, first: int) -> int:
    """The choice with the greatest logit, of equals the first."""
    best = 0
    for choice in range(1, CHOICES):
        if logits[first + choice] > logits[first + best]:
            best = choice
    return best


@leaf
def act(line: Array, tick: int, mind: int, low: int, high: int, exp: Array, weights: Array, action: Array) -> None:
    """Throw the dice of one mind: a word of (seed, tick, id) for every head. *action*: uint8 (3,)."""
    x, y, z, _ = pcg4d(np.uint32(tick), np.uint32(mind), np.uint32(low), np.uint32(high))
    words = (x, y, z)
    for head in range(3):
        total = weigh(line, head * CHOICES, exp, weights)
        action[head] = drawn(words[head], total, weights)


@kernel
def decide(
    lo: int,
    hi: int,
    at: Array,
    seen: Array,
    memory: Array,
    tick: int,
    ids: Array,
    low: Array,
    high: Array,
    greedy: bool,
    net: Net,
    actions: Array,
) -> None:
    """Let minds ``at[lo] .. at[hi - 1]`` decide and remember.

    :param at: int64; *seen*: uint8 (n, RETINA_BYTES); *memory*: int16 (n, hidden), brought up to date.
    :param ids: uint32 (n,), *low* and *high* likewise: who throws, and the two words of (seed, stream).
    :param actions: uint8 (n, 3).
    """
    inputs, both = np.empty((BLOCK, RETINA_BYTES), np.int16), np.empty((BLOCK, 2 * memory.shape[1]), np.int16)
    meant = np.empty((BLOCK, net.encode.weights.shape[1] >> 1), np.int32)
    gates = np.empty((BLOCK, net.memory.weights.shape[1] >> 1), np.int32)
    out = np.empty((BLOCK, net.heads.weights.shape[1] >> 1), np.int32)
    weights = np.empty(CHOICES, np.int64)
    for first in range(lo, hi, BLOCK):
        minds = min(BLOCK, hi - first)
        these = at[first : first + minds]
        think(minds, these, seen, memory, net, inputs, both, meant, gates, out)
        for mind in range(minds):
            who = these[mind]
            if greedy:
                for head in range(3):
                    actions[who, head] = likeliest(out[mind], head * CHOICES)
            else:
                act(out[mind], tick, ids[who], low[who], high[who], net.exp, weights, actions[who])


@kernel
def ponder(at: Array, seen: Array, memory: Array, net: Net, logits: Array, weights: Array) -> None:
    """What one mind, ``at[0]``, would throw its dice for; its memory is brought up to date.

    :param logits: int32 (LOGITS + 1,), the value last; *weights*: int64 (LOGITS,).
    """
    inputs, both = np.empty((BLOCK, RETINA_BYTES), np.int16), np.empty((BLOCK, 2 * memory.shape[1]), np.int16)
    meant = np.empty((BLOCK, net.encode.weights.shape[1] >> 1), np.int32)
    gates = np.empty((BLOCK, net.memory.weights.shape[1] >> 1), np.int32)
    out = np.empty((BLOCK, net.heads.weights.shape[1] >> 1), np.int32)
    think(1, at, seen, memory, net, inputs, both, meant, gates, out)
    logits[:] = out[0, : LOGITS + 1]
    for head in range(3):
        weigh(out[0], head * CHOICES, net.exp, weights[head * CHOICES :])
