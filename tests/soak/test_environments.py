"""A million ticks of an environment are the same whatever steps them: the long form of tests/agents/envs/test_states.py."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.soak

#: Steps world 0 of a batch, whose agents die and are replaced; says the hash of all its hashes so far now and then.
SCRIPT = """
import hashlib, sys
import numpy as np
from ninepixel.agents.arena import Arena
from ninepixel.agents.tasks import TASKS
worlds, threads, backend, ticks = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
arena = Arena(TASKS["universe"].with_options(agents=4, spare=0, files=6, fountains=6), worlds=worlds, seed=11,
              threads=threads, backend=backend)
arena.reset()
chain = hashlib.blake2b(digest_size=16)
rng = np.random.default_rng(1)
for tick in range(1, ticks + 1):
    if tick % 1024 == 1:
        actions = rng.integers(0, 9, (1024, 1, 4, 3), np.uint8).repeat(worlds, 1)
    if tick % 4096 == 0:
        arena.found(np.ones(worlds, np.bool_))
        arena.sense(np.ones(worlds, np.bool_))
    elif not arena.alive.all():
        arena.replace(~arena.alive)
    arena.step(actions[tick % 1024])
    chain.update(arena.state_hash(0).encode())
    if tick % 10_000 == 0:
        print(tick, chain.hexdigest(), flush=True)
"""


def run_all(ways: dict[str, tuple[list[str], dict[str, str]]], ticks: int) -> dict[str, str]:
    """What every way of running says, each in a process of its own with another layout of addresses."""
    runs = {}
    for name, (arguments, environment) in ways.items():
        command = [sys.executable, "-c", SCRIPT, *arguments, str(ticks)]
        runs[name] = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True)
    said = {name: run.communicate()[0] for name, run in runs.items()}
    assert all(run.returncode == 0 for run in runs.values())
    return said


def test_a_million_ticks_alone_and_in_a_batch() -> None:
    said = run_all(
        {
            "alone, one thread": (["1", "1", "cpu"], {"PYTHONHASHSEED": "0"}),
            "in a batch, two threads": (["2", "2", "cpu"], {"PYTHONHASHSEED": "4242", "MALLOC_PERTURB_": "165"}),
        },
        1_000_000,
    )
    assert len(set(said.values())) == 1
    assert len(said["alone, one thread"].splitlines()) == 100


def test_ten_thousand_ticks_in_numba_and_in_compute_shaders() -> None:
    said = run_all({name: (["1", "1", name], {}) for name in ("cpu", "gpu")}, 10_000)
    assert said["cpu"] == said["gpu"]
