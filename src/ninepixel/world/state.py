"""The state of the universe: everything that ``step`` reads and writes, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.cold import ColdStore
from ninepixel.ecs.table import Column, Table
from ninepixel.world.laws.bodies import BODY_COLUMNS
from ninepixel.world.laws.lives import LIFE_COLUMNS, THING_COLUMNS, Thing
from ninepixel.world.ledger import Ledger

CHANNELS = 3
CHRONICLE = 3
STORES = ("store_r", "store_b", "store_y")
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
class Thoughts:
    """What residents think with that have learned to act, and what they remember of the moments before.

    :param policy: the file of the policy that all of them share (:mod:`ninepixel.world.thought`).
    :param memory: int16 of shape ``(worlds, slots, units)``.
    :param whose: uint32 of shape ``(worlds, slots)``: the serial of the life whose memory it is; any other begins with none.
    """

    policy: bytes
    memory: npt.NDArray[np.int16]
    whose: npt.NDArray[np.uint32]

    @staticmethod
    def fresh(policy: bytes, worlds: int, slots: int, units: int) -> Thoughts:
        """Nobody remembers anything."""
        return Thoughts(policy, np.zeros((worlds, slots, units), np.int16), np.zeros((worlds, slots), np.uint32))

    def copy(self) -> Thoughts:
        """Thoughts of their own."""
        return Thoughts(self.policy, self.memory.copy(), self.whose.copy())


@dataclass(slots=True)
class State:
    """One universe (or a batch of them) at one tick.

    :param bodies: the hot table, :data:`~ninepixel.world.laws.bodies.BODY_COLUMNS`.
    :param energy: the field, int32 of shape ``(worlds, 3, side, side)``: channels R, B, Y; ``[.., y, x]``; never negative.
    :param lives: minds and guardians, :data:`~ninepixel.world.laws.lives.LIFE_COLUMNS`; rows are slots and never move.
    :param things: coins, loot, shots, eggs, :data:`~ninepixel.world.laws.lives.THING_COLUMNS`; likewise.
    :param known: what each life has decoded, uint32 of shape ``(worlds, slots, words)``: bit ``i & 31`` of word ``i >> 5`` is set
        for the body of index i; bodies past the last bit cannot be remembered.
    :param chronicle: what each world keeps of itself, int64 of shape ``(worlds, 3)``: episode, the tick at which it began, and
        the number that the next birth will bear.
    :param thoughts: of residents that act by a policy; None where nobody does.
    """

    params: Params
    tick: int
    bodies: Table
    energy: npt.NDArray[np.int32]
    ledger: Ledger
    lives: Table
    things: Table
    known: npt.NDArray[np.uint32]
    chronicle: npt.NDArray[np.int64]
    cold: ColdStore = field(default_factory=ColdStore)
    thoughts: Thoughts | None = None

    @staticmethod
    def empty(params: Params, capacity: int = 1024, *, lives: int = 0, things: int = 0, known: int = 0) -> State:
        """A world without bodies and without energy.

        :param lives: slots for minds and guardians in every world, all open; *things* those for things.
        :param known: bodies that a life can remember, rounded up to 32.
        """
        worlds = params.worlds
        return State(
            params=params,
            tick=0,
            bodies=Table(BODY_COLUMNS, worlds=worlds, capacity=capacity),
            energy=np.zeros((worlds, CHANNELS, params.side, params.side), np.int32),
            ledger=Ledger(worlds),
            lives=_slots(LIFE_COLUMNS, worlds, lives),
            things=_slots(THING_COLUMNS, worlds, things),
            known=np.zeros((worlds, lives, (known + 31) // 32), np.uint32),
            chronicle=np.zeros((worlds, CHRONICLE), np.int64),
        )

    def copy(self) -> State:
        """A state of its own with the same content."""
        return State(
            self.params,
            self.tick,
            self.bodies.copy(),
            self.energy.copy(),
            self.ledger.copy(),
            self.lives.copy(),
            self.things.copy(),
            self.known.copy(),
            self.chronicle.copy(),
            self.cold.copy(),
            None if self.thoughts is None else self.thoughts.copy(),
        )

    @property
    def tables(self) -> dict[str, Table]:
        """The tables by name."""
        return {"bodies": self.bodies, "lives": self.lives, "things": self.things}

    def held(self, world: int = 0, quantity: str = "energy") -> int:
        """How much of a quantity of the ledger (energy, coins, loot) one world holds."""
        here = self.lives.live("body", world) >= 0
        kind = self.things.live("kind", world)
        if quantity == "coins":
            return int(self.lives.live("coins", world)[here].sum()) + int(
                self.things.live("strength", world)[kind == Thing.COIN].sum()
            )
        if quantity == "loot":
            return int((kind == Thing.LOOT).sum())
        return self.physical(world) + self.vital(world)

    def physical(self, world: int = 0) -> int:
        """The energy of the field and the bodies."""
        return int(self.energy[world].sum(dtype=np.int64)) + int(self.bodies.live("energy", world).sum(dtype=np.int64))

    def vital(self, world: int = 0) -> int:
        """The energy of stores and things."""
        here = self.lives.live("body", world) >= 0
        stores = sum(int(self.lives.live(name, world)[here].sum(dtype=np.int64)) for name in STORES)
        kind = self.things.live("kind", world)
        return stores + int(self.things.live("energy", world)[kind != Thing.NONE].sum(dtype=np.int64))


def _slots(columns: tuple[Column, ...], worlds: int, slots: int) -> Table:
    """A table of which every row is in use from the start."""
    table = Table(columns, worlds=worlds, capacity=max(slots, 1))
    for world in range(worlds if slots else 0):
        table.spawn_many(slots, world, {})
    return table
