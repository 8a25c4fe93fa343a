"""Which backend runs a universe: the one asked for, or the faster of those that pass the start-up self-test."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

import numpy as np

from ninepixel.world.laws.bodies import Flag, Kind, pack_rby, pack_traits
from ninepixel.world.laws.rng import draw
from ninepixel.world.physics.backend import Backend, BackendError
from ninepixel.world.physics.cpu import CpuBackend
from ninepixel.world.physics.gpu.backend import GpuBackend
from ninepixel.world.physics.gpu.context import available, is_software
from ninepixel.world.state import Params, State

#: What eight ticks of :func:`self_test_state` must hash to, on every backend and every machine. It moves when a law does.
SELF_TEST_DIGEST = "3e85e627f6850ee8ce9f202f653ff5a9"
SELF_TEST_TICKS = 8
#: Bodies below which no GPU pays for its hand-overs.
GPU_BODIES = 20_000
_passed: set[str] = set()


@dataclass(frozen=True, slots=True)
class Choice:
    """A backend and, for people, why it is this one."""

    backend: Backend
    why: str


def choose(wanted: str, state: State, threads: int | None = None) -> Choice:
    """The backend for *state*: ``"cpu"``, ``"gpu"`` or ``"auto"``.

    :raises BackendError: when the one asked for cannot run here, fails the self-test or cannot hold the world.
    """
    if wanted == "cpu":
        return Choice(_tested(CpuBackend(threads)), "asked for")
    if wanted == "gpu":
        possible, reason = available()
        if not possible:
            raise BackendError(f"the GPU backend cannot run here: {reason}")
        return Choice(_tested(GpuBackend()), "asked for")
    if wanted != "auto":
        raise BackendError(f"no backend is called {wanted!r}: use auto, cpu or gpu")
    return _faster(state, threads)


def _faster(state: State, threads: int | None) -> Choice:
    cpu = _tested(CpuBackend(threads))
    bodies = int(state.bodies.count.sum())
    if bodies < GPU_BODIES and state.energy.size < 3 * 1024 * 1024:
        return Choice(cpu, f"{bodies:,} bodies are too few for a GPU to pay")
    possible, reason = available()
    if not possible:
        return Choice(cpu, f"no GPU: {reason}")
    if is_software(reason):
        return Choice(cpu, f"{reason}, which is slower than numba")
    try:
        gpu = _tested(GpuBackend())
        faster = _milliseconds(gpu, state) < _milliseconds(cpu, state)
    except BackendError as error:
        return Choice(cpu, f"no GPU: {error}")
    if faster:
        cpu.close()
        return Choice(gpu, f"faster than numba on this world ({gpu.detail})")
    gpu.close()
    return Choice(cpu, f"numba is faster than {gpu.detail} on this world")


def _milliseconds(backend: Backend, state: State) -> float:
    """The fastest of three ticks on a copy of *state*."""
    trial = state.copy()
    backend.push(trial)
    times = []
    for _ in range(4):
        start = time.perf_counter()
        backend.step(trial)
        backend.held(trial)  # waits for the device
        times.append(time.perf_counter() - start)
        trial.tick += 1
    return min(times[1:]) * 1e3


def _tested(backend: Backend) -> Backend:
    """*backend*, if it passes the self-test, which is taken once per process and device."""
    if backend.detail in _passed:
        return backend
    found = self_test(backend)
    if found != SELF_TEST_DIGEST:
        backend.close()
        raise BackendError(
            f"{backend.detail} fails the start-up self-test: {SELF_TEST_TICKS} ticks give {found}, "
            f"not {SELF_TEST_DIGEST}; use another backend"
        )
    _passed.add(backend.detail)
    return backend


def self_test(backend: Backend) -> str:
    """Step :func:`self_test_state` and hash what it became."""
    state = self_test_state()
    backend.push(state)
    for _ in range(SELF_TEST_TICKS):
        backend.step(state)
        state.tick += 1
    backend.pull(state)
    rows = state.bodies.canonical_rows()
    mix = hashlib.blake2b(digest_size=16)
    for name in sorted(state.bodies.columns):
        mix.update(state.bodies.columns[name][0, rows].tobytes())
    mix.update(state.energy.tobytes())
    mix.update(state.ledger.totals.tobytes())
    return mix.hexdigest()


def self_test_state() -> State:
    """A small world in which every law acts: a crowd, tethers, minds, heavy and anchored matter, extremes of energy."""
    n = 640
    number = np.arange(n, dtype=np.uint32)
    state = State.empty(Params(0x9_9999_9999, 6), capacity=n)
    a, b, c, d = draw(9, 9, number, 9)
    kind = np.asarray([Kind.MATTER, Kind.MOTE, Kind.MOTE, Kind.CREATURE, Kind.MIND, Kind.MOTE], np.uint32)[number % 6]
    flags = np.select([kind == Kind.MATTER, kind == Kind.CREATURE], [int(Flag.ANCHORED), int(Flag.TETHERED)], 0)
    crowd = number >= n - 300
    red = (c >> np.uint32(16)).astype(np.int64)
    blue = (c & np.uint32(0xFFFF)).astype(np.int64) * (65536 - red) >> 16
    state.bodies.spawn_many(
        n,
        0,
        {
            "x": np.where(crowd, (a >> np.uint32(5)) + np.uint32(1 << 30), a),
            "y": np.where(crowd, (b >> np.uint32(5)) + np.uint32(1 << 30), b),
            "rby": pack_rby(red, blue),
            "traits": pack_traits(kind, 0, flags),
            "mass": (d & np.uint32(1023)).astype(np.int32),
            "energy": (d >> np.uint32(12)).astype(np.int32),
            "link": (a % np.uint32(n)).astype(np.int32),
        },
    )
    glow = draw(9, 8, np.arange(state.energy.size, dtype=np.uint32), 9)[0]
    state.energy[...] = (glow >> np.uint32(14)).astype(np.int32).reshape(state.energy.shape)
    return state
