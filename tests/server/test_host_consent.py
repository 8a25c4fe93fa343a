"""The host is sacred: whatever is asked of a server, no name leaves that its owner has not shared, and no content at all."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from host_trees import plant
from live_servers import Guest, LiveServer, live_server
from ninepixel.server import logs
from ninepixel.server.consent import leaked
from ninepixel.server.identity import Identity
from ninepixel.server.opening import HostSource
from ninepixel.server.page import page_files
from ninepixel.server.protocol.peer_events import Answered
from ninepixel.world.host.options import HostOptions
from ninepixel.world.identity import FileIdentity, ProcessIdentity
from ninepixel.world.universe import Universe

SHARED = {"common-plans": b"", "common-plans/shared-note-7.md": b"SHARED-CONTENT-31"}
#: Names (of the last part of each path) and contents that nobody has shared.
HIDDEN = {
    "zz-private-diary/monday-entry.md": b"CONTENT-OF-MONDAY",
    "zz-private-diary/line\nbreak\x1b[31mname.txt": b"CONTENT-WITH-BREAKS",
    "zz-private-diary/no-text-\udcff\udcfe-name.bin": b"CONTENT-NO-TEXT",
    "zz-private-diary/quo\"ted 'n' <b>amp&.html": b"CONTENT-QUOTED",
    "zz-private-diary/übergroße-日本語.csv": b"CONTENT-UNICODE",
    "zz-private-diary/qq-inner-shelf/nested-folder-x/leaf-file-q.rs": b"CONTENT-OF-LEAF",
    "common-plansish/near-miss-name.md": b"CONTENT-NEAR-MISS",
    ".env": b"TOKEN=CONTENT-OF-A-SECRET",
    "common-plans/id_rsa": b"-----BEGIN CONTENT-OF-A-KEY",
    "common-plans/credentials.json": b"CONTENT-OF-CREDENTIALS",
}
PROCESS = "zzplantedproc"
#: Written by people or programs at the same time, while the server runs.
LATER = "zz-private-diary/born-while-served.md"

Seen = dict[str, tuple[int, int, bytes]]


def names() -> list[bytes]:
    """Every part of every path that is not shared, and every content."""
    parts = {part for path in (*HIDDEN, LATER) for part in path.split("/")} - {"common-plans"}
    long = [os.fsencode(part) for part in parts if len(os.fsencode(part)) >= 6]
    return [*long, b"planted-root-name", PROCESS.encode(), *HIDDEN.values(), SHARED["common-plans/shared-note-7.md"]]


def look_at(root: Path) -> Seen:
    """Everything that can be seen of a tree: mode, times, contents."""
    found: Seen = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        found[str(path.relative_to(root))] = status.st_mode, status.st_mtime_ns, path.read_bytes() if path.is_file() else b""
    return found


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("consent") / "planted-root-name"
    (root / "common-plans").mkdir(parents=True)
    return plant(root, {path: content for path, content in (SHARED | HIDDEN).items() if content})


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A process of this user whose name says something."""
    program = tmp_path_factory.mktemp("program") / PROCESS
    shutil.copy(shutil.which("sleep") or sys.executable, program)
    running = subprocess.Popen([program, "600"])
    yield
    running.kill()
    running.wait()


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory, host: Path, process: None) -> tuple[bytes, bytes, Seen, Seen]:
    """Serve the host and ask everything as everybody: what left, what was logged, and the host before and after."""
    log, before = io.StringIO(), look_at(host)
    logs.configure("debug", roots=(str(host),), stream=log)
    source = HostSource(path=host, options=HostOptions(processes="own"))
    limits = {"ask": "1000/10000", "admin": "1000/1000"}
    with live_server(
        tmp_path_factory.mktemp("store"), source, rate=60, share_names=("common-plans",), limits=limits, metrics="open"
    ) as live:
        left = converse(live)
        (host / LATER).write_bytes(b"CONTENT-OF-LATER")
        live.until(lambda: LATER.encode() in live.between_ticks(files))
        left += converse(live)
    structlog.reset_defaults()
    after = look_at(host)
    assert after.pop(LATER)[2] == b"CONTENT-OF-LATER"
    for seen in (before, after):
        seen["zz-private-diary"] = (*seen["zz-private-diary"][:1], 0, b"")  # we have written into it ourselves
    return left, log.getvalue().encode(), before, after


def files(universe: Universe) -> set[bytes]:
    return {file.path for _, file in universe.pull().cold.each(FileIdentity)}


def processes(universe: Universe) -> set[bytes]:
    return {process.name for _, process in universe.pull().cold.each(ProcessIdentity)}


def converse(live: LiveServer) -> bytes:
    """Every byte that leaves to a watcher, a player, an operator and a browser that want to know everything."""
    live.until(lambda: PROCESS.encode() in live.between_ticks(processes))
    assert live.settings.store is not None
    guests = [
        Guest(live.port, None).log_in(mode="watch"),
        Guest(live.port, Identity.generate()).log_in("", "play"),
        Guest(live.port, Identity.load(live.settings.store / "operator.key")).log_in(mode="admin"),
    ]
    watcher, player, operator = guests
    player.embody()
    sprites = live.between_ticks(lambda universe: int(universe.pull().bodies.next_index[0]))
    for guest in guests:
        asked = [guest.peer.ask(what, sprite) for sprite in range(sprites) for what in ("name", "mind", "why")]
        asked.append(guest.peer.ask("moments"))
        guest.flush()
        guest.until(lambda guest=guest, asked=asked: sum(isinstance(e, Answered) for e in guest.events) >= len(asked))  # type: ignore[misc]
    for verb in ("who", "stats", "audit", "invite", "snapshot", "nonsense"):
        operator.order(verb)
    operator.order("audit", what="bytes", by="peer")
    view = watcher.view
    assert view is not None
    for x, y in ((a << 30, b << 30) for a in range(4) for b in range(4)):
        watcher.peer.look(x, y, 3)
        watcher.flush()
        watcher.until(lambda: view.window and all(view.known(s, ground=True) for s in view.window))
    left = b"".join(bytes(guest.raw) for guest in guests)
    for path in (*page_files(), "/metrics", "/healthz", "/nothing", "/live", f"/{os.fsencode(next(iter(HIDDEN))).decode()[:5]}"):
        left += live.exchange(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    for guest in guests:
        guest.close()
    return left


Said = tuple[bytes, bytes, Seen, Seen]


def test_no_name_that_is_not_shared_and_no_content_has_left(said: Said) -> None:
    left, *_ = said
    assert len(left) > 100_000, "somebody was told something"
    assert leaked(left, names()) == set()
    assert b"Content-Encoding" not in left, "nothing was compressed: what is not there in plain is not there"
    assert b"permessage-deflate" not in left


def test_what_is_shared_is_told_and_would_have_been_found(said: Said) -> None:
    left, *_ = said
    assert leaked(left, [b"shared-note-7.md"]) == {b"shared-note-7.md"}
    assert b"common-plans/shared-note-7.md" in left, "from the shared folder on"


def test_the_logs_tell_no_more(said: Said) -> None:
    _, logged, *_ = said
    assert b"an order" in logged
    assert leaked(logged, names()) == set()
    assert b"9px-" not in logged, "an invite is a secret"


def test_the_host_is_as_it_was(said: Said) -> None:
    *_, before, after = said
    assert before == after
