"""Reciprocal transplants: populations that evolved in different worlds compete in each of them.

The founders of a world are drawn in equal parts from the survivors of every habitat. Later, *ancestry* tells whose genes
prevailed: a founder is wholly of its home, a child half of what its mother is and half of what its father is. A *relative share*
of 1 is neither gain nor loss. Those adapted to where they evolved do better at home than away (Kawecki and Ebert, Ecology
Letters 7, 2004).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ninepixel.agents.evolution.colony import Colony, Rules, mixture
from ninepixel.agents.evolution.genomes import Genomes
from ninepixel.agents.evolution.tree import Name, Tree
from ninepixel.agents.evolution.worlds import Habitat
from ninepixel.world.thought import IntegerPolicy

Floats = npt.NDArray[np.float64]


def compete(
    habitat: Habitat,
    homes: Sequence[Genomes],
    rules: Rules,
    *,
    worlds: int,
    seed: int,
    ticks: int,
    policy: IntegerPolicy | None = None,
    threads: int | None = None,
    tick_over: Callable[[int], None] = lambda ticks: None,
) -> Floats:
    """The relative shares of several populations after they have competed in a habitat, float64 (worlds, homes).

    :param homes: their genomes, uint8 (n, 9) each, none of them empty. Worlds in which nobody is left are nan.
    """
    agents = habitat.task.agents
    mixed = [mixture(homes, agents, seed + world) for world in range(worlds)]
    founders = np.stack([genomes for genomes, _ in mixed])
    colony = Colony(habitat.task, worlds, seed, rules, founders=founders, policy=policy, threads=threads)
    try:
        colony.run(ticks)
        tick_over(ticks * worlds)
        found = np.full((worlds, len(homes)), np.nan)
        for world, (tree, (_, origin)) in enumerate(zip(colony.trees, mixed, strict=True)):
            before = np.bincount(origin, minlength=len(homes)) / agents
            after = ancestry(tree, origin, len(homes))
            if after is not None:
                found[world] = after / before
        return found
    finally:
        colony.close()


def ancestry(tree: Tree, origin: npt.NDArray[np.int64], homes: int) -> Floats | None:
    """Of what homes the minds are that live, float64 (homes,), in sum 1; None when nobody lives.

    :param origin: int64 (founders,): the home of the founder in each slot.
    """
    of: dict[Name, Floats] = {}
    for life in tree.minds():
        parents = [of[parent] for parent in life.parents()]
        of[life.name] = np.mean(parents, axis=0) if parents else np.eye(homes)[origin[life.birth.slot]]
    alive = [of[life.name] for life in tree.minds() if life.died is None]
    if not alive:
        return None
    mean: Floats = np.mean(alive, axis=0)
    return mean


def home_minus_away(shares: Floats) -> tuple[Floats, Floats]:
    """What populations gain by being at home, and residents over visitors: float64 (homes, worlds) each.

    :param shares: float64 (habitats, worlds, homes), as :func:`compete` finds them; nan where nobody was left.
    """
    homes = shares.shape[0]
    own = np.stack([shares[i, :, i] for i in range(homes)])
    others = ~np.eye(homes, dtype=np.bool_)
    away = np.stack([shares[others[i], :, i].mean(axis=0) for i in range(homes)])
    visitors = np.stack([shares[i][:, others[i]].mean(axis=1) for i in range(homes)])
    return own - away, own - visitors
