"""The part of the senses that stays at home: lives and things as the device gets them, and the bytes about oneself."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ninepixel.world.kernel import Array, kernel
from ninepixel.world.life.columns import ACTION, BODY, COOLDOWN, MOOD, PHENO_R, T_KIND, T_LIES, T_X, T_Y
from ninepixel.world.life.eyes import eyes_of
from ninepixel.world.life.senses import (
    A_HEARD,
    CHANNELS,
    COIN,
    HUNT,
    INK_COIN,
    INK_LOOT,
    INK_SHOT,
    LANES,
    LOOT,
    MATTER_LANE,
    OCTAVES,
    OPENLY,
    PIXELS,
    RETINA,
    SHOT,
    THREAT,
    place_of,
    tell_own,
)
from ninepixel.world.state import State

#: Bytes of an octave and of a mind as the device writes them: an octave fills whole words, and eight bytes are heard.
STRIP_BYTES = 84
OBSERVED_BYTES = OCTAVES * STRIP_BYTES + 8
#: A life as it is sent (shaders/include/senses.glsl): its word lowest, then these two, from the shifts on how it senses.
HUNTS, WIELDS, OCTAVES_SHIFT, ACUITY_SHIFT, EARSHOT_SHIFT = 1 << 8, 1 << 9, 12, 16, 20

Words = npt.NDArray[np.uint32]


def gathered(state: State) -> tuple[Words, Words]:
    """What the device must know of lives, uint32 (worlds, slots, 2), and of things that lie openly, uint32 (things, 2).

    A life: the index of its body (2**32 - 1: nobody lives here); its bits. A thing: its cell in all worlds; lane | amount << 8.
    """
    souls = np.empty((state.params.worlds, state.lives.capacity, 2), np.uint32)
    marks = np.empty((state.params.worlds * state.things.capacity, 2), np.uint32)
    found = gather(state.params.side_log2, state.lives.block, state.things.block, souls, marks)
    return souls, marks[:found]


@kernel
def gather(side_log2: int, lives: Array, things: Array, souls: Array, marks: Array) -> int:
    """Fill *souls* and *marks* (see :func:`gathered`); returns the number of marks."""
    found = 0
    for w in range(lives.shape[0]):
        for slot in range(lives.shape[2]):
            octaves, acuity, earshot = eyes_of(lives[w, PHENO_R, slot])
            bits = (np.int64(lives[w, ACTION, slot]) >> 16) & 0xFF
            bits |= (HUNTS if lives[w, MOOD, slot] == HUNT else 0) | (WIELDS if lives[w, COOLDOWN, slot] > 0 else 0)
            bits |= (octaves << OCTAVES_SHIFT) | (acuity << ACUITY_SHIFT) | (earshot << EARSHOT_SHIFT)
            souls[w, slot, 0], souls[w, slot, 1] = np.int64(lives[w, BODY, slot]) & 0xFFFFFFFF, bits
        for thing in range(things.shape[2]):
            kind = things[w, T_KIND, thing]
            if things[w, T_LIES, thing] == OPENLY and kind in (SHOT, COIN, LOOT):
                cell = place_of(things[w, T_X, thing], things[w, T_Y, thing], side_log2) // LANES
                lane = THREAT if kind == SHOT else MATTER_LANE
                amount = INK_SHOT if kind == SHOT else (INK_COIN if kind == COIN else INK_LOOT)
                marks[found, 0], marks[found, 1] = (w << 2 * side_log2) + cell, lane | (amount << 8)
                found += 1
    return found


@kernel
def tell(
    lo: int,
    hi: int,
    side_log2: int,
    tick: int,
    blocks: Array,
    row_of: Array,
    field: Array,
    lives: Array,
    things: Array,
    observed: Array,
    seen: Array,
) -> None:
    """The observations of minds lo .. hi-1 of all worlds in a row: what the device *observed*, and the bytes about oneself.

    *observed*: uint8 (worlds, minds, OBSERVED_BYTES); *seen*: uint8 (worlds, minds, RETINA_BYTES).
    """
    strip = PIXELS * CHANNELS
    for mind in range(lo, hi):
        w, slot = mind // seen.shape[1], mind % seen.shape[1]
        index, mine, theirs = lives[w, BODY, slot], seen[w, slot], observed[w, slot]
        if index < 0:
            mine[:] = 0
            continue
        for octave in range(OCTAVES):
            for i in range(strip):
                mine[octave * strip + i] = theirs[octave * STRIP_BYTES + i]
        for i in range(8):
            mine[A_HEARD + i] = theirs[OCTAVES * STRIP_BYTES + i]
        row = np.int64(row_of[w, index])
        tell_own(mine, slot, row, blocks[w], row_of[w], field[w], lives[w], things[w], 32 - side_log2, tick)


assert OCTAVES * PIXELS * CHANNELS == RETINA
