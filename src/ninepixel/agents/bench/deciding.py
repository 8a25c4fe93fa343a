"""Decisions a second: the integers beside the same network in floating point, and beside bare multiplications of its matrices.

A decision is the whole step: senses in, memory brought up to date, three choices thrown for. Products of matrices alone are what
no decision can be faster than; they are given as multiply-adds a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.agents.bench.ours import TickOver, Way
from ninepixel.world.life.senses import RETINA_BYTES
from ninepixel.world.physics.bench import Figure
from ninepixel.world.physics.cpu.team import Team, usable_cores
from ninepixel.world.thought.artefact import Policy
from ninepixel.world.thought.inference import IntegerPolicy
from ninepixel.world.thought.reference import FloatPolicy, odds
from ninepixel.world.thought.shape import HEADS, Shape


def ways(hidden: int = 64, minds: int = 4096) -> list[Way]:
    """Everything that ``bench policy`` measures. :param minds: that decide at once."""
    shape, every = Shape(hidden), usable_cores()
    threads = sorted({1, every})
    found = [Way(f"integers, threads: {n}", lambda *a, n=n: integers(shape, minds, n, *a)) for n in threads]
    found.append(Way("the same in numpy, float32", lambda *a: numpy_floats(shape, minds, *a)))
    if find_spec("torch"):
        found += [Way(f"the same in torch, threads: {n}", lambda *a, n=n: torch_floats(shape, minds, n, *a)) for n in threads]
    kinds: tuple[type[np.generic], ...] = (np.float32, np.int32)
    found += [Way(f"numpy's products, {k.__name__}", lambda *a, k=k: products(shape, minds, k, *a)) for k in kinds]
    return found


def multiply_adds(shape: Shape) -> int:
    """Multiplications of one decision, each with an addition."""
    return sum(int(np.prod(size)) for name, size in shape.arrays.items() if name.endswith(".weight"))


def integers(shape: Shape, minds: int, threads: int, seconds: float, repeats: int, tick_over: TickOver) -> Figure:
    """The integers, with dice."""
    policy, team = IntegerPolicy(Policy.random(shape)), Team(threads)
    seen, memory, out = _senses(minds), policy.memory(minds), np.zeros((minds, 3), np.uint8)
    ids = np.arange(minds, dtype=np.uint32)

    def decide(tick: int) -> None:
        policy.decide(seen, memory, seed=9, tick=tick, ids=ids, out=out, team=team)

    rates = _rates(decide, minds, seconds, repeats, tick_over)
    team.close()
    return _figure(rates, shape, minds, "integers", threads)


def numpy_floats(shape: Shape, minds: int, seconds: float, repeats: int, tick_over: TickOver) -> Figure:
    """The float reference; its products are shared out by numpy's own library."""
    policy, rng = FloatPolicy(Policy.random(shape), np.float32), np.random.default_rng(9)
    seen, memory = _senses(minds), policy.memory(minds)

    def decide(_: int) -> None:
        nonlocal memory
        thoughts = policy.think(seen, memory)
        memory = thoughts.memory
        ends = odds(thoughts.logits).reshape(minds, len(HEADS), -1).cumsum(axis=2)
        np.argmax(ends > rng.random((minds, len(HEADS), 1), np.float32), axis=2)

    return _figure(_rates(decide, minds, seconds, repeats, tick_over), shape, minds, "numpy float32", usable_cores())


def torch_floats(shape: Shape, minds: int, threads: int, seconds: float, repeats: int, tick_over: TickOver) -> Figure:
    """The same step in torch, which somebody who learns has anyway."""
    torch: Any = import_module("torch")
    arrays = {name: torch.from_numpy(array.copy()) for name, array in Policy.random(shape).arrays.items()}
    seen, memory = torch.from_numpy(_senses(minds)), torch.zeros(minds, shape.hidden)
    gates, heads = (
        [torch.cat([arrays[f"{name}.{part}"] for name in names]) for part in ("weight", "bias")]
        for names in (("gate", "candidate"), (*HEADS, "value"))
    )

    def decide(_: int) -> None:
        nonlocal memory
        linear = torch.nn.functional.linear
        e = torch.tanh(linear(seen.float() / 256, arrays["encode.weight"], arrays["encode.bias"]))
        z, c = linear(torch.cat([e, memory], 1), *gates).chunk(2, dim=1)
        memory = torch.lerp(memory, torch.tanh(c), torch.sigmoid(z))
        logits = linear(torch.cat([e, memory], 1), *heads)[:, :-1]
        torch.multinomial(torch.softmax(logits.reshape(minds * len(HEADS), -1), dim=1), 1)

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.inference_mode():
            rates = _rates(decide, minds, seconds, repeats, tick_over)
    finally:
        torch.set_num_threads(before)
    return _figure(rates, shape, minds, "torch float32", threads)


def products(shape: Shape, minds: int, kind: type[np.generic], seconds: float, repeats: int, tick_over: TickOver) -> Figure:
    """Nothing but the multiplications, by numpy: its BLAS for floats, on all cores; its own loops for integers, on one."""
    rng = np.random.default_rng(9)
    sizes = [size for name, size in shape.arrays.items() if name.endswith(".weight")]
    pairs = [
        (rng.integers(0, 99, (minds, into)).astype(kind), rng.integers(-99, 99, (into, out)).astype(kind)) for out, into in sizes
    ]

    def multiply(_: int) -> None:
        for inputs, weights in pairs:
            inputs @ weights

    rates = _rates(multiply, minds * multiply_adds(shape), seconds, repeats, tick_over)
    tags = {"hidden": shape.hidden, "minds": minds, "by": f"numpy {kind.__name__} products"}
    threads = usable_cores() if kind is np.float32 else 1
    return Figure("multiply_adds_per_s", "1/s", rates, tags | {"threads": threads})


def _figure(rates: list[float], shape: Shape, minds: int, by: str, threads: int) -> Figure:
    tags = {"hidden": shape.hidden, "minds": minds, "multiply_adds": multiply_adds(shape), "by": by, "threads": threads}
    return Figure("decisions_per_s", "1/s", rates, tags)


def _senses(minds: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(9).integers(0, 256, (minds, RETINA_BYTES), np.uint8)


def _rates(work: Callable[[int], object], per_call: int, seconds: float, repeats: int, tick_over: TickOver) -> list[float]:
    """How many a second, in samples of at least *seconds*; one before them warms up: compilation, caches, page faults."""
    rates = []
    for sample in range(repeats + 1):
        calls, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            work(calls)
            calls += 1
        if sample:
            rates.append(calls * per_call / (time.perf_counter() - start))
        tick_over()
    return rates
