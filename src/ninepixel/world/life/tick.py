"""One tick of life of one world, before and after physics, and of many small worlds whole.

before: residents decide -> everybody acts
physics and field (world/physics)
after: things move -> metabolism, affect, death -> births -> everybody looks around -> senses
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, kernel, leaf
from ninepixel.world.laws.lives import Role
from ninepixel.world.laws.vital import STREAM_CHANCE
from ninepixel.world.life.act import act_world
from ninepixel.world.life.birth import births_of_world
from ninepixel.world.life.chance import words
from ninepixel.world.life.columns import ACTION, BODY, ROLE
from ninepixel.world.life.flight import move_things
from ninepixel.world.life.guardian import guard
from ninepixel.world.life.instinct import instinct
from ninepixel.world.life.living import live_world
from ninepixel.world.life.senses import draw_bodies, draw_field, look, sum_up
from ninepixel.world.life.space import bucket, look_around
from ninepixel.world.life.sparse import ALIVE, FREE, USED
from ninepixel.world.physics.cpu.batch import step_world
from ninepixel.world.physics.cpu.simd import LANES

INSTINCT, RANDOM, STILL, GUARDIAN = int(Role.INSTINCT), int(Role.RANDOM), int(Role.STILL), int(Role.GUARDIAN)

#: Phases of :func:`tick_lives`.
BEFORE, PHYSICS, AFTER, SENSES = 1, 2, 4, 8


@leaf
def decide(
    slots: int,
    tick: int,
    seed_low: int,
    seed_high: int,
    side_log2: int,
    b: Array,
    row_of: Array,
    lives: Array,
    seen: Array,
) -> None:
    """Residents choose their actions. *seen*: uint8 (slots, RETINA_BYTES), what they sensed at the end of the last tick."""
    for slot in range(lives.shape[1]):
        if lives[BODY, slot] < 0:
            continue
        role = lives[ROLE, slot]
        if role == GUARDIAN:
            lives[ACTION, slot] = guard(slot, lives, b, row_of, 32 - side_log2)
        elif role == INSTINCT:
            lives[ACTION, slot] = instinct(seen[slot]) if slot < slots else 0
        elif role == RANDOM:
            a, c, d, _ = words(tick, slot, seed_low, seed_high, STREAM_CHANCE)
            lives[ACTION, slot] = ((a >> 8) * 9 >> 24) | (((c >> 8) * 9 >> 24) << 8) | (((d >> 8) * 9 >> 24) << 16)
        elif role == STILL:
            lives[ACTION, slot] = 0


@leaf
def after_world(
    tick: int,
    seed_low: int,
    seed_high: int,
    side_log2: int,
    reach_log2: int,
    counts: Array,
    b: Array,
    row_of: Array,
    index_of: Array,
    generation: Array,
    field: Array,
    lives: Array,
    t: Array,
    known: Array,
    chronicle: Array,
    books: Array,
    died: Array,
    child_role: int,
    start: Array,
    order: Array,
    head: Array,
    behind: Array,
) -> None:
    """Everything after physics but the senses. *start*, *order*, *head*, *behind* are scratch (see :func:`bucket`)."""
    bucket(counts[ALIVE], b, t, 32 - side_log2 + reach_log2, start, order, head, behind)
    move_things(b, field, lives, t, side_log2, reach_log2, start, order, books)
    look_around(b, row_of, index_of, lives, t, known, side_log2, reach_log2, start, order, head, behind)
    live_world(tick, seed_low, seed_high, side_log2, counts, b, row_of, index_of, generation, field, lives, t, books, died)
    births_of_world(lives, t, known, chronicle, counts, b, row_of, index_of, books, child_role)


@leaf
def sense_world(
    n: int,
    b: Array,
    row_of: Array,
    field: Array,
    lives: Array,
    t: Array,
    side_log2: int,
    tick: int,
    plane: Array,
    sums: Array,
    widths: Array,
    gain: Array,
    frame: Array,
    box: Array,
    out: Array,
) -> None:
    """The observations of the first ``len(out)`` slots of one world."""
    draw_field(field, plane)
    draw_bodies(n, b, lives, t, plane, side_log2)
    sum_up(plane, sums, 1 << side_log2)
    look(out.shape[0], b, row_of, field, lives, t, side_log2, tick, sums, widths, gain, frame, box, out)


@kernel
def tick_lives(
    lo: int,
    hi: int,
    phase: int,
    side_log2: int,
    reach_log2: int,
    tick: int,
    seed_low: Array,
    seed_high: Array,
    jitter_high: Array,
    matrix: Array,
    count: Array,
    free_head: Array,
    next_index: Array,
    blocks: Array,
    row_of: Array,
    index_of: Array,
    generation: Array,
    field: Array,
    lives: Array,
    things: Array,
    known: Array,
    chronicle: Array,
    totals: Array,
    radiance: int,
    decay: int,
    seen: Array,
    gain: Array,
    sections: Array,
    died: Array,
    widths: Array,
    gains: Array,
    child_role: int,
) -> None:
    """Worlds lo .. hi-1, one after the other, through the phases whose bits are set in *phase*: BEFORE, PHYSICS, AFTER, SENSES.

    Shapes: blocks (worlds, columns, capacity) int32; lives, things likewise; seen (worlds, minds, RETINA_BYTES) uint8; gain,
    sections int32 and died uint8 (worlds, slots); totals (entries, worlds) int64, of which *radiance* and *decay* are two rows.
    """
    side, cells = 1 << side_log2, 1 << 2 * (side_log2 - reach_log2)
    room = blocks.shape[2] + LANES
    tally, start = np.zeros((1, cells), np.int32), np.zeros(cells + 1, np.int32)
    order, spots = np.zeros(room, np.int32), np.zeros((4, room), np.int16)
    head, behind = np.zeros(cells, np.int32), np.zeros(things.shape[2], np.int32)
    senses = phase & SENSES
    plane = np.zeros(side * side * 16 if senses else 0, np.int16)
    sums = np.zeros((side + 1) * (side + 1) * 16 if senses else 0, np.int16)
    frame, box = np.zeros((4, 4), np.int64), np.zeros(16, np.int16)
    counts, books = np.zeros(3, np.int64), np.zeros(totals.shape[0], np.int64)
    for w in range(lo, hi):
        counts[ALIVE], counts[FREE], counts[USED] = count[w], free_head[w], next_index[w]
        books[:] = 0
        b, mine, t = blocks[w], lives[w], things[w]
        if phase & BEFORE:
            decide(seen.shape[1], tick, seed_low[w], seed_high[w], side_log2, b, row_of[w], mine, seen[w])
            act_world(
                tick,
                seed_low[w],
                seed_high[w],
                side_log2,
                b,
                row_of[w],
                field[w],
                mine,
                t,
                known[w],
                books,
                gain[w],
                sections[w],
            )
        if phase & PHYSICS:
            radiated, decayed = step_world(
                counts[ALIVE],
                counts[USED],
                side_log2,
                reach_log2,
                tick,
                seed_low[w],
                jitter_high[w],
                matrix[w],
                b,
                row_of[w],
                index_of[w],
                field[w],
                tally,
                start,
                order,
                spots,
            )
            books[radiance] += radiated
            books[decay] += decayed
        if phase & AFTER:
            after_world(
                tick,
                seed_low[w],
                seed_high[w],
                side_log2,
                reach_log2,
                counts,
                b,
                row_of[w],
                index_of[w],
                generation[w],
                field[w],
                mine,
                t,
                known[w],
                chronicle[w],
                books,
                died[w],
                child_role,
                start,
                order,
                head,
                behind,
            )
            count[w], free_head[w], next_index[w] = counts[ALIVE], counts[FREE], counts[USED]
        if senses:
            sense_world(
                counts[ALIVE],
                b,
                row_of[w],
                field[w],
                mine,
                t,
                side_log2,
                tick + 1,
                plane,
                sums,
                widths,
                gains,
                frame,
                box,
                seen[w],
            )
        for entry in range(books.shape[0]):
            totals[entry, w] += books[entry]
