"""Our own figures: every way of measuring runs, and says what it measured."""

from __future__ import annotations

import pytest

from ninepixel.agents.bench.ours import Way, fork, parallel, persistent, single, ways

WAYS = {way.title: way for way in ways(agents=2, worlds=2)}


@pytest.mark.parametrize(
    "title", [title for title in WAYS if "16,384" not in title and "512" not in title and "1,024" not in title]
)
def test_every_way_of_measuring_gives_a_sample_for_every_repeat(title: str) -> None:
    ticks: list[None] = []
    way: Way = WAYS[title]
    figure = way.measure(0.01, 2, lambda: ticks.append(None))
    assert len(figure.samples) == 2
    assert len(ticks) == 3, "the warm-up counts for the progress bar"
    assert all(sample > 0 for sample in figure.samples)
    assert figure.unit in ("1/s", "ms", "s")


def test_large_settings_are_told_in_the_tags() -> None:
    assert parallel(0.01, 1, int, agents=4).tags["agents"] == 4
    assert persistent(0.01, 1, int, agents=8).metric == "ticks_per_s"
    assert fork(0.01, 1, int, agents=4).unit == "ms"
    assert single(0.01, 1, int).tags["agents"] == 1
