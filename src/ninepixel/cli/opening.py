"""From options to a running universe."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import click

from ninepixel.assets import sample_tree
from ninepixel.cli.folders import check_output, store_folder
from ninepixel.cli.report import Progress, log
from ninepixel.world.host.live import LiveHost
from ninepixel.world.host.options import HostOptions
from ninepixel.world.host.scan import scan
from ninepixel.world.host.survey import Survey
from ninepixel.world.kernel import cache_folder
from ninepixel.world.store.errors import shown
from ninepixel.world.thought.shipped import led_by
from ninepixel.world.universe import Universe

if TYPE_CHECKING:
    from ninepixel.client.session import Steppable

#: A live universe waits at most this long for its first news of processes, so that a short run sees them too.
READY_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of one universe, as the command line gave them."""

    path: Path | None
    seed: int
    minds: int
    backend: str
    still: bool
    processes: str
    consent: tuple[str, ...] = ()
    max_files: int = 262_144
    host_file: Path | None = None
    record_host: Path | None = None
    policy: str | None = None


@dataclass(slots=True)
class Opened:
    """A universe that runs, and what there is to say about how it came to be.

    :param root: the folder that is mapped, None for a recorded host.
    :param left_out: how many entries are not in it, by reason.
    """

    universe: Universe
    title: str
    root: Path | None
    files: int
    folders: int
    left_out: dict[str, int] = field(default_factory=dict)

    def about(self) -> dict[str, Any]:
        """What ``--json`` says first."""
        return {
            "host": self.title,
            "files": self.files,
            "folders": self.folders,
            "left_out": self.left_out,
            "backend": self.universe.backend.name,
            "why": self.universe.why,
        }


def open_universe(wanted: Wanted) -> Opened:
    """Survey the host (or load its record) and begin a universe; unless it is to be still, watch the host."""
    check_output(wanted.record_host)
    policy = policy_of(wanted.policy, wanted.minds)
    if not any(cache_folder().rglob("*.nbi")):  # numba makes the folders early, the kernels late
        log.info("first start: compiling the laws for this processor; that takes 10 to 20 seconds, once")
    root, title = _root(wanted)
    survey, options = _survey(wanted, root)
    if wanted.record_host is not None:
        survey.save(wanted.record_host)
        log.info("recorded the host in %s", wanted.record_host)
    universe = Universe.from_survey(survey, seed=wanted.seed, backend=wanted.backend, minds=wanted.minds, policy=policy)
    if root is not None and not wanted.still:
        universe.host = LiveHost(survey, root, options)
        wait_for_news(universe, options)
    folders = int(survey.is_folder.sum())
    for reason, count in sorted(survey.left_out.items()):
        log.info("left out: %s %s", f"{count:,}", reason)
    return Opened(universe, title, root, len(survey) - folders, folders, dict(sorted(survey.left_out.items())))


def policy_of(name: str | None, minds: int) -> bytes:
    """What so many minds are to act by; nothing where there are none."""
    if minds:
        return led_by(name)
    if name is not None:
        raise click.UsageError("--policy is what minds act by: say how many live there with --minds")
    return b""


def wait_for_news(universe: Universe, options: HostOptions) -> None:
    """Let the host's threads get going."""
    host = universe.host
    if host is None:
        return
    deadline = time.monotonic() + READY_SECONDS
    host.wait_until_ready(READY_SECONDS)
    while options.processes != "none" and not host.waiting and time.monotonic() < deadline:
        time.sleep(0.01)


def stepper(universe: Steppable) -> Callable[[], None]:
    """One tick, with what the host has to say."""

    def tick() -> None:
        universe.step(universe.host.drain() if universe.host is not None else ())

    return tick


def _root(wanted: Wanted) -> tuple[Path | None, str]:
    if wanted.host_file is not None:
        if wanted.path is not None:
            raise click.UsageError("PATH and --host are two hosts: name one of them")
        return None, f"{shown(wanted.host_file.name)} (recorded)"
    if wanted.path is None:
        try:
            return sample_tree(store_folder()), "the sample tree"
        except OSError as error:
            raise click.ClickException(
                f"the sample tree cannot be laid out in the store {store_folder()} ({error.strerror or error}); "
                "name a PATH, or set NINEPIXEL_STORE to a folder that can be written"
            ) from error
    if wanted.path.is_file():
        raise click.ClickException(f"{shown(wanted.path)} is a file; a universe is made of a folder")
    return wanted.path, shown(wanted.path)


def _survey(wanted: Wanted, root: Path | None) -> tuple[Survey, HostOptions]:
    options = HostOptions(
        max_files=wanted.max_files,
        processes=cast(Literal["own", "all", "none"], wanted.processes),
        consent=_consent(wanted, root),
    )
    if root is None:
        assert wanted.host_file is not None
        return Survey.load(wanted.host_file), options
    with Progress("scanning", unit="entries") as progress:
        return scan(root, options, lambda seen, *_: progress.to(seen)), options


def _consent(wanted: Wanted, root: Path | None) -> frozenset[bytes]:
    """Consented folders as the scan knows them: relative to the root, raw bytes, ``b""`` for the root itself."""
    if wanted.consent and root is None:
        raise click.UsageError("a recorded host has no contents to consent to: leave --consent out")
    folders = set()
    for given in wanted.consent:
        assert root is not None
        relative = os.path.normpath(os.path.relpath(root / given, root))
        if relative.startswith(".."):
            raise click.UsageError(f"--consent {given!r} is not inside the folder that is mapped")
        if not (root / relative).is_dir():
            raise click.ClickException(f"there is no folder {given!r} to consent to")
        folders.add(b"" if relative == "." else os.fsencode(relative).replace(os.sep.encode(), b"/"))
    return frozenset(folders)
