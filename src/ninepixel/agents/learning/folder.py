"""The folder of a run: what is in it, whose it is, and that only one process trains there.

::

    OUT/run.json          what the run is: task, seed, settings
    OUT/*.checkpoint      the two newest checkpoints
    OUT/tensorboard/      logs
    OUT/<task>.policy     what was learned; report.json and curves.png tell how
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.tasks import Task
from ninepixel.world.store.errors import StoreError, shown
from ninepixel.world.store.files import write_whole
from ninepixel.world.thought.manifest import manifest

try:
    import fcntl
except ImportError:  # no such locks on Windows: one process a folder is up to the user there
    fcntl = None  # type: ignore[assignment]

RUN, LOCK = "run.json", ".lock"
FORMAT = "ninepixel-run"


class BadRun(ValueError):
    """A folder that holds no run, or another; the message says in one line what would do."""


def begun(out: Path) -> dict[str, Any] | None:
    """What the run in *out* is, None when there is none: ``task``, ``seed`` and ``settings``.

    :raises BadRun: when its ``run.json`` cannot be read.
    """
    path = out / RUN
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise BadRun(f"{shown(path)}: cannot be read: {error}") from None
    match found:
        case {"format": str() as kind, "task": str(), "seed": int(), "settings": dict()} if kind == FORMAT:
            return dict(found)
    raise BadRun(f"{shown(path)}: it does not say what run this is")


def begin(out: Path, task: Task, settings: Settings, seed: int) -> None:
    """Write down what the run in *out* is.

    :raises StoreError: when it cannot be written.
    """
    versions = manifest(task.id, command="")["versions"]
    about = {"format": FORMAT, "task": task.name, "seed": seed, "settings": settings.plain(), "versions": versions}
    write_whole(out / RUN, [json.dumps(about, indent=1).encode(), b"\n"])


@contextlib.contextmanager
def held(out: Path, resume: bool) -> Iterator[None]:
    """Make the folder, or find in it what is to be resumed, and let no other process train there.

    :raises BadRun: when something else is there, or a run that is not to be resumed, or another process.
    :raises StoreError: when it cannot be made.
    """
    run = begun(out)
    if resume and run is None:
        raise BadRun(f"{shown(out)} holds no run: leave --resume out to begin one")
    if not resume and run is not None:
        raise BadRun(f"{shown(out)} holds a run already: take --resume to go on with it, or another folder")
    try:
        if not resume and out.exists() and (not out.is_dir() or any(name != LOCK for name in os.listdir(out))):
            raise BadRun(f"{shown(out)} is not empty and holds no run: take another folder")
        out.mkdir(parents=True, exist_ok=True)
        handle = os.open(out / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"{shown(out)}: cannot be written: {error.strerror or error}") from None
    try:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BadRun(f"{shown(out)}: another process is training there") from None
        yield
    finally:
        os.close(handle)
