"""The lives of one universe: when each part of a tick is theirs, the room their bodies need, who comes when few are left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.ids import EntityId
from ninepixel.world.genesis import mind_name
from ninepixel.world.laws.bodies import BODY_COLUMNS, MOVING
from ninepixel.world.laws.lives import Role
from ninepixel.world.life.founders import arrive
from ninepixel.world.life.window import WindowedLife
from ninepixel.world.physics.cpu.team import Team
from ninepixel.world.state import State

if TYPE_CHECKING:
    from ninepixel.world.life.residents import Thinker

#: While fewer minds than this live, no egg can be laid: then a founder arrives every so many ticks.
FEWEST, ARRIVAL_TICKS = 2, 64


class Lives:
    """Runs the laws of life on the state of one universe, which must be at home; a state without lives has none of this.

    :param team: threads that may help to look around.
    :param seen: what every mind senses, if it is known already; otherwise it is found out.
    """

    def __init__(self, state: State, team: Team | None = None, seen: npt.NDArray[np.uint8] | None = None) -> None:
        self.state = state
        self.engine = WindowedLife(state, minds_of(state), _resident(state), team)
        self._team = team
        self._thinker: Thinker | None = None
        if seen is None:
            self.engine.sense()
        else:
            self.engine.seen[...] = seen
        self._who = self._entities()

    @property
    def minds(self) -> int:
        """Slots of each world that are for minds; guardians have those behind them."""
        return int(self.engine.seen.shape[1])

    @property
    def resident(self) -> Role:
        """Who decides for those whom nobody leads."""
        return _resident(self.state)

    @property
    def chosen(self) -> npt.NDArray[np.uint8]:
        """What residents of world 0 that act by a policy chose in the last tick, uint8 (minds, 3); zeros for all others."""
        return np.zeros((self.minds, 3), np.uint8) if self._thinker is None else self._thinker.chosen[0]

    def rest_guests(self) -> None:
        """Whoever is led from outside does nothing until it is told."""
        lives = self.state.lives
        lives["action"][lives["role"] == Role.GUEST] = 0

    def act(self) -> None:
        """Residents decide and everybody acts. Afterwards there is room for whoever is born in this tick."""
        self.make_room()
        self._think()
        self.engine.before()
        for name in ("vx", "vy", "energy"):
            self._touch(name)

    def live(self) -> None:
        """Things, metabolism, death and birth; then slots whose mind has died open again."""
        self.engine.live()
        lives = self.state.lives
        closed = (lives["role"] == Role.CLOSED) & (lives["body"] < 0)
        lives["role"][closed] = int(Role.OPEN)
        if self.state.tick % ARRIVAL_TICKS == 0:
            for world in range(self.state.params.worlds):
                self._welcome(world)
        for name in MOVING:
            self._touch(name)
        who = self._entities()
        if not np.array_equal(who, self._who):
            for column in BODY_COLUMNS:
                self._touch(column.name)

    def adopt(self, policy: bytes) -> None:
        """Let residents act by a policy from now on; without bytes, by instinct.

        :raises BadPolicy: when it is none; nothing has changed then.
        """
        from ninepixel.world.life.residents import adopt

        adopt(self.state, policy, self.minds)
        self.engine.hatch_as(_resident(self.state))

    def _think(self) -> None:
        """Let residents choose their actions that act by a policy."""
        if self.state.thoughts is None:
            return
        from ninepixel.world.life.residents import Thinker  # its kernels are for universes with a policy

        if self._thinker is None or not self._thinker.serves(self.state):
            self._thinker = Thinker(self.state, self._team)
        self._thinker.decide(self.engine.seen)

    def make_room(self) -> None:
        """Let every slot have room for a body, so that what is born does not depend on how much room there is."""
        bodies = self.state.bodies
        vacant = (self.state.lives["body"] < 0).sum(axis=1)
        needed = int((bodies.count + vacant).max())
        if needed > bodies.capacity:
            bodies.grow(needed + needed // 4)

    def settle(self, slot: int, role: Role) -> EntityId:
        """Let *role* decide for who lives in a slot of world 0, where a founder is born if nobody does. Returns the entity."""
        bodies, lives = self.state.bodies, self.state.lives
        if lives["body"][0, slot] < 0:
            self.make_room()
            arrive(self.state, slot, role)
            for column in BODY_COLUMNS:
                self._touch(column.name)
            self._who = self._entities()
        lives["role"][0, slot] = int(role)
        return bodies.entity_at(int(bodies.row_of[0, lives["body"][0, slot]]))

    def remember(self, index: int) -> None:
        """Let every life be able to remember the body of *index*."""
        state, words = self.state, (index >> 5) + 1
        if words > state.known.shape[2]:
            more = words + words // 4 - state.known.shape[2]
            state.known = np.pad(state.known, ((0, 0), (0, 0), (0, more)))
            self.engine._gather()

    def renamed(self) -> list[tuple[EntityId, EntityId, bytes]]:
        """Since the last call: the entities (-1: none) that lived in a slot and live there now, and the newcomer's name.

        Only of world 0, in slot order; guardians have no names.
        """
        who, before = self._entities(), self._who
        self._who = who
        serial = self.state.lives["serial"][0]
        slots = np.flatnonzero(who[0] != before[0])
        return [
            (EntityId(int(before[0, s])), EntityId(int(who[0, s])), mind_name(int(serial[s])) if s < self.minds else b"")
            for s in slots.tolist()
        ]

    def _welcome(self, world: int) -> None:
        """A founder, if too few minds are left in a world."""
        lives = self.state.lives
        here = lives["body"][world, : self.minds] >= 0
        free = np.flatnonzero(~here & (lives["role"][world, : self.minds] == Role.OPEN))
        if here.sum() < FEWEST and free.size:
            self.make_room()
            arrive(self.state, int(free[0]), self.resident, world)

    def _entities(self) -> npt.NDArray[np.int64]:
        """Ids of the bodies in all slots, int64 (worlds, slots); -1 where nobody lives."""
        body = self.state.lives["body"]
        generation = np.take_along_axis(self.state.bodies.generation, np.maximum(body, 0), axis=1).astype(np.int64)
        return np.where(body >= 0, (generation << 32) | body, -1)

    def _touch(self, name: str) -> None:
        for world in range(self.state.params.worlds):
            self.state.bodies.touch(name, world)


def _resident(state: State) -> Role:
    return Role.INSTINCT if state.thoughts is None else Role.LEARNED


def minds_of(state: State) -> int:
    """How many slots of each world are for minds: those before the first guardian's."""
    guarded = np.flatnonzero((state.lives["role"] == Role.GUARDIAN).any(axis=0)[: int(state.lives.count[0])])
    return int(guarded[0]) if guarded.size else int(state.lives.count[0])
