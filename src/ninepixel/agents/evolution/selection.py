"""What becomes of genomes over generations, with and without selection, with and without a bias of mutation; who has children.

Three arms share worlds and seeds. *Natural* colonies follow the laws. In *dealt* ones the living exchange their genomes by lot,
so that fate and genome have nothing to do with each other: what is left is chance, and mutation, which latches where it answers
what the parents lacked. In *blind* ones mutations have no such direction: what is left is chance, and selection.

The *selection differential* (Falconer and Mackay, Introduction to Quantitative Genetics, 1996, chapter 11) is the mean of parents
minus that of those who could have been parents. Here it is taken at the birth of every child that comes of age: the mean of its
two parents minus that of all adults of that tick. Comparing contemporaries alone keeps out that means change with time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ninepixel.agents.evolution.colony import Colony, Rules
from ninepixel.agents.evolution.genomes import BASES, Genomes, shares_of
from ninepixel.agents.evolution.tree import Tree
from ninepixel.agents.evolution.worlds import Habitat
from ninepixel.world.laws.lives import TRAITS
from ninepixel.world.laws.vital import DEED_AGES
from ninepixel.world.thought import IntegerPolicy

Floats = npt.NDArray[np.float64]
#: What is measured of a genome: the three shares, in percent, and the nine bases.
CHARACTERS = ("R", "B", "Y", *TRAITS)
#: The age at which a child counts.
OF_AGE = DEED_AGES[0]


@dataclass(frozen=True, slots=True)
class Course:
    """What became of the genomes of one arm.

    :ivar ticks: when it was looked at. :ivar means: float64 (looks, worlds, characters), of those alive; nan where nobody was.
    :ivar differential, viability: float64 (worlds, characters): the selection differential, and what is selected before.
    :ivar survivors: the genomes of all who live at the end, uint8 (n, 9).
    :ivar born, extinct, generations: births in all worlds, worlds in which nobody is left, mean generation of those alive.
    """

    ticks: list[int]
    means: Floats
    differential: Floats
    viability: Floats
    survivors: Genomes
    born: int
    extinct: int
    generations: float


def characters_of(genomes: Genomes) -> Floats:
    """The characters of genomes, uint8 (..., 9): float64 (..., 12)."""
    return np.concatenate([100 * shares_of(genomes), genomes.astype(np.float64)], axis=-1)


def evolve(
    habitat: Habitat,
    rules: Rules,
    *,
    worlds: int,
    seed: int,
    ticks: int,
    looks: int,
    policy: IntegerPolicy | None = None,
    threads: int | None = None,
    tick_over: Callable[[int], None] = lambda ticks: None,
) -> Course:
    """Let a colony live for *ticks*, and look at it *looks* times, and at its beginning."""
    colony = Colony(habitat.task, worlds, seed, rules, policy=policy, threads=threads)
    try:
        when, means = [0], [_means(colony)]
        for look in range(looks):
            until = ticks * (look + 1) // looks
            colony.run(until - when[-1])
            tick_over((until - when[-1]) * worlds)
            when.append(until)
            means.append(_means(colony))
        found = [differentials(tree, ticks) for tree in colony.trees]
        alive = [life for tree in colony.trees for life in tree.minds() if life.died is None]
        return Course(
            ticks=when,
            means=np.stack(means),
            differential=np.stack([whole for whole, _ in found]),
            viability=np.stack([viability for _, viability in found]),
            survivors=np.concatenate([colony.genomes(world) for world in range(worlds)]),
            born=sum(len(tree.minds()) for tree in colony.trees),
            extinct=int((~colony.arena.alive.any(axis=1)).sum()),
            generations=float(np.mean([life.birth.generation for life in alive])) if alive else 0.0,
        )
    finally:
        colony.close()


def differentials(tree: Tree, now: int) -> tuple[Floats, Floats]:
    """The selection differential of the minds of a lineage, and what is selected before: the mean of those who came of age minus
    that of all. float64 (12,) each; nan where nobody has grown children, or nobody grew up.

    Who was born so late that it cannot have come of age is left out.

    :param now: the tick of the last look.
    """
    minds = tree.minds()
    nothing = np.full(len(CHARACTERS), np.nan)
    born = np.asarray([life.birth.tick for life in minds], np.int64)
    ended = np.asarray([now + 1 if life.died is None else life.died for life in minds], np.int64)
    counts = born <= now - OF_AGE
    grown = counts & (ended - born >= OF_AGE)
    if not grown.any():
        return nothing, nothing
    genomes = np.frombuffer(b"".join(life.birth.genome for life in minds), np.uint8).reshape(-1, BASES)
    characters, at = characters_of(genomes), {life.name: i for i, life in enumerate(minds)}
    shifts = []
    for i in np.flatnonzero(grown).tolist():
        parents = [at[parent] for parent in minds[i].parents() if parent in at]
        adults = (born <= born[i] - OF_AGE) & (ended > born[i])
        if parents and adults.any():
            shifts.append(characters[parents].mean(axis=0) - characters[adults].mean(axis=0))
    whole: Floats = np.mean(shifts, axis=0) if shifts else nothing
    viability: Floats = characters[grown].mean(axis=0) - characters[counts].mean(axis=0)
    return whole, viability


def _means(colony: Colony) -> Floats:
    """Mean characters of those alive in every world, float64 (worlds, 12), nan where nobody is."""
    found = np.full((colony.arena.worlds, len(CHARACTERS)), np.nan)
    for world in range(colony.arena.worlds):
        genomes = colony.genomes(world)
        if len(genomes):
            found[world] = characters_of(genomes).mean(axis=0)
    return found
