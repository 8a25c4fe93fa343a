"""What the laws would stumble over, refused before a universe goes on from it.

Kernels index arrays with what the columns say and do not look twice. Whatever names a slot, a thing, a body or a row of a small
table is therefore held against what there is, when a file is read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.ids import index_of
from ninepixel.ecs.table import Table
from ninepixel.world.identity import FileIdentity, MindIdentity, ProcessIdentity
from ninepixel.world.laws.bodies import Kind
from ninepixel.world.laws.lives import ACTS, MOVES, WORDS, Lies, Mood, Role, Thing
from ninepixel.world.laws.vital import STORE_LIMIT
from ninepixel.world.state import STORES, State
from ninepixel.world.store.errors import Impossible

_MOST = (1 << 31) - 1
_MINDS = (int(Kind.MIND), int(Kind.GUARDIAN))


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
    _check_lives(state)
    _check_bodies_of_lives(state)
    _check_things(state)
    _check_coins(state)
    _check_names(state)
    _check_thoughts(state)


def _check_links(state: State, world: int) -> None:
    """Minds and guardians are linked to the slot of their life, all others to a body."""
    link, minds = state.bodies.live("link", world), np.isin(state.bodies.live("traits", world) & np.uint32(0xFF), _MINDS)
    if not _within(link[~minds], -1, int(state.bodies.next_index[world]) - 1):
        raise Impossible("a body is tied to one that never lived")
    if not _within(link[minds], -1, int(state.lives.count[world]) - 1):
        raise Impossible("a body belongs to a life for which there is no slot")


def _check_lives(state: State) -> None:
    slots, things = int(state.lives.count[0]), int(state.things.count[0])
    used = state.bodies.next_index[:, None].astype(np.int64)
    limits: dict[str, tuple[int, int | npt.NDArray[np.int64]]] = {
        "role": (0, max(Role)),
        "heading": (0, MOVES - 1),
        **dict.fromkeys(STORES, (0, STORE_LIMIT)),
        **dict.fromkeys(("body", "near_matter", "reading", "post"), (-1, used - 1)),
        "near_life": (-1, slots - 1),
        "foe": (-1, 2 * slots - 1),  # slot << 1 | by a shot
        **dict.fromkeys(("near_thing", "holding"), (-1, things - 1)),
        "mood": (0, max(Mood)),
        "coins": (0, _MOST),
    }
    for name, (low, high) in limits.items():
        _check(_of_slots(state.lives, name), low, high, f"{name} of a life")
    action = _of_slots(state.lives, "action")
    for shift, choices, what in ((0, MOVES, "move"), (8, ACTS, "act"), (16, WORDS, "word"), (24, 1, "rest")):
        _check((action >> np.uint32(shift)) & np.uint32(0xFF), 0, choices - 1, f"{what} of an action")


def _check_bodies_of_lives(state: State) -> None:
    """A life and its body name each other, so that no two lives share a body and none lives on in a dead one."""
    body, table = _of_slots(state.lives, "body"), state.bodies
    worlds, slots = np.nonzero(body >= 0)
    rows = table.row_of[worlds, body[worlds, slots]]
    if np.any(rows < 0):
        raise Impossible("the body of a life is dead")
    minds = np.isin(table.columns["traits"][worlds, rows] & np.uint32(0xFF), _MINDS)
    if not np.all(minds & (table.columns["link"][worlds, rows] == slots)):
        raise Impossible("the body of a life is not its own")


def _check_things(state: State) -> None:
    kind = _of_slots(state.things, "kind")
    _check(kind, 0, max(Thing), "kind of a thing")
    _check(_of_slots(state.things, "lies"), 0, max(Lies), "lies of a thing")
    _check(_of_slots(state.things, "energy"), 0, 3 * STORE_LIMIT, "energy of a thing")  # an egg fills three stores
    _check(_of_slots(state.things, "strength"), 0, _MOST, "strength of a thing")
    owner = _of_slots(state.things, "owner")[kind != Thing.NONE]
    _check(owner, -1, int(state.lives.count[0]) - 1, "owner of a thing")


def _check_coins(state: State) -> None:
    """All coins of a world fit into one purse."""
    lying = np.where(_of_slots(state.things, "kind") == Thing.COIN, _of_slots(state.things, "strength"), 0)
    held = lying.sum(axis=1, dtype=np.int64) + _of_slots(state.lives, "coins").sum(axis=1, dtype=np.int64)
    if held.max() > _MOST:
        raise Impossible("it holds more coins than can be counted")


def _check_names(state: State) -> None:
    """Who ends a file or process must not end a life with it, and the name of a mind leads to its slot."""
    body = _of_slots(state.lives, "body")[0]
    for kind in (FileIdentity, ProcessIdentity):
        if np.isin(_indices(state, kind), body).any():
            raise Impossible("a life is in the body of a file or a process")
    if len(body) and not np.isin(_indices(state, MindIdentity), body).all():
        raise Impossible("a mind has a name and no life")


def _indices(state: State, kind: type[Any]) -> npt.NDArray[np.int64]:
    return np.asarray([index_of(entity) for entity, _ in state.cold.each(kind)], np.int64)


def _of_slots(table: Table, name: str) -> npt.NDArray[Any]:
    """One column of all worlds, of shape (worlds, slots)."""
    return table.columns[name][:, : table.count[0]]


def _check(values: npt.NDArray[Any], low: int, high: int | npt.NDArray[np.int64], what: str) -> None:
    wrong = (values < low) | (values > high)
    if np.any(wrong):
        most = int(np.broadcast_to(high, values.shape)[wrong][0])
        raise Impossible(f"the {what} is {int(values[wrong][0])}, not {low} to {most}")


def _within(values: npt.NDArray[np.int32], low: int, high: int) -> bool:
    return not len(values) or low <= int(values.min()) <= int(values.max()) <= high


def _check_thoughts(state: State) -> None:
    """What minds think with is a policy, and they remember as much as it lets them."""
    if state.thoughts is None:
        return
    from ninepixel.world.thought import BadPolicy, Policy  # for states with a policy alone

    try:
        policy = Policy.parse(state.thoughts.policy)
    except BadPolicy as error:
        raise Impossible(f"what its minds think with is no policy: {error}") from None
    if policy.shape.hidden != state.thoughts.memory.shape[2]:
        raise Impossible("its minds remember more or less than their policy does")
