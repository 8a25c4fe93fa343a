"""The built-in script of resident minds: it acts on its own retina alone, as a learner must. Also the baseline to beat.

It remembers nothing; what it observes has to do. In this order it fights or flees, takes what lies within reach, eats when it is
hungry, mates, gives, buries and digs by the hour, reads what it has not read, and else walks on: through the sixteen sectors
of the world in a ring, each time another way through them, past whatever matter lies ahead.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
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
    A_HEARD,
    A_LAST,
    A_LIFE,
    A_LIFE_BEARING,
    A_LIFE_HEALTH,
    A_LOOT,
    A_MASK,
    A_MATTER,
    A_MATTER_BEARING,
    A_PLACE,
    A_STORES,
    A_THING,
    A_THING_BEARING,
    A_VELOCITY,
    CHANNELS,
    PIXELS,
    THREAT,
)

REST, GRAZE, STRIKE, SHOOT, EXCRETE, DECODE, TAKE, GIVE, MATE = (int(act) for act in Act)
#: The move that leads to each of the nine pixels of an octave, rows from north to south, and the pixel that each move leads to.
PIXEL_MOVE = np.asarray([8, 1, 2, 7, 0, 3, 6, 5, 4], np.int64)
MOVE_PIXEL = np.asarray([4, 1, 2, 5, 8, 7, 6, 3, 0], np.int64)
MATTER_CHANNEL, SPEECH = 7, 8
#: A ring through the sixteen sectors: which sector comes after each (row * 4 + column).
NEXT_SECTOR = np.asarray([1, 2, 3, 7, 8, 4, 5, 6, 9, 10, 11, 15, 0, 12, 13, 14], np.int64)
#: Stores >> 6, of which 128 is the set point: eat below the first, until the second; give from the third, shed from the fourth.
HUNGRY, FED, GENEROUS, SURFEIT = 106, 128, 122, 148
STARVED = 60
MATING = 100
#: The glow of a cell from which a bite is nearly full, and of one that is worth grazing.
RICH, POOR = 96, 64
#: A thrust is aimed short by this many quarters of a tick's glide; what is left under STILL is let be.
BRAKING, STILL = 4, 24
#: Cells along a pixel of each octave.
WIDTH = np.asarray([1, 3, 9, 21], np.int64)
#: Health (255 is whole): attack from the first on, fight on until the second.
BRAVE, BEATEN = 236, 84
MIND, GUARDIAN = 128, 255
A_COIN, A_LOOT_THING = 64, 128
#: Of eight hours of 32 ticks: when minds seek company to give, and to mate.
GIVING, COURTING = 2, 3
#: Within this of the middle of a sector, in 1/256 of the torus, loot is buried and dug for.
BANK = 5
#: From this of 256 ticks on things are let lie.
TIRED = 208


@leaf
def steer(out: Array, dx: int, dy: int) -> int:
    """The move that leads to (dx, dy), in 1/64 cells, and to rest there: bodies glide, so it aims short."""
    dx -= BRAKING * (np.int64(out[A_VELOCITY]) - 128)
    dy -= BRAKING * (np.int64(out[A_VELOCITY + 1]) - 128)
    return toward(dx, dy) if max(abs(dx), abs(dy)) >= STILL else 0


@leaf
def come(out: Array, at: int) -> int:
    """The move toward what lies at the bearing that begins at byte *at*."""
    return steer(out, np.int64(out[at]) - 128, np.int64(out[at + 1]) - 128)


@leaf
def distance(out: Array, at: int) -> int:
    """How far that is, in 1/64 cells, along the longer axis."""
    return max(abs(np.int64(out[at]) - 128), abs(np.int64(out[at + 1]) - 128))


@leaf
def brightest(out: Array, channel: int, octave: int, margin: int) -> int:
    """The brightest pixel of a channel in one octave, 4 (the middle) when none outshines the middle by more than *margin*."""
    base = octave * PIXELS * CHANNELS + channel
    best, light = 4, np.int64(out[base + 4 * CHANNELS]) + margin
    for pixel in range(PIXELS):
        value = np.int64(out[base + pixel * CHANNELS])
        if value > max(light, 0) and pixel != 4:
            best, light = pixel, value
    return best


@leaf
def to_pixel(out: Array, pixel: int, octave: int) -> int:
    """The move toward a pixel of an octave."""
    cells = WIDTH[octave] * 64
    return steer(out, (pixel % 3 - 1) * cells, (pixel // 3 - 1) * cells)


@leaf
def walk(out: Array, to_bank: bool) -> int:
    """The move along the ring of sectors: to a point of the next one that changes with age, or to its middle."""
    x, y = np.int64(out[A_PLACE]), np.int64(out[A_PLACE + 1])
    sector = (y >> 6) * 4 + (x >> 6)
    dx, dy = (x & 63) - 32, (y & 63) - 32
    if not to_bank or max(abs(dx), abs(dy)) <= BANK:
        sector = NEXT_SECTOR[sector]
    goal_x, goal_y = (sector & 3) * 64 + 32, (sector >> 2) * 64 + 32
    if not to_bank:
        lap = (np.int64(out[A_AGE]) >> 3) + np.int64(out[A_GENOME + 3])
        goal_x += (lap * 37 & 31) - 16
        goal_y += (lap * 23 + sector * 11 & 31) - 16
    dx, dy = ((goal_x - x + 128) & 255) - 128, ((goal_y - y + 128) & 255) - 128
    return toward(dx, dy)


@leaf
def past_matter(out: Array, move: int) -> int:
    """Of *move* and its two neighbours the one toward the brightest matter near by."""
    if move == 0:
        return 0
    best, light = move, np.int64(0)
    for turn in range(3):
        other = (move - 1 + (0 if turn == 0 else 1 if turn == 1 else 7)) % 8 + 1
        value = np.int64(out[(PIXELS + MOVE_PIXEL[other]) * CHANNELS + MATTER_CHANNEL])
        if value > light:
            best, light = other, value
    return best


@leaf
def graze_toward(out: Array, k: int) -> int:
    """The move toward food of colour *k*: rest where it is rich, else climb; where little grows, look far first."""
    here = np.int64(out[4 * CHANNELS + k])
    if here >= RICH:
        return steer(out, 0, 0)
    for step in range(4):
        octave = step if here >= POOR else max((2 if here >= POOR // 2 else 3) - step, 0)
        pixel = brightest(out, k, octave, 3)
        if pixel != 4:
            return to_pixel(out, pixel, octave)
    return steer(out, 0, 0) if here >= POOR else walk(out, False)


@leaf
def hour_of(out: Array) -> int:
    """Which eighth of 256 ticks it is."""
    return np.int64(out[A_CLOCK]) >> 5


@leaf
def meet(out: Array) -> int:
    """The move toward the nearest who speak, 0 for none; one's own voice is in the middle of every octave."""
    if out[A_LIFE] == MIND:
        return come(out, A_LIFE_BEARING)
    for octave in range(1, 3):
        pixel = brightest(out, SPEECH, octave, -1)
        if pixel != 4:
            return to_pixel(out, pixel, octave)
    return 0


