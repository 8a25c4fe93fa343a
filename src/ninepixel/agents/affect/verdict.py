"""What the birth test says: a verdict for every mind, and the effects over all of them, as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ninepixel.agents.affect.birth import CELL, FACED, Born, Mind
from ninepixel.agents.affect.fears import Fear
from ninepixel.agents.affect.statistics import holm, mean_interval, sign_flip_test, sign_test

#: The chance of a verdict by luck that is accepted, over all minds together.
ALPHA = 0.05
Verdict = Literal["born", "not yet: does not approach", "not yet: does not learn", "not yet: neither", "not tested"]


def rows(born: Born) -> Iterator[dict[str, Any]]:
    """A row for every kind of neighbour, for every mind, for every effect over all minds, and one that sums up."""
    for fear in born.fears:
        yield {"row": "fear", **_fear(fear)}
    verdicts = judged(born.minds)
    for mind, (verdict, chances) in zip(born.minds, verdicts, strict=True):
        yield {"row": "mind", **_mind(mind), "p_approach": _short(chances[0]), "p_learn": _short(chances[1]), "verdict": verdict}
    for name, values in effects(born.minds).items():
        yield _effect(name, values)
    yield {
        "row": "verdict",
        "feared": born.feared,
        "worlds": born.worlds,
        "tested": len(born.minds),
        "born": sum(verdict == "born" for verdict, _ in verdicts),
        "lost": born.lost,
    }


def judged(minds: list[Mind]) -> list[tuple[Verdict, tuple[float, float]]]:
    """A verdict for every mind, and its two chances, each corrected for all minds by Holm's rule.

    Approach: it comes nearer because of the guardian (exact test over its repeats), and faces it more often than an empty place.
    Learning: it stays farther away after a real danger than after a harmless one (exact test).
    """
    tests = [[sign_flip_test(values) for values in (mind.approach, mind.learned)] for mind in minds]
    corrected = np.stack([holm(column) for column in zip(*tests, strict=True)], axis=1) if tests else np.zeros((0, 2))
    found: list[tuple[Verdict, tuple[float, float]]] = []
    for mind, (approach, learn) in zip(minds, corrected.tolist(), strict=True):
        alone, faced = facing(mind)
        found.append((_verdict(mind, approach <= ALPHA and faced > alone, learn <= ALPHA), (approach, learn)))
    return found


def facing(mind: Mind) -> tuple[float, float]:
    """The share of its repeats in which it came within :data:`FACED` cells of the place: empty, and with a guardian."""
    seen = mind.seen
    if not seen.any():
        return 0.0, 0.0
    return float((mind.alone[seen] < FACED * CELL).mean()), float((mind.faced[seen] < FACED * CELL).mean())


def effects(minds: list[Mind]) -> dict[str, npt.NDArray[np.float64]]:
    """Mean effects of each mind, float64 (minds,), in cells, blows, or as the columns count; minds without a count are left out.

    The last three are checks that the lessons differed.
    """
    cells = {"approach": [m.approach / CELL for m in minds], "learned": [m.learned / CELL for m in minds]}
    checks = {
        "blows": [m.blows for m in minds],
        "fright": [m.fright for m in minds],
        "gloom": [-m.gloom for m in minds],
    }
    return {name: np.asarray([v.mean() for v in values if len(v)], np.float64) for name, values in (cells | checks).items()}


def standardised(values: npt.NDArray[np.float64]) -> float:
    """Cohen's d of paired differences: their mean in units of their own deviation; 0 when all are 0."""
    if len(values) < 2 or not values.any():
        return 0.0
    deviation = float(values.std(ddof=1))
    return float(values.mean()) / deviation if deviation else float("inf") * float(np.sign(values.mean()))


def _verdict(mind: Mind, approaches: bool, learns: bool) -> Verdict:
    if not len(mind.approach) or not len(mind.learned):
        return "not tested"
    if approaches and learns:
        return "born"
    if learns:
        return "not yet: does not approach"
    return "not yet: does not learn" if approaches else "not yet: neither"


def _fear(fear: Fear) -> dict[str, Any]:
    plain = asdict(fear)
    return {**plain, **{name: [_short(v) for v in plain[name]] for name in ("harm", "afraid")}}


def _mind(mind: Mind) -> dict[str, Any]:
    alone, faced = facing(mind)
    return {
        "world": mind.world,
        "slot": mind.slot,
        "repeats": len(mind.approach),
        "lessons": len(mind.learned),
        "approach": _short(_mean(mind.approach) / CELL),
        "learned": _short(_mean(mind.learned) / CELL),
        "faced_alone": _short(alone),
        "faced": _short(faced),
        "blows": _short(_mean(mind.blows)),
    }


def _effect(name: str, values: npt.NDArray[np.float64]) -> dict[str, Any]:
    low, high = mean_interval(values)
    return {
        "row": "effect",
        "effect": name,
        "minds": len(values),
        "mean": _short(_mean(values)),
        "low": _short(low),
        "high": _short(high),
        "dz": _short(standardised(values)),
        "p": _short(sign_flip_test(np.rint(values * CELL).astype(np.int64))),
        "p_sign": _short(sign_test(values)),
    }


def _mean(values: npt.NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _short(value: float) -> float | None:
    """Four digits; None for what is no finite number, which JSON has no word for."""
    return float(f"{value:.4g}") if np.isfinite(value) else None
