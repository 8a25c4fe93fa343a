"""A policy that decides: integers only, no torch, the same action on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.rng import seed_words
from ninepixel.world.life.senses import RETINA_BYTES
from ninepixel.world.physics.cpu.team import Team, bands_of
from ninepixel.world.thought import integer
from ninepixel.world.thought.artefact import Policy
from ninepixel.world.thought.curves import tanh_lines
from ninepixel.world.thought.products import in_pairs
from ninepixel.world.thought.quantise import Layer, quantise
from ninepixel.world.thought.shape import HEADS, LOGITS
from ninepixel.world.thought.tables import FINE, ONE, exp_table

#: The minds' own stream of chance.
STREAM_MINDS = 32
#: Minds that a thread takes at a time, at least; and pieces a thread, so that none waits for a slow one.
LEAST, PIECES = 256, 4

Ints = npt.NDArray[np.int32]
Memory = npt.NDArray[np.int16]
Actions = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a mind does what it does: what its dice were thrown for.

    :ivar odds: int32 (27,): probabilities of moves, acts and words, in 65536ths; those of every head add up to 65536.
    :ivar logits: int32 (27,), in 4096ths; ``integer.RULED_OUT`` for acts that can have no effect.
    :ivar possible: bool (9,): which acts can.
    :ivar value: the return that it expects from here on.
    :ivar memory: int16 (hidden,), in 32768ths: what it remembers after the step.
    """

    odds: Ints
    logits: Ints
    possible: npt.NDArray[np.bool_]
    value: float
    memory: Memory


class IntegerPolicy:
    """The integers of a policy, ready to decide for many minds at once.

    What a mind decides follows from policy, senses, memory, seed, tick and id: neither from who else decides, nor from threads.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy, self.layers = policy, quantise(policy)
        encode, memory, heads = (_rows(layer) for layer in (self.layers.encode, self.layers.memory, self.layers.heads))
        self._net = integer.Net(encode, memory, heads, tanh_lines(), exp_table())

    def memory(self, minds: int) -> Memory:
        """What minds remember at the beginning of their lives, whoever was there before them: zeros, int16 (minds, hidden)."""
        return np.zeros((minds, self.policy.shape.hidden), np.int16)

    def decide(
        self,
        seen: npt.NDArray[np.uint8],
        memory: Memory,
        *,
        seed: int | npt.NDArray[np.uint64],
        tick: int,
        ids: npt.NDArray[np.uint32] | None = None,
        which: npt.NDArray[np.bool_] | None = None,
        greedy: bool = False,
        out: Actions | None = None,
        team: Team | None = None,
    ) -> Actions:
        """The actions of n minds, uint8 (n, 3); brings their memory up to date in its place.

        :param seen: uint8 (n, RETINA_BYTES); *memory* int16 (n, hidden).
        :param seed: of the dice: 64 bits, one for all or uint64 (n,).
        :param ids: uint32 (n,): who is who among those with one seed; 0, 1 .. when None.
        :param which: bool (n,): who decides; the memory and the action of all others stay as they are. All, when None.
        :param greedy: the likeliest choices instead of dice.
        :param out: where the actions go; a new array, zeros for who does not decide, when None.
        :param team: threads that share the work.
        :raises ValueError: for arrays of other shapes or types.
        """
        n = len(seen)
        out = np.zeros((n, 3), np.uint8) if out is None else out
        ids = np.arange(n, dtype=np.uint32) if ids is None else ids
        _check(seen, "seen", np.uint8, (n, RETINA_BYTES))
        _check(memory, "memory", np.int16, (n, self.policy.shape.hidden), written=True)
        _check(ids, "ids", np.uint32, (n,))
        _check(out, "out", np.uint8, (n, 3), written=True)
        if which is None:
            at = np.arange(n)
        else:
            _check(which, "which", np.bool_, (n,))
            at = np.flatnonzero(which)
        low, high = _dice(seed, n)
        rest: tuple[Any, ...] = (at, seen, memory, tick & 0xFFFFFFFF, ids, low, high, greedy, self._net, out)
        if team is None or len(at) < 2 * LEAST:
            integer.decide(0, len(at), *rest)
        else:
            cuts = bands_of(len(at), min(team.threads * PIECES, len(at) // LEAST))
            team.run(lambda band: integer.decide(*cuts[band], *rest), len(cuts))
        return out

    def explain(self, seen: npt.NDArray[np.uint8], memory: Memory) -> Explanation:
        """What one mind that senses *seen*, uint8 (RETINA_BYTES,), and remembers *memory*, int16 (hidden,), would throw dice for.

        Nothing is changed.

        :raises ValueError: for arrays of other shapes or types.
        """
        _check(seen, "seen", np.uint8, (RETINA_BYTES,))
        _check(memory, "memory", np.int16, (self.policy.shape.hidden,))
        after, logits, weights = memory[None].copy(), np.zeros(LOGITS + 1, np.int32), np.zeros(LOGITS, np.int64)
        integer.ponder(np.zeros(1, np.int64), seen[None], after, self._net, logits, weights)
        shares = [_shares(head) for head in np.split(weights, np.cumsum(list(HEADS.values()))[:-1])]
        acts = logits[integer.ACT_AT : integer.ACT_AT + integer.CHOICES]
        value = int(logits[LOGITS]) / (1 << FINE) * self.policy.manifest["value_scale"]
        return Explanation(np.concatenate(shares), logits[:LOGITS], acts != integer.RULED_OUT, value, after[0])


def _rows(layer: Layer) -> integer.Rows:
    return integer.Rows(in_pairs(layer.weights), layer.multiplier, layer.shift, layer.bias)


def _shares(weights: npt.NDArray[np.int64]) -> Ints:
    """Weights as shares of ONE that add up to it."""
    ends = (np.cumsum(weights) * ONE) // weights.sum()
    shares: Ints = np.diff(ends, prepend=0).astype(np.int32)
    return shares


def _dice(seed: int | npt.NDArray[np.uint64], n: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """The two words of (seed, stream) for n minds, as ``laws.rng.seed_words`` makes them."""
    if not isinstance(seed, np.ndarray):
        low, high = seed_words(int(seed), STREAM_MINDS)
        return np.full(n, low, np.uint32), np.full(n, high, np.uint32)
    _check(seed, "seed", np.uint64, (n,))
    stream = np.uint32(seed_words(0, STREAM_MINDS)[1])
    return seed.astype(np.uint32), (seed >> np.uint64(32)).astype(np.uint32) ^ stream


def _check(array: Any, name: str, dtype: type[np.generic], shape: tuple[int, ...], written: bool = False) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
        what = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise ValueError(f"{name} is a contiguous array of {np.dtype(dtype)} of shape {shape}, not {what}")
    if written and not array.flags.writeable:
        raise ValueError(f"{name} is written to, and cannot be")
