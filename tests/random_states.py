"""Random universes for tests that compare backends with the reference: every kind of body, crowds, gaps and extremes.

With lives and things they are as lawful as the laws need them to be: whoever lives has a body of its own, who holds loot is held
to hold it, and everything that names something names something that there is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.cold import ColdStore
from ninepixel.ecs.ids import EntityId
from ninepixel.world.laws.bodies import Flag, Kind, pack_rby, pack_traits
from ninepixel.world.laws.constants import ENERGY_LIMIT, SPEED_LIMIT
from ninepixel.world.laws.lives import LIFE_COLUMNS, MOVES, THING_COLUMNS, Lies, Mood, Role, Thing
from ninepixel.world.laws.vital import HEALTH, STORE_LIMIT
from ninepixel.world.state import CHANNELS, STORES, Params, State

PARTS = ("count", "row_of", "index_of", "generation", "free_head", "next_index")


def random_state(
    rng: np.random.Generator,
    bodies: int,
    side_log2: int,
    reach_log2: int = 2,
    worlds: int = 1,
    crowd: int = 0,
    *,
    lives: int = 0,
    things: int = 0,
) -> State:
    """A universe with *bodies* bodies in world 0 and up to that many in the others, and with an honest ledger.

    Some bodies have been killed and others born in their place, so that rows and indices differ. Of the bodies, *crowd* huddle
    in one hash cell of world 0 (more than 256 of them stop the taking of energy there). Every world has *lives* slots, about two
    thirds of them inhabited where there are bodies enough, and *things* slots of things.
    """
    params = Params(int(rng.integers(0, 2**63)), side_log2, reach_log2, worlds)
    room = bodies + 64 + lives
    state = State.empty(params, capacity=room, lives=lives, things=things, known=bodies if lives else 0)
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
    state.tick = int(rng.integers(0, 2**33))
    for world in range(worlds):
        if lives:
            inhabit(rng, state, world)
        if things:
            furnish(rng, state, world)
        state.ledger.add("genesis", state.held(world), world)
        state.ledger.add("minted", state.held(world, "coins"), world)
        state.ledger.add("forged", state.held(world, "loot"), world)
    return state


def inhabit(rng: np.random.Generator, state: State, world: int) -> None:
    """Fill the slots of lives with values that the laws allow, and give about two thirds of them a body."""
    table, bodies = state.lives, state.bodies
    slots, indices, things = table.capacity, int(bodies.next_index[world]), int(state.things.count[world])
    ranges = {
        "role": (0, Role.LEARNED),  # where there is no policy nobody acts by one
        "heading": (0, MOVES),
        "health": (1, HEALTH + 1),
        **dict.fromkeys(STORES, (0, STORE_LIMIT + 1)),
        **dict.fromkeys(("near_matter", "reading", "post"), (-1, indices)),
        "near_life": (-1, slots),
        "foe": (-1, 2 * slots),
        "near_thing": (-1, things),
        "holding": (-1, 0),
        "body": (-1, 0),
        "coins": (0, 99),
        "mood": (0, len(Mood)),
    }
    for column in LIFE_COLUMNS:
        low, high = ranges.get(column.name, (0, 1 << 20))
        table.columns[column.name][world] = rng.integers(low, high, slots)
    deciding = [rng.integers(0, MOVES, slots) << shift for shift in (0, 8, 16)]
    table.columns["action"][world] = deciding[0] | deciding[1] | deciding[2]
    state.known[world] = rng.integers(0, 1 << 32, state.known[world].shape, dtype=np.uint32)
    state.chronicle[world] = rng.integers(0, 1 << 31, state.chronicle.shape[1])
    traits = bodies.live("traits", world)
    free = np.flatnonzero(traits >> np.uint32(16) & np.uint32(Flag.ANCHORED) == 0)
    homes = rng.permutation(free)[: -(-2 * slots // 3)]
    living = np.sort(rng.permutation(slots)[: len(homes)])
    table.columns["body"][world, living] = bodies.index_of[world, homes[: len(living)]]
    guards = table.columns["role"][world, living] == Role.GUARDIAN
    traits[homes[: len(living)]] = np.where(guards, int(Kind.GUARDIAN), int(Kind.MIND))
    bodies.live("link", world)[homes[: len(living)]] = living


def furnish(rng: np.random.Generator, state: State, world: int) -> None:
    """Fill the slots of things, and put some of the loot into hands."""
    table, here = state.things, np.flatnonzero(state.lives.live("body", world) >= 0)
    n, slots = table.capacity, int(state.lives.count[world])
    for column in THING_COLUMNS:
        table.columns[column.name][world] = rng.integers(0, 256, n)
    for name in ("x", "y", "rby"):
        table.columns[name][world] = rng.integers(0, 1 << 32, n, dtype=np.uint32)
    for name in ("vx", "vy"):
        table.columns[name][world] = rng.integers(-SPEED_LIMIT, SPEED_LIMIT, n)
    kind = rng.integers(0, len(Thing), n)
    table.columns["kind"][world] = kind
    table.columns["lies"][world] = np.where(kind == Thing.LOOT, rng.integers(0, 2, n), 0)
    table.columns["owner"][world] = np.where(kind == Thing.SHOT, rng.integers(-1, max(slots, 1) if slots else 0, n), -1)
    for slot, thing in zip(rng.permutation(here)[::2].tolist(), np.flatnonzero(kind == Thing.LOOT).tolist(), strict=False):
        state.lives.columns["holding"][world, slot] = thing
        table.columns["owner"][world, thing], table.columns["lies"][world, thing] = slot, Lies.HELD


def random_columns(rng: np.random.Generator, n: int, indices: int) -> dict[str, npt.NDArray[np.int64]]:
    """Values for *n* new bodies whose tethers may lead to any of *indices* indices, living or not, or to none.

    Minds have no life yet and are linked to nothing.
    """
    kinds = rng.choice([int(k) for k in (Kind.MATTER, Kind.FOLDER, Kind.CREATURE, Kind.MOTE, Kind.MOTE, Kind.MIND)], n)
    anchored = np.isin(kinds, (Kind.MATTER, Kind.FOLDER)) | (rng.random(n) < 0.05)
    mind = kinds == Kind.MIND
    tethered = ((kinds == Kind.CREATURE) | (rng.random(n) < 0.1)) & ~mind
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
        "link": np.where(mind, -1, rng.integers(-1, max(indices, 1), n)),
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
    sizes = {name: int(state.tables[name].count[0]) for name in ("lives", "things")}
    twin = State.empty(state.params, capacity=state.bodies.capacity, known=32 * state.known.shape[2], **sizes)
    twin.tick = state.tick
    twin.energy[:] = state.energy
    twin.ledger.totals[:] = state.ledger.totals
    twin.known[:], twin.chronicle[:] = state.known, state.chronicle
    for name, table in state.tables.items():
        twin.tables[name].block[:] = table.block
        for part in PARTS:
            getattr(twin.tables[name], part)[:] = getattr(table, part)
    return twin


def world_of(state: State, world: int) -> State:
    """One world of a batch as a universe of its own (world 0 keeps the cold components)."""
    params = Params((state.params.seed + world) % (1 << 64), state.params.side_log2, state.params.reach_log2)
    sizes = {name: int(state.tables[name].count[world]) for name in ("lives", "things")}
    alone = State.empty(params, capacity=state.bodies.capacity, known=32 * state.known.shape[2], **sizes)
    for name, table in state.tables.items():
        alone.tables[name].block[0] = table.block[world]
        for part in PARTS:
            getattr(alone.tables[name], part)[0] = getattr(table, part)[world]
    alone.tick, alone.cold = state.tick, ColdStore() if world else state.cold
    alone.energy[0], alone.ledger.totals[:, 0] = state.energy[world], state.ledger.totals[:, world]
    alone.known[0], alone.chronicle[0] = state.known[world], state.chronicle[world]
    return alone


def differences(one: State, other: State) -> list[str]:
    """Where two universes differ, in words, bodies, lives and things named by index; empty when they are the same."""
    found: list[str] = []
    for world in range(one.params.worlds):
        for name in one.tables:
            found += table_differences(name, one, other, world)
        cells = np.argwhere(one.energy[world] != other.energy[world])
        if len(cells):
            at3 = tuple(int(i) for i in cells[0])
            found.append(f"world {world}: {len(cells)} of {CHANNELS} fields' cells, first {at3}")
    for name in ("known", "chronicle"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine.shape != theirs.shape:
            found.append(f"{name}: of shape {mine.shape} and {theirs.shape}")
        elif not np.array_equal(mine, theirs):
            at4 = tuple(int(i) for i in np.argwhere(mine != theirs)[0])
            found.append(f"{name}: first at {at4}: {mine[at4]} and {theirs[at4]}")
    if not np.array_equal(one.ledger.totals, other.ledger.totals):
        found.append(f"ledger: {one.ledger.totals.tolist()} and {other.ledger.totals.tolist()}")
    if one.tick != other.tick:
        found.append(f"tick: {one.tick} and {other.tick}")
    return found


def table_differences(name: str, one: State, other: State, world: int) -> list[str]:
    """Where one table of one world differs, column by column."""
    ours, theirs = one.tables[name], other.tables[name]
    rows, rows2 = ours.canonical_rows(world), theirs.canonical_rows(world)
    index, index2 = ours.index_of[world, rows], theirs.index_of[world, rows2]
    if not np.array_equal(index, index2):
        return [f"world {world}: different {name} live"]
    found: list[str] = []
    for column in ours.columns:
        a, b = ours.columns[column][world, rows], theirs.columns[column][world, rows2]
        wrong = np.flatnonzero(a != b)
        if len(wrong):
            at = wrong[0]
            found.append(f"world {world}: {column} of {len(wrong)} {name}, first index {index[at]}: {a[at]} and {b[at]}")
    return found
