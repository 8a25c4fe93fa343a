"""``ninepixel doctor``: what this machine has, what it lacks, and the command that mends each lack."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import click

from ninepixel.cli import FAILED, VERBS
from ninepixel.cli.folders import store_folder
from ninepixel.cli.options import json_option

#: Directories that inotify should be able to watch; below this a large tree is polled instead.
ENOUGH_WATCHES = 65_536
#: A computer with less free memory than this runs only small folders.
ENOUGH_MEMORY = 1 << 30
MESA = "apt-get update && apt-get install -y libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri libgles2 libglx-mesa0"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found.

    :param ok: whether it is as it should be. :param found: what there is, on one line.
    :param mend: the command that mends the lack, empty when nothing lacks. :param needed: whether the program cannot run without.
    """

    check: str
    ok: bool
    found: str
    mend: str = ""
    needed: bool = False
    more: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The row for ``--json``."""
        about = {"check": self.check, "ok": self.ok, "needed": self.needed, "found": self.found}
        return about | ({"mend": self.mend} if self.mend else {}) | self.more


@click.command(help=VERBS["doctor"][1], short_help=VERBS["doctor"][1])
@json_option
def doctor(as_json: bool) -> int:
    """Exit code 0 when the program can run here, even if something that is only nice to have is missing."""
    from ninepixel.cli.report import row

    findings = []
    for look in LOOKS:
        for finding in _looked(look):
            findings.append(finding)
            if as_json:
                row(finding.as_dict())
            else:
                _print(finding)
    able = all(f.ok for f in findings if f.needed)
    lacks = [f.check for f in findings if not f.ok]
    if as_json:
        row({"check": "verdict", "ok": able, "lacks": lacks})
    else:
        click.echo(_verdict(able, lacks))
    return 0 if able else FAILED


def _verdict(able: bool, lacks: list[str]) -> str:
    if not able:
        return "ninepixel cannot run here until the lacks marked NEEDED are mended"
    return "ninepixel can run here" + (f"; without: {', '.join(lacks)}" if lacks else "; nothing lacks")


def _print(finding: Finding) -> None:
    sign = "ok    " if finding.ok else "NEEDED" if finding.needed else "lacks "
    click.echo(f"{sign}  {finding.check:<14} {finding.found}")
    if finding.mend:
        click.echo(f"        {'':<14} mend: {finding.mend}")


def _looked(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The findings of one look; one that breaks is a finding too, for a doctor must not faint."""
    name = look.__name__.removeprefix("look_at_")
    try:
        yield from look()
    except Exception as error:
        line = " ".join(f"{type(error).__name__}: {error}".split())
        yield Finding(name, False, line, "make setup", needed=name in ("python", "numba", "physics"))


def look_at_python() -> Iterator[Finding]:
    """Python and the libraries that nothing runs without."""
    from importlib.metadata import version

    yield Finding(
        "python",
        sys.version_info >= (3, 11),
        f"{platform.python_version()} on {platform.platform()}",
        "" if sys.version_info >= (3, 11) else "install Python 3.11 or newer, then: make setup",
        needed=True,
    )
    names = ["numpy", "numba", "moderngl", "pyglet", "msgpack", "zstandard", "watchfiles", "psutil"]
    yield Finding("libraries", True, ", ".join(f"{name} {version(name)}" for name in names), needed=True)


def look_at_machine() -> Iterator[Finding]:
    """Cores and memory."""
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = psutil.virtual_memory()
    yield Finding("cores", True, f"{cores} usable", more={"cores": cores})
    yield Finding(
        "memory",
        memory.available >= ENOUGH_MEMORY,
        f"{memory.available / 2**30:.1f} GiB free of {memory.total / 2**30:.1f}",
        "" if memory.available >= ENOUGH_MEMORY else "close something, or map a smaller folder (--max-files)",
        more={"free_bytes": int(memory.available), "total_bytes": int(memory.total)},
    )


