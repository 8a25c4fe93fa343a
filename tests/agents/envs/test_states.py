"""Equal seeds and actions make equal states, whatever the interface, the threads, the process; states are kept and forked."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from ninepixel.agents import TASKS, BadOption, MindEnv, MindsVectorEnv, Recorder, parallel_env
from ninepixel.agents.arena import Arena

TICKS = 10_000


def deeds_of_chance(ticks: int, agents: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    """Actions, (ticks, agents, 3)."""
    return np.random.default_rng(seed).integers(0, 9, (ticks, agents, 3), np.uint8)


#: Run in processes of their own: ten thousand ticks of two worlds in which agents die and are replaced.
SCRIPT = f"""
import sys, numpy as np
from ninepixel.agents import MindsVectorEnv
env = MindsVectorEnv(8, "universe", agents=4, threads=int(sys.argv[1]), side=64, files=4, fountains=4, horizon=4000)
env.reset(seed=11)
actions = np.random.default_rng(1).integers(0, 9, ({TICKS}, 8, 3), np.uint8)
for tick in range({TICKS}):
    env.step(actions[tick])
    if tick % 1000 == 999:
        print(env.state_hash())
"""


def test_ten_thousand_ticks_are_the_same_in_every_process_and_on_every_number_of_threads() -> None:
    runs = []
    for threads, hash_seed in (("1", "0"), ("2", "4242")):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", SCRIPT, threads]
        runs.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    outputs = [run.communicate() for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    first, second = (out.split() for out, _ in outputs)
    assert first == second
    assert len(set(first)) == 10


def test_ten_thousand_ticks_of_two_instances() -> None:
    one, other = (MindEnv("survive", agents=3, horizon=TICKS * 2) for _ in range(2))
    actions = deeds_of_chance(TICKS, 1)[:, 0]
    for env in (one, other):
        env.reset(seed=7)
    for tick, action in enumerate(actions):
        ours, theirs = one.step(action), other.step(action)
        if tick % 500 == 0:
            assert one.state_hash() == other.state_hash()
            np.testing.assert_array_equal(ours[0], theirs[0])
        if ours[2]:
            assert theirs[2]
            one.reset()
            other.reset()
    assert one.state_hash() == other.state_hash()


def test_a_world_is_the_same_alone_and_among_others_through_every_interface() -> None:
    vector = MindsVectorEnv(12, "survive", agents=4, threads=1)
    worlds = [MindsVectorEnv(4, "survive", agents=4), parallel_env("survive", agents=4), MindEnv("survive", agents=1)]
    lonely = MindsVectorEnv(3, "survive", agents=1, threads=1)
    _, whole = worlds[0], vector.reset(seed=20)
    lonely.reset(seed=20)
    worlds[0].reset(seed=21)
    worlds[1].reset(seed=21)
    worlds[2].reset(seed=22)
    for actions in deeds_of_chance(50, 12):
        vector.step(actions)
        worlds[0].step(actions[4:8])
        worlds[1].step({agent: actions[4 + i] for i, agent in enumerate(worlds[1].agents)})
        lonely.step(actions[:3])
        worlds[2].step(actions[2])
    assert whole[0].shape[0] == 12
    assert vector.state_hash(1) == worlds[0].state_hash() == worlds[1].state_hash()
    assert lonely.state_hash(2) == worlds[2].state_hash()
    assert len({vector.state_hash(world) for world in range(3)}) == 3


def made(kind: str) -> Any:
    """An environment in the middle of its life, and a function that steps it on."""
    if kind == "single":
        env: Any = MindEnv("survive", obs="pixels", horizon=90)
    elif kind == "parallel":
        env = parallel_env("universe", obs="compact")
    else:
        env = MindsVectorEnv(16, "survive", agents=8, autoreset_mode=kind, horizon=40, threads=2)
    env.reset(seed=3)
    return env


def go_on(env: Any, ticks: int, seed: int) -> list[Any]:
    """Observations and rewards of some ticks more."""
    out = []
    for actions in deeds_of_chance(ticks, 24, seed):
        if isinstance(env, MindEnv):
            obs, reward, terminated, truncated, _ = env.step(actions[0])
            if terminated or truncated:
                obs, _ = env.reset()
        elif isinstance(env, MindsVectorEnv):
            obs, reward, *_ = env.step(actions[:16])
        else:
            obs, reward, *_ = env.step({agent: actions[i] for i, agent in enumerate(env.agents)})
        out.append((obs, reward, env.state_hash()))
    return out


@pytest.mark.parametrize("kind", ["single", "parallel", "NextStep", "SameStep"])
def test_snapshots_and_forks_go_on_as_the_original_does(kind: str) -> None:
    env = made(kind)
    go_on(env, 39, 0)  # the next tick is a horizon's
    kept, fork, before = env.snapshot(), env.fork(), env.state_hash()
    future = go_on(env, 60, 1)
    assert fork.state_hash() == before
    np.testing.assert_equal(go_on(fork, 60, 1), future)
    for again in (env, made(kind)):
        again.restore(kept)
        assert again.state_hash() == before
        np.testing.assert_equal(go_on(again, 60, 1), future)
    go_on(fork, 5, 2)
    env.restore(kept)
    np.testing.assert_equal(go_on(env, 60, 1), future)
    fork.close()
    go_on(env, 1, 0)  # closing the fork leaves the original open


@pytest.mark.parametrize("kind", ["single", "parallel", "NextStep"])
def test_a_deep_copy_is_a_fork_and_nothing_is_pickled_in_parts(kind: str) -> None:
    env = made(kind)
    twin = copy.deepcopy(env)
    np.testing.assert_equal(go_on(twin, 5, 1), go_on(env, 5, 1))
    for kept in (env, env.snapshot()):
        with pytest.raises(TypeError, match="stays in its process"):
            pickle.dumps(kept)


def test_only_a_snapshot_of_the_same_sort_can_be_restored() -> None:
    env = made("single")
    with pytest.raises(BadOption, match="snapshot is what snapshot"):
        env.restore(b"bytes")
    with pytest.raises(BadOption, match="snapshot is of a MindEnv of forage with other options"):
        env.restore(MindEnv("forage").snapshot())
    with Recorder(env), pytest.raises(BadOption, match="while a Recorder listens"):
        env.restore(env.snapshot())
    with pytest.raises(BadOption, match="world is an integer from 0 to 0"):
        env.state_hash(1)


@pytest.mark.gl
def test_an_arena_on_the_gpu_is_the_arena_on_the_cpu_senses_and_rewards_too() -> None:
    task = TASKS["universe"].with_options(agents=9, spare=2)
    arenas = [Arena(task, worlds=2, seed=5, backend=backend) for backend in ("cpu", "gpu")]
    for arena in arenas:
        arena.reset()
    for tick, actions in enumerate(deeds_of_chance(60, 22).reshape(60, 2, 11, 3)):
        for arena in arenas:
            arena.step(actions)
            if tick % 20 == 19:
                arena.replace(~arena.alive)
        ours, theirs = arenas
        assert np.array_equal(ours.seen, theirs.seen)
        assert np.array_equal(ours.reward, theirs.reward)
    assert arenas[0].state_hash() == arenas[1].state_hash()
    for arena in arenas:
        arena.close()


def test_a_large_world_cut_into_bands_is_the_one_that_is_stepped_whole() -> None:
    task = TASKS["survive"].with_options(agents=24, side=256)
    whole, cut = Arena(task, seed=3), Arena(task, seed=3)
    whole.backend = None
    for actions in [None, *deeds_of_chance(40, 24)[:, None]]:
        for arena in (whole, cut):
            if actions is None:
                arena.reset()
            else:
                arena.step(actions)
    assert whole.state_hash() == cut.state_hash()
