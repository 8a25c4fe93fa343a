"""Many agents as one vector environment: when agents begin anew, and that bad input is named."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ClosedEnvironmentError, InvalidAction, ResetNeeded
from gymnasium.vector import AutoresetMode

from ninepixel.agents import TASKS, BadOption, MindsVectorEnv

STILL = np.zeros((8, 3), np.int64)


def make(**options: Any) -> MindsVectorEnv:
    """Two worlds of four agents."""
    return MindsVectorEnv(8, agents=4, threads=1, **options)


def kill(env: MindsVectorEnv, *which: int) -> None:
    """These agents do not survive the next tick."""
    for number in which:
        env.arena.state.lives["health"][number // 4, number % 4] = -9999


def serials(env: MindsVectorEnv) -> list[int]:
    """Who is who: births are numbered."""
    return [int(n) for n in env.arena.state.lives["serial"][:, :4].reshape(-1)]


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("actions", ["multi", "flat"])
def test_gymnasium_makes_them(name: str, actions: str) -> None:
    env = gymnasium.make_vec(
        f"ninepixel:{TASKS[name].id}", num_envs=16, vectorization_mode="vector_entry_point", agents=8, actions=actions
    )
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    obs, infos = env.reset(seed=1)
    assert obs in env.observation_space
    env.action_space.seed(0)
    for _ in range(3):
        obs, rewards, terminated, truncated, infos = env.step(env.action_space.sample())
    assert obs in env.observation_space
    assert rewards.shape == terminated.shape == truncated.shape == (16,)
    assert infos["action_mask"].shape == (16, 33 if actions == "flat" else 27)
    for key in ("action_mask", "achievements", "episode_stats", "seed", "tick"):
        assert infos[f"_{key}"].tolist() == [True] * 16
    assert infos["seed"].tolist() == [1] * 8 + [2] * 8
    assert infos["episode_stats"]["length"].tolist() == infos["tick"].tolist() == [3] * 16
    env.close()
    env.close()


def test_next_step_wakes_the_dead_a_tick_later() -> None:
    env = make()
    env.reset(seed=1)
    before = serials(env)
    kill(env, 1, 6)
    obs, _, terminated, truncated, infos = env.step(STILL)
    assert np.flatnonzero(terminated).tolist() == [1, 6]
    assert not truncated.any()
    assert not obs[[1, 6]].any()
    assert infos["episode_stats"]["length"].tolist() == [1] * 8
    busy = np.full((8, 3), 8)
    obs, rewards, terminated, _, infos = env.step(busy)
    assert not terminated.any()
    assert rewards[[1, 6]].tolist() == [0, 0]
    assert infos["episode_stats"]["length"].tolist() == [2, 0, 2, 2, 2, 2, 0, 2]
    actions = env.arena.state.lives["action"][:, :4].reshape(-1)
    assert (actions == 0).tolist() == [n in (1, 6) for n in range(8)]  # who begins anew rests
    assert obs[[1, 6]].any(axis=1).all()
    assert [a == b for a, b in zip(before, serials(env), strict=True)] == [n not in (1, 6) for n in range(8)]


def test_a_world_at_its_horizon_is_founded_anew() -> None:
    env = make(horizon=3)
    env.reset(seed=1)
    for tick in range(1, 9):
        _, _, terminated, truncated, infos = env.step(STILL)
        assert truncated.tolist() == [tick in (3, 6)] * 8  # the step in which a world begins is its first tick
        assert not terminated.any()
    assert env.arena.state.chronicle[:, 0].tolist() == [3, 3]
    assert infos["tick"].tolist() == [2] * 8


def test_same_step_hands_out_last_words() -> None:
    env = make(autoreset_mode="SameStep", horizon=4)
    env.reset(seed=1)
    twin = make(autoreset_mode="NextStep", horizon=4)
    twin.reset(seed=1)
    for tick in range(1, 5):
        if tick == 2:
            kill(env, 5)
            kill(twin, 5)
        obs, rewards, terminated, truncated, infos = env.step(STILL)
        if tick <= 2:
            theirs = twin.step(STILL)
            np.testing.assert_array_equal(rewards, theirs[1])
            np.testing.assert_array_equal(terminated, theirs[2])
        if tick == 2:
            assert np.flatnonzero(infos["_final_obs"]).tolist() == [5]
            assert np.flatnonzero(infos["final_info"]["_tick"]).tolist() == [5]
            np.testing.assert_array_equal(infos["final_obs"][5], theirs[0][5])
            assert infos["final_obs"][4] is None
            assert infos["final_info"]["episode_stats"]["length"][5] == 2
            assert infos["episode_stats"]["length"].tolist() == [2, 2, 2, 2, 2, 0, 2, 2]
            assert obs[5].any()
            assert env.arena.alive.all()
        if tick == 4:
            assert truncated.all()
            assert all(last is not None for last in infos["final_obs"])
            assert infos["tick"].tolist() == [0] * 8
            assert env.arena.state.chronicle[:, 0].tolist() == [2, 2]


@pytest.mark.parametrize("worlds", [2, 16])
def test_same_step_shows_what_a_whole_look_would_show(worlds: int) -> None:
    env = MindsVectorEnv(4 * worlds, agents=4, threads=1, autoreset_mode="SameStep", obs="compact")
    env.reset(seed=1)
    kill(env, 2, 4 * worlds - 1)
    still = np.zeros((4 * worlds, 3), np.int64)
    obs, *_ = env.step(still)
    env.arena.life.sense()
    env.observer.update(env.arena, 0, worlds)
    np.testing.assert_array_equal(obs, env.observer.seen(env.arena).reshape(4 * worlds, -1))
    assert obs.any(axis=1).all()


def test_disabled_waits_for_a_reset() -> None:
    env = make(autoreset_mode=AutoresetMode.DISABLED)
    env.reset(seed=1)
    kill(env, 3)
    *_, terminated, _, _ = env.step(STILL)
    with pytest.raises(ResetNeeded, match="env 3 has ended"):
        env.step(STILL)
    before = serials(env)
    obs, infos = env.reset(options={"reset_mask": terminated})
    assert [a == b for a, b in zip(before, serials(env), strict=True)] == [n != 3 for n in range(8)]
    assert obs[3].any()
    assert infos["episode_stats"]["length"].tolist() == [1, 1, 1, 0, 1, 1, 1, 1]
    env.step(STILL)
    world = np.arange(8) >= 4
    _, infos = env.reset(options={"reset_mask": world})
    assert infos["tick"].tolist() == [2] * 4 + [0] * 4
    with pytest.raises(BadOption, match="holds env 0, whose world 0 goes on: set all 4 of its agents"):
        env.reset(options={"reset_mask": np.arange(8) == 0})


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ([True] * 8, r"bool array of shape \(8,\), not list"),
        (np.ones(8), "not float64 of shape"),
        (np.ones(4, np.bool_), r"not bool of shape \(4,\)"),
        (np.zeros(8, np.bool_), "holds no True"),
    ],
)
def test_bad_masks_are_named(mask: Any, words: str) -> None:
    env = make()
    with pytest.raises(ResetNeeded, match="there are no worlds yet"):
        env.reset(options={"reset_mask": np.ones(8, np.bool_)})
    env.reset(seed=1)
    with pytest.raises(BadOption, match=words):
        env.reset(options={"reset_mask": mask})
    with pytest.raises(BadOption, match="goes without seed"):
        env.reset(seed=1, options={"reset_mask": np.ones(8, np.bool_)})


@pytest.mark.parametrize("obs", ["retina", "compact", "pixels"])
def test_what_is_handed_out_is_new_unless_asked_for_no_copies(obs: str) -> None:
    copying, sharing = make(obs=obs), make(obs=obs, copy=False)
    kept, kept_infos = copying.reset(seed=1)
    shown, _ = sharing.reset(seed=1)
    np.testing.assert_array_equal(kept, shown)
    mine, theirs = copying.step(STILL), sharing.step(STILL)
    for a, b in zip(mine[:4], theirs[:4], strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.shares_memory(kept, mine[0])
    assert not np.shares_memory(kept_infos["action_mask"], mine[4]["action_mask"])
    assert np.shares_memory(shown, theirs[0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"num_envs": 9, "agents": 4}, "num_envs=9 is no multiple of agents=4: make num_envs=12"),
        ({"num_envs": 0}, "num_envs is an integer of at least 1"),
        ({"agents": 2.0}, "agents is an integer of at least 1"),
        ({"autoreset_mode": "never"}, "option autoreset_mode is one of NextStep, SameStep, Disabled"),
        ({"threads": 0}, "option threads is None"),
        ({"spare": 3}, "option spare is for parallel_env"),
        ({"motion": 3}, "no option 'motion'"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadOption, match=words):
        MindsVectorEnv(**{"num_envs": 8, **options})


def test_bad_calls_are_named() -> None:
    env = make(render_mode="rgb_array")
    with pytest.raises(ResetNeeded, match=r"call reset\(\) first"):
        env.step(STILL)
    with pytest.raises(BadOption, match="no option 'mask'; it has reset_mask"):
        env.reset(options={"mask": 1})
    with pytest.raises(BadOption, match="seed is None or an integer"):
        env.reset(seed=-3)
    env.reset(seed=1)
    for actions, words in (
        (STILL[:7], r"shape \(8, 3\), not \(7, 3\)"),
        (STILL + 0.5, "integers, not float64"),
        (STILL - 1, "0 to 8"),
    ):
        with pytest.raises(InvalidAction, match=words):
            env.step(actions)
    frames = env.render()
    assert frames is not None
    assert len(frames) == 8
    assert frames[0] is frames[3]
    assert frames[4].shape == (768, 768, 3)
    env.close()
    with pytest.raises(ClosedEnvironmentError):
        env.step(STILL)
    with pytest.raises(ClosedEnvironmentError):
        env.reset()
