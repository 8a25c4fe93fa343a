"""Why a body moves: the law's own terms, computed for one body from the state, largest first.

For people, so it answers in floating point: cells a tick that one tick adds to the velocity. The law itself is in the backends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.client.names import kind_name, life_in, name_of, owner_of
from ninepixel.ecs.ids import EntityId
from ninepixel.world.laws import constants as law
from ninepixel.world.laws.affinity import affinity_matrix
from ninepixel.world.laws.bodies import Flag, Kind, unpack_rby, unpack_traits
from ninepixel.world.laws.lives import STEPS
from ninepixel.world.laws.vital import LOOT_WIT, SLANT, THRUST_SHIFT
from ninepixel.world.state import State

#: (what does it, its share of the change of velocity along x and along y, cells a tick).
Force = tuple[str, float, float]
_SPEED_ONE = float(1 << 30)
#: Of all the neighbours this many are named.
NAMED = 4

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]


def explain(state: State, entity: int, world: int = 0) -> list[Force]:
    """The forces on *entity* now: tether, scent, its own will, the neighbours that pull or push most, the others in one sum.

    :returns: ``[("anchored", 0, 0)]`` for what never moves.
    :raises StaleEntity: when it is dead.
    """
    body = state.bodies.values(entity, world)
    kind, _, flags = (int(v) for v in unpack_traits(body["traits"]))
    if flags & Flag.ANCHORED:
        return [("anchored: absolute existence never moves", 0.0, 0.0)]
    forces = []
    if flags & Flag.TETHERED and (parent := owner_of(state, body["link"], world)) is not None:
        forces.append(_tether(state, body, parent, world))
    if kind == Kind.CREATURE:
        forces.append(_scent(state, body, world))
    if (slot := life_in(state, entity, world)) is not None:
        forces += _will(state, slot, world)
    return forces + _neighbours(state, body, state.bodies.row(entity, world), world)


def _tether(state: State, body: dict[str, int], parent: EntityId, world: int) -> Force:
    pulls = []
    for axis in ("x", "y"):
        away = _signed(state.bodies.get(parent, axis, world) - body[axis])
        stretch = max(-law.TETHER_LIMIT, min(law.TETHER_LIMIT, away >> (state.params.cell_shift - 8)))
        pulls.append((stretch << law.TETHER_SHIFT) / _SPEED_ONE)
    return f"tether to {name_of(state, parent, world)}", pulls[0], pulls[1]


def _scent(state: State, body: dict[str, int], world: int) -> Force:
    side, shift = state.params.side, state.params.cell_shift
    cx, cy = body["x"] >> shift, body["y"] >> shift
    field = state.energy[world].astype(np.int64)[:, [(cy - 1) % side, cy, (cy + 1) % side]][
        :, :, [(cx - 1) % side, cx, (cx + 1) % side]
    ]
    weights = _weights8(body["rby"])
    pulls = []
    for near, far in ((field[:, 1, 0], field[:, 1, 2]), (field[:, 0, 1], field[:, 2, 1])):
        smelt = int((weights * np.clip(far - near, -law.SCENT_LIMIT, law.SCENT_LIMIT)).sum()) >> law.SCENT_SHIFT
        pulls.append((max(-law.THRUST_LIMIT, min(law.THRUST_LIMIT, smelt)) << law.THRUST_SHIFT) / _SPEED_ONE)
    return "scent of energy in its own colours", pulls[0], pulls[1]


def _will(state: State, slot: int, world: int) -> list[Force]:
    """What a life's own move of the last tick added, nothing if it stayed (or could not pay)."""
    value = {name: int(state.lives[name][world, slot]) for name in ("action", "pheno_y", "holding")}
    dx, dy = STEPS[value["action"] & 0xFF]
    if not (dx or dy):
        return []
    loot = int(state.things["strength"][world, value["holding"]]) >> LOOT_WIT if value["holding"] >= 0 else 0
    push = ((value["pheno_y"] & 0xFF) + 64 + loot) << THRUST_SHIFT
    push = push * SLANT >> 8 if dx and dy else push
    return [("its own will", dx * push / _SPEED_ONE, dy * push / _SPEED_ONE)]


