"""The kernels equal the reference to the bit, whoever decides together, on however many threads; dice fall as they should."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.world.laws.lives import Act
from ninepixel.world.life.senses import RETINA_BYTES
from ninepixel.world.physics.cpu.team import Team
from ninepixel.world.thought import IntegerPolicy, Policy, Shape
from ninepixel.world.thought.integer import BLOCK, RULED_OUT, drawn
from ninepixel.world.thought.shape import MASK_AT
from reference_policy import ReferencePolicy, as_row, thrown
from some_policies import noise, rough, tempered

SHAPE = Shape(32)
POLICY = rough(SHAPE, 3)
MINDS = IntegerPolicy(POLICY)
SEED = 0x0123456789ABCDEF
MANY = 700


@pytest.fixture(scope="module")
def team() -> Iterator[Team]:
    team = Team(2)
    yield team
    team.close()


def lives(policy: IntegerPolicy, seen: npt.NDArray[np.uint8], ticks: int = 3, **options: Any) -> tuple[bytes, bytes]:
    """All actions and the last memory of minds that sense the same for some ticks."""
    memory, acts = policy.memory(len(seen)), []
    for tick in range(ticks):
        acts.append(policy.decide(seen, memory, seed=SEED, tick=tick, **options).tobytes())
    return b"".join(acts), memory.tobytes()


# -- the same as the reference ------------------------------------------------------------------------------------------------

TEMPERS = {
    "random": Policy.random(Shape(16), 1),
    "wild": tempered(Policy.random(Shape(48), 2), body=6, heads=64 * 8),
    "rough": rough(Shape(64), 3, heads=2),
    "faint": tempered(Policy.random(Shape(16), 4), body=1e-12, heads=1e-30),
    "vast": tempered(Policy.random(Shape(16), 5), body=1e30, heads=1e30),
    "nothing": tempered(Policy.random(Shape(16), 6), body=0, heads=0),
}


@pytest.mark.parametrize("temper", TEMPERS)
def test_equals_the_reference_tick_by_tick(temper: str) -> None:
    policy, reference, minds = IntegerPolicy(TEMPERS[temper]), ReferencePolicy(TEMPERS[temper]), 5
    memory, remembered = policy.memory(minds), policy.memory(minds).tolist()
    for tick in range(4):
        seen = noise(minds, tick)
        acts = policy.decide(seen, memory, seed=SEED, tick=tick)
        steps = [reference.step(seen[i].tolist(), remembered[i], SEED, tick, i) for i in range(minds)]
        remembered = [step.memory for step in steps]
        assert memory.tolist() == remembered
        assert np.array_equal(acts, [as_row(step) for step in steps])


@settings(max_examples=40)
@given(seed=st.integers(0, 2**64 - 1), tick=st.integers(0, 2**32 - 1), mind=st.integers(0, 2**32 - 1), data=st.data())
def test_equals_the_reference_whatever_it_senses_and_remembers(seed: int, tick: int, mind: int, data: st.DataObject) -> None:
    seen = np.frombuffer(data.draw(st.binary(min_size=RETINA_BYTES, max_size=RETINA_BYTES)), np.uint8)[None].copy()
    words = st.lists(st.integers(-(1 << 15), (1 << 15) - 1), min_size=SHAPE.hidden, max_size=SHAPE.hidden)
    memory = np.asarray([data.draw(words)], np.int16)
    step = REFERENCE.step(seen[0].tolist(), memory[0].tolist(), seed, tick, mind)
    why, ids, again = MINDS.explain(seen[0], memory[0]), np.asarray([mind], np.uint32), memory.copy()
    assert tuple(MINDS.decide(seen, memory, seed=seed, tick=tick, ids=ids)[0].tolist()) == step.action
    assert tuple(MINDS.decide(seen, again, seed=seed, tick=tick, ids=ids, greedy=True)[0].tolist()) == step.greedy
    assert memory[0].tolist() == again[0].tolist() == why.memory.tolist() == step.memory
    assert why.logits.tolist() == step.logits
    assert why.value == step.value / 4096


REFERENCE = ReferencePolicy(POLICY)


def test_the_greatest_sums_of_the_greatest_network_fit_their_words() -> None:
    """1024 units, every weight and bias as great as can be, everything sensed: a sum that wrapped would change its sign."""
    shape = Shape(1024)
    arrays = {name: np.full(size, 1e38, np.float32) for name, size in shape.arrays.items()}
    minds = IntegerPolicy(Policy(shape, POLICY.manifest, arrays))
    for remembered, after in ((32767, 32767), (-32768, 32766)):
        why = minds.explain(np.full(RETINA_BYTES, 255, np.uint8), np.full(1024, remembered, np.int16))
        assert set(why.logits.tolist()) == {1 << 24}
        assert why.value == 4096
        assert set(why.memory.tolist()) == {after}


# -- whoever decides together -------------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.lists(st.integers(0, MANY), max_size=6), st.integers(0, 5))
def test_a_mind_decides_the_same_in_any_company(cuts: list[int], tick: int) -> None:
    seen, ids = noise(MANY), np.arange(MANY, dtype=np.uint32)
    whole = MINDS.memory(MANY)
    acts = MINDS.decide(seen, whole, seed=SEED, tick=tick)
    split = MINDS.memory(MANY)
    edges = [0, *sorted(cuts), MANY]
    parts = [MINDS.decide(seen[lo:hi], split[lo:hi], seed=SEED, tick=tick, ids=ids[lo:hi]) for lo, hi in pairwise(edges)]
    assert np.array_equal(np.concatenate(parts), acts)
    assert np.array_equal(split, whole)


@pytest.mark.parametrize("minds", [0, 1, 3, BLOCK - 1, BLOCK, BLOCK + 1, MANY])
def test_two_threads_decide_what_one_decides(team: Team, minds: int) -> None:
    assert lives(MINDS, noise(minds), team=team) == lives(MINDS, noise(minds))


def test_the_order_of_minds_does_not_matter(team: Team) -> None:
    order, ids = np.random.default_rng(1).permutation(MANY), np.arange(MANY, dtype=np.uint32)
    memory, shuffled = MINDS.memory(MANY), MINDS.memory(MANY)
    acts = MINDS.decide(noise(MANY), memory, seed=SEED, tick=9)
    found = MINDS.decide(noise(MANY)[order], shuffled, seed=SEED, tick=9, ids=ids[order], team=team)
    assert np.array_equal(found, acts[order])
    assert np.array_equal(shuffled, memory[order])


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_who_is_not_asked_keeps_memory_and_action(seed: int) -> None:
    which = np.random.default_rng(seed).random(100) < 0.5
    memory, all_of_them = (np.full((100, SHAPE.hidden), 11, np.int16) for _ in range(2))
    acts = MINDS.decide(noise(100), all_of_them, seed=SEED, tick=1)
    out = np.full((100, 3), 77, np.uint8)
    assert MINDS.decide(noise(100), memory, seed=SEED, tick=1, which=which, out=out) is out
    assert np.array_equal(out, np.where(which[:, None], acts, 77))
    assert np.array_equal(memory, np.where(which[:, None], all_of_them, 11))


def test_a_seed_for_each_is_that_seed_for_each() -> None:
    seeds = np.asarray([SEED, 3, 2**64 - 1, SEED ^ 1 << 40] * 25, np.uint64)
    acts = MINDS.decide(noise(100), MINDS.memory(100), seed=seeds, tick=2)
    for seed in np.unique(seeds):
        alone = MINDS.decide(noise(100), MINDS.memory(100), seed=int(seed), tick=2)
        assert np.array_equal(acts[seeds == seed], alone[seeds == seed])


def test_seed_tick_and_id_all_count() -> None:
    same = np.repeat(noise(1), 400, axis=0)

    def throw(seed: int, tick: int, first: int) -> bytes:
        ids = np.arange(first, first + 400, dtype=np.uint32)
        return MINDS.decide(same, MINDS.memory(400), seed=seed, tick=tick, ids=ids).tobytes()

    assert len({throw(1, 1, 0), throw(2, 1, 0), throw(1 << 32 | 1, 1, 0), throw(1, 2, 0), throw(1, 1, 1000)}) == 5
    assert len({bytes(act) for act in np.frombuffer(throw(1, 1, 0), "V3")}) > 1


# -- masks and dice -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 511), st.booleans())
def test_an_act_that_can_have_no_effect_is_never_done(mask: int, greedy: bool) -> None:
    seen = noise(60, mask)
    seen[:, MASK_AT : MASK_AT + 9] = [255 * (mask >> act & 1) for act in range(9)]
    acts = MINDS.decide(seen, MINDS.memory(60), seed=mask, tick=0, greedy=greedy)[:, 1]
    assert set(acts.tolist()) <= {int(Act.REST), *(act for act in range(9) if mask >> act & 1)}


def test_nobody_rests() -> None:
    """Who is not alive senses zeros, an empty mask included."""
    why = MINDS.explain(np.zeros(RETINA_BYTES, np.uint8), np.zeros(SHAPE.hidden, np.int16))
    assert why.possible.tolist() == [True] + [False] * 8
    assert why.odds[9:18].tolist() == [65536] + [0] * 8
    assert why.logits[10:18].tolist() == [RULED_OUT] * 8


def test_dice_fall_as_often_as_the_odds_say() -> None:
    throws = 200_000
    why = MINDS.explain(noise(1, 4)[0], MINDS.memory(1)[0])
    acts = MINDS.decide(np.repeat(noise(1, 4), throws, axis=0), MINDS.memory(throws), seed=SEED, tick=3)
    expected = why.odds.reshape(3, 9) / 65536
    assert np.sum((expected > 0.02) & (expected < 0.9)) > 8, "the odds are too uneven for a test"
    for head in range(3):
        found = np.bincount(acts[:, head], minlength=9) / throws
        spread = np.sqrt(expected[head] * (1 - expected[head]) / throws)
        assert np.all(np.abs(found - expected[head]) < 5 * spread + 2 / 65536)
    joint = np.histogram2d(acts[:, 0], acts[:, 2], bins=[range(10)] * 2)[0] / throws
    assert np.abs(joint - np.outer(expected[0], expected[2])).max() < 0.005, "heads throw dice of their own"


@given(st.lists(st.integers(0, 1 << 16), min_size=9, max_size=9).filter(any), st.integers(0, 2**32 - 1), st.integers(0, 8))
def test_a_word_falls_where_the_reference_says(weights: list[int], word: int, choice: int) -> None:
    edge = -(-(sum(weights[: choice + 1]) << 32) // sum(weights))  # the first word that falls beyond a choice
    for thrown_word in {word, min(edge, 2**32 - 1), max(edge - 1, 0)}:
        assert drawn(thrown_word, sum(weights), np.asarray(weights)) == thrown(thrown_word, weights)


def test_of_equal_choices_the_greedy_one_is_the_first() -> None:
    nothing = IntegerPolicy(TEMPERS["nothing"])
    assert not nothing.decide(noise(30), nothing.memory(30), seed=1, tick=1, greedy=True).any()


def test_the_odds_of_every_head_add_up() -> None:
    for seen in noise(50, 3):
        why = MINDS.explain(seen, np.zeros(SHAPE.hidden, np.int16))
        assert why.odds.reshape(3, 9).sum(axis=1).tolist() == [65536] * 3
        assert why.odds.min() >= 0


def test_the_value_is_in_units_of_the_manifest() -> None:
    larger = Policy(SHAPE, dict(POLICY.manifest) | {"value_scale": 32.0}, POLICY.arrays)
    values = [IntegerPolicy(p).explain(noise(1)[0], np.zeros(SHAPE.hidden, np.int16)).value for p in (POLICY, larger)]
    assert values[0] != 0
    assert values[1] == 32 * values[0]


def test_to_explain_changes_nothing() -> None:
    seen, memory = noise(1)[0], np.full(SHAPE.hidden, 99, np.int16)
    why = MINDS.explain(seen, memory)
    assert np.all(memory == 99)
    after = memory[None].copy()
    MINDS.decide(seen[None], after, seed=1, tick=1)
    assert np.array_equal(after[0], why.memory)


# -- what is refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seen", noise(4).astype(np.int16)),
        ("seen", noise(4)[:, :-1]),
        ("seen", np.asfortranarray(noise(4))),
        ("memory", np.zeros((4, SHAPE.hidden), np.float32)),
        ("memory", np.zeros((3, SHAPE.hidden), np.int16)),
        ("memory", np.zeros((4, 64), np.int16)),
        ("ids", np.arange(4)),
        ("which", np.ones(4, np.uint8)),
        ("out", np.zeros((4, 2), np.uint8)),
        ("seed", np.zeros(4, np.int64)),
    ],
)
def test_other_arrays_are_refused(name: str, value: Any) -> None:
    given: dict[str, Any] = {"seen": noise(4), "memory": MINDS.memory(4), "seed": 1, "tick": 1} | {name: value}
    with pytest.raises(ValueError, match=f"^{name} is a contiguous array of"):
        MINDS.decide(given.pop("seen"), given.pop("memory"), **given)


def test_a_memory_that_cannot_be_written_to_is_refused() -> None:
    memory = MINDS.memory(4)
    memory.flags.writeable = False
    with pytest.raises(ValueError, match="memory is written to"):
        MINDS.decide(noise(4), memory, seed=1, tick=1)
