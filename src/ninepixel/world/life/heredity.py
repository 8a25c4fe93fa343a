"""Eggs: crossover, annealed mutation and latching (canon, section 4), and what traits a genome gives.

A child takes every base from one parent or the other. Every base may then mutate, by more the hotter the lineage. The *pressure
gain* of a mutation says how much better it answers what the parents lacked, compared with the other colours. The Metropolis rule
(Metropolis et al., J. Chem. Phys. 21, 1953) accepts it when ``gain >= T ln u`` for a uniform u, that is, when ``gain + T e > 0``
for an exponential variate e; it *latches* when ``gain + T e - drag / 2 > 0``, where drag is the number of bases that differ from
the unmutated child, this one included. As lineages cool, drag wins.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import math

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.lives import Thing
from ninepixel.world.laws.vital import (
    COOLING,
    EGG_SHARE,
    GAIN_SHIFT,
    MUTATION_BITS,
    SET_POINT,
    STREAM_EGG,
    TRAIT_BUDGET,
    TRAIT_FLOOR,
)
from ninepixel.world.life.chance import words
from ninepixel.world.life.codon import byte_of
from ninepixel.world.life.columns import (
    BODY,
    GENE_R,
    GENERATION,
    HEAT,
    PHENO_R,
    SERIAL,
    STORE_R,
    T_AGE,
    T_ENERGY,
    T_FATHER,
    T_GENE_R,
    T_GENERATION,
    T_HEAT,
    T_KIND,
    T_MOTHER,
    T_OWNER,
    T_RBY,
    T_X,
    T_Y,
    X,
    Y,
)

EGG = int(Thing.EGG)
#: An exponential variate from one byte, -ln((i + 1/2) / 256), Q4.
EXPONENTIAL = np.asarray([round(-16 * math.log((i + 0.5) / 256)) for i in range(256)], np.int64)
HALF = 8  #: one half in Q4


@leaf
def express(lives: Array, slot: int, gene_r: int, gene_b: int, gene_y: int) -> None:
    """Write the nine traits of a genome: shares of one budget, so that what one trait gains the others lose."""
    total = np.int64(0)
    for codon in (gene_r, gene_b, gene_y):
        for which in range(3):
            total += byte_of(codon, which) + TRAIT_FLOOR
    row = PHENO_R
    for codon in (gene_r, gene_b, gene_y):
        packed = np.int64(0)
        for which in range(3):
            value = min(((byte_of(codon, which) + TRAIT_FLOOR) * TRAIT_BUDGET) // total, 255)
            packed |= value << (8 * which)
        lives[row, slot] = packed
        row += 1


@leaf
def colours(gene_r: int, gene_b: int, gene_y: int) -> int:
    """The packed RBY weights of a genome: the share of each codon."""
    sums_r = byte_of(gene_r, 0) + byte_of(gene_r, 1) + byte_of(gene_r, 2) + TRAIT_FLOOR
    sums_b = byte_of(gene_b, 0) + byte_of(gene_b, 1) + byte_of(gene_b, 2) + TRAIT_FLOOR
    sums_y = byte_of(gene_y, 0) + byte_of(gene_y, 1) + byte_of(gene_y, 2) + TRAIT_FLOOR
    total = sums_r + sums_b + sums_y
    return (sums_r * 65535) // total | ((sums_b * 65535) // total) << 16


@leaf
def lack(lives: Array, mother: int, father: int, k: int) -> int:
    """What two parents together lacked of a colour before they paid for the egg."""
    lacked = np.int64(0)
    for parent in (mother, father):
        lacked += max(SET_POINT - EGG_SHARE - np.int64(lives[STORE_R + k, parent]), 0)
    return lacked


@leaf
def lay_egg(
    lives: Array,
    t: Array,
    b: Array,
    row_of: Array,
    egg: int,
    mother: int,
    father: int,
    tick: int,
    seed_low: int,
    seed_high: int,
) -> None:
    """Make thing *egg* the egg of two lives, beside the mother; both pay."""
    for c in range(t.shape[0]):
        t[c, egg] = 0
    row, other = np.int64(row_of[lives[BODY, mother]]), np.int64(row_of[lives[BODY, father]])
    paid = np.int64(0)
    for parent in (mother, father):
        for k in range(3):
            lives[STORE_R + k, parent] -= EGG_SHARE
            paid += EGG_SHARE
    t[T_KIND, egg], t[T_X, egg], t[T_Y, egg], t[T_ENERGY, egg] = EGG, b[X, row], b[Y, row], paid
    t[T_OWNER, egg], t[T_AGE, egg] = -1, 0
    t[T_MOTHER, egg], t[T_FATHER, egg] = lives[SERIAL, mother], lives[SERIAL, father]
    t[T_GENERATION, egg] = max(lives[GENERATION, mother], lives[GENERATION, father]) + 1
    heat = min(np.int64(lives[HEAT, mother]), np.int64(lives[HEAT, father]))
    t[T_HEAT, egg] = (heat * COOLING) >> 8
    picks, _, _, _ = words(tick, mother, seed_low, seed_high, STREAM_EGG)
    drag, mean = np.int64(0), np.int64(0)
    for k in range(3):
        mean += lack(lives, mother, father, k)
    for codon in range(3):
        pressure = 3 * lack(lives, mother, father, codon) - mean  # three times: nothing is divided
        packed = np.int64(0)
        for which in range(3):
            number = 3 * codon + which
            source = row if (picks >> number) & 1 else other
            value = byte_of(b[GENE_R + codon, source], which)
            change, luck, _, _ = words(tick, (mother << 8) | (number + 1), seed_low, seed_high, STREAM_EGG)
            span = 1 << MUTATION_BITS
            shift = ((((change >> 8) & (2 * span - 1)) - span) * heat) >> 8
            mutated = min(max(value + shift, 0), 255)
            gain = ((mutated - value) * pressure) >> GAIN_SHIFT
            warmth = (heat * EXPONENTIAL[(luck >> 8) & 0xFF]) >> 8
            if mutated != value and gain + warmth - HALF * (drag + 1) > 0:
                value, drag = mutated, drag + 1
            packed |= value << (8 * which)
        t[T_GENE_R + codon, egg] = packed
    t[T_RBY, egg] = colours(t[T_GENE_R, egg], t[T_GENE_R + 1, egg], t[T_GENE_R + 2, egg])
