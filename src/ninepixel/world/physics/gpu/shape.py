"""How the kernels are cut on one device. A shape changes speed and never a result: the tests run several against each other."""

from __future__ import annotations

from dataclasses import dataclass

from ninepixel.world.physics.gpu.context import Device

#: Cells side by side that one invocation of the diffusion cares for.
CELLS_ACROSS = 4
LONGEST_STRIP_LOG2 = 5
#: Strips that keep a device busy.
SOFTWARE_STRIPS = 1 << 8
GPU_STRIPS = 1 << 17


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to cut the work.

    :param workgroup: invocations in a workgroup, a power of two from 32 to 1024.
    :param software: suit a renderer without a GPU: what bodies see of each other is kept in an image instead of a buffer (one
        gather instead of a loop over lanes), and sums are booked by atomics instead of behind barriers.
    :param permute: send invocation numbers through a bijection, to prove that their order does not matter.
    """

    workgroup: int
    software: bool = False
    permute: bool = False

    def __post_init__(self) -> None:
        if self.workgroup not in (32, 64, 128, 256, 512, 1024):
            raise ValueError(f"a workgroup is a power of two from 32 to 1024, not {self.workgroup}")

    @property
    def unroll(self) -> int:
        """Pairs of sights that the force kernel takes in at once: software GL pays 30 ns for every turn of a loop."""
        return 6 if self.software else 2

    def strip_log2(self, cells: int) -> int:
        """log2 of the rows that one invocation of the diffusion slides down: long strips read less twice, short ones keep a
        large GPU busy in a small world of *cells* cells."""
        enough = SOFTWARE_STRIPS if self.software else GPU_STRIPS
        strips = cells // CELLS_ACROSS
        return max(k for k in range(LONGEST_STRIP_LOG2 + 1) if k == 0 or strips >> k >= enough)


def best_shape(device: Device, workgroup: int | None = None, software: bool | None = None, permute: bool = False) -> Shape:
    """What is fastest on *device*, where the caller does not say otherwise."""
    software = device.software if software is None else software
    return Shape(workgroup or (64 if software else 128), software, permute)
