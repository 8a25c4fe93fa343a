"""The mind in a dream: the same mind, in a fork, with other dice, with none, or with another policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ninepixel.world.commands import Command
from ninepixel.world.laws.lives import ACTS, MOVES, WORDS, Role
from ninepixel.world.laws.rng import draw
from ninepixel.world.laws.vital import STREAM_CHANCE
from ninepixel.world.life.instinct import instinct
from ninepixel.world.life.residents import ready
from ninepixel.world.thought import IntegerPolicy
from ninepixel.world.universe import Universe

#: What the seed of the dice is moved by for other dice (the golden ratio of 64 bits); dice 0 are the waking world's own.
OTHER_DICE = 0x9E3779B97F4A7C15
#: Instinct throws no dice: in a dream one act of so many is left to chance, by dice of a stream of its own.
DOUBT, STREAM_DOUBT = 8, 49

Temper = Role | IntegerPolicy


class NoDreamer(ValueError):
    """There is nobody who could dream; the message says why."""


@dataclass(frozen=True, slots=True)
class Dice:
    """How a dream is dreamed. :ivar number: which dice; 0 are the waking world's. :ivar greedy: no dice, the likeliest."""

    number: int
    greedy: bool = False


def temper_of(universe: Universe, slot: int) -> Temper:
    """What the mind in a slot acts by when it is awake; by instinct, who is led from outside.

    :raises NoDreamer: when there is no such slot for minds, or nobody lives in it.
    """
    state = universe.pull()
    if universe.lives is None or not 0 <= slot < universe.lives.minds:
        minds = 0 if universe.lives is None else universe.lives.minds
        raise NoDreamer(f"there is no slot {slot} for a mind; there are {minds}, counted from 0")
    if state.lives["body"][0, slot] < 0:
        raise NoDreamer(f"nobody lives in slot {slot} at tick {universe.tick}; name another with --mind")
    role = Role(int(state.lives["role"][0, slot]))
    if role == Role.LEARNED and state.thoughts is not None:
        return ready(state.thoughts.policy)
    return role if role in (Role.RANDOM, Role.STILL) else Role.INSTINCT


class Dreamer:
    """Decides for one mind of a fork, which takes its orders from outside from now on. Never give it the waking universe."""

    def __init__(self, fork: Universe, slot: int, temper: Temper, dice: Dice) -> None:
        state = fork.pull()
        self.slot, self.temper, self.dice = slot, temper, dice
        self.memory = memory_of(fork, slot, temper)
        state.lives["role"][0, slot] = int(Role.GUEST)

    def act(self, fork: Universe) -> Command:
        """What it does in the next tick."""
        move, act, word = (int(choice) for choice in self._choose(fork))
        return Command("mind.act", b"%d" % self.slot, {"move": move, "act": act, "utter": word})

    def _choose(self, fork: Universe) -> npt.NDArray[np.uint8]:
        assert fork.lives is not None
        seen = fork.lives.engine.seen[0, self.slot : self.slot + 1]
        seed = (fork.pull().params.seed + self.dice.number * OTHER_DICE) % 2**64
        if isinstance(self.temper, IntegerPolicy):
            ids = np.asarray([self.slot], np.uint32)
            (choices,) = self.temper.decide(seen, self.memory, seed=seed, tick=fork.tick, ids=ids, greedy=self.dice.greedy)
            return np.asarray(choices)
        if self.temper == Role.STILL:
            return np.zeros(3, np.uint8)
        if self.temper == Role.RANDOM:
            return _by_chance(seed, fork.tick, self.slot, STREAM_CHANCE)
        doubts = self.dice.number and not self.dice.greedy
        if doubts and int(draw(seed, fork.tick, self.slot, STREAM_DOUBT)[3]) % DOUBT == 0:
            return _by_chance(seed, fork.tick, self.slot, STREAM_DOUBT)
        packed = int(instinct(seen[0]))
        return np.asarray([packed & 0xFF, packed >> 8 & 0xFF, packed >> 16 & 0xFF], np.uint8)


def memory_of(universe: Universe, slot: int, temper: Temper) -> npt.NDArray[np.int16]:
    """What the mind in a slot remembers, int16 (1, units), a copy: nothing, when it acts by another policy or was just born."""
    if not isinstance(temper, IntegerPolicy):
        return np.zeros((1, 0), np.int16)
    state, nothing = universe.pull(), temper.memory(1)
    thoughts, serial = state.thoughts, int(state.lives["serial"][0, slot])
    if thoughts is None or int(thoughts.whose[0, slot]) != serial or ready(thoughts.policy).policy.hash != temper.policy.hash:
        return nothing
    return thoughts.memory[0, slot : slot + 1].copy()


def value_of(universe: Universe, slot: int, temper: Temper) -> float | None:
    """The return that the mind expects now; None for who expects nothing."""
    if not isinstance(temper, IntegerPolicy) or universe.lives is None:
        return None
    return temper.explain(universe.lives.engine.seen[0, slot], memory_of(universe, slot, temper)[0]).value


def _by_chance(seed: int, tick: int, slot: int, stream: int) -> npt.NDArray[np.uint8]:
    """Three choices by chance, as the world's random residents make them."""
    words = draw(seed, tick, slot, stream)[:3]
    sizes = (MOVES, ACTS, WORDS)
    return np.asarray([(int(word) >> 8) * size >> 24 for word, size in zip(words, sizes, strict=True)], np.uint8)
