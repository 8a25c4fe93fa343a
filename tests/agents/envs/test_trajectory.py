"""What was recorded replays to the bit; what is torn, flipped or forged is named."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any

import gymnasium
import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.agents import BadOption, MindEnv, MindsVectorEnv, Recorder, env, parallel_env, replay
from ninepixel.agents.envs.trajectory import FORMAT, Diverged
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.store.envelope import pack, unpack
from ninepixel.world.store.errors import BadSave, Damaged, Impossible, NewerFormat, NotASave


def play(world: Any, ticks: int) -> None:
    """Some ticks of chance, with resets where they are needed."""
    rng = np.random.default_rng(0)
    world.reset(seed=2)
    for _ in range(ticks):
        if isinstance(world, MindsVectorEnv):
            *_, terminated, truncated, _ = world.step(rng.integers(0, 9, (world.num_envs, 3)))
            if world.autoreset_mode.value == "Disabled" and (terminated | truncated).any():
                world.reset(options={"reset_mask": terminated | truncated})
        elif isinstance(world.unwrapped, MindEnv):
            *_, terminated, truncated, _ = world.step(rng.integers(0, 9, 3))
            if terminated or truncated:
                world.reset()
        else:
            world.step({agent: rng.integers(0, 9, 3) for agent in world.agents})
            if not world.agents:
                world.reset()


@pytest.mark.parametrize("kind", ["single", "wrapped", "parallel", "NextStep", "SameStep", "Disabled"])
def test_every_interface_replays_to_the_bit(kind: str, tmp_path: Path) -> None:
    made: dict[str, Any] = {
        "single": lambda: MindEnv("survive", horizon=70, others="random", actions="multi"),
        "wrapped": lambda: gymnasium.make("ninepixel:ninepixel/Universe-v0", horizon=70),
        "parallel": lambda: parallel_env("universe", horizon=90),
    }
    world = made.get(kind, lambda: MindsVectorEnv(16, "survive", autoreset_mode=kind, horizon=70, threads=1))()
    with Recorder(world, every=25) as recorder:
        play(world, 200)
        recorder.save(tmp_path / "run")
    seen = list[str]()
    arena = replay(tmp_path / "run", watch=lambda a: seen.append(a.state_hash()))
    assert len(seen) == recorder.steps == 200
    assert arena.state_hash() == world.unwrapped.state_hash() == seen[-1]
    play(world, 3)
    assert recorder.steps == 200


def test_a_recorded_host_comes_along(tmp_path: Path) -> None:
    world = MindEnv("explore", host=synthetic(3, 20))
    recorder = Recorder(world)
    play(world, 5)
    recorder.save(tmp_path / "run")
    assert replay(tmp_path / "run", threads=1).state_hash() == world.state_hash()


def test_agents_one_after_the_other_are_recorded_too(tmp_path: Path) -> None:
    world = env("forage", agents=2)
    recorder = Recorder(world)
    world.reset(seed=1)
    for agent in world.agent_iter(10):
        world.step(world.action_space(agent).sample())
    recorder.save(tmp_path / "run")
    assert recorder.steps == 5
    assert replay(tmp_path / "run").state_hash() == world.unwrapped.state_hash()


def test_what_cannot_be_recorded_is_named(tmp_path: Path) -> None:
    world = MindEnv()
    with pytest.raises(BadOption, match="env is an environment of ninepixel, not a CartPoleEnv"):
        Recorder(gymnasium.make("CartPole-v1"))
    with pytest.raises(BadOption, match="every is an integer of at least 1"):
        Recorder(world, every=0)
    recorder = Recorder(world)
    with pytest.raises(BadOption, match="recorded already"):
        Recorder(world)
    with pytest.raises(BadOption, match="nothing is recorded yet"):
        recorder.save(tmp_path / "run")
    recorder.close()
    recorder.close()
    world.reset(seed=1)
    with Recorder(world), pytest.raises(BadOption, match=r"begins with a reset: call reset\(\) after Recorder"):
        world.step([0, 0, 0])


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A short trajectory."""
    world, file = MindEnv(agents=2), tmp_path_factory.mktemp("recording") / "run"
    recorder = Recorder(world, every=4)
    play(world, 10)
    recorder.save(file)
    return file.read_bytes()


@settings(max_examples=60)
@given(data=st.data())
def test_no_torn_or_flipped_file_is_replayed(
    recording: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file = tmp_path_factory.getbasetemp() / "spoilt"
    at = data.draw(st.integers(0, len(recording) - 1))
    flipped = bytearray(recording)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    for spoilt in (recording[:at], bytes(flipped)):
        file.write_bytes(spoilt)
        with pytest.raises(BadSave, match="spoilt: ") as caught:
            replay(file)
        assert "\n" not in str(caught.value)


def _packed(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value)
    return packed


def forged(recording: bytes, change: Any) -> bytes:
    """The same recording with other content and a checksum that fits."""
    inner = unpack(msgpack.unpackb(recording)["body"])
    meta = dict(inner.meta)
    columns = {
        name: inner.column(name, parts[0].dtype, sum(part.count for part in parts)).copy()
        for name, parts in inner.columns.items()
    }
    change(meta, columns)
    body = pack("trajectory", inner.tick, meta, columns)
    return _packed({"format": FORMAT, "version": 1, "checksum": blake2b(body, digest_size=16).digest(), "body": body})


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda m, c: c["step"].__setitem__(5, 7), Diverged, "record it anew"),
        (lambda m, c: c["step"].__setitem__(5, 9), Impossible, "an action that there is not"),
        (lambda m, c: c["what"].__setitem__(0, 3), Impossible, "do not begin with a reset"),
        (lambda m, c: c["what"].__setitem__(4, 200), Impossible, "others than there are"),
        (lambda m, c: m.update(worlds=0), Impossible, "do not fit together"),
        (lambda m, c: m.update(worlds=60_000), Impossible, "column step holds 30 values where 1800000 belong"),
        (lambda m, c: m.update(roles=[1, 99]), Impossible, "do not fit together"),
        (lambda m, c: m.update(acting="all"), Impossible, "does not say what was recorded"),
        (lambda m, c: m["task"]["numbers"].update(side=65), Impossible, "its task makes no world"),
        (lambda m, c: m["task"].update(deeds=["fly"]), Impossible, "achievements that there are not"),
        (lambda m, c: m.update(sizes=[1 << 40, 1, 1, 0]), Impossible, "do not fit together"),
    ],
)
def test_forged_recordings_are_named(recording: bytes, tmp_path: Path, change: Any, error: type[Exception], words: str) -> None:
    (tmp_path / "forged").write_bytes(forged(recording, change))
    with pytest.raises(error, match=f"forged: .*{words}"):
        replay(tmp_path / "forged")


def test_other_files_are_named(recording: bytes, tmp_path: Path) -> None:
    newer = msgpack.unpackb(recording) | {"version": 9}
    cases = [
        (msgpack.packb({"format": "ninepixel-survey"}), NotASave, "not a recorded trajectory"),
        (msgpack.packb(newer), NewerFormat, "version 9; this ninepixel reads up to version 1"),
        (msgpack.packb({"format": FORMAT, "version": 1}), Damaged, "no version or no content"),
    ]
    for content, error, words in cases:
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(error, match=words):
            replay(tmp_path / "file")
    with pytest.raises(BadSave, match="cannot be read: No such file"):
        replay(tmp_path / "absent")
