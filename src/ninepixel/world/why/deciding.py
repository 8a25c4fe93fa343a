"""What a mind's dice are thrown for, what they will show, and which groups of its senses speak for the likeliest choice.

Who acts by a policy: the odds of the integer policy, which are exact. A choice's *log-odds* are its logit less the logarithm of
the sum of the exponentials of all others that are possible; what a group speaks for a choice are the log-odds as they are, less
those without the group (:mod:`~ninepixel.world.why.groups`), in thousandths of a nat: 693 doubles the odds. Groups are blotted
out one at a time, so what they say need not add up: of two that say the same, each may count for nothing.

Who acts by instinct throws no dice: the odds are 1 for what the script does, and a group speaks for it (1) when the script
would do something else without the group, or does not (0). Who acts by chance listens to nothing. For a guest somebody else
decides: there are no odds, only acts that can have an effect.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.lives import Role
from ninepixel.world.laws.rng import seed_words
from ninepixel.world.laws.vital import STREAM_CHANCE
from ninepixel.world.life.chance import words
from ninepixel.world.life.instinct import instinct
from ninepixel.world.life.senses import A_MASK
from ninepixel.world.state import State
from ninepixel.world.thought import IntegerPolicy, Policy
from ninepixel.world.thought.integer import ACT_AT, CHOICES, RULED_OUT
from ninepixel.world.thought.shape import HEADS
from ninepixel.world.thought.tables import FINE, ONE
from ninepixel.world.why.groups import MEMORY, groups, without
from ninepixel.world.why.sensed import Bytes

Action = tuple[int, int, int]
Reasons = dict[str, list[int]]
Logits = npt.NDArray[np.int32]

#: What a number of *reasons* is: :data:`NATS` for who throws dice, :data:`SWITCH` for who follows rules.
NATS, SWITCH = "thousandths of a nat", "1: without it, it would choose otherwise"


@dataclass(frozen=True, slots=True)
class Choices:
    """How a mind will choose.

    :ivar odds: of the nine moves, acts and words, each in 65536ths that add up to 65536; empty when somebody else decides.
    :ivar next: what it will do in the next tick unless it is told otherwise; None when somebody else decides.
    :ivar likeliest: the likeliest move, act and word; None when somebody else decides.
    :ivar reasons: by group, what it speaks for each of them; groups that change nothing are left out.
    :ivar value: the return that it expects from here on; None when it expects nothing.
    """

    odds: tuple[list[int], ...] = ()
    next: Action | None = None
    likeliest: Action | None = None
    reasons: Reasons = field(default_factory=dict)
    reasons_in: str = ""
    value: float | None = None


def possible_acts(seen: Bytes) -> list[int]:
    """1 for each of the nine acts that can have an effect, else 0."""
    return [1, *(int(seen[A_MASK + act] != 0) for act in range(1, CHOICES))]


def choices_of(state: State, slot: int, seen: Bytes, world: int = 0) -> Choices:
    """How the life in a slot will choose. *seen*: uint8 (RETINA_BYTES,), what it senses."""
    match Role(int(state.lives["role"][world, slot])):
        case Role.LEARNED if state.thoughts is not None:
            return _learned(state, slot, seen, world)
        case Role.INSTINCT:
            return scripted(seen)
        case Role.RANDOM:
            return Choices(tuple(_even() for _ in HEADS), _dice(state, slot, world), _dice(state, slot, world))
        case Role.STILL:
            return Choices(tuple(_sure(0) for _ in HEADS), (0, 0, 0), (0, 0, 0))
        case _:
            return Choices()


@lru_cache(maxsize=4)
def policy_in(file: bytes) -> IntegerPolicy:
    """The policy of a state, made ready once."""
    return IntegerPolicy(Policy.parse(file))


def memory_of(state: State, slot: int, world: int = 0) -> npt.NDArray[np.int16]:
    """A copy of what the life in a slot remembers, int16 (units,): nothing, when the memory is that of another."""
    assert state.thoughts is not None
    memory: npt.NDArray[np.int16] = state.thoughts.memory[world, slot].copy()
    if int(state.thoughts.whose[world, slot]) != int(state.lives["serial"][world, slot]):
        memory[:] = 0
    return memory


def _learned(state: State, slot: int, seen: Bytes, world: int) -> Choices:
    assert state.thoughts is not None
    policy, memory = policy_in(state.thoughts.policy), memory_of(state, slot, world)
    seen = np.ascontiguousarray(seen)
    told = policy.explain(seen, memory)
    odds = tuple(part.tolist() for part in np.split(told.odds, len(HEADS)))
    likeliest = _action([int(np.argmax(part)) for part in _parts(told.logits)])
    seed = (state.params.seed + world) % (1 << 64)
    drawn = policy.decide(seen[None], memory[None].copy(), seed=seed, tick=state.tick, ids=np.asarray([slot], np.uint32))
    reasons = _reasons(policy, seen, memory, told.logits, likeliest)
    return Choices(odds, _action(drawn[0].tolist()), likeliest, reasons, NATS, told.value)


def _reasons(policy: IntegerPolicy, seen: Bytes, memory: npt.NDArray[np.int16], logits: Logits, likeliest: Action) -> Reasons:
    """What every group speaks for the likeliest choices, in thousandths of a nat."""
    now, found = _log_odds(logits, likeliest), Reasons()
    blotted = {group.name: (other, memory) for group in groups() if (other := without(seen, group)) is not None}
    if memory.any():
        blotted[MEMORY] = (seen, np.zeros_like(memory))
    for name, (sensed, remembered) in blotted.items():
        then = _log_odds(policy.explain(sensed, remembered).logits, likeliest)
        found[name] = [round(1000 * (a - b)) for a, b in zip(now, then, strict=True)]
    return _telling(found)


def _telling(reasons: Reasons) -> Reasons:
    """Those groups that change anything."""
    return {name: row for name, row in reasons.items() if any(row)}


def _log_odds(logits: Logits, chosen: Action) -> list[float]:
    """The log-odds of one choice a head, nats; 0 for a choice that has no alternative."""
    found = []
    for part, choice in zip(_parts(logits), chosen, strict=True):
        own = int(part[choice])
        behind = [(int(other) - own) / (1 << FINE) for k, other in enumerate(part) if k != choice and other != RULED_OUT]
        most = max(behind, default=0.0)
        found.append(-(most + math.log(sum(math.exp(x - most) for x in behind))) if behind else 0.0)
    return found


def _parts(logits: Logits) -> list[Logits]:
    return [logits[first : first + CHOICES] for first in range(0, ACT_AT + 2 * CHOICES, CHOICES)]


def scripted(seen: Bytes) -> Choices:
    """How who acts by instinct will choose."""
    done = unpacked(int(instinct(seen)))
    reasons = Reasons()
    for group in groups():
        if (other := without(seen, group)) is not None:
            then = unpacked(int(instinct(other)))
            reasons[group.name] = [int(a != b) for a, b in zip(done, then, strict=True)]
    return Choices(tuple(_sure(choice) for choice in done), done, done, _telling(reasons), SWITCH)


def _dice(state: State, slot: int, world: int) -> Action:
    """What chance alone will do: the draws of :func:`ninepixel.world.life.tick.decide`."""
    low, high = seed_words((state.params.seed + world) % (1 << 64), 0)
    a, c, d, _ = (int(word) for word in words(state.tick & 0xFFFFFFFF, slot, int(low), int(high), STREAM_CHANCE))
    return _action([(word >> 8) * CHOICES >> 24 for word in (a, c, d)])


def unpacked(action: int) -> Action:
    """The move, act and word of a packed action."""
    return action & 0xFF, action >> 8 & 0xFF, action >> 16 & 0xFF


def _action(parts: list[int]) -> Action:
    move, act, word = parts
    return move, act, word


def _sure(choice: int) -> list[int]:
    return [ONE if k == choice else 0 for k in range(CHOICES)]


def _even() -> list[int]:
    ends = [k * ONE // CHOICES for k in range(CHOICES + 1)]
    return [b - a for a, b in pairwise(ends)]
