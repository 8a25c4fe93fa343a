"""The colour of matter: RBY weights and the nine genes, from metadata, in integers.

**RBY** (red perception, blue cognition, yellow execution; R + B + Y = 65536). Every class of matter has a pure colour of its own
(:data:`CLASS_WEIGHTS`). A body has its class's colour, bent by
- its ending and its folder: up to 1/32 each way, so that kin and neighbours look alike;
- its own path: up to 1/64, so that no two look the same;
- its size: up to 1/16 toward blue, for there is more in it to know;
- its age: colour depth; what changed last is pure, what is centuries old has moved 3/16 of the way to the middle (a third each);
- its content, where the owner consented: up to 1/8 (see :mod:`~ninepixel.world.host.content`).

A folder is balanced, bent by its own path. Sealed matter shows its class only as *sealed*: it has the colour of the unknown.

**Genes** are the nine pixels, each 0..255 bright:

====================== ====================== ======================= =======================
row                    left                   middle                  right
====================== ====================== ======================= =======================
R: what it is          class                  ending                  kin (its folder)
B: what it holds       size (log2)            size (within its octave) content (else its name)
Y: how it lives        youth                  height (less depth)     itself (its path)
====================== ====================== ======================= =======================
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ninepixel.world.host.layout import high_bits, low_bits
from ninepixel.world.host.names import mixed
from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.bodies import SIMPLEX, Matter

#: (R, B, Y) of each class in 256ths, by its number; at least 40 apart (sum of differences), a test holds it.
CLASS_WEIGHTS: dict[Matter, tuple[int, int, int]] = {
    Matter.DATA_STAR: (16, 216, 24),
    Matter.DOC_NEBULA: (128, 108, 20),
    Matter.CODE_ORGANISM: (20, 108, 128),
    Matter.MEDIA_PLASMA: (212, 20, 24),
    Matter.MODEL_BLACK_HOLE: (72, 176, 8),
    Matter.CONFIG_CATALYST: (24, 20, 212),
    Matter.LOG_ECHO: (116, 24, 116),
    Matter.BIN_MASS: (86, 85, 85),
    Matter.TEMP_DUST: (56, 60, 140),
    Matter.USER_TOUCH: (164, 68, 24),
    Matter.HARDWARE_QUANTA: (168, 16, 72),
}
THIRD = SIMPLEX // 3
#: Age, in sixteenths of log2 of seconds, at which colour is as deep as it gets (about 136 years), and how far that is (Q16).
OLDEST, DEEPEST = 512, 12288


def class_weights() -> npt.NDArray[np.int64]:
    """(R, B) of each class on the simplex of 65536, int64 of shape (11, 2)."""
    return np.asarray([[w * 256 for w in CLASS_WEIGHTS[m][:2]] for m in Matter], np.int64)


def octave_steps() -> npt.NDArray[np.int64]:
    """2**(k/16) for k = 1 .. 15 in Q31, rounded down: where the sixteenths of an octave begin. int64."""
    from math import isqrt

    steps = []
    for k in range(1, 16):
        power = (2**k) << (16 * 60)  # the sixteenth root of it is 2**(k/16) in Q60
        for _ in range(4):
            power = isqrt(power)
        steps.append(power >> 29)
    return np.asarray(steps, np.int64)


@leaf
def sixteenths_of_log2(value: int, steps: Array) -> int:
    """floor(16 log2(value + 1)) for 0 <= value < 2**63 - 1."""
    n = value + 1
    octave = 0
    while n >> (octave + 1):
        octave += 1
    mantissa = n << (31 - octave) if octave <= 31 else n >> (octave - 31)
    part = 0
    while part < 15 and mantissa > steps[part]:
        part += 1
    return octave * 16 + part


@leaf
def bend(h: np.uint64, bits: int) -> tuple[int, int]:
    """Two hashed shifts between -2**bits and 2**bits."""
    span = (2 << bits) - 1
    return (low_bits(h) & span) - (1 << bits), (high_bits(h) & span) - (1 << bits)


@leaf
def on_simplex(r: int, b: int) -> tuple[int, int]:
    """The nearest weights by clamping: 0 <= R, B <= 65535 and R + B <= SIMPLEX."""
    r, b = min(max(r, 0), SIMPLEX - 1), min(max(b, 0), SIMPLEX - 1)
    over = r + b - SIMPLEX
    if over > 0:
        r -= over >> 1
        b -= over - (over >> 1)
    return max(r, 0), max(b, 0)


@leaf
def colour(
    matter: int, folder: bool, ending: np.uint64, kin: np.uint64, own: np.uint64, mass: int, age: int, shift_r: int, shift_b: int,
    weights: Array, steps: Array,
) -> tuple[int, int]:  # fmt: skip
    """(R, B) of a body. *ending*, *kin* (its folder's path) and *own* (its path) are hashes, the shifts come from content."""
    if folder:
        dr, db = bend(own, 12)
        return on_simplex(THIRD + dr, THIRD + db)
    r, b = weights[matter, 0], weights[matter, 1]
    depth = min(sixteenths_of_log2(age, steps), OLDEST) * DEEPEST // OLDEST
    r += ((THIRD - r) * depth) >> 16
    b += ((THIRD - b) * depth) >> 16
    for h, bits in ((mixed(ending), 11), (kin, 11), (own, 10)):
        dr, db = bend(h, bits)
        r += dr
        b += db
    blue = mass << 2
    return on_simplex(r - (blue >> 1) + shift_r, b + blue + shift_b)


@leaf
def paint_genes(
    genes: Array, matter: int, ending: np.uint64, kin: np.uint64, own: np.uint64, name: np.uint64, size: int, mass: int,
    age: int, depth: int, content: int, steps: Array,
) -> None:  # fmt: skip
    """Write the nine genes of a body into *genes* (uint8, nine); *content* is 0..255, or -1 where there is no consent."""
    youth = 255 - min(sixteenths_of_log2(age, steps), OLDEST) * 224 // OLDEST
    within = (mass & 15) * 16 + (low_bits(mixed(np.uint64(size))) & 15) if size else 0
    genes[0] = 96 + 14 * matter
    genes[1] = 48 + (high_bits(mixed(ending)) & 0xFF) * 207 // 255 if ending else 48
    genes[2] = 48 + (low_bits(kin) & 0xFF) * 207 // 255
    genes[3] = min(mass >> 1, 255)
    genes[4] = within
    genes[5] = content if content >= 0 else high_bits(name) >> 24
    genes[6] = youth
    genes[7] = max(255 - 20 * depth, 15)
    genes[8] = low_bits(own) >> 24


@leaf
def colour_all(
    parent: Array, folder: Array, matter: Array, sealed: Array, ending: Array, name: Array, h: Array, depth: Array, size: Array,
    age: Array, shift: Array, weights: Array, steps: Array, mass: Array, r: Array, b: Array, genes: Array,
) -> None:  # fmt: skip
    """Fill ``mass``, ``r``, ``b`` and ``genes`` of all rows; ``h`` are path hashes, ``shift`` int32 (n, 3) or (0, 3): content."""
    for i in range(parent.size):
        mass[i] = min(sixteenths_of_log2(size[i], steps), 1023)
        kin = h[max(parent[i], 0)]
        end = np.uint64(0) if sealed[i] or folder[i] else ending[i]
        shift_r, shift_b, content = (shift[i, 0], shift[i, 1], shift[i, 2]) if shift.shape[0] else (0, 0, -1)
        r[i], b[i] = colour(matter[i], folder[i], end, kin, h[i], mass[i], age[i], shift_r, shift_b, weights, steps)
        paint_genes(genes[i], matter[i], end, kin, h[i], name[i], size[i], mass[i], age[i], depth[i], content, steps)
