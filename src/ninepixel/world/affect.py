"""A word for what a mind feels, by the published rule: never a claim of consciousness.

Valence says whether it is well (smoothed drive reduction), arousal whether that stirs it (smoothed surprise); both Q8 integers.
"""

from __future__ import annotations

from typing import Literal

Feeling = Literal["afraid", "dejected", "elated", "content", "curious", "indifferent"]

#: Valence and arousal from which a mind counts as moved one way or the other, and as excited.
MOVED, EXCITED = 2048, 2048


def feeling(valence: int, arousal: int) -> Feeling:
    """What a mind feels."""
    excited = arousal >= EXCITED
    if valence <= -MOVED:
        return "afraid" if excited else "dejected"
    if valence >= MOVED:
        return "elated" if excited else "content"
    return "curious" if excited else "indifferent"
