"""The score is the one that is published."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ninepixel.agents.arena import Arena
from ninepixel.agents.score import (
    EVALUATION_SEEDS,
    HELD_OUT_SEEDS,
    Minds,
    counted,
    deeds_of,
    interval,
    live,
    report,
    score,
    seed_set,
)
from ninepixel.agents.tasks import TASKS
from ninepixel.world.laws.lives import DEEDS, Role
from ninepixel.world.thought import IntegerPolicy, Policy, Shape


def test_the_score_is_crafters() -> None:
    deeds = np.zeros((200, 3), np.bool_)
    deeds[:, 0], deeds[:3, 1] = True, True  # 100 %, 1.5 %, 0 %
    assert score(deeds) == pytest.approx((101 * 2.5 * 1) ** (1 / 3) - 1)
    assert score(np.ones((5, 4), np.bool_)) == pytest.approx(100)
    assert score(np.zeros((5, 4), np.bool_)) == score(np.zeros((5, 0), np.bool_)) == 0


@given(arrays(np.bool_, (12, 5)), st.integers(0, 11), st.integers(0, 4))
def test_reaching_more_never_scores_less(deeds: np.ndarray, life: int, deed: int) -> None:
    more = deeds.copy()
    more[life, deed] = True
    assert 0 <= score(deeds) <= score(more) <= 100 + 1e-9


def test_an_interval_holds_the_mean_and_draws_whole_worlds() -> None:
    worlds = np.repeat(np.arange(10), 8)
    alike = worlds.astype(np.float64)  # all lives of a world are alike: ten numbers, not eighty
    low, high = interval(lambda v: float(v.mean()), alike, worlds)
    assert low < 4.5 < high
    assert high - low > 1.96 * 2 * alike.std() / 80**0.5 * 2
    assert (low, high) == interval(lambda v: float(v.mean()), alike, worlds)


def test_deeds_are_read_from_both_words() -> None:
    assert np.flatnonzero(deeds_of(0x80000001, 0x8000)).tolist() == [0, 31, 47]


def test_seed_sets_are_disjoint_and_named() -> None:
    assert not set(EVALUATION_SEEDS) & set(HELD_OUT_SEEDS)
    assert seed_set(EVALUATION_SEEDS.start, 8) == "evaluation"
    assert seed_set(HELD_OUT_SEEDS.start, 8) == "held-out"
    assert seed_set(EVALUATION_SEEDS.stop - 1, 2) == seed_set(0, 1) == "own"


def test_lives_are_those_of_founders_and_the_same_again() -> None:
    task = TASKS["survive"].with_options(agents=3, horizon=600)
    once = live(task, Role.RANDOM, 7, seed=5, threads=1)
    assert once.deeds.shape == (9, len(DEEDS))
    assert once.worlds.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert once.ages.max() <= 600
    assert once.ages.min() > 100
    again = live(task, Role.RANDOM, 7, seed=5, threads=2)
    for name in ("deeds", "returns", "ages"):
        assert np.array_equal(getattr(once, name), getattr(again, name))


def test_a_learned_policy_lives_the_same_again_however_many_threads_there_are() -> None:
    task = TASKS["universe"].with_options(agents=5, spare=3, horizon=300)
    policy = IntegerPolicy(Policy.random(Shape(16), 4))
    once, again = (live(task, policy, 20, seed=5, threads=threads) for threads in (1, 2))
    alone = live(task, policy, 5, seed=6, threads=1)
    for name in ("deeds", "returns", "ages"):
        assert np.array_equal(getattr(once, name), getattr(again, name))
        assert np.array_equal(getattr(once, name)[5:10], getattr(alone, name)), "the second world, and a first of its seed"
    assert not np.array_equal(once.returns, live(task, Role.RANDOM, 20, seed=5, threads=1).returns)


def test_what_a_mind_remembers_begins_with_its_life() -> None:
    task = TASKS["forage"].with_options(agents=2, horizon=64)
    arena = Arena(task, seed=3, threads=1)
    arena.reset()
    minds = Minds(arena, IntegerPolicy(Policy.random(Shape(16), 4)))
    minds.decide()
    assert minds._memory.any()
    arena.reset()
    minds.decide()
    fresh = Minds(arena, IntegerPolicy(Policy.random(Shape(16), 4)))
    fresh.decide()
    assert np.array_equal(minds._memory, fresh._memory), "another episode, other lives"


def test_a_report_names_the_counted_achievements() -> None:
    task = TASKS["forage"].with_options(horizon=64)
    metrics = [row["metric"] for row in report(task, live(task, Role.INSTINCT, 8, threads=1))]
    assert metrics[:3] == ["score", "score tier 1-2", "score tier 1"]
    assert [m.removeprefix("success ") for m in metrics if m.startswith("success")] == [DEEDS[i].name for i in counted(task)]
