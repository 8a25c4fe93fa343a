"""Every way of measuring decisions runs, and says what it measured."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from ninepixel.agents.bench.deciding import multiply_adds, ways
from ninepixel.agents.bench.ours import Way
from ninepixel.world.physics.cpu.team import usable_cores
from ninepixel.world.thought.shape import Shape

WAYS = ways(hidden=16, minds=40)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.title)
def test_every_way_gives_a_sample_for_every_repeat(way: Way) -> None:
    ticks: list[None] = []
    figure = way.measure(0.01, 2, lambda: ticks.append(None))
    assert len(figure.samples) == 2
    assert len(ticks) == 3, "the warm-up counts for the progress bar"
    assert all(sample > 0 for sample in figure.samples)
    assert figure.metric in ("decisions_per_s", "multiply_adds_per_s")
    assert (figure.tags["hidden"], figure.tags["minds"]) == (16, 40)
    assert figure.tags["threads"] in (1, usable_cores())


def test_integers_floats_and_bare_products_are_measured() -> None:
    by = [way.measure(0.001, 1, int).tags["by"] for way in WAYS]
    assert {"integers", "numpy float32", "numpy float32 products", "numpy int32 products"} <= set(by)
    assert ("torch float32" in by) == bool(find_spec("torch"))


def test_a_decision_of_64_units_takes_44800_multiplications() -> None:
    assert multiply_adds(Shape(64)) == 44_800