def _neighbours(state: State, body: dict[str, int], row: int, world: int) -> list[Force]:
    rows = rows_around(state, body, world)
    rows = rows[rows != row]
    fx, fy = pair_forces(state, body, rows, world)
    strength = np.hypot(fx, fy)
    order = np.argsort(-strength, kind="stable")
    order = order[strength[order] > 0]
    forces: list[Force] = []
    for k in order[:NAMED].tolist():
        other = state.bodies.entity_at(int(rows[k]), world)
        toward = fx[k] * _signed(state.bodies.get(other, "x", world) - body["x"]) + fy[k] * _signed(
            state.bodies.get(other, "y", world) - body["y"]
        )
        forces.append(
            (f"{'drawn to' if toward > 0 else 'pushed by'} {_briefly(state, other, world)}", float(fx[k]), float(fy[k]))
        )
    rest = order[NAMED:]
    if rest.size:
        forces.append((f"{rest.size} other neighbours", float(fx[rest].sum()), float(fy[rest].sum())))
    return forces


def pair_forces(state: State, body: dict[str, int], rows: npt.NDArray[Any], world: int = 0) -> tuple[Floats, Floats]:
    """What each of the bodies in *rows* adds to the velocity of *body* in one tick by the RBY force, cells a tick."""
    p = state.params
    quantum, lift = p.cell_shift + p.reach_log2 - law.UNIT_BITS, law.SPAN_BITS - law.UNIT_BITS
    dx, dy = (
        _signed16(((state.bodies.live(axis, world)[rows].astype(np.int64) >> quantum) - (body[axis] >> quantum)) << lift)
        for axis in ("x", "y")
    )
    s = (dx * dx >> 16) + (dy * dy >> 16)
    rest = np.maximum(law.REACH_SQUARED - s, 0)
    hump = ((np.maximum(s - law.SOFT_SQUARED - 1, 0) << law.HUMP_SHIFT) * (rest << law.HUMP_SHIFT)) >> 16
    soft, hard = np.maximum(law.SOFT_SQUARED - s, 0) << law.SOFT_SHIFT, np.maximum(law.HARD_SQUARED - s, 0) << law.HARD_SHIFT
    u = [int(v) for v in _weights8(body["rby"]) @ affinity_matrix((p.seed + world) % (1 << 64)).astype(np.int64)]
    other = state.bodies.live("rby", world)[rows].astype(np.int64)
    hunger = min(max(law.SATED - body["density"], 0), 1 << law.HUNGER_BITS)
    red, blue, base = ((pull * hunger) >> law.HUNGER_BITS for pull in (u[0] - u[2], u[1] - u[2], u[2] >> 1))
    affinity = base + (red * ((other & 0xFFFF) >> 1) >> 16) + (blue * (other >> 17) >> 16)
    g = np.where(rest > 0, ((affinity << law.AFFINITY_LIFT) * hump >> 16) - (soft * soft >> 16) - (hard * hard >> 16), 0)
    scale = float(1 << (p.reach_log2 + law.FORCE_TO_SPEED)) / float(1 << (body["mass"] >> law.INERTIA_SHIFT)) / _SPEED_ONE
    return (dx >> lift) * g * scale, (dy >> lift) * g * scale


def rows_around(state: State, body: dict[str, int], world: int = 0) -> npt.NDArray[np.intp]:
    """Rows of the bodies within the force's range along both axes (a little more, never less)."""
    reach = 1 << (state.params.cell_shift + state.params.reach_log2)
    near = np.ones(int(state.bodies.count[world]), np.bool_)
    for axis in ("x", "y"):
        start = np.uint32((body[axis] - reach) & 0xFFFFFFFF)
        near &= state.bodies.live(axis, world) - start <= np.uint32(2 * reach)
    return np.flatnonzero(near)


def _briefly(state: State, entity: EntityId, world: int) -> str:
    name = name_of(state, entity, world)
    if name.startswith("a "):
        return f"a {kind_name(state.bodies.get(entity, 'traits', world))}"
    return name.rsplit("/", 1)[-1]


def _weights8(rby: int) -> Ints:
    r, b, _ = (int(v) for v in unpack_rby(rby))
    return np.asarray([r >> 8, b >> 8, 256 - (r >> 8) - (b >> 8)], np.int64)


def _signed(value: int) -> int:
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def _signed16(values: Ints) -> Ints:
    return ((values + (1 << 15)) & 0xFFFF) - (1 << 15)
