"""The score of a policy: how many achievements its lives reach, summed up as in Crafter (Hafner 2021, arXiv:2109.06780).

An *episode* is one life: a founder of a world, from the founding until it dies or the world ends at the task's horizon. All
founders of a world follow the policy; the dead are not replaced. The *success rate* s_i of an achievement is the share of lives
that reach it, in percent. The *score* of a set of achievements is ::

    exp(mean_i ln(1 + s_i)) - 1

in percent: a geometric mean, so that the hard achievements weigh as much as the easy ones. It is given for all achievements that
count in the task and for those of each tier. Intervals are percentile bootstraps over worlds (the lives of one world are not
independent), 95 %. Policies are compared by :mod:`ninepixel.agents.compare`.

In *co-play* only every other founder, those of the even slots, follows the policy that is judged, and only they are counted. All
others of the world and every child follow another one.

Seeds: train on what you like below 2**20; compare policies on :data:`EVALUATION_SEEDS`; report once, at the end, on
:data:`HELD_OUT_SEEDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ninepixel.agents.arena import Arena
from ninepixel.agents.tasks import Task
from ninepixel.world.host.survey import Survey
from ninepixel.world.laws.lives import DEEDS, Role
from ninepixel.world.life.columns import EPISODE
from ninepixel.world.physics.cpu.team import Team

#: World seeds to compare policies on while one works, and those to report on once.
EVALUATION_SEEDS = range(1 << 20, (1 << 20) + 4096)
HELD_OUT_SEEDS = range(1 << 30, (1 << 30) + 4096)
SEEDS = {"evaluation": EVALUATION_SEEDS, "held-out": HELD_OUT_SEEDS}
#: The policies that need no training.
BASELINES = {"random": Role.RANDOM, "scripted": Role.INSTINCT}
#: Worlds that are stepped together.
BATCH = 16
RESAMPLES = 1000

Bools = npt.NDArray[np.bool_]
Statistic = Callable[[npt.NDArray[Any]], float]
Floats = npt.NDArray[np.float64]


class Decider(Protocol):
    """Decides for many minds at once and keeps what they remember: :class:`~ninepixel.world.thought.IntegerPolicy`, for one."""

    def memory(self, minds: int) -> npt.NDArray[Any]:
        """What minds remember at the beginning of their lives, zeros (minds, ...)."""

    def decide(
        self,
        seen: npt.NDArray[np.uint8],
        memory: npt.NDArray[Any],
        *,
        seed: npt.NDArray[np.uint64],
        tick: int,
        ids: npt.NDArray[np.uint32],
        which: Bools,
        team: Team | None,
    ) -> npt.NDArray[np.uint8]:
        """The actions of n minds, uint8 (n, 3), of which only those of *which* count; their memory is brought up to date."""


#: Who decides: a built-in policy, one that was learned, or one that has to look at the worlds it is to decide in.
Player = Role | Decider | Callable[[Arena], Decider]


def seed_set(first: int, worlds: int) -> str:
    """Which published set the seeds ``first .. first + worlds - 1`` belong to: evaluation, held-out, or own."""
    last = first + worlds - 1
    if first in EVALUATION_SEEDS and last in EVALUATION_SEEDS:
        return "evaluation"
    return "held-out" if first in HELD_OUT_SEEDS and last in HELD_OUT_SEEDS else "own"


@dataclass(frozen=True, slots=True)
class Lives:
    """What became of lives.

    :ivar deeds: bool (lives, achievements): what each reached, in the order of :data:`DEEDS`.
    :ivar returns: float64 (lives,): the sum of the task's rewards.
    :ivar ages: int64 (lives,): ticks lived.
    :ivar worlds: int64 (lives,): the number of its world.
    """

    deeds: Bools
    returns: Floats
    ages: npt.NDArray[np.int64]
    worlds: npt.NDArray[np.int64]


def worlds_for(task: Task, lives: int, co_play: bool = False) -> int:
    """How many worlds it takes for at least so many lives that count."""
    return -(-lives // len(judged(task, co_play)))


def judged(task: Task, co_play: bool = False) -> list[int]:
    """The slots of the founders that count: all, or in co-play the even ones."""
    return list(range(0, task.agents, 2 if co_play else 1))


def live(
    task: Task,
    who: Player,
    lives: int,
    *,
    seed: int = EVALUATION_SEEDS.start,
    threads: int | None = None,
    tick_over: Callable[[int], None] = lambda ticks: None,
    others: Player | None = None,
    hosts: Callable[[int], Survey] | None = None,
) -> Lives:
    """Let at least *lives* founders live, in worlds from *seed* on.

    :param who: decides for all of them and for their children: a built-in policy, or one that was learned.
    :param tick_over: told the ticks of worlds that have been stepped.
    :param others: co-play: who decides for the founders that do not count, and for all children.
    :param hosts: the host of the world that is founded from a seed; the task's own, when None.
    """
    slots, players = judged(task, others is not None), [who if others is None else others] * task.agents
    for slot in slots:
        players[slot] = who
    roles = [_role(player) for player in players]
    parts = []
    worlds = worlds_for(task, lives, others is not None)
    for first in range(0, worlds, BATCH):
        arena = Arena(
            *(task,),
            worlds=min(BATCH, worlds - first),
            seed=seed + first,
            threads=threads,
            roles=roles,
            child_role=_role(who if others is None else others),
            hosts=hosts,
        )
        try:
            parts.append(_live(arena, first, tick_over, slots, _deciding(arena, who, others, slots)))
        finally:
            arena.close()
    return Lives(*(np.concatenate([getattr(part, name) for part in parts]) for name in Lives.__slots__))


def _role(player: Player) -> Role:
    return player if isinstance(player, Role) else Role.GUEST


def _deciding(arena: Arena, who: Player, others: Player | None, slots: list[int]) -> list[Minds]:
    """Whoever decides from outside, each for slots of its own."""
    mine: Bools = np.ones(arena.minds, np.bool_)
    if others is not None:
        mine[:] = False
        mine[slots] = True
    found = []
    for player, theirs in ((who, mine), (others, ~mine)):
        if player is not None and not isinstance(player, Role):
            found.append(Minds(arena, player(arena) if callable(player) else player, theirs))
    return found


class Minds:
    """Decides for guests of an arena by one policy, and keeps what each of them remembers.

    :param slots: bool (minds,), for whom; for all, when None.
    """

    def __init__(self, arena: Arena, policy: Decider, slots: Bools | None = None) -> None:
        self._arena, self._policy = arena, policy
        self.slots: Bools = np.ones(arena.minds, np.bool_) if slots is None else slots
        everybody = arena.worlds * arena.minds
        self._memory, self._whose = policy.memory(everybody), np.zeros(everybody, np.int64)
        seeds = [(arena.state.params.seed + world) % (1 << 64) for world in range(arena.worlds)]
        self._seeds = np.repeat(np.asarray(seeds, np.uint64), arena.minds)
        self._ids = np.tile(np.arange(arena.minds, dtype=np.uint32), arena.worlds)

    def decide(self) -> npt.NDArray[np.uint8]:
        """What everybody does in the next tick, uint8 (worlds, minds, 3)."""
        arena = self._arena
        lives, minds = arena.state.lives, slice(0, arena.minds)
        guests = (lives["body"][:, minds] >= 0) & (lives["role"][:, minds] == Role.GUEST)
        who = (guests & self.slots).reshape(-1)
        episode = arena.state.chronicle[:, EPISODE, None] << 32  # each counts its births anew
        whose = (episode | lives["serial"][:, minds].astype(np.int64)).reshape(-1)
        anew = who & (self._whose != whose)
        self._memory[anew], self._whose[anew] = 0, whose[anew]
        seen = arena.seen.reshape(len(who), -1)
        acts = self._policy.decide(
            seen, self._memory, seed=self._seeds, tick=arena.tick, ids=self._ids, which=who, team=arena.team
        )
        return acts.reshape(arena.worlds, arena.minds, 3)


def _live(arena: Arena, first: int, tick_over: Callable[[int], None], slots: list[int], deciding: list[Minds]) -> Lives:
    """One batch of worlds, from founding to the horizon or until nobody who counts is left."""
    worlds = arena.worlds
    arena.reset()
    acts = np.zeros((worlds, arena.minds, 3), np.uint8)
    returns = np.zeros((worlds, len(slots)))
    for tick in range(arena.task.horizon):
        for minds in deciding:
            acts[:, minds.slots] = minds.decide()[:, minds.slots]
        arena.step(acts)
        returns += arena.reward[:, slots]
        if tick % 64 == 63:
            tick_over(64 * worlds)
            if not arena.alive[:, slots].any():
                break
    column = arena.state.lives
    return Lives(
        deeds=deeds_of(column["deeds_lo"][:, slots], column["deeds_hi"][:, slots]).reshape(-1, len(DEEDS)),
        returns=returns.reshape(-1),
        ages=column["age"][:, slots].astype(np.int64).reshape(-1),
        worlds=np.repeat(np.arange(first, first + worlds), len(slots)),
    )


def deeds_of(low: npt.ArrayLike, high: npt.ArrayLike) -> Bools:
    """The achievements in the columns ``deeds_lo`` and ``deeds_hi``: bool (..., 48)."""
    words = np.stack([np.asarray(low, np.uint32), np.asarray(high, np.uint32)], axis=-1)
    number = np.arange(len(DEEDS))
    bits: Bools = (words[..., number >> 5] >> (number & 31).astype(np.uint32) & np.uint32(1)).astype(np.bool_)
    return bits


def score(deeds: Bools) -> float:
    """The score of lives, bool (lives, achievements), in percent; 0 when there is nothing to achieve."""
    if not deeds.size:
        return 0.0
    return float(np.expm1(np.log1p(100 * deeds.mean(axis=0)).mean()))


def interval(statistic: Statistic, values: npt.NDArray[Any], worlds: npt.NDArray[np.int64], seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of a statistic of lives, from a bootstrap that draws whole worlds.

    :param values: (lives, ...), and *worlds* (lives,) the world of each.
    """
    groups = [values[worlds == w] for w in np.unique(worlds)]
    rng = np.random.default_rng(seed)
    drawn = [statistic(np.concatenate([groups[i] for i in rng.integers(0, len(groups), len(groups))])) for _ in range(RESAMPLES)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def counted(task: Task, tiers: tuple[int, ...] = (1, 2, 3, 4)) -> list[int]:
    """The numbers of the achievements that count in a task, of some tiers."""
    return [i for i, deed in enumerate(DEEDS) if deed.name in task.deeds and deed.tier in tiers]


def report(task: Task, lives: Lives) -> list[dict[str, Any]]:
    """Rows: the score overall, of tiers 1 and 2 together, of each tier; mean return and age; each success rate."""
    rows = []
    sets = {"all": (1, 2, 3, 4), "1-2": (1, 2), "1": (1,), "2": (2,), "3": (3,), "4": (4,)}
    for name, tiers in sets.items():
        which = lives.deeds[:, counted(task, tiers)]
        if which.shape[1]:
            rows.append(_row(f"score tier {name}" if name != "all" else "score", "%", score, which, lives.worlds))
    rows.append(_row("mean return", "reward", _mean, lives.returns, lives.worlds))
    rows.append(_row("mean age", "ticks", _mean, lives.ages, lives.worlds))
    for i in counted(task):
        rows.append(_row(f"success {DEEDS[i].name}", "%", lambda v: 100 * _mean(v), lives.deeds[:, i], lives.worlds))
    return rows


def _mean(values: npt.NDArray[Any]) -> float:
    return float(values.mean())


def _row(
    metric: str,
    unit: str,
    statistic: Callable[[npt.NDArray[Any]], float],
    values: npt.NDArray[Any],
    worlds: npt.NDArray[np.int64],
) -> dict[str, Any]:
    low, high = interval(statistic, values, worlds)
    return {"metric": metric, "value": round(statistic(values), 4), "unit": unit, "low": round(low, 4), "high": round(high, 4)}
