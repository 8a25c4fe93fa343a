"""What operators did, and what left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ninepixel.server.audit as module
from ninepixel.server.audit import CLASSES, OTHERS, Audit, Sent
from ninepixel.server.database import Database, DatabaseFull, open_database

START = 1_700_000_040  # a multiple of 60


class Clock:
    """A time that tests set."""

    now = float(START)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "a.db") as opened:
        yield opened


@pytest.fixture
def audit(database: Database, clock: Clock) -> Audit:
    return Audit(database, interval=60, clock=clock)


def test_an_act_is_there_with_who_what_outcome_and_when(audit: Audit, clock: Clock) -> None:
    audit.note(7, "ban", {"who": "Ann", "seconds": 60}, tick=99)
    clock.now += 5
    audit.note(8, "pause", outcome="refused: paused already", tick=100)
    newest, oldest = audit.acts()
    assert (newest.account, newest.act, newest.arguments, newest.outcome, newest.tick) == (
        8,
        "pause",
        "{}",
        "refused: paused already",
        100,
    )
    assert (oldest.account, json.loads(oldest.arguments), oldest.time) == (7, {"who": "Ann", "seconds": 60}, START)
    assert [a.account for a in audit.acts(account=7)] == [7]
    assert [a.account for a in audit.acts(act="pause")] == [8]
    assert [a.account for a in audit.acts(since=START + 1)] == [8]
    assert len(audit.acts(limit=1)) == 1


def test_an_act_is_durable_at_once(tmp_path: Path) -> None:
    database = open_database(tmp_path / "b.db")
    Audit(database).note(1, "drain", tick=1)
    assert not database._connection.in_transaction
    database.close()
    with open_database(tmp_path / "b.db") as again:
        assert [a.act for a in Audit(again).acts()] == ["drain"]


def test_secrets_among_the_arguments_are_not_written(audit: Audit, tmp_path: Path) -> None:
    audit.note(1, "invite", {"token": "s3cr3t-t0k3n", "invite": "9px-s3cr3t", "key": b"s3cr3t-key", "role": "player"}, tick=1)
    assert json.loads(audit.acts()[0].arguments) == {
        "token": "(hidden)",
        "invite": "(hidden)",
        "key": "(hidden)",
        "role": "player",
    }
    assert not any(b"s3cr3t" in file.read_bytes() for file in tmp_path.iterdir())


def test_long_and_odd_arguments_are_cut(audit: Audit) -> None:
    audit.note(1, "x" * 500, {"why": "y" * 10**6, "what": object(), "text": "\ud800\x1b[2J"}, outcome="z" * 10**6, tick=1)
    act = audit.acts()[0]
    assert len(act.act) + len(act.arguments) + len(act.outcome) < 3000
    assert act.arguments.isprintable()


def test_bytes_are_summed_by_class_account_peer_and_interval(audit: Audit, clock: Clock) -> None:
    audit.left("pixels", 100, account=1)
    audit.left("pixels", 50, account=1)
    audit.left("chat", 7, account=2)
    audit.left("page", 9, peer="192.0.2.1")
    audit.flush()
    clock.now += 60
    audit.left("pixels", 1, account=1)
    audit.flush()
    assert audit.sent() == [Sent("pixels", 151), Sent("page", 9), Sent("chat", 7)]
    assert audit.sent(by="account") == [Sent(1, 151), Sent(0, 9), Sent(2, 7)]
    assert audit.sent(by="peer") == [Sent("", 158), Sent("192.0.2.1", 9)]
    assert audit.sent(by="interval") == [Sent(START, 166), Sent(START + 60, 1)]
    assert audit.sent(account=2) == [Sent("chat", 7)]
    assert audit.sent(since=START + 60) == [Sent("pixels", 1)]
    assert audit.sent(limit=1) == [Sent("pixels", 151)]


def test_nothing_leaves_without_a_class(audit: Audit) -> None:
    with pytest.raises(ValueError, match="bytes of class 'files' cannot leave"):
        audit.left("files", 1)


events = st.lists(st.tuples(st.sampled_from(CLASSES), st.integers(0, 10**6), st.integers(0, 3), st.sampled_from(["", "p", "q"])))


@given(st.lists(events, max_size=5))
@settings(max_examples=25)
def test_every_byte_is_counted_once_whenever_it_is_flushed(batches: list[list[tuple[str, int, int, str]]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder) / "a.db") as database:
        audit, total = Audit(database), 0
        for batch in batches:
            for kind, size, account, peer in batch:
                audit.left(kind, size, account, peer)
                total += size
            audit.flush()
        assert sum(row.bytes for row in audit.sent()) == total
        assert sum(row.bytes for row in audit.sent(by="peer", limit=1000)) == total


def test_many_strangers_share_a_row(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PEERS", 3)
    for n in range(10):
        audit.left("page", 1, peer=f"192.0.2.{n}")
    audit.left("page", 1, peer="192.0.2.0")
    audit.flush()
    assert audit.sent(by="peer") == [Sent(OTHERS, 7), Sent("192.0.2.0", 2), Sent("192.0.2.1", 1), Sent("192.0.2.2", 1)]


def test_a_full_disk_loses_no_sum_and_memory_stays_bounded(
    audit: Audit, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 50)
    (pages,) = database.read("PRAGMA page_count")[0]
    database.read(f"PRAGMA max_page_count = {pages}")
    for _ in range(3):
        for account in range(1, 400):
            audit.left("pixels", 10, account)
        with pytest.raises(DatabaseFull):
            audit.flush()
        assert len(audit._waiting) <= 51
    database.read(f"PRAGMA max_page_count = {pages + 100}")
    audit.flush()
    assert audit.sent() == [Sent("pixels", 3 * 3990)]


def test_the_log_is_bounded_by_rows_and_acts_are_not_pushed_out_by_bytes(database: Database, clock: Clock) -> None:
    audit = Audit(database, interval=1, most_acts=20, most_sent=50, clock=clock)
    for n in range(100):
        audit.note(1, f"act-{n}", tick=n)
    for _ in range(300):
        clock.now += 1
        audit.left("pixels", 1, account=1)
        audit.flush()
    assert [a.act for a in audit.acts(limit=1000)] == [f"act-{n}" for n in range(99, 79, -1)]
    rows = audit.sent(by="interval", limit=1000)
    assert 40 <= len(rows) <= 51 + module.ROTATE_EVERY
    assert max(row.by for row in rows) == START + 300


def test_the_log_is_bounded_by_age_but_a_wrong_clock_does_not_empty_it(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_ACTS", 3)
    audit = Audit(database, days=10, clock=clock)
    for n in range(10):
        audit.note(1, f"old-{n}", tick=n)
    audit.left("pixels", 5, account=1)
    audit.flush()
    clock.now += 11 * 86_400
    audit.left("pixels", 1, account=1)
    audit.flush()
    assert [a.act for a in audit.acts()] == ["old-9", "old-8", "old-7"]
    assert audit.sent() == [Sent("pixels", 1)]


@pytest.mark.parametrize("wrong", [{"interval": 0}, {"most_acts": 0}, {"most_sent": 0}, {"days": 0}])
def test_bounds_that_are_none_are_refused(database: Database, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Audit(database, **wrong)  # type: ignore[arg-type]
