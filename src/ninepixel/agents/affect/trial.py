"""The three scenes of the birth test, each played in forks of one moment: approach, lesson, second meeting.

What is compared differs in one thing alone; dice, places and everybody else are the same. So a difference of two outcomes is the
effect of that one thing, to the cell and the tick.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ninepixel.agents.affect.crowd import Crowd
from ninepixel.agents.affect.stage import Danger, Places, Slots, actors, beside, place_of, put
from ninepixel.agents.affect.waking import cells_apart
from ninepixel.agents.arena import Arena

#: Cells from the mind to the guardian in a meeting (a guardian sees 6 cells, so the first step is the mind's), and in a lesson.
MEETING, LESSON = 8.0, 2.0
#: Ticks of a meeting, of a lesson, and of the rest after it.
MEETING_TICKS, LESSON_TICKS, REST_TICKS = 96, 32, 16
#: Distances are compared in 1/256 cells.
UNIT = 256

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Moment:
    """Where everything starts: an arena, who decides, and the mind that is tested in each world (-1: none)."""

    arena: Arena
    crowd: Crowd
    subjects: Slots


@dataclass(frozen=True, slots=True)
class Scene:
    """What was seen of the subjects in one scene; arrays over worlds.

    :ivar nearest: int64: how near each came to the place, in 1/256 cells, while it lived.
    :ivar glance: uint8 (worlds, RETINA_BYTES): what each sensed at the beginning.
    :ivar blows: int64: blows it took. :ivar fright: int64: the highest arousal. :ivar gloom: the lowest valence.
    :ivar dead: bool: whether it died. :ivar crowd: who decided, with what each remembers at the end.
    """

    nearest: Ints
    glance: npt.NDArray[np.uint8]
    blows: Ints
    fright: Ints
    gloom: Ints
    dead: npt.NDArray[np.bool_]
    crowd: Crowd


def meeting(
    moment: Moment, danger: Danger, angles: npt.NDArray[np.float64], dice: int, memory: npt.NDArray[np.int16] | None = None
) -> Scene:
    """A guardian stands :data:`MEETING` cells away. :param memory: int16 (worlds, units): what the subjects remember instead."""
    return _play(moment, danger, angles, dice, MEETING, (MEETING_TICKS, 0), memory)


def lesson(moment: Moment, danger: Danger, angles: npt.NDArray[np.float64], dice: int) -> Scene:
    """A guardian stands :data:`LESSON` cells away, near enough to hunt at once; then it is taken away, and there is a rest."""
    return _play(moment, danger, angles, dice, LESSON, (LESSON_TICKS, REST_TICKS), None)


def remembered(moment: Moment, crowd: Crowd) -> npt.NDArray[np.int16]:
    """What the subjects remember, int16 (worlds, units); that of worlds without one means nothing."""
    return crowd.memory[np.arange(len(moment.subjects)), np.maximum(moment.subjects, 0)].copy()


def _play(
    moment: Moment,
    danger: Danger,
    angles: npt.NDArray[np.float64],
    dice: int,
    cells: float,
    ticks: tuple[int, int],
    memory: npt.NDArray[np.int16] | None,
) -> Scene:
    arena, crowd, who = moment.arena.fork(), moment.crowd.fork(dice), np.maximum(moment.subjects, 0)
    worlds = np.arange(arena.worlds)
    if memory is not None:
        crowd.memory[worlds, who] = memory
    try:
        guards, places = actors(arena, who), beside(arena, who, angles, cells)
        guards[moment.subjects < 0] = -1
        put(arena, guards, places, danger)
        watch = _Watch(arena, who, places)
        for part, length in zip((danger, Danger.ABSENT), ticks, strict=True):
            if part is not danger:
                put(arena, guards, places, part)
            for _ in range(length):
                arena.step(crowd.decide(arena))
                watch.look(arena)
        return watch.scene(crowd)
    finally:
        arena.close()


class _Watch:
    """Looks at the subjects after every tick."""

    def __init__(self, arena: Arena, who: Slots, places: Places) -> None:
        self._who, self._places, self._worlds = who, places, np.arange(arena.worlds)
        self._glance = arena.seen[self._worlds, who].copy()
        self._pain = self._column(arena, "hurt")
        self._dead = self._column(arena, "body") < 0
        self._nearest, self._blows = self._distance(arena), np.zeros(arena.worlds, np.int64)
        self._fright, self._gloom = self._column(arena, "arousal"), self._column(arena, "valence")

    def look(self, arena: Arena) -> None:
        self._dead |= self._column(arena, "body") < 0
        alive, pain = ~self._dead, self._column(arena, "hurt")
        self._blows += alive & (pain > self._pain)
        self._pain = pain
        for mine, column, least in ((self._fright, "arousal", np.maximum), (self._gloom, "valence", np.minimum)):
            mine[alive] = least(mine, self._column(arena, column))[alive]
        self._nearest[alive] = np.minimum(self._nearest, self._distance(arena))[alive]

    def scene(self, crowd: Crowd) -> Scene:
        return Scene(self._nearest, self._glance, self._blows, self._fright, self._gloom, self._dead, crowd)

    def _column(self, arena: Arena, name: str) -> Ints:
        return arena.state.lives[name][self._worlds, self._who].astype(np.int64)

    def _distance(self, arena: Arena) -> Ints:
        x, y = place_of(arena, self._who)
        to_x, to_y = self._places
        cells = cells_apart(x, y, to_x, to_y, arena.state.params.side)
        return np.rint(cells * UNIT).astype(np.int64)
