"""Random universes for tests that compare backends with the reference: every kind of body, crowds, gaps and extremes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.ids import EntityId
from ninepixel.world.laws.bodies import Flag, Kind, pack_rby, pack_traits
from ninepixel.world.laws.constants import ENERGY_LIMIT, SPEED_LIMIT
from ninepixel.world.state import CHANNELS, Params, State


def random_state(
    rng: np.random.Generator, bodies: int, side_log2: int, reach_log2: int = 2, worlds: int = 1, crowd: int = 0
) -> State:
    """A universe with *bodies* bodies in world 0 and up to that many in the others, and with an honest ledger.

    Some bodies have been killed and others born in their place, so that rows and indices differ. Of the bodies, *crowd* huddle
    in one hash cell of world 0 (more than 256 of them stop the taking of energy there).
    """
    state = State.empty(Params(int(rng.integers(0, 2**63)), side_log2, reach_log2, worlds), capacity=bodies + 64)
    for world in range(worlds):
        n = bodies if world == 0 else int(rng.integers(0, bodies + 1))
        extra = min(n, 17)  # born to be killed: they leave holes in the indices
        table = state.bodies
        born = table.spawn_many(n, world, random_columns(rng, n, n))
        for entity in rng.permutation(born)[:extra]:
            table.kill(EntityId(int(entity)), world)
        table.spawn_many(extra, world, random_columns(rng, extra, n))
        if world == 0 and crowd:
            huddle(rng, state, crowd)
    field = state.energy
    field[:] = rng.integers(0, 3000, field.shape)
    hot = rng.random(field.shape) < 0.1
    field[hot] = rng.integers(0, 1 << 24, int(hot.sum()))
    for world in range(worlds):
        state.ledger.add("genesis", state.held(world), world)
    state.tick = int(rng.integers(0, 2**33))
    return state


def random_columns(rng: np.random.Generator, n: int, indices: int) -> dict[str, npt.NDArray[np.int64]]:
    """Values for *n* new bodies whose tethers may lead to any of *indices* indices, living or not, or to none."""
    kinds = rng.choice([int(k) for k in (Kind.MATTER, Kind.FOLDER, Kind.CREATURE, Kind.MOTE, Kind.MOTE, Kind.MIND)], n)
    anchored = np.isin(kinds, (Kind.MATTER, Kind.FOLDER)) | (rng.random(n) < 0.05)
    tethered = (kinds == Kind.CREATURE) | (rng.random(n) < 0.1)
    flags = np.where(anchored, int(Flag.ANCHORED), 0) | np.where(tethered, int(Flag.TETHERED), 0)
    flags |= np.where(rng.random(n) < 0.1, int(Flag.SEALED), 0)
    red = rng.integers(0, 65536, n)
    blue = np.minimum((rng.random(n) * (65537 - red)).astype(np.int64), 65535)
    red, blue = np.where(rng.random(n) < 0.05, 0, red), np.where(rng.random(n) < 0.05, 0, blue)  # pure yellow is 256 of 256
    fast = rng.random(n) < 0.05
    speed = np.where(fast, SPEED_LIMIT, 1 << 24)
    energy = np.where(rng.random(n) < 0.03, ENERGY_LIMIT - rng.integers(0, 30_000, n), rng.integers(0, 5000, n))
    return {
        "x": rng.integers(0, 2**32, n),
        "y": rng.integers(0, 2**32, n),
        "vx": (rng.uniform(-1, 1, n) * speed).astype(np.int64),
        "vy": (rng.uniform(-1, 1, n) * speed).astype(np.int64),
        "energy": energy,
        "density": rng.integers(0, 160_000, n),
        "rby": pack_rby(red, blue).astype(np.int64),
        "traits": pack_traits(kinds, rng.integers(0, 11, n), flags).astype(np.int64),
        "mass": rng.integers(0, 1024, n),
        "link": rng.integers(-1, max(indices, 1), n),
    }


def huddle(rng: np.random.Generator, state: State, crowd: int, world: int = 0) -> None:
    """Move the first *crowd* rows into one hash cell, some of them onto the very same point."""
    shift = state.params.cell_shift + state.params.reach_log2
    for name in ("x", "y"):
        corner = int(rng.integers(0, 1 << (32 - shift))) << shift
        inside = rng.integers(0, 1 << shift, crowd)
        inside[: crowd // 10] = inside[0]
        state.bodies.columns[name][world, :crowd] = corner + inside
        state.bodies.touch(name, world, 0, crowd)


def copy_of(state: State) -> State:
    """An independent universe in the same state (cold components are not copied)."""
    table = state.bodies
    twin = State.empty(state.params, capacity=table.capacity)
    twin.tick = state.tick
    twin.energy[:] = state.energy
    twin.ledger.totals[:] = state.ledger.totals
    for name, column in table.columns.items():
        twin.bodies.columns[name][:] = column
    for part in ("count", "row_of", "index_of", "generation", "free_head", "next_index"):
        getattr(twin.bodies, part)[:] = getattr(table, part)
    return twin


def differences(one: State, other: State) -> list[str]:
    """Where two universes differ, in words, bodies named by index; empty when they are the same."""
    found: list[str] = []
    for world in range(one.params.worlds):
        rows, rows2 = one.bodies.canonical_rows(world), other.bodies.canonical_rows(world)
        index, index2 = one.bodies.index_of[world, rows], other.bodies.index_of[world, rows2]
        if not np.array_equal(index, index2):
            found.append(f"world {world}: different bodies live")
            continue
        for name in one.bodies.columns:
            a, b = one.bodies.columns[name][world, rows], other.bodies.columns[name][world, rows2]
            wrong = np.flatnonzero(a != b)
            if len(wrong):
                at = wrong[0]
                found.append(f"world {world}: {name} of {len(wrong)} bodies, first index {index[at]}: {a[at]} and {b[at]}")
        cells = np.argwhere(one.energy[world] != other.energy[world])
        if len(cells):
            at3 = tuple(int(i) for i in cells[0])
            found.append(f"world {world}: {len(cells)} of {CHANNELS} fields' cells, first {at3}")
    if not np.array_equal(one.ledger.totals, other.ledger.totals):
        found.append(f"ledger: {one.ledger.totals.tolist()} and {other.ledger.totals.tolist()}")
    if one.tick != other.tick:
        found.append(f"tick: {one.tick} and {other.tick}")
    return found
