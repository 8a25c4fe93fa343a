"""Rollouts are what happened: observations, actions and rewards of the environment, beginnings and ends where lives have them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from ninepixel.agents import MindsVectorEnv
from ninepixel.agents.learning import network
from ninepixel.agents.learning.experience import Group, Lived, first_world
from ninepixel.agents.learning.network import Folded, Network
from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.score import EVALUATION_SEEDS
from ninepixel.agents.tasks import Task
from ninepixel.world.thought.shape import Shape

CPU = torch.device("cpu")


@pytest.fixture
def net(small: Settings) -> Folded:
    with torch.no_grad():
        return Network(Shape(small.hidden), torch.Generator().manual_seed(1)).folded()


def collected(group: Group, net: Folded, rollouts: int) -> list[tuple[Any, Lived]]:
    """Copies of what a group lived through."""
    found = []
    for _ in range(rollouts):
        lived = group.collect(net)
        parts = {name: getattr(group.rollout, name).clone() for name in group.rollout.__slots__}
        found.append((type(group.rollout)(**parts), lived))
    return found


def test_a_rollout_is_what_the_environment_did(one_group: Group, net: Folded, meadow: Task, small: Settings) -> None:
    """The same actions in an environment of its own make the same observations, rewards and ends."""
    rollouts = collected(one_group, net, 6)
    env = MindsVectorEnv(one_group.n, meadow, threads=1)
    seen, _ = env.reset(seed=one_group.seed)
    tick = 0
    for r, _ in rollouts:
        for t in range(small.ticks):
            if tick == 24:  # the second world begins once more
                seen, _ = env.reset(options={"reset_mask": np.repeat([False, True], 4)})
            np.testing.assert_array_equal(r.seen[t].numpy(), seen)
            seen, reward, terminated, truncated, _ = env.step(r.actions[:, t].numpy().T)
            np.testing.assert_array_equal(r.rewards[t].numpy(), reward)
            np.testing.assert_array_equal(r.terminated[t].numpy(), terminated)
            np.testing.assert_array_equal(r.ended[t].numpy(), terminated | truncated)
            tick += 1
        np.testing.assert_array_equal(r.seen[small.ticks].numpy(), seen)
    env.close()


def whole(rollouts: list[tuple[Any, Lived]], name: str) -> torch.Tensor:
    """A flag of all rollouts, (ticks, n)."""
    return torch.cat([getattr(r, name) for r, _ in rollouts])


def test_the_step_after_an_end_is_void_and_the_one_after_that_begins_a_life(one_group: Group, net: Folded) -> None:
    rollouts = collected(one_group, net, 12)
    ended, void, begins = (whole(rollouts, name) for name in ("ended", "void", "begins"))
    assert ended.any()
    assert torch.equal(void[1:], ended[:-1])
    assert not void[0].any()
    assert begins[0].all()
    staggered = begins[1:].clone()
    staggered[1:] &= ~void[1:-1]
    assert torch.equal(begins[2:] & void[1:-1], void[1:-1])
    assert whole(rollouts, "rewards")[void].abs().max() == 0
    # every world but the first began once more in the first forty ticks, together with all who live in it
    times = staggered.nonzero().tolist()
    assert sorted({agent // 4 for _, agent in times}) == [1]
    assert {time + 1 for time, _ in times} == {24}


def test_worlds_are_of_different_ages_after_the_first_horizon(one_group: Group, net: Folded) -> None:
    ended = whole(collected(one_group, net, 15), "ended")[40:]
    ends = [set(ended[:, world * 4 : world * 4 + 4].all(1).nonzero().flatten().tolist()) for world in range(2)]
    assert ends[0]
    assert ends[1]
    assert not ends[0] & ends[1]


def test_memories_begin_with_lives_and_are_what_the_net_remembers(one_group: Group, net: Folded, small: Settings) -> None:
    """What was valued and how likely actions were, a sequence over the stored memory says again."""
    for r, _ in collected(one_group, net, 8):
        outputs = network.sequence(net, r.seen[:-1], r.memory, r.begins).view(network.OUTPUTS, small.ticks, -1)
        torch.testing.assert_close(outputs[network.VALUE :], r.values[:, :-1], atol=1e-5, rtol=1e-4)
        chances = network.log_chances(outputs.flatten(1), r.seen[:-1].flatten(0, 1)).exp()
        taken = chances.gather(1, r.actions.flatten(1).long().unsqueeze(1)).squeeze(1)
        torch.testing.assert_close(taken, r.chances.flatten(1).exp(), atol=1e-5, rtol=1e-4)


def test_what_follows_a_rollout_is_valued_as_the_next_one_values_it(meadow: Task, small: Settings, net: Folded) -> None:
    """Also where the next rollout begins with a life, which it does where worlds end with the tick before a rollout's last."""
    group = Group(meadow.with_options(horizon=39), small, 0, 3, CPU)
    rollouts = collected(group, net, 12)
    group.close()
    assert any(after.begins[0].any() for _, (after, _) in pairwise(rollouts[4:]))
    for (before, _), (after, _) in pairwise(rollouts):
        again = after.begins[0] & ~before.void[-1]  # a world that was founded once more
        torch.testing.assert_close(before.values[:, -1][:, ~again], after.values[:, 0][:, ~again], atol=1e-6, rtol=1e-5)


