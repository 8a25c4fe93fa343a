"""How long a scan takes, beside the least that any scan could take, measured in the same run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from ninepixel.world.host.options import HostOptions
from ninepixel.world.host.scan import resolve_root, scan


def bare_walk(root: bytes) -> int:
    """Names alone, by ``os.scandir``: how many entries lie below *root*. All that is asked is which are folders."""
    count, folders = 0, [root]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except OSError:
            continue
    return count


def stat_walk(root: bytes) -> int:
    """The same, and every entry's size and time: what a scan has to know, by ``os.scandir`` and ``DirEntry.stat``."""
    count, folders = 0, [root]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    count += 1
                    status = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    count += status.st_size < 0
        except OSError:
            continue
    return count


def bench_scan(path: str | bytes | os.PathLike[str], repeats: int = 5) -> dict[str, float | int]:
    """The medians, in seconds, of scanning, walking bare and walking with ``stat`` the tree at *path*, after one warm-up of each.

    ``files`` is how many files and folders the survey holds. The tree is scanned without a cap.

    :raises HostError: when it cannot be scanned.
    """
    root, options = resolve_root(path), HostOptions(max_files=1 << 24)
    files = len(scan(root, options))
    bare_walk(root), stat_walk(root)
    jobs: dict[str, Callable[[], object]] = {
        "scan_s": lambda: scan(root, options),
        "bare_walk_s": lambda: bare_walk(root),
        "stat_walk_s": lambda: stat_walk(root),
    }
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(max(1, repeats)):
        for name, job in jobs.items():
            started = time.perf_counter()
            job()
            times[name].append(time.perf_counter() - started)
    medians = {name: sorted(values)[len(values) // 2] for name, values in times.items()}
    return {**medians, "files": files}
