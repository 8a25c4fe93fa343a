"""The fitness landscape: worlds in which everybody is born with the same genome, one genome after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ninepixel.agents.evolution.colony import Colony, Rules
from ninepixel.agents.evolution.genomes import Genomes
from ninepixel.agents.evolution.worlds import Habitat
from ninepixel.agents.score import counted, deeds_of, score
from ninepixel.world.thought import IntegerPolicy

Floats = npt.NDArray[np.float64]
#: What is measured of a monoculture, each per founder: eggs that it laid (both parents count), ticks lived, rewards; and the
#: score of the world's founders, in percent.
MEASURES = ("eggs", "age", "return", "score")


@dataclass(frozen=True, slots=True)
class Monoculture:
    """How founders of one genome fared, until a tick at which all worlds end.

    :ivar values: float64 (worlds, measures), the mean over the founders of each world.
    """

    values: Floats

    def of(self, measure: str) -> Floats:
        """One of the measures, float64 (worlds,)."""
        column: Floats = self.values[:, MEASURES.index(measure)]
        return column


def monoculture(
    habitat: Habitat,
    genome: Genomes,
    *,
    worlds: int,
    seed: int,
    ticks: int,
    policy: IntegerPolicy | None = None,
    threads: int | None = None,
    tick_over: Callable[[int], None] = lambda ticks: None,
) -> Monoculture:
    """Let founders of one genome, uint8 (9,), live for *ticks*, until the laws alone end them; the dead are not replaced."""
    agents, minds = habitat.task.agents, slice(0, habitat.task.agents)
    founders = np.broadcast_to(genome, (worlds, agents, len(genome)))
    colony = Colony(habitat.task, worlds, seed, Rules(breed=False), founders=founders, policy=policy, threads=threads)
    try:
        colony.run(ticks)
        tick_over(ticks * worlds)
        lives, rows = colony.arena.state.lives, []
        which = counted(habitat.task)
        deeds = deeds_of(lives["deeds_lo"][:, minds], lives["deeds_hi"][:, minds])
        for world in range(worlds):
            eggs = sum(colony.eggs[world].get(serial, 0) for serial in lives["serial"][world, minds].tolist())
            age, earned = lives["age"][world, minds].mean(), colony.returns[world, minds].mean()
            rows.append([eggs / agents, float(age), float(earned), score(deeds[world][:, which])])
        return Monoculture(np.asarray(rows, np.float64))
    finally:
        colony.close()
