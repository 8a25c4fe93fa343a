"""Settings: every one has limits and a line of documentation; what cannot be is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from ninepixel.agents.learning.settings import LIMITS, BadSetting, Settings


def test_every_default_is_within_its_limits() -> None:
    for name, value in Settings().plain().items():
        low, high = LIMITS[name]
        assert low <= value <= high


def test_settings_survive_being_written_down() -> None:
    settings = Settings(envs=64, rate=0.5, curiosity=False)
    assert Settings.of(settings.plain()) == settings
    assert Settings.of({"envs": 64}).ticks == Settings().ticks


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"speed": 3}, "there is no setting 'speed'; there are hidden, envs"),
        ({"hidden": 60}, "setting hidden is a multiple of 16 from 16 to 1024, not 60"),
        ({"hidden": 64.0}, "setting hidden is an integer, not 64.0"),
        ({"hidden": True}, "setting hidden is an integer, not True"),
        ({"curiosity": 1}, "setting curiosity is True or False, not 1"),
        ({"rate": "fast"}, "setting rate is a number, not 'fast'"),
        ({"rate": float("nan")}, "setting rate is from 0 to 1, not nan"),
        ({"gamma": 1.5}, "setting gamma is from 0 to 1, not 1.5"),
        ({"ticks": 0}, "setting ticks is from 1 to 4096, not 0"),
        ({"envs": 33}, "setting envs is a multiple of groups (2), not 33"),
        ({"envs": 4, "minibatches": 3}, "setting minibatches is at most the agents of a group (2)"),
    ],
)
def test_what_cannot_be_is_refused_by_name(given: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSetting) as error:
        Settings.of(given)
    assert str(error.value).startswith(said)


def test_whole_numbers_will_do_for_numbers() -> None:
    assert Settings(rate=1).rate == 1
