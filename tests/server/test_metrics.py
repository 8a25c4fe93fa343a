"""The figures and the health of a server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from ninepixel.server.audit import CLASSES
from ninepixel.server.metrics import STATUSES, Metrics, Signs, health_of
from ninepixel.server.protocol import messages as m


def figures(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """By name and label values."""
    families = text_string_to_metric_families(metrics.render().decode())
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_everything_is_told_as_prometheus_reads_it() -> None:
    metrics = Metrics()
    metrics.tick(0.004, 0.012)
    metrics.tick(0.2, 0.012)
    metrics.committed(0.003, 4096)
    metrics.snapshot(500, 1.7e9)
    metrics.universe(505, 20, 5000, 64)
    metrics.clients({"play": 3, "watch": 2}, unknown=1)
    metrics.got(m.INPUT, 6)
    metrics.got(m.INPUT, 6)
    metrics.sent(m.FRAME, 1000)
    metrics.left("pixels", 123)
    metrics.refused("rate")
    metrics.dropped(2)
    metrics.joined(0.09)
    metrics.health("degraded")
    told = figures(metrics)
    expected: dict[tuple[str, ...], float] = {
        ("ninepixel_ticks_total",): 2,
        ("ninepixel_tick_lateness_milliseconds_count",): 2,
        ("ninepixel_tick_lateness_milliseconds_bucket", "3.0"): 0,
        ("ninepixel_tick_lateness_milliseconds_bucket", "10.0"): 1,
        ("ninepixel_tick_lateness_milliseconds_bucket", "200.0"): 2,
        ("ninepixel_tick_duration_milliseconds_sum",): 24,
        ("ninepixel_commit_milliseconds_bucket", "3.0"): 1,
        ("ninepixel_journal_bytes",): 4096,
        ("ninepixel_snapshot_tick",): 500,
        ("ninepixel_snapshot_timestamp_seconds",): 1.7e9,
        ("ninepixel_tick",): 505,
        ("ninepixel_rate_hertz",): 20,
        ("ninepixel_entities",): 5000,
        ("ninepixel_minds",): 64,
        ("ninepixel_clients", "play"): 3,
        ("ninepixel_clients", "watch"): 2,
        ("ninepixel_clients", "admin"): 0,
        ("ninepixel_clients", "login"): 1,
        ("ninepixel_messages_in_total", "input"): 2,
        ("ninepixel_bytes_in_total",): 12,
        ("ninepixel_messages_out_total", "frame"): 1000,
        ("ninepixel_bytes_out_total", "pixels"): 123,
        ("ninepixel_refused_total", "rate"): 1,
        ("ninepixel_frames_dropped_total",): 2,
        ("ninepixel_join_milliseconds_bucket", "100.0"): 1,
        ("ninepixel_health",): 1,
    }
    assert {name: told[name] for name in expected} == expected
    assert told["process_resident_memory_bytes",] > 0


def test_two_servers_in_one_process_do_not_share_figures() -> None:
    one, two = Metrics(process=False), Metrics(process=False)
    one.refused("rate")
    assert figures(two)["ninepixel_refused_total", "rate"] == 0


def test_modes_that_emptied_are_zero_again() -> None:
    metrics = Metrics(process=False)
    metrics.clients({"play": 3})
    metrics.clients({"watch": 1})
    assert figures(metrics)["ninepixel_clients", "play"] == 0


@given(
    st.lists(
        st.tuples(st.sampled_from(["got", "sent", "left", "refused"]), st.integers(-5, 300), st.text(max_size=10)), max_size=50
    )
)
def test_no_peer_can_make_the_figures_grow(calls: list[tuple[str, int, str]]) -> None:
    metrics = Metrics(process=False)
    for number in [*m.BY_NUMBER, 0]:
        metrics.got(number, 1)
        metrics.sent(number)
    metrics.left("?", 1)
    before = figures(metrics).keys()
    for name, number, text in calls:
        args: tuple[Any, ...] = {"got": (number, 1), "sent": (number,), "left": (text, 1), "refused": (text,)}[name]
        getattr(metrics, name)(*args)
    assert figures(metrics).keys() == before


def test_refusals_and_classes_are_there_from_the_start() -> None:
    told = figures(Metrics(process=False))
    assert all(("ninepixel_refused_total", kind) in told for kind in m.REFUSALS)
    assert all(("ninepixel_bytes_out_total", kind) in told for kind in CLASSES)


WELL = Signs(now=1000, ticked=999.9, rate=20, asked_rate=20, committed=999.9, snapshot=950, snapshot_seconds=60)


def test_a_server_that_is_well_is_ok() -> None:
    health = health_of(WELL)
    assert (health.status, health.http_status, health.body()) == ("ok", 200, {"status": "ok", "reasons": {}})


@pytest.mark.parametrize(
    ("change", "status", "reason", "http"),
    [
        ({"ticked": 990.0, "committed": 990.0}, "failing", "stalled", 503),
        ({"ticked": 997.9, "committed": 997.9}, "failing", "stalled", 503),
        ({"disk_full": True}, "failing", "disk-full", 503),
        ({"draining": True}, "degraded", "draining", 503),
        ({"rate": 10}, "degraded", "slow", 200),
        ({"committed": 998.0}, "degraded", "commit", 200),
        ({"snapshot": 700}, "degraded", "snapshot", 200),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], status: str, reason: str, http: int) -> None:
    health = health_of(replace(WELL, **change))
    assert (health.status, list(health.reasons), health.http_status) == (status, [reason], http)


def test_a_universe_that_is_held_is_not_stalled_and_needs_no_snapshot() -> None:
    assert health_of(replace(WELL, ticked=10, committed=10, snapshot=0, paused=True)).status == "ok"


def test_the_worst_decides_and_all_is_said() -> None:
    health = health_of(replace(WELL, disk_full=True, draining=True, rate=10))
    assert health.status == "failing"
    assert set(health.reasons) == {"disk-full", "draining", "slow"}


@given(*[st.floats(0, 2000)] * 4, *[st.integers(1, 60)] * 2, *[st.booleans()] * 3)
def test_health_is_ok_exactly_without_reasons(
    ticked: float,
    committed: float,
    snapshot: float,
    every: float,
    rate: int,
    asked: int,
    paused: bool,
    full: bool,
    draining: bool,
) -> None:
    health = health_of(Signs(1000, ticked, rate, asked, committed, snapshot, every, paused, full, draining))
    assert health.status in STATUSES
    assert (health.status == "ok") == (not health.reasons)
    assert health.status == "ok" or all(health.reasons.values())
