"""Runs one universe on several backends at once and compares their digests on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ninepixel.world.digest import digest
from ninepixel.world.physics.backend import Backend
from ninepixel.world.physics.bench import crowd
from ninepixel.world.physics.cpu import CpuBackend
from ninepixel.world.physics.gpu.backend import GpuBackend
from ninepixel.world.physics.gpu.context import available
from ninepixel.world.state import State
from ninepixel.world.store.save import load_state, write_state


class Divided(CpuBackend):
    """Cuts even a small world into bands for its threads, and tidies rows often."""

    serial_bodies = 0
    serial_cells = 0
    tidy_bodies = 0


#: Every way in which this machine can step a world.
BACKENDS: Mapping[str, Callable[[], Backend]] = {
    "numba, 1 thread": lambda: CpuBackend(1),
    "numba, 2 threads": lambda: Divided(2),
    **(
        {
            "GLSL": lambda: GpuBackend(),
            "GLSL, permuted": lambda: GpuBackend(permute=True),
            "GLSL, 256 a group": lambda: GpuBackend(workgroup=256),
        }
        if available()[0]
        else {}
    ),
}


class Disagreement(AssertionError):
    """Two backends made different universes of one."""


def run_together(
    bodies: int,
    side_log2: int,
    seed: int,
    ticks: int,
    every: int,
    reload: Callable[[State], State] | None = None,
    names: tuple[str, ...] = tuple(BACKENDS),
) -> str:
    """Step *ticks* ticks on every backend of *names*, comparing digests and ledgers every *every* ticks. Returns the last digest.

    :param reload: applied to the first backend's state at every comparison: saving and loading must change nothing.
    """
    runs = [(name, BACKENDS[name](), crowd(bodies, side_log2, seed=seed)) for name in names]
    for _, backend, state in runs:
        backend.push(state)
    found = ""
    for tick in range(1, ticks + 1):
        for _, backend, state in runs:
            backend.step(state)
            state.tick += 1
        if tick % every and tick != ticks:
            continue
        digests = {}
        for i, (name, backend, state) in enumerate(runs):
            backend.pull(state)
            state.ledger.check(state.held())
            digests[name] = found = digest(state)
            if reload is not None and i == 0:
                runs[0] = (name, backend, reload(state))
                backend.push(runs[0][2])
        if len(set(digests.values())) > 1:
            raise Disagreement(f"seed {seed}, tick {tick}: {digests}")
    for _, backend, _ in runs:
        backend.close()
    return found


def through_a_file(folder: Path) -> Callable[[State], State]:
    """A *reload* for :func:`run_together`."""

    def reload(state: State) -> State:
        write_state(folder / "reloaded.9px", state)
        return load_state(folder / "reloaded.9px")

    return reload
