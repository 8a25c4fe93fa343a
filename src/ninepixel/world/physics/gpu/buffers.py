"""The device memory of one state, and what to say when it does not fit."""

from __future__ import annotations

from typing import Any

import moderngl
import numpy as np
import numpy.typing as npt

from ninepixel.world.physics.backend import BackendError
from ninepixel.world.physics.gpu.context import Device
from ninepixel.world.physics.gpu.mirror import RECORD_WORDS
from ninepixel.world.physics.gpu.shape import Shape
from ninepixel.world.state import CHANNELS, MAX_SIDE_LOG2, MIN_SIDE_LOG2, Params

#: Hash cells that one workgroup adds up.
TILE = 2048
#: 64-bit sums per world: radiance, decay, held.
LEDGER_ENTRIES = 3
#: Each is spread over so many places (shared by all worlds), lest all invocations queue for one word.
LEDGER_SPREAD = 64
#: Texels in a row of the image that holds what bodies see of each other, two bodies a texel.
IMAGE_WIDTH = 2048
SIGHTS_ACROSS = 2 * IMAGE_WIDTH

#: Bytes that are read back at once.
STAGING_BYTES = 1 << 24
#: The force kernel may read (and ignore) so many sights past the last.
SPARE_SIGHTS = 64

RECORD_BYTES = 4 * RECORD_WORDS
ARRIVAL_BYTES = 16
SIGHT_BYTES = 8


def hash_cells(params: Params) -> int:
    """Hash cells of all worlds."""
    return params.worlds << 2 * (params.side_log2 - params.reach_log2)


def ledger_copies(params: Params) -> int:
    """Places over which each sum of each world is spread."""
    return max(LEDGER_SPREAD // params.worlds, 1)


def field_bytes(params: Params) -> int:
    """One channel of the field, all worlds."""
    return params.worlds * params.side * params.side * 4


def refusal(params: Params, capacity: int, device: Device) -> str:
    """Why *device* cannot hold such a state and what it could hold; empty when it can."""
    limit = device.buffer_bytes
    holds = f"{device.renderer} allows {_mebibytes(limit)} in a buffer"
    if field_bytes(params) > limit:
        size = f"{params.side}x{params.side}"
        many = f" in {params.worlds} worlds" if params.worlds > 1 else ""
        fitting = [k for k in range(MIN_SIDE_LOG2, MAX_SIDE_LOG2 + 1) if params.worlds * 4 << 2 * k <= limit]
        fits = (
            f"at most {1 << fitting[-1]}x{1 << fitting[-1]}{many}" if fitting else f"at most {limit // (4 << 12)} worlds of 64x64"
        )
        return f"a {size} world{many} needs {_mebibytes(field_bytes(params))} per channel of its field; {holds}: {fits}"
    most = limit // RECORD_BYTES
    rows = params.worlds * capacity
    if rows > most:
        return f"{rows} bodies need {_mebibytes(rows * RECORD_BYTES)}; {holds}: at most {most} bodies"
    if (rows + hash_cells(params) + 1) * 4 > limit:
        return f"{hash_cells(params)} hash cells and {rows} bodies do not fit together; {holds}"
    return ""


class Buffers:
    """Every buffer of one state. To be made and released in the device's thread.

    :raises BackendError: when the device cannot hold it.
    """

    def __init__(self, device: Device, params: Params, capacity: int, shape: Shape) -> None:
        complaint = refusal(params, capacity, device)
        if complaint:
            raise BackendError(complaint)
        self.ctx = device.ctx
        self._all: list[Any] = []
        rows, cells = params.worlds * capacity, hash_cells(params)
        sights = -(-(rows + SPARE_SIGHTS) // SIGHTS_ACROSS) * SIGHTS_ACROSS
        try:
            self.staging = self.reserve(STAGING_BYTES)
            self.records = self.reserve(rows * RECORD_BYTES)
            self.row_of = self.reserve(rows * 4)
            self.grid = self.reserve((cells + 1 + rows) * 4)
            self.counts = self.reserve(cells * 4, zero=True)
            self.sums = self.reserve(-(-cells // TILE) * 4)
            self.actors = self.reserve(rows * 4)
            self.arrivals = self.reserve(rows * ARRIVAL_BYTES)
            self.sights = self.reserve(sights * SIGHT_BYTES)
            self.sights_image = self._image(sights, device) if shape.software else None
            self.ledger = self.reserve(ledger_copies(params) * params.worlds * LEDGER_ENTRIES * 8, zero=True)
            self.field = [[self.reserve(field_bytes(params)) for _ in range(CHANNELS)] for _ in range(2)]
        except moderngl.Error as error:
            self.release()
            raise BackendError(f"{device.renderer} has no memory for this state ({error})") from None

    def reserve(self, size: int, zero: bool = False) -> Any:
        """A new buffer of *size* bytes, of unknown or zero content, that is released with the others."""
        buffer = self.ctx.buffer(bytes(size)) if zero else self.ctx.buffer(reserve=size)
        self._all.append(buffer)
        return buffer

    def give_back(self, buffer: Any) -> None:
        """Release one buffer before the others; one that was released with them already is left alone."""
        if buffer in self._all:
            self._all.remove(buffer)
            buffer.release()

    def read(self, buffer: Any, offset: int, into: npt.NDArray[Any]) -> None:
        """Fill the contiguous array *into* from *buffer*, starting at byte *offset*.

        Goes through a buffer of its own: some drivers move a buffer that was mapped for reading out of the device's memory.
        """
        flat = into.reshape(-1).view(np.uint8)
        for start in range(0, flat.size, STAGING_BYTES):
            part = flat[start : start + STAGING_BYTES]
            self.ctx.copy_buffer(self.staging, buffer, part.size, read_offset=offset + start)
            self.staging.read_into(part, part.size)

    def replace_records(self, fresh: Any) -> None:
        """Another buffer takes the place of the records."""
        self.give_back(self.records)
        self.records = fresh

    def release(self) -> None:
        """Give everything back."""
        for thing in self._all:
            thing.release()
        self._all.clear()

    def _image(self, sights: int, device: Device) -> Any:
        height = sights // SIGHTS_ACROSS
        if height > device.texture_side:
            raise BackendError(f"{sights} bodies need an image of {height} rows; {device.renderer} allows {device.texture_side}")
        image = self.ctx.texture((IMAGE_WIDTH, height), 4, dtype="u4")
        self._all.append(image)
        return image


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MiB"
