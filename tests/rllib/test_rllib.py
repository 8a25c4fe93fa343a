"""RLlib trains on our worlds. Runs in .venv-rllib (`make test-rllib`), whose Gymnasium is the oldest that we support."""

from __future__ import annotations

import importlib.util
import math
import re
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("ray")

from gymnasium.utils.env_checker import check_env

from ninepixel.agents import TASKS, MindEnv, MindsVectorEnv, parallel_env

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "rllib_ppo.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rllib_ppo", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_one_iteration_of_ppo_on_forage(example: ModuleType) -> None:
    """Lives end by hunger and by the horizon within it: RLlib must get a last observation of all who ended."""
    rows = example.train("forage", steps=1024, batch=1024, seed=1, agents=4, horizon=100)
    assert len(rows) == 1
    assert 1024 <= rows[0]["steps"] < 1024 + 4 * 100
    assert math.isfinite(rows[0]["return"])


def test_minds_that_are_born_later_join_in(example: ModuleType) -> None:
    rows = example.train("universe", steps=1024, batch=1024, seed=1, agents=4, spare=4, horizon=60)
    assert math.isfinite(rows[0]["return"])


def test_code_of_the_page_runs() -> None:
    page = ROOT / "docs" / "libraries" / "rllib.md"
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert blocks
    for code in blocks:
        exec(compile(code, str(page), "exec"), {"__name__": "page"})


@pytest.mark.parametrize("task", list(TASKS))
def test_gymnasium_of_rllib_finds_nothing_wrong(task: str) -> None:
    check_env(MindEnv(task), skip_render_check=True)


@pytest.mark.parametrize("task", list(TASKS))
def test_the_same_worlds_as_with_a_newer_gymnasium(task: str) -> None:
    """Nothing of Gymnasium decides what happens: single, vector and parallel agree here as they do there."""
    many, all_of_one = MindsVectorEnv(4, task, agents=4), parallel_env(task, agents=4, spare=0)
    many.reset(seed=5)
    all_of_one.reset(seed=5)
    for _ in range(20):
        many.step(many.action_space.sample() * 0)
        all_of_one.step({name: [0, 0, 0] for name in all_of_one.agents})
    assert many.state_hash() == all_of_one.state_hash()
