"""Which web pages may talk to the server. A browser says where a page came from (``Origin``), a native client says nothing.

A page is let in when it comes from the very host it asks, or from a listed origin. That the two agree proves nothing when
a stranger's name was pointed at this machine (DNS rebinding), so the host must itself be one that this server goes by: an
address, localhost, the name it was bound to, or the host of a listed origin.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}


class BadOrigin(ValueError):
    """A listed origin that is none; the message says what one looks like."""


@dataclass(frozen=True, slots=True)
class OriginPolicy:
    """Made by :meth:`of`. *origins*: (scheme, host, port) that are let in; *hosts*: names this server goes by."""

    origins: frozenset[tuple[str, str, int]]
    hosts: frozenset[str]

    @staticmethod
    def of(origins: Iterable[str] = (), bound: str = "localhost") -> OriginPolicy:
        """The policy of a server bound to the host *bound* that lists *origins* such as ``https://play.example.org``.

        :raises BadOrigin: for anything that is not ``http(s)://host[:port]``.
        """
        listed = frozenset(_listed(origin) for origin in origins)
        return OriginPolicy(listed, frozenset({"localhost", bound.lower().rstrip("."), *(host for _, host, _ in listed)}))

    def refusal(self, origin: str | None, host: str | None) -> str | None:
        """Why a request with these headers is refused, None when it may pass.

        :param origin: the ``Origin`` header, None when there was none. :param host: the ``Host`` header.
        """
        at = _split(f"//{host}") if host else None
        if host is not None and (at is None or not at.hostname):
            return "the Host header is malformed"
        if at is not None and not self._is_ours(at.hostname or ""):
            return f"this server does not go by the name {at.hostname!r:.80}: list its origin in the settings if it should"
        if origin is None:
            return None
        from_ = _split(origin)
        if from_ is None or from_.scheme not in _PORTS or not from_.hostname:
            return f"pages of origin {origin!r:.80} may not connect"
        place = (from_.scheme, from_.hostname, from_.port or _PORTS[from_.scheme])
        same = at is not None and (at.hostname, at.port or _PORTS[from_.scheme]) == place[1:]
        return (
            None if same or place in self.origins else f"pages of origin {origin!r:.80} may not connect: list it in the settings"
        )

    def _is_ours(self, name: str) -> bool:
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name.rstrip(".") in self.hosts
        return True


def _split(url: str) -> SplitResult | None:
    """*url* in parts, None when it has none, or a port that is none."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # reading it is what checks it
    except ValueError:
        return None
    return (
        parts if parts.username is None and parts.password is None and not (parts.path or parts.query or parts.fragment) else None
    )


def _listed(origin: str) -> tuple[str, str, int]:
    parts = _split(origin.strip().rstrip("/"))
    if parts is None or parts.scheme not in _PORTS or not parts.hostname:
        raise BadOrigin(f"{origin!r:.80} is no origin: one looks like https://play.example.org or http://localhost:9000")
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]
