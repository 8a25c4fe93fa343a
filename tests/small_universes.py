"""Small universes for the tests of digests and the store: states with identities, and a universe with a toy law."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ninepixel.ecs.ids import EntityId, index_of, make_id
from ninepixel.world.commands import Command, canonical_order
from ninepixel.world.identity import FileIdentity, ProcessIdentity
from ninepixel.world.state import State
from ninepixel.world.store.envelope import Envelope, pack, unpack
from ninepixel.world.store.snapshot import pack_snapshot
from random_states import random_state

#: Slots of a small state.
LIVES, THINGS = 9, 14


def small_state(
    seed: int = 1,
    bodies: int = 40,
    side_log2: int = 6,
    worlds: int = 1,
    files: int = 12,
    lives: int = LIVES,
    things: int = THINGS,
) -> State:
    """A random state of which the first *files* bodies without a life in them are files, and the next two processes."""
    state = random_state(np.random.default_rng(seed), bodies, side_log2, worlds=worlds, lives=lives, things=things)
    table = state.bodies
    indices = np.setdiff1d(table.index_of[0, table.canonical_rows(0)], state.lives.live("body"))
    ids = [make_id(i, int(table.generation[0, i])) for i in indices.tolist()]
    for i, entity in enumerate(ids[:files]):
        state.cold.put(entity, FileIdentity(b"folder/\xff\n%d" % i if i else b"", size=i << 40, age=i, depth=i % 3))
    for i, entity in enumerate(ids[files : files + 2]):
        state.cold.put(entity, ProcessIdentity(b"%d:99" % i, b"python", b"1:1" if i else b""))
    return state


def bury(state: State, entity: EntityId, world: int = 0) -> None:
    """End a body, who it was, and the life in it."""
    state.bodies.kill(entity, world)
    if world == 0:
        state.cold.remove(entity)
    bodies = state.lives.columns["body"][world]
    bodies[bodies == index_of(entity)] = -1


#: The meta and the columns of a snapshot.
Parts = tuple[dict[str, Any], dict[str, Any]]


def taken_apart(state: State) -> Parts:
    """A snapshot as plain values that can be tampered with; :func:`put_together` is the inverse."""
    envelope = unpack(pack_snapshot(state, "final"))
    columns = {n: envelope.column(n, s[0].dtype, sum(p.count for p in s)).copy() for n, s in envelope.columns.items()}
    return dict(envelope.meta), columns


def put_together(parts: Parts, tick: int = 1) -> Envelope:
    """The envelope of a snapshot that was taken apart."""
    return unpack(pack("snapshot", tick, *parts))


class ToyUniverse:
    """A universe whose law fits on a screen: bodies drift, ``push`` pushes one, ``born`` and ``exit`` come and go.

    The living age and learn, and things fly. Rows are shuffled every tick, as a backend may.
    """

    def __init__(self, state: State) -> None:
        self.state = state

    @property
    def tick(self) -> int:
        return self.state.tick

    def pull(self) -> State:
        return self.state

    def step(self, commands: Sequence[Command] = ()) -> None:
        state, table = self.state, self.state.bodies
        table.clock += 1
        for command in canonical_order(commands):
            self.apply(command)
        for world in range(state.params.worlds):
            n = int(table.count[world])
            for place, speed in (("x", "vx"), ("y", "vy")):
                table.columns[place][world, :n] += table.live(speed, world).astype(np.uint32)
                table.touch(place, world)
            table.reorder(world, np.random.default_rng(state.tick).permutation(n).astype(np.int32))
        self.live()
        state.energy += state.energy[:, :, ::-1, :] & 1
        state.tick += 1

    def live(self) -> None:
        """Every life grows older; one of each world learns something and the chronicle counts it; things fly."""
        state = self.state
        state.lives.columns["age"] += state.lives.columns["body"] >= 0
        state.things.columns["x"] += state.things.columns["vx"].astype(np.uint32)
        if state.known.size:
            slot, bit = state.tick % state.known.shape[1], state.tick % (32 * state.known.shape[2])
            state.known[:, slot, bit >> 5] ^= np.uint32(1 << (bit & 31))
            state.chronicle[:, 2] += 1

    def apply(self, command: Command) -> None:
        state, table, index = self.state, self.state.bodies, int(command.data.get("index", 0))
        for world in range(state.params.worlds):
            entity = make_id(index, int(table.generation[world, index]))
            if command.verb == "born":
                if table.count[world] == table.capacity:
                    table.grow(table.capacity * 2)
                born = table.spawn(world, x=index, vx=7)
                if world == 0:
                    state.cold.put(born, FileIdentity(command.key, 1, 2, 3))
            elif table.is_alive(entity, world):
                if command.verb == "push":
                    table.set(entity, world, vx=table.get(entity, "vx", world) // 2 + 1)
                elif command.verb == "paint":
                    table.set(entity, world, rby=table.get(entity, "rby", world) ^ 1)
                elif command.verb == "exit":
                    bury(state, entity, world)


def toy_commands(tick: int, bodies: int = 40) -> list[Command]:
    """What happens to a toy universe at *tick*: the same every time."""
    rng = np.random.default_rng(tick)
    verbs = [("push", "paint", "born", "exit")[int(k)] for k in rng.integers(0, 4, int(rng.integers(0, 4)))]
    return [Command(v, b"key %d" % i, {"index": int(rng.integers(0, bodies))}) for i, v in enumerate(verbs)]
