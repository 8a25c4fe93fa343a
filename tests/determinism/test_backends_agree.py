"""One universe, one digest: on numba and GLSL, on any number of threads, saved and loaded, under any hash seed.

This is the short form; tests/soak runs the long one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agreement import BACKENDS, run_together, through_a_file

#: What 200 ticks of 4,096 bodies in 64x64 cells hash to, by seed. They move when a law moves, and then CHANGELOG says why.
GOLDEN = {
    1: "20259d870f92f15230e6cfd529439158",
    2: "f4baf4e48471f76f78f461cf544f2dd0",
}


@pytest.mark.parametrize("seed", GOLDEN)
def test_every_backend_comes_to_the_golden_digest(seed: int, tmp_path: Path) -> None:
    found = run_together(4096, 6, seed, ticks=200, every=100, reload=through_a_file(tmp_path))
    assert found == GOLDEN[seed], f"the laws moved ({', '.join(BACKENDS)} agree on the new digest)"


def test_a_large_world_agrees() -> None:
    run_together(65_536, 8, seed=3, ticks=20, every=10, names=tuple(n for n in BACKENDS if "permuted" not in n))


@pytest.mark.parametrize("hash_seed", ["0", "1", "4711"])
def test_the_hash_seed_of_python_does_not_matter(hash_seed: str) -> None:
    code = "from agreement import run_together; print(run_together(500, 6, 7, 20, 20, names=('numba, 1 thread',)))"
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parents[1])}
    out = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True, timeout=300)
    assert out.stdout.strip() == run_together(500, 6, 7, 20, 20, names=("numba, 2 threads",))
