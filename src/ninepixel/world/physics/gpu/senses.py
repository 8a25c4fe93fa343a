"""What every mind senses, on the device: the twin of :mod:`ninepixel.world.life.senses`, to the same bytes.

Bodies and the field are on the device already; a life and a thing that lies openly are sent as eight bytes each. The passes:
draw into lanes (integer atomics, limited when they are read), add up rows, wipe, add up columns, look. Sums start anew at every
patch of 128 x 128 cells (64 x 64 in a world of that size), so that one large world is as parallel as many small ones and costs
the same; two lanes share a word and sums may wrap, because only differences are asked for. The bytes about oneself are written
at home, where lives are.

Beside bodies and field a cell takes 64 bytes of the device, or 96 where there is room for so many bodies and things in a world
(1,023) that a lane of a cell could exceed 16 bits.

Measured on two cores, busy with other work too: 64 worlds of 64x64 cells with 4,336 minds take 34 ms on software GL and 1.4 ms in
numba (one thread), a world of 1024x1024 with 2,731 minds 84 ms and 14 ms. Of that 1.0 and 0.6 ms are the bytes about oneself at
home, 0.2 microseconds a mind, which a team of threads shares: on a fast device they are what is left. On software GL this is here
to be tested, not to be used.
"""

from __future__ import annotations

from typing import Any

import moderngl
import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.vital import SECTION_LIMIT, SECTION_SHIFT
from ninepixel.world.life.boxes import CELL_LIMIT
from ninepixel.world.life.senses import (
    INK_ARMED,
    INK_GUARDIAN,
    INK_HUNTER,
    INK_SECTION,
    LANES,
    OCTAVES,
    RETINA_BYTES,
    VOICE,
    gains,
    pixel_widths,
)
from ninepixel.world.physics.backend import BackendError
from ninepixel.world.physics.cpu.team import Team, bands_of
from ninepixel.world.physics.gpu.backend import GpuBackend, bind
from ninepixel.world.physics.gpu.buffers import Buffers
from ninepixel.world.physics.gpu.context import Device
from ninepixel.world.physics.gpu.programs import Kernels, common_defines
from ninepixel.world.physics.gpu.shaders import compute_source
from ninepixel.world.physics.gpu.shape import Shape
from ninepixel.world.physics.gpu.souls import OBSERVED_BYTES, Words, gathered, tell
from ninepixel.world.state import MAX_SIDE_LOG2, MIN_SIDE_LOG2, Params, State

#: Words of a cell: two lanes share one, except in what is drawn into where they could overflow.
WORDS, WIDE_WORDS = LANES // 2, LANES
#: Parts of a cell that invocations care for.
HALVES = 2
#: log2 of the side of a patch; the widest octave, 81 cells, lies in at most two of them along each axis.
PATCH_LOG2 = 7
#: The most that one body or thing adds to a lane.
MOST_INK = 64
KERNELS = ("senses_draw", "senses_rows", "senses_wipe", "senses_columns", "senses_look")
#: Bands per thread, so that a slow thread does not hold up the tick.
SLICES = 4

Seen = npt.NDArray[np.uint8]


