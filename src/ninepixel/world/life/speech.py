"""Speech that is answered: a life is in accord while another within earshot says what it says."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.vital import DEED_ACCORD, DEED_CHORUS, DEED_VOICES
from ninepixel.world.life.columns import ACCORD, D_CHORUS, D_SPEAK
from ninepixel.world.life.deeds import deed
from ninepixel.world.life.senses import A_HEARD, A_LAST

WORD_STEP, VOICE_STEP = 28, 32  #: how senses write what a life said last, and how many others said a word


@leaf
def converse(lives: Array, slot: int, out: Array) -> None:
    """Count the ticks on end for which somebody has said what this life said; *out* is what it sensed after it spoke."""
    said = np.int64(out[A_LAST + 2])
    if said == 0 or out[A_HEARD + said // WORD_STEP - 1] < VOICE_STEP:
        lives[ACCORD, slot] = 0
        return
    lives[ACCORD, slot] += 1
    if lives[ACCORD, slot] >= DEED_ACCORD:
        deed(lives, slot, D_SPEAK)
        if lives[ACCORD, slot] >= DEED_CHORUS and out[A_HEARD + said // WORD_STEP - 1] >= DEED_VOICES * VOICE_STEP:
            deed(lives, slot, D_CHORUS)
