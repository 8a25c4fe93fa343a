"""Where worlds stand: a name for it, and all of it as bytes, to go on elsewhere.

The state itself travels as a snapshot does that is saved to disk, and is held against the same rules when it is read: kernels
index arrays with what its columns say. What an environment knows beside the state (flags, books of the episodes, what was sensed)
and what minds remember goes with it in a second envelope.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.agents.envs.base import Snapshot
from ninepixel.agents.envs.vector import MindsVectorEnv
from ninepixel.agents.rollouts.work import MARK_BYTES, BadWork
from ninepixel.world.store.envelope import Envelope, pack, unpack
from ninepixel.world.store.errors import Impossible
from ninepixel.world.store.snapshot import pack_snapshot, unpack_snapshot

KIND = "standing"
_ARENA = ("reward", "terminated", "truncated", "fresh", "asleep", "_before", "seen")
#: By the size of an item: as what it is written.
_AS = {1: "u1", 4: "i4", 8: "i8"}

Bools = npt.NDArray[np.bool_]
Memory = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Standing:
    """Worlds, and who lives in them, as bytes. :param state: a snapshot. :param rest: all else."""

    state: bytes
    rest: bytes


def mark(env: MindsVectorEnv, over: Bools, fresh: Bools) -> bytes:
    """A name of where worlds stand, 16 bytes: the digest of their state, who has ended and who begins, (n,) each."""
    flags = np.packbits(over).tobytes() + np.packbits(fresh).tobytes()
    return blake2b(bytes.fromhex(env.state_hash()) + flags, digest_size=MARK_BYTES, person=b"ninepixel-work").digest()


def take_down(env: MindsVectorEnv, over: Bools, fresh: Bools, memory: Memory) -> Standing:
    """Everything that decides what becomes of *env*, beside its options and its seed.

    :param memory: int16 (n, hidden): what minds remember.
    """
    snapshot = env.snapshot()
    columns = {name: _plain(array) for name, array in _places(snapshot).items()}
    columns |= {"over": over.view(np.uint8), "fresh": fresh.view(np.uint8), "memory": _plain(memory)}
    state = snapshot.arena.state
    return Standing(pack_snapshot(state, "checkpoint"), pack(KIND, state.tick, {}, columns, level=3))


def put_up(env: MindsVectorEnv, standing: Standing, hidden: int) -> tuple[Bools, Bools, Memory]:
    """Bring *env*, made alike and reset with the same seed, to where *standing* was taken: over, fresh, memory.

    :raises BadWork: when it is no standing of such an environment. *env* may have been changed then.
    """
    try:
        snapshot, rest = env.snapshot(), unpack(standing.rest)
        mine, saved = snapshot.arena.state, unpack(standing.state)
        if rest.kind != KIND or saved.kind != "snapshot":
            raise Impossible("it holds something else")
        state = unpack_snapshot(saved, mine.bodies.capacity)
        if (
            state.params != mine.params
            or any(getattr(state, name).shape != getattr(mine, name).shape for name in ("energy", "known", "chronicle"))
            or any(state.tables[name].block.shape[1:] != mine.tables[name].block.shape[1:] for name in ("lives", "things"))
        ):
            raise Impossible("its worlds are others than those of the work")
        for name, place in _places(snapshot).items():
            place[...] = _taken(rest, name, place)
        n = env.num_envs
        over, fresh = (_taken(rest, name, np.zeros(n, np.bool_)) for name in ("over", "fresh"))
        memory = _taken(rest, "memory", np.zeros((n, hidden), np.int16))
    except Impossible as error:
        raise BadWork(f"the worlds that came cannot be taken up: {error}") from None
    snapshot.arena.state = state
    env.restore(snapshot)
    return over, fresh, memory


def _places(snapshot: Snapshot) -> dict[str, npt.NDArray[Any]]:
    """The arrays that change beside the state, by name."""
    found = {f"arena.{name}": getattr(snapshot.arena, name) for name in _ARENA}
    return found | {f"env.{name}": value for name, value in snapshot.rest.items() if isinstance(value, np.ndarray)}


def _plain(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same bytes as integers that an envelope holds."""
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat.view(_AS.get(flat.dtype.itemsize, "u1"))


def _taken(envelope: Envelope, name: str, like: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A column as an array like *like*."""
    kind = _AS.get(like.dtype.itemsize, "u1")
    values = envelope.column(name, kind, like.nbytes // np.dtype(kind).itemsize)
    if like.dtype == np.bool_ and values.max(initial=0) > 1:
        raise Impossible(f"column {name} holds others than yes and no")
    return values.view(like.dtype).reshape(like.shape).copy()
