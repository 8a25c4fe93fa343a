"""The pupil begins as the policy that minds live by, learns from what they lived through, and can go back."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from ninepixel.agents.learning.network import VALUE, step
from ninepixel.agents.learning.online.pupil import REMEMBERED, Pupil
from ninepixel.agents.learning.online.settings import Settings
from ninepixel.world.laws.vital import SET_POINT
from ninepixel.world.life.senses import RETINA_BYTES
from ninepixel.world.life.witness import Episode, Fate
from ninepixel.world.thought import IntegerPolicy, Policy, Shape
from ninepixel.world.thought.tables import ONE
from some_policies import rough

UNITS, PLACES = 16, 12
Live = Callable[..., Episode]


@pytest.fixture
def pupil(policy: Policy, small: Settings) -> Iterator[Pupil]:
    pupil = Pupil(policy, small)
    yield pupil
    pupil.close()


def copied(episode: Episode) -> Episode:
    return Episode(*(getattr(episode, field.name).copy() for field in fields(Episode)))


def parting(policy: Policy, seed: int, ticks: int = 8, newborn: tuple[int, int] | None = None) -> Episode:
    """Lives by a policy in a world in which the move 3 pays a set point of drive, and nothing else does anything.

    :param newborn: tick and place of a life that begins.
    """
    rng, mind = np.random.default_rng(seed), IntegerPolicy(policy)
    episode = Episode.empty(ticks, PLACES, UNITS)
    episode.seen[...] = rng.integers(0, 256, episode.seen.shape)
    episode.seen[..., 375:384] = 255
    episode.fates[...], episode.drive[...] = 1, 2 * SET_POINT
    memory = episode.memory.copy()
    for tick in range(ticks):
        if newborn is not None and newborn[0] == tick:
            episode.fates[newborn], memory[newborn[1]] = Fate.ACTED | Fate.BEGAN, 0
        episode.actions[tick] = mind.decide(episode.seen[tick].copy(), memory, seed=seed, tick=tick)
    episode.drive[1][episode.actions[..., 0] == 3] -= SET_POINT
    return episode


def odds(policy: Policy, choice: int = 3) -> float:
    """How likely a move is, of what means nothing."""
    seen = np.random.default_rng(99).integers(0, 256, (64, RETINA_BYTES)).astype(np.uint8)
    mind = IntegerPolicy(policy)
    found = [int(mind.explain(s, np.zeros(UNITS, np.int16)).odds[choice]) for s in seen]
    return sum(found) / len(found) / ONE


def test_before_it_has_learned_it_is_the_policy_that_acts(policy: Policy, pupil: Pupil) -> None:
    made = pupil.policy()
    for name, array in policy.arrays.items():
        np.testing.assert_allclose(made.arrays[name], array, atol=1e-6, err_msg=name)
    assert made.manifest["value_scale"] == pytest.approx(policy.manifest["value_scale"])
    assert made.manifest["parents"] == [policy.hash]
    assert made.manifest["task"] == policy.manifest["task"]
    assert Policy.parse(made.packed()).hash == made.hash


def test_the_value_is_told_in_units_of_reward_before_and_after_learning(policy: Policy, small: Settings) -> None:
    policy = Policy(policy.shape, {**policy.manifest, "value_scale": 2.5}, policy.arrays)
    pupil, seen = Pupil(policy, small), np.random.default_rng(3).integers(0, 256, RETINA_BYTES).astype(np.uint8)
    nothing = np.zeros(UNITS, np.int16)
    first = pupil.policy()
    assert first.manifest["value_scale"] == 2.5
    wanted = IntegerPolicy(policy).explain(seen, nothing).value
    assert IntegerPolicy(first).explain(seen, nothing).value == pytest.approx(wanted, abs=0.01)
    for update in range(3):
        pupil.learn([(0, parting(policy, update))])
    unit = pupil.learner.units[0]
    assert abs(float(unit.moments.mean)) > 0.1
    with torch.no_grad():
        outputs = step(pupil.learner.folded(), torch.from_numpy(seen)[None], torch.zeros(1, UNITS))[0]
    told = IntegerPolicy(pupil.policy()).explain(seen, nothing).value
    assert told == pytest.approx(float(unit.plain(outputs[VALUE])), abs=0.02)
    pupil.close()


def test_chances_are_those_that_the_integers_threw_dice_for(small: Settings) -> None:
    policy = rough(Shape(UNITS), 4)
    pupil, episode = Pupil(policy, small), parting(policy, 5, newborn=(5, 2))
    found = pupil._rollout(pupil._known[0].acts, episode).chances.exp().numpy()
    mind, memory = IntegerPolicy(policy), episode.memory.copy()
    for tick in range(episode.ticks):
        for place in range(PLACES):
            if episode.fates[tick, place] & Fate.BEGAN:
                memory[place] = 0
            told = mind.explain(episode.seen[tick, place], memory[place])
            wanted = [told.odds[9 * head + episode.actions[tick, place, head]] / ONE for head in range(3)]
            np.testing.assert_allclose(found[:, tick, place], wanted, atol=0.03)
            memory[place] = told.memory
    pupil.close()


def test_it_learns_what_pays(policy: Policy, small: Settings) -> None:
    pupil = Pupil(policy, replace(small, batch=64, rate=5e-3, epochs=4, deed=0.0, target_kl=1.0, entropy=0.0))
    before, acts, version = odds(policy), policy, 0
    for update in range(12):
        told = pupil.learn([(version, parting(acts, 20 * update + n)) for n in range(4)])
        acts = pupil.policy()
        version = pupil.version
    assert before == pytest.approx(1 / 9, abs=0.02)
    assert odds(acts) > 0.5
    assert told["reward"] > 0.4
    assert told["kl"] >= 0
    pupil.close()


def test_scaling_the_inputs_changes_nothing_but_how_it_learns(policy: Policy, pupil: Pupil, lived: Live) -> None:
    episode = lived()
    plain = pupil._rollout(pupil._known[0].acts, episode)
    pupil._look_at_inputs(plain)
    assert float(pupil.learner.network.spread.min()) < 1
    again = pupil._rollout(pupil._known[0].acts, episode)
    torch.testing.assert_close(plain.values, again.values, atol=1e-4, rtol=1e-3)
    for name, array in pupil.policy().arrays.items():
        np.testing.assert_allclose(array, policy.arrays[name], atol=1e-4, err_msg=name)


def test_while_it_warms_up_the_value_alone_is_learned(policy: Policy, small: Settings) -> None:
    pupil = Pupil(policy, replace(small, warm=2))
    for update in range(3):
        before = copy.deepcopy(pupil.learner.network.state_dict())
        told = pupil.learn([(0, parting(policy, update))])
        after = pupil.learner.network.state_dict()
        assert told["warm"] is (update < 2)
        assert not torch.equal(before["value.weight"], after["value.weight"])
        assert torch.equal(before["move.weight"], after["move.weight"]) is (update < 2)
    pupil.close()


def test_what_nobody_did_teaches_nothing(policy: Policy, small: Settings) -> None:
    found = []
    for changed in (False, True):
        pupil, episode = Pupil(policy, small), parting(policy, 1)
        episode.fates[:, 4:] = 0
        episode.fates[5, 1] = Fate.ACTED | Fate.DIED
        episode.fates[6:, 1] = 0
        if changed:
            episode.actions[:, 4:], episode.drive[:, :, 4:], episode.deeds[:, 4:] = 0, 7, 3
            episode.actions[6:, 1], episode.drive[:, 6:, 1], episode.children[6:, 1] = 0, 7, 3
            episode.seen[:, 4:] = 1
        pupil.settings = replace(small, epochs=1)
        pupil._looked = True
        pupil.learn([(0, episode)])
        found.append(pupil.policy().hash)
        pupil.close()
    assert found[0] == found[1]


def test_rewards_are_drive_reduction_deeds_children_and_what_a_death_costs(policy: Policy, small: Settings) -> None:
    pupil = Pupil(policy, replace(small, drive=2.0, deed=0.25, child=3.0, death=0.5))
    episode = Episode.empty(2, 4, UNITS)
    episode.fates[0] = (1, 1, 1, Fate.ACTED | Fate.DIED)
    episode.drive[0, 0], episode.drive[1, 0] = SET_POINT, (SET_POINT // 2, SET_POINT, SET_POINT, 0)
    episode.deeds[0, 1], episode.children[0, 2] = 2, 1
    rewards = pupil._rollout(pupil._known[0].acts, episode).rewards.numpy()
    np.testing.assert_allclose(rewards[0], [1.0, 0.5, 3.0, -2.0 * 2 - 0.5])
    assert not rewards[1].any(), "nobody lived then"
    pupil.close()


def test_it_can_go_back_to_what_it_was(policy: Policy, pupil: Pupil) -> None:
    pupil.learn([(0, parting(policy, 1))])
    good = pupil.policy()
    pupil.learn([(1, parting(good, 2))])
    assert pupil.policy().hash != good.hash
    pupil.go_back(1)
    again = pupil.policy()
    assert again.hash == good.hash
    assert pupil.version == 3, "a version of its own all the same"
    for state in pupil.learner.optimiser.state.values():
        assert not any(bool(tensor.any()) for tensor in state.values())


def test_it_forgets_old_versions_but_one_that_is_held(policy: Policy, pupil: Pupil) -> None:
    pupil.policy()
    pupil.held = 1
    for _ in range(REMEMBERED + 5):
        pupil.policy()
    assert pupil.knows(1)
    assert pupil.knows(pupil.version)
    assert not pupil.knows(0)
    assert not pupil.knows(3)
    with pytest.raises(KeyError):
        pupil.go_back(3)


def test_real_lives_can_be_learned_from(pupil: Pupil, lived: Live) -> None:
    for _ in range(3):
        told = pupil.learn([(0, lived()), (0, lived())])
    assert pupil.updates == 3
    assert told["steps"] == pupil.steps > 0
    assert pupil.policy().hash != pupil.origin.hash
