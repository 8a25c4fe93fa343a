"""The worker: when it learns, when it offers, when it goes back; by itself, without a process."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ninepixel.agents.learning.online.settings import Settings
from ninepixel.agents.learning.online.worker import Worker
from ninepixel.world.laws.vital import SET_POINT
from ninepixel.world.life.witness import Episode
from ninepixel.world.thought import Policy, Shape

TICKS, PLACES = 8, 4
BATCH = 2 * TICKS * PLACES  # two episodes


@dataclass
class FakePupil:
    """Remembers what it was asked for."""

    settings: Settings
    version: int = 0
    updates: int = 0
    held: int = 0
    batches: list[list[int]] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)

    def knows(self, version: int) -> bool:
        return 0 <= version <= self.version

    def learn(self, episodes: Any) -> dict[str, float]:
        self.updates += 1
        self.batches.append([version for version, _ in episodes])
        return {"warm": self.updates <= self.settings.warm, "reward": 0.5, "novelty": float("nan"), "steps": 1}

    def go_back(self, version: int) -> None:
        self.returned.append(version)

    def policy(self) -> Policy:
        self.version += 1
        return Policy.random(Shape(16), self.version)


class Course:
    """A worker with a fake pupil that is handed episodes one after the other."""

    def __init__(self, **changes: Any) -> None:
        usual = Settings(ticks=TICKS, batch=BATCH, offer=2 * TICKS, warm=0, window=TICKS, margin=0.1)
        settings = replace(usual, **changes)
        self.pupil, self.said, self.tick = FakePupil(settings), list[dict[str, Any]](), 0
        self.worker = Worker(self.pupil, settings, self.said.append)  # type: ignore[arg-type]

    def hand(self, version: int = 0, satisfaction: float = 0.5) -> None:
        episode = Episode.empty(TICKS, PLACES, 16)
        episode.fates[...] = 1
        episode.drive[1] = round(3 * SET_POINT * (1 - satisfaction))
        self.worker.take(self.tick, version, episode)
        self.tick += TICKS

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.said if message["kind"] == kind]


def test_it_learns_when_there_is_enough_and_offers_not_too_often() -> None:
    course = Course(offer=6 * TICKS)
    for _ in range(14):
        course.hand()
    assert [len(batch) for batch in course.pupil.batches] == [2] * 7
    assert [offer["tick"] for offer in course.told("policy")] == [6 * TICKS, 12 * TICKS]
    assert [offer["version"] for offer in course.told("policy")] == [1, 2]
    assert Policy.parse(course.told("policy")[0]["policy"]).hash == course.told("policy")[0]["hash"]


def test_nothing_new_is_nothing_to_offer() -> None:
    course = Course(offer=1, batch=4 * BATCH)
    for _ in range(7):
        course.hand()
    assert not course.told("policy")


def test_while_it_warms_up_it_offers_nothing() -> None:
    course = Course(warm=2, offer=1)
    for _ in range(5):
        course.hand()
    assert not course.told("policy")
    course.hand()
    assert len(course.told("policy")) == 1


def test_episodes_of_policies_that_it_does_not_know_are_counted_and_left_out() -> None:
    course = Course()
    course.hand(version=7)
    for _ in range(2):
        course.hand()
    assert course.pupil.batches == [[0, 0]]
    assert course.told("learned")[0]["unknown"] == 1


def test_figures_that_are_no_numbers_are_not_told() -> None:
    course = Course()
    course.hand()
    course.hand()
    (told,) = course.told("learned")
    assert told["reward"] == 0.5
    assert "novelty" not in told


def test_when_minds_fare_worse_it_goes_back_and_offers_that_at_once() -> None:
    course = Course(batch=1 << 20, offer=1 << 20)
    course.pupil.version = 5
    course.hand(version=3, satisfaction=0.8)
    assert course.pupil.held == 3, "it must not be forgotten"
    course.hand(version=4, satisfaction=0.4)
    course.hand(version=5, satisfaction=0.4)
    assert course.pupil.returned == [3]
    (returned,), (offer,) = course.told("returned"), course.told("policy")
    assert returned["version"] == 3
    assert returned["satisfaction"] == pytest.approx(0.4, abs=0.01)
    assert offer["version"] == 6


def test_what_was_taken_back_is_not_learned_from_while_it_still_acts() -> None:
    course = Course(offer=1 << 20)
    course.pupil.version = 5
    course.hand(version=3, satisfaction=0.8)
    course.hand(version=5, satisfaction=0.4)
    learned = len(course.pupil.batches)
    course.hand(version=5, satisfaction=0.4)
    for _ in range(4):
        course.hand(version=5, satisfaction=0.75)
    assert len(course.pupil.batches) == learned
    for _ in range(2):
        course.hand(version=6, satisfaction=0.75)
    assert course.pupil.batches[learned:] == [[6, 6]]
