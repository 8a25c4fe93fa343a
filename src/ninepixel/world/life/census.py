"""Who is born and who has died: found by comparing the slots of one tick with those of the last one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.bodies import Kind, genome
from ninepixel.world.life.columns import EPISODE
from ninepixel.world.state import State

GENOME_BYTES = 9


@dataclass(frozen=True, slots=True)
class Birth:
    """A life since *tick*. *episode* and *serial* name it, *mother* and *father* are serials (0: a founder or a guardian).

    :param genome: nine bases, row R, row B, row Y. :param slot: where it lives.
    :param generation: 0 for who has no parents. :param heat: temperature of its lineage, Q8.
    :param mind: whether it is a mind; else it is a guardian.
    """

    episode: int
    serial: int
    mother: int
    father: int
    genome: bytes
    tick: int
    slot: int
    generation: int = 0
    heat: int = 0
    mind: bool = True


@dataclass(frozen=True, slots=True)
class Death:
    """The life *serial* of *episode* is no more at *tick*."""

    episode: int
    serial: int
    tick: int
    slot: int


class Census:
    """Finds the births and deaths between two looks at a world; looked at every tick it misses nobody."""

    def __init__(self, world: int = 0) -> None:
        self._world = world
        self._serials: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._episode = 0

    def look(self, state: State) -> tuple[list[Birth], list[Death]]:
        """Who lives in *state* and did not at the last look, and who did and does not. A slot may appear in both.

        The first look finds everybody born, at the tick that follows from its age; give it the recovered state after a restart
        and pass the births on: known lives are not recorded twice.
        """
        lives, tick, world = state.lives, state.tick, self._world
        episode = int(state.chronicle[world, EPISODE])
        here = np.where(lives["body"][world] >= 0, lives["serial"][world].astype(np.int64), 0)
        before = np.zeros_like(here)
        before[: self._serials.size] = self._serials[: here.size]
        changed = here != before
        if episode != self._episode:  # another episode counts its births anew: the same serial is somebody else
            changed |= (here != 0) | (before != 0)
        slots = np.flatnonzero(changed)
        deaths = [Death(self._episode, int(before[s]), tick, int(s)) for s in slots if before[s]]
        self._serials, self._episode = here, episode
        return _births(state, world, slots[here[slots] != 0], episode), deaths


def _births(state: State, world: int, slots: npt.NDArray[np.intp], episode: int) -> list[Birth]:
    if not slots.size:
        return []
    lives, bodies = state.lives, state.bodies
    rows = bodies.row_of[world, lives["body"][world, slots]]
    genes = genome(*(bodies[f"gene_{channel}"][world, rows] for channel in "rby")).reshape(-1, GENOME_BYTES)
    minds = (bodies["traits"][world, rows] & 0xFF) == Kind.MIND
    names = ("serial", "mother", "father", "generation", "heat", "age")
    columns = zip(*(lives[name][world, slots].tolist() for name in names), genes, slots.tolist(), minds.tolist(), strict=True)
    return [
        Birth(episode, serial, mother, father, bases.tobytes(), state.tick - age, slot, generation, heat, mind)
        for serial, mother, father, generation, heat, age, bases, slot, mind in columns
    ]
