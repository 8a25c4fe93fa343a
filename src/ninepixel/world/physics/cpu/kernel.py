"""How kernels are compiled: ahead of their first call by type, cached on disk, without the GIL, without bounds checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy.typing as npt

Array = npt.NDArray[Any]
F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile *function* with numba. Integer division never occurs in the laws, so Python's error model would only cost."""
    compiled: Any = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    return cast(F, compiled)


def inlined(function: F) -> F:
    """A helper of kernels, compiled into its callers."""
    compiled: Any = numba.njit(nogil=True, cache=True, error_model="numpy", inline="never")(function)
    return cast(F, compiled)
