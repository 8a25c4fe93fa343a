"""Guests: minds whose acts come from outside (a player, a researcher's policy), each act a command.

| verb | key | arguments | what it does |
| --- | --- | --- | --- |
| ``mind.join`` | a name | ``slot``, or none | leads who lives in that slot; where nobody does, a founder |
| ``mind.act`` | name or slot | ``move``, ``act``, ``utter``: 0 to 8 | what the guest does in this tick |
| ``minds.act`` | empty | ``acts``: 3 bytes a slot, from slot 0 | the same for many at once |
| ``mind.say`` | name or slot | ``text``: 1 to 240 bytes | says something; whoever is near may hear it |
| ``mind.leave`` | name or slot | | gives the mind back to itself |
| ``minds.policy`` | empty | ``policy``: the file of a policy, or nothing | residents act by it; without it, by instinct |

A command may carry a *receipt*, which the world lets pass: whose it is and its number, so that nothing is done twice (``by`` and
``seq``; for many at once ``told``, records of :data:`TOLD`).

A guest that is told nothing rests. Whoever has died meanwhile, or is no guest, is not moved by an act: news travels slower than
death. World 0 alone takes guests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.ids import INDEX_MASK
from ninepixel.world.commands import BadCommand, Command, integer, typed
from ninepixel.world.identity import MindIdentity
from ninepixel.world.laws.lives import ACTS, MOVES, WORDS, Role
from ninepixel.world.state import State

if TYPE_CHECKING:
    from ninepixel.world.life.inhabitants import Lives

Action = Callable[[], None]
LONGEST_NAME = 64
LONGEST_TEXT = 240
#: Whose input a ``minds.act`` takes in: the account, the number of the input, the slot.
TOLD = np.dtype([("account", "<u4"), ("seq", "<u4"), ("slot", "<u4")])


class Guests:
    """The verbs of guests, for the lives of one universe.

    :param lives: None in a universe without lives: then every verb is refused.
    """

    def __init__(self, state: State, lives: Lives | None) -> None:
        self._state, self._lives = state, lives
        self._joining: dict[int, bytes] = {}
        self._names: tuple[object, int, dict[bytes, int]] = (None, -1, {})
        self.verbs: Mapping[str, Callable[[Command], Action]] = {
            "mind.act": self._act,
            "minds.act": self._act_all,
            "mind.join": self._join,
            "mind.say": self._say,
            "mind.leave": self._leave,
            "minds.policy": self._adopt,
        }

    def begin(self) -> None:
        """The commands of another tick are about to be checked."""
        self._joining = {}

    # -- what the host does to what minds know -----------------------------------------------------------------------------

    def forget(self, index: int) -> None:
        """The body of *index* is no more: nobody has decoded it, reads it or guards it, for another may get its index."""
        if self._lives is None:
            return
        lives, known, word = self._state.lives, self._state.known, index >> 5
        if word < known.shape[2]:
            known[0, :, word] &= ~np.uint32(1 << (index & 31))
        reading = lives["reading"][0] == index
        for name, nothing in (("section", 0), ("work", 0), ("reading", -1)):
            lives[name][0, reading] = nothing
        for name in ("near_matter", "post"):
            lives[name][0, lives[name][0] == index] = -1

    def make_known(self, index: int) -> None:
        """A body of *index* can be decoded: let minds be able to remember it."""
        if self._lives is not None:
            self._lives.remember(index)

    def slot_of(self, name: bytes) -> int:
        """The slot of the mind that bears a name, -1 when nobody does."""
        return -1 if self._lives is None else self._slots().get(name, -1)

    # -- verbs -------------------------------------------------------------------------------------------------------------

    def _join(self, command: Command) -> Action:
        lives, name = self._living(command), command.key
        if not 0 < len(name) <= LONGEST_NAME or name.isdigit():
            raise BadCommand(f"mind.join of {name!r:.80}: a guest's name is 1 to {LONGEST_NAME} bytes and no number")
        slot = self._free(command, lives) if command.data.get("slot") is None else integer(command, "slot", 0, lives.minds - 1)
        if slot in self._joining or self._role(slot) == Role.GUEST:
            raise BadCommand(f"mind.join of {name!r}: slot {slot} is led by another guest; name another slot, or none")
        if self._slots().get(name, slot) != slot or name in self._joining.values():
            raise BadCommand(f"mind.join of {name!r}: somebody is called that already; choose another name")
        self._joining[slot] = name
        return lambda: self._welcome(lives, slot, name)

    def _welcome(self, lives: Lives, slot: int, name: bytes) -> None:
        entity = lives.settle(slot, Role.GUEST)
        self._state.cold.put(entity, MindIdentity(name))

    def _leave(self, command: Command) -> Action:
        slot = self._slot(command, self._living(command))
        return lambda: self._release(slot)

    def _release(self, slot: int) -> None:
        if slot >= 0 and self._role(slot) == Role.GUEST:
            assert self._lives is not None
            self._state.lives["role"][0, slot] = int(self._lives.resident)

    def _say(self, command: Command) -> Action:
        """Words move nothing: they are in the journal, for whoever is near and for whoever remembers."""
        self._slot(command, self._living(command))
        size = len(typed(command, "text", str).encode())
        if not 0 < size <= LONGEST_TEXT:
            raise BadCommand(f"mind.say of {command.key!r}: a text is 1 to {LONGEST_TEXT} bytes long, not {size}")
        return lambda: None

    def _adopt(self, command: Command) -> Action:
        from ninepixel.world.life.residents import BadPolicy, ready  # its kernels are for universes with a policy

        lives, policy = self._living(command), typed(command, "policy", bytes)
        try:
            if policy:
                ready(policy)
        except BadPolicy as error:
            raise BadCommand(f"minds.policy: {error}") from None
        return lambda: lives.adopt(policy)

    def _act(self, command: Command) -> Action:
        slot = self._slot(command, self._living(command))
        choices = (("move", MOVES), ("act", ACTS), ("utter", WORDS))
        move, act, utter = (integer(command, name, 0, count - 1) for name, count in choices)
        return lambda: self._tell(slot, move | act << 8 | utter << 16)

    def _tell(self, slot: int, action: int) -> None:
        if slot >= 0 and self._role(slot) == Role.GUEST:
            self._state.lives["action"][0, slot] = action

    def _act_all(self, command: Command) -> Action:
        lives = self._living(command)
        acts = np.frombuffer(typed(command, "acts", bytes), np.uint8)
        if acts.size % 3 or acts.size > 3 * lives.minds:
            raise BadCommand(f"minds.act needs 'acts' to be three bytes for each of at most {lives.minds} slots, not {acts.size}")
        if acts.size and acts.max() >= MOVES:
            raise BadCommand(f"minds.act needs every byte of 'acts' to be 0 to {MOVES - 1}, not {acts.max()}")
        if len(_told(command)) % TOLD.itemsize:
            raise BadCommand(f"minds.act needs 'told' to be records of {TOLD.itemsize} bytes, not {len(_told(command))} bytes")
        three = acts.reshape(-1, 3).astype(np.uint32)
        packed = three[:, 0] | three[:, 1] << np.uint32(8) | three[:, 2] << np.uint32(16)
        return lambda: self._tell_all(packed)

    def _tell_all(self, packed: npt.NDArray[np.uint32]) -> None:
        lives, slots = self._state.lives, slice(0, packed.size)
        led = (lives["role"][0, slots] == Role.GUEST) & (lives["body"][0, slots] >= 0)
        lives["action"][0, slots][led] = packed[led]

    # -- looking up --------------------------------------------------------------------------------------------------------

    def _living(self, command: Command) -> Lives:
        if self._lives is None:
            raise BadCommand(f"{command.verb} of {command.key!r:.80}: this universe has no lives; begin it with minds")
        return self._lives

    def _slot(self, command: Command, lives: Lives) -> int:
        """The slot that a command speaks of, -1 for a name that nobody bears (any more)."""
        key = command.key
        if not key.isdigit():
            return self._slots().get(key, -1)
        if len(key) > 9 or int(key) >= lives.minds:
            raise BadCommand(f"{command.verb} of {key!r:.80}: slots of minds are 0 to {lives.minds - 1}")
        return int(key)

    def _free(self, command: Command, lives: Lives) -> int:
        """The first slot where nobody lives and nobody is about to."""
        empty = self._state.lives["body"][0, : lives.minds] < 0
        empty[[*self._joining]] = False
        if not empty.any():
            raise BadCommand(f"{command.verb} of {command.key!r}: no slot is open; name the slot of a resident to lead it")
        return int(np.argmax(empty))

    def _role(self, slot: int) -> int:
        """Who decides for who lives in a slot, -1 where nobody does."""
        return int(self._state.lives["role"][0, slot]) if self._state.lives["body"][0, slot] >= 0 else -1

    def _slots(self) -> dict[bytes, int]:
        cold = self._state.cold
        if self._names[0] is not cold or self._names[1] != cold.version:
            self._names = (cold, cold.version, self._named())
        return self._names[2]

    def _named(self) -> dict[bytes, int]:
        """Slots by name; of two who are called alike the first. At once for all, because everybody who joins is looked up."""
        bodies = self._state.bodies
        minds = list(self._state.cold.each(MindIdentity))
        entities = np.asarray([entity for entity, _ in minds], np.int64)
        index, generation = entities & INDEX_MASK, entities >> 32
        rows = bodies.row_of[0, index]
        alive = (rows >= 0) & (bodies.generation[0, index] == generation)
        slots = bodies["link"][0, np.maximum(rows, 0)].tolist()
        found: dict[bytes, int] = {}
        for (_, mind), slot, lives in zip(minds, slots, alive.tolist(), strict=True):
            if lives:
                found.setdefault(mind.name, slot)
        return found


def _told(command: Command) -> bytes:
    return b"" if command.data.get("told") is None else typed(command, "told", bytes)
