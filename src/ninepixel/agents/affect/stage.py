"""The stage of the birth test: in a fork of a world a guardian is put before a mind, dangerous, harmless, or nowhere near.

No law is changed. A harmless guardian is the same guardian, in body, mood and speed, whose *cooldown* has so long to run that it
can never strike or shoot. Cooldown is in nobody's senses but its own, so to the retina the two are the same to the byte until
the first blow has fallen. Where there is to be none, the guardian is put half a world away.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
import numpy.typing as npt

from ninepixel.agents.affect.waking import cells_apart
from ninepixel.agents.arena import Arena
from ninepixel.world.laws.lives import Mood, Role

#: Ticks until a harmless guardian could strike: years.
NEVER = 1 << 30
HALF = np.uint32(1 << 31)
NOBODY = -1

Slots = npt.NDArray[np.int64]
Places = npt.NDArray[np.uint32]


class Danger(Enum):
    """What stands before a mind."""

    REAL = "real"
    HARMLESS = "harmless"
    ABSENT = "absent"


def place_of(arena: Arena, slots: Slots) -> Places:
    """Where the lives in *slots* (one a world) are, uint32 (2, worlds): x and y."""
    worlds = np.arange(arena.worlds)
    rows = _rows(arena, worlds, slots)
    bodies = arena.state.bodies
    return np.stack([bodies["x"][worlds, rows], bodies["y"][worlds, rows]]).astype(np.uint32)


def beside(arena: Arena, slots: Slots, angles: npt.NDArray[np.float64], cells: float) -> Places:
    """Places *cells* away from the lives in *slots*, in the direction of *angles* (radians, one a world)."""
    unit = 2.0**32 / arena.state.params.side
    offset = np.rint(np.stack([np.cos(angles), np.sin(angles)]) * cells * unit).astype(np.int64)
    return (place_of(arena, slots).astype(np.int64) + offset).astype(np.uint32)


def actors(arena: Arena, slots: Slots) -> Slots:
    """The guardian of each world that plays the part: of those that live the farthest from the mind; -1 where none lives."""
    chosen, there = np.full(arena.worlds, NOBODY, np.int64), place_of(arena, slots)
    lives, bodies = arena.state.lives, arena.state.bodies
    for world in range(arena.worlds):
        guards = np.flatnonzero((lives["body"][world] >= 0) & (lives["role"][world] == Role.GUARDIAN))
        if guards.size:
            rows = bodies.row_of[world, lives["body"][world, guards]]
            x, y = (bodies[name][world, rows] for name in ("x", "y"))
            far = cells_apart(x, y, there[0, world : world + 1], there[1, world : world + 1], arena.state.params.side)
            chosen[world] = guards[int(np.argmax(far))]
    return chosen


def put(arena: Arena, guards: Slots, places: Places, danger: Danger) -> None:
    """Let the guardians in *guards* stand watch at *places*, calm and whole, with what energy they have; everybody looks anew.

    This changes the state: only ever in a fork. Worlds whose guard is -1 are left as they are.
    """
    worlds = np.flatnonzero(guards >= 0)
    slots, (x, y) = guards[worlds], places[:, worlds]
    if danger is Danger.ABSENT:
        x, y = x + HALF, y + HALF
    lives, bodies = arena.state.lives, arena.state.bodies
    rows = _rows(arena, worlds, slots)
    for name, value in (("x", x), ("y", y), ("vx", 0), ("vy", 0)):
        bodies[name][worlds, rows] = value
    for name, value in (("home_x", x), ("home_y", y), ("mood", int(Mood.IDLE))):
        lives[name][worlds, slots] = value
    lives["health"][worlds, slots] = lives["low"][worlds, slots]
    lives["cooldown"][worlds, slots] = NEVER if danger is Danger.HARMLESS else 0
    arena.life.sense()


def _rows(arena: Arena, worlds: npt.NDArray[np.int64], slots: Slots) -> npt.NDArray[np.int64]:
    """The rows of bodies of lives that there are."""
    index = arena.state.lives["body"][worlds, np.maximum(slots, 0)]
    rows: Slots = arena.state.bodies.row_of[worlds, np.maximum(index, 0)].astype(np.int64)
    return rows
