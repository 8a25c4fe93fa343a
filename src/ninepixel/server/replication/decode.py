"""A payload, decoded into a client's arrays: the twin of :mod:`~ninepixel.server.replication.delta`.

Nothing here trusts the payload: a part is read to its end and found whole before anything of it is applied, and nothing is
written past an array's end. Memory is only ever asked for by what the payload really holds.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.server.replication.compiled import kernel, leaf
from ninepixel.server.replication.delta import CHECK, COMING, FIELD, MOVES, STATUS, WIDE, WINDOW
from ninepixel.server.replication.rows import check_of_field, check_of_rows
from ninepixel.world.kernel import Array

#: What a client keeps of each place of its window, int64: of movers, then of the ground, where its rows begin, how many there
#: are, the tick of the last part, and whether they are known; then of the field the tick and whether it is known.
BEGIN, N, TICK, KNOWN = range(4)
FIELD_TICK, FIELD_KNOWN = 8, 9
META = 10
UNKNOWN, IS_KNOWN, LOST = range(3)

#: What the decoder keeps across calls, int64: rows in use, where it is in the payload, bad checks, rows that it needs.
END, AT, BAD, NEED = range(4)
HEAD = 4

#: Why the decoder stopped.
DONE, FULL, NEW_WINDOW = 0, 1, 2
TORN, PLACE, FORM, ORDER = -1, -2, -3, -4

#: Where the sections of a delta lie: what :func:`survey` finds.
S_OLD, S_GONE, S_GONE_AT, S_COME, S_COME_AT, S_CODES, S_MOVES, S_STATUS, S_STATUS_AT = range(9)
SECTIONS = 9


@leaf
def num(p: Array, at: int, width: int) -> int:
    """A count or a position."""
    return np.int64(p[at]) | np.int64(p[at + 1]) << 8 if width == 2 else np.int64(p[at])


@leaf
def word(p: Array, at: int) -> int:
    """A u32."""
    return np.int64(p[at]) | np.int64(p[at + 1]) << 8 | np.int64(p[at + 2]) << 16 | np.int64(p[at + 3]) << 24


@leaf
def rising(p: Array, at: int, count: int, step: int, width: int, below: int) -> bool:
    """Whether *count* numbers, *step* bytes apart, rise and stay below a limit (*width* 4: words)."""
    last = np.int64(-1)
    for _ in range(count):
        value = word(p, at) if width == 4 else num(p, at, width)
        if value <= last or value >= below:
            return False
        last, at = value, at + step
    return True


@leaf
def survey(p: Array, at: int, form: int, s: Array) -> int:
    """Find the sections of a delta's body that begins at *at*. Returns where it ends, or why it is no delta."""
    size, width = np.int64(p.shape[0]), np.int64(2 if form & WIDE else 1)
    s[:] = 0
    if at + width > size:
        return TORN
    s[S_OLD] = num(p, at, width)
    at += width
    if form & COMING:
        if at + width > size:
            return TORN
        s[S_GONE], s[S_GONE_AT] = num(p, at, width), at + width
        at += width + s[S_GONE] * width
        if at + width > size:
            return TORN
        if s[S_GONE] > s[S_OLD] or not rising(p, s[S_GONE_AT], s[S_GONE], width, width, s[S_OLD]):
            return ORDER
        s[S_COME], s[S_COME_AT] = num(p, at, width), at + width
        at += width + 32 * s[S_COME]
        if at > size:
            return TORN
        if not rising(p, s[S_COME_AT], s[S_COME], 32, 4, 1 << 32):
            return ORDER
    if form & MOVES:
        kept = s[S_OLD] - s[S_GONE]
        s[S_CODES], s[S_MOVES] = at, at + ((kept + 3) >> 2)
        at = s[S_MOVES]
        if at > size:
            return TORN
        for k in range(kept):
            code = (p[s[S_CODES] + (k >> 2)] >> (2 * (k & 3))) & 3
            at += 4 if code == 3 else code
        if at > size:
            return TORN
    if form & STATUS:
        if at + width > size:
            return TORN
        s[S_STATUS], s[S_STATUS_AT] = num(p, at, width), at + width
        at += width + s[S_STATUS] * (width + 4)
        if at > size:
            return TORN
        if not status_fits(p, s, width):
            return ORDER
    return at


