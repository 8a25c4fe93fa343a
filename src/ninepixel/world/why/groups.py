"""Which bytes of an observation belong together, and what they are when they say nothing.

The rule of the sensitivities: a *group* is set to its neutral value, all else stays as it is, and the mind is asked again. What
its choice loses by that is how much the group speaks for it. Every octave's every channel is a group, each store is one, and
what is said of one thing (that matter is near, how long it is, where it lies) is one. What a mind remembers is a group too.

Neutral is: darkness for the retina; the set point for stores; wholeness for health; rest for velocity; indifference for
valence; the middle for place and clock; equal bases and equal colours; and nothing (0) for all else. The nine bytes that say
which acts can have an effect are no group: they are a rule, which stays in force.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ninepixel.world.life.senses import AT, CHANNELS, OCTAVES, OWN, PIXELS, RETINA, RETINA_BYTES
from ninepixel.world.why.sensed import RETINA_CHANNELS, Bytes

MEMORY = "memory"
#: Parts of an observation that speak of one thing, by the name of the group.
_TOGETHER = {
    "reading": ("work", "section"),
    "matter": ("matter", "sections", "matter_bearing"),
    "life": ("life", "life_bearing", "life_health"),
    "thing": ("thing", "thing_bearing"),
}
_APART = ("red store", "blue store", "yellow store")
_NEUTRAL = {"health": 255, "valence": 128, "velocity": 128, "genome": 128, "colours": 85, "clock": 128, "place": 128}
SET_POINT_BYTE = 128


class Group(NamedTuple):
    """Bytes that are blotted out together. *at*: their places, intp; *neutral*: uint8, what they then are."""

    name: str
    at: npt.NDArray[np.intp]
    neutral: npt.NDArray[np.uint8]


@cache
def groups() -> tuple[Group, ...]:
    """All groups but the memory: the retina's, octave by octave, then those of the mind's own bytes."""
    found = [
        Group(retina_group(octave, channel), at, np.zeros(PIXELS, np.uint8))
        for octave in range(OCTAVES)
        for channel in range(CHANNELS)
        for at in [octave * PIXELS * CHANNELS + channel + CHANNELS * np.arange(PIXELS)]
    ]
    for k, name in enumerate(_APART):
        found.append(Group(name, np.asarray([AT["stores"] + k]), np.asarray([SET_POINT_BYTE], np.uint8)))
    sizes, joined = dict(OWN), {part for parts in _TOGETHER.values() for part in parts}
    rest = {name: (name,) for name, _ in OWN if name not in joined and name not in ("stores", "mask")}
    for name, parts in {**rest, **_TOGETHER}.items():
        at = np.concatenate([np.arange(AT[part], AT[part] + sizes[part]) for part in parts])
        found.append(Group(name, at, np.full(len(at), _NEUTRAL.get(name, 0), np.uint8)))
    return tuple(found)


def retina_group(octave: int, channel: int) -> str:
    """The name of one channel of one octave."""
    return f"octave {octave} {RETINA_CHANNELS[channel][0]}"


def octave_and_channel(name: str) -> tuple[int, int] | None:
    """What a group of the retina shows; None for any other."""
    word, _, rest = name.partition(" ")
    if word != "octave":
        return None
    number, _, channel = rest.partition(" ")
    return int(number), [name for name, _ in RETINA_CHANNELS].index(channel)


def without(seen: Bytes, group: Group) -> Bytes | None:
    """What would be sensed if a group said nothing, uint8 (RETINA_BYTES,); None when it says nothing anyway."""
    if np.array_equal(seen[group.at], group.neutral):
        return None
    blotted = seen.copy()
    blotted[group.at] = group.neutral
    return blotted


if len(np.unique(np.concatenate([g.at for g in groups()]))) != RETINA_BYTES - 9 or RETINA != OCTAVES * PIXELS * CHANNELS:
    raise ImportError("every byte of an observation but those of the mask is in one group")
