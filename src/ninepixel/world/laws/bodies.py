"""What a body is: the hot columns, and the small vocabularies packed into them.

Every body, whatever it is, is a row of :data:`BODY_COLUMNS`. Thirteen columns of four bytes: 52 bytes a body.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.table import Column

#: Weights (R, B, Y) lie on the simplex R + B + Y = SIMPLEX exactly (canon, section 2).
SIMPLEX = 65536


class Kind(IntEnum):
    """What sort of thing a body is."""

    MATTER = 1  #: a file: anchored, it radiates
    FOLDER = 2  #: the heart of a folder's region: anchored, it radiates faintly
    CREATURE = 3  #: a process: it roams on a tether to its parent
    MOTE = 4  #: free matter that files shed: it swarms under the RBY forces
    MIND = 5  #: an Ileice: `link` is the slot of its life
    GUARDIAN = 6  #: a guardian of matter: likewise


class Matter(IntEnum):
    """Classes of matter (canon, section 3). The number is stored in saves: append, never renumber."""

    DATA_STAR = 0  #: tables, databases
    DOC_NEBULA = 1  #: text
    CODE_ORGANISM = 2  #: source
    MEDIA_PLASMA = 3  #: image, audio, video
    MODEL_BLACK_HOLE = 4  #: weights
    CONFIG_CATALYST = 5  #: settings
    LOG_ECHO = 6  #: logs
    BIN_MASS = 7  #: binaries and the unknown
    TEMP_DUST = 8  #: caches
    USER_TOUCH = 9  #: chat and input
    HARDWARE_QUANTA = 10  #: CPU, memory, disk, network


class Flag(IntFlag):
    """Properties of a body that laws test."""

    ANCHORED = 1  #: never moves (absolute existence)
    SEALED = 2  #: a secret: never opened, its name never leaves the machine
    TETHERED = 4  #: `link` is the index of the body it is tied to


BODY_COLUMNS: tuple[Column, ...] = (
    Column("x", np.uint32),  # torus fraction: 2**32 is once around
    Column("y", np.uint32),
    Column("vx", np.int32),  # cells a tick, Q2.30
    Column("vy", np.int32),
    Column("energy", np.int32),  # units, never negative
    Column("density", np.int32),  # matter density felt last tick (for membranic drag)
    Column("rby", np.uint32),  # R | B << 16; Y = SIMPLEX - R - B
    Column("traits", np.uint32),  # kind | matter << 8 | flags << 16
    Column("mass", np.int32),  # 0 .. 1023, sixteenths of log2 of bytes
    Column("gene_r", np.uint32),  # codons: three bases of 8 bits each, left pixel lowest
    Column("gene_b", np.uint32),
    Column("gene_y", np.uint32),
    Column("link", np.int32, -1),  # index of the parent body, -1 for none
)

#: Columns that physics rewrites every tick; the others change by command alone.
MOVING = ("x", "y", "vx", "vy", "energy", "density")


def pack_rby(r: npt.ArrayLike, b: npt.ArrayLike) -> npt.NDArray[np.uint32]:
    """Pack R and B (each 0..65535, R + B <= 65536; Y is what is left of SIMPLEX) into the ``rby`` column.

    :raises ValueError: when the weights leave the simplex.
    """
    red, blue = np.asarray(r, np.int64), np.asarray(b, np.int64)
    if np.any((red < 0) | (blue < 0) | (red > 65535) | (blue > 65535) | (red + blue > SIMPLEX)):
        raise ValueError(f"weights must lie on the simplex: 0 <= R, B <= 65535 and R + B <= {SIMPLEX}")
    return (red | (blue << 16)).astype(np.uint32)


def unpack_rby(rby: npt.ArrayLike) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The weights (R, B, Y), int32 each, with R + B + Y = SIMPLEX."""
    packed = np.asarray(rby, np.uint32)
    r = (packed & 0xFFFF).astype(np.int32)
    b = (packed >> 16).astype(np.int32)
    return r, b, (SIMPLEX - r - b).astype(np.int32)


def tension(rby: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """T = |R-B| + |B-Y| + |Y-R|: 0 is homeostasis, 2 * SIMPLEX a pure colour (canon, section 2)."""
    r, b, y = unpack_rby(rby)
    total: npt.NDArray[np.int32] = np.abs(r - b) + np.abs(b - y) + np.abs(y - r)
    return total


def pack_traits(kind: npt.ArrayLike, matter: npt.ArrayLike = 0, flags: npt.ArrayLike = 0) -> npt.NDArray[np.uint32]:
    """Pack kind, class of matter and flags (8 bits each) into the ``traits`` column."""
    k, m, f = (np.asarray(v, np.uint32) for v in (kind, matter, flags))
    packed: npt.NDArray[np.uint32] = k | (m << np.uint32(8)) | (f << np.uint32(16))
    return packed


def unpack_traits(traits: npt.ArrayLike) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """(kind, matter, flags), uint32 each."""
    t = np.asarray(traits, np.uint32)
    byte = np.uint32(0xFF)
    return t & byte, (t >> np.uint32(8)) & byte, (t >> np.uint32(16)) & byte


def pack_codon(left: npt.ArrayLike, middle: npt.ArrayLike, right: npt.ArrayLike) -> npt.NDArray[np.uint32]:
    """Three bases (0..255), one row of the nine pixels, into a ``gene_*`` column."""
    a, b, c = (np.asarray(v, np.uint32) for v in (left, middle, right))
    packed: npt.NDArray[np.uint32] = a | (b << np.uint32(8)) | (c << np.uint32(16))
    return packed


def genome(gene_r: npt.ArrayLike, gene_b: npt.ArrayLike, gene_y: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """The nine bases, shape ``(..., 3, 3)`` uint8: row R, row B, row Y, each from left to right."""
    codons = np.stack([np.asarray(g, np.uint32) for g in (gene_r, gene_b, gene_y)], axis=-1)
    shifts = np.asarray([0, 8, 16], np.uint32)
    return ((codons[..., None] >> shifts) & 0xFF).astype(np.uint8)
