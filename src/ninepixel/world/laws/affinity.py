"""The affinity matrix K: which colours seek each other, drawn once per universe (canon, section 2)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.constants import AFFINITY_LIMIT, STREAM_AFFINITY
from ninepixel.world.laws.rng import draw


@lru_cache(maxsize=4096)
def affinity_matrix(seed: int) -> npt.NDArray[np.int32]:
    """K, int32 of shape (3, 3), entries -63 .. 63 in Q6: body i pulls itself toward body j with ``w_i^T K w_j``.

    K is not symmetric: red may chase a blue that flees. Each colour likes itself at least a little (the diagonal is positive),
    or nothing would ever hold together.
    """
    span = 2 * AFFINITY_LIMIT + 1
    words = draw(seed, 0, np.arange(9, dtype=np.uint32), STREAM_AFFINITY)[0]
    k = (words >> np.uint32(16)).astype(np.int32) % span - AFFINITY_LIMIT
    k = k.reshape(3, 3)
    diagonal = np.abs(np.diagonal(k))
    np.fill_diagonal(k, np.maximum(diagonal, AFFINITY_LIMIT // 4))
    k.flags.writeable = False  # it is shared by everybody who asks
    return k
