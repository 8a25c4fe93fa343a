"""What ships with the program: the sample host tree.

A checkout or an installed package does not keep the times at which files changed, and those are a file's colour depth. The
sample's times are therefore stated in ``sample.ages.json`` (seconds before the newest file, by path), and :func:`sample_tree`
lays the tree out in the program's own store with exactly these. So it is the same universe on every machine, and a real
folder: change a file in it and watch.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

#: When the newest file of the sample changed: 2026-01-01 00:00 UTC, seconds since 1970.
SAMPLE_NEWEST = 1_767_225_600


def sample_ages() -> dict[str, int]:
    """Every file of the sample by its relative path, and how many seconds before the newest one it changed."""
    ages: dict[str, int] = json.loads(files(__name__).joinpath("sample.ages.json").read_text("utf-8"))
    return ages


def sample_tree(store: Path) -> Path:
    """The sample as a folder in *store*, laid out at first use. What somebody has changed in it since is left as it is.

    :raises OSError: when the store cannot be written.
    """
    ages = sample_ages()
    target = store / f"sample-{_edition(ages)}"
    if target.is_dir():
        return target
    store.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".sample-", dir=store))
    try:
        new.chmod(0o755)
        _lay_out(new, ages)
        with suppress(OSError):  # another process was faster: its tree is the same
            new.rename(target)
        if not target.is_dir():
            raise OSError(f"the sample cannot be laid out as {target}")
        return target
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _edition(ages: dict[str, int]) -> str:
    """Eight hex digits of everything in the sample: another edition never mixes with one that was laid out before."""
    mix, source = hashlib.blake2b(digest_size=4), files(__name__).joinpath("sample")
    for name, age in ages.items():
        content = _below(source, name).read_bytes()
        mix.update(f"{name}\0{age}\0{len(content)}\0".encode())
        mix.update(content)
    return mix.hexdigest()


def _lay_out(root: Path, ages: dict[str, int]) -> None:
    source = files(__name__).joinpath("sample")
    newest_in: dict[Path, int] = {root: SAMPLE_NEWEST - max(ages.values())}
    for name, age in ages.items():
        target = root.joinpath(*name.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_below(source, name).read_bytes())
        changed = SAMPLE_NEWEST - age
        os.utime(target, (changed, changed))
        for folder in target.parents:
            newest_in[folder] = max(newest_in.get(folder, 0), changed)
            if folder == root:
                break
    for folder, changed in newest_in.items():  # after the files: making a file changes its folder
        os.utime(folder, (changed, changed))


def _below(folder: Traversable, name: str) -> Traversable:
    for part in name.split("/"):
        folder = folder / part
    return folder
