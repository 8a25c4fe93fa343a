"""Everybody's frame of one tick, in one kernel: parts are encoded when the first client wants them, and copied for all others.

A part that waits has a priority that grows by its weight in every tick, the faster the nearer it is; with a constant weight that
is the weight times the ticks that it has waited, so nothing need be kept but since when. A client's parts are sent by falling
priority (then by place, then by layer) while it has any budget left; the last may overdraw it, and the debt is paid before it
gets more. So nothing starves, whatever its size. One thing is sent even so, and for free: a delta that would soon be too old to be
one, for the whole would cost more.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

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
#: The priority of what is urgent: above all else.
FIRST = 1 << 40
#: What every message costs beside its payload: websocket header, array, tick, ack.
OVERHEAD = 14
#: Who has overdrawn its budget waits no longer than so many ticks for more.
DEBT_TICKS = 32
#: A delta of this age or older is sent whatever the budget, at every URGENT-th tick. Twice this is at most AGES + 1.
URGENT = 8
#: Columns of the table of encoded parts: movers whole, then of ages 1 to 15; ground whole, then ages 1 to 3; field likewise.
AGES, GROUND_AGES = 15, 3
OF_GROUND, OF_FIELD, KINDS = 16, 20, 24
#: Numbers that the kernel hands back: bytes of frames, bytes of encoded parts, how many of these, and of which kind.
OUT_END, ARENA_END, RESULTS = 0, 1, 2


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

    :param clients: int64 ``(clients, COLUMNS)``; *has*: int64 ``(clients, places, LAYERS)``; *scratch*: int64 ``(places, LAYERS)``.
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
    """Which column of a layer's parts would bring what a client has up to date: 0 the whole, its age, or -1 for not now."""
    if has < 0:
        return 0
    age = now - has
    if age == 0:
        return -1
    if layer == MOVERS:
        period = 1 << min(ring, 2)
        if (tick + phase) & (period - 1):
            return -1
        return age if age <= AGES else 0
    if age == 1 and (tick & 31) < (5 * phase & 31):
        return -1
    return age if age <= GROUND_AGES else 0


@leaf
def encode_part(
    layer: int,
    age: int,
    sector: int,
    tick: int,
    rows: Array,
    room: int,
    start: Array,
    soil: Array,
    soil_room: int,
    soil_start: Array,
    soil_now: int,
    field: Array,
    arena: Array,
    at: int,
    match: Array,
) -> int:
    """Encode one part at ``arena[at]``. Returns where the next goes, or -1 when there may not be room for it."""
    if layer == FIELD_:
        if at + 64 > arena.shape[0]:
            return -1
        count = start.shape[1] - 2
        now = soil_now % soil_start.shape[0] * count + sector
        was = (soil_now - age) % soil_start.shape[0] * count + sector if age else -1
        return encode_field(field, was, now, age == 0 or ((soil_now + sector) & 3) == 0, arena, at)
    table, ends, space, number = (rows, start, room, tick) if layer == MOVERS else (soil, soil_start, soil_room, soil_now)
    ground = 0 if layer == MOVERS else 1
    here = number % ends.shape[0]
    first = here * space
    begin, end = first + ends[here, sector], first + ends[here, sector + 1]
    if age == 0:
        if at + most_bytes(0, end - begin) > arena.shape[0]:
            return -1
        return encode_whole(ground, table, begin, end, arena, at)
    there = (number - age) % ends.shape[0]
    old = there * space
    old_begin, old_end = old + ends[there, sector], old + ends[there, sector + 1]
    if at + most_bytes(old_end - old_begin, end - begin) > arena.shape[0]:
        return -1
    check = ground == 1 or ((tick + 4 * sector) & 15) == 0
    return encode_delta(ground, table, old_begin, old_end, begin, end, check, arena, at, match)


