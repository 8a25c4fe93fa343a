"""How this package's kernels are compiled: like the world's (:mod:`ninepixel.world.kernel`), in a cache folder of their own.

numba's cache knows a kernel by the file it stands in, not by the helpers and constants that it uses from other files. Therefore
the folder is named after the sources that kernels of this package are made of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

from ninepixel.world.kernel import cache_folder

F = TypeVar("F", bound=Callable[..., Any])

_SOURCES = ("compiled.py", "curves.py", "integer.py", "products.py", "shape.py", "tables.py")


@cache
def folder() -> Path:
    """Where this version's compiled kernels are kept."""
    mix = hashlib.blake2b(digest_size=8)
    for name in _SOURCES:
        mix.update(resources.files(__package__).joinpath(name).read_bytes())
    where = cache_folder() / f"thought-{mix.hexdigest()}"
    where.mkdir(exist_ok=True)
    return where


def kernel(function: F) -> F:
    """Compile *function* at its first call; it runs without the GIL."""
    return _compile(function)


def leaf(function: F) -> F:
    """A kernel that makes no array, so that numba need not count references; it must not return one."""
    return _compile(function, _nrt=False)


def _compile(function: F, **options: Any) -> F:
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder())
    try:
        return cast(F, numba.njit(nogil=True, cache=True, error_model="numpy", **options)(function))
    finally:
        config.CACHE_DIR = before  # other users of numba in this process keep theirs
