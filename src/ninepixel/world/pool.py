"""A few threads for work that lets go of the interpreter: hashing, compressing, gathering."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Result = TypeVar("Result")


def together(jobs: Sequence[Callable[[], Result]], *, threads: bool = True) -> list[Result]:
    """The results of *jobs*, in their order. A job must not itself call this: it would wait for its own thread."""
    if not threads or len(jobs) < 2:
        return [job() for job in jobs]
    return list(_pool().map(lambda job: job(), jobs))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(8, os.cpu_count() or 1), thread_name_prefix="ninepixel")


if hasattr(os, "register_at_fork"):  # a forked child has the pool but not its threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
