"""The session: everything the window does, without a window."""

from __future__ import annotations

import pytest

from fake_universe import FakeHost, FakeUniverse, small_realm
from ninepixel.client.input import Act
from ninepixel.client.session import Session
from ninepixel.ecs.ids import EntityId
from ninepixel.world.commands import Command
from ninepixel.world.picture.camera import TURN, Camera
from ninepixel.world.picture.regions import find_folders

SIZE = (640, 480)


def session() -> tuple[Session, FakeUniverse, dict[str, int]]:
    state, ids = small_realm()
    universe = FakeUniverse(state)
    return Session(universe, SIZE), universe, ids


def settle(s: Session) -> None:
    s.pace.paused = True
    for _ in range(200):
        s.advance(0.05)
    assert s.distance_to_target() == 0


def test_time_passes_at_twenty_ticks_a_second_and_host_events_reach_the_step() -> None:
    s, universe, _ = session()
    universe.host = FakeHost()
    universe.host.waiting.append(Command("matter.vanish", b"x"))
    ticks = sum(s.advance(1 / 60) for _ in range(120))
    assert abs(ticks - 40) <= 1
    assert universe.tick == ticks
    assert [c.key for c in universe.heard] == [b"x"]


def test_pause_step_and_speed() -> None:
    s, universe, _ = session()
    s.do(Act.PAUSE)
    assert s.advance(1.0) == 0
    s.do(Act.STEP)
    assert s.advance(0.01) == 1
    s.do(Act.PAUSE)
    s.do(Act.FASTER)
    assert s.advance(0.1) == 4
    assert s.message == "2 x"
    assert universe.tick == 5


def test_the_first_view_shows_everything_anchored() -> None:
    s, _, ids = session()
    for name in ("root", "docs", "src", "file", "code"):
        body = s.state.bodies.values(ids[name])
        x, y = s.camera.to_screen(body["x"] / TURN, body["y"] / TURN, SIZE)
        assert 0 < x < 640
        assert 0 < y < 480


def test_a_click_inspects_what_is_under_it_and_a_click_beside_it_nothing() -> None:
    s, _, ids = session()
    x, y = s.camera.to_screen(0.32, 0.3, SIZE)
    s.click(float(x) + 2, float(y) - 2)
    assert s.selected == ids["file"]
    card = s.card()
    assert card is not None
    assert "docs" in card.title
    marker = s.marker()
    assert marker is not None
    assert marker[0] == pytest.approx(float(x), abs=0.01)
    s.click(3, 3)
    assert s.selected is None
    assert s.card() is None


def test_enter_inspects_the_middle_and_escape_closes_step_by_step() -> None:
    s, _, ids = session()
    s.camera = s.target = Camera(0.7, 0.71, 50, 256)
    s.do(Act.INSPECT)
    assert s.selected in (ids["src"], ids["code"])
    s.do(Act.HELP)
    assert s.back()
    assert not s.show_help
    assert s.back()
    assert s.selected is None
    assert not s.back()


def test_following_keeps_a_flying_body_in_the_middle_until_the_person_moves() -> None:
    s, _, ids = session()
    s.select(EntityId(ids["mote"]))
    s.do(Act.FOLLOW)
    for _ in range(200):
        s.advance(1 / 60)
    x, y = s.drawn_at(EntityId(ids["mote"]))
    px, py = s.camera.to_screen(x, y, SIZE)
    assert abs(px - 320) < 25
    assert abs(py - 240) < 25
    s.advance(0.1, held=["LEFT"])
    assert not s.following


def test_when_the_inspected_body_dies_its_card_closes() -> None:
    s, _, ids = session()
    s.select(EntityId(ids["mote"]))
    s.following = True
    s.state.bodies.kill(EntityId(ids["mote"]))
    s.advance(0.06)
    assert s.selected is None
    assert not s.following
    assert "gone" in s.message


def test_keys_pan_the_wheel_zooms_toward_the_pointer_and_drags_hold_on() -> None:
    s, _, _ = session()
    before = s.camera
    s.advance(0.2, held=["D"])
    settle(s)
    assert s.camera.x > before.x
    at = (500.0, 100.0)
    under = s.camera.to_world(*at, SIZE)
    s.wheel(2, at)
    settle(s)
    assert s.camera.cells < before.cells
    assert s.camera.to_world(*at, SIZE) == pytest.approx(under, abs=1e-6)
    under = s.camera.to_world(100, 100, SIZE)
    s.drag(37, -12)
    assert s.camera.to_world(137, 88, SIZE) == pytest.approx(under, abs=1e-9)
    s.do(Act.WHOLE)
    settle(s)
    assert s.camera.cells == pytest.approx(before.cells)


def test_tab_goes_round_the_zones_and_back_to_the_realm() -> None:
    s, _, _ = session()
    seen = []
    for _ in range(4):
        s.do(Act.NEXT_ZONE)
        seen.append((round(s.target.x, 3), round(s.target.y, 3)))
    assert seen[0] == (0.3, 0.3)
    assert seen[1] == (0.7, 0.7)
    assert seen[3] == seen[0]
    s.do(Act.LAST_ZONE)
    assert s.message == "the realm"
    assert [f.path for f in s.zones()] == [b"docs", b"src"]


def test_folders_hold_everything_below_them() -> None:
    state, _ = small_realm()
    folders = {f.path: f for f in find_folders(state)}
    assert set(folders) == {b"", b"docs", b"src"}
    assert folders[b""].holds == 4
    assert folders[b"docs"].radius == pytest.approx(0.02 + 1.5 / 256, abs=1e-6)
    assert folders[b""].radius > 0.28
    assert session()[0].rings().shape == (3, 4)


def test_acts_of_the_window_are_left_to_it() -> None:
    s, _, _ = session()
    assert not s.do(Act.SCREENSHOT)
    assert not s.do(Act.FULLSCREEN)
    assert s.do(Act.LEGEND)
    assert not s.show_legend


def test_a_realm_without_zones_and_a_world_without_bodies() -> None:
    from ninepixel.world.state import Params, State

    s = Session(FakeUniverse(State.empty(Params(1, 6))), SIZE)
    s.do(Act.NEXT_ZONE)
    assert "no zones" in s.message
    s.do(Act.INSPECT)
    s.click(1, 1)
    assert s.selected is None
    s.do(Act.FOLLOW)
    s.advance(0.1)
    assert not s.following
