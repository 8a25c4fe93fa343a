"""From the retina to what interfaces hand out: compact vectors, pictures, masks; kernels, no Python per agent."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.agents.arena import Arena
from ninepixel.agents.envs.picture import look_at_pixels, palettes
from ninepixel.agents.envs.spaces import COMPACT, OBSERVATIONS, VIEW, observation_space
from ninepixel.agents.tasks import BadOption
from ninepixel.world.kernel import Array, leaf
from ninepixel.world.life.columns import BODY, DEEDS_HI, DEEDS_LO
from ninepixel.world.life.senses import AT, CHANNELS, OCTAVES, PIXELS

A_STORES, A_HEALTH, A_DRIVE, A_VALENCE, A_AROUSAL, A_PAIN, A_COINS, A_LOOT, A_MATTER, A_MATTER_BEARING = (
    AT[n] for n in ("stores", "health", "drive", "valence", "arousal", "pain", "coins", "loot", "matter", "matter_bearing")
)
A_LIFE, A_LIFE_BEARING, A_THING, A_THING_BEARING, A_HEARD, A_MASK = (
    AT[n] for n in ("life", "life_bearing", "thing", "thing_bearing", "heard", "mask")
)
FROM_RETINA = OCTAVES * CHANNELS * 3
ROW = 3 * CHANNELS


@leaf
def signed(byte: int) -> float:
    """A byte whose 128 is zero, as -1 .. 1."""
    return np.float32(np.int64(byte) - 128) * np.float32(1 / 128)


@leaf
def direction(seen: Array, presence: int, bearing: int, out: Array, at: int) -> None:
    """Presence, east and south of the nearest of a sort; zeros when there is none."""
    out[at] = np.float32(seen[presence]) * np.float32(1 / 255)
    near = seen[presence] != 0
    out[at + 1] = signed(seen[bearing]) if near else np.float32(0)
    out[at + 2] = signed(seen[bearing + 1]) if near else np.float32(0)


@leaf
def compact_one(seen: Array, out: Array) -> None:
    """One observation. *seen*: uint8 (RETINA_BYTES,); *out*: float32 (128,)."""
    at = 0
    for octave in range(OCTAVES):
        base = octave * PIXELS * CHANNELS
        for channel in range(CHANNELS):
            p = base + channel
            north = np.int64(seen[p]) + seen[p + CHANNELS] + seen[p + 2 * CHANNELS]
            middle = np.int64(seen[p + ROW]) + seen[p + ROW + CHANNELS] + seen[p + ROW + 2 * CHANNELS]
            south = np.int64(seen[p + 2 * ROW]) + seen[p + 2 * ROW + CHANNELS] + seen[p + 2 * ROW + 2 * CHANNELS]
            west = np.int64(seen[p]) + seen[p + ROW] + seen[p + 2 * ROW]
            east = np.int64(seen[p + 2 * CHANNELS]) + seen[p + ROW + 2 * CHANNELS] + seen[p + 2 * ROW + 2 * CHANNELS]
            out[at] = np.float32(north + middle + south) * np.float32(1 / (9 * 255))
            out[at + 1] = np.float32(east - west) * np.float32(1 / (3 * 255))
            out[at + 2] = np.float32(south - north) * np.float32(1 / (3 * 255))
            at += 3
    for k in range(3):
        out[at + k] = signed(seen[A_STORES + k])
    out[at + 3] = np.float32(seen[A_HEALTH]) * np.float32(1 / 255)
    out[at + 4] = signed(seen[A_VALENCE])
    out[at + 5] = np.float32(seen[A_AROUSAL]) * np.float32(1 / 255)
    out[at + 6] = np.float32(seen[A_PAIN]) * np.float32(1 / 255)
    out[at + 7] = np.float32(seen[A_DRIVE]) * np.float32(1 / 255)
    direction(seen, A_MATTER, A_MATTER_BEARING, out, at + 8)
    direction(seen, A_LIFE, A_LIFE_BEARING, out, at + 11)
    direction(seen, A_THING, A_THING_BEARING, out, at + 14)
    heard = np.int64(0)
    for word in range(8):
        heard += seen[A_HEARD + word]
    out[at + 17] = np.float32(min(heard, 255)) * np.float32(1 / 255)
    out[at + 18] = np.float32(seen[A_LOOT]) * np.float32(1 / 255)
    out[at + 19] = np.float32(seen[A_COINS]) * np.float32(1 / 255)


@leaf
def compact(lo: int, hi: int, seen: Array, lives: Array, out: Array) -> None:
    """Worlds lo .. hi-1. *seen*: uint8 (worlds, minds, RETINA_BYTES); *out*: float32 (worlds, minds, 128), zeros for nobody."""
    for w in range(lo, hi):
        for slot in range(seen.shape[1]):
            if lives[w, BODY, slot] < 0:
                out[w, slot, :] = np.float32(0)
            else:
                compact_one(seen[w, slot], out[w, slot])


@leaf
def tell_masks(lo: int, hi: int, seen: Array, lives: Array, table: Array, out: Array) -> None:
    """Which actions can have an effect now, int8 (worlds, minds, n), by :func:`~ninepixel.agents.envs.spaces.mask_table`.

    Who is dead may still do what has no effect: the first of every nine, so that a sample can always be drawn.
    """
    for w in range(lo, hi):
        for slot in range(out.shape[1]):
            mine = out[w, slot]
            if lives[w, BODY, slot] < 0:
                for i in range(table.shape[0]):
                    mine[i] = 1 if i % 9 == 0 else 0
                continue
            for i in range(table.shape[0]):
                act = table[i]
                mine[i] = 1 if act < 0 else seen[w, slot, A_MASK + act] & 1


@leaf
def tell_episodes(
    lo: int, hi: int, lives: Array, reward: Array, asleep: Array, deeds: Array, returns: Array, lengths: Array
) -> None:
    """Bring the books of every agent's episode up to date: uint64 deeds, float32 returns, int32 lengths, (worlds, agents)."""
    for w in range(lo, hi):
        for slot in range(returns.shape[1]):
            deeds[w, slot] = np.uint64(np.uint32(lives[w, DEEDS_LO, slot])) | (
                np.uint64(np.uint32(lives[w, DEEDS_HI, slot])) << np.uint64(32)
            )
            if asleep[w, slot]:
                returns[w, slot], lengths[w, slot] = np.float32(0), 0
            else:
                returns[w, slot] += reward[w, slot]
                lengths[w, slot] += 1


