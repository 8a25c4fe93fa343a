"""From a state to rows: what stands where, quantised, sorted by sector and id."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.server.replication.compiled import kernel, leaf
from ninepixel.world.kernel import Array
from ninepixel.world.laws.bodies import Flag, Kind
from ninepixel.world.laws.lives import Lies, Role, Thing
from ninepixel.world.life.columns import (
    ACTION,
    AROUSAL,
    BODY,
    COOLDOWN,
    COURTING,
    ENERGY,
    GENE_B,
    GENE_R,
    GENE_Y,
    HEALTH,
    HOLDING,
    HURT,
    LINK,
    MASS,
    MOOD,
    RBY,
    ROLE,
    T_ENERGY,
    T_GENE_B,
    T_GENE_R,
    T_GENE_Y,
    T_KIND,
    T_LIES,
    T_OWNER,
    T_RBY,
    T_STRENGTH,
    T_X,
    T_Y,
    TRAITS,
    VALENCE,
    X,
    Y,
)

MIND, GUARDIAN = int(Kind.MIND), int(Kind.GUARDIAN)
ANCHORED, SEALED = int(Flag.ANCHORED), int(Flag.SEALED)
SHOT, EGG = int(Thing.SHOT), int(Thing.EGG)
OPENLY = int(Lies.OPENLY)
GUEST, IS_GUARDIAN = int(Role.GUEST), int(Role.GUARDIAN)
#: Valence and arousal (Q8) at which their light is fullest, and the pain that is seen: what pictures draw.
FULL_VALENCE, FULL_AROUSAL, SEEN_PAIN = 10_240, 8192, 24
#: The mass of sealed matter is told in steps of 1 << this.
SEALED_STEP = 6
BASES, WORD, BYTE = 0xFFFFFF, 0xFFFFFFFF, 0xFF


@leaf
def octaves(energy: int) -> int:
    """The bits that a number needs."""
    bits, left = np.int64(0), np.int64(energy)
    while left > 0:
        bits += 1
        left >>= 1
    return bits


@leaf
def bits_of_life(lives: Array, slot: int) -> int:
    """The bits of status that a life gives its body."""
    health = min(max(np.int64(lives[HEALTH, slot]), 0), 1023) >> 6
    action = np.int64(lives[ACTION, slot])
    valence = min(max(np.int64(lives[VALENCE, slot]), -FULL_VALENCE), FULL_VALENCE)
    valence = ((valence * 7 + FULL_VALENCE // 2) // FULL_VALENCE) & 15
    arousal = (min(max(np.int64(lives[AROUSAL, slot]), 0), FULL_AROUSAL) * 15) >> 13
    bits = health << 5 | (action >> 8 & 15) << 9 | (action >> 16 & 15) << 13 | valence << 17 | arousal << 21
    bits |= (np.int64(lives[MOOD, slot]) & 3) << 25
    if lives[HURT, slot] > SEEN_PAIN:
        bits |= 1 << 27
    if lives[ROLE, slot] == GUEST:
        bits |= 1 << 28
    if lives[HOLDING, slot] >= 0:
        bits |= 1 << 29
    if lives[COURTING, slot] > 0:
        bits |= 1 << 30
    if lives[COOLDOWN, slot] > 0:
        bits |= 1 << 31
    return bits


@leaf
def status_of_body(b: Array, row: int, index: int, lives: Array) -> int:
    """The status word of a body as it is now."""
    status = min(octaves(b[ENERGY, row]), 31)
    kind = b[TRAITS, row] & BYTE
    if kind in (MIND, GUARDIAN):
        slot = np.int64(b[LINK, row])
        if 0 <= slot < lives.shape[1] and lives[BODY, slot] == index:
            status |= bits_of_life(lives, slot)
    return status


@leaf
def place_of(x: int, y: int, shift: int, mask: int) -> int:
    """The word of a place: 64ths of a cell from the sector's corner. *shift* leaves 64ths of a cell of a torus fraction."""
    return ((np.int64(x) & WORD) >> shift & mask) | ((np.int64(y) & WORD) >> shift & mask) << 16


@leaf
def body_row(rows: Array, at: int, b: Array, row: int, index: int, generation: int, shift: int, mask: int) -> None:
    """Everything of a body's row but its status."""
    traits = np.int64(b[TRAITS, row]) & BASES
    mass = min(max(np.int64(b[MASS, row]), 0), 0xFFFF)
    if (traits >> 16) & SEALED:
        mass = mass >> SEALED_STEP << SEALED_STEP
    rows[at, 0] = index
    rows[at, 1] = place_of(b[X, row], b[Y, row], shift, mask)
    rows[at, 3] = traits | (np.int64(generation) & BYTE) << 24
    rows[at, 4] = b[RBY, row]
    rows[at, 5] = (np.int64(b[GENE_R, row]) & BASES) | (mass & BYTE) << 24
    rows[at, 6] = (np.int64(b[GENE_B, row]) & BASES) | (mass >> 8) << 24
    rows[at, 7] = np.int64(b[GENE_Y, row]) & BASES


@leaf
def thing_row(rows: Array, at: int, t: Array, slot: int, lives: Array, shift: int, mask: int) -> None:
    """Everything of a thing's row but its status."""
    kind, owner = np.int64(t[T_KIND, slot]), np.int64(t[T_OWNER, slot])
    like = np.int64(0)
    if kind in (SHOT, EGG):
        like = MIND
        if kind == SHOT and 0 <= owner < lives.shape[1] and lives[ROLE, owner] == IS_GUARDIAN:
            like = GUARDIAN
    strength = min(max(np.int64(t[T_STRENGTH, slot]), 0), 0xFFFF)
    rows[at, 0] = 0x40000000 | slot
    rows[at, 1] = place_of(t[T_X, slot], t[T_Y, slot], shift, mask)
    rows[at, 3] = (32 + kind) | like << 8
    rows[at, 4] = t[T_RBY, slot]
    rows[at, 5] = (np.int64(t[T_GENE_R, slot]) & BASES) | (strength & BYTE) << 24
    rows[at, 6] = (np.int64(t[T_GENE_B, slot]) & BASES) | (strength >> 8) << 24
    rows[at, 7] = np.int64(t[T_GENE_Y, slot]) & BASES