def look_at_physics() -> Iterator[Finding]:
    """The backends, each put through its start-up self-test."""
    from ninepixel.world.physics.choose import SELF_TEST_DIGEST, self_test
    from ninepixel.world.physics.cpu import CpuBackend
    from ninepixel.world.physics.gpu.backend import GpuBackend
    from ninepixel.world.physics.gpu.context import available, is_software

    cpu = CpuBackend()
    passed = self_test(cpu) == SELF_TEST_DIGEST
    cpu.close()
    yield Finding(
        "numba",
        passed,
        f"{cpu.detail}, self-test {'passed' if passed else 'FAILED'}",
        "" if passed else "find . -name '*.nb[ic]' -delete, then again; else please report it with this output",
        needed=True,
        more={"threads": cpu.team.threads},
    )
    possible, device = available()
    if not possible:
        yield Finding("gpu", False, device, MESA)
        return
    gpu = GpuBackend()
    passed = self_test(gpu) == SELF_TEST_DIGEST
    gpu.close()
    kind = "software, the CPU is faster" if is_software(device) else "a GPU"
    yield Finding(
        "gpu",
        passed,
        f"{device} ({kind}), self-test {'passed' if passed else 'FAILED: only --backend cpu is exact here'}",
        "" if passed else "update the graphics driver",
        more={"device": device, "software": is_software(device)},
    )


def look_at_gl() -> Iterator[Finding]:
    """OpenGL for pictures."""
    from ninepixel.world.picture.gl import NoGL, describe, open_gl

    try:
        context = open_gl()
    except NoGL as error:
        yield Finding("gl", False, f"{error}; pictures are drawn by numpy", MESA)
        return
    info = describe(context)
    with context:
        largest = int(context.info.get("GL_MAX_SHADER_STORAGE_BLOCK_SIZE", 0)) & 0xFFFFFFFF
    context.release()
    compute = "compute shaders" if info.compute else "no compute shaders"
    yield Finding(
        "gl",
        True,
        f"OpenGL {info.version} by {info.vendor}: {info.renderer}; {compute}, buffers up to {largest // 2**20:,} MiB",
        more={"gl": info.as_dict(), "max_ssbo_bytes": largest},
    )


def look_at_display() -> Iterator[Finding]:
    """A display to open a window on."""
    from ninepixel.client.window import has_display

    if has_display():
        yield Finding("display", True, os.environ.get("DISPLAY") or "the system's own")
    else:
        yield Finding(
            "display",
            False,
            "none (DISPLAY is not set); play runs headless",
            "xvfb-run -a ninepixel play",
        )


def look_at_ffmpeg() -> Iterator[Finding]:
    """The encoder for .mp4."""
    import imageio_ffmpeg

    try:
        found = imageio_ffmpeg.get_ffmpeg_version()
    except RuntimeError as error:
        yield Finding("ffmpeg", False, f"{error}; films as .gif only", ".venv/bin/pip install --force-reinstall imageio-ffmpeg")
        return
    yield Finding("ffmpeg", True, str(found))


def look_at_watching() -> Iterator[Finding]:
    """How many folders the system lets a user watch."""
    from pathlib import Path

    limit = Path("/proc/sys/fs/inotify/max_user_watches")
    if not limit.exists():
        yield Finding("watching", True, f"the system's own way ({platform.system()})")
        return
    watches = int(limit.read_text())
    enough = watches >= ENOUGH_WATCHES
    yield Finding(
        "watching",
        enough,
        f"inotify may watch {watches:,} folders{'' if enough else '; larger trees are polled'}",
        "" if enough else "sudo sysctl fs.inotify.max_user_watches=524288",
        more={"max_user_watches": watches},
    )


def look_at_store() -> Iterator[Finding]:
    """The folder for what the program keeps."""
    import shutil
    import tempfile

    store = store_folder()
    try:
        store.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=store) as probe:
            probe.write(b"9")
    except OSError as error:
        yield Finding("store", False, f"{store} cannot be written: {error.strerror}", "export NINEPIXEL_STORE=/a/folder/of/yours")
        return
    free = shutil.disk_usage(store).free
    yield Finding("store", True, f"{store}, {free / 2**30:.1f} GiB free", more={"folder": str(store), "free_bytes": free})


LOOKS = (
    look_at_python,
    look_at_machine,
    look_at_physics,
    look_at_gl,
    look_at_display,
    look_at_ffmpeg,
    look_at_watching,
    look_at_store,
)
