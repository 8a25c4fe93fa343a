"""The figures of ``ninepixel bench server`` are read right off what a server tells, and it is told when there are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.server.bench import limit as module
from ninepixel.server.bench.limit import search
from ninepixel.server.bench.load import Crowd, Samples
from ninepixel.server.bench.subject import BenchError, Scrape, Server
from ninepixel.server.metrics import Metrics

#: Edges of the server's buckets of lateness, milliseconds, around what is observed here.
EDGES = (0.0, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 200, 500, 1000)


def scraped(metrics: Metrics, at: float = 0.0) -> Scrape:
    return Scrape.of(metrics.render().decode(), at)


@given(st.lists(st.floats(0, 900), min_size=1, max_size=60), st.lists(st.floats(0, 900), max_size=30), st.floats(0.01, 1))
def test_a_quantile_lies_in_the_bucket_of_the_right_tick(seen: list[float], earlier: list[float], share: float) -> None:
    metrics = Metrics(process=False)
    for late in earlier:
        metrics.tick(late / 1e3, 0.001)
    before = scraped(metrics)
    for late in seen:
        metrics.tick(late / 1e3, 0.001)
    found = scraped(metrics).quantile(before, "tick_lateness_milliseconds", share)
    exact = sorted(late / 1e3 * 1e3 for late in seen)[min(len(seen) - 1, max(0, -int(-share * len(seen) // 1) - 1))]
    low = max((edge for edge in EDGES if edge < exact), default=0.0)
    high = min(edge for edge in EDGES[1:] if edge >= exact)
    assert low <= found <= high


def test_counters_grow_and_gauges_stand() -> None:
    metrics = Metrics()
    before = scraped(metrics, 1.0)
    for _ in range(7):
        metrics.tick(0.001, 0.002)
    metrics.clients({"play": 5, "watch": 2}, unknown=1)
    after = scraped(metrics, 3.0)
    assert after.since(before, "ninepixel_ticks_total") == 7
    assert after.values['ninepixel_clients{mode="play"}'] == 5
    assert after.since(before, "process_cpu_seconds_total") >= 0
    assert after.values["process_resident_memory_bytes"] > 1 << 20


def test_where_nothing_was_seen_there_is_no_quantile() -> None:
    metrics = Metrics(process=False)
    metrics.tick(0.001, 0.001)
    told = scraped(metrics)
    with pytest.raises(BenchError, match="tick_lateness"):
        told.quantile(told, "tick_lateness_milliseconds", 0.99)
    with pytest.raises(BenchError, match="nothing of what"):
        told.quantile(told, "what", 0.5)


def test_samples_of_a_metric_are_one_figure() -> None:
    samples = Samples()
    for value in (3.0, 1.0, 2.0):
        samples.add("lateness_p99_ms", "ms", value)
    samples.add("bad_checks", "layers", 0)
    figures = samples.figures({"bots": 7})
    assert [(f.metric, f.unit, f.samples, f.tags) for f in figures] == [
        ("lateness_p99_ms", "ms", [3.0, 1.0, 2.0], {"bots": 7}),
        ("bad_checks", "layers", [0], {"bots": 7}),
    ]


def test_witnesses_keep_their_priority_and_bots_do_not(tmp_path: Path) -> None:
    both = Crowd(200, 5.0, tmp_path)
    crowd, witnesses = both.orders("ws://127.0.0.1:1"), both.witnesses("ws://127.0.0.1:1")
    assert crowd.nice > 0 == witnesses.nice
    assert crowd.sample != witnesses.sample
    assert witnesses.plan.churn > 0 == crowd.plan.churn
    assert crowd.plan.seed != witnesses.plan.seed


def test_a_server_that_cannot_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("no folder")
    with pytest.raises(BenchError, match="last words"), Server(tmp_path, 100, 10):
        pass


@given(limit=st.integers(0, 5000), first=st.integers(1, 5000))
def test_the_search_for_the_largest_crowd_ends_near_it(limit: int, first: int) -> None:
    tried = list[int]()

    def borne(size: int) -> bool:
        tried.append(size)
        return size <= limit

    found = search(borne, first)
    assert found <= limit <= max(found * 1.05 + 1, 1)
    assert len(tried) == len(set(tried)), "every crowd takes a minute"


def test_a_crowd_is_measured_and_the_largest_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real server and four players; no more ever come."""
    lateness = module._lateness
    monkeypatch.setattr(module, "_lateness", lambda bots, *more: lateness(bots, *more) if bots == 4 else ([], []))
    late, rate, largest = module.most(4, 100, 1.0, 2)
    assert len(late.samples) == len(rate.samples) == 2
    assert all(0 < each < 25 for each in rate.samples)
    assert (late.tags["bots"], largest.metric) == (4, "most_players")
    assert (largest.samples, largest.tags["too_many"]) in (([4], 5), ([0], 1)), "a machine that is busy may be late"
