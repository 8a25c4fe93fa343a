"""The past of a save, dreamed of: the file stays as it is, the waking world comes out as it did."""

from __future__ import annotations

from pathlib import Path

import pytest

from dream_places import TICKS, other_policy, saved
from ninepixel.agents.dreams import past as past_module
from ninepixel.agents.dreams.dream import Dreamt, Night
from ninepixel.agents.dreams.dreamer import NoDreamer
from ninepixel.agents.dreams.film import film
from ninepixel.agents.dreams.past import Past, Plan, WakingChanged
from ninepixel.world.commands import Command
from ninepixel.world.digest import digest
from ninepixel.world.laws.lives import Role
from ninepixel.world.store.save import load_state
from ninepixel.world.thought import IntegerPolicy
from ninepixel.world.universe import Universe

PLAN = Plan(ticks=64, every=16, night=Night(dreams=2, horizon=16))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A save of minds that act by a policy; some are led from outside for a while."""
    told = {
        8: [Command("mind.join", b"guest", {"slot": 1})],
        40: [Command("minds.act", b"", {"acts": bytes([0, 0, 0, 3, 1, 0])})],
        60: [Command("mind.leave", b"guest")],
    }
    return saved(tmp_path_factory.mktemp("past") / "a.9px", commands=told)


def dreamt(file: Path, slot: int = 0, plan: Plan = PLAN) -> list[Dreamt]:
    """All moments."""
    with Past(file, slot, plan) as past:
        return list(past.dreams())


def test_dreams_leave_the_file_and_the_waking_world_alone(file: Path) -> None:
    before, others = file.read_bytes(), sorted(file.parent.iterdir())
    with Past(file, 0, PLAN) as past:
        found = list(past.dreams())
        assert past.digest == digest(load_state(file))
        assert (past.begin, past.end) == (TICKS - 64, TICKS)
    assert file.read_bytes() == before
    assert sorted(file.parent.iterdir()) == others
    assert [moment.tick for moment in found] == [32, 48, 64, 80]
    assert {len(moment.dreamed) for moment in found} == {2}


def test_a_night_is_the_same_every_night(file: Path) -> None:
    assert dreamt(file) == dreamt(file)


def test_what_was_lived_is_what_the_past_holds(file: Path) -> None:
    """Whatever else is dreamed of: other plans find the same lived returns."""
    often = {moment.tick: moment.lived for moment in dreamt(file, plan=Plan(64, 8, Night(1, 16)))}
    assert [often[moment.tick] for moment in dreamt(file)] == [moment.lived for moment in dreamt(file)]


def test_who_is_led_from_outside_can_dream_too(file: Path) -> None:
    assert [moment.value for moment in dreamt(file, 1)] == [None] * 4, "in its dreams it acts by instinct"
    with Past(file, 1, PLAN, IntegerPolicy(other_policy())) as past:
        assert all(moment.value is not None for moment in past.dreams())


def test_the_film_of_a_dream_is_its_best_dream(file: Path, tmp_path: Path) -> None:
    with Past(file, 0, PLAN) as past:
        moment = next(past.dreams())
        ticks: list[int] = []

        def look(fork: Universe) -> None:
            ticks.append(fork.tick)

        dice = past.show(moment, look)
        assert ticks[0] == moment.tick
        assert len(ticks) <= 17
        returns = {**{(n + 1, False): value for n, value in enumerate(moment.dreamed)}, (0, True): moment.greedy}
        assert returns[(dice.number, dice.greedy)] == max(returns.values())
        assert film(past, moment, tmp_path / "d.gif", (64, 48)) == len(ticks)
    assert (tmp_path / "d.gif").read_bytes()[:4] == b"GIF8"


def test_a_past_too_short_to_dream_of_is_refused(file: Path) -> None:
    with pytest.raises(NoDreamer, match=r"holds 96 ticks of its past.*a dream takes 100"):
        Past(file, 0, Plan(ticks=512, night=Night(horizon=100)))
    with pytest.raises(NoDreamer, match="no slot 88"):
        dreamt(file, 88)


def test_a_past_that_comes_out_otherwise_is_no_past(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_module, "digest", lambda state: "another")
    with pytest.raises(WakingChanged, match="tick 96 came out otherwise"):
        dreamt(file)


def test_minds_of_instinct_have_pasts_too(tmp_path: Path) -> None:
    found = dreamt(saved(tmp_path / "b.9px", Role.INSTINCT, ticks=48), 2, Plan(32, 16, Night(2, 16)))
    assert [moment.tick for moment in found] == [16, 32]
    assert {moment.value for moment in found} == {None}
