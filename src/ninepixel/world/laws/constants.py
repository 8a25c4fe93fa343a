"""The numbers of the laws, in one place: Python reads them here, GLSL gets them as ``#define``s (:func:`as_glsl`).

Units: a *cell* is one cell of the field; R is the range of the RBY force (``1 << reach_log2`` cells);
velocities are cells a tick in Q2.30; energy is counted in units.
"""

from __future__ import annotations

# -- the RBY force: the shape of Particle Life, in products of 16-bit numbers (a CPU multiplies 16 to 32 of them at once) -------
UNIT_BITS = 10  #: positions are quantised to R >> UNIT_BITS before they are subtracted, so that dx(i, j) = -dx(j, i) exactly
SPAN_BITS = 14  #: then R is 1 << SPAN_BITS long, so that a neighbour's distance fills an int16
REACH_SQUARED = 4096  #: (dx * dx >> 16) + (dy * dy >> 16) at which the force ends: R squared
SOFT_SQUARED = 511  #: below this squared distance (0.35 R) bodies push each other away,
HARD_SQUARED = 127  #: and below this one (0.18 R) hard
SOFT_SHIFT, HARD_SHIFT, HUMP_SHIFT = 6, 8, 3  #: lift the squared distances to 15 bits before they are squared
AFFINITY_LIMIT = 63  #: entries of the affinity matrix K lie in -63 .. 63 (Q6), so that differences of K w fit 16 bits
AFFINITY_LIFT = 1  #: (affinity << this) * hump >> 16 is the attraction; more, and tissues of bodies become heaps
HUNGER_BITS = 16  #: a body with a density under 1 << this is pulled in full (some 30 neighbours) ...
SATED = 1 << 17  #: ... and one with this density or more (some 60) not at all: without it, a crowd of friends falls in on itself
FORCE_LIMIT = 1 << 24  #: a body feels at most this much
FORCE_TO_SPEED = 2  #: velocity += force << (reach_log2 + this) >> inertia
INERTIA_SHIFT = 8  #: mass >> this halves the acceleration so many times (0 .. 3)

# -- motion -------------------------------------------------------------------------------------------------------------------
SPEED_LIMIT = (1 << 30) - 1  #: under one cell a tick
FRICTION = 1 << 27  #: share of 2**32 of its velocity that a body loses each tick: 1/32
DRAG_LIMIT = 16383  #: change of density that membranic drag still feels
DRAG_SHIFT = 15  #: change of density << this is added to FRICTION
JITTER_HEAT_SHIFT = 10  #: local field energy >> this raises the jitter
JITTER_LIMIT = 160  #: jitter is at most 65535 * this, in Q2.30

# -- drives of creatures and minds --------------------------------------------------------------------------------------------
SCENT_LIMIT = 1 << 20  #: difference of field energy that can be smelt
SCENT_SHIFT = 12  #: weighted difference >> this ...
THRUST_LIMIT = 1024  #: ... and clamped to this ...
THRUST_SHIFT = 14  #: ... << this is the thrust (at most 1/64 cell a tick, each tick)
TETHER_LIMIT = 1 << 14  #: a tether pulls like one of 64 cells at most (Q8 cells)
TETHER_SHIFT = 9  #: stretch in Q8 cells << this is its pull

# -- energy -------------------------------------------------------------------------------------------------------------------
CROWD = 256  #: in a hash cell with more bodies nobody takes energy up, so that a cell is never overdrawn
UPTAKE_SHIFT = 8  #: a body takes field energy >> this of its own colours; 1 << UPTAKE_SHIFT >= CROWD
EXCRETE_SHIFT = 5  #: a body gives its energy >> this (rounded up) to the field, in its colours
EXCRETE_LIMIT = 1 << 20  #: and never more than this in one tick
RADIANCE_FLOOR = 16  #: anchored matter radiates (mass + this) << RADIANCE_SHIFT a tick
RADIANCE_SHIFT = 4
ENERGY_LIMIT = 1 << 30  #: a body holds at most this much; a source that would give more gives less, and books less

# -- the field ----------------------------------------------------------------------------------------------------------------
EDGE_SHIFT = 3  #: a cell shares energy >> this with each edge neighbour
DIAGONAL_SHIFT = 5  #: and energy >> this with each diagonal neighbour, and keeps the rest
DECAY_SHIFT = 7  #: then it loses energy >> this, rounded up, so that it reaches zero

# -- streams of chance (each law draws from its own) --------------------------------------------------------------------------
STREAM_JITTER = 1
STREAM_AFFINITY = 2
STREAM_GENESIS = 3


def as_glsl() -> str:
    """Every number above as a ``#define`` line, for the shaders' include of the same name."""
    numbers = {name: value for name, value in globals().items() if name.isupper() and isinstance(value, int)}
    return "".join(f"#define {name} {value}\n" for name, value in numbers.items())
