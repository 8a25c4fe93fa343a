"""Which web pages may talk to the server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.server.origins import BadOrigin, OriginPolicy

PLAIN = OriginPolicy.of()
LISTED = OriginPolicy.of(["https://play.example.org", "http://dev.example.org:8080/"], bound="0.0.0.0")


@pytest.mark.parametrize("host", [None, "localhost:9009", "127.0.0.1:9009", "[::1]:9009", "192.0.2.7", "203.0.113.9:443"])
def test_native_clients_come_in_by_any_address(host: str | None) -> None:
    assert PLAIN.refusal(None, host) is None


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:9009", "localhost:9009"),
        ("http://127.0.0.1:9009", "127.0.0.1:9009"),
        ("http://[::1]:9009", "[::1]:9009"),
        ("http://localhost", "localhost"),
        ("http://localhost", "localhost:80"),
        ("https://192.0.2.7", "192.0.2.7:443"),
        ("HTTP://LOCALHOST:9009", "LocalHost:9009"),
    ],
)
def test_the_servers_own_page_comes_in(origin: str, host: str) -> None:
    assert PLAIN.refusal(origin, host) is None


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://evil.example", "localhost:9009"),
        ("http://localhost:8000", "localhost:9009"),  # another program on this machine
        ("null", "localhost:9009"),
        ("", "localhost:9009"),
        ("file://", "localhost:9009"),
        ("http://localhost:9009@evil.example", "localhost:9009"),
        ("http://localhost:9009.evil.example", "localhost:9009"),
        ("http://localhost:9009/path", "localhost:9009"),
        ("http://localhost:99999", "localhost:9009"),
        ("http://localhost:9009", None),
        ("http://[", "localhost"),
        ("chrome-extension://abc", "localhost:9009"),
    ],
)
def test_other_pages_are_refused(origin: str, host: str | None) -> None:
    assert PLAIN.refusal(origin, host) is not None


def test_a_strangers_name_that_points_here_is_refused_even_when_both_headers_agree() -> None:
    """DNS rebinding: the browser believes that evil.example is this machine."""
    assert "does not go by the name" in str(PLAIN.refusal("http://evil.example:9009", "evil.example:9009"))
    assert PLAIN.refusal(None, "evil.example:9009") is not None


def test_listed_origins_come_in_and_name_the_server() -> None:
    assert LISTED.refusal("https://play.example.org", "play.example.org") is None
    assert LISTED.refusal("https://play.example.org:443", "127.0.0.1:9009") is None
    assert LISTED.refusal("http://dev.example.org:8080", "play.example.org") is None
    assert LISTED.refusal("http://play.example.org", "127.0.0.1") is not None
    assert LISTED.refusal("https://dev.example.org", "127.0.0.1") is not None
    assert LISTED.refusal(None, "play.example.org.") is None


def test_the_name_it_is_bound_to_is_its_own() -> None:
    assert OriginPolicy.of(bound="Home.Example").refusal("http://home.example:9009", "home.example:9009") is None


@pytest.mark.parametrize(
    "origin", ["play.example.org", "ftp://x", "https://", "https://a/b", "https://a:b", "*", "", "https://u@a"]
)
def test_a_listed_origin_that_is_none_is_said(origin: str) -> None:
    with pytest.raises(BadOrigin, match=r"is no origin: one looks like https://play\.example\.org"):
        OriginPolicy.of([origin])


@given(st.text(max_size=40) | st.none(), st.text(max_size=40) | st.none())
def test_whatever_the_headers_hold_the_answer_is_a_line_or_none(origin: str | None, host: str | None) -> None:
    refusal = LISTED.refusal(origin, host)
    assert refusal is None or "\n" not in refusal
    if refusal is None and origin is not None:
        assert origin.lower().startswith(("http://", "https://"))