@leaf
def status_fits(p: Array, s: Array, width: int) -> bool:
    """Whether the status section names rows in order that the client has and keeps."""
    if not rising(p, s[S_STATUS_AT], s[S_STATUS], width + 4, width, s[S_OLD]):
        return False
    gone = np.int64(0)
    for k in range(s[S_STATUS]):
        position = num(p, s[S_STATUS_AT] + k * (width + 4), width)
        while gone < s[S_GONE] and num(p, s[S_GONE_AT] + gone * width, width) < position:
            gone += 1
        if gone < s[S_GONE] and num(p, s[S_GONE_AT] + gone * width, width) == position:
            return False
    return True


@leaf
def get_row(p: Array, at: int, rows: Array, row: int) -> None:
    """Read a row."""
    for w in range(8):
        rows[row, w] = word(p, at + 4 * w)


@leaf
def moved(p: Array, at: int, code: int, place: int, mask: int) -> int:
    """The place word after a move that is told at *at*."""
    if code == 0:
        return place
    if code == 3:
        return word(p, at)
    first = np.int64(p[at])
    if code == 1:
        dx, dy = ((first & 15) ^ 8) - 8, ((first >> 4) ^ 8) - 8
    else:
        dx, dy = (first ^ 128) - 128, (np.int64(p[at + 1]) ^ 128) - 128
    return ((place & 0xFFFF) + dx & mask) | ((place >> 16) + dy & mask) << 16


@leaf
def apply(p: Array, form: int, s: Array, rows: Array, begin: int, put: int, mask: int) -> int:
    """Build what a surveyed delta makes of rows *begin* on, at rows *put* on (which may be the same when none comes or goes).

    Returns how many there are, or :data:`ORDER` when somebody comes who is there already.
    """
    width = np.int64(2 if form & WIDE else 1)
    gone, come, k, status = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    tell, to = s[S_MOVES], np.int64(put)
    for i in range(s[S_OLD]):
        if gone < s[S_GONE] and num(p, s[S_GONE_AT] + gone * width, width) == i:
            gone += 1
            continue
        here = begin + i
        while come < s[S_COME] and word(p, s[S_COME_AT] + 32 * come) < rows[here, 0]:
            get_row(p, s[S_COME_AT] + 32 * come, rows, to)
            come, to = come + 1, to + 1
        if come < s[S_COME] and word(p, s[S_COME_AT] + 32 * come) == rows[here, 0]:
            return ORDER
        if to != here:
            for w in range(8):
                rows[to, w] = rows[here, w]
        if form & MOVES:
            code = (p[s[S_CODES] + (k >> 2)] >> (2 * (k & 3))) & 3
            rows[to, 1] = moved(p, tell, code, np.int64(rows[to, 1]), mask)
            tell += 4 if code == 3 else code
            k += 1
        if status < s[S_STATUS] and num(p, s[S_STATUS_AT] + status * (width + 4), width) == i:
            rows[to, 2] = word(p, s[S_STATUS_AT] + status * (width + 4) + width)
            status += 1
        to += 1
    while come < s[S_COME]:
        get_row(p, s[S_COME_AT] + 32 * come, rows, to)
        come, to = come + 1, to + 1
    return to - put


@leaf
def lose(meta: Array, place: int, column: int, head: Array) -> None:
    """A layer (or the field) is not what the server believes; counted once until it is whole again."""
    if meta[place, column] != LOST:
        meta[place, column] = LOST
        head[BAD] += 1


@leaf
def take_whole(p: Array, at: int, form: int, meta: Array, place: int, rows: Array, head: Array, tick: int) -> int:
    """Returns where the part ends, or why it stopped."""
    size, base = np.int64(p.shape[0]), 4 * ((form & 7) >> 1)
    if at + 2 > size:
        return TORN
    n = num(p, at, 2)
    at += 2
    end = at + 32 * n + (4 if form & CHECK else 0)
    if end > size:
        return TORN
    if not rising(p, at, n, 32, 4, 1 << 32):
        return ORDER
    begin = head[END]
    if begin + n > rows.shape[0]:
        head[NEED] = n
        return FULL
    for k in range(n):
        get_row(p, at + 32 * k, rows, begin + k)
    meta[place, base + BEGIN], meta[place, base + N], meta[place, base + TICK] = begin, n, tick
    head[END] += n
    meta[place, base + KNOWN] = IS_KNOWN
    if form & CHECK and check_of_rows(rows, begin, begin + n) != word(p, end - 4):
        lose(meta, place, base + KNOWN, head)
    return end


