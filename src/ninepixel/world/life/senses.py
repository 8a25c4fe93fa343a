"""The nine-pixel retina: what every mind senses, computed for a whole world at once.

Four octaves of 3x3 pixels: a pixel of octave k is 3**k cells wide (in a small world the last octave's pixels are a third of it),
so that each octave is nested in the middle pixel of the next. Nine channels a pixel: the field's R, B, Y; the bodies' R, B, Y;
threat; matter (what can be read or taken); speech. Then :data:`OWN` bytes about oneself.

Cells are first drawn into sixteen channels of six bits (the other seven count who utters which word), then summed up
(:mod:`ninepixel.world.life.boxes`), so that a look costs the same however far it reaches.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.lives import Lies, Mood, Role, Thing
from ninepixel.world.laws.vital import BITE_SHIFT, RESERVE, SHOT_COST, STRIKE_COST
from ninepixel.world.laws.vital import HEALTH as WHOLE
from ninepixel.world.life.boxes import CELL_LIMIT, glow_row, nine_around, nine_inside, sum_row
from ninepixel.world.life.columns import (
    ACTION,
    AGE,
    AROUSAL,
    BODY,
    COINS,
    COOLDOWN,
    COURTING,
    DRIVE,
    FILES,
    GENE_R,
    HEADING,
    HEALTH,
    HOLDING,
    HURT,
    LINK,
    MASS,
    MOOD,
    NEAR_LIFE,
    NEAR_MATTER,
    NEAR_THING,
    PHENO_R,
    RBY,
    ROLE,
    SECTION,
    STORE_R,
    STORE_Y,
    T_KIND,
    T_LIES,
    T_STRENGTH,
    T_X,
    T_Y,
    TRAITS,
    VALENCE,
    VX,
    VY,
    WORK,
    X,
    Y,
)
from ninepixel.world.life.eyes import eyes_of
from ninepixel.world.life.reading import sections_of
from ninepixel.world.life.space import GUARDIAN, MATTER, MIND, SEALED, apart, cell_of
from ninepixel.world.life.stores import fullest, spare

LANES = 16
OCTAVES, PIXELS, CHANNELS = 4, 9, 9
RETINA = OCTAVES * PIXELS * CHANNELS
#: What follows the retina, by name and number of bytes.
OWN: tuple[tuple[str, int], ...] = (
    ("stores", 3),  # R, B, Y >> 6: 128 is the set point
    ("health", 1),  # 255 is whole
    ("drive", 1),  # distance of the stores from their set point >> 7
    ("valence", 1),  # 128 is indifference
    ("arousal", 1),
    ("pain", 1),
    ("cooldown", 1),  # ticks * 8
    ("age", 1),  # ticks >> 4
    ("coins", 1),
    ("loot", 1),  # strength of the loot in hand, 0: none
    ("courting", 1),  # ticks * 15
    ("work", 1),  # on the section that is being decoded
    ("section", 1),  # sections decoded * 20
    ("matter", 1),  # nearest unread matter within reach: (class + 1) * 16, 0: none
    ("sections", 1),  # how many it has * 20
    ("matter_bearing", 2),  # x, y: 128 + quarters of 1/64 cell; 0 when there is none
    ("life", 1),  # nearest life within reach: 128 a mind, 255 a guardian, 0 none
    ("life_bearing", 2),
    ("life_health", 1),
    ("thing", 1),  # nearest thing that lies openly within reach: 64 a coin, 128 loot, 0 none
    ("thing_bearing", 2),
    ("velocity", 2),  # 128 is rest
    ("last", 3),  # move, act, word * 28
    ("genome", 9),
    ("colours", 3),
    ("heard", 8),  # how many others within earshot utter each of the words 1 to 8, * 32
    ("mask", 9),  # 255 where the act can have an effect now
    ("files", 1),  # files decoded * 16
    ("clock", 1),  # the tick's low byte
    ("place", 2),  # x, y as 1/256 of the torus
)
OWN_BYTES = sum(size for _, size in OWN)
RETINA_BYTES = RETINA + OWN_BYTES
#: Where each part of OWN begins in an observation.
AT: dict[str, int] = {}
_at = RETINA
for _name, _size in OWN:
    AT[_name] = _at
    _at += _size

A_STORES, A_HEALTH, A_DRIVE, A_VALENCE, A_AROUSAL, A_PAIN = (
    AT[n] for n in ("stores", "health", "drive", "valence", "arousal", "pain")
)
A_COOLDOWN, A_AGE, A_COINS, A_LOOT, A_COURTING, A_WORK = (AT[n] for n in ("cooldown", "age", "coins", "loot", "courting", "work"))
A_SECTION, A_MATTER, A_SECTIONS, A_MATTER_BEARING = (AT[n] for n in ("section", "matter", "sections", "matter_bearing"))
A_LIFE, A_LIFE_BEARING, A_LIFE_HEALTH, A_THING, A_THING_BEARING = (
    AT[n] for n in ("life", "life_bearing", "life_health", "thing", "thing_bearing")
)
A_VELOCITY, A_LAST, A_GENOME, A_COLOURS, A_HEARD, A_MASK, A_FILES, A_CLOCK, A_PLACE = (
    AT[n] for n in ("velocity", "last", "genome", "colours", "heard", "mask", "files", "clock", "place")
)

THREAT, MATTER_LANE, SPEECH, FIRST_WORD = 6, 7, 8, 9
COIN, LOOT, SHOT = int(Thing.COIN), int(Thing.LOOT), int(Thing.SHOT)
OPENLY = int(Lies.OPENLY)
HUNT, IS_GUARDIAN = int(Mood.HUNT), int(Role.GUARDIAN)
#: How bright things are in their channel, of CELL_LIMIT: a word, a section of matter, a coin, loot, a shot, a guardian that waits
#: and one that hunts, a mind that has just struck.
VOICE, INK_SECTION, INK_COIN, INK_LOOT = 8, 4, 12, 24
INK_SHOT, INK_GUARDIAN, INK_HUNTER, INK_ARMED = 48, 24, 63, 16


def gains(side: int) -> np.ndarray:
    """What makes a pixel of a sum, int16 of shape (4, 2, 16): ``(sum << lift) * factor >> 16`` for every octave and channel.

    The field is averaged; bodies, threats, matter and sounds add up, half as loud in each wider octave, and saturate.
    """
    table = np.zeros((OCTAVES, 2, LANES), np.uint16)
    for octave, width in enumerate(pixel_widths(side).tolist()):
        lift = 16 - (CELL_LIMIT * width * width).bit_length()
        table[octave, 0] = lift
        table[octave, 1, :3] = (4 << 16 - lift) // (width * width)
        table[octave, 1, 3:] = (4 << 16 - lift) >> octave
    return table.view(np.int16)


def pixel_widths(side: int) -> np.ndarray:
    """The widths in cells of the pixels of the four octaves, int64."""
    return np.asarray([1, 3, 9, min(27, (side // 3 - 1) | 1)], np.int64)


@leaf
def ink(plane: Array, at: int, amount: int) -> None:
    """Add to one channel of a cell, up to its limit."""
    plane[at] = min(np.int64(plane[at]) + amount, CELL_LIMIT)


@leaf
def place_of(x: int, y: int, side_log2: int) -> int:
    """The flat place of a cell's channels."""
    shift = 32 - side_log2
    return ((cell_of(y, shift) << side_log2) | cell_of(x, shift)) * LANES


