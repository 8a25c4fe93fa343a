"""Birth: eggs hatch into open slots, slain guardians are replaced, founders arrive."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.bodies import Kind
from ninepixel.world.laws.lives import Role, Thing
from ninepixel.world.laws.vital import (
    EGG_TICKS,
    FIRST_HEAT,
    FOUNDER_STORE,
    GUARD_HEALTH,
    STREAM_FOUND,
)
from ninepixel.world.laws.vital import (
    HEALTH as WHOLE,
)
from ninepixel.world.life.booking import L_BIRTH
from ninepixel.world.life.chance import words
from ninepixel.world.life.columns import (
    BODY,
    CHILDREN,
    COOLDOWN,
    D_DYNASTY,
    D_HATCH,
    DRIVE,
    EPISODE,
    FATHER,
    FOE,
    GENE_B,
    GENE_R,
    GENE_Y,
    GENERATION,
    HEALTH,
    HEAT,
    HOLDING,
    HOME_X,
    HOME_Y,
    LINK,
    LOW,
    MASS,
    MOTHER,
    NEAR_LIFE,
    NEAR_MATTER,
    NEAR_THING,
    NEXT_SERIAL,
    PHENO_Y,
    POST,
    RBY,
    READING,
    ROLE,
    SERIAL,
    STORE_R,
    T_AGE,
    T_ENERGY,
    T_FATHER,
    T_GENE_B,
    T_GENE_R,
    T_GENE_Y,
    T_GENERATION,
    T_HEAT,
    T_KIND,
    T_MOTHER,
    T_X,
    T_Y,
    TRAITS,
    X,
    Y,
)
from ninepixel.world.life.deeds import deed
from ninepixel.world.life.heredity import colours, express
from ninepixel.world.life.sparse import NO_ROOM, spawn
from ninepixel.world.life.stores import drive_of

MIND, GUARDIAN = int(Kind.MIND), int(Kind.GUARDIAN)
OPEN, IS_GUARDIAN = int(Role.OPEN), int(Role.GUARDIAN)
EGG = int(Thing.EGG)
MIND_MASS = 96
STRONGEST = 255


@leaf
def embody(
    lives: Array,
    slot: int,
    known: Array,
    chronicle: Array,
    counts: Array,
    b: Array,
    row_of: Array,
    index_of: Array,
    role: int,
    kind: int,
    x: int,
    y: int,
    mass: int,
    gene_r: int,
    gene_b: int,
    gene_y: int,
) -> bool:
    """A new life with a new body in *slot*, its stores still empty. False when there is no room for a body."""
    row = spawn(counts, row_of, index_of, b.shape[1])
    if row == NO_ROOM:
        return False
    for c in range(b.shape[0]):
        b[c, row] = 0
    b[X, row], b[Y, row], b[MASS, row], b[LINK, row], b[TRAITS, row] = x, y, mass, slot, kind
    b[GENE_R, row], b[GENE_B, row], b[GENE_Y, row] = gene_r, gene_b, gene_y
    b[RBY, row] = colours(gene_r, gene_b, gene_y)
    for c in range(lives.shape[0]):
        lives[c, slot] = 0
    for c in (HOLDING, READING, NEAR_LIFE, NEAR_MATTER, NEAR_THING, POST, FOE):
        lives[c, slot] = -1
    for word in range(known.shape[1]):
        known[slot, word] = 0
    lives[BODY, slot], lives[ROLE, slot] = index_of[row], role
    lives[HEALTH, slot] = lives[LOW, slot] = WHOLE
    lives[HOME_X, slot], lives[HOME_Y, slot] = x, y
    lives[SERIAL, slot] = chronicle[NEXT_SERIAL]
    chronicle[NEXT_SERIAL] += 1
    express(lives, slot, gene_r, gene_b, gene_y)
    return True


@leaf
def endow(lives: Array, slot: int, energy: int, books: Array, entry: int) -> None:
    """Fill the stores of a new life with *energy* each, from a named source."""
    for k in range(3):
        lives[STORE_R + k, slot] = energy
    books[entry] += 3 * energy
    lives[DRIVE, slot] = drive_of(lives, slot)


@leaf
def found_life(
    lives: Array,
    slot: int,
    known: Array,
    chronicle: Array,
    counts: Array,
    b: Array,
    row_of: Array,
    index_of: Array,
    role: int,
    tick: int,
    seed_low: int,
    seed_high: int,
    books: Array,
    entry: int,
) -> bool:
    """A founder: a mind without parents at a place and with a genome of chance."""
    birth, stream = chronicle[NEXT_SERIAL], STREAM_FOUND | (np.int64(chronicle[EPISODE]) << 8)
    x, y, a, c = words(tick, birth, seed_low, seed_high, stream)
    d, _, _, _ = words(tick, birth | (1 << 30), seed_low, seed_high, stream)
    gene_r, gene_b, gene_y = a & 0xFFFFFF, c & 0xFFFFFF, d & 0xFFFFFF
    if not embody(
        lives, slot, known, chronicle, counts, b, row_of, index_of, role, MIND, x, y, MIND_MASS, gene_r, gene_b, gene_y
    ):
        return False
    lives[HEAT, slot] = FIRST_HEAT
    endow(lives, slot, FOUNDER_STORE, books, entry)
    return True


@leaf
def found_guardian(
    lives: Array,
    slot: int,
    post: int,
    known: Array,
    chronicle: Array,
    counts: Array,
    b: Array,
    row_of: Array,
    index_of: Array,
    books: Array,
    entry: int,
) -> bool:
    """A guardian of the matter of index *post*, stronger the heavier that is; it wears its genes."""
    there = row_of[post]
    x, y, mass = b[X, there], b[Y, there], np.int64(b[MASS, there])
    gene_r, gene_b, gene_y = b[GENE_R, there], b[GENE_B, there], b[GENE_Y, there]
    if not embody(
        lives,
        slot,
        known,
        chronicle,
        counts,
        b,
        row_of,
        index_of,
        IS_GUARDIAN,
        GUARDIAN,
        x,
        y,
        mass,
        gene_r,
        gene_b,
        gene_y,
    ):
        return False
    strength = min(mass >> 2, STRONGEST)
    lives[PHENO_Y, slot] = (lives[PHENO_Y, slot] & 0xFF00FF) | (strength << 8)
    lives[HEALTH, slot] = lives[LOW, slot] = GUARD_HEALTH + (mass >> 2)
    lives[POST, slot] = post
    endow(lives, slot, FOUNDER_STORE, books, entry)
    return True


@leaf
def applaud_elders(lives: Array, mother: int, father: int) -> None:
    """Note for living grandparents that they have a grandchild."""
    for slot in range(lives.shape[1]):
        serial = lives[SERIAL, slot]
        if lives[BODY, slot] >= 0 and serial != 0 and (serial in (mother, father)):
            deed(lives, slot, D_DYNASTY)


@leaf
def applaud(lives: Array, serial: int) -> None:
    """Note for a living parent that it has a child, and for its own parents that they have a grandchild."""
    for slot in range(lives.shape[1]):
        if serial != 0 and lives[BODY, slot] >= 0 and lives[SERIAL, slot] == serial:
            lives[CHILDREN, slot] += 1
            deed(lives, slot, D_HATCH)
            applaud_elders(lives, lives[MOTHER, slot], lives[FATHER, slot])


@leaf
def hatch(
    lives: Array,
    slot: int,
    role: int,
    t: Array,
    egg: int,
    known: Array,
    chronicle: Array,
    counts: Array,
    b: Array,
    row_of: Array,
    index_of: Array,
) -> bool:
    """An egg becomes a life; its energy becomes the child's stores."""
    if not embody(
        lives,
        slot,
        known,
        chronicle,
        counts,
        b,
        row_of,
        index_of,
        role,
        MIND,
        t[T_X, egg],
        t[T_Y, egg],
        MIND_MASS,
        t[T_GENE_R, egg],
        t[T_GENE_B, egg],
        t[T_GENE_Y, egg],
    ):
        return False
    energy = np.int64(t[T_ENERGY, egg])
    third = energy // 3
    lives[STORE_R, slot], lives[STORE_R + 1, slot], lives[STORE_R + 2, slot] = third, third, energy - 2 * third
    lives[MOTHER, slot], lives[FATHER, slot] = t[T_MOTHER, egg], t[T_FATHER, egg]
    lives[GENERATION, slot], lives[HEAT, slot] = t[T_GENERATION, egg], t[T_HEAT, egg]
    lives[DRIVE, slot] = drive_of(lives, slot)
    t[T_KIND, egg] = t[T_ENERGY, egg] = 0
    applaud(lives, lives[MOTHER, slot])
    applaud(lives, lives[FATHER, slot])
    return True


