"""Worlds as pictures without a GPU: three pixels a cell, bodies by the law of the nine pixels, the field as glow on the ground.

The laws of colour are those of :mod:`ninepixel.world.picture`, in integers, so that equal states have equal pictures.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

from functools import cache

import numpy as np

from ninepixel.agents.envs.spaces import CELL_PIXELS, VIEW, VIEW_CELLS
from ninepixel.world.kernel import Array, kernel, leaf
from ninepixel.world.laws.lives import Lies, Thing
from ninepixel.world.life.columns import BODY, ENERGY, GENE_R, RBY, T_KIND, T_LIES, T_RBY, T_X, T_Y, TRAITS, X, Y
from ninepixel.world.life.senses import AT
from ninepixel.world.life.space import cell_of
from ninepixel.world.picture.palette import BODY_RGB, GLOW_RGB, GROUND_RGB, ROW_RGB, SEALED_RGB, body_class
from ninepixel.world.state import State

PX = CELL_PIXELS
HALF_VIEW = VIEW_CELLS // 2
A_STORES = AT["stores"]
SHOT, COIN, LOOT, EGG = int(Thing.SHOT), int(Thing.COIN), int(Thing.LOOT), int(Thing.EGG)
OPENLY = int(Lies.OPENLY)
#: Who is seen where several bodies share a cell, by kind: minds before guardians, creatures, matter, folders, motes.
RANK = (0, 3, 2, 4, 1, 6, 5, 0)
#: A field cell's light: its channels' glow (0 .. 63 each) times their colour >> this.
GLOW_SHIFT = 7
KINDS, CLASSES = 8, 256


@cache
def palettes() -> tuple[Array, Array, Array, Array, Array]:
    """What the kernels colour with.

    Colours of classes of bodies int64 (n, 3), rows and sealed matter (4, 3), ground and glow of the field's channels (4, 3),
    class by kind and matter (8, 256), rank by kind (8,).
    """
    ground = np.rint(np.asarray(GROUND_RGB) ** 0.75 * 255).astype(np.int64)
    field = np.concatenate([ground[None], np.rint(np.asarray(GLOW_RGB) * 255).astype(np.int64)])
    classes = body_class(np.arange(KINDS)[:, None], np.arange(CLASSES)[None, :]).astype(np.int64)
    return BODY_RGB.astype(np.int64), np.asarray([*ROW_RGB, SEALED_RGB], np.int64), field, classes, np.asarray(RANK, np.int64)


@leaf
def octaves_in(energy: int) -> int:
    """The bits that a number needs."""
    bits, left = 0, max(np.int64(energy), 0)
    while left:
        bits, left = bits + 1, left >> 1
    return bits


@leaf
def glow(energy: int) -> int:
    """Energy of a cell in 64 steps, sixteen for every factor of sixteen: a logarithm in four straight pieces."""
    v = np.int64(energy)
    return (min(v, 1 << 6) >> 2) + (min(v, 1 << 10) >> 6) + (min(v, 1 << 14) >> 10) + (min(v, (1 << 18) - 1) >> 14)


@leaf
def draw_ground(field: Array, colours: Array, picture: Array) -> None:
    """The field's glow; every cell is one flat square."""
    for y in range(field.shape[1]):
        for x in range(field.shape[2]):
            red, blue, yellow = glow(field[0, y, x]), glow(field[1, y, x]), glow(field[2, y, x])
            for c in range(3):
                light = colours[1, c] * red + colours[2, c] * blue + colours[3, c] * yellow
                value = min(colours[0, c] + (light >> GLOW_SHIFT), 255)
                for i in range(PX):
                    for j in range(PX):
                        picture[y * PX + i, x * PX + j, c] = value


@leaf
def hue_of(row: int, rby: int, traits: int, energy: int, bodies: Array, rows: Array, classes: Array, hue: Array) -> None:
    """The hue of one row of a body, as :func:`ninepixel.world.picture.pixels.row_hues` has it, into *hue*, int64 (3,)."""
    red, blue = rby & 0xFFFF, rby >> 16
    yellow = 65536 - red - blue
    kind = classes[traits & 7, (traits >> 8) & 0xFF]
    for c in range(3):
        own = (red * rows[0, c] + blue * rows[1, c] + yellow * rows[2, c]) >> 16
        hue[c] = (4 * bodies[kind, c] + 2 * rows[row, c] + 2 * own) >> 3
    grey = (min(hue[0], hue[1], hue[2]) * 5) >> 3
    heat = min(2 * octaves_in(energy), 56)
    for c in range(3):
        value = hue[c] - grey
        if (traits >> 16) & 2:
            value = (value + 3 * rows[3, c]) >> 2
        hue[c] = value + (((255 - value) * heat) >> 8)


