"""What a plain HTTP request gets: the spectator page, /healthz, /metrics; and which requests may become websockets."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from ninepixel.server.metrics import CONTENT_TYPE, Health
from ninepixel.server.origins import OriginPolicy
from ninepixel.server.page import PageFile
from ninepixel.server.protocol.address import LIVE

_REASONS = {
    200: "OK",
    304: "Not Modified",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    426: "Upgrade Required",
    503: "Service Unavailable",
}


class Pages:
    """Answers requests that stay requests.

    :param files: the page, by path. :param metrics: who may read the figures: ``local``, ``open`` or ``off``.
    """

    def __init__(
        self,
        files: Mapping[str, PageFile],
        origins: OriginPolicy,
        health: Callable[[], Health],
        figures: Callable[[], bytes],
        *,
        metrics: str = "local",
    ) -> None:
        self._files, self._origins, self._health, self._figures, self._metrics = files, origins, health, figures, metrics

    def answer(self, request: Request, peer: str) -> Response | None:
        """The response, None when *request* may become a websocket."""
        method = getattr(request, "method", "GET")  # websockets before 17 takes nothing else
        if method not in ("GET", "HEAD"):
            return _text(405, "there is nothing here but to GET", Allow="GET, HEAD")
        answer = self._answer(request, peer)
        if method == "GET" or answer is None:
            return answer
        return Response(answer.status_code, answer.reason_phrase, answer.headers, b"")

    def _answer(self, request: Request, peer: str) -> Response | None:
        path = request.path.partition("?")[0]
        headers = request.headers
        why = self._origins.refusal(_one(headers, "Origin"), _one(headers, "Host"))
        if why is not None:
            return _text(403, why)
        if path == LIVE:
            if "websocket" in (_one(headers, "Upgrade") or "").lower():
                return None
            return _text(426, "this path speaks websocket", Upgrade="websocket")
        if path == "/healthz":
            health = self._health()
            return _response(health.http_status, "application/json", json.dumps(health.body()).encode())
        if path == "/metrics":
            if self._metrics == "off" or (self._metrics == "local" and not is_local(peer)):
                return _text(403, "the figures are not for you: see the setting metrics")
            return _response(200, CONTENT_TYPE, self._figures())
        file = self._files.get(path)
        if file is None:
            return _text(404, "there is nothing here; the universe is at /")
        if _one(headers, "If-None-Match") == file.headers["ETag"]:
            return Response(304, _REASONS[304], Headers({"Connection": "close", **file.headers}), b"")
        return _response(200, file.content_type, file.body, **file.headers)


def is_local(peer: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return peer == ""  # a socket in the file system


def _one(headers: Headers, name: str) -> str | None:
    """A header's value; several of one name are as good as a malformed one."""
    values = headers.get_all(name)
    return None if not values else values[0] if len(values) == 1 else "\x00"


def _text(status: int, text: str, **headers: str) -> Response:
    return _response(status, "text/plain; charset=utf-8", f"{text}\n".encode(), **headers)


def _response(status: int, content_type: str, body: bytes, **headers: str) -> Response:
    held = Headers({"Content-Type": content_type, "Content-Length": str(len(body)), "Connection": "close", **headers})
    if "X-Content-Type-Options" not in held:
        held["X-Content-Type-Options"] = "nosniff"
    return Response(status, _REASONS[status], held, body)
