"""Settings: a file, under the environment, under flags; a wrong one is said on one line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.server.protocol.limits import VERBS, Limits, Rate
from ninepixel.server.settings import PREFIX, Settings, SettingsError, allowed, load_settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "server.toml"


def loaded(file: Path, text: str = "", environ: dict[str, str] | None = None, **flags: Any) -> Settings:
    file.write_text(text, encoding="utf-8")
    return load_settings(file, flags, environ or {})


def wrong(file: Path, text: str = "", environ: dict[str, str] | None = None, **flags: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        loaded(file, text, environ, **flags)
    said = str(caught.value)
    assert "\n" not in said
    return said.replace(str(file), "FILE")


def test_flags_win_over_the_environment_which_wins_over_the_file_which_wins_over_defaults(file: Path) -> None:
    text, environ = "rate = 11\nport = 1\nminds = 5", {PREFIX + "RATE": "12", PREFIX + "PORT": "2"}
    settings = loaded(file, text, environ, rate=13, port=None)
    assert (settings.rate, settings.port, settings.minds, settings.keep) == (13, 2, 5, Settings().keep)


def test_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + "RATE", "33")
    assert load_settings().rate == 33


def test_names_in_the_environment_are_in_any_case_and_others_are_not_ours() -> None:
    assert load_settings(environ={"ninepixel_server_rate": "40", "NINEPIXEL_STORE": "x", "RATE": "7"}).rate == 40


def test_limits_of_all_three_are_joined(file: Path) -> None:
    settings = loaded(file, '[limits]\nsay = "2/3"\nlook = "4/5"', {PREFIX + "LIMITS__LOOK": "6/7"}, limits={"ask": "8/9"})
    limits = settings.session_limits()
    assert (limits.say, limits.look, limits.ask, limits.ping) == (Rate(2, 3), Rate(6, 7), Rate(8, 9), Limits().ping)


def test_by_default_limits_are_those_of_the_protocol() -> None:
    assert Settings().session_limits() == Limits()
    assert set(Settings().limits) == set(VERBS)


def test_lists_in_the_environment_are_parted_by_commas() -> None:
    environ = {PREFIX + "ORIGINS": "https://a.example, http://b.example:81", PREFIX + "SHARE_NAMES": "docs,music/live"}
    settings = load_settings(environ=environ)
    assert settings.origins == ("https://a.example", "http://b.example:81")
    assert settings.consent().folders == {b"docs", b"music/live"}
    assert settings.origin_policy().refusal("http://b.example:81", "127.0.0.1:9009") is None


@pytest.mark.parametrize(
    ("text", "environ", "flags", "said"),
    [
        ("rate = 5", {}, {}, "rate in FILE is an integer from 10 to 60, not 5"),
        ("rate = 20", {"RATE": "70"}, {}, "NINEPIXEL_SERVER_RATE is an integer from 10 to 60, not '70'"),
        ("", {}, {"max_connections": 0}, "--max-connections is an integer from 1 to 1000000, not 0"),
        ('rate = "fast"', {}, {}, "rate in FILE is an integer from 10 to 60, not 'fast'"),
        ("rate = 20.5", {}, {}, "rate in FILE is an integer from 10 to 60, not 20.5"),
        ("entry = 'closed'", {}, {}, "entry in FILE is open or invite, not 'closed'"),
        ("", {"WATCHERS": "maybe"}, {}, "NINEPIXEL_SERVER_WATCHERS is true or false, not 'maybe'"),
        ("quota = '1MiB'", {}, {}, "quota in FILE is a size such as 512MiB or 8GiB, 64.0MiB or more, not '1MiB'"),
        ("login_seconds = inf", {}, {}, "login_seconds in FILE is a number from 1 to 300, not inf"),
        ("rat = 20", {}, {}, "rat in FILE: there is no such setting; is rate meant?"),
        ("", {"PROT": "1"}, {}, "NINEPIXEL_SERVER_PROT: there is no such setting; is port meant?"),
        ("qqqq = 1", {}, {}, "qqqq in FILE: there is no such setting"),
        ("rate = ", {}, {}, "FILE: is not TOML: Invalid value (at end of document)"),
        ("limits = 3", {}, {}, 'limits in FILE: a table of rates, such as say = "0.5/4"'),
        ("", {"LIMITS": "{"}, {}, "NINEPIXEL_SERVER_LIMITS is a JSON object; simpler is one variable each"),
        ("", {"LIMITS__SAY": "often"}, {}, "NINEPIXEL_SERVER_LIMITS: the limit say: a rate is written per_second/burst"),
        ("[limits]\nshout = '1/1'", {}, {}, "limits in FILE: there is no limit 'shout'"),
        ("[limits]\nlogin_seconds = '5'", {}, {}, "limits in FILE: login_seconds is a setting of its own"),
        ("share_names = ['../x']", {}, {}, "share_names in FILE: '../x' is not inside the mapped folder"),
        ("", {"ORIGINS": "example.org"}, {}, "NINEPIXEL_SERVER_ORIGINS: 'example.org' is no origin"),
        ("tls_cert = 'a.pem'", {}, {}, "tls_cert and tls_key go together: name both, or neither"),
        ("host = ''", {}, {}, "host in FILE is text"),
    ],
)
def test_a_wrong_setting_is_said_with_its_source_and_its_range(
    file: Path, text: str, environ: dict[str, str], flags: dict[str, Any], said: str
) -> None:
    assert wrong(file, text, {PREFIX + name: value for name, value in environ.items()}, **flags).startswith(said)


def test_a_value_that_a_higher_source_replaces_does_no_harm(file: Path) -> None:
    assert loaded(file, "rate = 5", {PREFIX + "RATE": "70"}, rate=30).rate == 30


def test_a_file_that_is_not_there_or_no_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file of settings"):
        load_settings(tmp_path / "none.toml", environ={})
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="is not TOML"):
        load_settings(tmp_path / "x.toml", environ={})


def test_what_is_printed_is_a_file_that_says_the_same(file: Path) -> None:
    flags = {
        "rate": 31,
        "tls_cert": "a b.pem",
        "tls_key": "k.pem",
        "origins": ["https://a.example"],
        "quota": 10**9,
        "seed": 2**64 - 1,
    }
    settings = loaded(file, "", None, **flags, limits={"say": "0.25/2"})
    assert loaded(file, settings.as_toml()) == settings
    assert loaded(file, Settings().as_toml()) == Settings()


def test_the_example_names_every_setting_with_its_meaning_and_range() -> None:
    text = Settings().as_toml()
    for name, info in Settings.model_fields.items():
        assert f"\n{name} = " in text or f"\n# {name} =" in text or f"[{name}]" in text
        assert info.description
        assert info.description in text
        assert name == "limits" or allowed(info) in text
    assert tomllib.loads(text)["limits"] == Settings().limits


@given(st.integers(-(2**70), 2**70))
def test_numbers_are_taken_exactly_within_their_range(value: int) -> None:
    inside = {name for name, low, high in (("rate", 10, 60), ("port", 0, 65535), ("seed", 0, 2**64 - 1)) if low <= value <= high}
    for name in ("rate", "port", "seed"):
        if name in inside:
            assert getattr(load_settings(flags={name: value}, environ={}), name) == value
        else:
            with pytest.raises(SettingsError, match=f"^--{name} is an integer from"):
                load_settings(flags={name: value}, environ={})


def test_whoever_opens_a_server_to_the_world_is_warned() -> None:
    assert Settings().warnings() == []
    said = "\n".join(Settings(host="0.0.0.0", share_names=("docs",)).warnings())
    assert "without TLS" in said
    assert "everybody who reaches" in said
    assert "docs" in said
    assert Settings(host="0.0.0.0", tls_cert=Path("c"), tls_key=Path("k"), entry="invite").warnings() == []


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().rate = 30
