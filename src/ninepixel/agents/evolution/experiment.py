"""Do genomes matter, and do different worlds select different ones? The whole experiment, and what it found as plain values.

In every habitat: the course of genomes over generations, and their selection differentials, in three arms; how monocultures of
seven genomes fare; which of those genomes prevails when all seven compete; and how populations compete that evolved in the five
habitats.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel import __version__
from ninepixel.agents.evolution.colony import Rules
from ninepixel.agents.evolution.estimates import Estimate, differ, estimate
from ninepixel.agents.evolution.genomes import simplex
from ninepixel.agents.evolution.landscape import MEASURES, Monoculture, monoculture
from ninepixel.agents.evolution.selection import CHARACTERS, Course, evolve
from ninepixel.agents.evolution.transplant import compete, home_minus_away
from ninepixel.agents.evolution.worlds import HABITATS, Habitat
from ninepixel.world.thought import IntegerPolicy

Floats = npt.NDArray[np.float64]
ARMS: dict[str, dict[str, bool]] = {"natural": {}, "dealt": {"deal": True}, "blind": {"blind": True}}
#: The arms of the contest of genomes.
CONTESTS = ("natural", "dealt")
#: The seeds of monocultures and of contests lie so far from those of the courses.
_LANDSCAPE, _RIVALS, _CONTEST = 1 << 10, 1 << 11, 1 << 12


@dataclass(frozen=True, slots=True)
class Plan:
    """How large an experiment is.

    :param worlds: seeds of every habitat and arm, and of every contest; *few* of every monoculture.
    :param ticks: of a course, in which it is looked at *looks* times; *life* of a monoculture; *contest* of a contest.
    :param term: see :class:`~ninepixel.agents.evolution.colony.Rules`.
    :param habitats: their names. :param seed: of the first world.
    """

    worlds: int = 8
    few: int = 4
    ticks: int = 6144
    looks: int = 4
    life: int = 3072
    contest: int = 4608
    term: int = 3072
    habitats: tuple[str, ...] = tuple(habitat.name for habitat in HABITATS)
    seed: int = 1 << 20

    @property
    def world_ticks(self) -> int:
        """How many ticks of a world it takes."""
        each = self.worlds * (len(ARMS) * self.ticks + (len(CONTESTS) + 1) * self.contest) + self.few * self.life * len(simplex())
        return each * len(self.habitats)

    def chosen(self) -> list[Habitat]:
        """The habitats."""
        return [habitat for habitat in HABITATS if habitat.name in self.habitats]


#: A few seconds, for tests.
QUICK = Plan(worlds=2, few=2, ticks=2304, looks=2, life=192, contest=384, habitats=("lush", "haunted"))


@dataclass(frozen=True, slots=True)
class Found:
    """What an experiment found, before it is told.

    :ivar courses: by habitat and arm. :ivar landscape: by habitat and genome.
    :ivar rivals: by arm, float64 (habitats, worlds, genomes): relative shares after a contest of the genomes of the landscape.
    :ivar shares: float64 (habitats, worlds, homes): the same of populations that evolved in the habitats.
    """

    plan: Plan
    courses: dict[str, dict[str, Course]]
    landscape: dict[str, dict[str, Monoculture]]
    rivals: dict[str, Floats]
    shares: Floats
    seconds: float
    policy: str


def experiment(
    plan: Plan,
    *,
    policy: IntegerPolicy | None = None,
    threads: int | None = None,
    tick_over: Callable[[int], None] = lambda ticks: None,
) -> Found:
    """Run all parts. The same plan and policy find the same, whatever the threads.

    :param tick_over: told the ticks of worlds that have been stepped.
    """
    start, habitats = time.perf_counter(), plan.chosen()
    how: dict[str, Any] = {"policy": policy, "threads": threads, "tick_over": tick_over}
    rules = Rules(term=plan.term)
    courses, landscape = dict[str, dict[str, Course]](), dict[str, dict[str, Monoculture]]()
    few = how | {"worlds": plan.few, "seed": plan.seed + _LANDSCAPE}
    how |= {"worlds": plan.worlds, "seed": plan.seed}
    for habitat in habitats:
        landscape[habitat.name] = {
            name: monoculture(habitat, genome, ticks=plan.life, **few) for name, genome in simplex().items()
        }
        courses[habitat.name] = {
            arm: evolve(habitat, replace(rules, **more), ticks=plan.ticks, looks=plan.looks, **how) for arm, more in ARMS.items()
        }
    genomes = [genome[None] for genome in simplex().values()]
    how |= {"ticks": plan.contest, "seed": plan.seed + _RIVALS}
    rivals = {arm: np.stack([compete(h, genomes, replace(rules, **ARMS[arm]), **how) for h in habitats]) for arm in CONTESTS}
    homes = [courses[habitat.name]["natural"].survivors for habitat in habitats]
    shares = np.full((len(habitats), plan.worlds, len(habitats)), np.nan)
    if all(len(home) for home in homes):
        how |= {"seed": plan.seed + _CONTEST}
        shares = np.stack([compete(habitat, homes, rules, **how) for habitat in habitats])
    name = "instinct" if policy is None else policy.policy.hash
    return Found(plan, courses, landscape, rivals, shares, time.perf_counter() - start, name)


def told(found: Found) -> dict[str, Any]:
    """Everything that was found, as plain values: estimates over seeds."""
    plan, names = found.plan, list(found.courses)
    away, visitors = home_minus_away(found.shares)
    return {
        "version": __version__,
        "minds": found.policy,
        "plan": asdict(plan) | {"habitats": names, "world_ticks": plan.world_ticks},
        "seconds": round(found.seconds, 1),
        "habitats": {habitat.name: habitat.what for habitat in plan.chosen()},
        "courses": {name: {arm: _course(course) for arm, course in arms.items()} for name, arms in found.courses.items()},
        "differential": {
            name: {arm: _each(course.differential) for arm, course in arms.items()} for name, arms in found.courses.items()
        },
        "viability": {name: _each(arms["natural"].viability) for name, arms in found.courses.items()},
        "change": {name: {arm: _each(change(course)) for arm, course in arms.items()} for name, arms in found.courses.items()},
        "habitats_differ": {
            "differential": {arm: _p([arms[arm].differential[:, :3] for arms in found.courses.values()]) for arm in ARMS},
            "change": {arm: _p([change(arms[arm])[:, :3] for arms in found.courses.values()]) for arm in ARMS},
            "rivals": {arm: _p(list(shares)) for arm, shares in found.rivals.items()},
        },
        "rivals": {
            name: {
                arm: {genome: estimate(shares[i, :, j]).as_dict() for j, genome in enumerate(simplex())}
                for arm, shares in found.rivals.items()
            }
            for i, name in enumerate(names)
        },
        "landscape": {
            name: {genome: {m: estimate(mono.of(m)).as_dict() for m in MEASURES} for genome, mono in genomes.items()}
            for name, genomes in found.landscape.items()
        },
        "best": {name: best(genomes) for name, genomes in found.landscape.items()},
        "contests": {
            name: {home: estimate(found.shares[i, :, j]).as_dict() for j, home in enumerate(names)}
            for i, name in enumerate(names)
        },
        "home_minus_away": _gains(names, away),
        "residents_minus_visitors": _gains(names, visitors),
    }


def change(course: Course) -> Floats:
    """What became of the genomes from the first look to the last, float64 (worlds, characters)."""
    difference: Floats = course.means[-1] - course.means[0]
    return difference


def best(genomes: dict[str, Monoculture], measure: str = "eggs") -> list[str]:
    """The genomes of which none of the others is certainly better, the best first: by paired differences over seeds."""
    ranked = sorted(genomes, key=lambda name: -float(genomes[name].of(measure).mean()))
    top = genomes[ranked[0]].of(measure)
    return [name for name in ranked if name == ranked[0] or not estimate(top - genomes[name].of(measure)).certain]


def _course(course: Course) -> dict[str, Any]:
    looks = [[estimate(course.means[look, :, i]).as_dict() for look in range(len(course.ticks))] for i in range(len(CHARACTERS))]
    return {
        "ticks": course.ticks,
        "means": dict(zip(CHARACTERS, looks, strict=True)),
        "born": course.born,
        "extinct": course.extinct,
        "generations": round(course.generations, 2),
    }


def _each(values: Floats) -> dict[str, Any]:
    return {name: estimate(values[:, i]).as_dict() for i, name in enumerate(CHARACTERS)}


def _gains(names: list[str], gains: Floats) -> dict[str, Any]:
    """Estimates of gains, float64 (homes, worlds), for every home and for all of them together, seed by seed."""
    return {name: estimate(gains[i]).as_dict() for i, name in enumerate(names)} | {"all": estimate(gains.mean(axis=0)).as_dict()}


def _p(groups: list[Floats]) -> float | None:
    """Whether habitats differ in what was measured, (worlds, measures) each; None where that cannot be told."""
    p = differ(np.stack(groups))
    return None if np.isnan(p) else round(p, 5)


__all__ = ["ARMS", "CONTESTS", "QUICK", "Estimate", "Found", "Plan", "best", "change", "experiment", "told"]
