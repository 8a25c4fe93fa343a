"""Threads that act and learn: one for every group, each computing alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from ninepixel.world.physics.cpu.team import Team, usable_cores

R = TypeVar("R")


class Crew:
    """Runs a function for every group, on whatever threads there are.

    torch's own threads meet after every operation, which on a busy machine takes longer than the operation. Here a thread works
    on its group's part alone until all is done, and torch keeps to that thread, unless there are more threads than groups.
    That goes for the thread that makes the crew, too, from then on: torch rounds otherwise on another number of threads, and
    whether that thread ever works on a group is a matter of who is quicker.

    :param threads: all usable cores when None.
    :ivar inner: threads that each group may use within.
    """

    def __init__(self, groups: int, threads: int | None = None) -> None:
        self.groups, self.threads = groups, threads or usable_cores()
        self.inner = max(1, self.threads // groups)
        self._team = Team(min(groups, self.threads))
        self._before = torch.get_num_threads()
        torch.set_num_threads(self.inner)

    def __call__(self, work: Callable[[int], R]) -> list[R]:
        """``[work(0), work(1), ...]``."""
        torch.set_num_threads(self.inner)  # somebody may have changed it meanwhile

        def alone(group: int) -> R:
            torch.set_num_threads(self.inner)  # a thread has its own number
            return work(group)

        return self._team.run(alone, self.groups)

    def close(self) -> None:
        """Let the threads go, and give this one its number back."""
        self._team.close()
        torch.set_num_threads(self._before)
