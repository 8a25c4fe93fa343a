"""What each command does to the state. A command is checked whole before it changes anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ninepixel.ecs.ids import EntityId, index_of
from ninepixel.world.commands import BadCommand, Command, integer, typed
from ninepixel.world.genesis import gene_columns, mote_columns, motes_for, resting_energy
from ninepixel.world.guests import Action, Guests
from ninepixel.world.identity import FileIdentity, ProcessIdentity
from ninepixel.world.laws.bodies import SIMPLEX, Flag, Kind, Matter, pack_rby, pack_traits, unpack_traits
from ninepixel.world.laws.constants import ENERGY_LIMIT
from ninepixel.world.state import State

if TYPE_CHECKING:
    from ninepixel.world.life.inhabitants import Lives

Columns = dict[str, Any]

#: What a changed file flares up with.
FLARE = 1 << 17
CREATURE_ENERGY = 4096
#: Units of energy per millisecond of processor time.
HEAT = 64
FIELD_LIMIT = 1 << 30
#: Verbs that leave cold components as they are.
COLD_VERBS = frozenset(("minds.act", "minds.policy", "mind.act", "mind.say", "mind.leave", "creature.heat"))


class Hand:
    """Applies commands to one state, and knows which body stands for which file and process.

    After an action has changed something, ``touched`` is true until the caller resets it.

    :param lives: the lives of the state, if it has any.
    :param like: the hand of another universe with the same cold components, which saves looking for files and processes.
    """

    def __init__(self, state: State, lives: Lives | None = None, like: Hand | None = None) -> None:
        self.state = state
        self.touched = False
        if like is None:
            self.files: dict[bytes, EntityId] = {c.path: EntityId(e) for e, c in state.cold.each(FileIdentity)}
            self.processes: dict[bytes, EntityId] = {c.key: EntityId(e) for e, c in state.cold.each(ProcessIdentity)}
        else:
            self.files, self.processes = dict(like.files), dict(like.processes)
        self._guests = Guests(state, lives)
        self._verbs: Mapping[str, Callable[[Command], Action]] = {
            "matter.appear": self._matter,
            "matter.change": self._matter,
            "matter.vanish": self._matter_vanish,
            "creature.born": self._creature_born,
            "creature.heat": self._creature_heat,
            "creature.exit": self._creature_exit,
            **self._guests.verbs,
        }

    def plan_all(self, commands: Sequence[Command]) -> list[Action]:
        """Check the commands of one tick, in their order, before any is carried out.

        :raises BadCommand: as :meth:`plan` does.
        """
        self.begin()
        return [self.plan(command) for command in commands]

    def begin(self) -> None:
        """The commands of another tick are about to be planned."""
        self._guests.begin()

    def slot_of(self, name: bytes) -> int:
        """The slot of the mind that bears a name, -1 when nobody does."""
        return self._guests.slot_of(name)

    def plan(self, command: Command) -> Action:
        """Check *command* whole; what is returned carries it out and cannot fail.

        :raises BadCommand: when the verb is unknown or an argument is missing or out of range.
        """
        verb = self._verbs.get(command.verb)
        if verb is None:
            raise BadCommand(f"no verb is called {command.verb!r}")
        return verb(command)

    # -- files --------------------------------------------------------------------------------------------------------

    def _matter(self, command: Command) -> Action:
        """A file or folder is there, new or changed: the two differ only in whether the universe knew it."""
        columns, identity = _matter_columns(command), _file_identity(command)
        return lambda: self._shape(columns, identity)

    def _shape(self, columns: Columns, identity: FileIdentity) -> None:
        entity = self.files.get(identity.path)
        if entity is None:
            entity = self.files[identity.path] = self._spawn(columns)
            self._guests.make_known(index_of(entity))
            self._shed(entity, columns)
        else:
            kept = {name: int(value[0]) for name, value in columns.items() if name != "energy"}
            self.state.bodies.set(entity, **kept)
            self._warm(entity, FLARE, "flare")
        self.state.cold.put(entity, identity)

    def _shed(self, entity: EntityId, columns: Columns) -> None:
        motes = int(motes_for(columns["mass"], columns["traits"])[0])
        if motes:
            self._spawn_many(mote_columns(self.state, columns, np.zeros(motes, np.int64), np.asarray([entity], np.int64)), motes)

    def _matter_vanish(self, command: Command) -> Action:
        return lambda: self._bury(self.files.pop(command.key, None))

    # -- processes ----------------------------------------------------------------------------------------------------

    def _creature_born(self, command: Command) -> Action:
        identity = ProcessIdentity(command.key, typed(command, "name", bytes), typed(command, "parent", bytes))
        columns = _placed(command)
        return lambda: self._hatch(columns, identity)

    def _hatch(self, columns: Columns, identity: ProcessIdentity) -> None:
        if identity.key in self.processes:
            return
        parent = self.processes.get(identity.parent)
        flags = Flag(0) if parent is None else Flag.TETHERED
        columns["traits"] = pack_traits([Kind.CREATURE], [Matter.HARDWARE_QUANTA], [flags])
        columns["energy"] = np.asarray([CREATURE_ENERGY])
        if parent is not None:
            columns["link"] = np.asarray([index_of(parent)])
        entity = self.processes[identity.key] = self._spawn(columns)
        self.state.cold.put(entity, identity)

    def _creature_heat(self, command: Command) -> Action:
        amount = integer(command, "energy", 0, 1 << 20) * HEAT
        return lambda: self._heat(command.key, amount)

    def _heat(self, key: bytes, amount: int) -> None:
        entity = self.processes.get(key)
        if entity is not None:
            self._warm(entity, amount, "heat")

    def _creature_exit(self, command: Command) -> Action:
        return lambda: self._bury(self.processes.pop(command.key, None))

    # -- bodies -------------------------------------------------------------------------------------------------------

    def _spawn(self, columns: Columns) -> EntityId:
        return EntityId(int(self._spawn_many(columns, 1)[0]))

    def _spawn_many(self, columns: Columns, n: int) -> Any:
        bodies = self.state.bodies
        needed = int(bodies.count[0]) + n
        if needed > bodies.capacity:
            bodies.grow(needed + needed // 2)
        ids = bodies.spawn_many(n, 0, columns)
        self.state.ledger.add("birth", int(np.sum(columns["energy"], dtype=np.int64)), 0)
        self.touched = True
        return ids

    def _warm(self, entity: EntityId, amount: int, source: str) -> None:
        """Give a body energy from a named source, as much as it can hold."""
        held = self.state.bodies.get(entity, "energy")
        amount = min(amount, ENERGY_LIMIT - held)
        self.state.bodies.set(entity, energy=held + amount)
        self.state.ledger.add(source, amount, 0)
        self.touched = True

    def _bury(self, entity: EntityId | None) -> None:
        """End a body, if there is one. Its motes end with it (or files that come and go would fill the world with dust);
        creatures that were tied to it are free."""
        if entity is None:
            return
        bodies = self.state.bodies
        tied = np.flatnonzero(bodies.live("link") == index_of(entity))
        kind = unpack_traits(bodies.live("traits")[tied])[0]
        alive = (kind == Kind.MIND) | (kind == Kind.GUARDIAN)  # their link is a slot
        tied, motes = tied[~alive], kind[~alive] == Kind.MOTE
        for child in [bodies.entity_at(row) for row in tied[~motes].tolist()]:
            traits = bodies.get(child, "traits") & ~(int(Flag.TETHERED) << 16)
            bodies.set(child, link=-1, traits=traits)
        for ended in [*(bodies.entity_at(row) for row in tied[motes].tolist()), entity]:
            self._scatter(bodies.values(ended))
            bodies.kill(ended)
        self.state.cold.remove(entity)
        self._guests.forget(index_of(entity))
        self.touched = True

    def _scatter(self, body: Mapping[str, int]) -> None:
        """Return a body's energy to the field where it lies, in its colours."""
        shift = self.state.params.cell_shift
        cell = self.state.energy[0, :, body["y"] >> shift, body["x"] >> shift]
        rest = body["energy"]
        red, blue = rest * (body["rby"] & 0xFFFF) >> 16, rest * (body["rby"] >> 16) >> 16
        for channel, amount in enumerate((red, blue, rest - red - blue)):
            fits = min(amount, FIELD_LIMIT - int(cell[channel]))
            cell[channel] += fits
            self.state.ledger.add("decay", amount - fits, 0)  # a cell that is full lets the rest go


