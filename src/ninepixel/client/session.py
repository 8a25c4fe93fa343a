"""What goes on in the window, without the window: a universe, an eye, a pace, and whatever is being looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ninepixel.client.input import ZOOM_STEP, Act, pan_direction, zoom_of
from ninepixel.client.inspector import Card, Explain, inspect
from ninepixel.client.names import readable
from ninepixel.client.pace import Pace
from ninepixel.client.why import explain
from ninepixel.client.whys import Watch
from ninepixel.ecs.ids import EntityId
from ninepixel.world.commands import Command
from ninepixel.world.laws.bodies import Kind
from ninepixel.world.picture.camera import TURN, Camera, Size, shortest
from ninepixel.world.picture.export import overview
from ninepixel.world.picture.regions import Folder, Regions
from ninepixel.world.state import State

#: A click takes the nearest body within this many pixels, and any body that the pointer is on.
REACH_PIXELS = 14.0
#: Held pan keys move the view by this part of its height a second.
PAN_SPEED = 0.9


class Host(Protocol):
    """Where events of the outside come from."""

    def drain(self) -> Sequence[Command]:
        """The commands that have gathered since the last call; never waits."""


class Steppable(Protocol):
    """A universe, as far as the window is concerned."""

    @property
    def tick(self) -> int:
        """Ticks since genesis."""

    @property
    def host(self) -> Host | None:
        """The live host, if it is watched."""

    def step(self, commands: Sequence[Command] = ()) -> None:
        """Advance by one tick."""

    def pull(self) -> State:
        """The state, with every column at home."""


class Session:
    """One person looking at one universe. Pure but for the universe it steps.

    :param size: of the window in pixels.
    :param why: what explains the motion of a body in the inspector.
    """

    def __init__(self, universe: Steppable, size: Size, why: Explain = explain) -> None:
        self.universe = universe
        self.size = size
        self.pace = Pace()
        self.regions = Regions()
        self.state = universe.pull()
        self.target = self.camera = overview(self.state, size)
        self.selected: EntityId | None = None
        self.following = False
        self.show_help = False
        self.show_legend = True
        self.watch = Watch()
        self.message = ""
        self._message_left = 0.0
        self._zone = -1
        self._why = why

    # -- time ---------------------------------------------------------------------------------------------------------

    def advance(self, seconds: float, held: Sequence[str] = ()) -> int:
        """Let *seconds* pass with some keys held down. Returns the ticks that were taken."""
        ticks = self.pace.due(seconds)
        for left in range(ticks, 0, -1):
            if left == 1:
                self.watch.look(self.universe, self.selected)
            host = self.universe.host
            self.universe.step(host.drain() if host is not None else ())
        if ticks:
            self.state = self.universe.pull()
        if self.selected is not None and not self.state.bodies.is_alive(self.selected):
            self.say("the inspected body is gone")
            self.selected, self.following = None, False
        self._look(seconds, held)
        self._message_left -= seconds
        if self._message_left <= 0:
            self.message = ""
        return ticks

    def _look(self, seconds: float, held: Sequence[str]) -> None:
        dx, dy = pan_direction(held)
        if dx or dy:
            far = PAN_SPEED * self.size[1] * seconds
            self.target = self.target.panned(-dx * far, -dy * far, self.size)
            self.following = False
        if self.following and self.selected is not None:
            x, y = self.drawn_at(self.selected)
            self.target = replace(self.target, x=x, y=y)
        self.camera = self.camera.toward(self.target, seconds)

    def drawn_at(self, entity: EntityId) -> tuple[float, float]:
        """Where a body is drawn now (torus fractions): carried on from the last tick by its velocity."""
        body = self.state.bodies.values(entity)
        per = self.pace.alpha / (1 << 30) / self.state.params.side
        return (body["x"] / TURN + body["vx"] * per) % 1.0, (body["y"] / TURN + body["vy"] * per) % 1.0

    # -- wishes -------------------------------------------------------------------------------------------------------

    def do(self, act: Act) -> bool:
        """Carry out what a key asks for; False when only the window can (picture, full screen, quitting)."""
        match act:
            case Act.PAUSE:
                self.pace.toggle()
            case Act.STEP:
                self.pace.single()
            case Act.SLOWER | Act.FASTER:
                self.pace.faster(1 if act is Act.FASTER else -1)
                self.say(f"{self.pace.speed:g} x")
            case Act.ZOOM_IN | Act.ZOOM_OUT:
                self.target = self.target.zoomed(ZOOM_STEP if act is Act.ZOOM_IN else 1 / ZOOM_STEP, self.size)
            case Act.INSPECT:
                self.select(self.pick(self.size[0] / 2, self.size[1] / 2, within=float("inf")))
            case Act.FOLLOW:
                self._follow()
            case Act.WHY:
                self._toggle_why()
            case Act.NEXT_ZONE | Act.LAST_ZONE:
                self._go_to_zone(1 if act is Act.NEXT_ZONE else -1)
            case Act.WHOLE:
                self.following = False
                self.target = overview(self.state, self.size)
            case Act.HELP:
                self.show_help = not self.show_help
            case Act.LEGEND:
                self.show_legend = not self.show_legend
            case _:
                return False
        return True

    def back(self) -> bool:
        """Close what is open, the topmost first; False when nothing was."""
        if self.show_help:
            self.show_help = False
        elif self.watch.open:
            self.watch.open = False
        elif self.selected is not None:
            self.selected, self.following = None, False
        else:
            return False
        return True

    def drag(self, dx: float, dy: float) -> None:
        """The world is pulled along with the pointer, at once."""
        self.following = False
        self.camera = self.target = self.camera.panned(dx, dy, self.size)

    def wheel(self, scroll: float, at: tuple[float, float]) -> None:
        """Zoom toward the pointer, smoothly; while following, toward the followed body."""
        self.target = self.target.zoomed(zoom_of(scroll), self.size, None if self.following else at)

    def click(self, px: float, py: float) -> None:
        """Inspect what is under the pointer, or nothing."""
        self.select(self.pick(px, py))

    def select(self, entity: EntityId | None) -> None:
        """Inspect *entity*; following ends when it is another."""
        if entity != self.selected:
            self.following = False
        self.selected = entity

    def resize(self, size: Size) -> None:
        """The window has another size now."""
        self.size = size

    def say(self, text: str, seconds: float = 3.0) -> None:
        """Show a line for a while."""
        self.message, self._message_left = text, seconds

    def _follow(self) -> None:
        if self.selected is None:
            self.do(Act.INSPECT)
        if self.selected is not None:
            self.following = not self.following
            if self.following:
                body = self.state.bodies.values(self.selected)
                self.target = self.target.fly_to(body["x"], body["y"], cells=40.0)

    def _toggle_why(self) -> None:
        """Open or close ``Why?``; with nothing inspected, of the mind nearest to the middle."""
        self.watch.open = not self.watch.open
        if self.watch.open and self.selected is None:
            self.select(self.pick(self.size[0] / 2, self.size[1] / 2, within=float("inf"), kind=Kind.MIND))
        if self.watch.open and isinstance(answer := self.why(), str):
            self.watch.open = False
            self.say(answer)

    # -- what is there ------------------------------------------------------------------------------------------------

    def pick(self, px: float, py: float, within: float = REACH_PIXELS, kind: Kind | None = None) -> EntityId | None:
        """The body nearest to a pixel, or the one of a *kind*; files and creatures win over motes that are not clearly nearer."""
        bodies = self.state.bodies
        kinds = bodies.live("traits") & np.uint32(0xFF)
        if not bodies.count[0] or (kind is not None and not (kinds == kind).any()):
            return None
        per = self.pace.alpha / (1 << 30) / self.state.params.side
        x = bodies.live("x") / TURN + bodies.live("vx") * per
        y = bodies.live("y") / TURN + bodies.live("vy") * per
        sx, sy = self.camera.to_screen(x, y, self.size)
        distance: npt.NDArray[np.float64] = np.maximum(np.abs(sx - px), np.abs(sy - py))
        distance = distance + (0.0 if kind is None else np.where(kinds == kind, 0.0, np.inf))
        row = int(np.argmin(distance + np.where(kinds == Kind.MOTE, 0.3 * REACH_PIXELS, 0.0)))
        if distance[row] > max(within, self.camera.scale(self.size) / 2):
            return None
        return bodies.entity_at(row)

    def card(self) -> Card | None:
        """The inspected body's card."""
        return None if self.selected is None else inspect(self.state, self.selected, self._why)

    def why(self) -> Mapping[str, Any] | str | None:
        """Why the inspected mind does what it does, when that is asked; a text says why there is no answer."""
        return self.watch.answer(self.universe, self.selected)

    def zones(self) -> list[Folder]:
        """The realm's zones: its folders of depth 1."""
        return [f for f in self.regions.folders(self.state) if f.depth == 1]

    def _go_to_zone(self, step: int) -> None:
        zones = self.zones()
        if not zones:
            self.say("this realm has no zones")
            return
        places = len(zones) + 1  # the last one is the whole world
        self._zone = (self._zone + step + (1 if self._zone < 0 and step < 0 else 0)) % places
        self.following = False
        if self._zone == len(zones):
            self.do(Act.WHOLE)
            self.say("the realm")
            return
        zone = zones[self._zone]
        cells = max(2.3 * zone.radius * self.state.params.side, 16.0)
        self.target = Camera(zone.x, zone.y, cells, self.state.params.side)
        self.say(f"zone {readable(zone.path)}   {zone.holds:,} files and folders")

    def marker(self) -> tuple[float, float, float] | None:
        """Centre and half width, in pixels, of the frame around the inspected body."""
        if self.selected is None:
            return None
        x, y = self.drawn_at(self.selected)
        px, py = self.camera.to_screen(x, y, self.size)
        return float(px), float(py), max(9.0, 0.72 * self.camera.scale(self.size))

    def rings(self) -> npt.NDArray[Any]:
        """Folder circles for the painter."""
        return self.regions.circles(self.state)

    def distance_to_target(self) -> float:
        """How far the eye still has to go, in screen heights; 0 when it rests."""
        dx, dy = shortest(self.target.x - self.camera.x), shortest(self.target.y - self.camera.y)
        return float(np.hypot(dx, dy)) * self.camera.side / self.camera.cells + abs(self.target.cells / self.camera.cells - 1)
