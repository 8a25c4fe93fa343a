"""What keys and the mouse mean. Pure: names of keys in, intents out; no window, no state of the world.

Everything the mouse can do the keyboard can do too.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum


class Act(Enum):
    """Something a person asks of the window."""

    QUIT = "quit"
    PAUSE = "pause"
    STEP = "one tick"
    SLOWER = "slower"
    FASTER = "faster"
    ZOOM_IN = "zoom in"
    ZOOM_OUT = "zoom out"
    INSPECT = "inspect what is in the middle"
    FOLLOW = "follow what is inspected"
    WHY = "why a mind does what it does"
    NEXT_ZONE = "next zone"
    LAST_ZONE = "last zone"
    WHOLE = "the whole world"
    HELP = "help"
    LEGEND = "legend"
    SCREENSHOT = "save a picture"
    FULLSCREEN = "full screen"


KEYS: dict[str, Act] = {
    "SPACE": Act.PAUSE,
    "PERIOD": Act.STEP,
    "BRACKETLEFT": Act.SLOWER,
    "BRACKETRIGHT": Act.FASTER,
    "PLUS": Act.ZOOM_IN,
    "EQUAL": Act.ZOOM_IN,
    "NUM_ADD": Act.ZOOM_IN,
    "PAGEUP": Act.ZOOM_IN,
    "MINUS": Act.ZOOM_OUT,
    "NUM_SUBTRACT": Act.ZOOM_OUT,
    "PAGEDOWN": Act.ZOOM_OUT,
    "RETURN": Act.INSPECT,
    "ENTER": Act.INSPECT,
    "E": Act.INSPECT,
    "F": Act.FOLLOW,
    "Y": Act.WHY,
    "TAB": Act.NEXT_ZONE,
    "HOME": Act.WHOLE,
    "0": Act.WHOLE,
    "_0": Act.WHOLE,
    "H": Act.HELP,
    "F1": Act.HELP,
    "L": Act.LEGEND,
    "P": Act.SCREENSHOT,
    "F11": Act.FULLSCREEN,
    "ESCAPE": Act.QUIT,
}
PAN_KEYS: dict[str, tuple[int, int]] = {
    "LEFT": (-1, 0),
    "A": (-1, 0),
    "RIGHT": (1, 0),
    "D": (1, 0),
    "UP": (0, -1),
    "W": (0, -1),
    "DOWN": (0, 1),
    "S": (0, 1),
}
#: What the help overlay lists.
HELP: tuple[tuple[str, str], ...] = (
    ("drag, WASD, arrows", "move over the world"),
    ("wheel, + and -", "zoom, toward the pointer"),
    ("click, Enter", "inspect a body; Enter takes the one in the middle"),
    ("F", "follow the inspected body"),
    ("Y", "why? what the inspected mind senses, wants, and will do"),
    ("Tab, Shift+Tab", "next and last zone (folders of the realm)"),
    ("Home, 0", "the whole world"),
    ("Space", "pause and go on"),
    (".", "one tick"),
    ("[ and ]", "slower and faster"),
    ("L", "legend"),
    ("P", "save a picture"),
    ("F11", "full screen"),
    ("H, F1", "this help"),
    ("Esc", "close what is open, then quit"),
)
#: A press that moved less than this many pixels is a click.
CLICK_PIXELS = 5.0
ZOOM_STEP = 1.25


def key_name(symbol: str) -> str:
    """The name of a key as pyglet spells it, without the prefix it sometimes gives to cursor keys."""
    return symbol.removeprefix("MOTION_")


def act_of(key: str, shift: bool = False) -> Act | None:
    """What a key asks for when it goes down."""
    act = KEYS.get(key)
    return Act.LAST_ZONE if act is Act.NEXT_ZONE and shift else act


def pan_direction(held: Collection[str]) -> tuple[float, float]:
    """The direction of the pan keys that are down, of length 1 or 0; opposite keys cancel."""
    wanted = {PAN_KEYS[key] for key in held if key in PAN_KEYS}
    x, y = sum(d[0] for d in wanted), sum(d[1] for d in wanted)
    length = math.hypot(x, y)
    return (x / length, y / length) if length else (0.0, 0.0)


def zoom_of(scroll: float) -> float:
    """The magnification of a turn of the wheel; a trackpad's small turns zoom a little."""
    return math.pow(ZOOM_STEP, max(-6.0, min(6.0, scroll)))


@dataclass(slots=True)
class Pointer:
    """Tells a click from a drag."""

    down: bool = False
    travelled: float = 0.0

    def press(self) -> None:
        """The button went down."""
        self.down, self.travelled = True, 0.0

    def drag(self, dx: float, dy: float) -> bool:
        """The pointer moved with the button down; whether that is a drag by now."""
        self.travelled += math.hypot(dx, dy)
        return self.down and self.travelled >= CLICK_PIXELS

    def release(self) -> bool:
        """The button came up; whether that was a click."""
        clicked = self.down and self.travelled < CLICK_PIXELS
        self.down = False
        return clicked
