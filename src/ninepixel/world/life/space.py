"""Distances on the torus, the bucket grid that answers "who is near", and what lies nearest to every life.

The grid is a counting sort of bodies by hash cell; things are few and hang in a list per hash cell. A hand reaches two cells at
most and a hash cell is at least as wide, so the 3x3 hash cells around a life hold everything that it can reach.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.bodies import Flag, Kind
from ninepixel.world.laws.lives import Lies, Role, Thing
from ninepixel.world.laws.vital import REACH, READ_REACH
from ninepixel.world.life.columns import (
    BODY,
    LINK,
    NEAR_LIFE,
    NEAR_MATTER,
    NEAR_THING,
    PHENO_B,
    ROLE,
    T_KIND,
    T_LIES,
    T_X,
    T_Y,
    TRAITS,
    X,
    Y,
)

MATTER, MIND, GUARDIAN = int(Kind.MATTER), int(Kind.MIND), int(Kind.GUARDIAN)
SEALED = int(Flag.SEALED) << 16
COIN, LOOT, HELD = int(Thing.COIN), int(Thing.LOOT), int(Lies.HELD)
IS_GUARDIAN = int(Role.GUARDIAN)
FAR = 1 << 62


@leaf
def apart(there: int, here: int, cell_shift: int) -> int:
    """The shortest way from *here* to *there* along one axis, in 1/256 cells (int32 patterns of torus fractions)."""
    return np.int64(np.int32(np.int64(there) - np.int64(here))) >> (cell_shift - 8)


@leaf
def cell_of(place: int, shift: int) -> int:
    """The cell along one axis of a place (the int32 pattern of a torus fraction), for cells of ``1 << shift``."""
    return (np.int64(place) & 0xFFFFFFFF) >> shift


@leaf
def square(there_x: int, there_y: int, here_x: int, here_y: int, cell_shift: int) -> int:
    """The squared distance in 1/65536 square cells."""
    dx, dy = apart(there_x, here_x, cell_shift), apart(there_y, here_y, cell_shift)
    return dx * dx + dy * dy


@leaf
def read_reach(pheno_b: int) -> int:
    """How far a life with this B codon of traits reads, in 1/256 cells."""
    return min(READ_REACH + 2 * ((pheno_b >> 16) & 0xFF), REACH)


@leaf
def knows(known: Array, slot: int, index: int) -> bool:
    """Whether the life in *slot* has decoded the body of *index*; what it could not remember it need not read."""
    word = index >> 5
    if word >= known.shape[1]:
        return True
    return ((np.int64(known[slot, word]) >> (index & 31)) & 1) != 0


@leaf
def hash_cell(bx: int, by: int, hash_shift: int) -> int:
    """The hash cell of a place (int32 patterns of torus fractions)."""
    x, y = cell_of(bx, hash_shift), cell_of(by, hash_shift)
    return (y << (32 - hash_shift)) | x


@leaf
def bucket(n: int, b: Array, t: Array, hash_shift: int, start: Array, order: Array, head: Array, behind: Array) -> None:
    """Sort rows 0 .. n-1 by hash cell into *order*; *start* (cells + 1) has the first places; hang things that lie into lists.

    *head* (cells) and *behind* (things) hold -1 where a list ends. All of them int32.
    """
    start[:] = 0
    for row in range(n):
        start[hash_cell(b[X, row], b[Y, row], hash_shift) + 1] += 1
    for cell in range(start.shape[0] - 1):
        start[cell + 1] += start[cell]
    for row in range(n - 1, -1, -1):  # start[c + 1] walks from where cell c ends to where it begins
        cell = hash_cell(b[X, row], b[Y, row], hash_shift) + 1
        start[cell] -= 1
        order[start[cell]] = row
    cells = start.shape[0] - 1
    for cell in range(cells):
        start[cell] = start[cell + 1]
    start[cells] = n
    head[:] = -1
    for thing in range(t.shape[1] - 1, -1, -1):
        kind = t[T_KIND, thing]
        if (kind in (COIN, LOOT)) and t[T_LIES, thing] != HELD:
            cell = hash_cell(t[T_X, thing], t[T_Y, thing], hash_shift)
            behind[thing] = head[cell]
            head[cell] = thing


@leaf
def look_around(
    b: Array,
    row_of: Array,
    index_of: Array,
    lives: Array,
    t: Array,
    known: Array,
    side_log2: int,
    reach_log2: int,
    start: Array,
    order: Array,
    head: Array,
    behind: Array,
) -> None:
    """Write into every life what it could act upon: the nearest life, unread matter, and thing within reach, or -1.

    Of two that are equally near the one with the smaller slot or index counts.
    """
    cell_shift = 32 - side_log2
    hash_shift = cell_shift + reach_log2
    bits = side_log2 - reach_log2
    edge = (1 << bits) - 1
    for slot in range(lives.shape[1]):
        index = lives[BODY, slot]
        if index < 0:
            continue
        row = row_of[index]
        bx, by = b[X, row], b[Y, row]
        hx, hy = cell_of(bx, hash_shift), cell_of(by, hash_shift)
        near_life = near_matter = near_thing = np.int64(-1)
        best_life = best_thing = REACH * REACH + 1
        sight = read_reach(lives[PHENO_B, slot])
        best_matter = sight * sight + 1
        reads = lives[ROLE, slot] != IS_GUARDIAN
        inside = 0 < hx < edge  # then three hash cells of a row lie in a row
        for step in range(3 if inside else 9):
            if inside:
                cell, past = ((hy + step - 1) & edge) << bits | (hx - 1), 3
            else:
                cell, past = ((hy + step // 3 - 1) & edge) << bits | ((hx + step % 3 - 1) & edge), 1
            for place in range(start[cell], start[cell + past]):
                other = np.uint64(order[place])  # unsigned: numba need not look for negative indices
                kind = b[TRAITS, other] & 0xFF
                if kind == MIND or kind == GUARDIAN:  # noqa: SIM109 -- a tuple is slower here
                    who = np.int64(b[LINK, other])
                    if who < 0 or who == slot:  # a mind without a life is nobody
                        continue
                    d = square(b[X, other], b[Y, other], bx, by, cell_shift)
                    if d < best_life or (d == best_life and who < near_life):
                        best_life, near_life = d, who
                elif reads and kind == MATTER and not b[TRAITS, other] & SEALED:
                    what = np.int64(index_of[other])
                    d = square(b[X, other], b[Y, other], bx, by, cell_shift)
                    if (d < best_matter or (d == best_matter and what < near_matter)) and not knows(known, slot, what):
                        best_matter, near_matter = d, what
            for among in range(cell, cell + past):
                thing = np.int64(head[among])
                while thing >= 0:
                    d = square(t[T_X, thing], t[T_Y, thing], bx, by, cell_shift)
                    if d < best_thing or (d == best_thing and thing < near_thing):
                        best_thing, near_thing = d, thing
                    thing = np.int64(behind[thing])
        lives[NEAR_LIFE, slot] = near_life
        lives[NEAR_MATTER, slot] = near_matter
        lives[NEAR_THING, slot] = near_thing