class GpuSenses:
    """Looks around in the states of one GPU backend.

    :param backend: where bodies and field are; it must outlive the senses or be closed at the same time.
    :param team: threads that may help with the bytes about oneself.
    """

    def __init__(self, backend: GpuBackend, team: Team | None = None) -> None:
        self._backend = backend
        self._team = team
        self._desk: Desk | None = None
        self._kernels: Kernels | None = None
        self._built: tuple[Params, bool] | None = None

    def sense(self, state: State, seen: Seen, tick: int | None = None) -> Seen:
        """What the first ``seen.shape[1]`` slots of every world sense now. Writes all of *seen* and returns it.

        The state must be at home and the device must have it: call ``backend.push(state)`` after life has changed it.

        :param seen: uint8 (worlds, minds, RETINA_BYTES); who is not alive gets zeros.
        :param tick: whose low byte is the clock that minds see; ``state.tick`` when None.
        :raises BackendError: when the device is ahead of the state, or too small for its senses; *seen* is then as it was.
        :raises ValueError: when *seen* is not of such a shape.
        """
        worlds, slots = state.params.worlds, state.lives.capacity
        if seen.dtype != np.uint8 or seen.ndim != 3 or (seen.shape[0], seen.shape[2]) != (worlds, RETINA_BYTES):
            raise ValueError(f"seen must be uint8 of shape ({worlds}, minds, {RETINA_BYTES}), not {seen.dtype} of {seen.shape}")
        if seen.shape[1] > slots:
            raise ValueError(
                f"seen has room for {seen.shape[1]} minds a world, but the state has only {slots} slots: ask for fewer"
            )
        if seen.shape[1]:
            souls, marks = gathered(state)
            observed = self._backend.device.run(lambda: self._observe(state, souls, marks, seen.shape[1]))
            self._tell(state, observed, seen, state.tick if tick is None else tick)
        return seen

    def refuses(self, state: State) -> str:
        """Why the device cannot hold the senses of *state*, and which it could hold; empty when it can."""
        return refusal(state.params, is_wide(state), self._backend.device)

    def close(self) -> None:
        """Give kernels and buffers back. Safe to call twice, and after the backend was closed."""
        if self._backend.device.ctx is not None:
            self._backend.device.run(self._release)
        self._desk = self._kernels = self._built = None

    # -- in the device's thread ---------------------------------------------------------------------------------------

    def _observe(self, state: State, souls: Words, marks: Words, minds: int) -> Seen:
        """What the device sees, uint8 (worlds, minds, OBSERVED_BYTES); without meaning where nobody lives."""
        now = self._backend.present(state)
        desk, kernels = self._ready(state, now.room, minds)
        params, room = state.params, now.room
        desk.souls.write(souls)
        if len(marks):
            desk.marks.write(marks)
        threads = now.span * params.worlds
        kernels.set(threads=threads, span=now.span, capacity=now.capacity, marks=len(marks))
        kernels.set(slots=state.lives.capacity, minds=minds)
        lines = params.worlds * params.side * params.side >> patch_log2(params)
        looked = (room.records, room.row_of, desk.souls, desk.sums, desk.sums, desk.observed)
        drawn = (room.records, desk.souls, desk.marks, desk.plane)
        for name, count, buffers in (
            ("senses_draw", threads + len(marks), drawn),
            ("senses_rows", lines * HALVES, (desk.plane, desk.sums, *now.field)),
            ("senses_wipe", threads + len(marks), drawn),
            ("senses_columns", lines * HALVES, (desk.sums,)),
            ("senses_look", params.worlds * minds * OCTAVES, looked),
        ):
            bind(*buffers)
            kernels.run(name, count)
            kernels.barrier()
        observed = np.empty((params.worlds, minds, OBSERVED_BYTES), np.uint8)
        room.read(desk.observed, 0, observed)
        return observed

    def _ready(self, state: State, room: Buffers, minds: int) -> tuple[Desk, Kernels]:
        """Buffers and kernels for this state; those there are, if they will do."""
        device, params, wide = self._backend.device, state.params, is_wide(state)
        if self._kernels is None or self._built != (params, wide):
            complaint = refusal(params, wide, device)
            if complaint:
                raise BackendError(complaint)
            self._release()
            self._kernels = Kernels(device, self._backend.shape, sources(params, self._backend.shape, wide))
            self._built = params, wide
        sizes = desk_sizes(state, minds, wide)
        if self._desk is None or self._desk.room is not room or self._desk.sizes != sizes:
            self._release_desk()
            self._desk = Desk(room, sizes, device)
        return self._desk, self._kernels

    def _release(self) -> None:
        self._release_desk()
        if self._kernels is not None:
            self._kernels.release()
        self._kernels = self._built = None

    def _release_desk(self) -> None:
        if self._desk is not None:
            self._desk.release()
        self._desk = None

    # -- at home ------------------------------------------------------------------------------------------------------

    def _tell(self, state: State, observed: Seen, seen: Seen, tick: int) -> None:
        rest: tuple[Any, ...] = (state.params.side_log2, tick & 0xFFFFFFFF, state.bodies.block, state.bodies.row_of, state.energy)
        rest += (state.lives.block, state.things.block, observed, seen)
        total = seen.shape[0] * seen.shape[1]
        if self._team is None:
            tell(0, total, *rest)
        else:
            cuts = bands_of(total, self._team.threads * SLICES)
            self._team.run(lambda band: tell(*cuts[band], *rest), len(cuts))


