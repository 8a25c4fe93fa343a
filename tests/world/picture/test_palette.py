"""The classes of matter can be told apart by everyone."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from ninepixel.world.laws.bodies import Kind, Matter
from ninepixel.world.picture.palette import (
    DEJECTED_RGB,
    GLAD_RGB,
    GUARDIAN_RGB,
    INDIFFERENT_RGB,
    MATTER_RGB,
    body_class,
    glsl_constants,
)

# Full dichromacy, in linear RGB: Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", IEEE TVCG 15(6), 2009.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_LMS = np.asarray(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.asarray(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


@pytest.mark.parametrize("sight", SIGHT)
def test_every_two_classes_are_far_apart_in_oklab(sight: str) -> None:
    assert nearest([*MATTER_RGB, GUARDIAN_RGB], sight) > 0.09


@pytest.mark.parametrize("sight", SIGHT)
def test_glad_indifferent_and_dejected_are_told_apart_by_everyone(sight: str) -> None:
    assert nearest(255 * np.asarray([GLAD_RGB, INDIFFERENT_RGB, DEJECTED_RGB]), sight) > 0.12


def nearest(colours: npt.ArrayLike, sight: str) -> float:
    """The smallest distance of two of these colours in OKLab, as somebody sees them."""
    srgb = np.asarray(colours) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.asarray(SIGHT[sight]).T, 0, 1)
    lab = np.cbrt(seen @ TO_LMS.T) @ TO_LAB.T
    return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(lab, 2))


def test_every_class_and_kind_has_a_colour() -> None:
    assert len(MATTER_RGB) == len(Matter)
    assert body_class([Kind.MATTER] * 3, [0, 10, 200]).tolist() == [0, 10, Matter.BIN_MASS]
    assert body_class([Kind.FOLDER, Kind.CREATURE, Kind.MIND, Kind.GUARDIAN], 0).tolist() == [11, 12, 13, 14]


def test_the_shaders_get_the_same_numbers() -> None:
    text = glsl_constants()
    for r, g, b in MATTER_RGB:
        assert f"uvec3({r}u, {g}u, {b}u)" in text
