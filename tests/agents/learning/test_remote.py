"""Rollouts that others lived: they are learned from when they are true, and the run is the same whoever lived them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ninepixel.agents.learning.checkpoint import Checkpoint
from ninepixel.agents.learning.experience import Group
from ninepixel.agents.learning.remote import RemoteGroup
from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.learning.trainer import Trainer
from ninepixel.agents.rollouts.shard import Shard
from ninepixel.agents.rollouts.standing import Standing
from ninepixel.agents.rollouts.work import BadWork, Result, Work
from ninepixel.agents.tasks import Task
from ninepixel.world.thought import IntegerPolicy, Policy

Lie = Callable[[Result, int], Result]


class Next:
    """An office whose one node sits beside the learner. *lies* are what it says instead of the truth, one after the other.

    :ivar said: verdicts, by shard. :ivar handed: how often worlds were asked for.
    """

    def __init__(self, lies: list[Lie | None] | None = None) -> None:
        self.lies, self.said, self.handed, self.forgets = list(lies or []), list[tuple[int, str | None]](), 0, False
        self._shards: dict[int, Shard] = {}
        self._work: dict[int, tuple[Work, Callable[[], Standing]]] = {}
        self.policy: IntegerPolicy

    def publish(self, hash: bytes, policy: bytes) -> None:
        self.policy = IntegerPolicy(Policy.parse(policy))
        assert self.policy.policy.hash == hash.hex()

    def post(self, shard: int, work: Work, standing: Callable[[], Standing]) -> None:
        self._work[shard] = (work, standing)

    def result(self, shard: int) -> Result | None:
        work, standing = self._work[shard]
        if shard not in self._shards or self.forgets:
            self._shards[shard] = Shard(work, 1)
            self._shards[shard].take_up(standing(), self.policy.policy.shape.hidden)
            self.handed += 1
        result = self._shards[shard].do(work, self.policy)
        lie = self.lies.pop(0) if self.lies else None
        if lie is None:
            return result
        del self._shards[shard]  # it is given to somebody else then
        return lie(result, shard)

    def verdict(self, shard: int, wrong: str | None) -> None:
        self.said.append((shard, wrong))

    def facts(self) -> dict[str, Any]:
        return {"said": len(self.said)}


class Nobody(Next):
    """An office to which no node comes."""

    def result(self, shard: int) -> Result | None:
        return None


@pytest.fixture
def sure(small: Settings) -> Settings:
    """Small settings of one group, so that lies are told in order."""
    return replace(small, groups=1)


@pytest.fixture
def made(meadow: Task) -> Iterator[Callable[..., Trainer]]:
    """Makes trainers, and closes them."""
    trainers = list[Trainer]()

    def make(settings: Settings, office: Any, share: float = 1 / 8) -> Trainer:
        trainer = Trainer(meadow, settings, 7, threads=1, office=office)
        for group in trainer.groups:
            if isinstance(group, RemoteGroup):
                group.share = share
        trainers.append(trainer)
        return trainer

    yield make
    for trainer in trainers:
        trainer.close()


def what_was_lived(trainer: Trainer) -> list[bytes]:
    """The rollouts of all groups, as bytes."""
    names = ("seen", "actions", "chances", "values", "rewards", "terminated", "ended", "void", "begins", "memory")
    return [getattr(group.rollout, name).numpy().tobytes() for group in trainer.groups for name in names]


def test_a_run_is_the_same_whether_a_node_lives_or_the_learner(small: Settings, made: Callable[..., Trainer]) -> None:
    """Forty ticks make an episode, and eight a rollout: lives end, and worlds are founded once more, in between."""
    near, far = made(small, Nobody()), made(small, office := Next(), 1.0)
    for _ in range(8):
        near.update()
        far.update()
        assert what_was_lived(near) == what_was_lived(far)
    assert office.handed == 2, "worlds travel once, and stay then"
    assert sorted(office.said) == sorted([(shard, None) for _ in range(8) for shard in (0, 1)])
    assert near.policy("x").hash == far.policy("x").hash


def test_chances_and_values_are_those_of_the_network_that_learns(sure: Settings, made: Callable[..., Trainer]) -> None:
    """What an update begins from is a ratio of one for every step."""
    trainer = made(replace(sure, epochs=1, minibatches=1), Next())
    trainer.update()  # afterwards inputs are scaled, which makes another network of it
    for _ in range(7):
        assert trainer.update()["kl"] == pytest.approx(0, abs=1e-6)


def reward(result: Result, shard: int) -> Result:
    sums = result.sums.copy()
    sums[3] = np.nextafter(sums[3], np.float32(9))
    return Result(result.actions, sums, result.mark)


def state(result: Result, shard: int) -> Result:
    return Result(result.actions, result.sums, bytes([result.mark[0] ^ 1]) + result.mark[1:])


def action(result: Result, shard: int) -> Result:
    actions = result.actions.copy()
    actions[5, 2, 0] = (actions[5, 2, 0] + 1) % 9
    return Result(actions, result.sums, result.mark)


def impossible(result: Result, shard: int) -> Result:
    actions = result.actions.copy()
    actions[0, :, 1] = 4
    return Result(actions, result.sums, result.mark)


@pytest.mark.parametrize(("lie", "said"), [(reward, "rewards"), (state, "state"), (action, "actions"), (impossible, "actions")])
def test_a_lie_is_refused_and_the_run_goes_on_as_if_there_had_been_none(
    sure: Settings, made: Callable[..., Trainer], lie: Lie, said: str
) -> None:
    honest, lied = made(sure, Next(), 1.0), made(sure, office := Next([None, lie, lie, None, None, lie]), 1.0)
    for _ in range(6):
        honest.update()
        lied.update()
        assert what_was_lived(honest) == what_was_lived(lied)
    verdicts = [wrong for _, wrong in office.said]
    assert verdicts == [None, said, said, None, None, said, None, None, None]


def test_an_action_of_a_life_that_is_not_watched_is_only_caught_by_what_comes_of_it(
    sure: Settings, made: Callable[..., Trainer]
) -> None:
    """The coin decides; whoever lies about actions alone has to know what follows, and then nothing wrong is learned from."""
    trainer = made(sure, office := Next([action]), 0.0)
    trainer.update()
    assert office.said[0][1] in ("rewards", "state")


def test_lives_are_watched_by_a_coin_and_as_long_as_they_last(small: Settings, made: Callable[..., Trainer]) -> None:
    trainer = made(replace(small, envs=512), Next(), 0.5)
    group = trainer.groups[0]
    assert isinstance(group, RemoteGroup)
    shares, before = list[float](), group.watched
    for _ in range(12):
        trainer.update()
        kept = ~group.rollout.begins.any(0).numpy()
        if len(shares) > 0:
            assert np.array_equal(before[kept], group.watched[kept]), "who lives on stays watched, or not"
        before = group.watched.copy()
        shares.append(float(before.mean()))
    assert np.mean(shares) == pytest.approx(0.5, abs=0.1)
    assert np.array_equal(group.known, group.watched), "only of these are the memories known"


def test_nobody_elses_memory_matters_when_worlds_go_to_another(sure: Settings, made: Callable[..., Trainer]) -> None:
    """What is not known in integers goes on as the network remembers it, and the next node is not accused of that."""
    trainer = made(sure, office := Next(), 0.3)
    for update in range(10):
        office.forgets = update in (3, 4, 7)
        trainer.update()
    assert [wrong for _, wrong in office.said] == [None] * 10
    assert office.handed == 1 + 3


def test_a_run_with_nodes_is_resumed(tmp_path: Path, sure: Settings, made: Callable[..., Trainer]) -> None:
    first, second = made(sure, Next(), 0.5), made(sure, office := Next(), 0.5)
    for _ in range(4):
        first.update()
    first.keep().save(tmp_path / "x.checkpoint")
    second.restore(Checkpoint.load(tmp_path / "x.checkpoint"))
    for _ in range(4):
        second.update()
    assert [wrong for _, wrong in office.said] == [None] * 4
    assert second.steps == 8 * sure.envs * sure.ticks


def test_nodes_live_in_tasks_that_they_know(meadow: Task, small: Settings) -> None:
    strange = replace(meadow, version=9)
    with pytest.raises(BadWork, match="another task"):
        Trainer(strange, small, 1, threads=1, office=Next())


def test_without_an_office_everybody_lives_here(meadow: Task, small: Settings) -> None:
    trainer = Trainer(meadow, small, 1, threads=1)
    assert [type(group) for group in trainer.groups] == [Group, Group]
    trainer.close()
