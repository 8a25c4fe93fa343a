"""Hostile saves: whatever a file says, a universe that may go on from it never reads or writes outside its arrays.

Kernels run with numba's bounds checks on, in a process and with a cache of their own, because the checks must be compiled in
(about half a minute). Saves are tampered with at random, with valid checksums; those that are not refused are lived in. Run by
`make soak`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ninepixel.world.state import State
from ninepixel.world.store.errors import Impossible
from ninepixel.world.store.snapshot import unpack_snapshot
from random_states import random_state
from small_universes import Parts, put_together, taken_apart

pytestmark = pytest.mark.soak

SAVES = 5_000
TICKS = 60
#: Columns that deserve more attention than the others.
WEIGHTS = {"lives": 20, "things": 20, "bodies.link": 6, "bodies.traits": 6}


def test_no_save_leads_out_of_the_arrays(tmp_path: Path) -> None:
    caches = dict.fromkeys(("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"), str(tmp_path))
    environment = os.environ | caches | {"NUMBA_BOUNDSCHECK": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    accepted, refused, caught = map(int, done.stdout.split())
    assert accepted + refused == SAVES
    assert min(accepted, refused) > SAVES // 10
    assert caught > 0, "without its checks the store would have let something through"


def tampered(rng: np.random.Generator) -> tuple[Parts, int]:
    """A snapshot of a random state with up to three values changed, and its number of slots."""
    bodies, lives, things = (int(rng.integers(0, most)) for most in (80, 14, 16))
    reach, worlds = int(rng.integers(1, 3)), int(rng.integers(1, 3))
    parts = taken_apart(random_state(rng, bodies, 6, reach, worlds, lives=lives, things=things))
    names = [name for name in parts[1] if not name.startswith("cold")]
    weights = np.asarray([WEIGHTS.get(name, 1) for name in names], float)
    for _ in range(int(rng.integers(0, 4))):
        column = parts[1][names[int(rng.choice(len(names), p=weights / weights.sum()))]]
        at, limits = int(rng.integers(0, len(column))), np.iinfo(column.dtype)
        near, far = int(rng.integers(-3, 100)), int(rng.integers(limits.min, limits.max))
        bit = int(column[at]) ^ (1 << int(rng.integers(0, 31)))
        value = (near, far, bit, int(limits.min), int(limits.max))[int(rng.integers(0, 5))]
        column[at] = min(max(value, int(limits.min)), int(limits.max))
    return parts, lives


def survives(state: State, minds: int) -> bool:
    """Whether it can be lived in for a while without an index out of bounds."""
    from ninepixel.world.life.engine import Life

    life = Life(state, minds)
    try:
        life.sense()
        for _ in range(TICKS):
            life.tick(0, state.params.worlds)
            state.tick += 1
    except IndexError:
        return False
    return True


def main() -> None:
    """Print how many saves were accepted, how many refused, and how many of the refused lead out of bounds."""
    accepted = refused = caught = 0
    assert survives(random_state(np.random.default_rng(0), 40, 6, lives=5, things=5), 5)  # compiles
    for seed in range(SAVES):
        parts, minds = tampered(np.random.default_rng(seed))
        try:
            state = unpack_snapshot(put_together(parts))
        except Impossible:
            refused += 1
            if not caught:
                caught += leads_out(parts, minds)
            continue
        accepted += 1
        if not survives(state, minds):
            sys.exit(f"the save of seed {seed} leads out of bounds")
    print(accepted, refused, caught)


def leads_out(parts: Parts, minds: int) -> bool:
    """Whether a refused save would have led out of bounds."""
    try:
        state = unpack_snapshot(put_together(parts), to_run=False)
    except Impossible:
        return False
    return not survives(state, minds)


if __name__ == "__main__":
    main()
