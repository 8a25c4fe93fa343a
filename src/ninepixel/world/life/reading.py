"""Decoding matter section by section, and what a file read whole leaves."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.lives import Mood, Role, Thing
from ninepixel.world.laws.vital import (
    COST_DECODE,
    DEED_CLASSES,
    DEED_DEEP,
    DEED_FILES,
    SECTION_LIMIT,
    SECTION_SHIFT,
    SECTION_WORK,
    SECTION_YIELD,
    SECTION_YIELD_SHIFT,
    STORE_LIMIT,
    WIT,
)
from ninepixel.world.life.booking import L_MINTED
from ninepixel.world.life.codon import byte_of
from ninepixel.world.life.columns import (
    BODY,
    CLASSES,
    D_BROWSE,
    D_DEPTH,
    D_FILE,
    D_LIBRARY,
    D_NERVE,
    D_POLYMATH,
    D_READ,
    D_SCHOLAR,
    D_SHELF,
    ENERGY,
    FILES,
    MASS,
    MOOD,
    PHENO_B,
    POST,
    READING,
    ROLE,
    SECTION,
    STORE_B,
    TRAITS,
    WORK,
    X,
    Y,
)
from ninepixel.world.life.deeds import bits_of, deed
from ninepixel.world.life.goods import bonus, put_thing
from ninepixel.world.life.space import MATTER, SEALED, knows, read_reach, square
from ninepixel.world.life.stores import spend

COIN = int(Thing.COIN)
IS_GUARDIAN, HUNT = int(Role.GUARDIAN), int(Mood.HUNT)


@leaf
def sections_of(mass: int) -> int:
    """How many sections matter of this mass has."""
    return min(1 + (mass >> SECTION_SHIFT), SECTION_LIMIT)


@leaf
def decode(
    lives: Array, t: Array, b: Array, row_of: Array, known: Array, slot: int, row: int, matter: int, cell_shift: int, books: Array
) -> int:
    """Work on the next section of matter. Returns how many sections were finished (0 or 1)."""
    there = np.int64(row_of[matter])
    if there < 0 or (b[TRAITS, there] & 0xFF) != MATTER or b[TRAITS, there] & SEALED or knows(known, slot, matter):
        return 0
    sight = read_reach(lives[PHENO_B, slot])
    if square(b[X, there], b[Y, there], b[X, row], b[Y, row], cell_shift) > sight * sight:
        return 0
    if lives[READING, slot] != matter:
        lives[READING, slot], lives[SECTION, slot], lives[WORK, slot] = matter, 0, 0
    spend(lives, STORE_B, slot, COST_DECODE, books)
    lives[WORK, slot] += WIT + (byte_of(lives[PHENO_B, slot], 0) >> 2) + bonus(lives, t, slot)
    if lives[WORK, slot] < SECTION_WORK:
        return 0
    lives[WORK, slot] = 0
    lives[SECTION, slot] += 1
    gained = min(min(np.int64(b[ENERGY, there]) >> SECTION_YIELD_SHIFT, SECTION_YIELD), STORE_LIMIT - lives[STORE_B, slot])
    b[ENERGY, there] -= gained
    lives[STORE_B, slot] += gained
    lives[CLASSES, slot] |= 1 << min((b[TRAITS, there] >> 8) & 0xFF, 31)
    classes = bits_of(lives[CLASSES, slot])
    deed(lives, slot, D_READ)
    if classes >= DEED_CLASSES[0]:
        deed(lives, slot, D_BROWSE)
    if classes >= DEED_CLASSES[1]:
        deed(lives, slot, D_SCHOLAR)
    if classes >= DEED_CLASSES[2]:
        deed(lives, slot, D_POLYMATH)
    if lives[SECTION, slot] >= sections_of(np.int64(b[MASS, there])):
        finish_file(lives, t, b, known, slot, row, matter, books)
    return 1


@leaf
def finish_file(lives: Array, t: Array, b: Array, known: Array, slot: int, row: int, matter: int, books: Array) -> None:
    """The last section of a file: it is remembered, and a coin worth its sections lies at the reader's feet."""
    sections = np.int64(lives[SECTION, slot])
    word = matter >> 5
    known[slot, word] = np.uint32(np.int64(known[slot, word]) | (1 << (matter & 31)))
    lives[READING, slot], lives[SECTION, slot] = -1, 0
    lives[FILES, slot] += 1
    if put_thing(t, COIN, b[X, row], b[Y, row], sections) >= 0:
        books[L_MINTED] += sections
    deed(lives, slot, D_FILE)
    if lives[FILES, slot] >= DEED_FILES[0]:
        deed(lives, slot, D_SHELF)
    if lives[FILES, slot] >= DEED_FILES[1]:
        deed(lives, slot, D_LIBRARY)
    if sections >= DEED_DEEP:
        deed(lives, slot, D_DEPTH)
    for other in range(lives.shape[1]):
        alive = lives[ROLE, other] == IS_GUARDIAN and lives[BODY, other] >= 0
        if alive and lives[POST, other] == matter and lives[MOOD, other] == HUNT:
            deed(lives, slot, D_NERVE)
