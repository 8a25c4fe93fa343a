"""Y: why does the inspected mind do what it does? The session that asks, and the panel that shows it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fake_universe import FakeUniverse, small_realm
from ninepixel.client.input import HELP, KEYS, Act
from ninepixel.client.panels import font
from ninepixel.client.retina import PIXEL, SIDE, VIEWS, nested
from ninepixel.client.session import Session
from ninepixel.client.why_panel import ROOM, WIDTH, percent, why_panel, wrapped
from ninepixel.ecs.ids import EntityId
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.laws.lives import Role
from ninepixel.world.thought import Shape
from ninepixel.world.universe import Universe
from some_policies import rough

SIZE = (1280, 720)


def universe(policy: bytes = b"") -> Universe:
    return Universe.from_survey(synthetic(seed=1, files=20), seed=3, backend="cpu", minds=3, guardians=1, policy=policy)


def body(u: Universe, slot: int) -> EntityId:
    state = u.pull()
    return state.bodies.entity_at(int(state.bodies.row_of[0, state.lives["body"][0, slot]]))


def test_the_key_is_in_the_help() -> None:
    assert KEYS["Y"] is Act.WHY
    assert any(key == "Y" and "why" in meaning for key, meaning in HELP)


def test_y_asks_the_inspected_mind_and_closes_again() -> None:
    with universe() as u:
        s = Session(u, SIZE)
        s.select(body(u, 1))
        assert s.why() is None
        s.do(Act.WHY)
        told = s.why()
        assert isinstance(told, dict)
        assert (told["slot"], told["reward"]) == (1, {})
        assert s.advance(0.2) == 4
        told = s.why()
        assert isinstance(told, dict)
        assert told["tick"] == 4
        assert told["reward"]["sum"] == sum(told["reward"][part] for part in ("drive", "deed", "section", "death"))
        assert s.back()
        assert s.why() is None
        assert s.selected is not None, "the card is still open"
        s.do(Act.WHY)
        s.do(Act.WHY)
        assert s.why() is None


def test_with_nothing_inspected_the_nearest_mind_is_asked() -> None:
    with universe() as u:
        s = Session(u, SIZE)
        s.do(Act.WHY)
        assert s.selected in [body(u, slot) for slot in range(3)]
        assert isinstance(s.why(), dict)


def test_another_mind_has_no_reward_yet() -> None:
    with universe() as u:
        s = Session(u, SIZE)
        s.select(body(u, 0))
        s.do(Act.WHY)
        s.advance(0.1)
        told = s.why()
        assert isinstance(told, dict)
        assert told["reward"]
        s.select(body(u, 2))
        told = s.why()
        assert isinstance(told, dict)
        assert (told["slot"], told["reward"]) == (2, {})


def test_asking_in_the_window_changes_nothing() -> None:
    with universe() as asked, universe() as left:
        s, other = Session(asked, SIZE), Session(left, SIZE)
        s.do(Act.WHY)
        for _ in range(8):
            s.advance(0.05)
            other.advance(0.05)
            s.why()
        assert asked.tick == left.tick > 4
        assert asked.digest() == left.digest()


def test_what_is_no_mind_says_so_in_a_line() -> None:
    state, ids = small_realm()
    s = Session(FakeUniverse(state), SIZE)
    s.select(EntityId(ids["file"]))
    s.do(Act.WHY)
    assert "only minds" in s.message
    assert s.why() is None
    s.select(None)
    s.do(Act.WHY)
    assert "none is inspected" in s.message
    with universe() as u:
        s = Session(u, SIZE)
        s.select(body(u, int(u.pull().lives.count[0]) - 1))
        s.do(Act.WHY)
        assert "guardian" in s.message
        s.select(body(u, 0))
        s.do(Act.WHY)
        s.select(body(u, int(u.pull().lives.count[0]) - 1))
        s.advance(0.1)
        assert isinstance(s.why(), str), "the panel waits until a mind is inspected again"


@pytest.mark.parametrize("role", [Role.INSTINCT, Role.GUEST, Role.RANDOM, Role.STILL, Role.LEARNED])
def test_a_panel_is_drawn_of_whoever_decides(role: Role) -> None:
    with universe(rough(Shape(16), 3).packed() if role is Role.LEARNED else b"") as u:
        u.pull().lives["role"][0, 0] = int(role)
        s = Session(u, SIZE)
        s.select(body(u, 0))
        s.do(Act.WHY)
        first = s.why()
        s.advance(0.1)
        for told in (first, s.why()):
            assert isinstance(told, dict)
            panel = why_panel(told)
            assert panel.width == WIDTH
            assert panel.height < SIZE[1]
            pixels = np.asarray(panel)
            assert pixels[-1, 5, 3] > 0, "its frame is closed at the bottom"
            assert (pixels[..., :3].max(axis=-1) > 200).sum() > 500


def test_the_likeliest_move_is_the_brightest_of_the_rose() -> None:
    with universe() as u:
        s = Session(u, SIZE)
        s.select(body(u, 0))
        s.do(Act.WHY)
        told = s.why()
        assert isinstance(told, dict)
        shown = {}
        for move in (1, 5):
            odds = [0] * 9
            odds[move] = 65536
            shown[move] = np.asarray(why_panel({**told, "odds": {**told["odds"], "move": odds}, "next": {}}).convert("L")).astype(
                int
            )
        north_less_south = shown[1] - shown[5]
        rows, columns = np.nonzero(north_less_south > 60)
        assert rows.size > 500
        south = np.nonzero(north_less_south < -60)[0]
        assert rows.mean() < south.mean() - 60, "north is above south"
        assert abs(columns.mean() - np.nonzero(north_less_south < -60)[1].mean()) < 6


def test_octaves_are_nested_and_a_bright_pixel_lies_where_it_is_seen() -> None:
    dark = np.zeros((4, 9, 9), int)
    for octaves in (2, 3, 4):
        for octave in range(octaves):
            pixel = PIXEL // 3 ** (octaves - 1 - octave)
            for at, channel in ((2, 6), (6, 7), (5, 8)):
                retina = dark.copy()
                retina[octave, channel, at] = 255
                lit = nested({"eye": {"octaves": octaves}, "retina": retina.tolist()}, 2).astype(int)
                base = nested({"eye": {"octaves": octaves}, "retina": dark.tolist()}, 2).astype(int)
                rows, columns = np.nonzero(np.abs(lit - base).sum(axis=2))
                first = (SIDE - 3 * pixel) // 2
                assert first + (at // 3) * pixel <= rows.min() <= rows.max() < first + (at // 3 + 1) * pixel
                assert first + (at % 3) * pixel <= columns.min() <= columns.max() < first + (at % 3 + 1) * pixel
                if pixel % 3 == 0:
                    stripe = (columns.mean() - first - (at % 3) * pixel) // (pixel // 3)
                    assert stripe == channel - 6, "channels are told apart by place"
    assert len(VIEWS) == 3


def test_text_is_wrapped_and_small_odds_are_not_nothing() -> None:
    lines = wrapped("it moves east because yellow glows there and " * 6 + "x" * 300, 13, ROOM)
    assert len(lines) > 3
    assert all(font(13).getlength(line) <= ROOM for line in lines)
    assert wrapped("", 13, ROOM) == [""]
    assert [percent(share) for share in (0, 0.001, 0.006, 1)] == ["0 %", "<1 %", "1 %", "100 %"]


PROGRAM = """
from ninepixel.client.window import Window
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.universe import Universe
with Universe.from_survey(synthetic(seed=1, files=20), seed=3, backend="cpu", minds=3) as universe:
    window = Window(universe, size=(1280, 720))
    from pyglet.window import key

    def send(symbol):
        window.native.dispatch_event("on_key_press", symbol, 0)
        window.native.dispatch_events()
        window.frame(0.1)

    send(key.Y)
    assert {"card", "why"} <= window._panels.keys(), window._panels.keys()
    shown = window._panels["why"]
    for _ in range(4):
        window.frame(0.1)
    assert window._panels["why"] is not shown, "it is renewed as time passes"
    window.native.set_size(400, 300)
    for _ in range(4):
        window.native.dispatch_events()
        window.frame(0.1)
    send(key.ESCAPE)
    assert "why" not in window._panels and "card" in window._panels
    send(key.Y)
    assert "why" in window._panels
    send(key.Y)
    assert "why" not in window._panels
    window.close()
print("done")
"""


@pytest.mark.gl
@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="no xvfb-run: apt-get install -y xvfb")
def test_y_opens_and_closes_the_panel_in_a_window(tmp_path: Path) -> None:
    script = tmp_path / "drive.py"
    script.write_text(PROGRAM)
    done = subprocess.run(
        ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24", sys.executable, str(script)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done\n"
