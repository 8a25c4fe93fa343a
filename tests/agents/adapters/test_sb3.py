"""Stable-Baselines3's vector environments, as it wants them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

from stable_baselines3 import PPO
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecMonitor, VecNormalize

from ninepixel.agents import BadOption, MindsVectorEnv, deeds_of
from ninepixel.agents.adapters.sb3 import SB3Minds


def acts(env: SB3Minds, ticks: int, seed: int = 0) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [env.step(rng.integers(0, 9, (env.num_envs, 3))) for _ in range(ticks)]


def test_it_steps_as_the_native_environment_does() -> None:
    ours, native = SB3Minds(16, horizon=60), MindsVectorEnv(16, obs="compact", autoreset_mode="SameStep", horizon=60)
    ours.seed(5)
    assert np.array_equal(ours.reset(), native.reset(seed=5)[0])
    rng = np.random.default_rng(0)
    for _ in range(130):
        actions = rng.integers(0, 9, (16, 3))
        seen, rewards, dones, infos = ours.step(actions)
        there, paid, terminated, truncated, told = native.step(actions)
        assert np.array_equal(np.asarray(seen), there)
        assert np.array_equal(rewards, paid)
        assert np.array_equal(dones, terminated | truncated)
        for i in range(16):
            assert bool(infos[i]) == dones[i]
            if dones[i]:
                assert np.array_equal(infos[i]["terminal_observation"], told["final_obs"][i])
                assert infos[i]["TimeLimit.truncated"] == (truncated[i] and not terminated[i])
    assert ours.minds.state_hash() == native.state_hash()


def test_an_end_in_time_is_bootstrapped_and_a_death_is_not() -> None:
    env = SB3Minds(8, horizon=100)
    env.reset()
    ended = [info for _, _, dones, infos in acts(env, 100) for done, info in zip(dones, infos, strict=True) if done]
    assert len(ended) == 8  # nobody starves within 100 ticks
    assert all(info["TimeLimit.truncated"] and info["episode"]["l"] == 100 for info in ended)
    long = SB3Minds(8, horizon=4000)
    long.reset()
    died = [info for _, _, _, infos in acts(long, 1500) for info in infos if info]
    assert died
    assert not any(info["TimeLimit.truncated"] for info in died)


def test_what_was_seen_last_is_not_what_is_seen_next() -> None:
    env = SB3Minds(8, horizon=30)
    env.reset()
    seen, _, dones, infos = acts(env, 30)[-1]
    assert dones.all()
    assert not any(np.array_equal(seen[i], infos[i]["terminal_observation"]) for i in range(8))


def test_episodes_are_told_as_its_monitor_would() -> None:
    inner = SB3Minds(8, horizon=50)
    with pytest.warns(UserWarning, match="already wrapped with a `Monitor`"):
        env = VecMonitor(inner)
    env.reset()
    rng, returns = np.random.default_rng(0), np.zeros(8)
    for _ in range(50):
        _, rewards, _, infos = env.step(rng.integers(0, 9, (8, 3)))
        returns += rewards
    assert [info["episode"]["l"] for info in infos] == [50] * 8
    assert [info["episode"]["r"] for info in infos] == pytest.approx(returns, abs=1e-5)
    assert inner.env_is_wrapped(Monitor) == [True] * 8
    assert inner.env_is_wrapped(VecMonitor, [0, 1]) == [False] * 2
    assert all(isinstance(deeds_of(info["achievements"]), tuple) for info in infos)


def test_masks_for_those_who_mask() -> None:
    env = SB3Minds(8)
    with pytest.raises(AttributeError, match="action_masks"):
        env.env_method("nothing")
    env.reset()
    acts(env, 3)
    masks = np.stack(env.env_method("action_masks"))
    assert masks.shape == (8, 27)
    assert masks.dtype == np.bool_
    assert masks[:, :9].all()
    assert not masks[:, 9:18].all()
    assert np.array_equal(env.get_attr("action_masks", 2)[0](), masks[2])
    assert SB3Minds(4, actions="flat", agents=4).env_method("action_masks")[0].shape == (33,)


def test_the_same_seed_teaches_the_same() -> None:
    def weights() -> bytes:
        policy = PPO("MlpPolicy", SB3Minds(4, agents=4), n_steps=64, batch_size=64, n_epochs=1, seed=3, device="cpu").learn(512)
        return b"".join(value.numpy().tobytes() for value in policy.policy.state_dict().values())

    assert weights() == weights()


def test_a_policy_is_kept_and_judged_without_a_warning() -> None:
    env = VecNormalize(SB3Minds(4, agents=4, obs="retina", horizon=40))
    policy = PPO("MlpPolicy", env, n_steps=64, batch_size=64, n_epochs=1, seed=3, device="cpu").learn(256)
    file = io.BytesIO()
    policy.save(file)
    file.seek(0)
    again = PPO.load(file, device="cpu")
    mean, spread = evaluate_policy(again, SB3Minds(4, agents=4, obs="retina", horizon=40), n_eval_episodes=8)
    assert np.isfinite([mean, spread]).all()


def test_pictures() -> None:
    env = SB3Minds(16, render_mode="rgb_array")
    env.reset()
    assert len(env.get_images()) == 2  # a world, a picture
    picture = env.render()
    assert picture is not None
    assert picture.shape[2] == 3
    with pytest.raises(BadOption, match="render_mode"):
        SB3Minds(8).get_images()


def test_what_it_cannot_do_it_says() -> None:
    with pytest.raises(BadOption, match="autoreset_mode"):
        SB3Minds(8, autoreset_mode="NextStep")
    with pytest.raises(BadOption, match="copy is True"):
        SB3Minds(8, copy=False)
    with pytest.raises(BadOption, match="obs is one of"):
        SB3Minds(8, obs="smell")
    env = SB3Minds(8)
    with pytest.raises(AttributeError, match="when SB3Minds is made"):
        env.set_attr("horizon", 3)
    env.close()
    env.close()