@leaf
def draw_bodies(n: int, b: Array, lives: Array, t: Array, plane: Array, side_log2: int) -> None:
    """Bodies, threats, matter, things and words into their channels. *plane*: int16, side * side * 16, flat, dark before."""
    for row in range(n):
        at = place_of(b[X, row], b[Y, row], side_log2)
        rby = np.int64(b[RBY, row]) & 0xFFFFFFFF
        red, blue = (rby & 0xFFFF) >> 10, rby >> 26
        ink(plane, at + 3, red)
        ink(plane, at + 4, blue)
        ink(plane, at + 5, max(64 - red - blue, 0))
        traits = b[TRAITS, row]
        kind = traits & 0xFF
        if kind == MATTER:
            if not traits & SEALED:
                ink(plane, at + MATTER_LANE, INK_SECTION * sections_of(np.int64(b[MASS, row])))
        elif kind == GUARDIAN and b[LINK, row] >= 0:
            ink(plane, at + THREAT, INK_HUNTER if lives[MOOD, b[LINK, row]] == HUNT else INK_GUARDIAN)
        elif kind == MIND and b[LINK, row] >= 0:
            slot = b[LINK, row]
            if lives[COOLDOWN, slot] > 0:
                ink(plane, at + THREAT, INK_ARMED)
            word = (np.int64(lives[ACTION, slot]) >> 16) & 0xFF
            if word:
                ink(plane, at + SPEECH, VOICE)
                if word < 8:
                    ink(plane, at + FIRST_WORD + word - 1, VOICE)
    for thing in range(t.shape[1]):
        kind = t[T_KIND, thing]
        if kind == 0 or t[T_LIES, thing] != OPENLY:
            continue
        at = place_of(t[T_X, thing], t[T_Y, thing], side_log2)
        if kind == SHOT:
            ink(plane, at + THREAT, INK_SHOT)
        elif kind == COIN:
            ink(plane, at + MATTER_LANE, INK_COIN)
        elif kind == LOOT:
            ink(plane, at + MATTER_LANE, INK_LOOT)


