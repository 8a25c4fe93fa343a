"""Random universes full of life for tests that compare kernels with the reference: everything is about to happen.

On top of :func:`random_states.random_state`: minds, guardians, matter and things huddle around a few spots (one of them where the
torus closes), and every number stands near a threshold of the laws as often as not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import reference_senses
from ninepixel.world.laws import vital as law
from ninepixel.world.laws.bodies import Kind, pack_traits
from ninepixel.world.laws.lives import Lies, Mood, Role, Thing
from ninepixel.world.state import STORES, State
from random_states import random_columns, random_state
from reference_world import World

#: Numbers around which something happens.
STORE = (0, 1, 3, 7, 8, 48, 2047, 2048, 2055, 2056, 2303, 2304, 5119, 5120, 6144, 7168, 8192, 16000, 16382, 16383)
HEALTH = (1, 2, 3, 40, 96, 128, 256, 511, 512, 513, 1023, 1024)
AGE = (0, 1, 766, 767, 1535, 2047, 3583, 6143, 6144, 6145)


def lively_state(
    rng: np.random.Generator,
    side_log2: int,
    reach_log2: int,
    worlds: int = 1,
    *,
    bodies: int = 50,
    lives: int = 16,
    things: int = 20,
    spots: int = 3,
    room: int | None = None,
) -> State:
    """A universe in which every law of life has something to do, with an honest ledger.

    :param spots: places around which everybody huddles.
    :param room: how many more bodies fit; None for plenty.
    """
    state = random_state(rng, bodies, side_log2, reach_log2, worlds, lives=lives, things=things)
    for world in range(worlds):
        if room is not None:
            table = state.bodies
            missing = max(table.capacity - int(table.count[world]) - room, 0)
            table.spawn_many(missing, world, random_columns(rng, missing, 1))
        place = _Places(rng, state, spots)
        _gather(rng, state, world, place)
        _animate(rng, state, world)
        _strew(rng, state, world, place)
        _look(rng, state, world)
        state.chronicle[world] = rng.integers(1, 1 << 20, 3)
    balance(state)
    return state


def balance(state: State) -> None:
    """Make the ledger say that everything there is was there from the beginning."""
    state.ledger.totals[:] = 0
    for world in range(state.params.worlds):
        for entry, quantity in (("genesis", "energy"), ("minted", "coins"), ("forged", "loot")):
            state.ledger.add(entry, state.held(world, quantity), world)


def choose(rng: np.random.Generator, *states: State) -> None:
    """Every guest gets an action of chance, the same in all of *states*; what rarely succeeds is tried more often."""
    lives = states[0].lives.columns
    shape = lives["role"].shape
    acts = rng.choice(9, shape, p=[0.04, 0.10, 0.16, 0.10, 0.06, 0.20, 0.10, 0.08, 0.16])
    moves = rng.integers(0, 9, shape) * (rng.random(shape) < 0.5)
    words = np.where(rng.random(shape) < 0.3, 3, rng.integers(0, 9, shape))
    chosen = moves | acts << 8 | words << 16
    guests = (lives["role"] == Role.GUEST) & (lives["body"] >= 0)
    for state in states:
        state.lives.columns["action"][guests] = chosen[guests]


def near(rng: np.random.Generator, thresholds: tuple[int, ...], top: int, n: int) -> npt.NDArray[np.int64]:
    """Numbers of which half stand at a threshold, and half are anything below *top*."""
    return np.where(rng.random(n) < 0.5, rng.choice(thresholds, n), rng.integers(0, top, n))


class _Places:
    """Torus fractions around a few spots, within about two cells, some on the very same point."""

    def __init__(self, rng: np.random.Generator, state: State, spots: int) -> None:
        self.rng, self.cell = rng, 1 << state.params.cell_shift
        self.spots = rng.integers(0, 1 << 32, (spots, 2))
        self.spots[0] = 0  # where the torus closes

    def some(self, n: int) -> npt.NDArray[np.int64]:
        """*n* places, (n, 2)."""
        around = self.rng.integers(-7 * self.cell // 4, 7 * self.cell // 4, (n, 2))
        around[self.rng.random(n) < 0.15] = 0
        return np.asarray((self.spots[self.rng.integers(0, len(self.spots), n)] + around) % (1 << 32))


def _gather(rng: np.random.Generator, state: State, world: int, place: _Places) -> None:
    """Most bodies come close together, and a third of those without a life become matter that can be read."""
    bodies = state.bodies
    n = int(bodies.count[world])
    close = np.flatnonzero(rng.random(n) < 0.8)
    spots = place.some(len(close))
    bodies.columns["x"][world, close], bodies.columns["y"][world, close] = spots[:, 0], spots[:, 1]
    kind = bodies.live("traits", world) & np.uint32(0xFF)
    free = np.flatnonzero((kind != Kind.MIND) & (kind != Kind.GUARDIAN) & (rng.random(n) < 0.35))
    flags = np.where(rng.random(len(free)) < 0.15, 3, 1)  # anchored, some of it sealed
    bodies.live("traits", world)[free] = pack_traits(np.full(len(free), int(Kind.MATTER)), rng.integers(0, 11, len(free)), flags)
    bodies.live("link", world)[free] = -1
    bodies.live("energy", world)[free] = rng.choice([0, 5, 31, 5000, 1 << 20], len(free))
    for name in ("gene_r", "gene_b", "gene_y"):
        bodies.live(name, world)[:] = rng.integers(0, 1 << 24, n)


def _animate(rng: np.random.Generator, state: State, world: int) -> None:
    """Lives of which each is about to do, suffer or achieve something."""
    lives, bodies = state.lives.columns, state.bodies
    slots, things = state.lives.capacity, int(state.things.count[world])
    living = lives["body"][world] >= 0
    residents = (Role.INSTINCT, Role.INSTINCT, Role.RANDOM, Role.STILL, Role.GUARDIAN, Role.GUARDIAN)
    roles = np.where(rng.random(slots) < 0.5, int(Role.GUEST), rng.choice([int(r) for r in residents], slots))
    dead_roles = rng.choice([int(r) for r in (Role.OPEN, Role.OPEN, Role.GUARDIAN, Role.CLOSED)], slots)
    matter = _indices(state, world, Kind.MATTER)
    rich, weak = rng.random(slots) < 0.4, (roles == Role.GUARDIAN) & (rng.random(slots) < 0.7)
    plenty = rng.integers(law.EGG_STORE, law.STORE_LIMIT + 1, (3, slots))
    plenty = np.where(rng.random(slots) < 0.5, plenty, law.SET_POINT + plenty // 16)
    values: dict[str, npt.NDArray[Any]] = {
        **{n: np.where(rich, plenty[k], near(rng, STORE, law.STORE_LIMIT + 1, slots)) for k, n in enumerate(STORES)},
        **{
            name: near(rng, (law.DEED_TASTE - 1, 1 << 30), 2 * law.DEED_TASTE, slots)
            for name in ("eaten_r", "eaten_b", "eaten_y")
        },
        **{name: rng.integers(0, 1 << 24, slots) for name in ("pheno_r", "pheno_b", "pheno_y")},
        **{name: rng.integers(-(1 << 10), 1 << 10, slots) for name in ("valence",)},
        **{name: np.where(rng.random(slots) < 0.8, rng.choice(matter, slots), -1) for name in ("near_matter", "post")},
        "role": np.where(living, roles, dead_roles),
        "health": np.where(living, np.where(weak, 50, near(rng, HEALTH, law.HEALTH + 1, slots)), 0),
        "low": near(rng, HEALTH, law.HEALTH + 1, slots),
        "age": near(rng, AGE, 7000, slots),
        "cooldown": rng.integers(0, 4, slots),
        "hurt": near(rng, (0, 1, 15, 16, 17), 400, slots),
        "arousal": rng.integers(0, 1 << 15, slots),
        "drive": rng.integers(0, 1 << 14, slots),
        "section": rng.integers(0, law.SECTION_LIMIT, slots),
        "work": near(rng, (0, 200, 239, 255), 256, slots),
        "coins": near(rng, (0, 8, 26, 80), 90, slots),
        "near_life": (np.arange(slots) + rng.integers(1, slots, slots)) % slots if slots > 1 else np.asarray([-1]),
        "near_thing": rng.integers(-1, things, slots),
        "courting": np.where(rng.random(slots) < 0.6, rng.integers(0, law.COURTSHIP + 1, slots), 0),
        "serial": rng.permutation(slots) + 1,
        "mother": rng.integers(0, slots + 1, slots),
        "father": rng.integers(0, slots + 1, slots),
        "generation": rng.integers(0, 9, slots),
        "heat": rng.choice([0, 40, law.FIRST_HEAT], slots),
        "mood": rng.integers(0, len(Mood), slots),
        "foe": np.where(rng.random(slots) < 0.7, rng.integers(0, 2 * slots, slots), -1),
        "accord": rng.choice([0, 7, 8, 25, 26], slots),
        "blows": rng.integers(0, 10, slots),
        "classes": rng.integers(0, 1 << 11, slots) & rng.choice([0x7FF, 0x55, 0], slots),
        "sectors": 0xFFFF & ~(1 << rng.integers(0, 18, slots)) & rng.choice([0xFFFF, 0x7F0, 0xF], slots),
        **{name: rng.integers(0, 10, slots) for name in ("files", "kills", "children")},
        "gifts": near(rng, (0, 26), 30, slots),
        "streak": near(rng, (0, 62, 63, 255, 1023), 1100, slots),
        "deeds_lo": np.where(rng.random(slots) < 0.5, 0xFFF & ~(1 << rng.integers(0, 12, slots)), 0),
        "deeds_hi": np.zeros(slots, np.int64),
    }
    for name, value in values.items():
        lives[name][world] = value
    rows = np.where(living, bodies.row_of[world, lives["body"][world]], 0)
    kinds = np.where(lives["role"][world] == Role.GUARDIAN, int(Kind.GUARDIAN), int(Kind.MIND))
    bodies.columns["traits"][world, rows[living]] = kinds[living]
    for axis in ("x", "y"):
        off = rng.integers(-20 << state.params.cell_shift, 20 << state.params.cell_shift, slots)
        off[rng.random(slots) < 0.5] >>= 3
        lives[f"home_{axis}"][world] = (bodies.columns[axis][world, rows].astype(np.int64) + off) % (1 << 32)
    state.known[world] &= rng.integers(0, 1 << 32, state.known[world].shape, dtype=np.uint32)


def _strew(rng: np.random.Generator, state: State, world: int, place: _Places) -> None:
    """Things among the living: shots that will hit and that will end, coins, loot above and under the ground, ripe eggs."""
    things, n = state.things.columns, int(state.things.count[world])
    spots = place.some(n)
    things["x"][world], things["y"][world] = spots[:, 0], spots[:, 1]
    kind, slots = things["kind"][world], state.lives.capacity
    more = (kind == Thing.COIN) & (rng.random(n) < 0.5)  # most other loot is in hands
    kind[more], things["lies"][world, more] = int(Thing.LOOT), rng.integers(0, 2, int(more.sum()))
    slow = rng.random(n) < 0.5
    for axis in ("vx", "vy"):
        things[axis][world] = np.where(slow, things[axis][world] // 16, things[axis][world])
    things["age"][world] = rng.choice([0, 15, 18, 19, 31, 62, 63, 64, 90, 255, 256, 300, 400], n)
    things["energy"][world] = np.where(kind == Thing.EGG, 6 * law.EGG_SHARE, np.where(kind == Thing.SHOT, law.SHOT_COST // 2, 0))
    things["strength"][world] = near(rng, (1, 60, 95, 96, 254, 255), 256, n)
    alive = np.flatnonzero(state.lives.live("body", world) >= 0)
    if len(alive):
        owners = np.where(rng.random(n) < 0.3, -1, rng.choice(alive, n))
        things["owner"][world] = np.where(kind == Thing.SHOT, owners, things["owner"][world])
    for name in ("gene_r", "gene_b", "gene_y"):
        things[name][world] = rng.integers(0, 1 << 24, n)
    things["mother"][world], things["father"][world] = rng.integers(0, slots + 1, (2, n))
    held = things["lies"][world] == Lies.HELD
    assert np.array_equal(
        np.sort(state.lives.live("holding", world)[state.lives.live("holding", world) >= 0]), np.flatnonzero(held)
    )


def _look(rng: np.random.Generator, state: State, world: int) -> None:
    """Most know what is near and are reading it; the others remember what has gone since."""
    lives, before = state.lives.columns, state.lives.copy().columns
    reference_senses.look_around(World(state, world))
    stale = rng.random(state.lives.capacity) < 0.2
    for name in ("near_life", "near_matter", "near_thing"):
        lives[name][world, stale] = before[name][world, stale]
    lives["reading"][world] = lives["near_matter"][world]
    read = lives["near_matter"][world][lives["near_matter"][world] >= 0]
    if len(read):  # guardians whose matter is being read
        guards = (lives["role"][world] == Role.GUARDIAN) & (rng.random(state.lives.capacity) < 0.5)
        lives["post"][world, guards] = rng.choice(read, int(guards.sum()))


def _indices(state: State, world: int, kind: Kind) -> npt.NDArray[np.int64]:
    """Indices of the bodies of a kind, or any index when there is none."""
    rows = np.flatnonzero((state.bodies.live("traits", world) & np.uint32(0xFF)) == kind)
    return state.bodies.index_of[world, rows].astype(np.int64) if len(rows) else np.asarray([0])