def test_lives_are_told_once_with_what_they_earned(one_group: Group, net: Folded, small: Settings) -> None:
    rollouts = collected(one_group, net, 12)
    ended, rewards, void, begins = (whole(rollouts, name) for name in ("ended", "rewards", "void", "begins"))
    returns, lengths = [], []
    earned, ticks = torch.zeros(one_group.n), torch.zeros(one_group.n)
    for t in range(len(ended)):
        earned[begins[t]], ticks[begins[t]] = 0, 0
        earned += rewards[t] * ~void[t]
        ticks += ~void[t]
        returns += earned[ended[t]].tolist()
        lengths += ticks[ended[t]].tolist()
    told = [lived for _, lived in rollouts]
    np.testing.assert_allclose(np.concatenate([lived.returns for lived in told]), returns, atol=1e-5)
    np.testing.assert_array_equal(np.concatenate([lived.lengths for lived in told]), lengths)
    # in forty ticks nobody starves: all were there from the founding on
    assert all(lived.founders.all() for lived in told)


def test_who_takes_the_place_of_the_dead_is_no_founder(meadow: Task, small: Settings, net: Folded) -> None:
    group = Group(meadow.with_options(horizon=60), small, 0, 3, CPU)
    lives = group.env.arena.state.lives
    group.collect(net)
    lives["health"][0, 1] = 1  # about to die
    for name in ("store_r", "store_b", "store_y"):
        lives[name][0, 1] = 0
    told = [group.collect(net) for _ in range(14)]
    group.close()
    ends = [(int(n), bool(f)) for lived in told for n, f in zip(lived.lengths, lived.founders, strict=True)]
    assert ends[0][0] < 20
    assert ends[0][1], "who died was a founder"
    assert [founder for length, founder in ends if 30 < length < 58] == [False], "and who came for it was none"


def test_a_group_goes_the_same_way_on_any_number_of_threads(meadow: Task, small: Settings, net: Folded) -> None:
    groups = [Group(meadow, small, 0, 3, CPU, threads) for threads in (1, 2)]
    one, other = (collected(group, net, 6) for group in groups)
    for group in groups:
        group.close()
    for (mine, _), (theirs, _) in zip(one, other, strict=True):
        for name in mine.__slots__:
            assert torch.equal(getattr(mine, name), getattr(theirs, name)), name


def test_groups_and_seeds_have_worlds_and_chance_of_their_own(meadow: Task, small: Settings, net: Folded) -> None:
    firsts = {}
    for seed in (3, 4):
        for number in (0, 1):
            group = Group(meadow, small, number, seed, CPU)
            group.collect(net)
            firsts[seed, number] = (group.seed, group.rollout.actions.numpy().tobytes())
            group.close()
    assert len({world for world, _ in firsts.values()}) == 4
    assert len({actions for _, actions in firsts.values()}) == 4
    assert firsts[3, 1][0] == firsts[3, 0][0] + 2, "two worlds a group"


@pytest.mark.parametrize("seed", [0, 255, 256, 257, (1 << 31) - 1])
def test_no_world_of_training_is_one_of_evaluation(seed: int) -> None:
    worlds = 1000
    assert 0 <= first_world(seed, worlds) <= EVALUATION_SEEDS.start - worlds


def test_nobody_is_told_where_nobody_ended(one_group: Group, net: Folded) -> None:
    lived = one_group.collect(net)
    assert [len(getattr(lived, name)) for name in lived.__slots__] == [0, 0, 0, 0]
    assert lived.deeds.dtype == np.uint64