@leaf
def wipe(n: int, b: Array, t: Array, plane: Array, side_log2: int) -> None:
    """Darken every cell that :func:`draw_bodies` has drawn into."""
    for row in range(n):
        at = place_of(b[X, row], b[Y, row], side_log2)
        plane[at : at + LANES] = 0
    for thing in range(t.shape[1]):
        if t[T_KIND, thing] != 0:
            at = place_of(t[T_X, thing], t[T_Y, thing], side_log2)
            plane[at : at + LANES] = 0


@leaf
def sum_up(field: Array, plane: Array, light: Array, sums: Array, side: int) -> None:
    """The summed-area table of the field's glow (channels 0 to 2) and of a plane (the others).

    Row 0 and column 0 of *sums* are zero and stay so; *light* int64 (side,) is scratch.
    """
    stride = (side + 1) * LANES
    for y in range(side):
        glow_row(field[0, y], field[1, y], field[2, y], side, light)
        sum_row(plane, light, sums, y * side * LANES, y * stride, (y + 1) * stride, side)


@leaf
def clip(value: int) -> int:
    """A byte."""
    return min(max(value, 0), 255)


@leaf
def bearing(there: int, here: int, cell_shift: int) -> int:
    """One axis of the way to what is within reach, as a byte: 128 is here, 1/4 of 1/64 cell a step."""
    return clip(128 + (apart(there, here, cell_shift) >> 2))


@leaf
def possible(lives: Array, slot: int, act: int, glowing: bool, matter: bool, somebody: bool, mind: bool) -> bool:
    """Whether an act can have an effect now. One may always rest, and always dig."""
    if act == 1:
        return glowing
    if act == 2:
        return somebody and lives[COOLDOWN, slot] <= 1 and lives[STORE_Y, slot] >= STRIKE_COST
    if act == 3:
        return lives[HEADING, slot] > 0 and lives[COOLDOWN, slot] <= 1 and lives[STORE_Y, slot] >= RESERVE + SHOT_COST
    if act == 4:
        return spare(lives, slot, fullest(lives, slot)) > 0
    if act == 5:
        return matter
    if act == 7:
        return mind or lives[HOLDING, slot] >= 0
    if act == 8:
        return mind
    return True


