"""Three bytes in a word: the bases of a codon, and the traits that it gives."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import leaf


@leaf
def byte_of(codon: int, which: int) -> int:
    """Base 0, 1 or 2 of a packed codon, or the trait in its place."""
    return (np.int64(codon) >> (8 * which)) & 0xFF
