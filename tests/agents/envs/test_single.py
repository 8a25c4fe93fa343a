"""One agent: what Gymnasium and Stable-Baselines3 check, and what they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ClosedEnvironmentError, InvalidAction, ResetNeeded
from gymnasium.utils.env_checker import check_env

from ninepixel.agents import TASKS, BadOption, MindEnv
from ninepixel.agents.envs.single import MindEnv as Env
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.laws.lives import DEEDS

IDS = [task.id for task in TASKS.values()]
KINDS = [(obs, actions) for obs in ("retina", "compact", "pixels") for actions in ("multi", "flat")]


@pytest.mark.parametrize(("obs", "actions"), KINDS)
@pytest.mark.parametrize("name", IDS)
def test_gymnasium_finds_nothing_wrong(name: str, obs: str, actions: str, capsys: pytest.CaptureFixture[str]) -> None:
    env = gymnasium.make(f"ninepixel:{name}", obs=obs, actions=actions)
    check_env(env.unwrapped)
    assert "▀" in capsys.readouterr().out  # what mode "human" painted


@pytest.mark.parametrize(("obs", "actions"), KINDS)
def test_stable_baselines_finds_nothing_wrong(obs: str, actions: str) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(gymnasium.make("ninepixel:ninepixel/Universe-v0", obs=obs, actions=actions).unwrapped)


def act(env: Env, ticks: int, seed: int = 0) -> list[Any]:
    rng, out = np.random.default_rng(seed), []
    for _ in range(ticks):
        out.append(env.step(rng.integers(0, 9, 3)))
        if out[-1][2] or out[-1][3]:
            break
    return out


@pytest.mark.parametrize("others", ["instinct", "random", "still", "none"])
def test_the_others_are_who_was_chosen(others: str) -> None:
    env = MindEnv("survive", others=others, agents=4)
    env.reset(seed=1)
    assert env.arena.alive[0].tolist() == [True] + [others != "none"] * 3
    act(env, 30)
    actions = env.arena.state.lives["action"][0, 1:4]
    if others in ("still", "none"):
        assert not actions.any()
    else:
        assert actions.any()


def test_others_that_die_are_replaced() -> None:
    env = MindEnv(agents=3, others="random")
    env.reset(seed=1)
    env.arena.state.lives["health"][0, 1] = -9999
    env.step([0, 0, 0])
    assert env.arena.alive[0].tolist() == [True, False, True]
    env.step([0, 0, 0])
    assert env.arena.alive[0].all()


def test_info_tells_of_the_episode() -> None:
    env = MindEnv("universe", state_hash=True)
    _, info = env.reset(seed=5)
    assert (info["seed"], info["tick"], info["achievements"]) == (5, 0, ())
    env.arena.state.lives["deeds_lo"][0, 0] = 1 << 4
    out = act(env, 50)
    obs, _, _, _, info = out[-1]
    assert info["episode_stats"]["length"] == info["tick"] == len(out)
    assert info["episode_stats"]["return"] == pytest.approx(sum(step[1] for step in out))
    assert "speak" in info["achievements"]
    assert set(info["achievements"]) <= {deed.name for deed in DEEDS}
    assert info["state_hash"] == env.state_hash()
    assert env.action_space.sample(mask=info["action_mask"]) in env.action_space
    assert obs in env.observation_space


def test_an_episode_ends_with_death_or_at_the_horizon() -> None:
    env = MindEnv(horizon=7)
    env.reset(seed=1)
    out = act(env, 20)
    assert len(out) == 7
    assert [step[3] for step in out] == [False] * 6 + [True]
    assert out[-1][4]["state_hash"] == env.state_hash()
    with pytest.raises(ResetNeeded, match="the episode is over"):
        env.step([0, 0, 0])
    env.reset()
    env.arena.state.lives["health"][0, 0] = -9999
    _, _, terminated, truncated, info = env.step([0, 0, 0])
    assert (terminated, truncated) == (True, False)
    assert env.action_space.sample(mask=info["action_mask"]).tolist() == [0, 0, 0]


def test_resets_without_a_seed_found_new_worlds_that_the_first_seed_decides() -> None:
    seeds = []
    for _ in range(2):
        env = MindEnv()
        env.reset(seed=3)
        seeds.append([env.reset()[1]["seed"] for _ in range(3)])
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == 3


@pytest.mark.parametrize("obs", ["retina", "compact", "pixels"])
def test_observations_are_copies_unless_asked_for_none(obs: str) -> None:
    env = MindEnv(obs=obs, copy=False)
    first, _ = env.reset(seed=1)
    second, *_ = env.step([3, 1, 0])
    assert np.shares_memory(first, second)
    copying = MindEnv(obs=obs)
    kept, _ = copying.reset(seed=1)
    again, *_ = copying.step([3, 1, 0])
    assert not np.shares_memory(kept, again)
    np.testing.assert_array_equal(again, second)


def test_a_recorded_host_is_the_matter_of_the_world(tmp_path: Path) -> None:
    synthetic(7, 30).save(tmp_path / "host")
    env = MindEnv("explore", host=tmp_path / "host")
    env.reset(seed=1)
    assert int((env.arena.state.bodies.live("traits") & 0xFF == 1).sum()) >= 30
    (tmp_path / "torn").write_bytes((tmp_path / "host").read_bytes()[:-100])
    for name, words in (("torn", "truncated or damaged"), ("absent", "No such file")):
        with pytest.raises(BadOption, match=rf"option host of explore needs .*{name}.*{words}"):
            MindEnv("explore", host=tmp_path / name)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"task": "chess"}, "no task 'chess'; there are forage"),
        ({"task": 3}, "task is the name of a task"),
        ({"obs": "smell"}, "option obs is one of retina, compact, pixels, not 'smell'"),
        ({"actions": "all"}, "option actions is one of multi, flat"),
        ({"others": "mean"}, "option others is one of instinct"),
        ({"render_mode": "gif"}, "option render_mode is one of human, rgb_array, ansi"),
        ({"copy": 1}, "option copy is True or False"),
        ({"state_hash": "yes"}, "option state_hash is True or False"),
        ({"host": 3}, "option host of forage is the file"),
        ({"sidde": 64}, "no option 'sidde'; it has agents"),
        ({"side": 65}, "option side of forage is a power of two"),
        ({"agents": 0}, "option agents of forage is an integer from 1"),
        ({"horizon": 1.5}, "option horizon of forage is an integer from 1"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadOption, match=words):
        MindEnv(**options)


@pytest.mark.parametrize("seed", [-1, 1 << 64, 1.5, "1", True])
def test_bad_seeds_are_named(seed: Any) -> None:
    with pytest.raises(BadOption, match=r"seed is None or an integer from 0 to 2\*\*64 - 1"):
        MindEnv().reset(seed=seed)


def test_calls_out_of_order_are_named() -> None:
    env = MindEnv(render_mode="rgb_array")
    for early in (lambda: env.step([0, 0, 0]), env.render):
        with pytest.raises(ResetNeeded, match=r"call reset\(\) first"):
            early()
    with pytest.raises(BadOption, match="no option 'x': it takes a seed alone"):
        env.reset(options={"x": 1})
    env.reset(seed=1)
    before = env.state_hash()
    with pytest.raises(InvalidAction):
        env.step([9, 0, 0])
    assert env.state_hash() == before
    env.close()
    env.close()
    for late in (lambda: env.step([0, 0, 0]), env.reset, env.render, env.state_hash, env.snapshot, env.fork):
        with pytest.raises(ClosedEnvironmentError, match="make a new one"):
            late()
    with pytest.raises(BadOption, match="render_mode one of"):
        MindEnv().render()


def test_the_last_moment_of_an_episode_can_be_seen() -> None:
    env = MindEnv(horizon=1, render_mode="rgb_array")
    env.reset(seed=1)
    env.step([0, 0, 0])
    assert env.render().shape == (768, 768, 3)
