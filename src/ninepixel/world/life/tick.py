"""One tick of life of one world, before and after physics, and of many small worlds whole.

before: residents decide -> everybody acts
physics and field (world/physics)
after: things move -> everybody looks around -> metabolism, affect, death -> births -> senses
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import carray, types  # type: ignore[attr-defined]
from numba.core import cgutils
from numba.extending import intrinsic

from ninepixel.world.kernel import Array, kernel, leaf
from ninepixel.world.laws.bodies import BODY_COLUMNS
from ninepixel.world.laws.lives import LIFE_COLUMNS, THING_COLUMNS, Role
from ninepixel.world.laws.vital import STREAM_CHANCE
from ninepixel.world.ledger import ENTRIES
from ninepixel.world.life.act import act_world
from ninepixel.world.life.birth import births_of_world
from ninepixel.world.life.chance import words
from ninepixel.world.life.columns import ACTION, BODY, ROLE
from ninepixel.world.life.flight import move_things
from ninepixel.world.life.guardian import guard
from ninepixel.world.life.instinct import instinct
from ninepixel.world.life.living import live_world
from ninepixel.world.life.senses import RETINA_BYTES, draw_bodies, look, sum_up, wipe
from ninepixel.world.life.space import bucket, look_around
from ninepixel.world.life.sparse import ALIVE, FREE, USED
from ninepixel.world.life.speech import converse
from ninepixel.world.physics.cpu.batch import step_world
from ninepixel.world.physics.cpu.simd import LANES
from ninepixel.world.state import CHRONICLE, State

INSTINCT, RANDOM, STILL, GUARDIAN = int(Role.INSTINCT), int(Role.RANDOM), int(Role.STILL), int(Role.GUARDIAN)

BODY_ROWS, LIFE_ROWS, THING_ROWS, LEDGER_ROWS = len(BODY_COLUMNS), len(LIFE_COLUMNS), len(THING_COLUMNS), len(ENTRIES)
RADIANCE, DECAY = ENTRIES.index("radiance"), ENTRIES.index("decay")
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
        if slot < slots:
            converse(lives, slot, seen[slot])
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
    light: Array,
    sums: Array,
    widths: Array,
    gain: Array,
    frame: Array,
    box: Array,
    out: Array,
) -> None:
    """The observations of the first ``len(out)`` slots of one world."""
    draw_bodies(n, b, lives, t, plane, side_log2)
    sum_up(field, plane, light, sums, 1 << side_log2)
    wipe(n, b, t, plane, side_log2)
    look(out.shape[0], b, row_of, field, lives, t, side_log2, tick, sums, widths, gain, frame, box, out)


@kernel
def shorts_at(scratch: Array, at: int, size: int) -> tuple[Array, int]:
    """The next *size* numbers of a scratch buffer, and where the ones after them begin (a multiple of 64 bytes)."""
    return scratch[at : at + size], (at + size + 31) & ~31


def scratch_size(side_log2: int, reach_log2: int, capacity: int, things: int) -> int:
    """How many int16 :func:`tick_lives` needs to work in; kept between ticks, because making them anew would take longer."""
    side, cells, room = 1 << side_log2, 1 << 2 * (side_log2 - reach_log2), capacity + LANES
    sizes = (
        *(2 * cells, 2 * (cells + 1), 2 * room, 2 * cells, 2 * things, 2 * (side + 2) ** 2, 4 * side, 4 * room),
        *(side * side * LANES, (side + 1) ** 2 * LANES),
    )
    return sum((size + 31) & ~31 for size in sizes)


@intrinsic
def fetch_ahead(typing: Any, array: Any) -> Any:
    """Ask the memory for a whole array, 64 bytes at a time, without waiting for it."""
    signature = types.void(array)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        here = context.make_array(sig.args[0])(context, builder, args[0])
        size = builder.mul(here.nitems, here.itemsize)
        start = builder.bitcast(here.data, cgutils.voidptr_t)
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")  # type: ignore[no-untyped-call]
        zero, line = ir.Constant(size.type, 0), ir.Constant(size.type, 64)
        with cgutils.for_range_slice(builder, zero, size, line) as (at, _):
            place = builder.gep(start, [at])
            builder.call(prefetch, [place, ir.Constant(number, 0), ir.Constant(number, 2), ir.Constant(number, 1)])
        return context.get_dummy_value()

    return signature, generate


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
    scratch: Array,
) -> None:
    """Worlds lo .. hi-1, one after the other, through the phases whose bits are set in *phase*: BEFORE, PHYSICS, AFTER, SENSES.

    Shapes: blocks (worlds, columns, capacity) int32; lives, things likewise; seen (worlds, minds, RETINA_BYTES) uint8; gain,
    sections int32 and died uint8 (worlds, slots); totals (entries, worlds) int64, of which *radiance* and *decay* are two rows.
    *scratch*: int16, :func:`scratch_size` long, zero before its first use.
    """
    side, cells, room = 1 << side_log2, 1 << 2 * (side_log2 - reach_log2), blocks.shape[2] + LANES
    tally, at = shorts_at(scratch, 0, 2 * cells)
    start, at = shorts_at(scratch, at, 2 * (cells + 1))
    order, at = shorts_at(scratch, at, 2 * room)
    head, at = shorts_at(scratch, at, 2 * cells)
    behind, at = shorts_at(scratch, at, 2 * things.shape[2])
    padded, at = shorts_at(scratch, at, 2 * (side + 2) * (side + 2))
    light, at = shorts_at(scratch, at, 4 * side)
    spots, at = shorts_at(scratch, at, 4 * room)
    tally, start, order = tally.view(np.int32).reshape((1, cells)), start.view(np.int32), order.view(np.int32)
    head, behind, light = head.view(np.int32), behind.view(np.int32), light.view(np.int64)
    padded, spots = padded.view(np.int32).reshape((side + 2, side + 2)), spots.reshape((4, room))
    senses = phase & SENSES
    plane, at = shorts_at(scratch, at, side * side * LANES if senses else 0)
    sums, at = shorts_at(scratch, at, (side + 1) * (side + 1) * LANES if senses else 0)
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
        ahead = w + 1 < hi  # the next world is on its way while this one is stepped: a tenth faster in large batches
        if ahead:
            fetch_ahead(field[w + 1])
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
                padded,
            )
            books[radiance] += radiated
            books[decay] += decayed
        if ahead:
            fetch_ahead(lives[w + 1])
            fetch_ahead(blocks[w + 1])
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
        if ahead:
            fetch_ahead(things[w + 1])
            fetch_ahead(seen[w + 1])
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
                light,
                sums,
                widths,
                gains,
                frame,
                box,
                seen[w],
            )
        for entry in range(books.shape[0]):
            totals[entry, w] += books[entry]


@intrinsic
def memory_at(typing: Any, address: Any) -> Any:
    """An address as a pointer."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], cgutils.voidptr_t)

    return types.voidptr(address), generate


