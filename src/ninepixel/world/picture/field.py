"""The energy field as a texture: only what is seen, only as fine as can be seen, in logarithms.

Energy spans nine orders of magnitude, so what is uploaded is the total's logarithm and the three channels' shares of it. Pure
numpy; the GPU painter and the CPU canvas draw the same texels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ninepixel.world.picture.camera import Camera, Size

#: The full scale of the fourth channel, in octaves.
OCTAVES = 34.0
#: Energy is counted in whole units: below about this many the logarithm is flattened, so that no single unit shows as a step.
SOFT_UNITS = 16.0
#: The most texels along one side of a field texture.
MOST_TEXELS = 768
#: From this many cells a texel on, only a sample of its cells is read: the field is smooth.
SAMPLE_FROM, SAMPLES = 8, 4

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of the field is needed, and how finely.

    :param x, y: the field cell of the near corner; may be negative, the torus wraps.
    :param width, height: in field cells, multiples of *step*.
    :param step: field cells a texel.
    :param wraps: whether this is the whole torus, so that sampling may wrap.
    """

    x: int
    y: int
    width: int
    height: int
    step: int
    wraps: bool

    def affine(self, camera: Camera, size: Size) -> tuple[float, float, float, float]:
        """(ax, ay, bx, by): texture coordinate = a * ndc + b, where ndc runs -1..1 rightwards and downwards."""
        half_w, half_h = (e * camera.side for e in camera.extent(size))
        cx, cy = camera.x * camera.side - self.x, camera.y * camera.side - self.y
        if not self.wraps:
            cx, cy = _nearest(cx, self.width, camera.side), _nearest(cy, self.height, camera.side)
        return half_w / self.width, half_h / self.height, cx / self.width, cy / self.height


def window_of(camera: Camera, size: Size, detail: float = 0.5) -> Window:
    """The window that a camera needs at *detail* texels a screen pixel."""
    side = camera.side
    half_w, half_h = (e * side for e in camera.extent(size))
    step = 1
    while min(2 * half_h, side) / step > min(1.5 * size[1] * detail, MOST_TEXELS):
        step *= 2
    reach_x, reach_y = half_w + 4 * step, half_h + 4 * step
    if 2 * max(reach_x, reach_y) >= side:
        return Window(0, 0, side, side, step, True)
    x, y = _floor_to(camera.x * side - reach_x, step), _floor_to(camera.y * side - reach_y, step)
    width = _floor_to(camera.x * side + reach_x, step) + step - x
    height = _floor_to(camera.y * side + reach_y, step) + step - y
    return Window(x, y, width, height, step, False)


def pack_window(energy: npt.NDArray[np.int32], window: Window) -> npt.NDArray[np.uint16]:
    """The texels of a window on one world's field.

    :param energy: ``(3, side, side)`` int32.
    :returns: ``(height, width, 4)`` uint16: the shares of R, B, Y (65535 = all), then log2(1 + total / SOFT_UNITS) / OCTAVES.
    """
    if not window.wraps:
        side = energy.shape[-1]
        rows = np.arange(window.y, window.y + window.height) & (side - 1)
        columns = np.arange(window.x, window.x + window.width) & (side - 1)
        energy = energy.take(rows, axis=1).take(columns, axis=2)
    return _pack(_block_mean(energy, window.step))


def light_range(texels: npt.NDArray[np.uint16]) -> tuple[float, float]:
    """The octaves of total energy between which the picture runs from black to bright, by what is in view.

    The top is near the brightest of what is lit; the bottom leaves the quietest part of space dark.
    """
    stride = max(1, texels.shape[0] // 96)
    octaves = texels[::stride, ::stride, 3].astype(np.float32).ravel() * np.float32(OCTAVES / 65535.0)
    lit = octaves[octaves > 0.25]
    if lit.size < 4:
        return 0.0, 8.0
    top = max(float(np.percentile(lit, 99.6)), 5.0)
    quiet = float(np.percentile(octaves, 4))
    return min(max(quiet, top - 9.0), top - 4.0), top


def _pack(energy: Floats) -> npt.NDArray[np.uint16]:
    total = energy[0] + energy[1] + energy[2]
    texels = np.empty((*total.shape, 4), np.uint16)
    share = np.float32(65535.0) / np.maximum(total, np.float32(1e-6))
    for channel in range(3):
        texels[..., channel] = energy[channel] * share
    texels[..., 3] = np.log2(total / np.float32(SOFT_UNITS) + np.float32(1.0)) * np.float32(65535.0 / OCTAVES)
    return texels


def _block_mean(energy: npt.NDArray[np.int32], step: int) -> Floats:
    if step == 1:
        return energy.astype(np.float32)
    stride = step // SAMPLES if step >= SAMPLE_FROM else 1
    picked = range(stride // 2, step, stride)
    # Whole rows are added first: that runs through memory in order, and leaves a step-th of it for the strided part.
    down = energy[:, picked[0] :: step].astype(np.float32)
    for k in picked[1:]:
        down += energy[:, k::step]
    across = down[:, :, picked[0] :: step].copy()
    for k in picked[1:]:
        across += down[:, :, k::step]
    return across / np.float32(len(picked) ** 2)


def _floor_to(value: float, step: int) -> int:
    return int(np.floor(value / step)) * step


def _nearest(centre: float, length: int, side: int) -> float:
    """The image of *centre* on the torus that falls inside the window 0 .. length."""
    return centre - side * float(np.round((centre - length / 2) / side))
