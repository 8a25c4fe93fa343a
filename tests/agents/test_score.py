"""The score is the one that is published."""

from __future__ import annotations

from typing import Any

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
from ninepixel.world.host.survey import Survey
from ninepixel.world.host.synthetic import synthetic
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


def test_in_co_play_only_every_other_founder_counts() -> None:
    task = TASKS["universe"].with_options(agents=6, spare=2, horizon=200)
    policy = IntegerPolicy(Policy.random(Shape(16), 4))
    whole = live(task, policy, 12, seed=5, threads=1)
    among = live(task, policy, 6, seed=5, threads=1, others=policy)
    assert among.returns.shape == (6,)
    assert among.worlds.tolist() == [0, 0, 0, 1, 1, 1]
    assert np.array_equal(among.returns.reshape(2, 3), whole.returns.reshape(2, 6)[:, ::2]), "its own others are no others"
    among_others = live(task, policy, 6, seed=5, threads=1, others=Role.INSTINCT)
    assert not np.array_equal(among.returns, among_others.returns)


def test_co_players_may_be_built_in_or_learned_whoever_is_judged() -> None:
    task = TASKS["forage"].with_options(agents=4, horizon=300)
    learned = IntegerPolicy(Policy.random(Shape(16), 4))
    for who in (Role.INSTINCT, learned):
        for others in (Role.RANDOM, learned):
            lives = live(task, who, 4, seed=5, threads=1, others=others)
            assert lives.ages.shape == (4,)
    scripted = live(task, Role.INSTINCT, 4, seed=5, threads=1, others=learned)
    assert scripted.returns.mean() > live(task, learned, 4, seed=5, threads=1, others=Role.INSTINCT).returns.mean()


def test_every_world_may_have_a_host_of_its_own() -> None:
    task = TASKS["explore"].with_options(agents=2, horizon=64)
    asked: list[int] = []

    def host(seed: int) -> Survey:
        asked.append(seed)
        return synthetic(seed + 1, 9)

    found = live(task, Role.INSTINCT, 6, seed=5, threads=1, hosts=host)
    assert sorted(set(asked)) == [5, 6, 7]
    assert found.returns.shape == (6,)


class Asked:
    """Rests, and remembers for whom it was asked."""

    def __init__(self, arena: Arena) -> None:
        self.arena, self.slots = arena, set[int]()

    def memory(self, minds: int) -> np.ndarray:
        return np.zeros((minds, 1), np.int16)

    def decide(self, seen: np.ndarray, memory: np.ndarray, *, which: np.ndarray, **rest: Any) -> np.ndarray:
        self.slots |= set((np.flatnonzero(which) % self.arena.minds).tolist())
        return np.zeros((len(seen), 3), np.uint8)


def test_in_co_play_each_policy_decides_for_its_own_and_the_other_one_for_children() -> None:
    task = TASKS["universe"].with_options(agents=5, spare=2, horizon=64)
    made: list[Asked] = []

    def asked(arena: Arena) -> Asked:
        made.append(Asked(arena))
        return made[-1]

    live(task, asked, 3, seed=5, threads=1, others=asked)
    who, others = made
    assert (who.slots, others.slots) == ({0, 2, 4}, {1, 3})
    assert who.arena.child_role == Role.GUEST
    for judged, strangers, child in ((asked, Role.RANDOM, Role.RANDOM), (Role.INSTINCT, asked, Role.GUEST)):
        live(task, judged, 3, seed=5, threads=1, others=strangers)
        assert made[-1].arena.child_role == child
        assert made[-1].slots == ({0, 2, 4} if judged is asked else {1, 3})
