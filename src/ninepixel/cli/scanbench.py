"""What ``bench scan`` does: survey a tree several times, beside bare walks of the same tree in the same run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from ninepixel.cli.report import Progress
from ninepixel.world.host.bench import bare_walk, stat_walk
from ninepixel.world.host.options import HostOptions
from ninepixel.world.host.scan import resolve_root, scan

#: Of a tree that is made to be measured: files in a folder, folders in a folder.
FILES_A_FOLDER, FOLDERS_A_FOLDER = 20, 8
ENDINGS = ("py", "md", "csv", "png", "log", "json", "so", "txt", "html", "tmp")


def make_tree(root: Path, files: int) -> None:
    """Lay out *files* empty files below *root*: a tree like a big project, the same for the same number."""
    folders = [root]
    with Progress("making a tree", files, "files") as progress:
        for number in range(-(-files // FILES_A_FOLDER)):
            folder = folders[number]
            for child in range(FOLDERS_A_FOLDER):
                if len(folders) * FILES_A_FOLDER < files:
                    folders.append(folder / f"part{child}")
                    folders[-1].mkdir()
            for file in range(min(FILES_A_FOLDER, files - number * FILES_A_FOLDER)):
                os.close(os.open(folder / f"file{file}.{ENDINGS[file % len(ENDINGS)]}", os.O_CREAT | os.O_WRONLY | os.O_EXCL))
            progress.to(min(files, (number + 1) * FILES_A_FOLDER))


def scan_rows(path: Path, repeats: int) -> Iterator[dict[str, Any]]:
    """Rows of seconds for a warm scan of *path*, a bare walk and a walk with ``stat``, and of the scan's ratio to the bare walk.

    The three take turns, so that whatever else the machine does meanwhile troubles all of them.
    """
    root, options = resolve_root(path), HostOptions(max_files=1 << 24)
    entries = len(scan(root, options))  # warms the system's cache, as the measured ones are warm
    jobs: dict[str, Callable[[], object]] = {
        "scan_s": lambda: scan(root, options),
        "bare_walk_s": lambda: bare_walk(root),
        "stat_walk_s": lambda: stat_walk(root),
    }
    samples: dict[str, list[float]] = {name: [] for name in jobs}
    with Progress("scanning", repeats, "samples") as progress:
        for _ in range(repeats):
            for name, job in jobs.items():
                start = time.perf_counter()
                job()
                samples[name].append(time.perf_counter() - start)
            progress.advance()
    ratios = [a / b for a, b in zip(samples["scan_s"], samples["bare_walk_s"], strict=True)]
    for metric, unit, values in [
        *((name, "s", found) for name, found in samples.items()),
        ("scan_over_bare_walk", "ratio", ratios),
    ]:
        yield {
            "bench": "scan",
            "metric": metric,
            "value": round(median(values), 4),
            "unit": unit,
            "min": round(min(values), 4),
            "max": round(max(values), 4),
            "n": repeats,
            "backend": "cpu",
            "entries": entries,
        }
