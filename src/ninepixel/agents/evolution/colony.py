"""Colonies: many worlds of one kind at once, in which minds live, breed and die for as long as one likes.

The laws alone let a well-fed mind live for ever: from ``SPAN`` on age takes a point of health a tick, and a mind with three
filled stores heals one. Full worlds then stand still, for eggs find no slot. So a colony may set a *term*: every life is allotted
an age by lot, whatever its genome, and ends at it if nothing ended it before. Who lives until then, and who breeds, is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ninepixel.agents.arena import Arena
from ninepixel.agents.evolution.genomes import BASES, Genomes, wear, worn
from ninepixel.agents.evolution.tree import Tree
from ninepixel.agents.score import Minds
from ninepixel.agents.tasks import Task
from ninepixel.world.laws.lives import Role, Thing
from ninepixel.world.life.census import Census
from ninepixel.world.life.columns import EPISODE, NEXT_SERIAL
from ninepixel.world.thought import IntegerPolicy

#: Ticks between two rounds, in which slots open again, terms end and eggs are counted. An egg lies for EGG_TICKS at least.
ROUND = 16
#: Ticks between two deals of the genomes, where they are dealt.
DEAL = 64
#: Allotted ages repeat after so many births of a world.
_LOTS = 1 << 12


@dataclass(frozen=True, slots=True)
class Rules:
    """What a colony adds to the laws.

    :param term: ticks that a life is allotted on average, from half to one and a half of it by lot; 0 for no term.
    :param deal: whether the living exchange their genomes by lot again and again: what one wears and what becomes of one have
        nothing to do with each other then, and what is left of evolution is chance and the bias of mutation.
    :param blind: whether what mutates in a child may as well have mutated the other way, by lot: mutations latch where they
        answer what the parents lacked, and so they lead somewhere without any selection; blind ones do not.
    :param breed: whether slots of the dead open again, so that eggs can hatch in them.
    """

    term: int = 0
    deal: bool = False
    blind: bool = False
    breed: bool = True


class Colony:
    """Worlds of one task, founded from seeds *seed*, *seed* + 1 ...

    :param founders: uint8 (worlds, agents, 9): their genomes; those of chance when None.
    :param policy: what minds act by; by instinct when None.

    :ivar trees: the lineage of every world. :ivar eggs: per world, eggs laid by the mother's or father's serial.
    :ivar returns: float64 (worlds, minds): rewards of the task that each slot's founder had, by slot.
    """

    def __init__(
        self,
        task: Task,
        worlds: int,
        seed: int,
        rules: Rules,
        *,
        founders: Genomes | None = None,
        policy: IntegerPolicy | None = None,
        threads: int | None = None,
    ) -> None:
        role = Role.INSTINCT if policy is None else Role.GUEST
        self.arena = Arena(task, worlds=worlds, seed=seed, threads=threads, roles=[int(role)] * task.agents)
        self.arena.reset()
        self.rules = rules
        if founders is not None:
            for world in range(worlds):
                wear(self.arena.state, world, np.arange(task.agents), founders[world])
            self.arena.sense(np.ones(worlds, np.bool_))
        self._minds = None if policy is None else Minds(self.arena, policy)
        self._nothing = np.zeros((worlds, self.arena.minds, 3), np.uint8)
        self._chance = np.random.default_rng([seed, worlds])
        lots = np.random.default_rng([seed, 1])
        self._allotted = lots.integers(rules.term - rules.term // 2, rules.term + rules.term // 2 + 1, (worlds, _LOTS))
        self.trees = [Tree() for _ in range(worlds)]
        self._census = [Census(world) for world in range(worlds)]
        self._here = np.zeros((worlds, self.arena.state.lives.capacity), np.int64)
        self.eggs: list[dict[int, int]] = [{} for _ in range(worlds)]
        self.returns = np.zeros((worlds, self.arena.minds))
        self._count()

    def run(self, ticks: int) -> None:
        """Let time pass."""
        arena = self.arena
        for _ in range(ticks):
            arena.step(self._nothing if self._minds is None else self._minds.decide())
            self.returns += arena.reward
            self._count()
            if arena.tick % ROUND == 0:
                self._round()

    def close(self) -> None:
        """Let the threads go."""
        self.arena.close()

    def genomes(self, world: int) -> Genomes:
        """Those of the minds that live, uint8 (n, 9), in slot order."""
        return worn(self.arena.state, world, np.flatnonzero(self.arena.alive[world]))

    def births(self) -> npt.NDArray[np.int64]:
        """How many were ever born in every world, by the state's own count, int64 (worlds,)."""
        born: npt.NDArray[np.int64] = self.arena.state.chronicle[:, NEXT_SERIAL] - 1
        return born

    def _count(self) -> None:
        """Enter births and deaths of the tick in the trees."""
        lives = self.arena.state.lives
        here = np.where(lives["body"] >= 0, lives["serial"].astype(np.int64), 0)
        changed = here != self._here
        for world in np.flatnonzero(changed.any(axis=1)).tolist():
            if self.rules.blind:
                self._blind(world, np.flatnonzero(changed[world] & (lives["mother"][world] != 0) & (here[world] != 0)))
            self.trees[world].add(*self._census[world].look(self.arena.state))
        self._here = here

    def _blind(self, world: int, slots: npt.NDArray[np.intp]) -> None:
        """Turn mutations of those who are new in *slots* around, one in two."""
        lives, known = self.arena.state.lives, self.trees[world].lives
        episode = int(self.arena.state.chronicle[world, EPISODE])
        for slot in slots.tolist():
            child = worn(self.arena.state, world, np.asarray([slot]))[0].astype(np.int64)
            parents = (known[episode, int(lives[name][world, slot])].birth.genome for name in ("mother", "father"))
            change = child - np.stack([np.frombuffer(genome, np.uint8) for genome in parents])
            least = np.where(abs(change[0]) <= abs(change[1]), *change)  # 0 for what is inherited
            turned = np.where(self._chance.integers(0, 2, BASES) == 1, child - 2 * least, child)
            wear(self.arena.state, world, np.asarray([slot]), np.clip(turned, 0, 255).astype(np.uint8)[None])

    def _round(self) -> None:
        arena = self.arena
        lives, minds = arena.state.lives, slice(0, arena.minds)
        role, alive = lives["role"][:, minds], arena.alive
        if self.rules.breed:
            role[(role == Role.CLOSED) & ~alive] = int(Role.OPEN)
        if self.rules.term:
            allotted = np.take_along_axis(self._allotted, lives["serial"][:, minds].astype(np.int64) % _LOTS, axis=1)
            lives["health"][:, minds][alive & (lives["age"][:, minds] >= allotted)] = 0
        if self.rules.deal and arena.tick % DEAL == 0:
            for world in range(arena.worlds):
                slots = np.flatnonzero(alive[world])
                wear(arena.state, world, slots, self._chance.permutation(worn(arena.state, world, slots)))
        things = arena.state.things  # an egg is 1 tick old at the end of the tick in which it is laid
        laid = (things["kind"] == Thing.EGG) & (things["age"] <= ROUND)
        for world, thing in np.argwhere(laid).tolist():
            for parent in (int(things[name][world, thing]) for name in ("mother", "father")):
                self.eggs[world][parent] = self.eggs[world].get(parent, 0) + 1


def mixture(parts: Sequence[Genomes], agents: int, seed: int) -> tuple[Genomes, npt.NDArray[np.int64]]:
    """*agents* genomes drawn from several populations in turn, and from which each is: uint8 (agents, 9), int64 (agents,)."""
    chance = np.random.default_rng(seed)
    origin = chance.permutation(np.arange(agents) % len(parts))
    drawn = [parts[i][chance.integers(len(parts[i]))] for i in origin.tolist()]
    return np.asarray(drawn, np.uint8).reshape(agents, BASES), origin
