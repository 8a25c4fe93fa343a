"""Five kinds of worlds that ask different things of those who live in them."""

from __future__ import annotations

from dataclasses import dataclass

from ninepixel.agents.tasks import UNIVERSE, Task

#: Ticks that the tasks allow: an experiment ends its worlds itself.
_FOR_EVER = 1 << 40
_BARE = {"motes": 0, "coins": 0, "loot": 0, "buried": 0}
_BASE = UNIVERSE.with_options(horizon=_FOR_EVER, agents=24, spare=8)


@dataclass(frozen=True, slots=True)
class Habitat:
    """A kind of world. :param what: what is special about it, for people."""

    name: str
    what: str
    task: Task


HABITATS: tuple[Habitat, ...] = (
    Habitat(
        "lush", "48 fountains, no guardians: nobody starves", _BASE.with_options(guardians=0, fountains=48, files=0, **_BARE)
    ),
    Habitat("barren", "15 fountains, far apart", _BASE.with_options(guardians=0, fountains=15, files=0, **_BARE)),
    Habitat("haunted", "24 guardians at 32 files", _BASE.with_options(guardians=24, fountains=24, files=32)),
    Habitat("library", "96 files to decode, no fountains", _BASE.with_options(guardians=0, fountains=0, files=96)),
    Habitat(
        "crowded",
        "64 slots around 18 fountains",
        _BASE.with_options(guardians=0, fountains=18, files=0, agents=48, spare=16, **_BARE),
    ),
)
