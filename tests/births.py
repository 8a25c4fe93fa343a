"""A small state for tests in which minds are born and die by hand."""

from __future__ import annotations

import numpy as np

from ninepixel.ecs.ids import index_of
from ninepixel.world.laws.bodies import Kind
from ninepixel.world.state import Params, State

SLOTS = 5


def empty_state() -> State:
    return State.empty(Params(1, 6), 64, lives=SLOTS)


def settle(state: State, slot: int, serial: int, mother: int = 0, father: int = 0) -> None:
    """Let somebody be born in a slot, whoever lived there before."""
    bury(state, slot)
    genes = {f"gene_{c}": np.asarray([serial | (i + 1) << 8 | 255 << 16]) for i, c in enumerate("rby")}
    traits = {"traits": np.asarray([int(Kind.MIND)]), "link": np.asarray([slot])}
    state.lives["body"][0, slot] = index_of(int(state.bodies.spawn_many(1, 0, {**genes, **traits})[0]))
    for name, value in (("serial", serial), ("mother", mother), ("father", father)):
        state.lives[name][0, slot] = value


def bury(state: State, slot: int) -> None:
    """Let whoever lives in a slot die."""
    body = int(state.lives["body"][0, slot])
    if body >= 0:
        state.bodies.kill(state.bodies.entity_at(int(state.bodies.row_of[0, body])))
        state.lives["body"][0, slot] = -1
