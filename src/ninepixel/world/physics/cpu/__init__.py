"""The numba backend."""

from ninepixel.world.physics.cpu.backend import CpuBackend

__all__ = ["CpuBackend"]