@leaf
def draw_body(
    row: int, b: Array, top: int, left: int, bodies: Array, rows: Array, classes: Array, hue: Array, picture: Array
) -> None:
    """The nine pixels of a body."""
    rby, traits = np.int64(b[RBY, row]) & 0xFFFFFFFF, np.int64(b[TRAITS, row]) & 0xFFFFFFFF
    for i in range(3):
        hue_of(i, rby, traits, np.int64(b[ENERGY, row]), bodies, rows, classes, hue)
        most = max(hue[0], hue[1], hue[2])
        bright = 0 if hue[0] == most else 1 if hue[1] == most else 2
        codon = np.int64(b[GENE_R + i, row])
        for j in range(3):
            base = (codon >> (8 * j)) & 0xFF
            value = 64 + ((3 * base) >> 2)
            bit = 1 if base & 3 == 1 else 0
            for c in range(3):
                dim = (min(hue[c] * value // most, value - 2) & ~1) | bit
                picture[top + i, left + j, c] = value if c == bright else dim


@leaf
def put_pixel(picture: Array, y: int, x: int, red: int, green: int, blue: int) -> None:
    """One pixel."""
    picture[y, x, 0], picture[y, x, 1], picture[y, x, 2] = red, green, blue


@leaf
def draw_thing(t: Array, thing: int, top: int, left: int, rows: Array, picture: Array) -> None:
    """A coin or an egg is one pixel, loot and a shot are four."""
    kind = t[T_KIND, thing]
    if kind == COIN:
        put_pixel(picture, top + 1, left + 1, 255, 221, 96)
        return
    if kind == EGG:
        put_pixel(picture, top + 1, left + 1, 255, 246, 226)
        return
    rby = np.int64(t[T_RBY, thing]) & 0xFFFFFFFF
    red, blue = rby & 0xFFFF, rby >> 16
    yellow = max(65536 - red - blue, 0)
    for i in range(2):
        for j in range(2):
            for c in range(3):
                own = (red * rows[0, c] + blue * rows[1, c] + yellow * rows[2, c]) >> 16
                picture[top + i, left + j, c] = min((255 + 3 * own) >> 2 if kind == LOOT else (255 + own) >> 1, 255)


@leaf
def draw_things(t: Array, shots: bool, side_log2: int, rows: Array, picture: Array) -> None:
    """Shots, or everything else that lies openly."""
    shift = 32 - side_log2
    for thing in range(t.shape[1]):
        kind = t[T_KIND, thing]
        if kind == 0 or t[T_LIES, thing] != OPENLY or (kind == SHOT) != shots:
            continue
        cy, cx = cell_of(t[T_Y, thing], shift), cell_of(t[T_X, thing], shift)
        draw_thing(t, thing, cy * PX, cx * PX, rows, picture)


@leaf
def draw_world(
    side_log2: int,
    n: int,
    b: Array,
    index_of: Array,
    field: Array,
    t: Array,
    bodies: Array,
    rows: Array,
    colours: Array,
    classes: Array,
    rank: Array,
    first: Array,
    hue: Array,
    picture: Array,
) -> None:
    """A whole world. *picture*: uint8 (3 * side, 3 * side, 3).

    Where bodies share a cell, the highest rank is drawn, of equal ranks the lowest index: the order of rows is no state.

    :param first: int32 (cells,), *hue* int64 (3,): scratch.
    """
    draw_ground(field, colours, picture)
    draw_things(t, False, side_log2, rows, picture)
    first[:] = -1
    shift = 32 - side_log2
    for row in range(n):
        cell = (cell_of(b[Y, row], shift) << side_log2) | cell_of(b[X, row], shift)
        rival = np.int64(first[cell])
        mine = rank[b[TRAITS, row] & 7]
        theirs = rank[b[TRAITS, rival] & 7] if rival >= 0 else -1
        if mine > theirs or (mine == theirs and np.int64(index_of[row]) < np.int64(index_of[rival])):
            first[cell] = row
    side = 1 << side_log2
    for cell in range(side * side):
        if first[cell] >= 0:
            top, left = (cell >> side_log2) * PX, (cell & (side - 1)) * PX
            draw_body(np.int64(first[cell]), b, top, left, bodies, rows, classes, hue, picture)
    draw_things(t, True, side_log2, rows, picture)


@leaf
def crop(picture: Array, cy: int, cx: int, out: Array) -> None:
    """The 21x21 cells around a cell of a torus. *out*: uint8 (63, 63, 3)."""
    size = picture.shape[0]
    top, left = (cy - HALF_VIEW) * PX, (cx - HALF_VIEW) * PX
    for i in range(VIEW):
        source = picture[(top + i) % size]
        for j in range(VIEW):
            x = (left + j) % size
            for c in range(3):
                out[i, j, c] = source[x, c]


@leaf
def draw_stores(seen: Array, rows: Array, out: Array) -> None:
    """The lowest three lines are gauges of the three stores; half a line is the set point."""
    for k in range(3):
        full = (np.int64(seen[A_STORES + k]) * VIEW) >> 8
        for j in range(VIEW):
            for c in range(3):
                out[VIEW - 3 + k, j, c] = rows[k, c] if j <= full else rows[k, c] >> 3


@kernel
def look_at_pixels(
    lo: int,
    hi: int,
    side_log2: int,
    count: Array,
    blocks: Array,
    row_of: Array,
    index_of: Array,
    field: Array,
    lives: Array,
    things: Array,
    seen: Array,
    bodies: Array,
    rows: Array,
    colours: Array,
    classes: Array,
    rank: Array,
    out: Array,
) -> None:
    """What the minds of worlds lo .. hi-1 see: each drawn once, then cut out. *out*: uint8 (worlds, minds, 63, 63, 3)."""
    side, shift = 1 << side_log2, 32 - side_log2
    picture = np.zeros((side * PX, side * PX, 3), np.uint8)
    first, hue = np.zeros(side * side, np.int32), np.zeros(3, np.int64)
    for w in range(lo, hi):
        b = blocks[w]
        draw_world(
            side_log2,
            np.int64(count[w]),
            b,
            index_of[w],
            field[w],
            things[w],
            bodies,
            rows,
            colours,
            classes,
            rank,
            first,
            hue,
            picture,
        )
        for slot in range(out.shape[1]):
            index = lives[w, BODY, slot]
            if index < 0:
                out[w, slot, :, :, :] = 0
                continue
            row = np.int64(row_of[w, index])
            cy, cx = cell_of(b[Y, row], shift), cell_of(b[X, row], shift)
            crop(picture, cy, cx, out[w, slot])
            draw_stores(seen[w, slot], rows, out[w, slot])


def picture_of(state: State, world: int = 0) -> Array:
    """One whole world, uint8 (3 * side, 3 * side, 3)."""
    side, log2 = state.params.side, state.params.side_log2
    bodies = state.bodies
    picture, first, hue = np.zeros((side * PX, side * PX, 3), np.uint8), np.zeros(side * side, np.int32), np.zeros(3, np.int64)
    draw_world(
        *(log2, int(bodies.count[world]), bodies.block[world], bodies.index_of[world], state.energy[world]),
        *(state.things.block[world], *palettes(), first, hue, picture),
    )
    return picture


def enlarged(picture: Array, times: int) -> Array:
    """Every pixel as a square of *times* pixels."""
    return np.ascontiguousarray(picture.repeat(times, axis=0).repeat(times, axis=1))


def as_text(picture: Array) -> str:
    """A picture for a terminal with 24-bit colour: a cell a character column, two cells a line."""
    side = picture.shape[0] // PX
    cells = picture.reshape(side, PX, side, PX, 3).max(axis=(1, 3))
    lines = []
    for upper, lower in zip(cells[::2].tolist(), cells[1::2].tolist(), strict=True):
        line = "".join(
            f"\x1b[38;2;{a[0]};{a[1]};{a[2]}m\x1b[48;2;{b[0]};{b[1]};{b[2]}m▀" for a, b in zip(upper, lower, strict=True)
        )
        lines.append(f"{line}\x1b[0m")
    return "\n".join(lines) + "\n"
