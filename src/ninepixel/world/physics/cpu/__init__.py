"""The numba backend.

numba's cache knows a kernel by the file it stands in; it would go on using one whose constants or helpers, in other files, have
changed. Therefore the cache folder is named after a hash of every file that kernels are made of.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

import numba
import platformdirs

_SOURCES = (
    ("ninepixel.world.laws", ("bodies.py", "constants.py", "rng.py")),
    (
        "ninepixel.world.physics.cpu",
        ("drive.py", "fields.py", "force.py", "grid.py", "kernel.py", "pairs.py", "roofline.py", "simd.py"),
    ),
)


def _cache_folder() -> Path:
    """Where this version's compiled kernels are kept; a throw-away folder when the user's cache cannot be written."""
    mix = hashlib.blake2b(numba.__version__.encode(), digest_size=8)
    for package, files in _SOURCES:
        for file in files:
            mix.update(resources.files(package).joinpath(file).read_bytes())
    folder = Path(platformdirs.user_cache_path("ninepixel")) / f"kernels-{mix.hexdigest()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="ninepixel-kernels-"))


_config: Any = numba.config
_before = _config.CACHE_DIR
_config.CACHE_DIR = str(_cache_folder())
try:
    from ninepixel.world.physics.cpu.backend import CpuBackend as CpuBackend
finally:
    _config.CACHE_DIR = _before  # other users of numba in this process keep theirs

__all__ = ["CpuBackend"]
