"""A state to which, tick by tick, everything happens that a scene can show: births, deaths, indices used again, leaps, things."""

from __future__ import annotations

import numpy as np

from ninepixel.ecs.ids import EntityId
from ninepixel.world.laws.bodies import Flag
from ninepixel.world.laws.lives import Lies, Thing
from ninepixel.world.state import State
from random_states import random_columns, random_state


def moving_state(seed: int, bodies: int = 60, side_log2: int = 6, tick: int = 0) -> State:
    """A small random universe at *tick*."""
    state = random_state(np.random.default_rng(seed), bodies, side_log2, lives=12, things=20)
    state.tick = tick
    for thing in range(0, 20, 2):
        state.things["lies"][0, thing] = int(Lies.OPENLY)
    return state


def go_on(state: State, rng: np.random.Generator, *, quiet: bool = False) -> None:
    """One tick. *quiet*: nothing but the clock and a few steps."""
    table, state.tick = state.bodies, state.tick + 1
    n = int(table.count[0])
    cell = 1 << state.params.cell_shift
    anchored = (table.live("traits") >> 16) & int(Flag.ANCHORED) != 0
    for name in ("x", "y"):
        step = rng.integers(-cell // 8, cell // 8, n)
        step[rng.random(n) < (0.9 if quiet else 0.3)] = 0
        leap = rng.random(n) < (0.0 if quiet else 0.05)
        step[leap] = rng.integers(-(2**31), 2**31, int(leap.sum()))
        step[anchored] = 0
        table.columns[name][0, :n] += step.astype(np.uint32)
    if quiet:
        return
    table.columns["energy"][0, :n] = rng.integers(0, 2**30, n) >> rng.integers(0, 30, n)
    if rng.random() < 0.3:
        table.columns["rby"][0, int(rng.integers(0, n))] ^= np.uint32(1)
    _come_and_go(state, rng)
    for name in ("valence", "arousal", "hurt", "health", "cooldown", "courting"):
        column = state.lives.columns[name]
        column[0] = rng.integers(-12000 if name == "valence" else 0, 12000, column.shape[1])
    state.lives.columns["action"][0] = rng.integers(0, 9, (3, 12)).T @ (1, 256, 65536)
    things = state.things
    thing = int(rng.integers(0, 20))
    things["kind"][0, thing] = int(rng.integers(0, len(Thing)))
    things["lies"][0, thing] = int(rng.integers(0, len(Lies)))
    flying = things["kind"][0] == Thing.SHOT
    things["x"][0, flying] += np.uint32(cell // 3)
    state.energy[0, :, :, int(rng.integers(0, state.params.side))] //= 2
    table.reorder(0, rng.permutation(int(table.count[0])).astype(np.int32))


def _come_and_go(state: State, rng: np.random.Generator) -> None:
    """Some bodies die, some are born in their indices; nobody dies whom a life lives in."""
    table = state.bodies
    living = set(state.lives["body"][0].tolist())
    for _ in range(int(rng.integers(0, 4))):
        row = int(rng.integers(0, int(table.count[0])))
        if int(table.index_of[0, row]) not in living and table.count[0] > 4:
            table.kill(EntityId(table.entity_at(row)))
    born = int(rng.integers(0, 4))
    if table.count[0] + born > table.capacity:
        table.grow(2 * table.capacity)
    table.spawn_many(born, 0, random_columns(rng, born, int(table.count[0])))
