"""How kernels are compiled: by numba, without the GIL, and once per version of their sources.

numba's cache knows a kernel by the file it stands in; it would go on using one whose constants or helpers, in other files, have
changed. Therefore the cache folder is named after a hash of every file that kernels are made of. It lies in the user's
cache, so an installed package need not be writable.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy.typing as npt
import platformdirs

Array = npt.NDArray[Any]
F = TypeVar("F", bound=Callable[..., Any])

_SOURCES = (
    "ninepixel.world.laws",
    "ninepixel.world.physics.cpu",
    "ninepixel.world.life",
    "ninepixel.world.host",
)


@cache
def cache_folder() -> Path:
    """Where this version's compiled kernels are kept; a throw-away folder when the user's cache cannot be written."""
    mix = hashlib.blake2b(numba.__version__.encode(), digest_size=8)
    for package in _SOURCES:
        for file in sorted(resources.files(package).iterdir(), key=lambda f: f.name):
            if file.name.endswith(".py"):
                mix.update(file.read_bytes())
    folder = Path(platformdirs.user_cache_path("ninepixel")) / f"kernels-{mix.hexdigest()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="ninepixel-kernels-"))


def kernel(function: F) -> F:
    """Compile *function* at its first call. Nothing in the laws divides, so Python's rules for division would only cost."""
    return _compile(function)


def leaf(function: F) -> F:
    """A kernel that makes no array: numba then counts no references to those it is handed.

    Counting is atomic and happens at every call that is not inlined; in helpers that are called for every name of a tree it
    took four fifths of the time, and threads did not help, because they counted the same tables. It must not return an array:
    nobody would have counted it.
    """
    return _compile(function, _nrt=False)


def _compile(function: F, **options: Any) -> F:
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        return cast(F, numba.njit(nogil=True, cache=True, error_model="numpy", **options)(function))
    finally:
        config.CACHE_DIR = before  # other users of numba in this process keep theirs
