"""The state of the universe: everything that ``step`` reads and writes, and nothing else."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.cold import ColdStore
from ninepixel.ecs.table import Table
from ninepixel.world.laws.bodies import BODY_COLUMNS
from ninepixel.world.ledger import Ledger

CHANNELS = 3
MIN_SIDE_LOG2, MAX_SIDE_LOG2 = 6, 13


class BadWorld(ValueError):
    """These parameters do not make a world."""


@dataclass(frozen=True, slots=True)
class Params:
    """What a universe is from birth to death.

    :param seed: 64 bits; every draw is a hash of (seed, tick, entity, stream).
    :param side_log2: log2 of the side of the square torus in field cells, 6 (64x64) to 13 (8192x8192).
    :param reach_log2: log2 of the range R of the RBY force in cells, which is also the side of a hash cell; 1 or 2.
    :param worlds: how many worlds are stepped together (the leading axis); world w has the seed ``seed + w`` modulo 2**64.
    """

    seed: int
    side_log2: int
    reach_log2: int = 2
    worlds: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 1 << 64:
            raise BadWorld(f"a seed is an integer from 0 to 2**64 - 1, not {self.seed}")
        if not MIN_SIDE_LOG2 <= self.side_log2 <= MAX_SIDE_LOG2:
            raise BadWorld(f"a world is 64x64 to 8192x8192 cells: side_log2 is 6 to 13, not {self.side_log2}")
        if self.reach_log2 not in (1, 2):
            raise BadWorld(f"reach_log2 is 1 or 2, not {self.reach_log2}")
        if self.worlds < 1:
            raise BadWorld("a universe has at least one world")

    @property
    def side(self) -> int:
        """Cells along one side of the torus."""
        return 1 << self.side_log2

    @property
    def cell_shift(self) -> int:
        """``x >> cell_shift`` is the cell of a torus fraction."""
        return 32 - self.side_log2


@dataclass(slots=True)
class State:
    """One universe (or a batch of them) at one tick.

    :param bodies: the hot table, :data:`~ninepixel.world.laws.bodies.BODY_COLUMNS`.
    :param energy: the field, int32 of shape ``(worlds, 3, side, side)``: channels R, B, Y; ``[.., y, x]``; never negative.
    """

    params: Params
    tick: int
    bodies: Table
    energy: npt.NDArray[np.int32]
    ledger: Ledger
    cold: ColdStore = field(default_factory=ColdStore)

    @staticmethod
    def empty(params: Params, capacity: int = 1024) -> State:
        """A world without bodies and without energy."""
        return State(
            params=params,
            tick=0,
            bodies=Table(BODY_COLUMNS, worlds=params.worlds, capacity=capacity),
            energy=np.zeros((params.worlds, CHANNELS, params.side, params.side), np.int32),
            ledger=Ledger(params.worlds),
        )

    def copy(self) -> State:
        """A state of its own with the same content."""
        return State(self.params, self.tick, deepcopy(self.bodies), self.energy.copy(), deepcopy(self.ledger), self.cold.copy())

    def held(self, world: int = 0) -> int:
        """The energy in the field and in the bodies of one world."""
        in_bodies = int(self.bodies.live("energy", world).sum(dtype=np.int64))
        return in_bodies + int(self.energy[world].sum(dtype=np.int64))
