"""PettingZoo's own tests, with every warning an error, and what they do not look at."""

from __future__ import annotations

import warnings
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from gymnasium.error import ClosedEnvironmentError, InvalidAction, ResetNeeded

from ninepixel.agents import TASKS, BadOption, env, parallel_env, raw_env
from ninepixel.world.laws.lives import Thing

pytest.importorskip("pettingzoo")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # PettingZoo's tests import environments of its own in a way that it warns of
    from pettingzoo.test import (
        api_test,
        max_cycles_test,
        parallel_api_test,
        parallel_seed_test,
        render_test,
        seed_test,
    )
    from pettingzoo.test.state_test import state_test

KINDS = [("retina", "flat"), ("compact", "flat"), ("pixels", "flat"), ("retina", "multi")]


@pytest.mark.parametrize("name", TASKS)
def test_the_api(name: str) -> None:
    api_test(env(name, actions="flat"), num_cycles=20)  # PettingZoo warns of action spaces that are not Discrete or Box
    for obs, actions in KINDS:
        parallel_api_test(parallel_env(name, obs=obs, actions=actions), num_cycles=20)


@pytest.mark.parametrize(("obs", "actions"), KINDS)
def test_seeds_cycles_and_states(obs: str, actions: str) -> None:
    kind = {"task": "universe", "obs": obs, "actions": actions}
    seed_test(partial(env, **kind), num_cycles=10)
    parallel_seed_test(partial(parallel_env, **kind), num_cycles=10)
    max_cycles_test(SimpleNamespace(env=partial(env, **kind), parallel_env=partial(parallel_env, **kind)))
    state_test(env(**kind), parallel_env(**kind))


def test_every_render_mode(capsys: pytest.CaptureFixture[str]) -> None:
    render_test(partial(env, "survive"))
    assert "▀" in capsys.readouterr().out


def acted(world: Any, seed: int = 0) -> Any:
    """A step with actions of chance."""
    rng = np.random.default_rng(seed)
    return world.step({agent: rng.integers(0, 9, 3) for agent in world.agents})


def test_death_ends_a_name_and_its_last_sight_is_kept() -> None:
    world = parallel_env("forage", agents=3)
    first, infos = world.reset(seed=1)
    assert infos["mind_1"]["episode_stats"] == {"return": 0.0, "length": 0}
    world.arena.state.lives["health"][0, 1] = -9999
    obs, rewards, terminated, truncated, infos = acted(world)
    assert terminated == {"mind_0": False, "mind_1": True, "mind_2": False}
    assert not any(truncated.values())
    np.testing.assert_array_equal(obs["mind_1"], first["mind_1"])
    assert infos["mind_1"]["episode_stats"]["length"] == 1
    assert "episode_stats" not in infos["mind_0"]
    assert world.agents == ["mind_0", "mind_2"]
    for part in acted(world):
        assert list(part) == ["mind_0", "mind_2"]
    assert set(rewards) == set(obs)


def test_an_egg_that_hatches_is_somebody_new() -> None:
    world = parallel_env("universe", agents=2, spare=2, guardians=0)
    world.reset(seed=1)
    assert world.agents == ["mind_0", "mind_1"]
    egg = {"kind": Thing.EGG, "age": 400, "energy": 3000, "mother": 1, "father": 2}
    for name, value in egg.items():
        world.arena.state.things[name][0, -1] = value
    results = acted(world)
    for part in results:
        assert list(part) == ["mind_0", "mind_1", "mind_2"]
    assert results[1]["mind_2"] == 0
    assert world.agents == ["mind_0", "mind_1", "mind_2"]
    world.arena.state.lives["health"][0, 2] = -9999
    *_, infos = acted(world)
    assert infos["mind_2"]["episode_stats"]["length"] == 2
    assert world.agents == ["mind_0", "mind_1"]


def test_when_nobody_is_left_a_reset_is_needed() -> None:
    world = parallel_env("forage", max_cycles=2)
    with pytest.raises(ResetNeeded):
        world.step({})
    world.reset(seed=1)
    acted(world)
    *_, truncated, infos = acted(world)
    assert all(truncated.values())
    assert all("achievements" in info for info in infos.values())
    assert world.agents == []
    with pytest.raises(ResetNeeded, match="the episode is over"):
        world.step({})
    world.reset()
    assert len(world.agents) == 8


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.pop("mind_1"), "actions holds none for mind_1"),
        (lambda a: a.update(mind_9=a["mind_0"]), "'mind_9', but there is no such agent: they are mind_0 to mind_3"),
        (lambda a: a.update(mind_3=a["mind_0"]), "'mind_3', who does not live"),
        (lambda a: a.update(mind_2=[1, 2]), "action of mind_2: .* shape"),
        (lambda a: a.update(mind_2=[0, 9, 0]), "action of mind_2: .* 0 to 8"),
        (lambda a: a.update(mind_2=[0.5, 1, 1]), "action of mind_2: .* integers"),
        (lambda a: a.update(mind_0=None), "action of mind_0"),
    ],
)
def test_bad_actions_are_named(change: Any, words: str) -> None:
    world = parallel_env("forage", agents=4)
    world.reset(seed=1)
    world.arena.state.lives["health"][0, 3] = -9999
    acted(world)
    before = world.state_hash()
    actions: dict[str, Any] = {agent: np.zeros(3, np.int64) for agent in world.agents}
    change(actions)
    with pytest.raises(InvalidAction, match=words):
        world.step(actions)
    with pytest.raises(InvalidAction, match="a dict with an action for every living agent, not a list"):
        world.step([1, 2, 3])
    assert world.state_hash() == before


def test_bad_options_are_named() -> None:
    with pytest.raises(BadOption, match="max_cycles and horizon are one option"):
        parallel_env(max_cycles=3, horizon=3)
    with pytest.raises(BadOption, match="no task 'chess'"):
        raw_env("chess")
    with pytest.raises(BadOption, match="seed is None or an integer"):
        parallel_env().reset(seed=1 << 64)
    world = parallel_env()
    world.close()
    world.close()
    with pytest.raises(ClosedEnvironmentError):
        world.reset()
