"""Where a server is: what people write, as the one address that speaks the protocol."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

#: The one path of a server that speaks the protocol, and the port that servers take unless told otherwise.
LIVE = "/live"
DEFAULT_PORT = 9009
_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


class BadAddress(ValueError):
    """That is no address of a server; the message says what one looks like."""


def live_address(text: str) -> str:
    """The websocket address of the server that *text* names: ``http://host:port/`` of its page, ``ws://host``, ``host:port``.

    :raises BadAddress: for anything else.
    """
    whole = text if "://" in text else f"ws://{text}"
    try:
        parts = urlsplit(whole)
        port = parts.port or (443 if parts.scheme in ("https", "wss") else DEFAULT_PORT)
    except ValueError:
        parts, port = urlsplit(""), 0
    plain = not (parts.query or parts.fragment or parts.username or parts.password) and parts.path in ("", "/", LIVE)
    if parts.scheme not in _SCHEMES or not parts.hostname or not plain:
        raise BadAddress(f"{text!r:.200} is no address of a server; one looks like http://127.0.0.1:{DEFAULT_PORT}/")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return urlunsplit((_SCHEMES[parts.scheme], f"{host}:{port}", LIVE, "", ""))
