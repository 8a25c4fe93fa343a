"""A row, eight words, and the check over many: the same on the server and on every client (docs/REPLICATION.md)."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.server.replication.compiled import leaf
from ninepixel.world.kernel import Array

#: Words of a row.
WORDS = 8
#: Values of a sector's field, and its words.
VALUES = 48
#: Ids of things begin here; below are indices of bodies.
THING_ID = 0x40000000
#: Kinds of things begin here: this + Thing.
THING_KIND = 32

#: A row as it travels, for people who want fields.
ROW = np.dtype(
    [
        ("id", "<u4"),
        ("x", "<u2"),
        ("y", "<u2"),
        ("status", "<u4"),
        ("kind", "u1"),
        ("matter", "u1"),
        ("flags", "u1"),
        ("generation", "u1"),
        ("rby", "<u4"),
        ("gene_r", "u1", 3),
        ("mass_low", "u1"),
        ("gene_b", "u1", 3),
        ("mass_high", "u1"),
        ("gene_y", "u1", 3),
        ("nothing", "u1"),
    ]
)
Rows = npt.NDArray[np.uint32]

#: The check of nothing.
CHECK_START = 0x811C9DC5


def fields_of(rows: Rows) -> npt.NDArray[Any]:
    """Rows of words, ``(n, 8)`` uint32, as ``(n,)`` records of :data:`ROW`; a copy where the memory is not one piece."""
    return np.ascontiguousarray(rows, "<u4").view(ROW)[:, 0]


@leaf
def mixed(h: int, word: int) -> int:
    """One more word under the check."""
    h = ((np.uint64(h) ^ np.uint64(word)) * np.uint64(0x9E3779B1)) & np.uint64(0xFFFFFFFF)
    return h ^ (h >> np.uint64(15))


@leaf
def check_of_rows(rows: Array, begin: int, end: int) -> int:
    """The check of rows begin .. end-1 of ``(any, 8)`` uint32."""
    h = np.uint64(0x811C9DC5)
    for row in range(begin, end):
        for word in range(8):
            h = mixed(h, rows[row, word])
    return h


@leaf
def check_of_field(field: Array, at: int) -> int:
    """The check of the 48 values of ``field[at]``, uint8."""
    h = np.uint64(0x811C9DC5)
    for word in range(12):
        value = np.uint64(0)
        for byte in range(4):
            value |= np.uint64(field[at, 4 * word + byte]) << np.uint64(8 * byte)
        h = mixed(h, value)
    return h