@leaf
def was(rows: Array, at: int, first: int, count: int, seat: int) -> int:
    """The row of the scene before (*count* rows from *first*) that has the id and the look of ``rows[at]``, or -1."""
    if not 0 <= seat < count:
        return -1
    before = first + seat
    if rows[before, 0] != rows[at, 0]:
        return -1
    for word in range(3, 8):
        if rows[before, word] != rows[at, word]:
            return -1
    return before


@leaf
def sector_of(x: int, y: int, shift: int, across_log2: int) -> int:
    """The sector of a place. *shift* leaves the sector of a torus fraction."""
    return (((np.int64(y) & WORD) >> shift) << across_log2) | ((np.int64(x) & WORD) >> shift)


@kernel
def sample(
    anchored: int,
    again: bool,
    b: Array,
    row_of: Array,
    next_index: int,
    generation: Array,
    lives: Array,
    t: Array,
    side_log2: int,
    sector_log2: int,
    sector: Array,
    seat: Array,
    rows: Array,
    before: int,
    before_count: int,
    first: int,
    room: int,
    start: Array,
    at: int,
) -> int:
    """Write one layer of one state as rows ``first .. first+n-1`` of *rows* and its ends as ``start[at]``.

    :param anchored: 1 for the ground (things are no part of it), 0 for movers.
    :param again: take every status anew; else only of whom the scene before (rows *before* on) did not have with this look.
    :param sector: scratch, int32 ``(next_index + things,)``; *seat*: where each was in the scene before, likewise; is updated.
    :param start: int32 ``(any, sectors + 2)``; rows of sector s are ``start[at, s] .. start[at, s + 1] - 1`` from *first* on.
    :returns: n, also when that is more than *room*: then nothing has been written but *start*.
    """
    across_log2 = side_log2 - sector_log2
    shift = 32 - across_log2
    unit_shift, mask = 26 - side_log2, (64 << sector_log2) - 1
    things = np.int64(0) if anchored else np.int64(t.shape[1])
    start[at, :] = 0
    total = np.int64(0)
    for index in range(next_index):
        row = np.int64(row_of[index])
        sector[index] = -1
        if row >= 0 and ((b[TRAITS, row] >> 16) & ANCHORED) == anchored:
            s = sector_of(b[X, row], b[Y, row], shift, across_log2)
            sector[index] = s
            start[at, s + 2] += 1
            total += 1
    for slot in range(things):
        sector[next_index + slot] = -1
        if t[T_KIND, slot] != 0 and t[T_LIES, slot] == OPENLY:
            s = sector_of(t[T_X, slot], t[T_Y, slot], shift, across_log2)
            sector[next_index + slot] = s
            start[at, s + 2] += 1
            total += 1
    if total > room:
        return total
    for s in range(2, start.shape[1]):
        start[at, s] += start[at, s - 1]
    for i in range(next_index + things):
        s = np.int64(sector[i])
        if s < 0:
            continue
        place = np.int64(start[at, s + 1])  # filled from here: in the end this is where the next sector begins
        start[at, s + 1] += 1
        put = first + place
        slot = i - next_index
        where = i if slot < 0 else seat.shape[0] - 1 - slot
        row = np.int64(0)
        if slot < 0:
            row = np.int64(row_of[i])
            body_row(rows, put, b, row, i, generation[i], unit_shift, mask)
        else:
            thing_row(rows, put, t, slot, lives, unit_shift, mask)
        old = np.int64(-1) if again else was(rows, put, before, before_count, seat[where])
        if old >= 0:
            rows[put, 2] = rows[old, 2]
        elif slot < 0:
            rows[put, 2] = status_of_body(b, row, i, lives)
        else:
            rows[put, 2] = min(octaves(t[T_ENERGY, slot]), 31)
        seat[where] = place
    return total


@leaf
def level(mean: int) -> int:
    """A mean energy on a scale of eight steps an octave: 0 to 231."""
    bits = octaves(mean)
    return mean if bits < 4 else ((bits - 3) << 3) + ((mean >> (bits - 4)) & 7)


@kernel
def sample_field(energy: Array, sector_log2: int, out: Array, first: int, sums: Array) -> None:
    """The field of every sector s, ``out[first + s, 48]`` uint8, from one world's energy ``(3, side, side)`` int32.

    :param sums: scratch, int64 ``(4 * sectors a side,)``.
    """
    side = energy.shape[1]
    texel_log2 = sector_log2 - 2
    texels = side >> texel_log2
    for channel in range(3):
        for ty in range(texels):
            sums[:] = 0
            for y in range(ty << texel_log2, (ty + 1) << texel_log2):
                for tx in range(texels):
                    total = np.int64(0)
                    for x in range(tx << texel_log2, (tx + 1) << texel_log2):
                        total += energy[channel, y, x]
                    sums[tx] += total
            for tx in range(texels):
                s = (ty >> 2) * (texels >> 2) + (tx >> 2)
                out[first + s, ((ty & 3) * 4 + (tx & 3)) * 3 + channel] = level(sums[tx] >> (2 * texel_log2))
