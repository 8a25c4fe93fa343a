"""The numba backend: the order of phases of one tick, and how each is cut into bands."""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.affinity import affinity_matrix
from ninepixel.world.laws.constants import SPAN_BITS, STREAM_JITTER, UNIT_BITS
from ninepixel.world.laws.rng import seed_words
from ninepixel.world.physics.cpu.batch import tick_worlds
from ninepixel.world.physics.cpu.drive import drive
from ninepixel.world.physics.cpu.fields import diffuse
from ninepixel.world.physics.cpu.force import advance
from ninepixel.world.physics.cpu.grid import count, offsets, place
from ninepixel.world.physics.cpu.simd import LANES
from ninepixel.world.physics.cpu.team import Team, bands_of
from ninepixel.world.state import State

#: Bands per thread, so that a slow thread does not hold up the tick.
SLICES = 4


class CpuBackend:
    """Steps worlds with numba kernels, in place: the state is always at home.

    :param threads: how many threads; all usable cores when None.
    """

    name = "cpu"
    #: Below these sizes a second thread costs more than it brings (measured: a hand-over takes about 50 microseconds).
    serial_bodies = 5_000
    serial_cells = 256 * 256
    #: Every so many ticks rows are laid out in cell order again, so that neighbours in space are neighbours in memory.
    tidy_interval = 32
    tidy_bodies = 20_000

    def __init__(self, threads: int | None = None) -> None:
        self.team = Team(threads)
        self.detail = f"numba, {self.team.threads} thread{'s' if self.team.threads > 1 else ''}"
        self._scratch: _Scratch | None = None

    def step(self, state: State) -> None:
        """Advance physics and fields of every world by one tick, booking radiance and decay."""
        if state.params.side**2 < self.serial_cells and int(state.bodies.count.max()) < self.serial_bodies:
            self._small_worlds(state)
            return
        for world in range(state.params.worlds):
            state.ledger.add("radiance", self._bodies(state, world), world)
            if state.tick % self.tidy_interval == 0 and state.bodies.count[world] >= self.tidy_bodies:
                self._tidy(state, world)
            state.ledger.add("decay", self._field(state, world), world)

    def pull(self, state: State) -> None:
        """Nothing to do: the state is at home."""

    def push(self, state: State) -> None:
        """Nothing to do: the state is at home."""

    def held(self, state: State) -> npt.NDArray[np.int64]:
        """Energy in field and bodies, per world."""
        return np.asarray([state.physical(world) for world in range(state.params.worlds)], np.int64)

    def close(self) -> None:
        """Let the threads go."""
        self.team.close()

    # -- small worlds, whole ---------------------------------------------------------------------------------------------

    def _small_worlds(self, state: State) -> None:
        bodies, params = state.bodies, state.params
        low, high, matrix = _draws_of(params.seed, params.worlds)
        booked = np.zeros((2, params.worlds), np.int64)
        cuts = bands_of(params.worlds, self.team.threads * SLICES)
        rest: tuple[Any, ...] = (
            *(params.side_log2, params.reach_log2, state.tick & 0xFFFFFFFF, low, high, matrix, bodies.count, bodies.next_index),
            *(bodies.block, bodies.row_of, bodies.index_of, state.energy, booked[0], booked[1]),
        )

        def step(band: int) -> None:
            lo, hi = cuts[band]
            tick_worlds(lo, hi, *rest)

        self.team.run(step, len(cuts))
        state.ledger.add("radiance", booked[0])
        state.ledger.add("decay", booked[1])

    # -- a large world, phase by phase -----------------------------------------------------------------------------------

    def _bodies(self, state: State, world: int) -> int:
        bodies, params = state.bodies, state.params
        n = int(bodies.count[world])
        if n == 0:
            return 0
        x, y, vx, vy, energy, density, rby, traits, mass, link = (
            bodies.columns[name][world] for name in ("x", "y", "vx", "vy", "energy", "density", "rby", "traits", "mass", "link")
        )
        field, row_of, index_of = state.energy[world], bodies.row_of[world], bodies.index_of[world]
        cuts = bands_of(n, self.team.threads if n >= self.serial_bodies else 1)
        hash_side = params.side >> params.reach_log2
        scratch = self._room(n, len(cuts), hash_side * hash_side)
        hash_shift = params.cell_shift + params.reach_log2
        quantum, lift = hash_shift - UNIT_BITS, SPAN_BITS - UNIT_BITS
        used = int(bodies.next_index[world])

        def sense(band: int) -> None:
            lo, hi = cuts[band]
            drive(lo, hi, params.cell_shift, x, y, vx, vy, rby, traits, link, row_of, used, field)
            count(lo, hi, x, y, hash_shift, scratch.tally[band])

        def sort(band: int) -> None:
            lo, hi = cuts[band]
            place(lo, hi, x, y, rby, hash_shift, quantum, lift, scratch.tally[band], scratch.order, *scratch.sorted)

        self.team.run(sense, len(cuts))
        crowdest = offsets(scratch.tally, scratch.start)
        self.team.run(sort, len(cuts))
        rows = _even_rows(scratch.start, hash_side, n, self.team.threads * SLICES if n >= self.serial_bodies else 1)
        seed = (params.seed + world) % 2**64
        low, high = seed_words(seed, STREAM_JITTER)
        matrix = affinity_matrix(seed).astype(np.int64)

        def move(band: int) -> int:
            lo, hi = rows[band]
            radiated: int = advance(
                lo,
                hi,
                params.side_log2,
                params.reach_log2,
                state.tick & 0xFFFFFFFF,
                low,
                high,
                matrix,
                crowdest,
                scratch.start,
                scratch.order,
                *scratch.sorted,
                x,
                y,
                vx,
                vy,
                energy,
                density,
                rby,
                traits,
                mass,
                index_of,
                field,
            )
            return radiated

        return sum(self.team.run(move, len(rows)))

    def _field(self, state: State, world: int) -> int:
        field, side = state.energy[world], state.params.side
        threads = self.team.threads if side * side >= self.serial_cells else 1
        cuts = bands_of(side, threads * SLICES if threads > 1 else 1)
        jobs = [
            (field[k], lo, hi, field[k, lo - 1].copy(), field[k, hi % side].copy())
            for k in range(field.shape[0])
            for lo, hi in cuts
        ]

        def spread(job: int) -> int:
            plane, lo, hi, above, below = jobs[job]
            gone: int = diffuse(lo, hi, plane, above, below)
            return gone

        return sum(self.team.run(spread, len(jobs)))

    # -- room to work in ----------------------------------------------------------------------------------------------

    def _room(self, n: int, bands: int, cells: int) -> _Scratch:
        have = self._scratch
        if have is None or have.order.size < n or have.tally.shape != (bands, cells):
            have = self._scratch = _Scratch(n, bands, cells)
        return have

    def _tidy(self, state: State, world: int) -> None:
        """Lay the rows out in the order in which this tick has just visited them."""
        assert self._scratch is not None  # _bodies has sorted
        state.bodies.reorder(world, self._scratch.order[: state.bodies.count[world]])