@leaf
def take_delta(
    p: Array, at: int, form: int, meta: Array, place: int, rows: Array, head: Array, s: Array, mask: int, tick: int
) -> int:
    """Returns where the part ends, or why it stopped."""
    base = 4 * ((form & 7) >> 1)
    end = survey(p, at, form, s)
    if end < 0:
        return end
    if form & CHECK:
        end += 4
        if end > p.shape[0]:
            return TORN
    if meta[place, base + KNOWN] != IS_KNOWN or meta[place, base + N] != s[S_OLD]:
        lose(meta, place, base + KNOWN, head)
        return end
    begin = put = meta[place, base + BEGIN]
    if form & COMING:
        put, most = head[END], s[S_OLD] - s[S_GONE] + s[S_COME]
        if put + most > rows.shape[0]:
            head[NEED] = most
            return FULL
    n = apply(p, form, s, rows, begin, put, mask)
    if n < 0:  # somebody comes who is there already: rows that the server does not think of
        lose(meta, place, base + KNOWN, head)
        return end
    if form & COMING:
        head[END] += n
    meta[place, base + BEGIN], meta[place, base + N], meta[place, base + TICK] = put, n, tick
    if form & CHECK and check_of_rows(rows, put, put + n) != word(p, end - 4):
        lose(meta, place, base + KNOWN, head)
    return end


@leaf
def take_field(p: Array, at: int, form: int, meta: Array, place: int, field: Array, head: Array, tick: int) -> int:
    """Returns where the part ends, or why it stopped."""
    size = np.int64(p.shape[0])
    if at + 6 > size:
        return TORN
    mask, count = at, np.int64(0)
    for i in range(48):
        count += (p[mask + (i >> 3)] >> (i & 7)) & 1
    at += 6
    end = at + count + (4 if form & CHECK else 0)
    if end > size:
        return TORN
    if count < 48 and meta[place, FIELD_KNOWN] != IS_KNOWN:
        lose(meta, place, FIELD_KNOWN, head)
        return end
    for i in range(48):
        if (p[mask + (i >> 3)] >> (i & 7)) & 1:
            field[place, i] = p[at]
            at += 1
    meta[place, FIELD_TICK], meta[place, FIELD_KNOWN] = tick, IS_KNOWN
    if form & CHECK and check_of_field(field, place) != word(p, end - 4):
        lose(meta, place, FIELD_KNOWN, head)
    return end


@kernel
def decode(p: Array, places: int, mask: int, tick: int, meta: Array, field: Array, rows: Array, head: Array, s: Array) -> int:
    """Apply parts of payload *p* from ``head[AT]`` on, until its end, a WINDOW part, or a lack of room for rows.

    :param places: how many the window has; *mask*: a sector's width in 64ths of a cell, less one.
    :param meta: int64 ``(places, META)``; *field*: uint8 ``(places, 48)``; *rows*: uint32 ``(any, 8)``;
        *head*: int64 ``(HEAD,)``; *s*: int64 ``(SECTIONS,)``, scratch.
    :returns: :data:`DONE`, :data:`FULL`, :data:`NEW_WINDOW` or, below 0, what is wrong; ``head[AT]`` is the part that stopped it.
    """
    size = np.int64(p.shape[0])
    while head[AT] < size:
        at = head[AT]
        if at + 2 > size:
            return TORN
        place, form = np.int64(p[at]), np.int64(p[at + 1])
        what = form & 7
        if what == WINDOW:
            return (NEW_WINDOW if at + 6 <= size else TORN) if form == WINDOW else FORM
        if place >= places:
            return PLACE
        flags = form & (WIDE | COMING | MOVES | STATUS)
        if what > WINDOW or (flags and (what == FIELD or not what & 1)):
            return FORM
        if what == FIELD:
            end = take_field(p, at + 2, form, meta, place, field, head, tick)
        elif what & 1:
            end = take_delta(p, at + 2, form, meta, place, rows, head, s, mask, tick)
        else:
            end = take_whole(p, at + 2, form, meta, place, rows, head, tick)
        if end < 3:  # no part ends there: it is why it stopped
            return end
        head[AT] = end
    return DONE


@kernel
def compact(meta: Array, places: int, rows: Array, out: Array) -> int:
    """Copy the rows that are in use to the beginning of *out*, another array. Returns how many there are."""
    end = np.int64(0)
    for place in range(places):
        for layer in range(2):
            begin, n = meta[place, 4 * layer + BEGIN], meta[place, 4 * layer + N]
            for k in range(n):
                for w in range(8):
                    out[end + k, w] = rows[begin + k, w]
            meta[place, 4 * layer + BEGIN] = end
            end += n
    return end


@kernel
def live_rows(meta: Array, places: int) -> int:
    """How many rows are in use."""
    return meta[:places, N].sum() + meta[:places, 4 + N].sum()
