"""Where things are: a stable, nested map of a tree onto the torus (canon, section 3).

Every place is a pure function of the entry's own relative path. Siblings, counts, sizes and history do not enter, so adding,
changing or removing a file moves nothing else, and a restart finds everything where it was.

- The root is a disc of 0.30 of the torus around its centre.
- A folder is a disc inside its parent's: its centre at a hashed angle and a hashed distance (0.45 to 0.95 of the parent's radius,
  at most 0.73 in the root, so that zones leave the outer ring to processes), its radius 0.50 to 0.65 of the parent's (less and
  deep trees would be too dense to move in), never under 1/128 of the torus. The folder's own body is its centre.
- Files lie in their folder's disc along spiral arms: as many files a unit of area everywhere (an integer square root), the
  further out the further wound. Half of them keep to the arm of their class, so that arms have a colour.

A turn is 2**32, so are the torus and 1.0 of a hashed share; all of it integers.
"""

from __future__ import annotations

import numpy as np

from ninepixel.world.host.names import Names, mixed, read_names
from ninepixel.world.host.sine import ONE_BITS, cosine_of, quarter_sine, sine_of, square_root
from ninepixel.world.kernel import Array, leaf

CENTRE = 1 << 31
ROOT_RADIUS = 1288490188  # 0.30 * 2**32
FLOOR_RADIUS = 1 << 25  # 2**32 / 128
#: Q16 shares of the parent's radius.
NEAREST, FARTHEST, FARTHEST_ZONE = 29491, 62259, 47841  # 0.45, 0.95, 0.73
SMALLEST, LARGEST = 32768, 42598  # 0.50, 0.65
CORE, RIM = 5243, 60293  # files lie between 0.08 and 0.92 of their folder's radius
#: How far an arm winds from the centre to the rim (0.42 of a turn), and how wide it is.
WINDING = 1803886264
MOST_ARMS = 5
#: The hash from which all paths start.
ROOT_HASH = np.uint64(0x9E3779B97F4A7C15)
#: What the levels are called (canon, section 3).
REGIONS = ("Realm", "Zone", "Area", "Room", "Section")


def region_name(depth: int) -> str:
    """What a folder at *depth* is called: Realm (the root), Zone, Area, Room, then Section."""
    return REGIONS[min(max(depth, 0), len(REGIONS) - 1)]


@leaf
def path_hash(parent: np.uint64, name: np.uint64) -> np.uint64:
    """The hash of a path, from its folder's and its name's."""
    out: np.uint64 = mixed((parent << np.uint64(1) | parent >> np.uint64(63)) ^ name)
    return out


@leaf
def low_bits(h: np.uint64) -> int:
    """The low 32 bits as an integer."""
    return np.int64(h & np.uint64(0xFFFFFFFF))  # type: ignore[return-value]


@leaf
def high_bits(h: np.uint64) -> int:
    """The high 32 bits as an integer."""
    return np.int64(h >> np.uint64(32))  # type: ignore[return-value]


@leaf
def offset(x: int, y: int, angle: int, distance: int, sine: Array) -> tuple[int, int]:
    """The place at *distance* (< 2**32) from (x, y) in the direction *angle*, on the torus."""
    dx = (distance * cosine_of(angle, sine)) >> ONE_BITS
    dy = (distance * sine_of(angle, sine)) >> ONE_BITS
    return (x + dx) & 0xFFFFFFFF, (y + dy) & 0xFFFFFFFF


@leaf
def place_folder(x: int, y: int, radius: int, in_root: bool, h: np.uint64, sine: Array) -> tuple[int, int, int]:
    """(x, y, radius) of the folder whose path hashes to *h*, in a folder at (x, y) of *radius*."""
    more = mixed(h + np.uint64(1))
    far = FARTHEST_ZONE if in_root else FARTHEST
    distance = (radius * (NEAREST + ((far - NEAREST) * (high_bits(h) >> 16) >> 16))) >> 16
    child = (radius * (SMALLEST + ((LARGEST - SMALLEST) * (low_bits(more) >> 16) >> 16))) >> 16
    px, py = offset(x, y, low_bits(h), distance, sine)
    return px, py, max(child, FLOOR_RADIUS)


@leaf
def place_file(x: int, y: int, radius: int, folder: np.uint64, h: np.uint64, matter: int, sine: Array) -> tuple[int, int]:
    """(x, y) of a file: *h* hashes its path, *folder* its folder's; *matter* is its class."""
    more = mixed(h + np.uint64(2))
    arms = 2 + high_bits(folder) % (MOST_ARMS - 1)
    arm = (matter + (high_bits(folder) >> 8)) % arms if low_bits(more) & 1 else (low_bits(more) >> 8) % arms
    out = square_root(high_bits(h) << 28)  # Q30 share of the radius, area-uniform
    width = (1 << 32) // arms
    scatter = (low_bits(h) & 0xFFFF) + (low_bits(h) >> 16) - 0xFFFF  # triangular, Q16
    wound = (WINDING * (out >> 14)) >> 16
    if low_bits(folder) & 1:
        wound = -wound
    angle = (low_bits(folder) >> 1) + arm * width + wound + ((width * scatter) >> 18)
    distance = (radius * (CORE + (((RIM - CORE) * (out >> 14)) >> 16))) >> 16
    return offset(x, y, angle, distance, sine)


@leaf
def place_all(
    parent: Array, folder: Array, name: Array, matter: Array, sine: Array, h: Array, x: Array, y: Array, radius: Array
) -> None:
    """Fill ``h`` (uint64 path hashes), ``x``, ``y`` and ``radius`` (int64) of rows that come after their parents."""
    h[0], x[0], y[0], radius[0] = ROOT_HASH, CENTRE, CENTRE, ROOT_RADIUS
    for i in range(1, parent.size):
        up = parent[i]
        h[i] = path_hash(h[up], name[i])
        if folder[i]:
            x[i], y[i], radius[i] = place_folder(x[up], y[up], radius[up], up == 0, h[i], sine)
        else:
            x[i], y[i] = place_file(x[up], y[up], radius[up], h[up], h[i], matter[i], sine)
            radius[i] = 0


def region_of(path: bytes) -> tuple[int, int, int]:
    """(x, y, radius) of the disc of the folder at the relative *path*, in fractions of the torus (2**32 is once around)."""
    names = path.split(b"/") if path else []
    features = read_names(Names.of(names))
    x, y, radius, h, sine = CENTRE, CENTRE, ROOT_RADIUS, ROOT_HASH, quarter_sine()
    for depth, name in enumerate(features.name):
        h = np.uint64(path_hash(h, name))  # numba hands a plain int back
        x, y, radius = place_folder(x, y, radius, depth == 0, h, sine)
    return int(x), int(y), int(radius)
