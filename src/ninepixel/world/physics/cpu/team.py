"""A team of threads that runs one kernel over many bands.

Kernels release the GIL, so plain Python threads are enough; unlike OpenMP's they never spin while idle, which on a busy machine
is what makes ticks take multiples of 4 ms.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache
from typing import TypeVar

R = TypeVar("R")


def usable_cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Team:
    """*threads* threads, the caller being one of them."""

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or usable_cores()
        self._pool = ThreadPoolExecutor(self.threads - 1, "ninepixel") if self.threads > 1 else None

    def run(self, work: Callable[[int], R], bands: int) -> list[R]:
        """``[work(0), work(1), ...]``, whoever is free taking the next band."""
        if self._pool is None or bands == 1:
            return [work(band) for band in range(bands)]
        results: list[R | None] = [None] * bands
        tickets = itertools.count()

        def serve() -> None:
            while (band := next(tickets)) < bands:
                results[band] = work(band)

        helpers = [self._pool.submit(serve) for _ in range(min(self.threads, bands) - 1)]
        serve()
        wait(helpers)
        for helper in helpers:
            helper.result()
        return results  # type: ignore[return-value]

    def close(self) -> None:
        """Let the threads go."""
        if self._pool is not None:
            self._pool.shutdown()


@lru_cache(maxsize=256)
def bands_of(total: int, bands: int) -> Sequence[tuple[int, int]]:
    """Cut 0 .. total-1 into at most *bands* contiguous pieces of nearly equal size, none empty."""
    bands = max(1, min(bands, total))
    cuts = [total * i // bands for i in range(bands + 1)]
    return tuple(itertools.pairwise(cuts))
