"""What the R codon of a life's traits gives its senses: range, acuity, earshot."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import leaf
from ninepixel.world.life.codon import byte_of


@leaf
def octaves_of(pheno_r: int) -> int:
    """How many of the four octaves of the retina a life with this R codon of traits sees: two to four."""
    reach = np.int64(pheno_r) & 0xFF
    return 2 + (1 if reach >= 40 else 0) + (1 if reach >= 56 else 0)


@leaf
def eyes_of(pheno_r: int) -> tuple[int, int, int]:
    """How many octaves a life sees, how many bits of a pixel's byte, and the octave within which it hears."""
    octaves = octaves_of(pheno_r)
    bits = min(3 + (byte_of(pheno_r, 1) >> 4), 8)
    earshot = min(2 if byte_of(pheno_r, 2) >= 48 else 1, octaves - 1)
    return octaves, bits, earshot
