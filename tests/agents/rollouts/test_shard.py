"""Worlds that are lent: whoever does the same work finds the same, and may go on where somebody else left off."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.agents.rollouts.shard import Shard, Stopped
from ninepixel.agents.rollouts.standing import Standing
from ninepixel.agents.rollouts.work import BadWork, Work, options_of
from ninepixel.agents.tasks import TASKS, Weights
from ninepixel.world.store.envelope import pack, unpack
from ninepixel.world.thought import IntegerPolicy, Policy, Shape
from some_leases import AGENTS, HIDDEN, POLICY, TICKS, a_shard, decided, further, work_of


def test_the_same_work_comes_to_the_same() -> None:
    one, two = a_shard(), a_shard()
    for _ in range(4):  # beyond the horizon of 12 ticks
        work = work_of(one)
        ours, theirs = one.do(work, POLICY), two.do(work, POLICY)
        assert np.array_equal(ours.actions, theirs.actions)
        assert ours.sums.tobytes() == theirs.sums.tobytes()
        assert ours.mark == theirs.mark == two.mark()
    assert len({row.tobytes() for row in ours.actions}) > 1, "they do something"


def test_other_dice_and_other_policies_do_something_else() -> None:
    found = []
    for policy, dice in ((POLICY, 77), (POLICY, 78), (decided(4), 77)):
        shard = a_shard()
        found.append(shard.do(replace(work_of(shard), dice=dice), policy).actions.tobytes())
    assert len(set(found)) == 3


def test_worlds_go_on_elsewhere_from_what_was_taken_down() -> None:
    here, there = a_shard(), a_shard()
    for ticks in (TICKS, 3, TICKS):  # in the middle of lives, and where some have just ended
        here.do(work_of(here, ticks=ticks), POLICY)
        there.take_up(here.take_down(), HIDDEN)
        assert there.mark() == here.mark()
        assert np.array_equal(there.env.arena.seen, here.env.arena.seen)
        work = work_of(here)
        ours, theirs = here.do(work, POLICY), there.do(work, POLICY)
        assert (ours.sums.tobytes(), ours.actions.tobytes(), ours.mark) == (
            theirs.sums.tobytes(),
            theirs.actions.tobytes(),
            theirs.mark,
        )
        assert np.array_equal(here.memory, there.memory)


def test_worlds_are_founded_once_more_where_the_work_says_so() -> None:
    learner, node = a_shard(), a_shard()
    for shard in (learner, node):
        shard.do(work_of(shard), POLICY)
    learner.found(b"\x40")  # the second of two worlds
    work = work_of(learner, founded=b"\x40")
    assert node.mark() != work.start
    assert node.do(work, POLICY).mark == learner.do(work, POLICY).mark


def test_work_that_begins_elsewhere_is_not_done() -> None:
    shard = a_shard()
    work = work_of(shard)
    shard.do(work, POLICY)
    with pytest.raises(BadWork, match="do not stand where the work begins"):
        shard.do(work, POLICY)
    with pytest.raises(BadWork, match="32 units"):
        shard.do(further(work, shard), IntegerPolicy(Policy.random(Shape(32))))


def test_work_is_left_off_between_two_ticks() -> None:
    shard, asked = a_shard(), iter([False, False, True])
    with pytest.raises(Stopped):
        shard.do(work_of(shard), POLICY, lambda: next(asked))
    assert shard.env.arena.tick == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"task": "ninepixel/Sleep-v0"}, "no task 'ninepixel/Sleep-v0' here"),
        ({"options": {"speed": 3}}, "no option 'speed'"),
        ({"options": {"agents": -1}}, "from 1 to"),
        ({"agents": 7}, "no whole worlds of 4"),
        ({"agents": 1 << 20}, "no piece of work"),
        ({"agents": 0}, "no piece of work"),
        ({"ticks": 1 << 20}, "no piece of work"),
        ({"ticks": 0}, "no piece of work"),
        ({"founded": b""}, "it says of 0 worlds"),
    ],
)
def test_work_that_cannot_be_is_refused_in_one_line(change: dict[str, object], said: str) -> None:
    shard = a_shard()
    with pytest.raises(BadWork, match=said) as found:
        Shard(replace(work_of(shard), **change), 1)  # type: ignore[arg-type]
    assert "\n" not in str(found.value)


def test_tasks_are_told_by_what_is_other_than_usual() -> None:
    assert options_of(TASKS["forage"]) == {}
    assert options_of(TASKS["forage"].with_options(agents=4, horizon=12)) == {"agents": 4, "horizon": 12}
    for strange in (replace(TASKS["forage"], weights=Weights(deed=9)), replace(TASKS["forage"], version=99)):
        with pytest.raises(BadWork, match="another task"):
            options_of(strange)


# -- what comes from a stranger ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def standing() -> Standing:
    """Worlds in the middle of things."""
    shard = a_shard()
    shard.do(work_of(shard), POLICY)
    return shard.take_down()


@settings(max_examples=40)
@given(part=st.sampled_from(["state", "rest"]), at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_in_worlds_that_come_is_refused_or_another_state(
    standing: Standing, part: str, at: float, bit: int
) -> None:
    """Never a crash, also when ticks pass in what was taken up."""
    data = bytearray(getattr(standing, part))
    data[int(at * len(data))] ^= 1 << bit
    shard = a_shard()
    with contextlib.suppress(BadWork):
        shard.take_up(replace(standing, **{part: bytes(data)}), HIDDEN)
        shard.do(further(work_of(shard), shard), POLICY)


def test_worlds_of_another_kind_are_refused(standing: Standing) -> None:
    other = Shard(Work("ninepixel/Forage-v0", {"agents": 2}, 8, 5, b"\0", 0, 8, b"", b"", 0), 1)
    other.memory = POLICY.memory(AGENTS)
    elsewhere = a_shard(6).take_down()
    for strange in (other.take_down(), elsewhere, Standing(b"", b""), Standing(standing.rest, standing.state)):
        with pytest.raises(BadWork, match="cannot be taken up"):
            a_shard().take_up(strange, HIDDEN)
    with pytest.raises(BadWork, match="column memory"):
        a_shard().take_up(standing, 32)


def test_flags_are_yes_or_no(standing: Standing) -> None:
    rest = unpack(standing.rest)
    columns = {name: np.concatenate([rest.column(name, p.dtype, p.count) for p in parts]) for name, parts in rest.columns.items()}
    columns["over"] = np.full_like(columns["over"], 2)
    with pytest.raises(BadWork, match="others than yes and no"):
        a_shard().take_up(Standing(standing.state, pack("standing", 0, {}, columns)), HIDDEN)
