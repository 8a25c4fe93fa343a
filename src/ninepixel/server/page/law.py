"""What the page must know of the laws, as a JavaScript module: colours, words and names.

Made from the same Python tables that the renderer uses, whenever the server loads the page, so that the two cannot part. The law
of the nine pixels itself is ``nine.js``; a test holds it to :mod:`ninepixel.world.picture.pixels`.
"""

from __future__ import annotations

import json
from functools import cache

from ninepixel.world.laws.bodies import Kind
from ninepixel.world.laws.lives import DEEDS, Act, Mood, Role
from ninepixel.world.laws.vital import HEALTH, SET_POINT
from ninepixel.world.picture import palette

#: Colours that the page draws with: 0..255 whole numbers, or 0..1 light.
COLOURS = (
    "ROW_RGB",
    "SEALED_RGB",
    "COIN_RGB",
    "LOOT_RGB",
    "DEJECTED_RGB",
    "INDIFFERENT_RGB",
    "GLAD_RGB",
    "THREAT_RGB",
    "GLOW_RGB",
    "GROUND_RGB",
)
MOVES = ("stays", "north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


@cache
def law_module() -> bytes:
    """The text of ``law.js``, UTF-8."""
    tables = {
        "BODY_RGB": palette.BODY_RGB.tolist(),
        **{name: getattr(palette, name) for name in COLOURS},
        "FIRST_KIND": len(palette.MATTER_RGB),
        "MATTER_NAMES": palette.MATTER_NAMES,
        "KIND_NAMES": {int(kind): kind.name.lower() for kind in Kind},
        "ACTS": [act.name.lower() for act in Act],
        "MOVES": MOVES,
        "MOODS": [mood.name.lower() for mood in Mood],
        "ROLES": [role.name.lower() for role in Role],
        "DEEDS": [{"name": deed.name, "tier": deed.tier, "what": deed.what} for deed in DEEDS],
        "SET_POINT": SET_POINT,
        "HEALTH": HEALTH,
    }
    lines = [f"export const {name} = {json.dumps(value)};" for name, value in tables.items()]
    return "\n".join(["// Made from the laws by server/page/law.py.", *lines, ""]).encode()
