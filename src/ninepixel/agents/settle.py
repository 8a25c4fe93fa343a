"""The two ends of a step, for ranges of worlds: actions in; rewards, deaths and new deeds out. No Python loop per agent."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.lives import Role
from ninepixel.world.laws.vital import SET_POINT
from ninepixel.world.life.columns import ACTION, BODY, DEEDS_HI, DEEDS_LO, ROLE
from ninepixel.world.life.deeds import bits_of

GUEST = int(Role.GUEST)


@leaf
def give_actions(lo: int, hi: int, actions: Array, asleep: Array, lives: Array) -> None:
    """Hand guests their actions. *actions*: uint8 (worlds, agents, 3), each below 9; slots that are *asleep* rest this tick."""
    for w in range(lo, hi):
        for slot in range(actions.shape[1]):
            if lives[w, ROLE, slot] != GUEST or lives[w, BODY, slot] < 0:
                continue
            if asleep[w, slot]:
                lives[w, ACTION, slot] = 0
            else:
                a = actions[w, slot]
                lives[w, ACTION, slot] = np.int64(a[0]) | np.int64(a[1]) << 8 | np.int64(a[2]) << 16


@leaf
def settle(
    lo: int,
    hi: int,
    lives: Array,
    gain: Array,
    sections: Array,
    died: Array,
    asleep: Array,
    before: Array,
    counted: Array,
    weights: Array,
    reward: Array,
    fresh: Array,
    terminated: Array,
) -> None:
    """Rewards of the tick that has just happened.

    :param before: uint32 (worlds, agents, 2): deeds as they stood, brought up to date here.
    :param counted: uint32 (2,): deeds that the task counts.
    :param weights: float32 (4,): drive, deed, section, death.
    :param reward: float32 (worlds, agents); *fresh* int32 how many counted deeds are new; *terminated* bool.
    """
    for w in range(lo, hi):
        for slot in range(reward.shape[1]):
            low, high = np.uint32(lives[w, DEEDS_LO, slot]), np.uint32(lives[w, DEEDS_HI, slot])
            new = bits_of(low & ~before[w, slot, 0] & counted[0]) + bits_of(high & ~before[w, slot, 1] & counted[1])
            before[w, slot, 0], before[w, slot, 1] = low, high
            fresh[w, slot] = new
            dead = died[w, slot] != 0
            terminated[w, slot] = dead
            if asleep[w, slot] or (lives[w, BODY, slot] < 0 and not dead):
                reward[w, slot] = np.float32(0)
                continue
            reward[w, slot] = (
                weights[0] * np.float32(gain[w, slot]) * np.float32(1 / SET_POINT)
                + weights[1] * np.float32(new)
                + weights[2] * np.float32(sections[w, slot])
                - weights[3] * np.float32(dead)
            )