@leaf
def ripe_egg(t: Array) -> int:
    """The oldest egg that may hatch, of equally old ones the first; -1 for none."""
    best, age = -1, EGG_TICKS - 1
    for thing in range(t.shape[1]):
        if t[T_KIND, thing] == EGG and t[T_AGE, thing] > age:
            best, age = thing, t[T_AGE, thing]
    return best


@leaf
def births_of_world(
    lives: Array,
    t: Array,
    known: Array,
    chronicle: Array,
    counts: Array,
    b: Array,
    row_of: Array,
    index_of: Array,
    books: Array,
    child_role: int,
) -> None:
    """Eggs hatch into open slots, in slot order; guardians whose time has come stand at their posts again."""
    egg = ripe_egg(t)
    for slot in range(lives.shape[1]):
        if lives[BODY, slot] >= 0:
            continue
        role = lives[ROLE, slot]
        if role == OPEN and egg >= 0:
            if hatch(lives, slot, child_role, t, egg, known, chronicle, counts, b, row_of, index_of):
                egg = ripe_egg(t)
        elif role == IS_GUARDIAN:
            lives[COOLDOWN, slot] -= 1
            post = np.int64(lives[POST, slot])
            if lives[COOLDOWN, slot] <= 0 and post >= 0 and row_of[post] >= 0:
                found_guardian(lives, slot, post, known, chronicle, counts, b, row_of, index_of, books, L_BIRTH)
