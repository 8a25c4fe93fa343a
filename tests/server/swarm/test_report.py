"""Histograms against sorted lists, and a report that adds up over processes."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.server.swarm.report import HISTOGRAMS, Histogram, Tally, Wire, spread

values = st.lists(st.floats(0, 200), min_size=1, max_size=200)


@given(values, st.floats(0.01, 1))
def test_a_quantile_is_exact_to_a_step(seen: list[float], share: float) -> None:
    histogram = Histogram(0.5, 100)
    for value in seen:
        histogram.add(value)
    exact = sorted(seen)[math.ceil(share * len(seen)) - 1]
    found = histogram.quantile(share)
    if exact >= 100:  # beyond the last step only the extreme is known
        assert found == max(seen)
    else:
        assert exact <= found <= exact + 0.5


@given(values, values)
def test_merged_histograms_are_the_histogram_of_both(first: list[float], second: list[float]) -> None:
    one, two, both = (Histogram(0.25, 100) for _ in range(3))
    for histogram, seen in ((one, first), (two, second), (both, first + second)):
        for value in seen:
            histogram.add(value)
    one.merge(two)
    assert one.counts == both.counts
    assert (one.n, one.low, one.high) == (both.n, both.low, both.high)
    assert one.total == pytest.approx(both.total)


def test_histograms_of_other_steps_do_not_mix() -> None:
    with pytest.raises(ValueError, match="steps"):
        Histogram(1, 10).merge(Histogram(2, 10))


def test_nothing_has_no_figures() -> None:
    assert Histogram(1, 10).figures() == {"n": 0}
    assert Histogram(1, 10).quantile(0.5) == 0
    assert spread([]) == {"n": 0}


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=300))
def test_a_spread_is_of_values_that_are_there(seen: list[int]) -> None:
    told = spread(float(v) for v in seen)
    ordered = sorted(seen)
    assert told["p50"] == ordered[math.ceil(0.5 * len(seen)) - 1]
    assert told["p99"] == ordered[math.ceil(0.99 * len(seen)) - 1]
    assert told["max"] == ordered[-1]


def test_two_processes_make_one_report() -> None:
    first, second = Tally(cpu=1.0, wall=2.0, nice=10), Tally(cpu=0.5, wall=4.0)
    for number, tally in enumerate((first, second)):
        for name in HISTOGRAMS:
            getattr(tally, name).add(10.0 * (number + 1))
        tally.wires[number] = Wire(got=1000, sent=100, frames=40, seconds=2.0, segments_in=20, segments_out=10)
        tally.counts["bad_checks"] = number
        tally.refused["too-fast"] = 2
    first.merge(second)
    told = first.report()
    json.dumps(told)
    assert told["bots"] == 2
    assert told["frames"] == 80
    assert told["kbit_s_in"]["p50"] == 4.0
    assert told["kbit_s_in_with_headers"]["p50"] == pytest.approx((1000 + 20 * 52) * 8e-3 / 2)
    assert told["bad_checks"] == 1
    assert told["refused"] == {"too-fast": 4}
    assert told["bots_cpu_s"] == 1.5
    assert told["bots_cores"] == 0.375
    assert told["bots_us_per_frame"] == 18_750
    assert told["bots_processes"] == 2
    assert told["join_ms"]["n"] == 2