@lru_cache(maxsize=16)
def _draws_of(seed: int, worlds: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Seed words of the jitter, (worlds,) each, and affinity matrices, (worlds, 3, 3)."""
    seeds = [(seed + world) % 2**64 for world in range(worlds)]
    words = np.asarray([seed_words(s, STREAM_JITTER) for s in seeds], np.int64)
    matrix = np.stack([affinity_matrix(s) for s in seeds]).astype(np.int64)
    return words[:, 0].copy(), words[:, 1].copy(), matrix


class _Scratch:
    """Arrays that live between ticks only to save their allocation: 12 bytes a body, 4 to 12 a hash cell."""

    def __init__(self, bodies: int, bands: int, cells: int) -> None:
        room = bodies + bodies // 8 + LANES  # kernels read whole blocks, past the last body
        self.order = np.zeros(room, np.int32)
        x, y, red, blue = (np.zeros(room, np.int16) for _ in range(4))
        self.sorted = (x, y, red, blue)
        self.tally = np.zeros((bands, cells), np.int32)
        self.start = np.zeros(cells + 1, np.int32)


def _even_rows(start: npt.NDArray[np.int32], side: int, bodies: int, bands: int) -> list[tuple[int, int]]:
    """Cut the hash rows into bands that hold about equally many bodies."""
    first = start[::side]  # the first place of every hash row, and the total
    cuts = np.searchsorted(first, [bodies * i // bands for i in range(1, bands)])
    edges = [0, *np.unique(cuts).tolist(), side]
    return [(lo, hi) for lo, hi in itertools.pairwise(edges) if hi > lo]