@kernel
def assemble(
    tick: int,
    first: int,
    budget: int,
    burst: int,
    across: int,
    clients: Array,
    has: Array,
    rows: Array,
    room: int,
    start: Array,
    numbers: Array,
    soil: Array,
    soil_room: int,
    soil_start: Array,
    soil_numbers: Array,
    soil_now: int,
    field: Array,
    stamp: Array,
    offset: Array,
    size: Array,
    arena: Array,
    match: Array,
    out: Array,
    ends: Array,
    results: Array,
    queue: Array,
) -> int:
    """Write the payloads of clients *first* on into *out*, one after the other; ``ends[c] .. ends[c + 1]`` is client c's.

    :param stamp, offset, size: int32 ``(sectors, KINDS)``: where a part lies in *arena* if its stamp is this tick's lowest 31 bits.
    :param results: int64 ``(2 + KINDS,)``: in and out, bytes of *out* and of *arena* in use, and bytes sent by kind.
    :param queue: scratch, int64 ``(3 * places, 5)``.
    :returns: the first client that was not written for lack of room (in *out* or *arena*), or how many clients there are.
    """
    fresh = tick & 0x7FFFFFFF
    for c in range(first, clients.shape[0]):
        ends[c] = results[OUT_END]
        if not clients[c, ACTIVE]:
            ends[c + 1] = ends[c]
            continue
        tokens = min(clients[c, TOKENS] + budget, burst)
        if clients[c, BUSY]:
            clients[c, TOKENS] = tokens
            ends[c + 1] = ends[c]
            continue
        reach, centre = clients[c, REACH], clients[c, CENTRE]
        wide, left = min(2 * reach + 1, across), min(reach, across >> 1)
        waiting, total = np.int64(0), np.int64(6)
        for place in range(wide * wide):
            ring = ring_of(place, wide, left)
            sector = sector_at(place, wide, left, centre, across)
            phase = sector % across + 2 * (sector // across)
            for layer in range(3):
                now = tick if layer == MOVERS else soil_now
                had = has[c, place, layer]
                age = wanted(layer, ring, had, now, tick, phase)
                if age < 0:
                    continue
                if age:  # is that scene still kept?
                    kept = numbers[had & AGES] if layer == MOVERS else soil_numbers[had & GROUND_AGES]
                    if kept != had:
                        age = np.int64(0)
                column = age if layer == MOVERS else age + (OF_GROUND if layer == GROUND else OF_FIELD)
                if stamp[sector, column] != fresh:
                    at = results[ARENA_END]
                    end = encode_part(
                        layer, age, sector, tick, rows, room, start, soil, soil_room, soil_start, soil_now, field,
                        arena, at, match,
                    )  # fmt: skip
                    if end < 0:
                        return c
                    stamp[sector, column], offset[sector, column], size[sector, column] = fresh, at, end - at
                    results[ARENA_END] = end
                if size[sector, column] == 0:  # nothing has changed: what it has is what there is
                    has[c, place, layer] = now
                    continue
                waits = (tick - had if layer == MOVERS else 32 * (now - had)) if had >= 0 else tick - has[c, place, SINCE] + 1
                grows = weight(ring, layer) + (LACKING if had < 0 else 0)
                if layer == MOVERS and age >= URGENT and ((tick + phase) & (URGENT - 1)) == 0:
                    grows += FIRST
                queue[waiting, 0], queue[waiting, 1], queue[waiting, 2] = grows * waits, place, layer
                queue[waiting, 3], queue[waiting, 4] = sector, column
                waiting += 1
                total += 1 + size[sector, column]
        if results[OUT_END] + total > out.shape[0]:
            return c
        at = results[OUT_END]
        if not clients[c, TOLD]:
            out[at], out[at + 1] = reach, WINDOW
            at = put_u32(out, at + 2, centre)
            clients[c, TOLD] = 1
        tokens -= at - results[OUT_END]
        for _ in range(waiting):
            best = np.int64(0)
            for k in range(1, waiting):
                if queue[k, 0] > queue[best, 0]:
                    best = k
            urgent = queue[best, 0] >= FIRST
            if tokens <= 0 and not urgent:
                break
            queue[best, 0] = -1
            place, layer, sector, column = queue[best, 1], queue[best, 2], queue[best, 3], queue[best, 4]
            out[at] = place
            at += 1
            source = offset[sector, column]
            for k in range(size[sector, column]):
                out[at + k] = arena[source + k]
            at += size[sector, column]
            if tokens > 0:
                tokens -= 1 + size[sector, column]
            results[RESULTS + column] += 1 + size[sector, column]
            has[c, place, layer] = tick if layer == MOVERS else soil_now
        if at > results[OUT_END]:
            tokens -= OVERHEAD
        clients[c, TOKENS] = max(tokens, -DEBT_TICKS * budget)
        results[OUT_END] = at
        ends[c + 1] = at
    return clients.shape[0]
