"""Nothing is unreachable: for every achievement a run that reaches it, done again from outside by its written actions."""

from __future__ import annotations

import json
from typing import Any

import pytest

import witnesses
from ninepixel.agents.tasks import TASKS
from ninepixel.world.laws.lives import DEEDS

RUNS: list[dict[str, Any]] = json.loads(witnesses.WITNESSES.read_text("utf-8"))


@pytest.mark.parametrize("task", TASKS)
def test_every_achievement_of_a_task_has_a_witness(task: str) -> None:
    assert {deed for run in RUNS if run["task"] == task for deed in run["deeds"]} == set(TASKS[task].deeds)


def test_the_universe_counts_them_all() -> None:
    assert set(TASKS["universe"].deeds) == {deed.name for deed in DEEDS}


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run['task']}-{run['seed']}-{run.get('errand', 'script')}")
def test_a_witness_reaches_what_it_is_said_to_reach(run: dict[str, Any]) -> None:
    _, actions = witnesses.run(run)
    arena = witnesses.replay(run, actions)
    numbers = {deed.name: number for number, deed in enumerate(DEEDS)}
    missed = [deed for deed, slot in run["deeds"].items() if not witnesses.reached(arena, slot)[numbers[deed]]]
    assert missed == [], "after a change of the laws: python tests/witnesses.py"