@kernel
def tick_packet(lo: int, hi: int, phase: int, tick: int, p: Array, scratch: Array) -> None:
    """:func:`tick_lives` on arrays that are named by their addresses: handing over thirty arrays takes longer than a small tick.

    :param p: int64, from :func:`packet`; what it points to must be kept alive by the caller.
    """
    worlds, bodies, slots, things, minds, words, side = p[0], p[1], p[2], p[3], p[4], p[5], 1 << p[6]
    tick_lives(
        lo,
        hi,
        phase,
        p[6],
        p[7],
        tick,
        carray(memory_at(p[10]), (worlds,), np.int64),
        carray(memory_at(p[11]), (worlds,), np.int64),
        carray(memory_at(p[12]), (worlds,), np.int64),
        carray(memory_at(p[13]), (worlds, 3, 3), np.int64),
        carray(memory_at(p[14]), (worlds,), np.int32),
        carray(memory_at(p[15]), (worlds,), np.int32),
        carray(memory_at(p[16]), (worlds,), np.int32),
        carray(memory_at(p[17]), (worlds, BODY_ROWS, bodies), np.int32),
        carray(memory_at(p[18]), (worlds, bodies), np.int32),
        carray(memory_at(p[19]), (worlds, bodies), np.uint32),
        carray(memory_at(p[20]), (worlds, bodies), np.uint32),
        carray(memory_at(p[21]), (worlds, 3, side, side), np.int32),
        carray(memory_at(p[22]), (worlds, LIFE_ROWS, slots), np.int32),
        carray(memory_at(p[23]), (worlds, THING_ROWS, things), np.int32),
        carray(memory_at(p[24]), (worlds, slots, words), np.uint32),
        carray(memory_at(p[25]), (worlds, CHRONICLE), np.int64),
        carray(memory_at(p[26]), (LEDGER_ROWS, worlds), np.int64),
        RADIANCE,
        DECAY,
        carray(memory_at(p[27]), (worlds, minds, RETINA_BYTES), np.uint8),
        carray(memory_at(p[28]), (worlds, slots), np.int32),
        carray(memory_at(p[29]), (worlds, slots), np.int32),
        carray(memory_at(p[30]), (worlds, slots), np.uint8),
        carray(memory_at(p[31]), (4,), np.int64),
        carray(memory_at(p[32]), (4 * 2 * LANES,), np.int16),
        p[8],
        scratch,
    )


def packet(state: State, child_role: int, arrays: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    """What :func:`tick_packet` reads: sizes, and the addresses of *arrays*, the arrays of :func:`tick_lives` in their order."""
    if not all(array.flags.c_contiguous for array in arrays):
        raise ValueError("a kernel reads whole arrays only")
    params, minds = state.params, arrays[17].shape[1]
    sizes = (params.worlds, state.bodies.capacity, state.lives.capacity, state.things.capacity, minds, state.known.shape[2])
    numbers = [*sizes, params.side_log2, params.reach_log2, child_role, 0, *(array.ctypes.data for array in arrays)]
    return np.asarray(numbers, np.int64)
