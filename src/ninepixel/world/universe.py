"""The universe: one state, one clock, one ``step``.

``state(t+1) = step(state(t), commands(t))``. Everything else here is about where a state comes from and where it goes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.systems import Schedule, System
from ninepixel.world.apply import COLD_VERBS, Hand
from ninepixel.world.commands import BadCommand, Command, canonical_order
from ninepixel.world.digest import Digester
from ninepixel.world.genesis import genesis
from ninepixel.world.host.live import LiveHost
from ninepixel.world.host.options import HostOptions
from ninepixel.world.host.scan import Progress, scan
from ninepixel.world.host.survey import Survey
from ninepixel.world.identity import MindIdentity
from ninepixel.world.laws.bodies import MOVING
from ninepixel.world.physics.backend import Backend
from ninepixel.world.physics.choose import choose
from ninepixel.world.physics.cpu import CpuBackend
from ninepixel.world.physics.gpu.backend import GpuBackend
from ninepixel.world.physics.gpu.senses import GpuSenses
from ninepixel.world.population import POPULATION
from ninepixel.world.state import State
from ninepixel.world.store.recorder import Recorder, load_state
from ninepixel.world.thought.shipped import led_by

if TYPE_CHECKING:
    from ninepixel.world.life.inhabitants import Lives

MOVING_COLUMNS = tuple(f"bodies.{name}" for name in MOVING)


@dataclass(slots=True)
class Tick:
    """What the systems of one tick work on."""

    universe: Universe
    commands: list[Command]


class Universe:
    """A universe that can be stepped, hashed, saved, loaded and forked.

    Make one with :meth:`from_path`, :meth:`from_survey`, :meth:`from_state` or :meth:`load`.

    :ivar lives: the minds and guardians, or None in a universe without any.
    :ivar host: the live host that :meth:`from_path` watches, or None when it stands still.
    :ivar why: why this backend was chosen, for people.
    :ivar left_out: what the survey of the host had to leave out: reason and number.
    """

    def __init__(self, state: State, backend: Backend, why: str, *, origin: Universe | None = None, record: bool = True) -> None:
        self._state = state
        self.backend = backend
        self.why = why
        self.host: LiveHost | None = None
        self.left_out: Mapping[str, int] = {}
        self.recorder = Recorder(state, keep=record and origin is None)
        self.lives = _lives_of(state, backend, origin)
        self._hand: Hand = Hand(state, self.lives, origin._hand if origin is not None else None)
        self._digester = Digester()
        self._eyes = None if self.lives is None else _eyes_of(backend, state)
        self._home = True
        #: Whether another universe may have the same cold store: it is copied before it changes.
        self._cold_is_shared = origin is not None
        backend.push(state)

    # -- where universes come from ------------------------------------------------------------------------------------

    @classmethod
    def from_path(
        cls,
        path: str | os.PathLike[str],
        *,
        seed: int = 9,
        backend: str = "auto",
        still: bool = False,
        minds: int = POPULATION,
        guardians: int | None = None,
        spare: int | None = None,
        policy: bytes | None = None,
        options: HostOptions | None = None,
        progress: Progress | None = None,
    ) -> Universe:
        """The universe of a folder.

        :param still: take the host as it stands: no processes, no watching, so that the digest depends on tree, seed, minds
            and ticks alone.
        :param minds, guardians, spare: lives, see :func:`~ninepixel.world.genesis.genesis`.
        :param policy: what minds act by: the file of a policy, no bytes for instinct, None for the usual policy.
        :param progress: called now and then with how many entries and folders were seen.
        :raises HostError: when *path* is no folder that can be read.
        :raises BackendError: when the backend asked for cannot run here. BadPolicy: when *policy* is none.
        """
        options = options or HostOptions()
        if policy is None:
            policy = led_by(None) if minds else b""
        survey = scan(path, options, progress)
        universe = cls.from_survey(
            survey, seed=seed, backend=backend, minds=minds, guardians=guardians, spare=spare, policy=policy
        )
        if not still:
            universe.host = LiveHost(survey, path, options)
        return universe

    @classmethod
    def from_survey(
        cls,
        survey: Survey,
        *,
        seed: int = 9,
        backend: str = "auto",
        minds: int = 0,
        guardians: int | None = None,
        spare: int | None = None,
        policy: bytes = b"",
    ) -> Universe:
        """The universe of a recorded or synthetic host."""
        state = genesis(survey, seed=seed, minds=minds, guardians=guardians, spare=spare)
        if policy:
            inhabit(state, policy)
        universe = cls.from_state(state, backend)
        universe.left_out = survey.left_out
        return universe

    @classmethod
    def from_state(cls, state: State, backend: str = "auto", threads: int | None = None, *, record: bool = True) -> Universe:
        """A universe that goes on from *state*, which it owns from now on.

        :param record: False for one whose past is kept elsewhere (a server's journal): its save is how it is, with no history.
        """
        choice = choose(backend, state, threads)
        return cls(state, choice.backend, choice.why, record=record)

    @classmethod
    def load(cls, file: str | os.PathLike[str], *, backend: str = "auto") -> Universe:
        """The universe of a save, at the tick at which it was saved.

        :raises BadSave: when the file is damaged, torn, or of a newer format.
        """
        return cls.from_state(load_state(Path(file)), backend)

    def fork(self) -> Universe:
        """A universe of its own with the same state, on a backend of the same kind; the host stays with the original.

        It keeps no record of the past: its save holds how it is then, and nothing to run again.
        """
        twin = self.photograph()
        choice = choose(self.backend.name, twin)
        return Universe(twin, choice.backend, choice.why, origin=self)

    def photograph(self) -> State:
        """A copy of the state as it is, for whoever looks at it or writes it down while the universe goes on.

        Cold components are shared until either side changes them, so it costs little with many files.
        """
        state = self.pull()
        self._cold_is_shared = True
        return replace(
            state,
            bodies=state.bodies.copy(),
            energy=state.energy.copy(),
            ledger=state.ledger.copy(),
            lives=state.lives.copy(),
            things=state.things.copy(),
            known=state.known.copy(),
            chronicle=state.chronicle.copy(),
            thoughts=None if state.thoughts is None else state.thoughts.copy(),
        )

    # -- time ---------------------------------------------------------------------------------------------------------

    @property
    def tick(self) -> int:
        """Ticks since genesis."""
        return self._state.tick

    def step(self, commands: Sequence[Command] = ()) -> None:
        """Advance by one tick, after *commands* have been applied in canonical order.

        :raises BadCommand: when one of them cannot be applied. The tick has not happened then, and nothing has changed.
        """
        TICK.run(Tick(self, canonical_order(commands)))

    def sift(self, commands: Sequence[Command]) -> tuple[list[Command], list[tuple[Command, str]]]:
        """Those that the next step can apply, in canonical order, and those that it would refuse, each with the reason."""
        accepted, refused = list[Command](), list[tuple[Command, str]]()
        self._hand.begin()
        for command in canonical_order(commands):
            try:
                self._hand.plan(command)
                accepted.append(command)
            except BadCommand as reason:
                refused.append((command, str(reason)))
        return accepted, refused

    def slot_of(self, name: bytes) -> int:
        """The slot of the mind that bears a name, -1 when nobody does."""
        self.pull()
        return self._hand.slot_of(name)

    def _obey(self, commands: list[Command]) -> None:
        actions = self._hand.plan_all(commands)
        if commands:
            self.pull()
            self._state.bodies.clock = self.tick + 1
            self.recorder.record(self.tick, commands, self._state)
            if not all(command.verb in COLD_VERBS for command in commands):
                self._own_cold()
        if self.lives is not None:
            self.lives.rest_guests()
        for act in actions:
            act()
        if self._hand.touched:
            self._hand.touched = False
            if self.lives is None:  # else the device hears of it when everybody has acted
                self.backend.push(self._state)

    def _act(self) -> None:
        if self.lives is not None:
            self.lives.act()
            self.backend.push(self._state)

    def _move(self) -> None:
        self.backend.step(self._state)
        self._home = False

    def _live(self) -> None:
        if self.lives is None:
            return
        self._bring_home(self.tick + 1)
        self.lives.live()
        for ended, born, name in self.lives.renamed():
            self._own_cold()
            if ended >= 0:
                self._state.cold.remove(ended)
            if born >= 0 and name:
                self._state.cold.put(born, MindIdentity(name))

    def _tick_over(self) -> None:
        self._state.tick += 1

    def _sense(self) -> None:
        if self.lives is None:
            return
        if self._eyes is None:
            self.lives.engine.sense()
        else:
            self.backend.push(self._state)  # life has changed what the device has
            self._eyes.sense(self._state, self.lives.engine.seen)

    def _own_cold(self) -> None:
        """The cold store is about to change: part from whoever has the same one."""
        if self._cold_is_shared:
            self._cold_is_shared = False
            self._state.cold = self._state.cold.copy()

    # -- looking at it ------------------------------------------------------------------------------------------------

    def pull(self) -> State:
        """The state, with every column at home. It belongs to the universe: look, and change it through commands alone."""
        if not self._home:
            self._bring_home(self.tick)
        return self._state

    def _bring_home(self, clock: int) -> None:
        self.backend.pull(self._state)
        self._state.bodies.clock = clock
        for name in MOVING:  # changed, but not dirty: the device has what it computed
            self._state.bodies.changed[name] = clock
        self._home = True

    def digest(self) -> str:
        """32 hex digits: BLAKE2b-128 over the canonical state."""
        return self._digester.digest(self.pull())

    def held(self, world: int = 0) -> int:
        """The energy in field, bodies, stores and things. Equal to ``ledger.expected(world)``, to the unit."""
        return int(self._physical()[world]) + self._state.vital(world)

    def _physical(self) -> npt.NDArray[np.int64]:
        """The energy in field and bodies, per world: asked of the device, unless life has moved some at home since."""
        if self.lives is None:
            return self.backend.held(self._state)
        return np.asarray([self._state.physical(world) for world in range(self._state.params.worlds)], np.int64)

    def check_ledger(self) -> None:
        """Compare every world's ledger with what it holds.

        :raises LedgerError: when they differ by even one unit.
        """
        held = self._physical()
        state = self.pull()
        for world in range(state.params.worlds):
            state.ledger.check(int(held[world]) + state.vital(world), world)
            for quantity in ("coins", "loot"):
                state.ledger.check(state.held(world, quantity), world, quantity)

    # -- keeping it ---------------------------------------------------------------------------------------------------

    def mark(self) -> None:
        """Note the digest of this tick in the record, so that a replay can be checked against it."""
        self.recorder.mark(self.pull())

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write everything that has happened since genesis (or since the load), and the state as it is now.

        :raises StoreError: when the file cannot be written; an older file of that name is left as it was.
        """
        self.recorder.save(Path(file), self.pull())

    def close(self) -> None:
        """Stop watching the host and give the device back."""
        if self.host is not None:
            self.host.close()
        if self._eyes is not None:
            self._eyes.close()
        self.backend.close()

    def __enter__(self) -> Universe:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()


def inhabit(state: State, policy: bytes) -> None:
    """Let the residents of a state act by a policy.

    :raises BadPolicy: when it is none.
    """
    from ninepixel.world.life.inhabitants import minds_of
    from ninepixel.world.life.residents import adopt

    adopt(state, policy, minds_of(state))


def _lives_of(state: State, backend: Backend, origin: Universe | None) -> Lives | None:
    """The lives of *state*, which know already what those of *origin* sense; None when it has no slots for any."""
    if not state.lives.count.any():
        return None
    from ninepixel.world.life.inhabitants import (
        Lives,  # the laws of life compile for half a minute: not for a universe without lives
    )

    known = None if origin is None or origin.lives is None else origin.lives.engine.seen
    return Lives(state, backend.team if isinstance(backend, CpuBackend) else None, known)


_TABLES = ("bodies", "field", "lives", "things", "known", "ledger")
_PHYSICS = "drives, forces, exchange, field"


def _eyes_of(backend: Backend, state: State) -> GpuSenses | None:
    """The device's own senses, where the device is worth it; numba's are the same to the byte."""
    if not isinstance(backend, GpuBackend) or backend.device.software:
        return None
    eyes = GpuSenses(backend)
    return None if eyes.refuses(state) else eyes


#: One tick, as data flows (docs/LAWS.md). The order is checked against what each part reads and writes.
TICK: Schedule[Tick] = Schedule(
    [
        System(
            "commands",
            reads=["commands", "tick"],
            writes=[*_TABLES, "chronicle", "cold", "journal", "thoughts"],
            run=lambda t: t.universe._obey(t.commands),
        ),
        System(
            "residents, acts",
            reads=["senses", "tick"],
            writes=[*_TABLES, "thoughts"],
            run=lambda t: t.universe._act(),
            after=["commands"],
        ),
        System(
            _PHYSICS,
            reads=["bodies", "tick"],
            writes=[*MOVING_COLUMNS, "field", "ledger"],
            run=lambda t: t.universe._move(),
            after=["residents, acts"],
        ),
        System(
            "life",
            reads=["tick"],
            writes=[*_TABLES, "chronicle", "cold"],
            run=lambda t: t.universe._live(),
            after=[_PHYSICS],
        ),
        System(
            "clock",
            reads=[],
            writes=["tick"],
            run=lambda t: t.universe._tick_over(),
            after=["life"],
        ),
        System(
            "senses",
            reads=["tick", *_TABLES[:4]],
            writes=["senses"],
            run=lambda t: t.universe._sense(),
            after=["clock"],
        ),
    ]
)
