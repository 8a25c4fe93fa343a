"""Genomes as arrays: what traits and colours nine bases give, and how a mind is made to wear others.

A genome is uint8 (..., 9): the bases of the R codon, then B, then Y, in the order of :data:`~ninepixel.world.laws.lives.TRAITS`.
The formulas are the laws' (:mod:`ninepixel.world.life.heredity`); a test holds them equal.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.bodies import genome, pack_codon
from ninepixel.world.laws.vital import TRAIT_BUDGET, TRAIT_FLOOR
from ninepixel.world.state import State

BASES = 9
CHANNELS = "rby"
#: A weak and a strong base of :func:`simplex`.
WEAK, STRONG = 0, 255

Genomes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


def traits_of(genomes: Genomes) -> npt.NDArray[np.int64]:
    """The nine traits that genomes give, int64 (..., 9): shares of one budget."""
    weights = genomes.astype(np.int64) + TRAIT_FLOOR
    traits: npt.NDArray[np.int64] = np.minimum(weights * TRAIT_BUDGET // weights.sum(axis=-1, keepdims=True), 255)
    return traits


def shares_of(genomes: Genomes) -> Floats:
    """The shares of red, blue and yellow, float64 (..., 3), each row sums up to 1."""
    codons = genomes.reshape(*genomes.shape[:-1], 3, 3).astype(np.float64).sum(axis=-1) + TRAIT_FLOOR
    shares: Floats = codons / codons.sum(axis=-1, keepdims=True)
    return shares


def simplex() -> dict[str, Genomes]:
    """The corners, the edges' middles and the middle of the simplex: genomes of strong and weak codons, uint8 (9,)."""
    codons = {"R": 1, "B": 2, "Y": 4, "RB": 3, "BY": 6, "RY": 5, "RBY": 7}
    strong = {name: [STRONG if bits >> i & 1 else WEAK for i in range(3)] for name, bits in codons.items()}
    return {name: np.repeat(np.asarray(three, np.uint8), 3) for name, three in strong.items()}


def worn(state: State, world: int, slots: npt.NDArray[np.intp]) -> Genomes:
    """The genomes of those who live in *slots* of a world, uint8 (slots, 9)."""
    bodies = state.bodies
    rows = bodies.row_of[world, state.lives["body"][world, slots]]
    return genome(*(bodies[f"gene_{channel}"][world, rows] for channel in CHANNELS)).reshape(-1, BASES)


def wear(state: State, world: int, slots: npt.NDArray[np.intp], genomes: Genomes) -> None:
    """Give those who live in *slots* of a world other genomes, uint8 (slots, 9), with all that follows: traits and colours."""
    bodies, lives = state.bodies, state.lives
    rows = bodies.row_of[world, lives["body"][world, slots]]
    traits = traits_of(genomes)
    for number, channel in enumerate(CHANNELS):
        codon = slice(3 * number, 3 * number + 3)
        bodies[f"gene_{channel}"][world, rows] = pack_codon(*genomes[:, codon].T)
        lives[f"pheno_{channel}"][world, slots] = pack_codon(*traits[:, codon].T)
    sums = genomes.reshape(-1, 3, 3).astype(np.int64).sum(axis=2) + TRAIT_FLOOR
    red, blue = (sums[:, k] * 65535 // sums.sum(axis=1) for k in range(2))
    bodies["rby"][world, rows] = (red | blue << 16).astype(np.uint32)
