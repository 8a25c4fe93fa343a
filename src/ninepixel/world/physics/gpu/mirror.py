"""Bodies as the device keeps them: the twin of shaders/include/record.glsl.

A record is twelve uint32: x, y, rby, props, vx, vy, energy, density, index, link and two words of *pull*.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.table import Table
from ninepixel.world.laws.affinity import affinity_matrix
from ninepixel.world.laws.bodies import Flag, Kind

RECORD_WORDS = 12
#: Where the moving columns lie in a record.
WORDS = {"x": 0, "y": 1, "vx": 4, "vy": 5, "energy": 6, "density": 7}
RBY, PROPS, INDEX, LINK, PULL = 2, 3, 8, 9, 10

MASS_MASK = 0xFFFF
ALIVE, ANCHORED, TETHERED, ROAMS = 1 << 16, 1 << 17, 1 << 18, 1 << 19
#: For the senses: matter that can be read, minds, guardians.
READABLE, THINKS, GUARDS = 1 << 20, 1 << 21, 1 << 22

Words = npt.NDArray[np.uint32]


def records(bodies: Table, world: int, seed: int, start: int, stop: int) -> Words:
    """Rows ``start .. stop-1`` of *world* as records, shape ``(stop - start, 12)``; rows past the last body are not alive.

    :param seed: of that world; it decides what pulls a body.
    """
    out = np.zeros((stop - start, RECORD_WORDS), np.uint32)
    alive = max(min(stop, int(bodies.count[world])) - start, 0)
    rows = slice(start, start + alive)

    def column(name: str) -> npt.NDArray[Any]:
        return bodies.columns[name][world, rows]

    for name, word in WORDS.items():
        out[:alive, word] = column(name).view(np.uint32)
    rby = column("rby")
    out[:alive, RBY] = rby
    out[:alive, PROPS] = props(column("traits"), column("mass"))
    out[:alive, INDEX] = bodies.index_of[world, rows]
    out[:alive, LINK] = column("link").view(np.uint32)
    out[:alive, PULL:] = pull(rby, affinity_matrix(seed))
    return out


def props(traits: Words, mass: npt.NDArray[np.int32]) -> Words:
    """What the laws ask of a body's nature, in one word: mass and flags. Only living bodies have any."""
    kind, flags = traits & np.uint32(0xFF), (traits >> np.uint32(16)) & np.uint32(0xFF)
    word = (mass.view(np.uint32) & np.uint32(MASS_MASK)) | np.uint32(ALIVE)
    word[(flags & np.uint32(Flag.ANCHORED)) != 0] |= np.uint32(ANCHORED)
    word[(flags & np.uint32(Flag.TETHERED)) != 0] |= np.uint32(TETHERED)
    word[kind == Kind.CREATURE] |= np.uint32(ROAMS)
    word[(kind == Kind.MATTER) & ((flags & np.uint32(Flag.SEALED)) == 0)] |= np.uint32(READABLE)
    word[kind == Kind.MIND] |= np.uint32(THINKS)
    word[kind == Kind.GUARDIAN] |= np.uint32(GUARDS)
    return word


def actors(bodies: Table) -> Words:
    """Who acts on its own velocity, in all worlds: ``world * capacity + index``, in row order."""
    found = []
    for world in range(bodies.worlds):
        traits = bodies.live("traits", world)
        kind, flags = traits & np.uint32(0xFF), traits >> np.uint32(16)
        wants = (kind == Kind.CREATURE) | ((flags & np.uint32(Flag.TETHERED)) != 0)
        acts = wants & ((flags & np.uint32(Flag.ANCHORED)) == 0)
        found.append(bodies.index_of[world, : bodies.count[world]][acts] + np.uint32(world * bodies.capacity))
    return np.concatenate(found)


def pull(rby: Words, matrix: npt.NDArray[np.int32]) -> Words:
    """What draws a body, shape ``(n, 2)``: with u = w^T K, word 0 is u0 - u2 in 17 bits and u2 >> 1 above, word 1 is u1 - u2."""
    r, b = ((rby & np.uint32(0xFFFF)) >> np.uint32(8)).astype(np.int32), (rby >> np.uint32(24)).astype(np.int32)
    u = np.stack([r, b, 256 - r - b], axis=1) @ matrix
    word0 = ((u[:, 0] - u[:, 2]) & 0x1FFFF) | ((u[:, 2] >> 1) << 17)
    return np.stack([word0, u[:, 1] - u[:, 2]], axis=1).astype(np.int32).view(np.uint32)


def bring_home(bodies: Table, world: int, mirrored: Words) -> None:
    """Write the moving columns of *world* from its records; where their row order differs, the table takes theirs over."""
    n = int(bodies.count[world])
    mirrored = mirrored[:n]
    index = mirrored[:, INDEX]
    if not np.array_equal(index, bodies.index_of[world, :n]):
        bodies.reorder(world, np.ascontiguousarray(bodies.row_of[world, index]))
        for name in bodies.columns:
            bodies.take_dirty(name, world)  # the device has this order already
    for name, word in WORDS.items():
        column = bodies.columns[name]
        column[world, :n] = mirrored[:, word].view(column.dtype)


def take_dirty_rows(bodies: Table, world: int) -> tuple[int, int]:
    """The smallest row range that covers every write to any column since the last call."""
    spans = [bodies.take_dirty(name, world) for name in bodies.columns]
    spans = [(low, high) for low, high in spans if low < high]
    return (min(low for low, _ in spans), max(high for _, high in spans)) if spans else (0, 0)
