"""What minds fear: the kinds of neighbour after which they are hurt, and afraid, more often than by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ninepixel.agents.affect.statistics import odds_interval, tables
from ninepixel.agents.affect.waking import EVERY, Waking, ahead
from ninepixel.world.affect import FEELINGS, feelings_of

#: Ticks after a meeting within which what follows is put down to it.
AFTER = 24
#: What must have been counted before a kind is judged: moments near it that were followed by a blow.
LEAST = 10


@dataclass(frozen=True, slots=True)
class Fear:
    """How a kind of neighbour bodes.

    :ivar met: moments at which one was near. :ivar hurt: those after which a blow fell.
    :ivar harm, afraid: odds ratios of a blow and of being afraid within :data:`AFTER` ticks, each with its 95 % interval.
    :ivar feared: whether both intervals are above 1, and enough was seen.
    """

    kind: str
    met: int
    hurt: int
    harm: tuple[float, float, float]
    afraid: tuple[float, float, float]
    feared: bool


def fears(waking: Waking) -> list[Fear]:
    """Every kind of neighbour, what bodes worst first."""
    moments = slice(EVERY - 1, len(waking.alive) - AFTER, EVERY)
    alive = waking.alive[moments]
    felt = feelings_of(waking.valence, waking.arousal) == FEELINGS.index("afraid")
    blows, afraid = ahead(waking.blow, AFTER)[moments], ahead(felt & waking.alive, AFTER)[moments]
    found = [_fear(kind, near[: len(alive)], blows, afraid, alive) for kind, near in waking.near.items()]
    return sorted(found, key=lambda fear: -fear.harm[0] * fear.feared)


def _fear(kind: str, near: np.ndarray, blows: np.ndarray, afraid: np.ndarray, alive: np.ndarray) -> Fear:
    met, hurt = int((near & alive).sum()), int((near & alive & blows).sum())
    harm, dread = (odds_interval(tables(near, after, alive)) for after in (blows, afraid))
    return Fear(kind, met, hurt, harm, dread, hurt >= LEAST and harm[1] > 1 and dread[1] > 1)
