"""What plain requests get: the page, health, figures for those who may have them, and a refusal for strange names and origins."""

from __future__ import annotations

import json

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from ninepixel.server.http import Pages, is_local
from ninepixel.server.metrics import Health, Metrics
from ninepixel.server.origins import OriginPolicy
from ninepixel.server.page import page_files

LISTED = "https://play.example.org"


class Server:
    """Pages of a server whose health can be chosen."""

    def __init__(self, metrics: str = "local") -> None:
        self.health = Health("ok", {})
        policy = OriginPolicy.of([LISTED], "127.0.0.1")
        self.pages = Pages(page_files(), policy, lambda: self.health, Metrics(process=False).render, metrics=metrics)

    def ask(self, path: str, *headers: tuple[str, str], method: str = "GET", peer: str = "127.0.0.1") -> Response:
        answer = self.upgrade(path, *headers, method=method, peer=peer)
        assert answer is not None
        return answer

    def upgrade(
        self, path: str, *headers: tuple[str, str], method: str = "GET", peer: str = "127.0.0.1", host: str = "localhost:9009"
    ) -> Response | None:
        given = Headers([("Host", host), *headers] if host else list(headers))
        return self.pages.answer(Request(path, given, method), peer)


@pytest.fixture
def server() -> Server:
    return Server()


def body_of(response: Response) -> bytes:
    assert response.body is not None
    assert response.headers["Content-Length"] == str(len(response.body))
    assert response.headers["Connection"] == "close"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    return bytes(response.body)


def test_every_file_of_the_page_is_served_with_its_policy(server: Server) -> None:
    for path, file in page_files().items():
        answer = server.ask(f"{path}?x=1")
        assert (answer.status_code, body_of(answer)) == (200, file.body)
        assert answer.headers["Content-Type"] == file.content_type
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_what_a_browser_has_is_not_sent_again(server: Server) -> None:
    tag = server.ask("/").headers["ETag"]
    answer = server.ask("/", ("If-None-Match", tag))
    assert (answer.status_code, answer.body) == (304, b"")
    assert (answer.headers["ETag"], "Content-Length" in answer.headers) == (tag, False)
    assert server.ask("/", ("If-None-Match", '"other"')).status_code == 200
    assert server.ask("/", ("If-None-Match", tag), ("If-None-Match", tag)).status_code == 200


def test_head_is_get_without_the_body_and_nothing_else_is_done(server: Server) -> None:
    got, head = server.ask("/"), server.ask("/", method="HEAD")
    assert (head.status_code, head.body, dict(head.headers.raw_items())) == (200, b"", dict(got.headers.raw_items()))
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"):
        answer = server.ask("/", method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "//", "/../x", "/page/../index.html", "/page/", "", "/LIVE", "*", "/\x00", "/%2e%2e"]
)
def test_other_paths_lead_nowhere(server: Server, path: str) -> None:
    answer = server.ask(path)
    assert answer.status_code == 404
    assert body_of(answer) == b"there is nothing here; the universe is at /\n", "nothing of the request is echoed"


def test_health_is_for_everybody_and_says_why(server: Server) -> None:
    assert (server.ask("/healthz", peer="203.0.113.9").status_code, json.loads(body_of(server.ask("/healthz")))["status"]) == (
        200,
        "ok",
    )
    server.health = Health("failing", {"stalled": "no tick for 9 s"})
    answer = server.ask("/healthz")
    assert (answer.status_code, json.loads(body_of(answer))) == (
        503,
        {"status": "failing", "reasons": {"stalled": "no tick for 9 s"}},
    )
    server.health = Health("degraded", {"draining": "the server is about to stop"})
    assert server.ask("/healthz").status_code == 503


@pytest.mark.parametrize(
    ("who", "local", "away"), [("local", 200, 403), ("open", 200, 200), ("off", 403, 403)], ids=["local", "open", "off"]
)
def test_figures_are_for_those_that_the_settings_name(who: str, local: int, away: int) -> None:
    server = Server(who)
    for peer, status in (("127.0.0.1", local), ("::1", local), ("203.0.113.9", away), ("::ffff:203.0.113.9", away)):
        answer = server.ask("/metrics", peer=peer)
        assert answer.status_code == status
        assert (b"ninepixel_ticks_total" in body_of(answer)) == (status == 200)


def test_addresses_of_this_machine() -> None:
    local = ["127.0.0.1", "127.8.9.1", "::1", ""]
    assert [is_local(peer) for peer in [*local, "10.0.0.1", "example.org", "fe80::1%eth0", "0.0.0.0"]] == [True] * 4 + [False] * 4


UPGRADE = (("Upgrade", "websocket"), ("Connection", "Upgrade"))


def test_a_websocket_is_let_in_on_its_path_alone(server: Server) -> None:
    assert server.upgrade("/live", *UPGRADE) is None
    assert server.upgrade("/live?x", ("Upgrade", "WebSocket")) is None
    assert server.ask("/", *UPGRADE).status_code == 200
    answer = server.ask("/live")
    assert (answer.status_code, answer.headers["Upgrade"]) == (426, "websocket")
    assert server.ask("/live", *UPGRADE, *UPGRADE).status_code == 426, "two of a kind are none"
    assert server.ask("/live", *UPGRADE, method="POST").status_code == 405


@pytest.mark.parametrize(
    ("origin", "host", "may"),
    [
        (None, "localhost:9009", True),
        (None, "", True),
        ("http://localhost:9009", "localhost:9009", True),
        (LISTED, "127.0.0.1:9009", True),
        (LISTED, "play.example.org", True),
        ("http://localhost:9010", "localhost:9009", False),
        ("https://evil.example", "localhost:9009", False),
        ("null", "localhost:9009", False),
        (None, "evil.example", False),
        ("http://evil.example", "evil.example", False),
        ("http://localhost:9009", "localhost:9009/x", False),
    ],
)
def test_pages_of_strangers_get_nothing_at_all(server: Server, origin: str | None, host: str, may: bool) -> None:
    headers = () if origin is None else (("Origin", origin),)
    for path in ("/", "/live", "/healthz", "/metrics"):
        answer = server.upgrade(path, *headers, *(UPGRADE if path == "/live" else ()), host=host)
        assert (answer is None or answer.status_code == 200) == may
        if not may:
            assert answer is not None
            assert answer.status_code == 403


def test_two_hosts_or_origins_are_as_good_as_a_wrong_one(server: Server) -> None:
    assert server.ask("/", ("Host", "localhost:9009")).status_code == 403
    same = ("Origin", "http://localhost:9009")
    assert server.ask("/", same).status_code == 200
    assert server.ask("/", same, same).status_code == 403
