"""Dreams: what was lived is a dream with the waking world's dice; all others are forks that leave it alone."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dream_places import other_policy, universe
from ninepixel.agents.arena import Arena
from ninepixel.agents.dreams.diary import GAMMA, Diary, Page, discounted, whose
from ninepixel.agents.dreams.dream import Dreamt, Night, Waiting, _to_others, dream, dream_of, surprising
from ninepixel.agents.dreams.dreamer import Dice, Dreamer, NoDreamer, memory_of, temper_of, value_of
from ninepixel.agents.tasks import TASKS
from ninepixel.world.commands import Command
from ninepixel.world.laws.lives import Role
from ninepixel.world.thought import IntegerPolicy
from ninepixel.world.universe import Universe

RETURNS = st.floats(-9, 9, width=32)


@pytest.mark.parametrize("role", [Role.LEARNED, Role.INSTINCT, Role.RANDOM, Role.STILL])
def test_a_dream_with_the_waking_dice_is_what_was_lived(role: Role) -> None:
    with universe(role) as waking:
        for _ in range(12):
            waking.step()
        before = waking.digest()
        with waking.fork() as fork:
            dreamed = dream(fork, 1, temper_of(waking, 1), Dice(0), 24, {})
        assert waking.digest() == before
        diary = Diary(waking, 1)
        for _ in range(24):
            waking.step()
            diary.note(waking)
        assert dreamed == diary.pages
        assert any(page.reward for page in dreamed) == (role != Role.STILL)


@pytest.mark.parametrize("role", [Role.LEARNED, Role.INSTINCT, Role.RANDOM])
def test_other_dice_are_other_dreams_and_the_same_dice_the_same(role: Role) -> None:
    with universe(role) as waking:
        temper = temper_of(waking, 0)
        before = waking.digest()
        ways = [way(waking, temper, Dice(n)) for n in (1, 1, 2)]
        assert ways[0] == ways[1] != ways[2]
        assert way(waking, temper, Dice(1, greedy=True)) == way(waking, temper, Dice(2, greedy=True)) or role == Role.RANDOM
        assert waking.digest() == before


def way(waking: Universe, temper: Any, dice: Dice) -> list[tuple[int, int]]:
    """Where slot 0 is in every tick of a dream."""
    places = []

    def look(fork: Universe) -> None:
        state = fork.pull()
        row = state.bodies.row_of[0, state.lives["body"][0, 0]]
        places.append((int(state.bodies["x"][0, row]), int(state.bodies["y"][0, row])))

    with waking.fork() as fork:
        dream(fork, 0, temper, dice, 24, {}, look)
    return places


def test_a_dreamer_remembers_what_it_remembered_awake() -> None:
    with universe() as waking:
        temper = temper_of(waking, 2)
        assert isinstance(temper, IntegerPolicy)
        assert not memory_of(waking, 2, temper).any(), "nothing yet"
        for _ in range(9):
            waking.step()
        thoughts = waking.pull().thoughts
        assert thoughts is not None
        assert memory_of(waking, 2, temper).tolist() == thoughts.memory[0, 2:3].tolist() != [[0] * 16]
        with waking.fork() as fork:
            own = fork.pull().thoughts
            assert own is not None
            before = own.memory.copy()
            Dreamer(fork, 2, temper, Dice(1)).act(fork)
            assert np.array_equal(own.memory, before), "the dreamer has a memory of its own"
        other = IntegerPolicy(other_policy())
        assert not memory_of(waking, 2, other).any(), "another policy remembers nothing"
        lives = waking.pull().lives
        assert waking.lives is not None
        seen = waking.lives.engine.seen[0, 2]
        assert value_of(waking, 2, temper) == temper.explain(seen, thoughts.memory[0, 2]).value
        assert value_of(waking, 2, Role.INSTINCT) is None
        assert lives["role"][0, 2] == Role.LEARNED, "awake it is led by nobody"
        thoughts.whose[0, 2] += 1
        assert not memory_of(waking, 2, temper).any(), "another's memory is not its own"


def test_who_cannot_dream_is_told_why() -> None:
    with universe(Role.INSTINCT, minds=2) as waking:
        with pytest.raises(NoDreamer, match="no slot 99 for a mind"):
            temper_of(waking, 99)
        with pytest.raises(NoDreamer, match="nobody lives in slot 3 at tick 0"):
            temper_of(waking, 3)
        assert temper_of(waking, 0) == Role.INSTINCT


def test_a_diary_pays_what_an_arena_pays() -> None:
    task = TASKS["universe"].with_options(agents=3, spare=1, files=6, horizon=512)
    arena = Arena(task, worlds=1, seed=4, threads=1, roles=[int(Role.INSTINCT)] * 3)
    arena.reset()
    world = SimpleNamespace(lives=SimpleNamespace(engine=arena.life), pull=lambda: arena.state, tick=0)
    diaries = [Diary(cast(Universe, world), slot, task) for slot in range(3)]
    paid = []
    for _ in range(400):
        arena.step(np.zeros((1, 3, 3), np.uint8))
        paid.append(arena.reward[0, :3].copy())
        for diary in diaries:
            diary.note(cast(Universe, world))
    kept = np.asarray([[page.reward for page in diary.pages] for diary in diaries]).T
    assert kept == pytest.approx(np.asarray(paid), abs=1e-5)
    assert (np.asarray(paid) > 0.5).any(), "somebody did a deed"


def test_death_ends_a_return_and_costs_what_it_costs() -> None:
    with universe(Role.STILL) as waking:
        lives = waking.pull().lives
        waking.step()
        diary, serial = Diary(waking, 0, TASKS["survive"]), whose(waking, 0)
        lives["health"][0, 0] = -5
        waking.step()
        page = diary.note(waking)
        assert page.died
        assert page.reward < -1.9, "two, and what it did meanwhile"
        assert page.serial == serial
        assert diary.lived(diary.begin, 50) == pytest.approx(page.reward)
        assert diary.lived(diary.begin + 1, 50) is None, "that is not known yet"


def test_later_rewards_are_worth_less_and_nothing_after_death() -> None:
    pages = [Page(1, 1.0, False), Page(1, 2.0, True), Page(2, 99.0, False)]
    assert discounted(pages) == pytest.approx(1 + 2 * GAMMA)
    assert discounted([]) == 0


# -- what is made of dreams ----------------------------------------------------------------------------------------------------


def moment(lived: float, dreamed: tuple[float, ...], greedy: float = 0.0, value: float | None = None, tick: int = 0) -> Dreamt:
    """A moment that was dreamed of."""
    return Dreamt(tick, 1, "curious", lived, dreamed, greedy, value)


def test_what_dreams_say_worked_out_by_hand() -> None:
    one = moment(1.0, (1.0, 2.0, 3.0), 5.0, 2.5)
    assert (one.mean, one.surprise, one.regret, one.change) == (2.0, 1.0, 4.0, -0.5)
    reach = 4.303 * 1.0 / 3**0.5
    assert one.interval == pytest.approx((2 - reach, 2 + reach))
    assert moment(9.0, (1.0, 2.0), 3.0).regret == 0, "it could not have been better"
    assert moment(1.0, (1.0,)).interval == (float("-inf"), float("inf"))
    assert moment(1.0, (1.0,)).change is None


@given(st.lists(st.tuples(RETURNS, RETURNS, RETURNS), min_size=1, max_size=12), st.integers(1, 12))
def test_the_most_surprising_come_first_and_none_is_left_out_for_a_lesser_one(
    found: list[tuple[float, float, float]], most: int
) -> None:
    moments = [moment(lived, (a, b), tick=n) for n, (lived, a, b) in enumerate(found)]
    chosen = surprising(moments, most)
    surprise = [one.surprise for one in chosen]
    assert surprise == sorted((one.surprise for one in moments), reverse=True)[:most]
    for earlier, later in pairwise(chosen):
        assert earlier.surprise > later.surprise or earlier.tick < later.tick


@given(RETURNS, st.lists(RETURNS, min_size=1, max_size=8), RETURNS)
def test_regret_is_what_the_best_dream_had_more(lived: float, dreamed: list[float], greedy: float) -> None:
    one = moment(lived, tuple(dreamed), greedy)
    assert one.regret == max(0.0, *(r - lived for r in (*dreamed, greedy)))
    assert one.regret >= one.mean - lived - 1e-9


def test_a_moment_is_compared_when_what_came_of_it_is_known() -> None:
    with universe() as waking:
        temper, night, diary = temper_of(waking, 0), Night(dreams=2, horizon=6), Diary(waking, 0)
        waiting = Waiting.at(waking, 0, temper, night, {})
        for _ in range(6):
            assert waiting.compared(diary, night.horizon) is None
            waking.step()
            diary.note(waking)
        found = waiting.compared(diary, night.horizon)
        assert found is not None
        assert (found.tick, found.serial, len(found.dreamed)) == (0, 1, 2)
        assert found.lived == pytest.approx(discounted(diary.pages))
        assert (found.dreamed, found.greedy) == waiting.returns


def test_the_likeliest_choices_are_one_more_dream() -> None:
    with universe() as waking:
        before = waking.digest()
        dreamed, greedy = dream_of(waking, 0, temper_of(waking, 0), Night(dreams=3, horizon=8), {})
        assert (waking.digest(), waking.tick) == (before, 0)
        with waking.fork() as fork:
            assert greedy == discounted(dream(fork, 0, temper_of(waking, 0), Dice(0, greedy=True), 8, {}))
        assert len(dreamed) == 3


# -- what others were told -------------------------------------------------------------------------------------------------------


def test_others_are_told_again_what_they_were_told_and_the_dreamer_is_not() -> None:
    with universe() as fork:
        own = Command("mind.act", b"1", {"move": 5, "act": 6, "utter": 7})
        join = Command("mind.join", b"guest", {})
        assert _to_others(join, fork, 1, own) is join
        for gone in (
            Command("mind.act", b"1", {"move": 1, "act": 0, "utter": 0}),
            Command("mind.leave", b"1"),
            Command("mind.join", b"guest", {"slot": 1}),
            Command("mind.act", b"Mystiiqa", {"move": 1, "act": 0, "utter": 0}),
        ):
            assert _to_others(gone, fork, 1, own) is None
        many = _to_others(Command("minds.act", b"", {"acts": bytes(range(8)) + b"\x08"}), fork, 1, own)
        assert many is not None
        assert many.data["acts"] == bytes([0, 1, 2, 5, 6, 7, 6, 7, 8])
        few = Command("minds.act", b"", {"acts": b"\x01\x02\x03"})
        assert _to_others(few, fork, 1, own) == few


def test_what_cannot_be_because_things_went_otherwise_is_left_out() -> None:
    with universe() as waking, waking.fork() as fork:
        impossible = Command("mind.act", b"77", {"move": 1, "act": 0, "utter": 0})
        told = {waking.tick: [impossible, Command("mind.join", b"x", {"slot": 2})]}
        pages = dream(fork, 0, temper_of(waking, 0), Dice(1), 4, told)
        assert len(pages) == 4
        assert fork.pull().lives["role"][0, 2] == Role.GUEST, "what can be, is"
        assert waking.pull().lives["role"][0, 2] == Role.LEARNED