@leaf
def tell_own(
    out: Array, slot: int, row: int, b: Array, row_of: Array, field: Array, lives: Array, t: Array, cell_shift: int, tick: int
) -> None:
    """Write what a life knows of itself and of what is within its reach. *out*: uint8 (RETINA_BYTES,)."""
    for k in range(3):
        out[A_STORES + k] = lives[STORE_R + k, slot] >> 6
    out[A_HEALTH] = clip(np.int64(lives[HEALTH, slot]) * 255 // WHOLE)
    out[A_DRIVE] = clip(lives[DRIVE, slot] >> 7)
    out[A_VALENCE] = clip(128 + (lives[VALENCE, slot] >> 8))
    out[A_AROUSAL] = clip(lives[AROUSAL, slot] >> 7)
    out[A_PAIN] = clip(lives[HURT, slot])
    out[A_COOLDOWN] = clip(lives[COOLDOWN, slot] * 8)
    out[A_AGE] = clip(lives[AGE, slot] >> 4)
    out[A_COINS] = clip(lives[COINS, slot])
    holding = lives[HOLDING, slot]
    out[A_LOOT] = clip(t[T_STRENGTH, holding]) if holding >= 0 else 0
    out[A_COURTING] = clip(lives[COURTING, slot] * 15)
    out[A_WORK] = clip(lives[WORK, slot])
    out[A_SECTION] = clip(lives[SECTION, slot] * 20)
    x, y = b[X, row], b[Y, row]
    for at in range(A_MATTER, A_VELOCITY):
        out[at] = 0
    matter = np.int64(lives[NEAR_MATTER, slot])
    if matter >= 0 and row_of[matter] >= 0:
        there = np.int64(row_of[matter])
        out[A_MATTER] = clip((((b[TRAITS, there] >> 8) & 0xFF) + 1) * 16)
        out[A_SECTIONS] = clip(sections_of(np.int64(b[MASS, there])) * 20)
        out[A_MATTER_BEARING] = bearing(b[X, there], x, cell_shift)
        out[A_MATTER_BEARING + 1] = bearing(b[Y, there], y, cell_shift)
    near = np.int64(lives[NEAR_LIFE, slot])
    mind = False
    if near >= 0 and lives[BODY, near] >= 0:
        mind = lives[ROLE, near] != IS_GUARDIAN
        there = np.int64(row_of[lives[BODY, near]])
        out[A_LIFE] = 128 if mind else 255
        out[A_LIFE_BEARING] = bearing(b[X, there], x, cell_shift)
        out[A_LIFE_BEARING + 1] = bearing(b[Y, there], y, cell_shift)
        out[A_LIFE_HEALTH] = clip(np.int64(lives[HEALTH, near]) * 255 // WHOLE)
    thing = np.int64(lives[NEAR_THING, slot])
    if thing >= 0 and t[T_KIND, thing] != 0 and t[T_LIES, thing] == OPENLY:
        out[A_THING] = 64 if t[T_KIND, thing] == COIN else 128
        out[A_THING_BEARING] = bearing(t[T_X, thing], x, cell_shift)
        out[A_THING_BEARING + 1] = bearing(t[T_Y, thing], y, cell_shift)
    out[A_VELOCITY], out[A_VELOCITY + 1] = clip(128 + (b[VX, row] >> 22)), clip(128 + (b[VY, row] >> 22))
    action = np.int64(lives[ACTION, slot])
    rby = np.int64(b[RBY, row]) & 0xFFFFFFFF
    red, blue = (rby & 0xFFFF) >> 8, rby >> 24
    out[A_COLOURS], out[A_COLOURS + 1], out[A_COLOURS + 2] = red, blue, clip(256 - red - blue)
    for i in range(3):
        out[A_LAST + i] = ((action >> (8 * i)) & 0xFF) * 28
        for j in range(3):
            out[A_GENOME + 3 * i + j] = (np.int64(b[GENE_R + i, row]) >> (8 * j)) & 0xFF
    cx, cy = cell_of(x, cell_shift), cell_of(y, cell_shift)
    least = 1 << BITE_SHIFT
    glowing = field[0, cy, cx] >= least or field[1, cy, cx] >= least or field[2, cy, cx] >= least
    for act in range(9):
        out[A_MASK + act] = 255 if possible(lives, slot, act, glowing, out[A_MATTER] != 0, out[A_LIFE] != 0, mind) else 0
    out[A_FILES] = clip(lives[FILES, slot] * 16)
    out[A_CLOCK] = tick & 0xFF
    out[A_PLACE], out[A_PLACE + 1] = (np.int64(x) >> 24) & 0xFF, (np.int64(y) >> 24) & 0xFF


@leaf
def hear(out: Array, slot: int, lives: Array, box: Array) -> None:
    """How many others within the box utter each word; the eighth is what the others leave of all speech."""
    own = (np.int64(lives[ACTION, slot]) >> 16) & 0xFF
    rest = (np.int64(box[SPEECH]) & 0xFFFF) // VOICE
    for word in range(1, 8):
        heard = (np.int64(box[FIRST_WORD + word - 1]) & 0xFFFF) // VOICE
        rest -= heard
        out[A_HEARD + word - 1] = clip((heard - (1 if own == word else 0)) * 32)
    out[A_HEARD + 7] = clip((rest - (1 if own == 8 else 0)) * 32)


@leaf
def look(
    slots: int,
    b: Array,
    row_of: Array,
    field: Array,
    lives: Array,
    t: Array,
    side_log2: int,
    tick: int,
    sums: Array,
    widths: Array,
    gain: Array,
    frame: Array,
    box: Array,
    out: Array,
) -> None:
    """The observations of slots 0 .. slots-1 of one world; nobody senses nothing: zeros.

    :param sums: from :func:`sum_up`; *frame* int64 (4, 4) and *box* int16 (16,) are scratch.
    :param gain: int16 (128,), from :func:`gains`.
    :param out: uint8 (slots, RETINA_BYTES).
    """
    side, cell_shift = 1 << side_log2, 32 - side_log2
    stride = (side + 1) * LANES
    ys, xs, laps_y, laps_x = frame[0], frame[1], frame[2], frame[3]
    for slot in range(slots):
        mine = out[slot]
        index = lives[BODY, slot]
        if index < 0:
            mine[:] = 0
            continue
        row = np.int64(row_of[index])
        cx, cy = cell_of(b[X, row], cell_shift), cell_of(b[Y, row], cell_shift)
        seen, bits, earshot = eyes_of(lives[PHENO_R, slot])
        mask = 0xFF & ~((1 << (8 - bits)) - 1)
        for octave in range(seen):
            width = widths[octave]
            half = (3 * width - 1) >> 1
            inside = True
            for i in range(4):
                y, x = cy - half + i * width, cx - half + i * width
                laps_y[i] = laps_x[i] = 0
                if y < 0:
                    y, laps_y[i], inside = y + side, -1, False
                elif y > side:
                    y, laps_y[i], inside = y - side, 1, False
                if x < 0:
                    x, laps_x[i], inside = x + side, -1, False
                elif x > side:
                    x, laps_x[i], inside = x - side, 1, False
                ys[i], xs[i] = y * stride, x * LANES
            at = octave * PIXELS * CHANNELS
            if inside:
                nine_inside(sums, ys, xs, gain, octave * 2 * LANES, mask, mine, at, box)
            else:
                nine_around(
                    sums, ys, xs, laps_y, laps_x, side * stride, side * LANES, gain, octave * 2 * LANES, mask, mine, at, box
                )
            if octave == earshot:
                hear(mine, slot, lives, box)  # past what the pixels of later octaves overwrite
        for at in range(seen * PIXELS * CHANNELS, RETINA):
            mine[at] = 0
        tell_own(mine, slot, row, b, row_of, field, lives, t, cell_shift, tick)
