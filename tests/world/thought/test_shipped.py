"""What is shipped is whole, small, made by its recipe, and decides the same on every machine."""

from __future__ import annotations

import hashlib

import pytest

from ninepixel.agents.learning.recipes import RECIPES
from ninepixel.agents.score import BASELINES, live
from ninepixel.agents.tasks import TASKS
from ninepixel.world.thought import BadPolicy, IntegerPolicy, Policy
from ninepixel.world.thought.shape import observation_version
from ninepixel.world.thought.shipped import INSTINCT, USUAL, led_by, policy_named, shipped
from some_policies import noise

#: BLAKE2b-64 of what 64 minds decide in 16 ticks, and of what they remember then.
GOLDEN: dict[str, str] = {
    "explore": "f470def4eedce7a7",
    "forage": "2c72d62773bce12c",
    "survive": "c9566eb13e1262b1",
    "universe": "52c9fe39bac58838",
}


def test_there_is_one_for_every_task() -> None:
    assert set(shipped()) == set(TASKS)
    assert USUAL in shipped()
    assert INSTINCT not in shipped()


@pytest.mark.parametrize("name", shipped())
def test_it_is_small_and_made_by_its_recipe(name: str) -> None:
    policy, recipe = policy_named(name), RECIPES[name]
    assert len(policy.packed()) < 1 << 20
    manifest = policy.manifest
    assert manifest["task"] == TASKS[name].id
    assert manifest["observation_version"] == observation_version()
    assert (manifest["seed"], manifest["settings"]) == (recipe.seed, recipe.settings.plain())
    assert manifest["command"] == f"ninepixel train {name} --steps {recipe.steps} --seed {recipe.seed}"
    assert manifest["steps"] >= recipe.steps


@pytest.mark.parametrize("name", shipped())
def test_it_decides_the_same_everywhere(name: str) -> None:
    integers, mix = IntegerPolicy(policy_named(name)), hashlib.blake2b(digest_size=8)
    memory = integers.memory(64)
    for tick in range(16):
        mix.update(integers.decide(noise(64, tick), memory, seed=9, tick=tick).tobytes())
    mix.update(memory.astype("<i2").tobytes())
    assert mix.hexdigest() == GOLDEN[name]


def test_a_name_is_of_what_is_shipped_or_of_a_file() -> None:
    assert policy_named("forage").packed() != policy_named("explore").packed()
    with pytest.raises(BadPolicy, match="no policy is called 'fourage', and there is no such file"):
        policy_named("fourage")


def test_nobody_is_led_by_instinct() -> None:
    assert led_by(INSTINCT) == b""
    assert led_by(None) == policy_named(USUAL).packed()
    assert Policy.parse(led_by("survive")).hash == policy_named("survive").hash


@pytest.mark.parametrize("name", shipped())
def test_it_earns_more_than_chance(name: str) -> None:
    task = TASKS[name].with_options(horizon=512)
    learned = live(task, IntegerPolicy(policy_named(name)), 64)
    chance = live(task, BASELINES["random"], 64)
    assert learned.returns.mean() > chance.returns.mean() + 1
