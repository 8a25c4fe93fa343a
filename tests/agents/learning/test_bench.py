"""The figures of learning: every sample is there, and says what it was measured on."""

from __future__ import annotations

from ninepixel.agents.learning.bench import Product, products, training
from ninepixel.agents.learning.settings import Settings


def test_every_figure_has_a_sample_for_every_repeat(small: Settings) -> None:
    ticks: list[None] = []
    figures = {figure.metric: figure for figure in training(2, lambda: ticks.append(None), settings=small, threads=1)}
    assert list(figures) == [
        "train_agent_steps_per_s",
        "train_share_simulate",
        "train_share_infer",
        "train_share_learn",
        "train_products_gflops",
        "train_learn_gflops",
    ]
    assert len(ticks) == 3, "the warm-up counts for the progress bar"
    for figure in figures.values():
        assert len(figure.samples) == 2
        assert min(figure.samples) > 0
        assert figure.tags["threads"] == 1
        assert figure.tags["agents"] == 16
    for shares in zip(*(figures[f"train_share_{name}"].samples for name in ("simulate", "infer", "learn")), strict=True):
        assert abs(sum(shares) - 1) < 1e-6


def test_products_are_those_of_the_network() -> None:
    """Per step forwards: 388 x 64 to encode, 2 x 64 x 128 for the memory, 2 x 64 x 29 for the heads; three times that with the
    way back, of which the bytes of senses need no gradient."""
    made = products(Settings(hidden=64, envs=256, groups=2, minibatches=4, ticks=16))
    steps = 16 * 256 // 2 // 4
    assert sum(product.operations for product in made) == 2 * steps * (2 * 388 * 64 + 3 * (2 * 64 * 128 + 2 * 64 * 29))
    assert Product(2, 3, 5, 7).operations == 420
