"""What people write as the address of a server, and what is none."""

from __future__ import annotations

import pytest

from ninepixel.server.protocol.address import BadAddress, live_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://127.0.0.1:9009/", "ws://127.0.0.1:9009/live"),
        ("https://play.example.org", "wss://play.example.org:443/live"),
        ("ws://play.example.org:80/live", "ws://play.example.org:80/live"),
        ("play.example.org", "ws://play.example.org:9009/live"),
        ("localhost:8000", "ws://localhost:8000/live"),
        ("http://[::1]:9009/", "ws://[::1]:9009/live"),
    ],
)
def test_an_address_is_understood(text: str, address: str) -> None:
    assert live_address(text) == address
    assert live_address(address) == address


@pytest.mark.parametrize(
    "text", ["", "ftp://host", "http://", "ws://host/other", "http://host:99999/", "http://user@host/", "ws://host?q=1", "::"]
)
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadAddress, match="one looks like http://127"):
        live_address(text)
