"""What the laws would stumble over, refused before a universe goes on from it.

Kernels index arrays with what the columns say and do not look twice. Whatever names a slot, a thing, a body or a row of a small
table is therefore held against what there is, when a file is read.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.bodies import Kind, unpack_traits
from ninepixel.world.laws.lives import ACTS, MOVES, WORDS, Lies, Mood, Role, Thing
from ninepixel.world.laws.vital import STORE_LIMIT
from ninepixel.world.state import STORES, State
from ninepixel.world.store.errors import Impossible

_MOST = (1 << 31) - 1


def check_state(state: State) -> None:
    """Refuse a state from which no universe could go on.

    :raises Impossible: naming the first value that is out of range.
    """
    if state.energy.min() < 0:
        raise Impossible("its field holds negative energy")
    if state.chronicle.min() < 0:
        raise Impossible("its chronicle holds negative numbers")
    for world in range(state.params.worlds):
        _check_links(state, world)
        _check_lives(state, world)
        _check_things(state, world)
        if state.held(world, "coins") > _MOST:
            raise Impossible("it holds more coins than can be counted")


def _check_links(state: State, world: int) -> None:
    """Minds and guardians are linked to the slot of their life, all others to a body."""
    link, kind = state.bodies.live("link", world), unpack_traits(state.bodies.live("traits", world))[0]
    minds = (kind == Kind.MIND) | (kind == Kind.GUARDIAN)
    if not _within(link[~minds], -1, int(state.bodies.next_index[world]) - 1):
        raise Impossible("a body is tied to one that never lived")
    if not _within(link[minds], -1, int(state.lives.count[world]) - 1):
        raise Impossible("a body belongs to a life for which there is no slot")


def _check_lives(state: State, world: int) -> None:
    slots, things, indices = (int(n[world]) for n in (state.lives.count, state.things.count, state.bodies.next_index))
    limits = {
        "body": (-1, indices - 1),
        "role": (0, max(Role)),
        "heading": (0, MOVES - 1),
        **dict.fromkeys(STORES, (0, STORE_LIMIT)),
        **dict.fromkeys(("near_matter", "reading", "post"), (-1, indices - 1)),
        "near_life": (-1, slots - 1),
        "foe": (-1, 2 * slots - 1),  # slot << 1 | by a shot
        **dict.fromkeys(("near_thing", "holding"), (-1, things - 1)),
        "mood": (0, max(Mood)),
        "coins": (0, _MOST),
    }
    for name, (low, high) in limits.items():
        _check(state.lives.live(name, world), low, high, f"{name} of a life")
    action = state.lives.live("action", world)
    for shift, choices, what in ((0, MOVES, "move"), (8, ACTS, "act"), (16, WORDS, "word"), (24, 1, "rest")):
        _check((action >> np.uint32(shift)) & np.uint32(0xFF), 0, choices - 1, f"{what} of an action")
    _check_bodies_of_lives(state, world)


def _check_bodies_of_lives(state: State, world: int) -> None:
    """A life and its body name each other, so that no two lives share a body and none lives on in a dead one."""
    body = state.lives.live("body", world)
    slots = np.flatnonzero(body >= 0)
    rows = state.bodies.row_of[world, body[slots]]
    if np.any(rows < 0):
        raise Impossible("the body of a life is dead")
    kind = unpack_traits(state.bodies.columns["traits"][world, rows])[0]
    if not np.all(((kind == Kind.MIND) | (kind == Kind.GUARDIAN)) & (state.bodies.columns["link"][world, rows] == slots)):
        raise Impossible("the body of a life is not its own")


def _check_things(state: State, world: int) -> None:
    kind = state.things.live("kind", world)
    _check(kind, 0, max(Thing), "kind of a thing")
    _check(state.things.live("lies", world), 0, max(Lies), "lies of a thing")
    _check(state.things.live("energy", world), 0, 3 * STORE_LIMIT, "energy of a thing")  # an egg fills three stores
    _check(state.things.live("strength", world), 0, _MOST, "strength of a thing")
    owner = state.things.live("owner", world)[kind != Thing.NONE]
    _check(owner, -1, int(state.lives.count[world]) - 1, "owner of a thing")


def _check(values: npt.NDArray[np.int32] | npt.NDArray[np.uint32], low: int, high: int, what: str) -> None:
    if not _within(values, low, high):
        wrong = int(values[(values < low) | (values > high)][0])
        raise Impossible(f"the {what} is {wrong}, not {low} to {high}")


def _within(values: npt.NDArray[np.int32] | npt.NDArray[np.uint32], low: int, high: int) -> bool:
    return not len(values) or low <= int(values.min()) <= int(values.max()) <= high
