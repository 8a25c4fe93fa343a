"""Where the ledger's entries stand, for kernels that book."""

from __future__ import annotations

from ninepixel.world.ledger import ENTRIES

L_GENESIS, L_RADIANCE, L_BIRTH, L_DECAY, L_METABOLISM, L_MINTED, L_LOST, L_FORGED, L_WORN = (
    ENTRIES.index(name) for name in ("genesis", "radiance", "birth", "decay", "metabolism", "minted", "lost", "forged", "worn")
)
