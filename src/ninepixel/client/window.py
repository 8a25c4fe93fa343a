"""The window: a thin shell of pyglet around a :class:`~ninepixel.client.session.Session` and a painter.

pyglet is imported only here and only when a window is opened, so that a machine without a display can import everything else.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from ninepixel.client.input import Act, Pointer, act_of, key_name
from ninepixel.client.inspector import Explain
from ninepixel.client.overlay import Overlay
from ninepixel.client.panels import CARD_WIDTH, Hud, card_panel, help_panel, hud_panel, legend_panel, marker_panel
from ninepixel.client.session import Session, Steppable
from ninepixel.client.why import explain
from ninepixel.client.why_panel import why_panel
from ninepixel.world.picture.camera import Size
from ninepixel.world.picture.caption import legend_entries
from ninepixel.world.picture.errors import PictureError
from ninepixel.world.picture.export import about, save_png
from ninepixel.world.picture.gl import NoGL, attach_gl
from ninepixel.world.picture.painter import Painter

#: Figures and the inspected body's card are renewed this often (seconds).
PANEL_EVERY = 0.2
_GAP = 12


class NoDisplay(RuntimeError):
    """There is no screen to open a window on; the message says why and what to do instead, in one line."""


class Window:
    """An open window on a universe.

    :param universe: anything with ``step``, ``tick``, ``pull`` and ``host``.
    :param title: what the corner calls it, such as the folder's path.
    :param screenshots: the folder that P saves pictures in.
    :raises NoDisplay: when there is no display, or it has no OpenGL 3.3.
    """

    def __init__(
        self,
        universe: Steppable,
        *,
        title: str = "ninepixel",
        size: Size = (1280, 720),
        screenshots: str | os.PathLike[str] = ".",
        visible: bool = True,
        fullscreen: bool = False,
        why: Explain = explain,
    ) -> None:
        self._pyglet = _load_pyglet()
        self.native = _open_native(self._pyglet, size, visible, fullscreen)
        try:
            self.ctx = attach_gl()
        except NoGL as error:
            self.native.close()
            raise NoDisplay(f"the display has no usable OpenGL: {error}") from error
        self.title = title
        self.screenshots = Path(screenshots)
        pixels = self.native.get_framebuffer_size()
        self.session = Session(universe, pixels, why)
        self.painter = Painter(self.ctx, pixels)
        self.overlay = Overlay(self.ctx)
        self.pointer = Pointer()
        self.held: set[str] = set()
        self.closed = False
        self._last = time.perf_counter()
        self._panels: dict[str, Image.Image] = {}
        self._panels_due = 0.0
        self._rates = Rates()
        self.native.push_handlers(
            on_key_press=self._key_press,
            on_key_release=self._key_release,
            on_mouse_press=self._mouse_press,
            on_mouse_drag=self._mouse_drag,
            on_mouse_release=self._mouse_release,
            on_mouse_scroll=self._mouse_scroll,
            on_resize=self._resize,
            on_deactivate=self.held.clear,
            on_close=self._close,
        )

    # -- the loop -----------------------------------------------------------------------------------------------------

    def run(self, until: Callable[[Window], bool] | None = None) -> None:
        """Show the universe until the person quits (or *until* says so)."""
        while not self.closed and not (until is not None and until(self)):
            self.native.dispatch_events()
            if not self.closed:
                self.frame()
        self.close()

    def frame(self, seconds: float | None = None) -> None:
        """Let time pass (by the clock, or *seconds*), paint and show one frame."""
        now = time.perf_counter()
        passed = now - self._last if seconds is None else seconds
        self._last = now
        ticks = self.session.advance(min(passed, 0.5), sorted(self.held))
        self._rates.add(passed, ticks)
        self.native.switch_to()  # a GPU backend may have made its own context current
        self._paint(passed)
        self.native.flip()

    def close(self) -> None:
        """Close the window; the universe stays as it is."""
        if self.native.context is not None:
            self.native.switch_to()
            self.overlay.release()
            self.painter.release()
            self.native.pop_handlers()
            self.native.close()
        self.closed = True

    def _paint(self, passed: float) -> None:
        session = self.session
        self.painter.draw(session.state, session.camera, session.pace.alpha, regions=session.rings(), trails=True)
        screen = self.ctx.screen
        self.painter.show(screen)
        screen.use()
        screen.viewport = (0, 0, *session.size)
        self._panels_due -= passed
        if self._panels_due <= 0:
            self._renew_panels()
            self._panels_due = PANEL_EVERY
        self._lay_panels()

    def _renew_panels(self) -> None:
        session = self.session
        self._panels = {"hud": hud_panel(self._hud())}
        card = session.card()
        if card is not None:
            self._panels["card"] = card_panel(card)
        if not isinstance(answer := session.why(), str | None):
            self._panels["why"] = why_panel(answer)
        if session.show_legend:
            self._panels["legend"] = legend_panel(legend_entries(session.state))
        if session.show_help:
            self._panels["help"] = help_panel()

    def _lay_panels(self) -> None:
        width, height = self.session.size
        if (marker := self.session.marker()) is not None:
            x, y, half = marker
            picture = marker_panel(min(round(half), 400))
            self.overlay.draw("marker", picture, x - picture.width / 2, y - picture.height / 2, self.session.size)
        for name, picture in self._panels.items():
            left, top = {
                "hud": (_GAP, _GAP),
                "card": (width - picture.width - _GAP, _GAP),
                "why": (max(width - CARD_WIDTH - picture.width - 2 * _GAP, _GAP), _GAP),
                "legend": (_GAP, height - picture.height - _GAP),
                "help": ((width - picture.width) / 2, (height - picture.height) / 2),
            }[name]
            self.overlay.draw(name, picture, left, top, self.session.size)

    def _hud(self) -> Hud:
        session = self.session
        return Hud(
            title=self.title,
            tick=session.state.tick,
            bodies=int(session.state.bodies.count[0]),
            ticks_per_s=self._rates.ticks_per_s,
            frames_per_s=self._rates.frames_per_s,
            speed=session.pace.speed,
            paused=session.pace.paused,
            message=session.message or ("" if session.show_help or session.state.tick > 400 else "H shows the keys"),
        )

    # -- events -------------------------------------------------------------------------------------------------------

    def _key_press(self, symbol: int, modifiers: int) -> bool:
        key = key_name(self._pyglet.window.key.symbol_string(symbol))
        self.held.add(key)
        act = act_of(key, bool(modifiers & self._pyglet.window.key.MOD_SHIFT))
        if act is Act.QUIT:
            if not self.session.back():
                self._close()
        elif act is Act.SCREENSHOT:
            self.save_picture()
        elif act is Act.FULLSCREEN:
            self.native.set_fullscreen(not self.native.fullscreen)
        elif act is not None:
            self.session.do(act)
        self._panels_due = 0.0
        return True  # or pyglet's own Escape would close the window

    def _key_release(self, symbol: int, modifiers: int) -> None:
        self.held.discard(key_name(self._pyglet.window.key.symbol_string(symbol)))

    def _mouse_press(self, x: float, y: float, button: int, modifiers: int) -> None:
        self.pointer.press()

    def _mouse_drag(self, x: float, y: float, dx: float, dy: float, buttons: int, modifiers: int) -> None:
        if self.pointer.drag(dx, dy):
            ratio = self.native.get_pixel_ratio()
            self.session.drag(dx * ratio, -dy * ratio)

    def _mouse_release(self, x: float, y: float, button: int, modifiers: int) -> None:
        if self.pointer.release():
            self.session.click(*self._pixel(x, y))
            self._panels_due = 0.0

    def _mouse_scroll(self, x: float, y: float, scroll_x: float, scroll_y: float) -> None:
        self.session.wheel(scroll_y, self._pixel(x, y))

    def _resize(self, width: int, height: int) -> bool:
        pixels = self.native.get_framebuffer_size()
        if min(pixels) > 0 and pixels != self.session.size:
            self.session.resize(pixels)
            self.painter.resize(pixels)
        return True

    def _close(self) -> bool:
        self.closed = True
        return True

    def _pixel(self, x: float, y: float) -> tuple[float, float]:
        """pyglet counts from the bottom, in points; the session from the top, in pixels."""
        ratio = self.native.get_pixel_ratio()
        return x * ratio, self.session.size[1] - 1 - y * ratio

    def save_picture(self) -> Path | None:
        """Save what is shown, without panels; says where, or why not, in the corner."""
        state = self.session.state
        path = self.screenshots / f"ninepixel-{state.params.seed}-{state.tick}.png"
        try:
            save_png(Image.fromarray(self.painter.read()), path, about(state))
        except PictureError as error:
            self.session.say(str(error), seconds=8)
            return None
        self.session.say(f"saved {path}")
        return path


class Rates:
    """Frames and ticks a second, over about the last second."""

    def __init__(self) -> None:
        self.frames_per_s = 0.0
        self.ticks_per_s = 0.0
        self._seconds = 0.0
        self._frames = 0
        self._ticks = 0

    def add(self, seconds: float, ticks: int) -> None:
        """One frame took *seconds* and *ticks* ticks."""
        self._seconds += seconds
        self._frames += 1
        self._ticks += ticks
        if self._seconds >= 0.75:
            self.frames_per_s, self.ticks_per_s = self._frames / self._seconds, self._ticks / self._seconds
            self._seconds, self._frames, self._ticks = 0.0, 0, 0


def has_display() -> bool:
    """Whether a window can be hoped for: a cheap look at the environment, without opening anything."""
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY"))
    return True


def _load_pyglet() -> Any:
    if not has_display():
        raise NoDisplay("no display: DISPLAY is not set; run with --headless, or under: xvfb-run -a ninepixel play")
    import pyglet

    pyglet.options.shadow_window = False
    pyglet.options.audio = ("silent",)
    pyglet.options.debug_gl = False  # its checks after every call would blame pyglet for what moderngl did
    try:
        import pyglet.window
    except Exception as error:  # pyglet raises ImportError, OSError and its own, by platform
        raise NoDisplay(f"no window system: {_line(error)}; run with --headless") from error
    return pyglet


def _open_native(pyglet: Any, size: Size, visible: bool, fullscreen: bool) -> Any:
    try:
        config = pyglet.gl.Config(double_buffer=True, depth_size=0, major_version=3, minor_version=3)
        options = {"resizable": True, "visible": visible, "config": config, "vsync": True, "caption": "ninepixel"}
        if fullscreen:
            return pyglet.window.Window(fullscreen=True, **options)
        return pyglet.window.Window(*size, **options)
    except Exception as error:  # NoSuchDisplayException, NoSuchConfigException, ContextException, by platform
        raise NoDisplay(f"no window could be opened: {_line(error)}; run with --headless") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