# -- reading arguments -----------------------------------------------------------------------------------------------------


def _placed(command: Command) -> Columns:
    """The columns that files and processes share: place, colours, mass, genes."""
    r, b = integer(command, "r", 0, 65535), integer(command, "b", 0, 65535)
    if r + b > SIMPLEX:
        raise BadCommand(f"{command.verb} of {command.key!r}: R + B is {r + b}, more than {SIMPLEX}")
    genes = typed(command, "genes", bytes)
    if len(genes) != 9:
        raise BadCommand(f"{command.verb} of {command.key!r} needs nine genes, not {len(genes)}")
    return {
        "x": np.asarray([integer(command, "x", 0, 2**32 - 1)], np.uint32),
        "y": np.asarray([integer(command, "y", 0, 2**32 - 1)], np.uint32),
        "rby": pack_rby([r], [b]),
        "mass": np.asarray([integer(command, "mass", 0, 1023)], np.int32),
        **gene_columns(np.frombuffer(genes, np.uint8).reshape(1, 9)),
    }


def _matter_columns(command: Command) -> Columns:
    columns = _placed(command)
    kind = Kind.FOLDER if typed(command, "folder", bool) else Kind.MATTER
    flags = Flag.ANCHORED | (Flag.SEALED if typed(command, "sealed", bool) else Flag(0))
    matter = integer(command, "matter", 0, max(Matter))
    columns["traits"] = pack_traits([kind], [matter], [flags])
    columns["energy"] = resting_energy(columns["mass"])
    return columns


def _file_identity(command: Command) -> FileIdentity:
    return FileIdentity(
        path=command.key,
        size=integer(command, "size", 0, 2**63 - 1),
        age=integer(command, "age", 0, 2**63 - 1),
        depth=integer(command, "depth", 0, 2**31 - 1),
    )
