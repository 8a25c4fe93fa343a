"""What is said of a choice is what the choice is made of: odds, dice, reasons and rules."""

from __future__ import annotations

import ast
import inspect
import math
import sys
import textwrap
from types import FrameType
from typing import Any

import numpy as np
import pytest

from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.laws.lives import Role
from ninepixel.world.life.instinct import instinct
from ninepixel.world.life.senses import AT, OWN, RETINA_BYTES
from ninepixel.world.thought import Policy, Shape
from ninepixel.world.thought.shape import HEADS
from ninepixel.world.thought.tables import FINE, ONE
from ninepixel.world.universe import Universe
from ninepixel.world.why import answer, ask
from ninepixel.world.why.deciding import NATS, SWITCH, choices_of, memory_of, policy_in, scripted, unpacked
from ninepixel.world.why.groups import MEMORY, groups, octave_and_channel, without
from ninepixel.world.why.rules import RULES, rule_of
from some_policies import lived, noise, rough

FILE = rough(Shape(16), 3).packed()


def universe(policy: bytes = b"", minds: int = 4) -> Universe:
    return Universe.from_survey(synthetic(seed=1, files=20), seed=3, backend="cpu", minds=minds, guardians=1, policy=policy)


@pytest.mark.parametrize("policy", [b"", FILE], ids=["instinct", "policy"])
def test_what_is_foretold_is_done_in_the_next_tick(policy: bytes) -> None:
    with universe(policy) as u:
        for _ in range(12):
            u.step()
            before = u.digest()
            told = [ask(u, slot) for slot in range(4)]
            assert u.digest() == before, "asking changes nothing"
            u.step()
            for slot, words in enumerate(told):
                assert ask(u, slot)["last"] == words["next"]


def test_chance_and_stillness_are_foretold_too() -> None:
    with universe() as u:
        state = u.pull()
        state.lives["role"][0, :2] = int(Role.RANDOM), int(Role.STILL)
        for _ in range(12):
            told = ask(u, 0)
            assert sum(told["odds"]["move"]) == ONE
            assert max(told["odds"]["act"]) - min(told["odds"]["act"]) <= 1
            assert ask(u, 1)["next"] == {"move": "stay", "act": "rest", "word": 0}
            u.step()
            assert ask(u, 0)["last"] == told["next"]


def test_the_odds_are_those_of_the_dice_and_of_nothing_that_cannot_be() -> None:
    with universe(FILE) as u:
        for _ in range(10):
            u.step()
        state = u.pull()
        told = ask(u, 2)
        assert u.lives is not None
        raw = policy_in(FILE).explain(u.lives.engine.seen[0, 2], memory_of(state, 2))
        assert [n for head in HEADS for n in told["odds"][head]] == raw.odds.tolist()
        assert all(sum(told["odds"][head]) == ONE for head in HEADS)
        assert all(can or not share for can, share in zip(told["possible"], told["odds"]["act"], strict=True))
        assert told["possible"] == raw.possible.astype(int).tolist()
        assert told["value"] == round(1000 * raw.value)
        assert told["policy"] == Policy.parse(FILE).hash


def test_a_reason_is_what_the_log_odds_lose_without_it() -> None:
    """By hand, from probabilities instead of logits."""
    with universe(FILE) as u:
        for _ in range(30):
            u.step()
        state, policy = u.pull(), policy_in(FILE)
        assert u.lives is not None
        seen, memory = u.lives.engine.seen[0, 1], memory_of(state, 1)
        found = choices_of(state, 1, seen)
        assert found.reasons_in == NATS
        assert found.likeliest is not None

        def log_odds(sensed: Any, remembered: Any, head: int) -> float:
            logits = policy.explain(sensed, remembered).logits[9 * head : 9 * head + 9].astype(float) / (1 << FINE)
            shares = np.exp(logits - logits.max())
            assert found.likeliest is not None
            share = shares[found.likeliest[head]] / shares.sum()
            return math.log(share / (1 - share))

        for group in groups():
            other = without(seen, group)
            for head in range(3):
                lost = 0.0 if other is None else log_odds(seen, memory, head) - log_odds(other, memory, head)
                assert found.reasons.get(group.name, [0, 0, 0])[head] == pytest.approx(1000 * lost, abs=0.51)
        nothing = np.zeros_like(memory)
        for head in range(3):
            lost = log_odds(seen, memory, head) - log_odds(seen, nothing, head)
            assert found.reasons[MEMORY][head] == pytest.approx(1000 * lost, abs=0.51)
        assert max(abs(n) for row in found.reasons.values() for n in row) > 50, "or nothing was compared"
        assert all(any(row) for row in found.reasons.values())


def test_a_memory_that_is_anothers_is_none() -> None:
    with universe(FILE) as u:
        for _ in range(5):
            u.step()
        state = u.pull()
        assert state.thoughts is not None
        assert memory_of(state, 0).any()
        state.thoughts.whose[0, 0] += 1
        assert not memory_of(state, 0).any()
        assert state.thoughts.memory[0, 0].any(), "it is only looked at"


