"""A server whose minds go on learning: policies enter between ticks, its metrics tell how it stands, its store keeps them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from host_trees import survey_of
from live_servers import LiveServer, live_server
from ninepixel.agents.learning.online.settings import BadSetting
from ninepixel.server.metrics import Metrics
from ninepixel.server.opening import HostSource
from ninepixel.server.schooling import CannotLearn, Faring, Schooling, online_settings
from ninepixel.server.serve import ServeError
from ninepixel.server.settings import SettingsError, load_settings
from ninepixel.world.thought import Policy, Shape
from ninepixel.world.universe import Universe
from small_courts import FILES

SOURCE = HostSource(survey=survey_of(FILES))
QUICK = ("ticks=8", "batch=64", "offer=8", "minibatches=2", "warm=0", "nice=0")
#: A process that loads torch on a busy machine.
PATIENCE = 240.0


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "a.policy"
    Policy.random(Shape(16), 3).save(file)
    return file


def learning(folder: Path, policy: str | None) -> Any:
    return live_server(folder, SOURCE, minds=4, rate=60, policy=policy, learn=True, learn_set=QUICK)


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def figure(live: LiveServer, name: str) -> float:
    text = live.server.metrics.render().decode()
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith(f"ninepixel_{name} ")))


def test_minds_of_a_server_learn_and_go_on_after_a_restart(tmp_path: Path, policy: Path) -> None:
    with learning(tmp_path / "store", str(policy)) as live:
        until(lambda: figure(live, "learning_policies") >= 2)
        (schooling,) = [aside for aside in live.server.simulation.asides if isinstance(aside, Schooling)]
        pid = schooling.school.pid
        assert figure(live, "learning") == 1
        assert figure(live, "learning_updates") >= 1
    assert pid is not None
    assert not psutil.pid_exists(pid)
    with learning(tmp_path / "store", None) as again:
        thoughts = again.between_ticks(lambda universe: universe.pull().thoughts)
        assert thoughts is not None
        told = Policy.parse(thoughts.policy).manifest
        assert told["parents"], "what they had learned is in the store"
        until(lambda: figure(again, "learning_policies") >= 1)


def test_how_minds_fare_is_told_every_minute(policy: Path) -> None:
    data = policy.read_bytes()
    with Universe.from_survey(survey_of(FILES), seed=1, minds=3, backend="cpu", policy=data) as universe:
        metrics = Metrics(process=False)
        faring = Faring(universe, metrics, rate=1)  # a minute is 60 ticks
        for _ in range(60):
            assert faring.before() == ()
            universe.step()
            faring.after()
    told = {line.split()[0]: float(line.split()[1]) for line in metrics.render().decode().splitlines() if line[0] != "#"}
    assert 0 < told["ninepixel_drive_satisfaction"] < 0.5
    assert "ninepixel_births_total" in told
    assert "ninepixel_deaths_total" in told


def test_learning_without_a_policy_or_without_minds_is_refused(tmp_path: Path, policy: Path) -> None:
    with pytest.raises(ServeError, match="act by instinct"), learning(tmp_path / "a", "instinct"):
        pass
    with (
        Universe.from_survey(survey_of(FILES), seed=1, backend="cpu") as universe,
        pytest.raises(CannotLearn, match="there are none"),
    ):
        Schooling(universe, Metrics(process=False), {})


def test_without_torch_it_is_said_how_to_get_it(policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ninepixel.server.schooling.find_spec", lambda name: None)
    data = policy.read_bytes()
    with (
        Universe.from_survey(survey_of(FILES), seed=1, minds=3, backend="cpu", policy=data) as universe,
        pytest.raises(CannotLearn, match="pip install"),
    ):
        Schooling(universe, Metrics(process=False), {})


def test_settings_of_learning_are_read_and_refused_like_all_others() -> None:
    settings = load_settings(flags={"learn": True, "learn_set": ("ticks=32", "rate=0.001")})
    assert online_settings(settings.learn_set) == {"ticks": 32, "rate": 0.001}
    from_environment = load_settings(environ={"NINEPIXEL_SERVER_LEARN_SET": "ticks=32, gamma=0.9", "NINEPIXEL_SERVER_LEARN": "1"})
    assert online_settings(from_environment.learn_set) == {"ticks": 32, "gamma": 0.9}
    assert from_environment.learn is True
    for wrong, said in (("speed=1", "there is no setting 'speed'"), ("gamma", "NAME=NUMBER"), ("gamma=7", "from 0 to 1")):
        with pytest.raises(SettingsError, match=said):
            load_settings(flags={"learn_set": (wrong,)})
    with pytest.raises(BadSetting):
        online_settings(("speed=1",))
