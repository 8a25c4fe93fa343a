"""How fast the laws run here, beside what the machine could do at best. Every sample is the mean of a run of ticks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ninepixel.world.laws.bodies import Kind, pack_rby, pack_traits
from ninepixel.world.laws.rng import draw
from ninepixel.world.physics.backend import Backend
from ninepixel.world.physics.cpu.grid import count
from ninepixel.world.physics.cpu.roofline import evaluate
from ninepixel.world.physics.cpu.simd import LANES
from ninepixel.world.physics.cpu.team import Team
from ninepixel.world.state import MAX_SIDE_LOG2, MIN_SIDE_LOG2, Params, State

STREAM_BENCH = 0xBE7C
#: Bytes of columns that a tick must read and write per body: ten columns and an index in, seven columns out, once.
BODY_BYTES = 44 + 28


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity: its samples, and what it was measured on."""

    metric: str
    unit: str
    samples: list[float]
    tags: dict[str, Any] = field(default_factory=dict)


def crowd(bodies: int, side_log2: int, reach_log2: int = 1, seed: int = 9) -> State:
    """A world with *bodies* motes strewn uniformly, of all colours."""
    number = np.arange(bodies, dtype=np.uint32)
    x, y, red, blue = draw(seed, 0, number, STREAM_BENCH)
    r = (red >> np.uint32(16)).astype(np.int64)
    b = (blue >> np.uint32(16)).astype(np.int64) * (65536 - r) >> 16
    state = State.empty(Params(seed, side_log2, reach_log2), capacity=bodies)
    state.bodies.spawn_many(
        bodies,
        0,
        {
            "x": x,
            "y": y,
            "rby": pack_rby(r, b),
            "traits": pack_traits(np.full(bodies, int(Kind.MOTE))),
            "energy": np.full(bodies, 512, np.int32),
        },
    )
    state.ledger.add("genesis", state.held())
    return state


def side_for(bodies: int) -> int:
    """log2 of the side of the world that comes nearest to one field cell a body."""
    return min(range(MIN_SIDE_LOG2, MAX_SIDE_LOG2 + 1), key=lambda side_log2: abs(2 * side_log2 - math.log2(bodies)))


def neighbourhood(state: State) -> float:
    """How many candidates (bodies of the 3x3 hash cells) the force law looks at for one body, on average."""
    side = state.params.side >> state.params.reach_log2
    tally = np.zeros(side * side, np.int32)
    n = int(state.bodies.count[0])
    count(0, n, state.bodies["x"][0], state.bodies["y"][0], state.params.cell_shift + state.params.reach_log2, tally)
    grid = tally.reshape(side, side).astype(np.int64)
    around = sum(np.roll(grid, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1))
    return float((grid * around).sum() / n)


def physics(
    bodies: int, backend: Backend, *, ticks: int = 8, repeats: int = 5, tick_over: Callable[[], object] = int
) -> list[Figure]:
    """Milliseconds a tick (grid, forces, motion, exchange, field) of a uniform crowd, and the roofline of the same machine.

    *tick_over* is called after every sample, for progress.
    """
    state = crowd(bodies, side_for(bodies))
    tags = {"bodies": bodies, "cells": state.params.side**2, "candidates": round(neighbourhood(state), 1)}
    backend.push(state)
    samples = _milliseconds(backend, state, ticks, repeats, tick_over)
    figures = [Figure("ms_per_tick", "ms", samples, tags)]
    if backend.name == "cpu":
        figures += roofline(bodies, float(tags["candidates"]), repeats, tags)
    return figures


def fields(
    side_log2: int, backend: Backend, *, ticks: int = 2, repeats: int = 5, tick_over: Callable[[], object] = int
) -> list[Figure]:
    """Ticks a second of a full three-channel field, and of a plain copy of the same memory."""
    state = State.empty(Params(9, side_log2), capacity=16)
    state.energy[...] = np.arange(state.params.side, dtype=np.int32) * 997 & 0xFFFFF
    tags = {"cells": state.params.side**2, "channels": state.energy.shape[1]}
    backend.push(state)
    rates = [1e3 / ms for ms in _milliseconds(backend, state, ticks, repeats, tick_over)]
    figures = [Figure("ticks_per_s", "1/s", rates, tags)]
    if backend.name == "cpu":
        copies = [1 / s for s in _copy_seconds(state.energy.nbytes, repeats)]
        figures.append(Figure("copies_per_s", "1/s", copies, tags))
    return figures


def roofline(bodies: int, candidates: float, repeats: int, tags: dict[str, Any]) -> list[Figure]:
    """What a tick costs at least: the force law on candidates in the first cache, and the columns' way through memory.

    Both are measured with all threads; a tick can hide one behind the other but neither can vanish.
    """
    team = Team()
    near = np.zeros((4, max(LANES, round(candidates / LANES) * LANES)), np.int16)
    share = bodies // team.threads

    def work(_: int) -> int:
        return int(evaluate(share, near[0], near[1], near[2], near[3], near.shape[1]))

    arithmetic, memory = [], [s * 1e3 for s in _copy_seconds(bodies * BODY_BYTES // 2, repeats)]
    team.run(work, team.threads)
    for _ in range(repeats):
        start = time.perf_counter()
        team.run(work, team.threads)
        arithmetic.append((time.perf_counter() - start) * 1e3)
    team.close()
    return [Figure("roofline_force_ms", "ms", arithmetic, tags), Figure("roofline_memory_ms", "ms", memory, tags)]


def _milliseconds(backend: Backend, state: State, ticks: int, repeats: int, tick_over: Callable[[], object]) -> list[float]:
    samples = []
    for sample in range(repeats + 1):  # the first warms up: compilation, page faults
        start = time.perf_counter()
        for _ in range(ticks):
            backend.step(state)
            state.tick += 1
        if backend.name != "cpu":
            backend.held(state)  # waits for the device
        if sample:
            samples.append((time.perf_counter() - start) * 1e3 / ticks)
        tick_over()
    return samples


def _copy_seconds(size: int, repeats: int) -> list[float]:
    """Seconds to copy *size* bytes with all threads."""
    team = Team()
    source, target = np.ones(size, np.uint8), np.ones(size, np.uint8)
    cuts = [(size * i // team.threads, size * (i + 1) // team.threads) for i in range(team.threads)]
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        team.run(lambda band: np.copyto(target[slice(*cuts[band])], source[slice(*cuts[band])]), team.threads)
        seconds.append(time.perf_counter() - start)
    team.close()
    return seconds
