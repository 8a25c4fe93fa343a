"""Threads that learn: how many there are decides nothing but the time."""

from __future__ import annotations

import time

import torch

from ninepixel.agents.learning.crew import Crew


def test_whoever_calls_computes_with_as_many_threads_as_the_groups_do() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    crew = Crew(2, 2)
    assert torch.get_num_threads() == 1
    torch.set_num_threads(2)
    assert crew(lambda group: (time.sleep(0.01), torch.get_num_threads())[1]) == [1, 1]
    assert torch.get_num_threads() == 1, "also when it got no group"
    crew.close()
    assert torch.get_num_threads() == 2, "and has its own number back"
    torch.set_num_threads(before)
