"""The compiled kernels of one kind of world, and how they are dispatched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import moderngl

from ninepixel.world.physics.backend import BackendError
from ninepixel.world.physics.gpu.buffers import IMAGE_WIDTH, LEDGER_ENTRIES, TILE, ledger_copies
from ninepixel.world.physics.gpu.context import Device
from ninepixel.world.physics.gpu.shaders import compute_source
from ninepixel.world.physics.gpu.shape import Shape
from ninepixel.world.state import Params

#: Groups along the first axis; more fold into the second (OpenGL promises 65,535 along each).
FOLD = 32_768
KERNELS = ("drive", "count", "sum", "scan", "place", "force", "diffuse", "tidy", "held_field", "held_bodies")


def strip_log2(params: Params, shape: Shape) -> int:
    """log2 of the rows in a strip of this world's diffusion."""
    return shape.strip_log2(params.worlds << 2 * params.side_log2)


def common_defines(params: Params, shape: Shape) -> dict[str, int | str | None]:
    """What every kernel is told of the world and of how work is cut."""
    defines: dict[str, int | str | None] = {"WORKGROUP": shape.workgroup, "SIDE_LOG2": params.side_log2, "WORLDS": params.worlds}
    return defines | {"PERMUTE": None} if shape.permute else defines


class Kernels:
    """Compiled compute shaders of one shape. To be made, run and released in the device's thread.

    :param sources: whole sources by name.
    :raises BackendError: when the driver refuses a shader.
    """

    def __init__(self, device: Device, shape: Shape, sources: Mapping[str, str]) -> None:
        self.shape = shape
        self.ctx = device.ctx
        self._kernels: dict[str, Any] = {}
        try:
            for name, source in sources.items():
                self._kernels[name] = device.ctx.compute_shader(source)
        except moderngl.Error as error:
            self.release()
            raise BackendError(f"{device.renderer} refuses a shader: {error}") from None

    def set(self, **uniforms: int) -> None:
        """Set uniforms in every kernel that has them (a compiler drops those that a kernel does not use)."""
        for kernel in self._kernels.values():
            for name, value in uniforms.items():
                uniform = kernel.get(name, None)
                if uniform is not None:
                    uniform.value = value

    def run(self, name: str, threads: int) -> None:
        """Dispatch one kernel over at least *threads* invocations; what it wrote is visible to the next."""
        self.run_groups(name, -(-threads // self.shape.workgroup))

    def run_groups(self, name: str, groups: int) -> None:
        """Dispatch one kernel over at least *groups* workgroups."""
        if groups == 0:
            return
        if self.shape.permute:  # the bijection is one of a power of two
            groups = 1 << (groups - 1).bit_length()
        across = min(groups, FOLD)
        self._kernels[name].run(across, -(-groups // across), 1)

    def barrier(self) -> None:
        """What was written before is seen by what is read after."""
        self.ctx.memory_barrier(
            self.ctx.SHADER_STORAGE_BARRIER_BIT | self.ctx.PIXEL_BUFFER_BARRIER_BIT | self.ctx.BUFFER_UPDATE_BARRIER_BIT
        )

    def release(self) -> None:
        """Give the kernels back."""
        for kernel in self._kernels.values():
            kernel.release()
        self._kernels.clear()


class Programs(Kernels):
    """The kernels of physics for one world size and one shape.

    :raises BackendError: when the driver refuses a shader.
    """

    def __init__(self, device: Device, params: Params, shape: Shape) -> None:
        defines = common_defines(params, shape) | {
            "REACH_LOG2": params.reach_log2,
            "TILE": TILE,
            "STRIP_LOG2": strip_log2(params, shape),
            "ENTRIES": LEDGER_ENTRIES,
            "COPIES": ledger_copies(params),
            "UNROLL": shape.unroll,
        }
        if shape.software:
            defines |= {"SIGHT_IMAGE": IMAGE_WIDTH, "BOOK_DIRECTLY": None}
        sources = {}
        for name in KERNELS:
            extra: dict[str, int | None] = {"BODIES": None} if name == "held_bodies" else {}
            sources[name] = compute_source("held" if name.startswith("held") else name, defines | extra)
        super().__init__(device, shape, sources)
