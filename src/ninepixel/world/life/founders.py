"""Founders: the first lives of a universe, and those that arrive in it later. All of it is the arenas' law of birth."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.kernel import Array, kernel
from ninepixel.world.laws.lives import Role
from ninepixel.world.laws.vital import FIRST_HEAT, FOUNDER_STORE, STREAM_FOUND
from ninepixel.world.life.birth import MIND, MIND_MASS, embody, endow, found_guardian, found_life
from ninepixel.world.life.booking import L_BIRTH, L_GENESIS
from ninepixel.world.life.columns import EPISODE, HEAT
from ninepixel.world.life.engine import draws_of
from ninepixel.world.life.founding import strew
from ninepixel.world.life.sparse import ALIVE, FREE, USED
from ninepixel.world.state import State

INSTINCT = int(Role.INSTINCT)


def found(state: State, homes: npt.NDArray[np.uint32], genes: npt.NDArray[np.uint32], posts: Any, strewn: Any) -> None:
    """Put the first lives and things into world 0.

    :param homes: uint32 (minds, 2): where each founder begins, torus fractions; it lives in slot 0, 1, ...
    :param genes: uint32 (minds, 3): their codons.
    :param posts: int (guardians,): indices of the matter that the last slots guard.
    :param strewn: (coins, loot, how much of the loot is buried).
    """
    first = state.lives.capacity - len(posts)
    where, codons = homes.view(np.int32), genes.astype(np.int64)
    _everything(_found, state, where, codons, np.asarray(posts, np.int64), first, np.asarray(strewn, np.int64))


def arrive(state: State, slot: int, role: Role, world: int = 0) -> None:
    """A founder, at a place and with a genome of chance, in a slot where nobody lives; there must be room for its body."""
    _everything(_arrive, state, slot, int(role), world=world)


def _everything(function: Any, state: State, *what: Any, world: int = 0) -> None:
    """Call a kernel with the arrays of one world, and take what it counted into the table."""
    bodies = state.bodies
    low, high, _, _ = draws_of(state.params.seed, state.params.worlds)
    counts = np.asarray([n[world] for n in (bodies.count, bodies.free_head, bodies.next_index)], np.int64)
    function(
        *what,
        *(state.tick & 0xFFFFFFFF, low[world], high[world], state.lives.block[world], state.things.block[world]),
        *(state.known[world], state.chronicle[world], counts, bodies.block[world], bodies.row_of[world], bodies.index_of[world]),
        state.ledger.totals[:, world],
    )
    bodies.count[world], bodies.free_head[world], bodies.next_index[world] = counts[ALIVE], counts[FREE], counts[USED]


@kernel
def _found(
    homes: Array,
    genes: Array,
    posts: Array,
    first: int,
    strewn: Array,
    tick: int,
    seed_low: int,
    seed_high: int,
    lives: Array,
    t: Array,
    known: Array,
    chronicle: Array,
    counts: Array,
    b: Array,
    row_of: Array,
    index_of: Array,
    totals: Array,
) -> None:
    books = np.zeros(totals.shape[0], np.int64)
    stream = STREAM_FOUND | (np.int64(chronicle[EPISODE]) << 8)
    strew(t, strewn[0], strewn[1], strewn[2], tick, seed_low, seed_high, stream, books)
    for slot in range(homes.shape[0]):
        x, y = homes[slot, 0], homes[slot, 1]
        a, c, d = genes[slot, 0], genes[slot, 1], genes[slot, 2]
        embody(lives, slot, known, chronicle, counts, b, row_of, index_of, INSTINCT, MIND, x, y, MIND_MASS, a, c, d)
        lives[HEAT, slot] = FIRST_HEAT
        endow(lives, slot, FOUNDER_STORE, books, L_GENESIS)
    for guardian in range(posts.shape[0]):
        found_guardian(lives, first + guardian, posts[guardian], known, chronicle, counts, b, row_of, index_of, books, L_GENESIS)
    for entry in range(books.shape[0]):
        totals[entry] += books[entry]


@kernel
def _arrive(
    slot: int,
    role: int,
    tick: int,
    seed_low: int,
    seed_high: int,
    lives: Array,
    t: Array,
    known: Array,
    chronicle: Array,
    counts: Array,
    b: Array,
    row_of: Array,
    index_of: Array,
    totals: Array,
) -> None:
    books = np.zeros(totals.shape[0], np.int64)
    found_life(lives, slot, known, chronicle, counts, b, row_of, index_of, role, tick, seed_low, seed_high, books, L_BIRTH)
    for entry in range(books.shape[0]):
        totals[entry] += books[entry]
