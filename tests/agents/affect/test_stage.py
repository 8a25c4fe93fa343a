"""The stage: what is dangerous and what is harmless look the same until the first blow, and the waking world knows of neither."""

from __future__ import annotations

import numpy as np
import pytest

from affect_stages import TASK, Brave, moment
from ninepixel.agents.affect.crowd import Crowd
from ninepixel.agents.affect.stage import Danger, actors, beside, place_of, put
from ninepixel.agents.affect.trial import MEETING, lesson, meeting, remembered
from ninepixel.agents.affect.waking import NEAR, ahead, cells_apart, live, neighbours
from ninepixel.agents.arena import Arena
from ninepixel.agents.score import Minds
from ninepixel.agents.tasks import TASKS
from ninepixel.world.laws.lives import Role
from ninepixel.world.thought import IntegerPolicy, Policy, Shape

ANGLES = np.asarray([0.1, 1.7, 3.3, 5.0])


def test_real_and_harmless_are_the_same_to_the_byte_until_the_first_blow() -> None:
    scene = moment(Role.RANDOM)
    arenas = [scene.arena.fork() for _ in range(2)]
    for arena, danger in zip(arenas, (Danger.REAL, Danger.HARMLESS), strict=True):
        put(arena, actors(arena, scene.subjects), beside(arena, scene.subjects, ANGLES, 4.0), danger)
    struck, alike = np.zeros(4, bool), 0
    still = np.zeros((4, TASK.agents, 3), np.uint8)
    for _ in range(64):
        real, harmless = arenas
        same = (real.seen == harmless.seen).all(axis=(1, 2))
        assert np.all(same | struck), "something but a blow tells the two apart"
        alike += int(same.sum())
        for arena in arenas:
            arena.step(still)
        struck |= (real.state.lives["hurt"][:, : TASK.agents] > 0).any(axis=1)
    assert struck.all(), "a real one strikes"
    assert alike >= 4 * 8
    assert not (harmless.state.lives["hurt"][:, : TASK.agents] > 0).any(), "a harmless one never does"
    assert (harmless.state.lives["mood"][:, TASK.agents :] == 1).any(), "but it hunts"


@pytest.mark.parametrize("danger", Danger)
def test_a_stage_creates_nothing_and_leaves_the_waking_world_alone(danger: Danger) -> None:
    scene = moment(Role.RANDOM)
    before = scene.arena.state_hash()
    arena = scene.arena.fork()
    held = [arena.state.held(world) for world in range(4)]
    guards, places = actors(arena, scene.subjects), beside(arena, scene.subjects, ANGLES, MEETING)
    put(arena, guards, places, danger)
    assert [arena.state.held(world) for world in range(4)] == held
    assert scene.arena.state_hash() == before != arena.state_hash()
    x, y = place_of(arena, guards)
    to_x, to_y = place_of(arena, scene.subjects)
    away = cells_apart(x, y, to_x, to_y, TASK.side)
    assert np.all(away > 20) if danger is Danger.ABSENT else np.allclose(away, MEETING, atol=1e-6)


def test_all_scenes_together_leave_the_waking_world_alone() -> None:
    scene = moment(Brave(), worlds=2)
    before, memory = scene.arena.state_hash(), scene.crowd.memory.copy()
    seen = scene.arena.seen.copy()
    meeting(scene, Danger.REAL, ANGLES[:2], 1)
    taught = lesson(scene, Danger.REAL, ANGLES[:2], 2)
    meeting(scene, Danger.REAL, ANGLES[:2], 3, remembered(scene, taught.crowd))
    assert scene.arena.state_hash() == before
    assert np.array_equal(scene.crowd.memory, memory)
    assert np.array_equal(scene.arena.seen, seen)


def test_a_scene_played_twice_is_the_same_and_other_dice_are_another() -> None:
    scene = moment(Role.RANDOM)
    once, again, other = (meeting(scene, Danger.REAL, ANGLES, dice) for dice in (1, 1, 2))
    assert np.array_equal(once.nearest, again.nearest)
    assert np.array_equal(once.glance, other.glance), "dice come after the first glance"
    assert not np.array_equal(once.nearest, other.nearest)


def test_a_lesson_hurts_where_the_danger_is_real() -> None:
    scene = moment(Role.INSTINCT)
    real, harmless = (lesson(scene, danger, ANGLES, 1) for danger in (Danger.REAL, Danger.HARMLESS))
    assert real.blows.sum() > 0
    assert harmless.blows.sum() == 0
    assert np.all(real.fright >= harmless.fright)
    assert real.fright.sum() > harmless.fright.sum()


def test_dice_0_are_those_of_the_waking_world() -> None:
    policy = IntegerPolicy(Policy.random(Shape(16), 3))
    task = TASKS["universe"].with_options(agents=4, spare=2, files=4)
    crowd = Crowd(task, 2, policy)
    arenas = [Arena(task, worlds=2, seed=5, threads=1) for _ in range(2)]
    for arena in arenas:
        arena.reset()
    minds = Minds(arenas[1], policy)
    for _ in range(12):
        acts = crowd.decide(arenas[0])
        assert np.array_equal(acts, minds.decide())
        assert not np.array_equal(acts, crowd.fork(1).decide(arenas[0]))
        for arena in arenas:
            arena.step(acts)


def test_distances_go_the_short_way_round() -> None:
    edge = np.asarray([2**32 - 2**26], np.uint32)
    zero = np.zeros(1, np.uint32)
    assert cells_apart(edge, zero, zero, zero, 64).tolist() == [1.0]
    assert cells_apart(zero, zero, edge, edge, 64).tolist() == pytest.approx([2**0.5])


def test_neighbours_are_those_within_reach() -> None:
    scene = moment(Role.STILL)
    arena = scene.arena.fork()
    guards = actors(arena, scene.subjects)
    for cells in (NEAR["guardian"] - 0.1, NEAR["guardian"] + 0.1):
        put(arena, guards, beside(arena, scene.subjects, ANGLES, cells), Danger.HARMLESS)
        found = neighbours(arena)
        assert found["guardian"][:, 0].all() == (cells < NEAR["guardian"])
        assert not found["hunter"].any(), "nobody hunts yet"
    arena.step(np.zeros((4, TASK.agents, 3), np.uint8))
    lives = arena.state.lives
    lives["body"][:, 1] = -1
    assert not neighbours(arena)["mind"].any(), "nobody is its own neighbour"


def test_what_lies_ahead_is_what_comes_and_not_what_is() -> None:
    events = np.zeros((8, 1), bool)
    events[5] = True
    assert ahead(events, 2)[:, 0].tolist() == [False, False, False, True, True, False, False, False]


def test_waking_lives_are_written_down_as_they_were() -> None:
    task = TASKS["survive"].with_options(agents=4)
    crowd = Crowd(task, 2, Role.RANDOM)
    arena = Arena(task, worlds=2, seed=3, threads=1, roles=crowd.roles(task))
    arena.reset()
    ticks: list[int] = []
    waking = live(arena, crowd, 40, ticks.append)
    lives = arena.state.lives
    assert waking.valence.shape == (40, 2, 4)
    assert sum(ticks) == 80
    for name in ("valence", "arousal", "health"):
        assert np.array_equal(getattr(waking, name)[-1], lives[name][:, :4])
    assert waking.near["matter"].shape == (5, 2, 4)
    worse = waking.harm_ahead(8)
    assert np.array_equal(worse[:-8], (waking.health[8:] < waking.health[:-8]) | (waking.alive[:-8] & ~waking.alive[8:]))
    assert not worse[-8:].any()
