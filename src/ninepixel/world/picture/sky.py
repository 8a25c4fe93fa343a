"""What lies behind everything: clouds and stars, computed, tileable, the same in every universe.

They are decoration and not state; both tile, so that a whole turn around the torus brings the same sky back without a seam.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

CLOUD_SIDE = 256
STAR_SIDE = 1024
STARS = 900


@cache
def clouds() -> npt.NDArray[np.uint8]:
    """Two independent tileable fractal noises, ``(CLOUD_SIDE, CLOUD_SIDE, 2)`` uint8, each spread over the full range."""
    rng = np.random.Generator(np.random.PCG64(9))
    frequency = np.fft.fftfreq(CLOUD_SIDE, 1 / CLOUD_SIDE)
    radius = np.hypot(frequency[:, None], frequency[None, :])
    radius[0, 0] = np.inf
    layers = []
    for slope in (1.55, 1.85):
        spectrum = np.fft.fft2(rng.standard_normal((CLOUD_SIDE, CLOUD_SIDE))) / radius**slope
        noise = np.real(np.fft.ifft2(spectrum))
        rank = np.empty(noise.size, np.float64)
        rank[noise.ravel().argsort(kind="stable")] = np.linspace(0, 255, noise.size)
        layers.append(rank.reshape(noise.shape))
    return np.stack(layers, axis=-1).astype(np.uint8)


@cache
def stars() -> npt.NDArray[np.uint8]:
    """A tileable field of small stars, ``(STAR_SIDE, STAR_SIDE, 3)`` uint8; most are faint, a few are not."""
    rng = np.random.Generator(np.random.PCG64(3))
    sky = np.zeros((STAR_SIDE, STAR_SIDE, 3), np.float32)
    x, y = rng.integers(0, STAR_SIDE, (2, STARS))
    brightness = (0.06 + 0.5 * rng.random(STARS) ** 7).astype(np.float32)
    warmth = rng.random(STARS).astype(np.float32)[:, None]
    tint = np.asarray([0.62, 0.75, 1.0], np.float32) * (1 - warmth) + np.asarray([1.0, 0.84, 0.68], np.float32) * warmth
    for dx, dy, part in ((0, 0, 1.0), (1, 0, 0.28), (-1, 0, 0.28), (0, 1, 0.28), (0, -1, 0.28)):
        np.add.at(sky, ((y + dy) % STAR_SIDE, (x + dx) % STAR_SIDE), tint * (brightness * part)[:, None])
    return np.clip(sky * 255, 0, 255).astype(np.uint8)