@leaf
def speak(out: Array) -> int:
    """In the hours of company: the word that is heard most, else the first."""
    if hour_of(out) not in (GIVING, COURTING):
        return 0
    word = 0
    for other in range(1, 8):
        if out[A_HEARD + other] > out[A_HEARD + word]:
            word = other
    return word + 1


@leaf
def beset(out: Array) -> int:
    """The packed action of a life that a guardian troubles; -1 when none does, or when it need not be minded."""
    health = np.int64(out[A_HEALTH])
    fighting = out[A_LAST + 1] == STRIKE * 28 or out[A_LAST + 1] == SHOOT * 28
    if out[A_LIFE] == GUARDIAN:
        its = np.int64(out[A_LIFE_HEALTH])
        if health * 4 >= its * (5 if fighting else 8):  # it hurts more, and heals
            shot = out[A_MASK + SHOOT] and (its <= 10 or (its >= 60 and out[A_CLOCK] & 7 == 0))
            return come(out, A_LIFE_BEARING) | ((SHOOT if shot else STRIKE) << 8)
        return toward(128 - np.int64(out[A_LIFE_BEARING]), 128 - np.int64(out[A_LIFE_BEARING + 1])) | (GRAZE << 8)
    pixel = brightest(out, THREAT, 1, 2)
    if pixel == 4:
        return -1
    if health >= BRAVE or (fighting and health >= BEATEN):
        move = to_pixel(out, pixel, 1)
        aimed = out[A_MASK + SHOOT] and out[A_LAST] == move * 28 and move == PIXEL_MOVE[pixel]
        return move | ((SHOOT if aimed else STRIKE) << 8)
    away: int = PIXEL_MOVE[8 - pixel]
    return away | (GRAZE << 8)


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
    said = speak(out) << 16
    trouble = beset(out) if least >= STARVED // 2 else -1
    if trouble >= 0:
        return trouble | said
    wanted = out[A_THING] == A_COIN or (out[A_THING] == A_LOOT_THING and out[A_LOOT] == 0)
    if wanted and out[A_CLOCK] < TIRED:  # some lie where they cannot be reached
        act = TAKE if distance(out, A_THING_BEARING) <= 44 else GRAZE
        return come(out, A_THING_BEARING) | (act << 8) | said
    bite = GRAZE << 8 if most < SURFEIT and least < FED else 0
    if most >= SURFEIT:
        bite = (GIVE if out[A_LIFE] == MIND and out[A_CLOCK] & 1 else EXCRETE) << 8
    feasting = out[A_LAST] == 0 and out[A_LAST + 1] == GRAZE * 28 and least < FED and out[4 * CHANNELS + lowest] >= POOR
    if (least < HUNGRY and (least < STARVED or not out[A_MATTER])) or feasting:
        return graze_toward(out, lowest) | (bite if bite else GRAZE << 8) | said
    if out[A_MATTER] and most < 240:
        near = distance(out, A_MATTER_BEARING) <= 72
        return (steer(out, 0, 0) if near else come(out, A_MATTER_BEARING)) | (DECODE << 8) | said
    dx, dy = (np.int64(out[A_PLACE]) & 63) - 32, (np.int64(out[A_PLACE + 1]) & 63) - 32
    digging = (np.int64(out[A_AGE]) >> 5) & 1
    to_bank = (out[A_LOOT] > 0) != (digging != 0)
    late = np.int64(out[A_AGE]) & 31 >= 24 and not digging and out[A_LOOT] > 0
    if to_bank and (late or max(abs(dx), abs(dy)) <= BANK) and out[A_LIFE] == 0:
        return steer(out, -16 * dx, -16 * dy) | ((TAKE if digging else GIVE) << 8) | said
    hour = hour_of(out)
    if (hour == COURTING and least >= MATING) or (hour == GIVING and most >= GENEROUS):
        move = meet(out)
        if move or out[A_LIFE] == MIND:
            social = (MATE if hour == COURTING else GIVE) << 8
            return move | (social if out[A_LIFE] == MIND else bite) | said
    if out[A_HEALTH] >= BRAVE and least > HUNGRY:
        pixel = brightest(out, THREAT, 2, 2)
        if pixel != 4:
            return to_pixel(out, pixel, 2) | bite | said
    return past_matter(out, walk(out, to_bank)) | bite | said
