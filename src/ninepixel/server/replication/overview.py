"""The whole world in a few kilobytes: the minimap, once a second, the same bytes for everybody."""

from __future__ import annotations

import numpy as np

from ninepixel.server.replication.rows import VALUES
from ninepixel.server.replication.scene import Scene

#: The minimap has at most 1 << this squares a side; in larger worlds a square is several sectors.
MOST_LOG2 = 6


def overview(scene: Scene) -> bytes:
    """``u8 n_log2``, then for each of ``n * n`` squares, row by row, four bytes: its movers (255: that or more), and the mean of
    its field's values in R, B and Y (the scale of a field part).
    """
    across = scene.sectors.across
    n = min(across, 1 << MOST_LOG2)
    each = across // n
    movers = np.diff(scene.movers_start[: scene.sectors.count + 1]).reshape(n, each, n, each).sum(axis=(1, 3))
    field = scene.field.reshape(n, each, n, each, VALUES // 3, 3).mean(axis=(1, 3, 4))
    squares = np.empty((n, n, 4), np.uint8)
    squares[..., 0] = np.minimum(movers, 255)
    squares[..., 1:] = field
    return bytes([n.bit_length() - 1]) + squares.tobytes()
