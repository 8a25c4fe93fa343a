"""The window itself, opened on a virtual screen in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from PIL import Image

HERE = Path(__file__).parents[1]
PROGRAM = """
from fake_universe import FakeUniverse, small_realm
from pathlib import Path
from ninepixel.client.window import Window
state, ids = small_realm()
universe = FakeUniverse(state)
window = Window(universe, title="a realm", size=(640, 400), screenshots=Path("."))
from pyglet.window import key, mouse
native, session = window.native, window.session

def send(*event):
    native.dispatch_event(*event)
    native.dispatch_events()
    window.frame(0.05)

for _ in range(4):
    native.dispatch_events()
    window.frame(0.05)
assert universe.tick == 4, universe.tick
assert session.size == (640, 400), session.size

send("on_key_press", key.SPACE, 0)
send("on_key_release", key.SPACE, 0)
assert session.pace.paused
ticks = universe.tick
send("on_key_press", key.PERIOD, 0)
assert universe.tick == ticks + 1

x = session.camera.x
send("on_key_press", key.RIGHT, 0)
assert "RIGHT" in window.held, window.held
for _ in range(5):
    window.frame(0.05)
send("on_key_release", key.RIGHT, 0)
assert not window.held & {"RIGHT"}
assert session.camera.x > x

cells = session.camera.cells
send("on_mouse_scroll", 320, 200, 0, 3)
for _ in range(20):
    window.frame(0.05)
assert session.camera.cells < cells / 1.5

send("on_key_press", key.HOME, 0)
for _ in range(60):
    window.frame(0.05)
px, py = session.camera.to_screen(0.32, 0.3, session.size)
at = float(px), session.size[1] - 1 - float(py)
send("on_mouse_press", *at, mouse.LEFT, 0)
send("on_mouse_release", *at, mouse.LEFT, 0)
assert session.selected == ids["file"], session.selected
assert "card" in window._panels

under = session.camera.to_world(300, 200, session.size)
send("on_mouse_press", 300, 199, mouse.LEFT, 0)
send("on_mouse_drag", 340, 199, 40, 0, mouse.LEFT, 0)
send("on_mouse_release", 340, 199, mouse.LEFT, 0)
now = session.camera.to_world(340, 200, session.size)
assert abs(now[0] - under[0]) < 1e-6
assert session.selected == ids["file"]  # a drag is not a click

send("on_key_press", key.H, 0)
assert session.show_help
send("on_key_press", key.P, 0)
native.set_size(500, 300)
for _ in range(10):
    native.dispatch_events()
    window.frame(0.05)
assert session.size == (500, 300), session.size
assert window.painter.read().shape == (300, 500, 3)

for _ in range(2):
    send("on_key_press", key.ESCAPE, 0)
assert not window.closed
native.dispatch_event("on_key_press", key.ESCAPE, 0)
window.run()
assert window.closed
print("closed at tick", universe.tick)
"""


@pytest.mark.gl
@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="no xvfb-run: apt-get install -y xvfb")
def test_the_window_obeys_keys_and_mouse_and_saves_a_picture(tmp_path: Path) -> None:
    script = tmp_path / "drive.py"
    script.write_text(textwrap.dedent(PROGRAM))
    environment = os.environ | {"PYTHONPATH": str(HERE)}
    done = subprocess.run(
        ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24", sys.executable, "-W", "error", str(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("closed at tick 5")
    assert done.stderr == ""
    (saved,) = tmp_path.glob("ninepixel-9-*.png")
    with Image.open(saved) as image:
        image.load()
        assert image.size == (640, 400)
        assert image.info["ninepixel:seed"] == "9"


def test_without_a_display_it_says_so_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from fake_universe import FakeUniverse, small_realm
    from ninepixel.client.window import NoDisplay, Window, has_display

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert not has_display()
    with pytest.raises(NoDisplay, match="--headless") as caught:
        Window(FakeUniverse(small_realm()[0]))
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 only")
def test_a_display_that_is_not_there_says_so_in_one_line(tmp_path: Path) -> None:
    script = tmp_path / "drive.py"
    script.write_text(
        "from fake_universe import *\nfrom ninepixel.client.window import *\n"
        "try:\n    Window(FakeUniverse(small_realm()[0]))\nexcept NoDisplay as error:\n    print(error)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(HERE), "DISPLAY": ":987"}
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "--headless" in done.stdout
    assert done.stdout.count("\n") == 1