def test_every_byte_but_the_mask_is_in_one_group_and_blotting_touches_no_other() -> None:
    sizes = dict(OWN)
    taken = np.concatenate([group.at for group in groups()])
    mask = set(range(AT["mask"], AT["mask"] + sizes["mask"]))
    assert sorted(taken.tolist()) == sorted(set(range(RETINA_BYTES)) - mask)
    assert len({group.name for group in groups()}) == len(groups())
    seen = noise(1, 7)[0]
    for group in groups():
        seen[group.at] = group.neutral ^ 1
    for group in groups():
        other = without(seen, group)
        assert other is not None
        assert set(np.flatnonzero(other != seen).tolist()) <= set(group.at.tolist())
        assert without(other, group) is None, "it says nothing any more"
    assert octave_and_channel("octave 2 matter") == (2, 7)
    assert octave_and_channel("yellow store") is None


def test_what_says_nothing_is_the_published_neutral() -> None:
    neutral = {group.name: set(group.neutral.tolist()) for group in groups()}
    middle = ("red store", "blue store", "yellow store", "valence", "velocity", "genome", "clock", "place")
    other = {name: {128} for name in middle} | {"health": {255}, "colours": {85}}
    assert {name: values for name, values in neutral.items() if values != {0}} == other
    assert {"octave 0 field red", "octave 3 speech", "matter", "life", "thing", "reading", "heard", "last"} <= neutral.keys()
    bearings = {group.name: len(group.at) for group in groups() if group.name in ("matter", "life", "thing", "reading")}
    assert bearings == {"matter": 4, "life": 4, "thing": 3, "reading": 2}


def test_by_instinct_a_reason_turns_what_is_done() -> None:
    turned = 0
    for seen in lived().reshape(-1, RETINA_BYTES)[:400:9]:
        if not seen.any():
            continue
        with_all = unpacked(int(instinct(seen)))
        found = scripted(seen)
        assert found.reasons_in == SWITCH
        assert found.next == found.likeliest == with_all
        for group in groups():
            other = without(seen, group)
            then = with_all if other is None else unpacked(int(instinct(other)))
            want = [int(a != b) for a, b in zip(with_all, then, strict=True)]
            assert found.reasons.get(group.name, [0, 0, 0]) == want
            turned += any(want)
    assert turned > 20


# -- the rule that decides ----------------------------------------------------------------------------------------------

SCRIPT = instinct.py_func  # type: ignore[attr-defined]
RETURNS = [
    node.lineno for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(SCRIPT)))) if isinstance(node, ast.Return)
]


def ended_at(seen: np.ndarray) -> str:
    """The rule at whose ``return`` the script itself ends, found by following its lines."""
    last = 0

    def follow(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal last
        if frame.f_code is not SCRIPT.__code__:
            return None
        if event == "line":
            last = frame.f_lineno - SCRIPT.__code__.co_firstlineno + 1
        return follow

    before = sys.gettrace()
    sys.settrace(follow)
    try:
        SCRIPT(seen)
    finally:
        sys.settrace(before)
    order = sorted(RETURNS)
    return list(RULES)[order.index(max(line for line in order if line <= last))]


def test_the_script_has_a_return_for_every_rule() -> None:
    assert len(RETURNS) == len(RULES)


def test_the_rule_that_is_told_is_the_one_by_which_minds_live() -> None:
    told = set()
    for seen in lived().reshape(-1, RETINA_BYTES)[::3]:
        if seen.any():
            assert rule_of(seen) == ended_at(seen)
            told.add(rule_of(seen))
    assert len(told) >= 4, f"only {sorted(told)} were lived"


def anything(rng: np.random.Generator) -> np.ndarray:
    """An observation in which any of the rules may hold."""
    seen = rng.integers(0, 256, RETINA_BYTES, dtype=np.uint8)
    least = rng.integers(0, 256)
    seen[AT["stores"] : AT["stores"] + 3] = rng.integers(least, 256, 3)
    for name in ("life", "thing", "matter", "loot"):
        if rng.integers(0, 3):
            seen[AT[name]] = 0
    if rng.integers(0, 2):
        seen[: AT["stores"]] = 0  # it sees nothing
    if rng.integers(0, 4) == 0:
        seen[AT["place"] : AT["place"] + 2] = rng.integers(28, 37, 2)  # the middle of a sector
    return seen


def test_the_rule_that_is_told_is_the_one_of_any_observation() -> None:
    rng, told = np.random.default_rng(5), set()
    for _ in range(3000):
        seen = anything(rng)
        rule = rule_of(seen)
        assert rule == ended_at(seen)
        told.add(rule)
    assert told == set(RULES)


def test_a_guest_is_led_by_somebody_else() -> None:
    with universe() as u:
        u.step()
        state = u.pull()
        state.lives["role"][0, 0] = int(Role.GUEST)
        told = answer(state, 0)
        assert (told["odds"], told["next"], told["likeliest"], told["reasons"]) == ({}, {}, {}, {})
        assert told["value"] is None
        assert told["possible"][0] == 1
        assert "somebody else decides" in told["because"]
