"""The laws, slow and obvious: one tick in plain Python integers. numba and GLSL must equal it to the bit.

Read this to know what the universe does; read the backends to know how it is done fast.
"""

from __future__ import annotations

from collections import defaultdict
from copy import copy

import numpy as np

from ninepixel.world.laws.affinity import affinity_matrix
from ninepixel.world.laws.bodies import Flag, Kind
from ninepixel.world.laws.constants import *  # noqa: F403 -- the reference is the place that uses them all
from ninepixel.world.laws.rng import draw
from ninepixel.world.state import State

M32 = 0xFFFFFFFF


def signed(x: int) -> int:
    """A 32-bit pattern as a signed integer: the shortest way round the torus."""
    x &= M32
    return x - (1 << 32) if x >> 31 else x


def signed16(x: int) -> int:
    """A 16-bit pattern as a signed integer."""
    x &= 0xFFFF
    return x - (1 << 16) if x >> 15 else x


def clamp(x: int, limit: int) -> int:
    return max(-limit, min(limit, x))


def weights8(rby: int) -> tuple[int, int, int]:
    """(R, B, Y) in 1/256; they sum to 256."""
    r, b = (rby & 0xFFFF) >> 8, rby >> 24
    return r, b, 256 - r - b


class Body:
    """One row, unpacked."""

    def __init__(self, state: State, world: int, row: int) -> None:
        for name, column in state.bodies.columns.items():
            setattr(self, name, int(column[world, row]))
        self.row = row
        self.index = int(state.bodies.index_of[world, row])
        self.kind = self.traits & 0xFF
        self.flags = self.traits >> 16 & 0xFF
        self.w = weights8(self.rby)
        self.anchored = bool(self.flags & Flag.ANCHORED)

    x: int
    y: int
    vx: int
    vy: int
    energy: int
    density: int
    rby: int
    traits: int
    mass: int
    link: int


def step(state: State) -> None:
    """Advance every world of *state* by one tick."""
    for world in range(state.params.worlds):
        step_world(state, world)
    state.tick += 1


def step_world(state: State, world: int) -> None:
    n = int(state.bodies.count[world])
    bodies = [Body(state, world, row) for row in range(n)]
    field = state.energy[world].astype(object)  # Python integers: nothing overflows here
    seed = (state.params.seed + world) % 2**64
    drive(state, world, bodies, field)
    hash_shift = state.params.cell_shift + state.params.reach_log2
    grid: dict[tuple[int, int], list[Body]] = defaultdict(list)
    for body in bodies:
        grid[body.y >> hash_shift, body.x >> hash_shift].append(body)
    gifts: list[tuple[int, int, int, int]] = []
    radiance = 0
    moved = []
    for body in bodies:  # nobody moves before everybody has felt everybody: `move` works on copies
        crowd = len(grid[body.y >> hash_shift, body.x >> hash_shift])
        radiance += exchange(state, body, field, crowd, gifts)
        others = neighbours(state, body, grid)
        moved.append(copy(body) if body.anchored else move(state, seed, copy(body), others, field))
    for channel, cy, cx, amount in gifts:
        field[channel, cy, cx] += amount
    decay = diffuse(field)
    write_back(state, world, moved)
    state.energy[world] = field.astype(np.int32)
    state.ledger.add("radiance", radiance, world)
    state.ledger.add("decay", decay, world)


def cell(state: State, body: Body) -> tuple[int, int]:
    return body.y >> state.params.cell_shift, body.x >> state.params.cell_shift


def drive(state: State, world: int, bodies: list[Body], field: np.ndarray) -> None:
    """Senses and acts: tethers pull, creatures climb the scent of their own colours."""
    at = {body.index: body for body in bodies}
    side, shift = state.params.side, state.params.cell_shift
    pushes = []
    for body in bodies:
        px = py = 0
        if body.anchored:
            continue
        if body.kind == Kind.CREATURE:
            cy, cx = cell(state, body)
            sx = sy = 0
            for k in range(3):
                east, west = field[k, cy, (cx + 1) % side], field[k, cy, (cx - 1) % side]
                south, north = field[k, (cy + 1) % side, cx], field[k, (cy - 1) % side, cx]
                sx += body.w[k] * clamp(east - west, SCENT_LIMIT)
                sy += body.w[k] * clamp(south - north, SCENT_LIMIT)
            px += clamp(sx >> SCENT_SHIFT, THRUST_LIMIT) << THRUST_SHIFT
            py += clamp(sy >> SCENT_SHIFT, THRUST_LIMIT) << THRUST_SHIFT
        if body.flags & Flag.TETHERED and body.link in at:
            parent = at[body.link]
            px += clamp(signed(parent.x - body.x) >> (shift - 8), TETHER_LIMIT) << TETHER_SHIFT
            py += clamp(signed(parent.y - body.y) >> (shift - 8), TETHER_LIMIT) << TETHER_SHIFT
        pushes.append((body, px, py))
    for body, px, py in pushes:
        body.vx = clamp(body.vx + px, SPEED_LIMIT)
        body.vy = clamp(body.vy + py, SPEED_LIMIT)


