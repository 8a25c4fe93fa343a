"""Great moments and facts: who is born, who dies, what few do, and what the inspector tells of them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ninepixel.server.facts import has_deed, mind_facts, slot_of
from ninepixel.server.moments import MOST, TOLD_TIER, Chronicler, Moment
from ninepixel.world.commands import Command
from ninepixel.world.laws.lives import DEEDS, Role
from ninepixel.world.life.census import Census
from ninepixel.world.universe import Universe
from small_courts import first_state, universe_of

MINDS = 6
RARE = next(number for number, deed in enumerate(DEEDS) if deed.tier >= TOLD_TIER)
DAILY = next(number for number, deed in enumerate(DEEDS) if deed.tier < TOLD_TIER and not deed.name.startswith("taste"))
MEAL = next(number for number, deed in enumerate(DEEDS) if deed.name == "taste_red")


class Watch:
    """A small universe whose news are read after every tick."""

    def __init__(self) -> None:
        self.universe: Universe = universe_of(first_state(3, MINDS - 3))
        self.census = Census()
        self.census.look(self.universe.pull())
        self.chronicler = Chronicler(self.universe.pull(), MINDS)

    def news(self) -> list[Moment]:
        state = self.universe.pull()
        return self.chronicler.news(state, *self.census.look(state))

    def step(self, *commands: Command) -> list[Moment]:
        self.universe.step(commands)
        return self.news()

    def do(self, slot: int, *deeds: int) -> None:
        """Somebody has done something."""
        lives = self.universe.pull().lives
        for deed in deeds:
            lives["deeds_hi" if deed >= 32 else "deeds_lo"][0, slot] |= np.uint32(1 << deed % 32)


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_at_first_nothing_is_news(watch: Watch) -> None:
    assert watch.news() == []


def test_births_and_deaths_have_a_name_and_a_place(watch: Watch) -> None:
    (born,) = watch.step(Command("mind.join", b"Ada"))
    assert (born.kind, born.text) == ("birth", "Ada is born")
    state = watch.universe.pull()
    slot = slot_of(state, born.sprite)
    row = int(state.bodies.row_of[0, born.sprite])
    assert (born.x, born.y) == (int(state.bodies["x"][0, row]), int(state.bodies["y"][0, row]))
    state.lives["health"][0, slot] = 0
    (died,) = [moment for moment in watch.step() if moment.kind == "death"]
    assert (died.text, died.sprite, died.x, died.y) == ("Ada has died", born.sprite, born.x, born.y)


def test_rare_deeds_are_told_once_and_daily_ones_never_but_for_meals(watch: Watch) -> None:
    watch.do(0, RARE, DAILY, MEAL)
    told = watch.news()
    assert sorted(moment.text.partition(": ")[2] for moment in told) == sorted([DEEDS[RARE].what, DEEDS[MEAL].what])
    assert {moment.kind for moment in told} == {"deed"}
    assert watch.news() == []


def test_what_somebody_had_done_before_is_not_the_newcomers(watch: Watch) -> None:
    watch.do(0, *range(len(DEEDS)))
    assert len(watch.news()) == MOST
    watch.universe.pull().lives["health"][0, 0] = 0
    watch.step()
    assert watch.news() == []
    watch.step(Command("mind.join", b"Bab", {"slot": 0}))
    watch.do(0, RARE)
    assert [moment.text for moment in watch.news()] == [f"Bab has done it: {DEEDS[RARE].what}"]


def test_deeds_are_bits_of_two_words() -> None:
    for number in range(64):
        lo, hi = (1 << number) & 0xFFFFFFFF, (1 << number) >> 32
        assert [deed for deed in range(64) if has_deed(lo, hi, deed)] == [number]


def test_facts_are_plain_and_say_nothing_of_the_host(watch: Watch) -> None:
    watch.step(Command("mind.join", b"Ada"))
    for _ in range(100):
        watch.universe.step()
    state = watch.universe.pull()
    slots = [slot for slot in range(int(state.lives.count[0])) if state.lives["body"][0, slot] >= 0]
    facts = [mind_facts(state, slot) for slot in slots]
    assert all(slot_of(state, fact["sprite"]) == fact["slot"] == slot for slot, fact in zip(slots, facts, strict=True))
    told = json.dumps(facts)
    for name in ("a.md", "b.py", "c.csv", "d.log", "deep"):
        assert name not in told
    assert {fact["led_by"] for fact in facts} >= {Role.GUARDIAN.name.lower(), "guest", "instinct"}


@pytest.mark.parametrize("sprite", [-1, 10**6, 1 << 30, (1 << 53) - 1])
def test_nobody_lives_in_what_is_no_body(watch: Watch, sprite: int) -> None:
    assert slot_of(watch.universe.pull(), sprite) == -1


def test_nobody_lives_in_matter(watch: Watch) -> None:
    assert slot_of(watch.universe.pull(), 0) == -1
