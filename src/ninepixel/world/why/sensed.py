"""What a mind senses, as numbers with units: the bytes of :mod:`ninepixel.world.life.senses` read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.vital import HEALTH
from ninepixel.world.life.senses import AT, CHANNELS, OCTAVES, OWN, PIXELS, RETINA

Bytes = npt.NDArray[np.uint8]

#: The nine channels of a pixel of the retina, in their order, and what each shows.
RETINA_CHANNELS: tuple[tuple[str, str], ...] = (
    ("field red", "energy of the ground, red"),
    ("field blue", "energy of the ground, blue"),
    ("field yellow", "energy of the ground, yellow"),
    ("bodies red", "how red the bodies there are"),
    ("bodies blue", "how blue the bodies there are"),
    ("bodies yellow", "how yellow the bodies there are"),
    ("threat", "guardians, shots, minds that have just struck"),
    ("matter", "what can be read or taken"),
    ("speech", "who speaks"),
)
#: Where the nine pixels of an octave lie, rows from north to south.
PIXEL_NAMES = ("north-west", "north", "north-east", "west", "here", "east", "south-west", "south", "south-east")


class Sense(NamedTuple):
    """How the bytes of one part of an observation are read. *values*: of a byte, what it says; *unit*: in what."""

    values: Callable[[int], int]
    unit: str


def _same(byte: int) -> int:
    return byte


def _middle(byte: int) -> int:
    return byte - 128


def _health(byte: int) -> int:
    return -(-byte * HEALTH // 255)


#: How each part of :data:`~ninepixel.world.life.senses.OWN` is read. A byte is all that a mind has: most values are rounded
#: down to its steps, and what is greater than 255 steps reads as 255 of them.
SENSES: dict[str, Sense] = {
    "stores": Sense(lambda b: b << 6, "units of energy: red, blue, yellow; 8,192 is the set point; in steps of 64"),
    "health": Sense(_health, "points; 1,024 is whole"),
    "drive": Sense(lambda b: b << 7, "units: distance of all three stores from their set point; in steps of 128"),
    "valence": Sense(lambda b: (b - 128) << 8, "1/256; above 0 is well"),
    "arousal": Sense(lambda b: b << 7, "1/256"),
    "pain": Sense(_same, "points of hurt that have not faded"),
    "cooldown": Sense(lambda b: b >> 3, "ticks until it may strike or shoot"),
    "age": Sense(lambda b: b << 4, "ticks, in steps of 16"),
    "coins": Sense(_same, "coins"),
    "loot": Sense(_same, "strength of the loot in hand; 0: none"),
    "courting": Sense(lambda b: b // 15, "ticks for which its courtship stands"),
    "work": Sense(_same, "work done on the section it decodes, of 256"),
    "section": Sense(lambda b: b // 20, "sections of it decoded"),
    "matter": Sense(lambda b: b // 16 - 1, "class of the nearest unread matter within reach; -1: none"),
    "sections": Sense(lambda b: b // 20, "sections that it has"),
    "matter_bearing": Sense(_middle, "1/64 cell to it: east, south; -128 when there is none"),
    "life": Sense(lambda b: b // 127, "the nearest life within reach: 0 none, 1 a mind, 2 a guardian"),
    "life_bearing": Sense(_middle, "1/64 cell to it: east, south; -128 when there is none"),
    "life_health": Sense(_health, "points of its health; 1,024 is whole"),
    "thing": Sense(lambda b: b // 64, "the nearest thing within reach: 0 none, 1 a coin, 2 loot"),
    "thing_bearing": Sense(_middle, "1/64 cell to it: east, south; -128 when there is none"),
    "velocity": Sense(_middle, "1/256 cell a tick: east, south"),
    "last": Sense(lambda b: b // 28, "its last move, act and word"),
    "genome": Sense(_same, "its nine bases"),
    "colours": Sense(_same, "1/256: how red, blue, yellow it is"),
    "heard": Sense(lambda b: b >> 5, "others within earshot that utter each of the words 1 to 8"),
    "mask": Sense(lambda b: b // 255, "1 for each of the nine acts that can have an effect now"),
    "files": Sense(lambda b: b // 16, "files decoded"),
    "clock": Sense(_same, "the tick's low byte"),
    "place": Sense(_same, "1/256 of the torus: east, south"),
}


def own(seen: Bytes) -> dict[str, list[int]]:
    """What a mind knows of itself and of what is within its reach: by name, the numbers of :data:`SENSES`.

    :param seen: uint8 (RETINA_BYTES,).
    """
    return {name: [SENSES[name].values(int(b)) for b in seen[AT[name] : AT[name] + size]] for name, size in OWN}


def retina(seen: Bytes) -> npt.NDArray[np.uint8]:
    """The eye: uint8 (octaves, channels, 9 pixels); octaves that it does not see are dark."""
    return np.ascontiguousarray(seen[:RETINA].reshape(OCTAVES, PIXELS, CHANNELS).transpose(0, 2, 1))
