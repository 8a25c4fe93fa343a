"""Life as the rest of the program sees it: acts before physics, life after it, or whole ticks of many small worlds at once."""

from __future__ import annotations

from functools import lru_cache
from threading import get_ident
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.affinity import affinity_matrix
from ninepixel.world.laws.constants import STREAM_JITTER
from ninepixel.world.laws.lives import Role
from ninepixel.world.laws.rng import seed_words
from ninepixel.world.life.senses import RETINA_BYTES, gains, pixel_widths
from ninepixel.world.life.tick import AFTER, BEFORE, PHYSICS, SENSES, packet, scratch_size, tick_packet
from ninepixel.world.physics.cpu.team import Team, bands_of
from ninepixel.world.state import State

#: Bands per thread at least, so that a slow thread does not hold up the tick.
SLICES = 4
#: Worlds of a band at most: so many (some 150 KB each) stay in the second-level cache from their actions to their rewards.
BAND_WORLDS = 16


def bands_for(worlds: int, threads: int) -> int:
    """Into how many bands so many worlds are cut."""
    return max(threads * SLICES, -(-worlds // BAND_WORLDS))


class Life:
    """Steps the lives of one state, and holds what they sense. It works on the arrays of *state* where they lie.

    :param minds: how many slots of each world (the first ones) are minds with senses; guardians need none.
    :param child_role: who decides for those that hatch.

    :ivar seen: uint8 (worlds, minds, RETINA_BYTES): what every mind senses.
    :ivar gain: int32 (worlds, slots): how much nearer to its set point each life came by the acts of the last tick, in units.
    :ivar sections: int32 (worlds, slots): sections that each life decoded in the last tick.
    :ivar died: uint8 (worlds, slots): 1 where a life ended in the last tick.
    """

    def __init__(self, state: State, minds: int, child_role: Role = Role.INSTINCT, team: Team | None = None) -> None:
        worlds, slots = state.params.worlds, state.lives.capacity
        self.state = state
        self.team = team
        self.child_role = int(child_role)
        self.seen: npt.NDArray[np.uint8] = np.zeros((worlds, minds, RETINA_BYTES), np.uint8)
        self.gain: npt.NDArray[np.int32] = np.zeros((worlds, slots), np.int32)
        self.sections: npt.NDArray[np.int32] = np.zeros((worlds, slots), np.int32)
        self.died: npt.NDArray[np.uint8] = np.zeros((worlds, slots), np.uint8)
        self._held: tuple[Any, ...] = (None, None, None, None)
        self._scratch: dict[int, npt.NDArray[np.int16]] = {}
        self._widths, self._gains = pixel_widths(state.params.side), gains(state.params.side).reshape(-1)

    def hatch_as(self, role: Role) -> None:
        """Another role for those that hatch from now on."""
        self.child_role = int(role)
        self._held = (None, None, None, None)

    def before(self) -> None:
        """Residents decide and everybody acts: the part of a tick before physics."""
        self._everywhere(BEFORE, self.state.tick)

    def live(self) -> None:
        """Things, metabolism, death and birth: :meth:`after` without the senses."""
        self._everywhere(AFTER, self.state.tick)

    def after(self) -> None:
        """Things, metabolism, death, birth, and the senses of the next tick: the part of a tick after physics."""
        self._everywhere(AFTER | SENSES, self.state.tick)

    def tick(self, lo: int, hi: int) -> None:
        """A whole tick, physics included, of worlds lo .. hi-1, which are small enough to be stepped one after the other."""
        self._run(lo, hi, BEFORE | PHYSICS | AFTER | SENSES, self.state.tick)

    def sense(self) -> None:
        """Fill :attr:`seen` anew from the state as it is: after founding, loading, or a change from outside."""
        self._everywhere(SENSES, self.state.tick - 1)

    def sense_worlds(self, lo: int, hi: int) -> None:
        """The same for worlds lo .. hi-1 alone."""
        self._run(lo, hi, SENSES, self.state.tick - 1)

    def _everywhere(self, phase: int, tick: int) -> None:
        worlds = self.state.params.worlds
        if self.team is None or worlds == 1:
            self._run(0, worlds, phase, tick)
            return
        cuts = bands_of(worlds, bands_for(worlds, self.team.threads))
        self.team.run(lambda band: self._run(*cuts[band], phase, tick), len(cuts))

    def _run(self, lo: int, hi: int, phase: int, tick: int) -> None:
        s = self.state
        bodies, lives, energy, known = self._held
        if bodies is not s.bodies.block or lives is not s.lives.block or energy is not s.energy or known is not s.known:
            self._gather()
        thread = get_ident()
        scratch = self._scratch.get(thread)
        if scratch is None:  # one a thread, so that it stays in that thread's cache
            scratch = self._scratch[thread] = np.zeros(self._scratch_size, np.int16)
        tick_packet(lo, hi, phase, tick & 0xFFFFFFFF, self._packet, scratch)

    def _gather(self) -> None:
        """Collect what the kernel works on; once, until a table grows, because a tick of a small world takes microseconds."""
        s, bodies = self.state, self.state.bodies
        self._held = (bodies.block, s.lives.block, s.energy, s.known)
        self._scratch_size = scratch_size(s.params.side_log2, s.params.reach_log2, bodies.capacity, s.things.capacity)
        self._scratch.clear()
        self._arrays = (  # kept: the packet holds addresses alone
            *draws_of(s.params.seed, s.params.worlds),
            *(bodies.count, bodies.free_head, bodies.next_index, bodies.block, bodies.row_of, bodies.index_of, bodies.generation),
            *(s.energy, s.lives.block, s.things.block, s.known, s.chronicle, s.ledger.totals),
            *(self.seen, self.gain, self.sections, self.died, self._widths, self._gains),
        )
        self._packet = packet(s, self.child_role, self._arrays)


Draws = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]


@lru_cache(maxsize=64)
def draws_of(seed: int, worlds: int) -> Draws:
    """Per world: the low and the high word of the seed, the high word of the jitter's stream, the affinity matrix."""
    seeds = [(seed + world) % 2**64 for world in range(worlds)]
    low, high = ([s >> shift & 0xFFFFFFFF for s in seeds] for shift in (0, 32))
    jitter = [seed_words(s, STREAM_JITTER)[1] for s in seeds]
    matrix = np.stack([affinity_matrix(s) for s in seeds]).astype(np.int64)
    return np.asarray(low, np.int64), np.asarray(high, np.int64), np.asarray(jitter, np.int64), matrix
