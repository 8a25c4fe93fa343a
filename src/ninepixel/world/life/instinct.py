"""The built-in script of resident minds: it acts on its own retina alone, as a learner must. Also the baseline to beat.

In this order: strike or flee what hurts; pick up what lies within reach; eat what is lacking; mate and share when all is well;
read what can be read; otherwise walk toward what is lacking, else toward matter, else on.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.lives import Act
from ninepixel.world.life.guardian import toward
from ninepixel.world.life.senses import (
    A_AGE,
    A_CLOCK,
    A_GENOME,
    A_HEALTH,
    A_LIFE,
    A_LIFE_BEARING,
    A_LOOT,
    A_MASK,
    A_MATTER,
    A_MATTER_BEARING,
    A_PAIN,
    A_STORES,
    A_THING,
    A_THING_BEARING,
    CHANNELS,
    OCTAVES,
    PIXELS,
    THREAT,
)

REST, GRAZE, STRIKE, SHOOT, EXCRETE, DECODE, TAKE, GIVE, MATE = (int(act) for act in Act)
#: The move that leads to each of the nine pixels of an octave, rows from north to south.
PIXEL_MOVE = np.asarray([8, 1, 2, 7, 0, 3, 6, 5, 4], np.int64)
MATTER_CHANNEL = 7
WELL, FULL, RICH = 112, 150, 84  #: stores >> 6: well fed; more than enough; enough for an egg


@leaf
def brightest(out: Array, channel: int, first: int) -> int:
    """The move toward the brightest pixel of a channel, in the finest octave from *first* on where one outshines it."""
    for octave in range(first, OCTAVES):
        base = octave * PIXELS * CHANNELS + channel
        best, light = 4, np.int64(out[base + 4 * CHANNELS]) + 2
        for pixel in range(PIXELS):
            value = np.int64(out[base + pixel * CHANNELS])
            if value > light:
                best, light = pixel, value
        if best != 4:
            return PIXEL_MOVE[best]
    return 0


@leaf
def wander(out: Array) -> int:
    """A direction that differs from mind to mind and changes now and then."""
    return 1 + ((np.int64(out[A_AGE]) >> 2) * 5 + np.int64(out[A_GENOME]) + np.int64(out[A_GENOME + 4])) % 8


@leaf
def instinct(out: Array) -> int:
    """The packed action for one observation, uint8 (RETINA_BYTES,)."""
    lowest, fullest = 0, 0
    for k in range(1, 3):
        if out[A_STORES + k] < out[A_STORES + lowest]:
            lowest = k
        if out[A_STORES + k] > out[A_STORES + fullest]:
            fullest = k
    least, most = np.int64(out[A_STORES + lowest]), np.int64(out[A_STORES + fullest])
    word = 0
    if out[A_CLOCK] & 15 == 0:
        word = 1 + ((np.int64(out[A_CLOCK]) >> 4) + np.int64(out[A_GENOME + 1])) % 8
    said = word << 16
    life_x, life_y = np.int64(out[A_LIFE_BEARING]) - 128, np.int64(out[A_LIFE_BEARING + 1]) - 128
    if out[A_LIFE] == 255:  # a guardian within reach
        if out[A_HEALTH] > 96:
            return toward(life_x, life_y) | (STRIKE << 8) | said
        return toward(-life_x, -life_y) | (GRAZE << 8) | said
    threat = brightest(out, THREAT, 1)
    if threat and out[A_PAIN] > 8:
        if out[A_HEALTH] > 128:
            return threat | ((SHOOT if out[A_MASK + SHOOT] else STRIKE) << 8) | said
        return (threat + 3) % 8 + 1 | (GRAZE << 8) | said
    if out[A_THING] == 64 or (out[A_THING] == 128 and out[A_LOOT] == 0):
        dx, dy = np.int64(out[A_THING_BEARING]) - 128, np.int64(out[A_THING_BEARING + 1]) - 128
        return toward(dx, dy) | (TAKE << 8) | said
    hungry = least < WELL
    if hungry and out[A_MASK + GRAZE] and most < FULL + 40:
        here = np.int64(out[4 * CHANNELS + lowest])
        move = brightest(out, lowest, 0) if here < 120 else 0
        return move | (GRAZE << 8) | said
    if not hungry:
        if most > FULL:
            return brightest(out, lowest, 1) | ((GIVE if out[A_LIFE] == 128 else EXCRETE) << 8) | said
        if out[A_LIFE] == 128 and least >= RICH and out[A_CLOCK] & 1:
            return toward(life_x, life_y) | (MATE << 8) | said
        if out[A_MATTER]:
            dx, dy = np.int64(out[A_MATTER_BEARING]) - 128, np.int64(out[A_MATTER_BEARING + 1]) - 128
            return (toward(dx, dy) if dx * dx + dy * dy > 64 * 64 else 0) | (DECODE << 8) | said
    move = brightest(out, lowest, 1) if hungry else brightest(out, MATTER_CHANNEL, 1)
    if move == 0 or (not hungry and out[A_CLOCK] & 128):
        move = wander(out)
    return move | (GRAZE << 8 if hungry else 0) | said
