"""The long form of tests/determinism: hours of universe time, five seeds each. Run by `make soak`."""

from __future__ import annotations

from pathlib import Path

import pytest

from agreement import run_together, through_a_file

SEEDS = (11, 12, 13, 14, 15)

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hundred_thousand_ticks_of_4096_bodies(seed: int, tmp_path: Path) -> None:
    names = ("numba, 1 thread", "numba, 2 threads", "GLSL")
    run_together(4096, 6, seed, ticks=100_000, every=100, reload=through_a_file(tmp_path), names=names)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_thousand_ticks_of_65536_bodies(seed: int, tmp_path: Path) -> None:
    run_together(65_536, 8, seed, ticks=1_000, every=100, reload=through_a_file(tmp_path))
