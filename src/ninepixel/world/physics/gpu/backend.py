"""The GLSL backend: the phases of one tick on the device, and the traffic between the device and home."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.physics.backend import BackendError
from ninepixel.world.physics.gpu import mirror
from ninepixel.world.physics.gpu.buffers import (
    IMAGE_WIDTH,
    LEDGER_ENTRIES,
    RECORD_BYTES,
    SIGHTS_ACROSS,
    TILE,
    Buffers,
    hash_cells,
    ledger_copies,
)
from ninepixel.world.physics.gpu.context import Device
from ninepixel.world.physics.gpu.programs import Programs
from ninepixel.world.physics.gpu.shape import CELLS_ACROSS, Shape, best_shape
from ninepixel.world.state import Params, State

#: Every so many ticks rows are laid out in cell order again, so that neighbours in space are neighbours in memory.
TIDY_INTERVAL = 256
TIDY_BODIES = 20_000
#: Cells or rows that one workgroup sums up for the energy held.
CHUNK = 4096
#: Where the sums of a world stand in the device's ledger.
RADIANCE, DECAY, HELD = range(LEDGER_ENTRIES)


@dataclass(frozen=True, slots=True)
class Present:
    """What the device holds of a state now, for kernels that only read it.

    :param room: the buffers; they last until :class:`GpuBackend` is handed a state of another size.
    :param field: one buffer a channel.
    :param capacity: rows allocated for one world, *span* rows of each world that may be alive.
    """

    room: Buffers
    field: list[Any]
    capacity: int
    span: int


class GpuBackend:
    """Steps worlds with OpenGL compute shaders; the moving columns and the field stay on the device until :meth:`pull`.

    :param workgroup: invocations in a workgroup; what suits the device when None.
    :param permute: let invocations run in another order (for tests; slow).
    :param software: cut the work for a renderer without a GPU; only where there is none when None.
    :raises BackendError: when there is no OpenGL 4.3 here.
    """

    name = "gpu"

    def __init__(self, *, workgroup: int | None = None, permute: bool = False, software: bool | None = None) -> None:
        self._device = Device()
        self.detail = self._device.renderer
        self._shape: Shape = best_shape(self._device, workgroup, software, permute)
        self._home: State | None = None
        self._buffers: Buffers | None = None
        self._programs: Programs | None = None
        self._built: tuple[Params, int] | None = None
        self._live = 0  # bodies of all worlds
        self._actors = 0  # those who act on their own velocity
        self._threads = 0  # rows that kernels visit
        self._counts: list[int] = []  # rows that may be alive on the device, per world
        self._front = 0  # which of the two fields holds the present
        self._ahead = False  # the device knows more than home
        self._ticks = 0

    # -- the protocol -------------------------------------------------------------------------------------------------

    def step(self, state: State) -> None:
        """Advance physics and fields by one tick; radiance and decay are booked by the next :meth:`pull` or :meth:`held`.

        :raises BackendError: when the device cannot hold this state.
        """
        tick = state.tick & 0xFFFFFFFF
        self._device.run(lambda: self._step(state, tick))

    def pull(self, state: State) -> None:
        """Bring the moving columns and the field home and book what the ledger is owed; rows may come in another order."""
        if self._ahead and self._home is state:
            self._device.run(lambda: self._pull(state))

    def push(self, state: State) -> None:
        """Take a state that was changed at home after a pull. Columns must have been changed through the table or touched.

        :raises BackendError: when it no longer fits the device.
        """
        self._device.run(lambda: self._push(state))

    def held(self, state: State) -> npt.NDArray[np.int64]:
        """The energy in field and bodies, per world, summed on the device; books what the ledger is owed."""
        return self._device.run(lambda: self._held(state))

    def close(self) -> None:
        """Give the device back; the state is not pulled. Safe to call twice."""
        if self._device.ctx is not None:
            self._device.run(self._release)
            self._device.close()

    @property
    def device(self) -> Device:
        """The device and the thread in which it is to be talked to."""
        return self._device

    @property
    def shape(self) -> Shape:
        """How the work is cut."""
        return self._shape

    def present(self, state: State) -> Present:
        """What the device holds of *state*, which it takes first if it has another one. To be called in the device's thread.

        :raises BackendError: when the device is ahead of the state, or cannot hold it.
        """
        if self._home is not state:
            self._push(state)
        if self._ahead:
            raise BackendError("the device is ahead of this state: pull it, let it live and push it before anybody looks around")
        return Present(self._room, self._room.field[self._front], self._capacity, max(self._counts))

    def phases(self) -> list[tuple[str, Callable[[], None]]]:
        """The phases of one tick by name, each a job that must run in the device's thread (:meth:`run`), in this order."""
        return [
            ("drive", self._drive),
            ("count", self._count),
            ("scan", self._scan),
            ("place", self._place),
            ("force", self._force),
            ("diffuse", self._diffuse),
        ]

    def run(self, job: Callable[[], None]) -> None:
        """Do *job* in the device's thread."""
        self._device.run(job)

    def finish(self) -> None:
        """Wait until the device has done all it was told."""
        self._device.run(self._device.ctx.finish)

    # -- one tick, in the device's thread -----------------------------------------------------------------------------

    def _step(self, state: State, tick: int) -> None:
        if self._home is not state:
            self._push(state)
        self._kernels.set(tick=tick)
        self._ahead = True
        for _, phase in self.phases():
            phase()
        if self._ticks % TIDY_INTERVAL == 0 and self._live >= TIDY_BODIES:
            self._tidy()
        self._ticks += 1

    def _drive(self) -> None:
        room = self._room
        bind(room.records, room.row_of, *room.field[self._front], room.actors)
        self._kernels.run("drive", self._actors)

    def _count(self) -> None:
        bind(self._room.records, self._room.grid, None, None, None, self._room.counts)
        self._kernels.run("count", self._threads)
        self._kernels.barrier()

    def _scan(self) -> None:
        room, tiles = self._room, -(-hash_cells(self._params) // TILE)
        bind(None, room.grid, None, None, None, room.counts, room.sums)
        for name in ("sum", "scan"):
            self._kernels.run_groups(name, tiles)
            self._kernels.barrier()

    def _place(self) -> None:
        room = self._room
        bind(room.records, room.grid, *room.field[self._front], room.arrivals, room.sights)
        self._kernels.run("place", self._threads)
        self._kernels.barrier()

    def _force(self) -> None:
        room = self._room
        bind(room.records, room.grid, *room.field[self._front], room.arrivals, room.sights, room.ledger)
        if room.sights_image is not None and self._live:
            lines = -(-self._live // SIGHTS_ACROSS)
            room.sights_image.write(room.sights, viewport=(0, 0, IMAGE_WIDTH, lines))
            room.sights_image.bind_to_image(0, read=True, write=False)
        self._kernels.run("force", -(-self._live // 2))
        self._kernels.barrier()

    def _diffuse(self) -> None:
        room, params = self._room, self._params
        cells = params.worlds * params.side * params.side
        strips = cells // CELLS_ACROSS >> self._shape.strip_log2(cells)
        for old, new in zip(room.field[self._front], room.field[1 - self._front], strict=True):
            bind(old, old, new, room.ledger)
            self._kernels.run("diffuse", strips)
        self._kernels.barrier()
        self._front = 1 - self._front

    def _tidy(self) -> None:
        room = self._room
        fresh = room.reserve(room.records.size)
        bind(room.records, room.grid, fresh, room.row_of, None, room.arrivals)
        self._kernels.run("tidy", self._threads)
        self._kernels.barrier()
        room.replace_records(fresh)

    # -- traffic, in the device's thread ------------------------------------------------------------------------------

    def _pull(self, state: State) -> None:
        bodies, room, capacity = state.bodies, self._room, self._capacity
        for world, rows in enumerate(self._counts):
            if rows:
                words = np.empty((rows, mirror.RECORD_WORDS), np.uint32)
                room.read(room.records, world * capacity * RECORD_BYTES, words)
                mirror.bring_home(bodies, world, words)
        size = room.field[0][0].size // state.params.worlds
        for channel, buffer in enumerate(room.field[self._front]):
            for world in range(state.params.worlds):
                room.read(buffer, world * size, state.energy[world, channel])
        self._book(state)
        self._ahead = False

    def _push(self, state: State) -> None:
        if self._ahead and self._home is state:
            raise BackendError("the device is ahead of this state: pull before you change and push it")
        whole = self._home is not state or self._built != (state.params, state.bodies.capacity)
        if whole:
            self._build(state)
        bodies, params, room = state.bodies, state.params, self._room
        counts = [int(n) for n in bodies.count]
        for world in range(params.worlds):
            dirty = mirror.take_dirty_rows(bodies, world)
            before = self._counts[world]
            if whole:
                start, stop = 0, bodies.capacity
            else:  # rows that died by a falling count were not written to
                start, stop = dirty
                if counts[world] < before:
                    start, stop = (min(start, counts[world]) if start < stop else counts[world]), max(stop, before)
            if start < stop:
                words = mirror.records(bodies, world, (params.seed + world) % 2**64, start, stop)
                room.records.write(words, offset=(world * bodies.capacity + start) * RECORD_BYTES)
            used = int(bodies.next_index[world])
            if used:
                room.row_of.write(bodies.row_of[world, :used], offset=world * bodies.capacity * 4)
            size = room.field[0][0].size // params.worlds
            for channel, buffer in enumerate(room.field[self._front]):
                buffer.write(state.energy[world, channel], offset=world * size)
        actors = mirror.actors(bodies)
        if actors.size:
            room.actors.write(actors)
        self._counts, self._live, self._actors = counts, sum(counts), actors.size
        span = max(counts)
        self._threads = span * params.worlds
        self._kernels.set(span=span, threads=self._threads, bodies=self._live, actors=self._actors)
        self._ahead = False

    def _held(self, state: State) -> npt.NDArray[np.int64]:
        if self._home is not state:
            self._push(state)
        room, params = self._room, self._params
        chunks = params.side * params.side // CHUNK
        self._kernels.set(chunks=chunks)
        for buffer in room.field[self._front]:
            bind(None, buffer, room.ledger)
            self._kernels.run_groups("held_field", params.worlds * chunks)
        chunks = -(-max(self._counts) // CHUNK)
        self._kernels.set(chunks=chunks)
        bind(room.records, None, room.ledger)
        self._kernels.run_groups("held_bodies", params.worlds * chunks)
        self._kernels.barrier()
        return self._book(state)

    def _book(self, state: State) -> npt.NDArray[np.int64]:
        """Take the device's sums into the ledger and return the last one, the energy held."""
        room, worlds = self._room, state.params.worlds
        copies = np.empty((ledger_copies(state.params), worlds, LEDGER_ENTRIES), np.int64)
        room.read(room.ledger, 0, copies)
        room.ledger.write(bytes(copies.nbytes))
        sums: npt.NDArray[np.int64] = copies.sum(axis=0)
        state.ledger.add("radiance", sums[:, RADIANCE])
        state.ledger.add("decay", sums[:, DECAY])
        return sums[:, HELD]

    # -- what is built for one kind of state --------------------------------------------------------------------------

    def _build(self, state: State) -> None:
        params, capacity = state.params, state.bodies.capacity
        if self._built != (params, capacity):
            self._release()
            self._buffers = Buffers(self._device, params, capacity, self._shape)
            self._programs = Programs(self._device, params, self._shape)
            self._built = (params, capacity)
            low, high = params.seed & 0xFFFFFFFF, params.seed >> 32
            self._kernels.set(capacity=capacity, seed_low=low, seed_high=high)
        else:
            self._room.ledger.write(bytes(self._room.ledger.size))
        self._home = state
        self._ticks = 0
        self._counts = [0] * params.worlds

    def _release(self) -> None:
        for part in (self._buffers, self._programs):
            if part is not None:
                part.release()
        self._buffers = self._programs = self._built = self._home = None

    @property
    def _room(self) -> Buffers:
        assert self._buffers is not None
        return self._buffers

    @property
    def _kernels(self) -> Programs:
        assert self._programs is not None
        return self._programs

    @property
    def _params(self) -> Params:
        assert self._home is not None
        return self._home.params

    @property
    def _capacity(self) -> int:
        assert self._built is not None
        return self._built[1]


def bind(*buffers: object) -> None:
    """Bind each buffer to its place in the list; None leaves a place as it is."""
    for binding, buffer in enumerate(buffers):
        if buffer is not None:
            buffer.bind_to_storage_buffer(binding)  # type: ignore[attr-defined]
