"""Everybody's frame of one tick, in one kernel: parts are encoded when the first client wants them, and copied for all others.

A part that waits has a priority that grows by its weight in every tick, the faster the nearer it is; with a constant weight that
is the weight times the ticks that it has waited, so nothing need be kept but since when. A client's parts are sent by falling
priority (then by place, then by layer) while it has any budget left; the last may overdraw it, and the debt is paid before it
gets more. So nothing starves, whatever its size. Beside that, and for free, goes a delta that would soon be too old to be one,
for the whole would cost more.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ninepixel.server.replication.compiled import kernel, leaf
from ninepixel.server.replication.delta import (
    WINDOW,
    encode_delta,
    encode_field,
    encode_whole,
    most_bytes,
    put_u32,
)
from ninepixel.world.kernel import Array

#: Numbers of a client, int64 columns: there is such a client; it cannot be written to now; its window and the one it shall have;
#: whether it has been told of its window; what it may be sent, in bytes.
ACTIVE, BUSY, CENTRE, REACH, NEXT_CENTRE, NEXT_REACH, TOLD, TOKENS = range(8)
COLUMNS = 8

#: Per client and place, int64: the scene that the client has of the movers (a tick), of ground and field (a number), or -1; and
#: since when it waits for the first of it.
MOVERS, GROUND, FIELD_, SINCE = range(4)
LAYERS = 4

#: What a client lacks altogether weighs so much more.
LACKING = 32
#: The priority of what is urgent.
FIRST = 1 << 40
#: What every message costs beside its payload: websocket header, array, tick, ack.
OVERHEAD = 14
#: Who has overdrawn its budget waits no longer than so many ticks for more.
DEBT_TICKS = 32
#: A delta of this age or older is sent whatever the budget, at every URGENT-th tick. Twice this is AGES + 1.
URGENT = 16
#: Columns of the table of encoded parts: movers whole, then of ages 1 to 31; ground whole, then ages 1 to 3; field likewise.
AGES, GROUND_AGES = 31, 3
OF_GROUND, OF_FIELD, KINDS = 32, 36, 40
#: Numbers that the kernel hands back: bytes of frames, bytes of encoded parts, and from there on bytes sent by column.
OUT_END, ARENA_END, RESULTS = 0, 1, 2
#: What is known of a part that waits: priority, place, layer, sector, column.
WAITING = 5


class Ring(NamedTuple):
    """The kept scenes of a layer (:class:`~ninepixel.server.replication.scene.Layer`), and the number of the last."""

    rows: Array
    room: int
    start: Array
    numbers: Array
    now: int


class Parts(NamedTuple):
    """Encoded parts. *stamp*, *offset* and *size* are int32 ``(sectors, KINDS)``: where a part lies in the uint8 *arena*.

    A part is of this tick when its stamp is the lowest 31 bits of it. *match* is scratch, int32.
    """

    stamp: Array
    offset: Array
    size: Array
    arena: Array
    match: Array


@leaf
def weight(ring: int, layer: int) -> int:
    """How fast the priority of a layer grows in a ring around the centre."""
    if layer == MOVERS:
        return 64 >> (2 * min(ring, 3))
    return 8 >> min(ring, 3)


@leaf
def ring_of(place: int, wide: int, left: int) -> int:
    """How far a place is from the centre of its window, in sectors."""
    return max(abs(place % wide - left), abs(place // wide - left))


@leaf
def sector_at(place: int, wide: int, left: int, centre: int, across: int) -> int:
    """The sector at a place of a window."""
    cx, cy = centre & (across - 1), centre // across
    return ((cy + place // wide - left) & (across - 1)) * across + ((cx + place % wide - left) & (across - 1))


@kernel
def rewindow(clients: Array, has: Array, tick: int, across: int, scratch: Array) -> None:
    """Move the windows of all who can be written to where they shall be; what falls out of them is forgotten.

    :param clients: int64 ``(clients, COLUMNS)``; *has*: int64 ``(clients, places, LAYERS)``.
    :param scratch: int64 ``(places, LAYERS)``.
    """
    for c in range(clients.shape[0]):
        if not clients[c, ACTIVE] or clients[c, BUSY]:
            continue
        centre, reach = clients[c, CENTRE], clients[c, REACH]
        to_centre, to_reach = clients[c, NEXT_CENTRE], clients[c, NEXT_REACH]
        if centre == to_centre and reach == to_reach:
            continue
        wide, left = min(2 * reach + 1, across), min(reach, across >> 1)
        to_wide, to_left = min(2 * to_reach + 1, across), min(to_reach, across >> 1)
        scratch[:, :] = has[c]
        for place in range(to_wide * to_wide):
            sector = sector_at(place, to_wide, to_left, to_centre, across)
            # Where the sector lies in the old window: the torus makes the steps from its corner positive.
            ix = ((sector & (across - 1)) - (centre & (across - 1)) + left) & (across - 1)
            iy = (sector // across - centre // across + left) & (across - 1)
            if centre >= 0 and ix < wide and iy < wide:
                has[c, place] = scratch[iy * wide + ix]
            else:
                has[c, place, :SINCE] = -1
                has[c, place, SINCE] = tick
        clients[c, CENTRE], clients[c, REACH], clients[c, TOLD] = to_centre, to_reach, 0


@leaf
def wanted(layer: int, ring: int, has: int, now: int, tick: int, phase: int) -> int:
    """How old what a client has of a layer is, 0 when it needs the whole; -1 when it gets nothing now."""
    if has < 0:
        return 0
    age = now - has
    if age == 0:
        return -1
    if layer == MOVERS:
        if (tick + phase) & ((1 << min(ring, 2)) - 1):
            return -1
        return age if age <= AGES else 0
    if age == 1 and (tick & 31) < (5 * phase & 31):
        return -1
    return age if age <= GROUND_AGES else 0


@leaf
def encode_part(layer: int, age: int, sector: int, tick: int, of: Ring, field: Array, out: Array, at: int, match: Array) -> int:
    """Encode one part at ``out[at]``. Returns where the next goes, or -1 when there may not be room for it."""
    kept, sectors = of.start.shape[0], of.start.shape[1] - 2
    here, there = of.now % kept, (of.now - age) % kept
    if layer == FIELD_:
        was = there * sectors + sector if age else -1
        check = age == 0 or ((of.now + sector) & 3) == 0
        return encode_field(field, was, here * sectors + sector, check, out, at) if at + 64 <= out.shape[0] else -1
    ground = 0 if layer == MOVERS else 1
    begin, end = here * of.room + of.start[here, sector], here * of.room + of.start[here, sector + 1]
    old, old_end = there * of.room + of.start[there, sector], there * of.room + of.start[there, sector + 1]
    if at + most_bytes(old_end - old, end - begin) > out.shape[0]:
        return -1
    if age == 0:
        return encode_whole(ground, of.rows, begin, end, out, at)
    check = ground == 1 or ((tick + 4 * sector) & 15) == 0
    return encode_delta(ground, of.rows, old, old_end, begin, end, check, out, at, match)


@leaf
def gather(
    c: int,
    tick: int,
    across: int,
    clients: Array,
    has: Array,
    movers: Ring,
    soil: Ring,
    field: Array,
    parts: Parts,
    results: Array,
    queue: Array,
) -> int:
    """Put the parts that a client could get now into *queue*. Returns how many, or -1 for lack of room in the arena."""
    reach, centre, stamp = clients[c, REACH], clients[c, CENTRE], tick & 0x7FFFFFFF
    wide, left = min(2 * reach + 1, across), min(reach, across >> 1)
    waiting = np.int64(0)
    for place in range(wide * wide):
        ring, sector = ring_of(place, wide, left), sector_at(place, wide, left, centre, across)
        phase = sector % across + 2 * (sector // across)
        for layer in range(3):
            of = movers if layer == MOVERS else soil
            had = has[c, place, layer]
            age = wanted(layer, ring, had, of.now, tick, phase)
            if age < 0:
                continue
            if age > 0 and of.numbers[had % of.numbers.shape[0]] != had:
                age = np.int64(0)  # that scene is not kept any more
            column = age if layer == MOVERS else age + (OF_GROUND if layer == GROUND else OF_FIELD)
            if parts.stamp[sector, column] != stamp:
                at = results[ARENA_END]
                end = encode_part(layer, age, sector, tick, of, field, parts.arena, at, parts.match)
                if end < 0:
                    return -1
                parts.stamp[sector, column] = stamp
                parts.offset[sector, column], parts.size[sector, column] = at, end - at
                results[ARENA_END] = end
            if parts.size[sector, column] == 0:  # nothing has changed: what it has is what there is
                has[c, place, layer] = of.now
                continue
            waits = tick - has[c, place, SINCE] + 1 if had < 0 else (of.now - had) * (1 if layer == MOVERS else 32)
            first = FIRST if layer == MOVERS and age >= URGENT and ((tick + phase) & (URGENT - 1)) == 0 else 0
            queue[waiting, 0] = first + (weight(ring, layer) + (LACKING if had < 0 else 0)) * waits
            queue[waiting, 1], queue[waiting, 2], queue[waiting, 3], queue[waiting, 4] = place, layer, sector, column
            waiting += 1
    return waiting


@leaf
def copy_part(
    c: int, k: int, now: int, soil_now: int, has: Array, parts: Parts, out: Array, at: int, results: Array, queue: Array
) -> int:
    """Copy the k-th of what waits to ``out[at]``; the client has it then. Returns its bytes."""
    place, layer, sector, column = queue[k, 1], queue[k, 2], queue[k, 3], queue[k, 4]
    source, size = parts.offset[sector, column], parts.size[sector, column]
    out[at] = place
    for byte in range(size):
        out[at + 1 + byte] = parts.arena[source + byte]
    results[RESULTS + column] += 1 + size
    has[c, place, layer] = now if layer == MOVERS else soil_now
    return 1 + size


@leaf
def send(
    c: int,
    tokens: int,
    waiting: int,
    now: int,
    soil_now: int,
    has: Array,
    parts: Parts,
    out: Array,
    at: int,
    results: Array,
    queue: Array,
) -> int:
    """Copy what waits to ``out[at]`` on, by falling priority while there are *tokens*, and what is urgent. Returns those left."""
    for k in range(waiting):
        if queue[k, 0] >= FIRST:
            at += copy_part(c, k, now, soil_now, has, parts, out, at, results, queue)
            queue[k, 0] = -1
    for _ in range(waiting):
        best = np.int64(0)
        for k in range(1, waiting):
            if queue[k, 0] > queue[best, 0]:
                best = k
        if tokens <= 0 or queue[best, 0] < 0:
            break
        size = copy_part(c, best, now, soil_now, has, parts, out, at, results, queue)
        at, tokens = at + size, tokens - size
        queue[best, 0] = -1
    results[OUT_END] = at
    return tokens


@leaf
def bytes_waiting(waiting: int, parts: Parts, queue: Array) -> int:
    """How many bytes all of what waits would take, and a WINDOW."""
    total = np.int64(6)
    for k in range(waiting):
        total += 1 + parts.size[queue[k, 3], queue[k, 4]]
    return total


@kernel
def assemble(
    tick: int,
    first: int,
    budget: int,
    burst: int,
    across: int,
    clients: Array,
    has: Array,
    movers: Ring,
    soil: Ring,
    field: Array,
    parts: Parts,
    out: Array,
    ends: Array,
    results: Array,
    queue: Array,
) -> int:
    """Write the payloads of clients *first* on into *out*, one after the other; ``ends[c] .. ends[c + 1]`` is client c's.

    :param clients, has: as :func:`rewindow` has them; *field*: uint8 ``(samples * sectors, 48)``.
    :param results: int64 ``(RESULTS + KINDS,)``; *queue*: scratch, int64 ``(3 * places, WAITING)``.
    :returns: the first client that was not written for lack of room (in *out* or *arena*), or how many clients there are.
    """
    for c in range(first, clients.shape[0]):
        begin = at = results[OUT_END]
        ends[c] = ends[c + 1] = begin
        if not clients[c, ACTIVE]:
            continue
        tokens = min(clients[c, TOKENS] + budget, burst)
        if clients[c, BUSY]:
            clients[c, TOKENS] = tokens
            continue
        waiting = gather(c, tick, across, clients, has, movers, soil, field, parts, results, queue)
        if waiting < 0 or begin + bytes_waiting(waiting, parts, queue) > out.shape[0]:
            return c
        if not clients[c, TOLD]:
            out[at], out[at + 1] = clients[c, REACH], WINDOW
            at = put_u32(out, at + 2, clients[c, CENTRE])
            clients[c, TOLD] = 1
            tokens -= 6
        tokens = send(c, tokens, waiting, movers.now, soil.now, has, parts, out, at, results, queue)
        if results[OUT_END] > begin:
            tokens -= OVERHEAD
        clients[c, TOKENS] = max(tokens, -DEBT_TICKS * budget)
        ends[c + 1] = results[OUT_END]
    return clients.shape[0]
