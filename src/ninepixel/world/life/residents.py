"""Residents that have learned to act: they decide by the policy that is a part of the state, inside the step.

So a thousand of them cost the journal nothing, and a replay decides the same again. Who takes a slot anew remembers nothing.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.lives import Role
from ninepixel.world.physics.cpu.team import Team
from ninepixel.world.state import State, Thoughts
from ninepixel.world.thought import BadPolicy, IntegerPolicy, Policy

__all__ = ["BadPolicy", "Thinker", "adopt"]


def adopt(state: State, policy: bytes, minds: int) -> None:
    """Let the residents of *state* act by a policy from now on: those that acted by instinct, or by another policy.

    Who acted by another of the same size goes on with what it remembers. With no bytes they act by instinct again.

    :param policy: its file. :param minds: slots of each world that are for minds.
    :raises BadPolicy: when it is none; nothing has changed then.
    """
    role = state.lives["role"]
    if not policy:
        state.thoughts = None
        role[role == Role.LEARNED] = int(Role.INSTINCT)
        return
    units, before = ready(policy).policy.shape.hidden, state.thoughts
    if before is not None and before.memory.shape[2] == units:
        before.policy = policy
    else:
        state.thoughts = Thoughts.fresh(policy, state.params.worlds, state.lives.capacity, units)
    role[:, :minds][role[:, :minds] == Role.INSTINCT] = int(Role.LEARNED)


@lru_cache(maxsize=4)
def ready(policy: bytes) -> IntegerPolicy:
    """The policy in the bytes of a file, ready to decide. It takes some milliseconds, once: whoever is about to let residents act
    by another policy asks for it when there is time.

    :raises BadPolicy: when they are none.
    """
    return IntegerPolicy(Policy.parse(policy))


class Thinker:
    """Decides for the residents of one state that act by its policy.

    :raises BadPolicy: when what the state holds is none.
    :ivar chosen: uint8 (worlds, minds, 3): what residents chose last; zeros where nobody did.
    """

    def __init__(self, state: State, team: Team | None = None) -> None:
        assert state.thoughts is not None
        self._state, self._team = state, team
        self._file = state.thoughts.policy
        self.policy = ready(self._file)
        self.chosen: npt.NDArray[np.uint8] = np.zeros((state.params.worlds, 0, 3), np.uint8)

    def serves(self, state: State) -> bool:
        """Whether the policy is still that of the state."""
        return state.thoughts is not None and state.thoughts.policy is self._file

    def decide(self, seen: npt.NDArray[np.uint8]) -> None:
        """Let residents choose their actions. *seen*: uint8 (worlds, minds, RETINA_BYTES), what they sense."""
        state, thoughts, minds = self._state, self._state.thoughts, seen.shape[1]
        assert thoughts is not None
        lives = state.lives
        self.chosen = np.zeros((*seen.shape[:2], 3), np.uint8)
        for world in range(state.params.worlds):
            who = (lives["role"][world, :minds] == Role.LEARNED) & (lives["body"][world, :minds] >= 0)
            if not who.any():
                continue
            memory, whose = thoughts.memory[world, :minds], thoughts.whose[world, :minds]
            serial = lives["serial"][world, :minds].astype(np.uint32)
            anew = who & (whose != serial)
            memory[anew], whose[anew] = 0, serial[anew]
            seed = (state.params.seed + world) % (1 << 64)
            chosen = self.chosen[world]
            self.policy.decide(seen[world], memory, seed=seed, tick=state.tick, which=who, out=chosen, team=self._team)
            acts = chosen.astype(np.uint32)
            packed = acts[:, 0] | acts[:, 1] << np.uint32(8) | acts[:, 2] << np.uint32(16)
            lives["action"][world, :minds][who] = packed[who]