class Observer:
    """Observations of one kind of all minds of an arena.

    :param obs: ``"retina"``, ``"compact"`` or ``"pixels"``.
    """

    def __init__(self, obs: str, arena: Arena) -> None:
        if obs not in OBSERVATIONS:
            raise BadOption(f"option obs is one of {', '.join(OBSERVATIONS)}, not {obs!r}")
        self.obs = obs
        self.space = observation_space(obs)
        shape = (arena.worlds, arena.minds)
        self._buffer: npt.NDArray[Any] | None = None
        if obs == "compact":
            self._buffer = np.zeros((*shape, COMPACT), np.float32)
        elif obs == "pixels":
            self._buffer = np.zeros((*shape, VIEW, VIEW, 3), np.uint8)

    def update(self, arena: Arena, lo: int, hi: int) -> None:
        """Bring the observations of worlds lo .. hi-1 up to date with what the arena's minds see."""
        s = arena.state
        if self.obs == "compact":
            compact(lo, hi, arena.seen, s.lives.block, self._buffer)
        elif self.obs == "pixels":
            look_at_pixels(
                *(lo, hi, s.params.side_log2, s.bodies.count, s.bodies.block, s.bodies.row_of, s.bodies.index_of, s.energy),
                *(s.lives.block, s.things.block, arena.seen, *palettes(), self._buffer),
            )

    def seen(self, arena: Arena) -> npt.NDArray[Any]:
        """The observations as of the last update, (worlds, minds, ...): not a copy."""
        return arena.seen if self._buffer is None else self._buffer

    def fork(self) -> Observer:
        """An observer of its own that has seen the same."""
        twin = Observer.__new__(Observer)
        twin.obs, twin.space = self.obs, self.space
        twin._buffer = None if self._buffer is None else self._buffer.copy()
        return twin

    def become(self, other: Observer) -> None:
        """See what *other* has seen."""
        if self._buffer is not None and other._buffer is not None:
            self._buffer[...] = other._buffer


if FROM_RETINA + 20 != COMPACT:
    raise AssertionError("the compact observation is 108 numbers of the retina and 20 of oneself")