class Desk:
    """The device memory that senses need beside the backend's, from the same *room*.

    To be made and released in the device's thread.

    :raises BackendError: when the device has no memory left.
    """

    def __init__(self, room: Buffers, sizes: dict[str, int], device: Device) -> None:
        self.room, self.sizes = room, sizes
        self._made: list[Any] = []
        try:
            # what is drawn into is dark from the start, and made dark again after every use
            self._made += [room.reserve(size, zero=name == "plane") for name, size in sizes.items()]
        except moderngl.Error as error:
            self.release()
            raise BackendError(f"{device.renderer} has no memory for the senses of this state ({error})") from None
        self.plane, self.sums, self.souls, self.marks, self.observed = self._made

    def release(self) -> None:
        """Give everything back, unless the room is gone already."""
        for buffer in self._made:
            self.room.give_back(buffer)
        self._made.clear()


def desk_sizes(state: State, minds: int, wide: bool) -> dict[str, int]:
    """The bytes of every buffer of a :class:`Desk`."""
    worlds, cells = state.params.worlds, state.params.worlds * state.params.side * state.params.side
    return {
        "plane": cells * 4 * (WIDE_WORDS if wide else WORDS),
        "sums": cells * 4 * WORDS,
        "souls": worlds * state.lives.capacity * 8,
        "marks": worlds * state.things.capacity * 8,
        "observed": worlds * minds * OBSERVED_BYTES,
    }


def patch_log2(params: Params) -> int:
    """log2 of the side of a patch of this world."""
    return min(params.side_log2, PATCH_LOG2)


def is_wide(state: State) -> bool:
    """Whether all bodies and things of a world, in one cell, could exceed 16 bits."""
    return (state.bodies.capacity + state.things.capacity) * MOST_INK >= 1 << 16


def refusal(params: Params, wide: bool, device: Device) -> str:
    """Why *device* cannot hold the senses of such a state and which it could hold; empty when it can."""
    cell, limit = 4 * (WIDE_WORDS if wide else WORDS), device.buffer_bytes
    if params.worlds * cell << 2 * params.side_log2 <= limit:
        return ""
    size, many = f"{params.side}x{params.side}", f" in {params.worlds} worlds" if params.worlds > 1 else ""
    fitting = [k for k in range(MIN_SIDE_LOG2, MAX_SIDE_LOG2 + 1) if params.worlds * cell << 2 * k <= limit]
    fits = (
        f"at most {1 << fitting[-1]}x{1 << fitting[-1]}{many}" if fitting else f"at most {limit // (cell << 12)} worlds of 64x64"
    )
    need = (params.worlds * cell << 2 * params.side_log2) >> 20
    return (
        f"the senses of a {size} world{many} need {need:,} MiB; {device.renderer} allows {limit >> 20:,} MiB in a buffer: {fits}"
    )


def sources(params: Params, shape: Shape, wide: bool) -> dict[str, str]:
    """The sources of all kernels by name."""
    widths, table = pixel_widths(params.side), gains(params.side).view(np.uint16)
    defines = common_defines(params, shape) | {
        "PATCH_LOG2": patch_log2(params),
        "CELL_LIMIT": f"{CELL_LIMIT}u",
        "VOICE": f"{VOICE}u",
        "INK_SECTION": f"{INK_SECTION}u",
        "INK_GUARDIAN": f"{INK_GUARDIAN}u",
        "INK_HUNTER": f"{INK_HUNTER}u",
        "INK_ARMED": f"{INK_ARMED}u",
        "SECTION_SHIFT": SECTION_SHIFT,
        "SECTION_LIMIT": f"{SECTION_LIMIT}u",
        "LAST_WIDTH": int(widths[-1]),
    }
    for octave in range(OCTAVES):
        lift, gain = table[octave].tolist()
        defines |= {f"LIFT_{octave}": lift[0], f"FIELD_GAIN_{octave}": gain[0], f"OTHER_GAIN_{octave}": gain[-1]}
    if wide:
        defines["WIDE"] = None
    made = {name: compute_source(name, defines) for name in KERNELS if name != "senses_wipe"}
    return made | {"senses_wipe": compute_source("senses_draw", defines | {"WIPE": None})}
