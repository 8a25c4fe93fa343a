"""How the kernels are cut on one device. A shape changes speed and never a result: the tests run several against each other."""

from __future__ import annotations

from dataclasses import dataclass

from ninepixel.world.physics.gpu.context import Device


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to cut the work.

    :param workgroup: invocations in a workgroup, a power of two from 32 to 1024.
    :param permute: send invocation numbers through a bijection, to prove that their order does not matter.
    :param images: keep what bodies see of each other in an image instead of a buffer.
    :param strip_log2: log2 of the rows that one invocation of the diffusion slides down.
    """

    workgroup: int
    permute: bool = False
    images: bool = False
    strip_log2: int = 4

    def __post_init__(self) -> None:
        if self.workgroup not in (32, 64, 128, 256, 512, 1024):
            raise ValueError(f"a workgroup is a power of two from 32 to 1024, not {self.workgroup}")


def best_shape(device: Device, workgroup: int | None = None, permute: bool = False, images: bool | None = None) -> Shape:
    """What is fastest on *device*, where the caller does not say otherwise."""
    if device.software:
        return Shape(workgroup or 64, permute, True if images is None else images, 4)
    return Shape(workgroup or 128, permute, False if images is None else images, 4)
