"""The numbers of the laws, in one place: Python reads them here, GLSL gets them as ``#define``s (:func:`as_glsl`).

Units: a *cell* is one cell of the field; R is the range of the RBY force (``1 << reach_log2`` cells); forces count distance in
R / 1024; velocities are cells a tick in Q2.30; energy is counted in units.
"""

from __future__ import annotations

# -- the RBY force (PHYSICS.md: the shape of Particle Life, in integers) ------------------------------------------------------
REACH_BITS = 10  #: R is 1 << REACH_BITS force units long
REACH_SQUARED = 1 << 20  #: squared distance at which the force ends
CORE_SQUARED = 1 << 17  #: squared distance below which bodies repel
AFFINITY_LIMIT = 63  #: entries of the affinity matrix K lie in -63 .. 63 (Q6), so that K w fits 16 bits
AFFINITY_SHIFT = 10  #: (w_i K w_j) >> this is the affinity in Q12
HUMP_SHIFT = 11  #: affinity * hump >> this is the attraction
FORCE_SHIFT = 4  #: of pull minus push, before it is multiplied with the distance, so that a crowd does not overflow
FORCE_LIMIT = 1 << 23  #: a body feels at most this much
FORCE_TO_SPEED = 3  #: velocity += force << (reach_log2 + this) >> inertia
INERTIA_SHIFT = 8  #: mass >> this halves the acceleration so many times (0 .. 3)

# -- motion -------------------------------------------------------------------------------------------------------------------
SPEED_LIMIT = (1 << 30) - 1  #: under one cell a tick
FRICTION = 1 << 28  #: share of 2**32 of its velocity that a body loses each tick: 1/16
DRAG_LIMIT = 4095  #: change of density that membranic drag still feels
DRAG_SHIFT = 17  #: change of density << this is added to FRICTION
DENSITY_SHIFT = 10  #: a neighbour at distance 0 adds REACH_SQUARED >> this = 1024 to the density
JITTER_HEAT_SHIFT = 10  #: local field energy >> this raises the jitter
JITTER_LIMIT = 48  #: jitter is at most 65535 * this, in Q2.30

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
    numbers = {k: v for k, v in globals().items() if k.isupper() and isinstance(v, int)}
    return "".join(f"#define {name} {value}\n" for name, value in numbers.items())
