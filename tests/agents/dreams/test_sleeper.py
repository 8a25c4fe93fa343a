"""Dreams beside a running universe: it neither waits for them nor is changed by them."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest

from dream_places import universe
from ninepixel.agents.dreams import sleeper as sleeper_module
from ninepixel.agents.dreams.dream import Night, Waiting
from ninepixel.agents.dreams.dreamer import NoDreamer
from ninepixel.agents.dreams.sleeper import MOST_WAITING, Sleeper


def test_a_universe_whose_mind_dreams_goes_the_same_way() -> None:
    with universe() as dreaming, universe() as twin:
        with Sleeper(dreaming, 1, every=8, night=Night(2, 8)) as sleeper:
            for _ in range(40):
                dreaming.step()
                twin.step()
                sleeper.note(dreaming)
                assert dreaming.digest() == twin.digest()
            sleeper.wake()
            found = sleeper.dreamt()
        assert found
        assert len(found) + sleeper.left_out >= 3
        assert [moment.tick for moment in found] == sorted(moment.tick for moment in found)
        assert sleeper.dreamt() == [], "each is told once"
        dreaming.check_ledger()


def test_it_dreams_of_what_it_was_handed_and_not_of_what_came_later() -> None:
    night = Night(2, 8)
    with universe() as waking:
        sleeper = Sleeper(waking, 1, every=8, night=night)
        for _ in range(8):
            waking.step()
            sleeper.note(waking)
        expected = Waiting.at(waking, 1, sleeper._temper, night, {})
        for _ in range(8):
            waking.step()
            sleeper.note(waking)
        sleeper.wake()
        first = sleeper.dreamt()[0]
        assert (first.tick, (first.dreamed, first.greedy), first.value) == (8, expected.returns, expected.value)


def test_no_tick_waits_for_a_dream_and_too_many_moments_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    woken, dream = Event(), sleeper_module._asleep

    def endless(*args: Any) -> Waiting:
        assert woken.wait(60)
        return dream(*args)

    monkeypatch.setattr(sleeper_module, "_asleep", endless)
    with universe() as waking:
        sleeper = Sleeper(waking, 0, every=2, night=Night(1, 4))
        for _ in range(2 * MOST_WAITING + 6):
            waking.step()
            sleeper.note(waking)
        assert waking.tick == 2 * MOST_WAITING + 6, "no dream has ended, and time went on"
        assert sleeper.left_out == 3
        assert sleeper.dreamt() == []
        woken.set()
        sleeper.wake()
        sleeper.wake()
        assert len(sleeper.dreamt()) + sleeper.left_out == MOST_WAITING + 3


def test_what_goes_wrong_in_a_dream_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def nightmare(*args: Any) -> Waiting:
        raise RuntimeError("a nightmare")

    monkeypatch.setattr(sleeper_module, "_asleep", nightmare)
    with universe() as waking:
        sleeper = Sleeper(waking, 0, every=1, night=Night(1, 4))
        waking.step()
        sleeper.note(waking)
        with pytest.raises(RuntimeError, match="a nightmare"):
            sleeper.wake()


def test_nobody_cannot_dream() -> None:
    with universe(minds=2) as waking, pytest.raises(NoDreamer):
        Sleeper(waking, 3)
