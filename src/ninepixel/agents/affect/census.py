"""How often each feeling occurs, and what it foretells: the evidence for the rule (``docs/AFFECT.md``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.agents.affect.crowd import Crowd
from ninepixel.agents.affect.statistics import RESAMPLES, odds_interval, tables
from ninepixel.agents.affect.waking import TickOver, Waking, live
from ninepixel.agents.arena import Arena
from ninepixel.agents.tasks import Task
from ninepixel.world.affect import EXCITED, FEELINGS, MOVED, feelings_of
from ninepixel.world.laws.lives import Role
from ninepixel.world.thought import IntegerPolicy

#: Ticks within which a feeling may foretell harm, and ticks between two moments that are counted.
AHEAD, APART = 32, 8
#: Moments in fear, and moments before harm, without which there are no odds to tell.
FEWEST = 10
#: What is foretold: any loss of health, hunger's too; a blow or a shot alone.
HARMS = ("harm", "blow")


def census(
    task: Task,
    who: Role | IntegerPolicy,
    *,
    worlds: int,
    ticks: int,
    seed: int,
    threads: int | None = None,
    thresholds: tuple[int, int] = (MOVED, EXCITED),
    tick_over: TickOver = lambda ticks: None,
) -> list[dict[str, Any]]:
    """Let minds live in *worlds* worlds from *seed* on, and count what they feel.

    :param who: decides for all of them. :param thresholds: of valence and arousal, instead of the published ones.
    :returns: a row for the share of every feeling, in percent of the moments lived, and one for each harm's odds ratio: how much
        likelier it is within the next :data:`AHEAD` ticks for who is afraid now; None when too little was seen. Intervals are
        of 95 %, bootstraps over worlds.
    """
    crowd = Crowd(task, worlds, who)
    arena = Arena(task, worlds=worlds, seed=seed, threads=threads, roles=crowd.roles(task))
    try:
        arena.reset()
        return list(counted(live(arena, crowd, ticks, tick_over), thresholds))
    finally:
        arena.close()


def counted(waking: Waking, thresholds: tuple[int, int] = (MOVED, EXCITED)) -> Iterator[dict[str, Any]]:
    """The rows of :func:`census` from lives that were lived."""
    felt = feelings_of(waking.valence, waking.arousal, *thresholds)
    alive = waking.alive.sum(axis=(0, 2))
    for number, name in enumerate(FEELINGS):
        share, low, high = _share(((felt == number) & waking.alive).sum(axis=(0, 2)), alive)
        yield _row(f"{name}", "%", 100 * share, 100 * low, 100 * high)
    moments = slice(0, len(felt) - AHEAD, APART)
    afraid = (felt == FEELINGS.index("afraid"))[moments]
    for harm, found in zip(HARMS, (waking.harm_ahead(AHEAD), waking.blows_ahead(AHEAD)), strict=True):
        yield _row(f"odds of {harm} if afraid", "ratio", *_odds(tables(afraid, found[moments], waking.alive[moments])))


def _odds(worlds: npt.NDArray[np.int64]) -> tuple[float, float, float]:
    """The odds ratio and its interval; no numbers when hardly anybody was afraid or harmed."""
    table = worlds.sum(axis=0)
    enough = min(int(table[1].sum()), int(table[:, 1].sum())) >= FEWEST
    return odds_interval(worlds) if enough else (float("nan"),) * 3


def _share(part: Any, whole: Any) -> tuple[float, float, float]:
    """A share of moments, and its interval by drawing whole worlds. *part*, *whole*: (worlds,)."""
    pick = np.random.default_rng(0).integers(0, len(part), (RESAMPLES, len(part)))
    low, high = np.percentile(part[pick].sum(axis=1) / np.maximum(whole[pick].sum(axis=1), 1), [2.5, 97.5])
    return float(part.sum() / max(int(whole.sum()), 1)), float(low), float(high)


def _row(metric: str, unit: str, value: float, low: float, high: float) -> dict[str, Any]:
    figures = {"value": value, "low": low, "high": high}
    rounded = {name: round(figure, 3) if np.isfinite(figure) else None for name, figure in figures.items()}
    return {"metric": metric, "unit": unit, **rounded}
