"""Verdicts: from outcomes that are made up, and of minds whose manner is known: who ought to pass does, and nobody else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from affect_stages import Brave, moment
from ninepixel.agents.affect.birth import CELL, Born, Mind, _choose, _tested, _together, birth_test
from ninepixel.agents.affect.fears import AFTER, LEAST, Fear, fears
from ninepixel.agents.affect.plateau import WINDOW
from ninepixel.agents.affect.verdict import effects, facing, judged, rows, standardised
from ninepixel.agents.affect.waking import EVERY, NEAR, Waking
from ninepixel.agents.tasks import TASKS
from ninepixel.world.laws.lives import Role

N = 12
NOTHING = np.zeros(N, np.int64)


def mind(**outcome: Any) -> Mind:
    """A mind that does the same with a guardian and without, and learns nothing, but for *outcome* (in cells)."""
    far = {name: np.full(N, round(outcome.pop(name, 8.0) * CELL), np.int64) for name in ("alone", "faced", "warned", "calmed")}
    yes = np.ones(N, np.bool_)
    return Mind(
        0, 0, seen=outcome.pop("seen", yes), whole=outcome.pop("whole", yes), blows=NOTHING, fright=NOTHING, gloom=NOTHING, **far
    )


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        ({}, "not yet: neither"),
        ({"faced": 1.0, "warned": 7.0, "calmed": 1.0}, "born"),
        ({"faced": 1.0}, "not yet: does not learn"),
        ({"faced": 1.0, "warned": 1.0, "calmed": 7.0}, "not yet: does not learn"),
        ({"warned": 7.0, "calmed": 1.0}, "not yet: does not approach"),
        ({"alone": 1.0, "faced": 7.0, "warned": 7.0, "calmed": 1.0}, "not yet: does not approach"),
        ({"faced": 6.0, "warned": 7.0, "calmed": 1.0}, "not yet: does not approach"),  # nearer, but it never faced it
        ({"faced": 1.0, "warned": 7.0, "calmed": 1.0, "seen": np.zeros(N, bool)}, "not tested"),
        ({"faced": 1.0, "warned": 7.0, "calmed": 1.0, "whole": np.zeros(N, bool)}, "not tested"),
    ],
)
def test_a_mind_is_born_when_it_faces_what_it_fears_and_learns_from_it(outcome: dict[str, Any], verdict: str) -> None:
    assert judged([mind(**outcome)])[0][0] == verdict


def test_many_minds_make_luck_likelier_and_chances_are_corrected_for_it() -> None:
    """Five repeats of one sign have a chance of 1/32 for one mind; among two minds that is 1/16."""
    brave = {"faced": 1.0, "warned": 7.0, "calmed": 1.0}
    few = np.arange(N) < 5
    assert judged([mind(seen=few, **brave)])[0] == ("born", (1 / 32, 1 / 32))
    two = judged([mind(seen=few, **brave), mind(seen=few, **brave)])
    assert [(v, p) for v, p in two] == [("not yet: neither", (1 / 16, 1 / 16))] * 2


def test_effects_are_in_cells_and_leave_out_who_was_not_tested() -> None:
    minds = [mind(faced=2.0), mind(faced=5.0), mind(seen=np.zeros(N, bool))]
    found = effects(minds)
    assert found["approach"].tolist() == [6.0, 3.0]
    assert found["learned"].tolist() == [0.0, 0.0]
    assert facing(minds[0]) == (0.0, 1.0)
    assert standardised(np.asarray([6.0, 3.0])) == pytest.approx(4.5 / np.std([6, 3], ddof=1))
    assert standardised(np.zeros(3)) == 0.0


def test_the_table_has_every_row_and_no_number_that_json_has_not() -> None:
    odds = (float("inf"), 2.0, 3.0)
    born = Born(
        [Fear("mind", 9, 9, odds, odds, True), Fear("guardian", 9, 9, odds, odds, True)], 7, [mind(faced=1.0)], {"unfit": 6}
    )
    table = list(rows(born))
    assert [row["row"] for row in table] == ["fear"] * 2 + ["mind"] + ["effect"] * 5 + ["verdict"]
    assert table[-1] == {"row": "verdict", "feared": "guardian", "worlds": 7, "tested": 1, "born": 0, "lost": {"unfit": 6}}
    assert table[0]["harm"] == [None, 2.0, 3.0]
    assert next(row for row in table if row.get("effect") == "approach")["mean"] == 7.0
    assert list(rows(Born([], 0)))[-1]["born"] == 0


# -- fears, and who is tested ------------------------------------------------------------------------------------------------


def waking(ticks: int = 640, worlds: int = 6) -> Waking:
    """Lives with four kinds of neighbour: guardians bring a blow and fear, shots a blow, treasure fear, minds nothing."""
    shape, rng = (ticks, worlds, 2), np.random.default_rng(4)
    near = {kind: np.zeros((ticks // EVERY, worlds, 2), np.bool_) for kind in NEAR}
    for kind in ("guardian", "mind", "shot", "treasure"):
        near[kind][:] = rng.random(near[kind].shape) < 0.1
    blow, arousal = np.zeros(shape, np.bool_), np.full(shape, 300, np.int32)
    for look, world, slot in np.argwhere(near["guardian"] | near["shot"]).tolist():
        blow[EVERY * (look + 1) + 3 :, world, slot][:1] = True
    for look, world, slot in np.argwhere(near["guardian"] | near["treasure"]).tolist():
        arousal[EVERY * (look + 1) + 3 :, world, slot][:9] = 6000
    valence = np.full(shape, -3000, np.int32)
    return Waking(valence, arousal, np.full(shape, 900, np.int32), np.ones(shape, np.bool_), blow, near)


def test_what_brings_harm_is_feared_and_what_is_only_near_is_not() -> None:
    found = fears(waking())
    assert found[0].kind == "guardian"
    assert found[0].feared
    by_kind = {fear.kind: fear for fear in found}
    assert by_kind["shot"].harm[1] > 1, "it hurts, and is not feared"
    assert by_kind["treasure"].afraid[1] > 1, "it frightens, and does no harm"
    assert not any(fear.feared for fear in found[1:])
    guardian = found[0]
    assert guardian.hurt == guardian.met >= LEAST, "every meeting is followed by a blow"
    assert guardian.met <= int(waking().near["guardian"].sum()), "moments whose future is not known do not count"
    assert AFTER > EVERY


def test_waking_lives_of_batches_lie_side_by_side() -> None:
    both = _together([waking(64), waking(64)])
    assert both.valence.shape == (64, 12, 2)
    assert both.near["mind"].shape == (8, 12, 2)


def test_only_the_fit_the_calm_and_the_sharp_sighted_are_tested() -> None:
    scene = moment(Role.RANDOM)
    lives, lost = scene.arena.state.lives, dict[str, int]()
    shape = (2 * WINDOW, 4, 2)
    alive, arousal = np.ones(shape, np.bool_), np.full(shape, 500, np.int32)
    lives["hurt"][:] = 0
    alive[-1, 0] = False
    arousal[WINDOW:, 1] = 5000
    lives["health"][2, 0], lives["hurt"][2, 1] = 100, 9
    lives["pheno_r"][3, 0] = 0
    life = Waking(arousal, arousal, arousal, alive, alive, {})
    assert _choose(scene.arena, life, lost, 9).tolist() == [-1, -1, -1, 1]
    assert lost == {"nobody alive": 1, "restless": 1, "unfit": 1, "short of sight": 0}
    assert _choose(scene.arena, life, {}, 0).tolist() == [-1] * 4, "not more than are asked for"


# -- minds whose manner is known ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "approaches", "learns"),
    [
        (Brave(), True, True),
        (Brave(learns=False), True, False),
        (Brave(nears=False), False, None),
        (Role.INSTINCT, None, False),
        (Role.RANDOM, False, False),
    ],
)
def test_the_test_tells_minds_apart_whose_manner_is_known(
    who: Brave | Role, approaches: bool | None, learns: bool | None
) -> None:
    minds = _tested(0, moment(who, worlds=3), 6, lambda repeats: None)
    found = effects(minds)
    assert len(minds) == 3
    if approaches is not None:
        assert bool((found["approach"] > 1.0).all()) == approaches
    if learns is not None:
        assert bool((found["learned"] > 0.5).all()) == learns
    if learns is False:
        assert not found["learned"].any(), "without a memory nothing can be learned: exactly nothing"
    assert [v == "born" for v, _ in judged(minds)] == [bool(approaches and learns)] * 3
    assert (found["blows"] > 0).all(), "the lessons differed"


def test_the_whole_test_is_the_same_twice_and_finds_that_guardians_are_feared() -> None:
    task = TASKS["survive"].with_options(agents=4, guardians=5)
    told: list[int] = []
    once, again = (birth_test(task, Role.INSTINCT, minds=2, seed=77, repeats=1, threads=1, told=told.append) for _ in range(2))
    assert list(rows(once)) == list(rows(again))
    assert once.feared in ("guardian", "hunter")
    assert len(once.minds) <= 2
    assert once.worlds <= 8
    assert sum(once.lost.values()) <= once.worlds
