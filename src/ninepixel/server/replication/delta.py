"""The parts of a payload, encoded: wholes, deltas and field tiles of one sector (docs/REPLICATION.md says what a part is).

What is written here begins with the part's *form*; the *place* before it is the client's, everything behind it the same for all.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.server.replication.compiled import leaf
from ninepixel.server.replication.rows import check_of_field, check_of_rows
from ninepixel.world.kernel import Array

#: What a part is (bits 0-2 of its form), and what is in it (bits 3-7).
MOVERS_WHOLE, MOVERS_DELTA, GROUND_WHOLE, GROUND_DELTA, FIELD, WINDOW = range(6)
WIDE, COMING, MOVES, STATUS, CHECK = 8, 16, 32, 64, 128
#: A whole names at most so many rows.
MOST_ROWS = 65535


@leaf
def put_u16(out: Array, at: int, value: int) -> int:
    """Write two bytes; returns where the next goes."""
    out[at] = value & 0xFF
    out[at + 1] = (value >> 8) & 0xFF
    return at + 2


@leaf
def put_u32(out: Array, at: int, value: int) -> int:
    """Write four bytes."""
    v = np.int64(value)
    for byte in range(4):
        out[at + byte] = (v >> (8 * byte)) & 0xFF
    return at + 4


@leaf
def put_num(out: Array, at: int, value: int, width: int) -> int:
    """Write a count or a position, 1 or 2 bytes."""
    if width == 2:
        return put_u16(out, at, value)
    out[at] = value
    return at + 1


@leaf
def put_row(out: Array, at: int, rows: Array, row: int) -> int:
    """Write a row."""
    for word in range(8):
        at = put_u32(out, at, rows[row, word])
    return at


@leaf
def most_bytes(old: int, new: int) -> int:
    """More bytes than a part takes that makes *new* rows of *old* ones."""
    return 64 + 32 * new + 8 * old


@leaf
def encode_whole(ground: int, rows: Array, begin: int, end: int, out: Array, at: int) -> int:
    """A layer as it is. Returns where the next part goes."""
    n = min(end - begin, MOST_ROWS)
    out[at] = 2 * ground | CHECK
    at = put_u16(out, at + 1, n)
    for row in range(begin, begin + n):
        at = put_row(out, at, rows, row)
    return put_u32(out, at, check_of_rows(rows, begin, begin + n))


@leaf
def same_look(rows: Array, a: int, b: int) -> bool:
    """Whether two rows differ in place and status alone."""
    for word in range(3, 8):
        if rows[a, word] != rows[b, word]:
            return False
    return rows[a, 0] == rows[b, 0]


@leaf
def code_of(was: int, now: int) -> int:
    """How a move between two place words is told: 0 not at all, 1 in a byte, 2 in two, 3 by the new place."""
    if was == now:
        return 0
    dx, dy = (np.int64(now) & 0xFFFF) - (np.int64(was) & 0xFFFF), (np.int64(now) >> 16) - (np.int64(was) >> 16)
    if -8 <= dx <= 7 and -8 <= dy <= 7:
        return 1
    return 2 if -128 <= dx <= 127 and -128 <= dy <= 127 else 3


@leaf
def encode_delta(
    ground: int, rows: Array, a: int, a_end: int, b: int, b_end: int, check: bool, out: Array, at: int, match: Array
) -> int:
    """How rows a .. a_end-1 become rows b .. b_end-1 of the same array; the whole where that is shorter.

    :param match: scratch, int32, longer than either.
    :returns: where the next part goes; *at* itself when there is nothing to tell.
    """
    old, new = a_end - a, b_end - b
    gone, moves, status, told = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    j = np.int64(b)
    for i in range(a, a_end):
        while j < b_end and rows[j, 0] < rows[i, 0]:
            j += 1
        match[i - a] = -1
        if j < b_end and same_look(rows, i, j):
            match[i - a] = j - b
            code = code_of(rows[i, 1], rows[j, 1])
            moves += 1 if code else 0
            told += 4 if code == 3 else code
            status += 1 if rows[i, 2] != rows[j, 2] else 0
        else:
            gone += 1
    kept = old - gone
    come = new - kept
    if gone + come + moves + status == 0:
        return at
    width = 2 if old > 255 or come > 255 else 1
    size = width + (width * (2 + gone) + 32 * come if gone + come else 0)
    size += ((kept + 3) >> 2) + told if moves else 0
    size += width + (width + 4) * status if status else 0
    if old > MOST_ROWS or come > MOST_ROWS or size + (4 if check else 0) >= 6 + 32 * new:
        return encode_whole(ground, rows, b, b_end, out, at)
    out[at] = (
        (MOVERS_DELTA + 2 * ground)
        | (WIDE if width == 2 else 0)
        | (COMING if gone + come else 0)
        | (MOVES if moves else 0)
        | (STATUS if status else 0)
        | (CHECK if check else 0)
    )
    at = put_num(out, at + 1, old, width)
    if gone + come:
        at = put_coming(rows, b, old, new, gone, come, width, out, at, match)
    if moves:
        at = put_moves(rows, a, b, old, kept, out, at, match)
    if status:
        at = put_num(out, at, status, width)
        for i in range(old):
            if match[i] >= 0 and rows[a + i, 2] != rows[b + match[i], 2]:
                at = put_u32(out, put_num(out, at, i, width), rows[b + match[i], 2])
    if check:
        at = put_u32(out, at, check_of_rows(rows, b, b_end))
    return at


@leaf
def put_coming(
    rows: Array, b: int, old: int, new: int, gone: int, come: int, width: int, out: Array, at: int, match: Array
) -> int:
    """Positions of whom is gone, rows of whom is new."""
    at = put_num(out, at, gone, width)
    for i in range(old):
        if match[i] < 0:
            at = put_num(out, at, i, width)
    at = put_num(out, at, come, width)
    i = np.int64(0)
    for j in range(new):
        while i < old and (match[i] < 0 or match[i] < j):
            i += 1
        if i == old or match[i] != j:
            at = put_row(out, at, rows, b + j)
    return at


@leaf
def put_moves(rows: Array, a: int, b: int, old: int, kept: int, out: Array, at: int, match: Array) -> int:
    """Two bits for every kept row, then what they announce."""
    codes = at
    at += (kept + 3) >> 2
    for i in range(codes, at):
        out[i] = 0
    k = np.int64(0)
    for i in range(old):
        if match[i] < 0:
            continue
        was, now = np.int64(rows[a + i, 1]), np.int64(rows[b + match[i], 1])
        code = code_of(was, now)
        out[codes + (k >> 2)] |= code << (2 * (k & 3))
        k += 1
        dx, dy = (now & 0xFFFF) - (was & 0xFFFF), (now >> 16) - (was >> 16)
        if code == 1:
            out[at] = (dx & 15) | (dy & 15) << 4
            at += 1
        elif code == 2:
            out[at], out[at + 1] = dx & 0xFF, dy & 0xFF
            at += 2
        elif code == 3:
            at = put_u32(out, at, now)
    return at


@leaf
def encode_field(field: Array, was: int, now: int, check: bool, out: Array, at: int) -> int:
    """The values of ``field[now]`` that are not those of ``field[was]``; all of them where *was* is -1.

    :returns: where the next part goes; *at* itself when nothing changed.
    """
    start = at
    out[at] = FIELD | (CHECK if check else 0)
    mask = at + 1
    at += 7
    for i in range(6):
        out[mask + i] = 0
    for i in range(48):
        if was < 0 or field[was, i] != field[now, i]:
            out[mask + (i >> 3)] |= 1 << (i & 7)
            out[at] = field[now, i]
            at += 1
    if at == start + 7:
        return start
    return put_u32(out, at, check_of_field(field, now)) if check else at
