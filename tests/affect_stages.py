"""Small stages for tests of the birth test: few minds, one guardian, and somebody who ought to pass."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ninepixel.agents.affect.crowd import Crowd
from ninepixel.agents.affect.trial import Moment
from ninepixel.agents.arena import Arena
from ninepixel.agents.tasks import TASKS
from ninepixel.world.laws.lives import Role
from ninepixel.world.life.senses import AT, CHANNELS, PIXELS, THREAT
from ninepixel.world.thought import IntegerPolicy

TASK = TASKS["survive"].with_options(agents=2, guardians=1, files=1, fountains=2, coins=0, loot=0, buried=0)
#: Traits of eyes that see four octaves in all their bits.
SHARP = 64 | 80 << 8 | 48 << 16
#: Moves by the sign of (dy, dx).
MOVE_TO = np.asarray([[8, 1, 2], [7, 0, 3], [6, 5, 4]])
#: Ticks for which somebody that was hurt keeps away.
SHY = 120


class Brave:
    """Goes to what threatens, until it is hurt; then it keeps away for some time. It ought to pass the birth test."""

    policy = SimpleNamespace(shape=SimpleNamespace(hidden=1), hash="brave")

    def __init__(self, *, learns: bool = True, nears: bool = True) -> None:
        self.learns, self.nears = learns, nears

    def decide(self, seen: npt.NDArray[np.uint8], memory: npt.NDArray[np.int16], **rest: Any) -> npt.NDArray[np.uint8]:
        threat = seen[:, : 4 * PIXELS * CHANNELS].reshape(-1, 4, 3, 3, CHANNELS)[..., THREAT].astype(int)
        dx = threat[:, :, :, 2].sum(axis=2) - threat[:, :, :, 0].sum(axis=2)
        dy = threat[:, :, 2].sum(axis=2) - threat[:, :, 0].sum(axis=2)
        near = np.argmax((dx != 0) | (dy != 0), axis=1)  # the finest octave in which it is to one side
        who = np.arange(len(seen))
        sx, sy = np.sign(dx[who, near]), np.sign(dy[who, near])
        hurt = self.learns & (seen[:, AT["pain"]] > 0)
        memory[:, 0] = np.where(hurt, SHY, np.maximum(memory[:, 0] - 1, 0))
        way = np.where(memory[:, 0] > 0, -1, 1 if self.nears else 0)
        moves = MOVE_TO[way * sy + 1, way * sx + 1]
        return np.stack([moves, np.ones_like(moves), np.zeros_like(moves)], axis=1).astype(np.uint8)


def moment(who: Role | Brave, worlds: int = 4, ticks: int = 24, seed: int = 11) -> Moment:
    """Worlds that have been lived in for some ticks; in each, slot 0 is tested, well fed and with good eyes."""
    crowd = Crowd(TASK, worlds, cast(Role | IntegerPolicy, who))
    arena = Arena(TASK, worlds=worlds, seed=seed, threads=1, roles=crowd.roles(TASK))
    arena.reset()
    for _ in range(ticks):
        arena.step(np.zeros((worlds, TASK.agents, 3), np.uint8))
    lives = arena.state.lives
    lives["pheno_r"][:, : TASK.agents] = SHARP
    for store in ("store_r", "store_b", "store_y"):
        lives[store][:] = 8192  # a guardian needs strength to strike, a mind to walk
    lives["health"][:, : TASK.agents] = 1024
    arena.life.sense()
    crowd.decide(arena)  # so that it knows whose its memory is
    crowd.memory[:] = 0
    return Moment(arena, crowd, np.zeros(worlds, np.int64))