def exchange(state: State, body: Body, field: np.ndarray, crowd: int, gifts: list[tuple[int, int, int, int]]) -> int:
    """Take from the field, radiate, excrete. Appends what is given to *gifts*; returns the energy that the source created."""
    cy, cx = cell(state, body)
    source = 0
    energy = body.energy
    if body.anchored:
        source = min((body.mass + RADIANCE_FLOOR) << RADIANCE_SHIFT, ENERGY_LIMIT - energy)
        energy += source
    elif crowd <= CROWD:
        for k in range(3):
            taken = ((field[k, cy, cx] >> UPTAKE_SHIFT) * body.w[k]) >> 8
            energy += taken
            gifts.append((k, cy, cx, -taken))
    out = min((energy + (1 << EXCRETE_SHIFT) - 1) >> EXCRETE_SHIFT, EXCRETE_LIMIT)
    for k in range(3):
        given = (out * body.w[k]) >> 8
        energy -= given
        gifts.append((k, cy, cx, given))
    body.energy = energy
    return source


def neighbours(state: State, body: Body, grid: dict[tuple[int, int], list[Body]]) -> list[Body]:
    """Everybody in the 3x3 hash cells around *body*, itself included."""
    shift = state.params.cell_shift + state.params.reach_log2
    side = 1 << (32 - shift)
    hy, hx = body.y >> shift, body.x >> shift
    return [b for dy in (-1, 0, 1) for dx in (-1, 0, 1) for b in grid[(hy + dy) % side, (hx + dx) % side]]


def move(state: State, seed: int, body: Body, others: list[Body], field: np.ndarray) -> Body:
    """The RBY force, jitter, membranic drag and one step along the velocity."""
    p = state.params
    quantum = p.cell_shift + p.reach_log2 - UNIT_BITS
    lift = SPAN_BITS - UNIT_BITS
    matrix = affinity_matrix(seed)
    u = [sum(body.w[k] * int(matrix[k, m]) for k in range(3)) for m in range(3)]
    hunger = min(max(SATED - body.density, 0), 1 << HUNGER_BITS)  # the crowded are sated: they are pulled less, then not at all
    p_r, p_b, base = ((pull * hunger) >> HUNGER_BITS for pull in (u[0] - u[2], u[1] - u[2], u[2] >> 1))
    fx = fy = density = 0
    for other in others:
        # quantise first, subtract after: dx(i, j) = -dx(j, i) exactly; neighbours differ by less than 16 bits can hold
        dx = signed16(((other.x >> quantum) - (body.x >> quantum)) << lift)
        dy = signed16(((other.y >> quantum) - (body.y >> quantum)) << lift)
        s = (dx * dx >> 16) + (dy * dy >> 16)
        rest = max(REACH_SQUARED - s, 0)
        if not rest:
            continue
        hump = ((max(s - SOFT_SQUARED - 1, 0) << HUMP_SHIFT) * (rest << HUMP_SHIFT)) >> 16
        soft = max(SOFT_SQUARED - s, 0) << SOFT_SHIFT
        hard = max(HARD_SQUARED - s, 0) << HARD_SHIFT
        r15, b15 = (other.rby & 0xFFFF) >> 1, other.rby >> 17
        affinity = base + (p_r * r15 >> 16) + (p_b * b15 >> 16)  # Q13
        g = ((affinity << AFFINITY_LIFT) * hump >> 16) - (soft * soft >> 16) - (hard * hard >> 16)
        fx += (dx >> lift) * g
        fy += (dy >> lift) * g
        density += rest
    fx, fy, density = signed(fx), signed(fy), signed(density)  # sums wrap at 32 bits on every backend
    inertia = body.mass >> INERTIA_SHIFT
    speed = p.reach_log2 + FORCE_TO_SPEED
    cy, cx = cell(state, body)
    heat = sum(int(field[k, cy, cx]) >> JITTER_HEAT_SHIFT for k in range(3))
    amplitude = min(1 + heat, JITTER_LIMIT)
    words = [int(w) for w in draw(seed, state.tick, body.index, STREAM_JITTER)]
    jx = ((words[0] >> 16) - (words[1] >> 16)) * amplitude
    jy = ((words[2] >> 16) - (words[3] >> 16)) * amplitude
    drag = FRICTION + (min(abs(density - body.density), DRAG_LIMIT) << DRAG_SHIFT)
    body.vx = slow(clamp(body.vx + ((clamp(fx, FORCE_LIMIT) << speed) >> inertia) + jx, SPEED_LIMIT), drag)
    body.vy = slow(clamp(body.vy + ((clamp(fy, FORCE_LIMIT) << speed) >> inertia) + jy, SPEED_LIMIT), drag)
    body.density = density
    k = p.side_log2
    body.x = (body.x + ((body.vx + (1 << (k - 3))) >> (k - 2))) & M32
    body.y = (body.y + ((body.vy + (1 << (k - 3))) >> (k - 2))) & M32
    return body


def slow(v: int, drag: int) -> int:
    return v - ((v * drag + (1 << 31)) >> 32)


def diffuse(field: np.ndarray) -> int:
    """Share out, keep the remainder, then decay. Returns the energy that decayed."""
    edge, diagonal = field >> EDGE_SHIFT, field >> DIAGONAL_SHIFT
    new = field - 4 * edge - 4 * diagonal
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            if dy or dx:
                share = diagonal if dy and dx else edge
                new = new + np.roll(np.roll(share, dy, axis=1), dx, axis=2)
    loss = (new + (1 << DECAY_SHIFT) - 1) >> DECAY_SHIFT
    field[...] = new - loss
    return int(loss.sum())


def write_back(state: State, world: int, bodies: list[Body]) -> None:
    for body in bodies:
        for name in ("x", "y", "vx", "vy", "energy", "density"):
            state.bodies.columns[name][world, body.row] = getattr(body, name)
