"""Operators over loopback: every order is checked, followed, answered and noted; and a server that lets few people in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from host_trees import survey_of
from live_servers import HURRIED, Come, Guest, LiveServer, live_server, visitors
from ninepixel.server.identity import Identity
from ninepixel.server.opening import HostSource
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import encode
from ninepixel.server.protocol.peer_events import Framed, Heard, Noticed, Refused
from small_courts import FILES

SOURCE = HostSource(survey=survey_of(FILES))


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("serve"), SOURCE, **HURRIED) as live:
        yield live


@pytest.fixture
def come(live: LiveServer) -> Iterator[Come]:
    with visitors(live) as come:
        yield come


@pytest.fixture
def operator(live: LiveServer, come: Come) -> Guest:
    assert live.settings.store is not None
    return come("", "admin", Identity.load(live.settings.store / "operator.key"))


def acts(operator: Guest) -> list[dict[str, Any]]:
    answer = operator.order("audit", what="acts")
    assert isinstance(answer.body, dict)
    return [dict(zip(answer.body["columns"], row, strict=True)) for row in answer.body["rows"]]


def test_operators_see_who_is_here_and_how_it_goes(live: LiveServer, come: Come, operator: Guest) -> None:
    player = come("Eve")
    you = player.embody()
    body = operator.order("who").body
    assert isinstance(body, dict)
    rows = [dict(zip(body["columns"], row, strict=True)) for row in body["rows"]]
    named = {row["name"]: row for row in rows}
    assert (named["Eve"]["slot"], named["Eve"]["mode"], named["Eve"]["peer"]) == (you.slot, "play", "127.0.0.1")
    assert named["operator"]["mode"] == "admin"
    stats = operator.order("stats").body
    assert isinstance(stats, dict)
    assert (stats["clients"], stats["paused"], stats["disk_full"]) == (2, False, False)
    assert stats["store_durable"] >= you.tick - 1


def test_a_kick_ends_a_session_and_a_ban_keeps_out(live: LiveServer, come: Come, operator: Guest) -> None:
    identity = Identity.generate()
    player = come("Fox", identity=identity)
    assert operator.order("kick", who="Fox", why="enough for today").ok
    goodbye = player.until_closed()
    assert goodbye is not None
    assert (goodbye.code, goodbye.text) == ("kicked", "enough for today")
    live.until(lambda: not operator.order("kick", who="Fox").ok)

    player = come("Fox", identity=identity)
    assert operator.order("ban", who="Fox", seconds=3600, why="no").ok
    goodbye = player.until_closed()
    assert goodbye is not None
    assert goodbye.code == "banned"
    for resumes in (False, True):
        with closing(Guest(live.port, identity)) as again:
            if resumes:
                again.peer.resume(player.peer.token)
            else:
                again.peer.hello("Fox")
            again.flush()
            assert again.expect(Refused).code in ("banned", "token")
    assert operator.order("unban", who="Fox").ok
    come("Fox", identity=identity)

    found = acts(operator)
    outcomes = {(act["act"], act["outcome"].partition(":")[0]) for act in found}
    assert {("kick", "done"), ("kick", "refused"), ("ban", "done"), ("unban", "done")} <= outcomes
    assert all(act["account"] == operator.welcome.account and act["tick"] > 0 for act in found)
    assert {"who": "Fox", "seconds": 3600, "why": "no"} in [json.loads(act["arguments"]) for act in found]


def test_a_universe_that_is_paused_stands_still_for_everybody(live: LiveServer, come: Come, operator: Guest) -> None:
    watcher = come(mode="watch")
    assert operator.order("pause").ok
    assert watcher.expect(Noticed).code == "paused"
    tick = live.stand()
    late = come(mode="watch")
    assert isinstance(late.ask("moments").body, dict), "who asks is answered all the same"
    assert live.server.authority.universe.tick == tick
    assert operator.order("resume").ok
    live.ticks()
    late.expect(Framed)


def test_rate_and_snapshot_are_ordered_told_and_noted(live: LiveServer, come: Come, operator: Guest) -> None:
    segment = live.server.store.status()["segment"]
    assert operator.order("snapshot").ok
    live.until(lambda: live.server.store.status()["segment"] == segment + 1)
    watcher = come(mode="watch")
    assert operator.order("rate", hz=30).ok
    live.until(lambda: live.server.simulation.pace.rate == 30)
    told = watcher.expect(Noticed, lambda event: event.code == "slow")
    assert told.fields == {"rate_milli": 30_000, "halvings": 0}
    assert json.loads(live.get("/healthz")[2])["status"] == "ok", "it is what somebody wanted"
    assert operator.order("rate", hz=60).ok
    refused = [operator.order("rate", hz=61), operator.order("rate"), operator.order("dance"), operator.order("who", limit=0)]
    assert [answer.ok for answer in refused] == [False] * 4
    assert all(isinstance(answer.body, str) and answer.body for answer in refused)
    assert {("rate", "refused"), ("dance", "refused"), ("snapshot", "done")} <= {
        (act["act"], act["outcome"].partition(":")[0]) for act in acts(operator)
    }


def test_an_answer_that_is_too_long_is_said_to_be(live: LiveServer, operator: Guest) -> None:
    for _ in range(350):
        live.server.audit.note(1, "kick", {"why": "y" * 200}, outcome="x" * 200, tick=1)
    answer = operator.order("audit", what="acts", limit=500)
    assert (answer.ok, "fewer rows" in str(answer.body)) == (False, True)
    assert operator.order("audit", what="acts", limit=5).ok


def test_only_operators_order(live: LiveServer, come: Come) -> None:
    player = come()
    player.line.send_binary(encode(m.ADMIN, 1, "pause", {}))
    player.flush()
    assert player.expect(Refused).code == "mode"
    assert not live.server.simulation.paused


def test_bytes_that_left_are_in_the_ledger_by_class_and_account(live: LiveServer, come: Come, operator: Guest) -> None:
    player = come("Gil")
    you = player.embody()
    player.done(player.peer.say("a word"))
    player.expect(Heard)
    player.ask("name", you.sprite)
    player.close()
    live.until(lambda: len(live.server.house._wires) == 1)
    answer = operator.order("audit", what="bytes", by="class", who="Gil")
    assert isinstance(answer.body, dict)
    sent = dict(answer.body["rows"])
    assert {"pixels", "chat", "control", "moments", "names"} <= set(sent)
    assert sum(sent.values()) >= len(player.raw), "every byte that came is accounted for"


# -- other settings ---------------------------------------------------------------------------------------------------


def test_a_server_for_few(tmp_path: Path) -> None:
    """By invitation, without watchers, words or figures, and with room for three."""
    closed = {"entry": "invite", "watchers": False, "allow_chat": False, "metrics": "off", "max_connections": 3}
    with live_server(tmp_path, SOURCE, rate=60, **closed) as live:
        operator = Guest(live.port, Identity.load(tmp_path / "operator.key")).log_in(mode="admin")
        assert live.get("/metrics")[0] == 403
        assert operator.order("stats").ok, "an operator alone is no trouble"
        live.ticks()

        def refusal(identity: Identity | None, name: str, mode: str, invite: str = "") -> str:
            with closing(Guest(live.port, identity)) as guest:
                guest.peer.hello(name, mode, invite)
                guest.flush()
                goodbye = guest.until_closed()
                assert goodbye is not None
                return goodbye.code

        assert refusal(None, "", "watch") == "anonymous"
        assert refusal(Identity.generate(), "Hal", "play") == "invite"
        invite = operator.order("invite").body
        assert isinstance(invite, dict)
        player = Guest(live.port, Identity.generate()).log_in("Hal", invite=invite["invite"])
        assert refusal(Identity.generate(), "Ida", "play", invite["invite"]) == "invite"
        assert player.welcome.world["chat"] == 0
        player.embody()
        player.peer.say("psst")
        player.flush()
        assert player.expect(Refused).code == "consent"
        assert b'ninepixel_refused_total{kind="consent"} 1.0' in live.server.metrics.render()

        third = Guest(live.port, None)
        with pytest.raises((AssertionError, ConnectionError)):
            Guest(live.port, None)
        assert b'ninepixel_refused_total{kind="full"} 1.0' in live.server.metrics.render()
        third.close()
        live.until(lambda: len(live.server.house._wires) == 2)
        Guest(live.port, None).close()
        player.close()
        operator.close()
