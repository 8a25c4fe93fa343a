"""Founding: a world of a batch is born (again) from a template of matter; founders, guardians and things are put into it."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.ecs.table import NO_INDEX
from ninepixel.world.kernel import Array, kernel, leaf
from ninepixel.world.laws.constants import EXCRETE_LIMIT, EXCRETE_SHIFT, RADIANCE_FLOOR, RADIANCE_SHIFT
from ninepixel.world.laws.lives import Lies, Role, Thing
from ninepixel.world.laws.vital import STREAM_FOUND
from ninepixel.world.life.birth import found_guardian, found_life, hatch, ripe_egg
from ninepixel.world.life.booking import L_BIRTH, L_DECAY, L_FORGED, L_GENESIS, L_MINTED, L_RADIANCE
from ninepixel.world.life.chance import words
from ninepixel.world.life.columns import BEGAN, BODY, ENERGY, EPISODE, MASS, NEXT_SERIAL, RBY, ROLE, T_LIES, T_RBY, X, Y
from ninepixel.world.life.goods import put_thing
from ninepixel.world.life.space import cell_of
from ninepixel.world.life.sparse import ALIVE, FREE, USED, spawn
from ninepixel.world.physics.cpu.fields import diffuse_torus

COIN, LOOT, BURIED = int(Thing.COIN), int(Thing.LOOT), int(Lies.BURIED)
OPEN, CLOSED, IS_GUARDIAN = int(Role.OPEN), int(Role.CLOSED), int(Role.GUARDIAN)
#: Ticks for which matter has radiated into an empty field when the founders arrive.
WARMTH = 64
#: Loot that lies about at the founding has a strength of this to twice this.
FIRST_LOOT = 24


@leaf
def clear(
    w: int,
    tick: int,
    count: Array,
    free_head: Array,
    next_index: Array,
    row_of: Array,
    generation: Array,
    field: Array,
    lives: Array,
    defaults: Array,
    t: Array,
    known: Array,
    chronicle: Array,
    totals: Array,
) -> None:
    """Nothing is left of the world but the number of its episode."""
    count[w], free_head[w], next_index[w] = 0, NO_INDEX, 0
    row_of[:] = ~np.int32(NO_INDEX)
    generation[:] = 0
    field[:] = 0
    for c in range(lives.shape[0]):
        for slot in range(lives.shape[1]):
            lives[c, slot] = defaults[c]
    t[:] = 0
    known[:] = 0
    for entry in range(totals.shape[0]):
        totals[entry, w] = 0
    chronicle[EPISODE] += 1
    chronicle[BEGAN], chronicle[NEXT_SERIAL] = tick, 1


@leaf
def glow_of(weights: int, amount: int, channel: int) -> int:
    """The share of an amount that goes into one channel, by packed weights, in 1/256."""
    red, blue = (weights & 0xFFFF) >> 8, weights >> 24
    share = red if channel == 0 else blue if channel == 1 else 256 - red - blue
    return (amount * share) >> 8


@kernel
def warm_up(ticks: int, matter: int, b: Array, field: Array, side_log2: int, books: Array) -> None:
    """Let rows 0 .. matter-1 radiate and excrete into the field, and the field spread, as physics does."""
    shift, side = 32 - side_log2, 1 << side_log2
    padded = np.zeros((side + 2, side + 2), np.int32)
    for _ in range(ticks):
        for row in range(matter):
            source = (np.int64(b[MASS, row]) + RADIANCE_FLOOR) << RADIANCE_SHIFT
            held = np.int64(b[ENERGY, row]) + source
            books[L_RADIANCE] += source
            out = min((held + (1 << EXCRETE_SHIFT) - 1) >> EXCRETE_SHIFT, EXCRETE_LIMIT)
            cy, cx = cell_of(b[Y, row], shift), cell_of(b[X, row], shift)
            for k in range(3):
                given = glow_of(np.int64(b[RBY, row]) & 0xFFFFFFFF, out, k)
                field[k, cy, cx] += given
                held -= given
            b[ENERGY, row] = held
        for k in range(3):
            books[L_DECAY] += diffuse_torus(field[k], padded)


@leaf
def strew(
    t: Array, coins: int, loot: int, buried: int, tick: int, seed_low: int, seed_high: int, stream: int, books: Array
) -> None:
    """Coins worth one each, and loot, the first *buried* pieces of it under the ground, at places of chance."""
    for number in range(coins + loot):
        x, y, a, c = words(tick, number | (1 << 29), seed_low, seed_high, stream)
        if number < coins:
            if put_thing(t, COIN, np.int32(x), np.int32(y), 1) >= 0:
                books[L_MINTED] += 1
            continue
        thing = put_thing(t, LOOT, np.int32(x), np.int32(y), FIRST_LOOT + (a >> 8) % FIRST_LOOT)
        if thing >= 0:
            books[L_FORGED] += 1
            t[T_RBY, thing] = np.int32(c & 0x7FFF7FFF)
            if number - coins < buried:
                t[T_LIES, thing] = BURIED


@kernel
def found_worlds(
    which: Array,
    tick: int,
    side_log2: int,
    seed_low: Array,
    seed_high: Array,
    count: Array,
    free_head: Array,
    next_index: Array,
    blocks: Array,
    row_of: Array,
    index_of: Array,
    generation: Array,
    field: Array,
    lives: Array,
    defaults: Array,
    things: Array,
    known: Array,
    chronicle: Array,
    totals: Array,
    template: Array,
    matter: Array,
    posts: Array,
    roles: Array,
    strewn: Array,
) -> None:
    """Found the worlds for which ``which[w]`` is not 0.

    :param template: int32 (worlds, body columns, most matter): the matter of every world; ``matter[w]`` rows of it count.
    :param posts: int32 (worlds, guardians): rows of the template that are guarded, -1 for none.
    :param roles: uint32 (minds,): role of every mind's slot; OPEN and CLOSED slots stay empty.
    :param strewn: int64 (3,): coins, loot, and how much of the loot is buried.
    """
    counts, books = np.zeros(3, np.int64), np.zeros(totals.shape[0], np.int64)
    for w in range(which.shape[0]):
        if not which[w]:
            continue
        b, mine, t, low, high = blocks[w], lives[w], things[w], seed_low[w], seed_high[w]
        clear(
            w,
            tick,
            count,
            free_head,
            next_index,
            row_of[w],
            generation[w],
            field[w],
            mine,
            defaults,
            t,
            known[w],
            chronicle[w],
            totals,
        )
        counts[ALIVE], counts[FREE], counts[USED] = 0, NO_INDEX, 0
        books[:] = 0
        n = np.int64(matter[w])
        for row in range(n):
            spawn(counts, row_of[w], index_of[w], b.shape[1])
            for c in range(b.shape[0]):
                b[c, row] = template[w, c, row]
            books[L_GENESIS] += b[ENERGY, row]
        warm_up(WARMTH, n, b, field[w], side_log2, books)
        stream = STREAM_FOUND | (np.int64(chronicle[w, EPISODE]) << 8)
        strew(t, strewn[0], strewn[1], strewn[2], tick, low, high, stream, books)
        minds = roles.shape[0]
        for slot in range(mine.shape[1]):
            if slot < minds:
                role = np.int64(roles[slot])
                if role in (OPEN, CLOSED):
                    mine[ROLE, slot] = role
                    continue
                found_life(
                    mine,
                    slot,
                    known[w],
                    chronicle[w],
                    counts,
                    b,
                    row_of[w],
                    index_of[w],
                    role,
                    tick,
                    low,
                    high,
                    books,
                    L_GENESIS,
                )
            elif posts[w, slot - minds] >= 0:
                found_guardian(
                    mine,
                    slot,
                    np.int64(posts[w, slot - minds]),
                    known[w],
                    chronicle[w],
                    counts,
                    b,
                    row_of[w],
                    index_of[w],
                    books,
                    L_GENESIS,
                )
            else:
                mine[ROLE, slot] = CLOSED
        count[w], free_head[w], next_index[w] = counts[ALIVE], counts[FREE], counts[USED]
        for entry in range(books.shape[0]):
            totals[entry, w] += books[entry]


@kernel
def replace_dead(
    which: Array,
    roles: Array,
    tick: int,
    seed_low: Array,
    seed_high: Array,
    count: Array,
    free_head: Array,
    next_index: Array,
    blocks: Array,
    row_of: Array,
    index_of: Array,
    lives: Array,
    things: Array,
    known: Array,
    chronicle: Array,
    totals: Array,
) -> None:
    """Fill the empty slots for which ``which[w, slot]`` is not 0: from a ripe egg, if there is one, else with a founder.

    Slots that are for nobody or for eggs alone stay as they are."""
    counts, books = np.zeros(3, np.int64), np.zeros(totals.shape[0], np.int64)
    for w in range(which.shape[0]):
        counts[ALIVE], counts[FREE], counts[USED] = count[w], free_head[w], next_index[w]
        books[:] = 0
        some = False
        for slot in range(which.shape[1]):
            if not which[w, slot] or lives[w, BODY, slot] >= 0 or roles[slot] == OPEN or roles[slot] == CLOSED:
                continue
            some = True
            mine, t, b, role = lives[w], things[w], blocks[w], np.int64(roles[slot])
            egg = ripe_egg(t)
            if egg >= 0 and hatch(mine, slot, role, t, egg, known[w], chronicle[w], counts, b, row_of[w], index_of[w]):
                continue
            found_life(
                mine,
                slot,
                known[w],
                chronicle[w],
                counts,
                b,
                row_of[w],
                index_of[w],
                role,
                tick,
                seed_low[w],
                seed_high[w],
                books,
                L_BIRTH,
            )
        if some:
            count[w], free_head[w], next_index[w] = counts[ALIVE], counts[FREE], counts[USED]
            for entry in range(books.shape[0]):
                totals[entry, w] += books[entry]
