"""Where the time of a tick goes on this device."""

from __future__ import annotations

import time

from ninepixel.world.physics.gpu.backend import GpuBackend
from ninepixel.world.state import State


def phase_times(backend: GpuBackend, state: State, ticks: int = 5) -> dict[str, float]:
    """The median milliseconds of every phase over *ticks* ticks, each waited for, and of whole ticks run back to back ("tick").

    The device's copy of *state* moves on by twice *ticks* ticks, and a few to warm up.
    """
    for _ in range(2):
        backend.step(state)
        state.tick += 1
    times: dict[str, list[float]] = {}
    for _ in range(ticks):
        for name, phase in backend.phases():
            backend.finish()
            start = time.perf_counter()
            backend.run(phase)
            backend.finish()
            times.setdefault(name, []).append(1e3 * (time.perf_counter() - start))
        state.tick += 1
    medians = {name: sorted(found)[len(found) // 2] for name, found in times.items()}
    start = time.perf_counter()
    for _ in range(ticks):
        backend.step(state)
        state.tick += 1
    backend.finish()
    medians["tick"] = 1e3 * (time.perf_counter() - start) / ticks
    return medians
