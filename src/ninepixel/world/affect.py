"""A word for what a mind feels, by the published rule: never a claim of consciousness.

Valence says whether it is well (smoothed drive reduction), arousal whether that stirs it (smoothed surprise); both Q8 integers.
``docs/AFFECT.md`` has the formulas of the two columns, the rule, and what was measured to choose the two thresholds.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

Feeling = Literal["afraid", "dejected", "elated", "content", "curious", "indifferent"]
#: All of them; :func:`feelings_of` counts in this order.
FEELINGS: tuple[Feeling, ...] = get_args(Feeling)

#: Valence and arousal from which a mind counts as moved one way or the other, and as excited.
MOVED, EXCITED = 2048, 4096


def feeling(valence: int, arousal: int) -> Feeling:
    """What a mind feels."""
    return FEELINGS[int(feelings_of(valence, arousal))]


def feelings_of(
    valence: npt.ArrayLike, arousal: npt.ArrayLike, moved: int = MOVED, excited: int = EXCITED
) -> npt.NDArray[np.uint8]:
    """What many minds feel, as numbers of :data:`FEELINGS`, uint8 of the shape of the arguments.

    :param moved, excited: other thresholds than the published ones, to measure what they would do.
    """
    v, stirred = np.asarray(valence), np.asarray(arousal) >= excited
    pair = np.where(v <= -moved, 0, np.where(v >= moved, 2, 4))
    return (pair + ~stirred).astype(np.uint8)
