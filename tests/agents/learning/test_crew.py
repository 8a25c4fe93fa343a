"""Threads: one for every group, results in order, torch on one thread each, the caller's included."""

from __future__ import annotations

import threading

import pytest
import torch

from ninepixel.agents.learning.crew import Crew


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_group_is_worked_on_once_and_results_are_in_order(threads: int) -> None:
    crew = Crew(3, threads)
    assert crew(lambda group: group * 10) == [0, 10, 20]
    crew.close()


@pytest.mark.parametrize(("threads", "inner"), [(1, 1), (2, 1), (5, 2), (8, 4)])
def test_torch_has_the_threads_that_are_left(threads: int, inner: int) -> None:
    before = torch.get_num_threads()
    crew = Crew(2, threads)
    assert crew(lambda group: torch.get_num_threads()) == [inner, inner]
    crew.close()
    assert torch.get_num_threads() == before


def test_the_caller_computes_as_the_crew_does_also_when_others_do_all_the_work() -> None:
    """Sums are rounded otherwise on another number of threads, and nobody knows who is quicker."""
    torch.set_num_threads(2)
    crew = Crew(2, 2)
    assert torch.get_num_threads() == 1
    caller, taken = threading.get_ident(), threading.Event()

    def work(group: int) -> int:
        if threading.get_ident() == caller:
            taken.wait(10)  # until the other has begun
        taken.set()
        return torch.get_num_threads()

    assert crew(work) == [1, 1]
    assert torch.get_num_threads() == 1
    crew.close()
    assert torch.get_num_threads() == 2


def test_what_goes_wrong_in_a_group_is_told() -> None:
    crew = Crew(2, 2)

    def work(group: int) -> None:
        if group == 1:
            raise RuntimeError("group 1")

    with pytest.raises(RuntimeError, match="group 1"):
        crew(work)
    crew.close()
