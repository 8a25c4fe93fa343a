"""The batched core under every environment: many worlds of one task, stepped together, with nothing of any interface in it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from ninepixel.agents.hosts import guarded, template
from ninepixel.agents.settle import give_actions, settle
from ninepixel.agents.tasks import Task
from ninepixel.world.digest import Digester
from ninepixel.world.host.survey import Survey
from ninepixel.world.laws.bodies import BODY_COLUMNS
from ninepixel.world.laws.lives import DEEDS, LIFE_COLUMNS, Role
from ninepixel.world.life.columns import BEGAN
from ninepixel.world.life.engine import Life, bands_for, draws_of
from ninepixel.world.life.founding import found_worlds, replace_dead
from ninepixel.world.physics.backend import Backend
from ninepixel.world.physics.cpu import CpuBackend
from ninepixel.world.physics.cpu.team import Team, bands_of
from ninepixel.world.state import Params, State

if TYPE_CHECKING:
    from ninepixel.world.physics.gpu.senses import GpuSenses

REACH_LOG2 = 1
#: A world of this side is cut into bands for all threads; smaller ones are stepped whole, a thread each.
LARGE = 256


class Listener(Protocol):
    """Is told everything that decides what becomes of an arena: with the same calls another one goes the same way."""

    def on_reset(self, seed: int) -> None:
        """All worlds are founded from *seed*."""

    def on_found(self, which: npt.NDArray[np.bool_]) -> None:
        """Worlds are founded anew."""

    def on_replace(self, which: npt.NDArray[np.bool_]) -> None:
        """Empty slots are filled."""

    def on_step(self, actions: npt.NDArray[np.uint8], asleep: npt.NDArray[np.bool_]) -> None:
        """A tick is about to happen."""


class Arena:
    """Worlds of one task. Slot ``a`` of world ``w`` is an agent; guests take their actions from :meth:`step`.

    :param seed: world w is founded from ``(seed + w) mod 2**64``.
    :param threads: how many threads step the worlds; all usable cores when None.
    :param roles: who decides for each slot, :class:`Role` (agents + spare,); guests in all of the task's agents by default, and
        the spare slots open.
    :param child_role: who decides for those that hatch in open slots: guests where slot 0 is one, when None.
    :param survey: a recorded host instead of the task's synthetic one.
    :param hosts: or the host of the world that is founded from a seed, another for every world.
    :param backend: ``"cpu"``, or ``"gpu"`` for physics, field and senses in compute shaders.
    :raises BackendError: when there is no GPU that can.

    :ivar state: the state of all worlds.
    :ivar seen: uint8 (worlds, minds, RETINA_BYTES): what every mind senses now.
    :ivar reward: float32 (worlds, minds), of the last step; *terminated* and *truncated*, bool, likewise.
    :ivar fresh: int32 (worlds, minds): new achievements of the last step.
    """

    def __init__(
        self,
        task: Task,
        *,
        worlds: int = 1,
        seed: int = 0,
        threads: int | None = None,
        roles: Sequence[int] | None = None,
        child_role: Role | None = None,
        survey: Survey | None = None,
        hosts: Callable[[int], Survey] | None = None,
        backend: str = "cpu",
    ) -> None:
        self.task, self.worlds, self.survey, self.hosts = task, worlds, survey, hosts
        self.minds = minds = task.agents + task.spare
        self.roles: npt.NDArray[np.uint32] = np.full(minds, int(Role.OPEN), np.uint32)
        self.roles[: task.agents] = int(Role.GUEST)
        if roles is not None:
            self.roles[: len(roles)] = roles
        hatch_as = Role.GUEST if self.roles[0] == Role.GUEST else Role(int(self.roles[0]))
        self.child_role = hatch_as if child_role is None else child_role
        self.team = Team(threads) if worlds > 1 and threads != 1 else None
        self.backend, self._eyes = _backend(backend, task, threads)
        shape = (worlds, minds)
        self.reward: npt.NDArray[np.float32] = np.zeros(shape, np.float32)
        self.terminated: npt.NDArray[np.bool_] = np.zeros(shape, np.bool_)
        self.truncated: npt.NDArray[np.bool_] = np.zeros(shape, np.bool_)
        self.fresh: npt.NDArray[np.int32] = np.zeros(shape, np.int32)
        #: Slots that rest in the next tick, because their agent begins anew in it.
        self.asleep: npt.NDArray[np.bool_] = np.zeros(shape, np.bool_)
        self._before: npt.NDArray[np.uint32] = np.zeros((*shape, 2), np.uint32)
        w = task.weights
        self._weights = np.asarray([w.drive, w.deed, w.section, w.death], np.float32)
        bits = sum(1 << i for i, deed in enumerate(DEEDS) if deed.name in task.deeds)
        self._counted = np.asarray([bits & 0xFFFFFFFF, bits >> 32], np.uint32)
        self._digester = Digester()
        self._make_state(seed)
        #: Called by the threads of :meth:`step` with every range of worlds whose tick is over, while it is in their caches.
        self.after_band: Callable[[int, int], None] | None = None
        self.listener: Listener | None = None

    def _make_state(self, seed: int) -> None:
        task, worlds = self.task, self.worlds
        seeds = [(seed + w) % 2**64 for w in range(worlds)]
        blocks = [template(task, s, self.survey if self.hosts is None else self.hosts(s)) for s in seeds]
        most = max(block.shape[1] for block in blocks)
        self._template = np.zeros((worlds, blocks[0].shape[0], most), np.int32)
        self._matter = np.asarray([block.shape[1] for block in blocks], np.int64)
        self._posts = np.stack([guarded(block, task.guardians) for block in blocks])
        for w, block in enumerate(blocks):
            self._template[w, :, : block.shape[1]] = block
        slots = self.minds + task.guardians
        params = Params(seed, task.side.bit_length() - 1, REACH_LOG2, worlds)
        state = State.empty(params, capacity=most + slots, lives=slots, things=task.things, known=most)
        self._live_in(state)

    def _live_in(self, state: State) -> None:
        self.state = state
        self.life = life = Life(state, self.minds, self.child_role, self.team)
        self.seen = life.seen
        self._settled: tuple[Any, ...] = (
            *(state.lives.block, life.gain, life.sections, life.died, self.asleep, self._before),
            *(self._counted, self._weights, self.reward, self.fresh, self.terminated),
        )
        self._next_end = int(state.chronicle[:, BEGAN].min()) + self.task.horizon

    # -- beginning ----------------------------------------------------------------------------------------------------

    def reset(self, seed: int | None = None) -> None:
        """Found every world: anew from *seed*, or, when it is None, another episode of the worlds that are."""
        if seed is not None:
            if self.listener is not None:
                self.listener.on_reset(seed)
            self._make_state(seed)
        self.found(np.ones(self.worlds, np.bool_))
        self.life.sense()

    def found(self, which: npt.NDArray[np.bool_]) -> None:
        """Found the worlds for which ``which[w]``, bool (worlds,); :meth:`sense` shows them."""
        if self.listener is not None:
            self.listener.on_found(which)
        s = self.state
        bodies = s.bodies
        low, high, _, _ = draws_of(s.params.seed, self.worlds)
        rest: tuple[Any, ...] = (
            *(s.tick, s.params.side_log2, low, high),
            *(bodies.count, bodies.free_head, bodies.next_index, bodies.block, bodies.row_of, bodies.index_of),
            *(bodies.generation, s.energy, s.lives.block, _DEFAULTS, s.things.block, s.known, s.chronicle, s.ledger.totals),
            *(self._template, self._matter, self._posts, self.roles, self._strewn),
        )

        def band(lo: int, hi: int) -> None:
            part = np.zeros_like(which)
            part[lo:hi] = which[lo:hi]
            found_worlds(part, *rest)

        self._by_bands(band)
        self._before[which] = 0
        self.truncated[which] = False
        self._next_end = int(s.chronicle[:, BEGAN].min()) + self.task.horizon

    def replace(self, which: npt.NDArray[np.bool_]) -> None:
        """Fill the empty slots for which ``which[w, slot]``: from a ripe egg, if there is one, else with a founder.

        *which*: bool (worlds, minds); who is not empty is left alone.
        """
        if self.listener is not None:
            self.listener.on_replace(which)
        s = self.state
        bodies = s.bodies
        low, high, _, _ = draws_of(s.params.seed, self.worlds)
        replace_dead(
            *(which, self.roles, s.tick, low, high, bodies.count, bodies.free_head, bodies.next_index, bodies.block),
            *(bodies.row_of, bodies.index_of, s.lives.block, s.things.block, s.known, s.chronicle, s.ledger.totals),
        )
        self._before[which] = 0

    def sense(self, which: npt.NDArray[np.bool_]) -> None:
        """Fill :attr:`seen` anew in the worlds for which ``which[w]``, after :meth:`found` or :meth:`replace`."""
        edges = np.flatnonzero(np.diff(which, prepend=False, append=False)).reshape(-1, 2)
        if len(edges) * 4 > self.worlds:
            self.life.sense()  # many calls cost more than many looks
            return
        for lo, hi in edges.tolist():
            self.life.sense_worlds(lo, hi)

    # -- time ---------------------------------------------------------------------------------------------------------

    def step(self, actions: npt.NDArray[np.uint8]) -> None:
        """One tick. *actions*: uint8 (worlds, agents or minds, 3), each below 9. Results lie in the attributes."""
        if self.listener is not None:
            self.listener.on_step(actions, self.asleep)
        if self.backend is not None:
            self._tick_apart(self.backend, actions)
        elif self.worlds == 1:
            self._band(0, 1, actions)
        else:
            self._by_bands(lambda lo, hi: self._band(lo, hi, actions))
        s = self.state
        s.tick += 1
        if s.tick >= self._next_end:
            self.truncated[...] = (s.tick - s.chronicle[:, BEGAN] >= self.task.horizon)[:, None]

    def _band(self, lo: int, hi: int, actions: npt.NDArray[np.uint8]) -> None:
        """One tick of worlds lo .. hi-1, from actions to rewards."""
        give_actions(lo, hi, actions, self.asleep, self.state.lives.block)
        self.life.tick(lo, hi)
        settle(lo, hi, *self._settled)
        if self.after_band is not None:
            self.after_band(lo, hi)

    def _tick_apart(self, backend: Backend, actions: npt.NDArray[np.uint8]) -> None:
        """One tick of all worlds in which physics and field are a backend's; acts before and life after them are numba's."""
        state, life = self.state, self.life
        give_actions(0, self.worlds, actions, self.asleep, state.lives.block)
        life.before()
        self._hand_over(backend)
        backend.step(state)
        backend.pull(state)
        if self._eyes is None:
            life.after()
        else:
            life.live()
            self._hand_over(backend)
            self._eyes.sense(state, self.seen, state.tick + 1)
        settle(0, self.worlds, *self._settled)
        if self.after_band is not None:
            self.after_band(0, self.worlds)

    def _hand_over(self, backend: Backend) -> None:
        """Let a device take the state again: whoever acts, is born or dies changes all columns."""
        if backend.name == "cpu":
            return
        for world in range(self.worlds):
            for column in BODY_COLUMNS:
                self.state.bodies.touch(column.name, world)
        backend.push(self.state)

    def _by_bands(self, band: Callable[[int, int], None]) -> None:
        """Run *band* over all worlds, cut into ranges that stay in a cache, for whatever threads there are."""
        cuts = bands_of(self.worlds, bands_for(self.worlds, 1 if self.team is None else self.team.threads))
        if self.team is None:
            for lo, hi in cuts:
                band(lo, hi)
        else:
            self.team.run(lambda i: band(*cuts[i]), len(cuts))

    # -- other arenas -------------------------------------------------------------------------------------------------

    def fork(self) -> Arena:
        """Another arena that stands where this one stands and goes its own way; matter that never changes is shared."""
        twin = copy.copy(self)
        twin.team = None if self.team is None else Team(self.team.threads)
        twin.after_band = twin.listener = None
        kind = "cpu" if self.backend is None else self.backend.name
        twin.backend, twin._eyes = _backend(kind, self.task, None if self.team is None else self.team.threads)
        twin._digester = Digester()
        for name in _RESULTS:
            setattr(twin, name, getattr(self, name).copy())
        twin._live_in(self.state.copy())
        twin.seen[...] = self.seen
        return twin

    def become(self, other: Arena) -> None:
        """Stand where *other*, an arena of the same task and size, stands; it is left as it is."""
        self._template, self._matter, self._posts = other._template, other._matter, other._posts
        for name in _RESULTS:
            getattr(self, name)[...] = getattr(other, name)
        self._live_in(other.state.copy())
        self.seen[...] = other.seen

    # -- looking ------------------------------------------------------------------------------------------------------

    @property
    def tick(self) -> int:
        """Ticks since the arena was made or reset with a seed."""
        return self.state.tick

    @property
    def alive(self) -> npt.NDArray[np.bool_]:
        """Which slots of minds hold somebody, bool (worlds, minds)."""
        alive: npt.NDArray[np.bool_] = self.state.lives["body"][:, : self.minds] >= 0
        return alive

    def state_hash(self, world: int | None = None) -> str:
        """The digest of the whole state, or of one world."""
        return self._digester.digest(self.state) if world is None else self._digester.world_digest(self.state, world)

    def close(self) -> None:
        """Let the threads go. Safe to call twice."""
        if self.team is not None:
            self.team.close()
            self.team = self.life.team = None
        if self._eyes is not None:
            self._eyes.close()
        if self.backend is not None:
            self.backend.close()
        self.backend = self._eyes = None

    @property
    def _strewn(self) -> npt.NDArray[np.int64]:
        return np.asarray([self.task.coins, self.task.loot, self.task.buried], np.int64)


def _backend(name: str, task: Task, threads: int | None) -> tuple[Backend | None, GpuSenses | None]:
    """Whose physics and whose eyes: none for small worlds on the CPU, which are stepped whole."""
    if name == "gpu":
        from ninepixel.world.physics.choose import choose  # OpenGL is not for those who need none
        from ninepixel.world.physics.gpu.backend import GpuBackend
        from ninepixel.world.physics.gpu.senses import GpuSenses

        gpu = choose("gpu", State.empty(Params(0, 6)), threads).backend
        assert isinstance(gpu, GpuBackend)
        return gpu, GpuSenses(gpu)
    return (CpuBackend(threads), None) if task.side >= LARGE else (None, None)


#: Arrays that are the arena's own, beside its state.
_RESULTS = ("reward", "terminated", "truncated", "fresh", "asleep", "_before")
_DEFAULTS = np.asarray([column.default for column in LIFE_COLUMNS], np.int32)
