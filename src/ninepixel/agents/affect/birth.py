"""The birth test (canon, section 4): after curiosity plateaus, a mind must approach what it fears and learn whether it was real.

``docs/AFFECT.md`` is the protocol; the numbers below are a part of it, and were fixed before anybody was judged by it.

Waking lives show what minds fear and whose curiosity rests; of every world one mind is tested. Each *repeat* has a direction and
dice of its own. In it the mind meets a guardian, and, in another fork, none: that is how much nearer it comes *because* of the
guardian. It has a lesson with a dangerous guardian, and one with a harmless one; then it is put back to where it was, with
nothing but what it remembers of one lesson or of the other, and meets the guardian again: that is what it learned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.agents.affect.crowd import Crowd
from ninepixel.agents.affect.fears import Fear, fears
from ninepixel.agents.affect.plateau import WINDOW, settled
from ninepixel.agents.affect.stage import Danger
from ninepixel.agents.affect.trial import UNIT, Moment, lesson, meeting, remembered
from ninepixel.agents.affect.waking import Waking, live
from ninepixel.agents.arena import Arena
from ninepixel.agents.tasks import Task
from ninepixel.world.laws.lives import Role
from ninepixel.world.laws.vital import HEALTH
from ninepixel.world.life.eyes import octaves_of
from ninepixel.world.thought import IntegerPolicy

#: Ticks of waking life before the test: two windows after the first, in which founders find their feet.
WAKING_TICKS = 3 * WINDOW
#: Repeats of each mind, and cells from the guardian's place within which it has faced it.
REPEATS, FACED = 16, 4
#: What a cell is, in what distances are counted in.
CELL = UNIT
#: Worlds that are tested together.
BATCH = 32
#: A mind must be this well, see so many octaves, and so many bits of a pixel: else it could not see a guardian eight cells away.
FIT, OCTAVES, ACUITY = HEALTH // 2, 3, 16
#: Kinds of neighbour that the stage can show: guardians, awake or hunting.
STAGED = ("guardian", "hunter")
#: The golden angle: worlds look in different directions, repeats go round the compass.
GOLDEN = np.pi * (3 - 5**0.5)

Ints = npt.NDArray[np.int64]
Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Mind:
    """What one mind did, each array over its repeats; distances in 1/256 cells.

    :ivar world, slot: who it is. :ivar seen: bool: whether it could see the guardian at first glance; only these repeats count.
    :ivar alone, faced: how near it came to the place when nobody stood there, and when a guardian did.
    :ivar warned, calmed: how near at the second meeting, with the memory of a real danger, and of a harmless one.
    :ivar blows: in the lesson with the dangerous guardian, less those in the other.
    :ivar fright, gloom: highest arousal and lowest valence in that lesson, less those in the other.
    :ivar whole: bool: whether it lived through both lessons; what it learned counts in these repeats alone.
    """

    world: int
    slot: int
    seen: npt.NDArray[np.bool_]
    alone: Ints
    faced: Ints
    warned: Ints
    calmed: Ints
    blows: Ints
    fright: Ints
    gloom: Ints
    whole: npt.NDArray[np.bool_]

    @property
    def approach(self) -> Ints:
        """How much nearer it came because of the guardian."""
        return (self.alone - self.faced)[self.seen]

    @property
    def learned(self) -> Ints:
        """How much farther it stayed away after a real danger than after a harmless one."""
        return (self.warned - self.calmed)[self.seen & self.whole]


@dataclass(slots=True)
class Born:
    """What was found.

    :ivar fears: of every kind of neighbour, from waking lives. :ivar worlds: how many were lived in.
    :ivar lost: worlds without a mind to test, by the reason: nobody alive, restless, unfit, or short of sight.
    """

    fears: list[Fear]
    worlds: int
    minds: list[Mind] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)

    @property
    def feared(self) -> str:
        """The kind that is feared most of those that the stage can show; empty when none of them is feared."""
        return next((fear.kind for fear in self.fears if fear.feared and fear.kind in STAGED), "")


def birth_test(
    task: Task,
    who: Role | IntegerPolicy,
    *,
    minds: int,
    seed: int,
    repeats: int = REPEATS,
    threads: int | None = None,
    told: Told = lambda repeats: None,
) -> Born:
    """Test at least *minds* minds, if they can be found in four times as many worlds from *seed* on.

    :param who: decides for everybody. :param told: how many repeats (of a batch of worlds) have been played.
    """
    wakings, moments = [], list[tuple[int, Moment]]()
    lost, found, first = dict[str, int](), 0, 0
    while found < minds and first < 4 * minds:
        worlds = min(BATCH, 4 * minds - first)
        crowd = Crowd(task, worlds, who)
        arena = Arena(task, worlds=worlds, seed=(seed + first) % 2**64, threads=threads, roles=crowd.roles(task))
        arena.reset()
        waking = live(arena, crowd, WAKING_TICKS)
        subjects = _choose(arena, waking, lost, minds - found)
        wakings.append(waking)
        moments.append((first, Moment(arena, crowd, subjects)))
        found, first = found + int((subjects >= 0).sum()), first + worlds
    born = Born(fears(_together(wakings)), first, lost=lost)
    try:
        if born.feared:
            for begin, moment in moments:
                born.minds += _tested(begin, moment, repeats, told)
    finally:
        for _, moment in moments:
            moment.arena.close()
    return born


def _choose(arena: Arena, waking: Waking, lost: dict[str, int], most: int) -> Ints:
    """The first mind of each world that can be tested, int64 (worlds,), -1 for none; at most *most* of them."""
    agents = slice(0, arena.task.agents)
    lives = arena.state.lives
    traits = lives["pheno_r"][:, agents].astype(np.int64)
    eyes = np.asarray([octaves_of(int(word)) for word in traits.ravel()]).reshape(traits.shape)
    left = np.ones_like(waking.alive[-1])
    for reason, fits in (
        ("nobody alive", waking.alive[-1]),
        ("restless", settled(waking.arousal)),
        ("unfit", (lives["health"][:, agents] >= FIT) & (lives["hurt"][:, agents] == 0)),
        ("short of sight", (eyes >= OCTAVES) & ((traits >> 8 & 0xFF) >= ACUITY)),
    ):
        before, left = left.any(axis=1), left & fits
        lost[reason] = lost.get(reason, 0) + int((before & ~left.any(axis=1)).sum())
    chosen = np.where(left.any(axis=1), left.argmax(axis=1), -1)
    chosen[np.cumsum(chosen >= 0) > most] = -1
    return chosen.astype(np.int64)


def _together(wakings: list[Waking]) -> Waking:
    """The waking lives of all batches, side by side."""

    def beside(name: str) -> npt.NDArray[Any]:
        return np.concatenate([getattr(waking, name) for waking in wakings], axis=1)

    near = {kind: np.concatenate([waking.near[kind] for waking in wakings], axis=1) for kind in wakings[0].near}
    felt = {name: beside(name) for name in ("valence", "arousal", "health", "alive", "blow")}
    return Waking(**felt, near=near)


def _tested(first: int, moment: Moment, repeats: int, told: Told) -> list[Mind]:
    """All repeats of the subjects of a batch whose first world has the number *first*."""
    if not (moment.subjects >= 0).any():
        return []
    rows = []
    for repeat in range(repeats):
        rows.append(_repeat(moment, repeat, first))
        told(1)
    columns = {name: np.stack([row[name] for row in rows], axis=1) for name in rows[0]}
    return [
        Mind(first + world, int(moment.subjects[world]), **{name: column[world] for name, column in columns.items()})
        for world in np.flatnonzero(moment.subjects >= 0).tolist()
    ]


def _repeat(moment: Moment, repeat: int, first: int) -> dict[str, npt.NDArray[np.int64]]:
    """One repeat of everybody, arrays over worlds. Dice are counted from 1: those of 0 are the waking world's."""
    angles = np.asarray((first + np.arange(len(moment.subjects))) * GOLDEN + repeat * np.pi / 4, np.float64)
    dice = 3 * repeat + 1
    alone, faced = (meeting(moment, danger, angles, dice) for danger in (Danger.ABSENT, Danger.REAL))
    real, harmless = (lesson(moment, danger, angles, dice + 1) for danger in (Danger.REAL, Danger.HARMLESS))
    warned, calmed = (meeting(moment, Danger.REAL, angles, dice + 2, remembered(moment, s.crowd)) for s in (real, harmless))
    return {
        "seen": (alone.glance != faced.glance).any(axis=1),
        "alone": alone.nearest,
        "faced": faced.nearest,
        "warned": warned.nearest,
        "calmed": calmed.nearest,
        "blows": real.blows - harmless.blows,
        "fright": real.fright - harmless.fright,
        "gloom": real.gloom - harmless.gloom,
        "whole": ~(real.dead | harmless.dead),
    }
