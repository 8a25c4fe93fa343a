"""The examples run as they stand, small, and do what they say."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Networks of 64 units gain nothing from threads, and lose much where others want the cores too."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_every_example_is_tried_here() -> None:
    tried = {"sb3_ppo", "cleanrl_ppo", "torchrl_collect", "pettingzoo_loop"} | {"rllib_ppo"}  # the last in tests/rllib
    assert {path.stem for path in EXAMPLES.glob("*.py")} == tried


@pytest.mark.usefixtures("one_thread")
def test_stable_baselines_ppo() -> None:
    pytest.importorskip("stable_baselines3")
    chance, learned = example("sb3_ppo").main(steps=2048, seed=3, envs=1, horizon=64, lives=4)
    assert math.isfinite(chance)
    assert learned != chance


@pytest.mark.usefixtures("one_thread")
def test_cleanrl_ppo() -> None:
    train = example("cleanrl_ppo").train
    first, second = (train(steps=2 * 128 * 16, seed=3, agents_at_once=16, horizon=100) for _ in range(2))
    assert first == second
    assert len(first) == 2
    assert all(math.isfinite(mean) for mean in first)


def test_advantages_stop_at_death_and_look_past_the_horizon() -> None:
    torch = pytest.importorskip("torch")
    module = example("cleanrl_ppo")
    rewards, values = torch.tensor([[1.0, 1.0], [0.0, 0.0]]), torch.tensor([[0.5, 0.5], [10.0, 10.0], [20.0, 20.0]])
    terminated, ended = torch.tensor([[True, False], [False, False]]), torch.tensor([[True, True], [False, False]])
    gains = module.advantages(rewards, values, terminated, ended)
    assert gains[0].tolist() == pytest.approx([1 - 0.5, 1 + module.GAMMA * 10 - 0.5])


@pytest.mark.usefixtures("one_thread")
def test_the_cleanrl_loss_leaves_out_the_steps_that_only_begin_an_episode(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    module, shuffled = example("cleanrl_ppo"), list[int]()

    def in_order(n: int) -> Any:
        shuffled.append(n)
        return torch.arange(n)

    monkeypatch.setattr(torch, "randperm", in_order)
    module.train(steps=128 * 8, seed=1, agents_at_once=8, horizon=50)
    # ticks 1 to 50 and 52 to 101 are lived; 51 and 102 begin the next world for all, whoever died before them
    assert len(shuffled) == module.EPOCHS
    assert 128 * 8 - 2 * 8 - 40 <= shuffled[0] <= 128 * 8 - 2 * 8


@pytest.mark.usefixtures("one_thread")
@pytest.mark.filterwarnings("ignore:Creating .* which inherits from WeightUpdaterBase:DeprecationWarning")  # torchrl's own
def test_torchrl_collector() -> None:
    pytest.importorskip("torchrl")
    history = example("torchrl_collect").train(steps=2 * 1024, seed=3, agents=16, frames=1024, epochs=1, horizon=50)
    assert len(history) == 2
    assert all(math.isfinite(mean) for mean in history)


def test_pettingzoo_loop() -> None:
    pytest.importorskip("pettingzoo")
    main = example("pettingzoo_loop").main
    first, second = (main(steps=620, seed=3, horizon=600) for _ in range(2))
    assert first == second
    assert first["script"] > first["chance"]
