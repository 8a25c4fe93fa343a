"""The colours of the universe, in one place: GLSL, numpy and the legend all read them here.

The eleven classes of matter were chosen by search for the largest smallest distance in OKLab (0.099; a just noticeable
difference is about 0.02), seen with normal sight and with full protanopia, deuteranopia and tritanopia, while staying close to
what the names promise. A test holds the distance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.bodies import Kind, Matter

RGB = tuple[int, int, int]

#: One colour a class of matter, by its number.
MATTER_RGB: tuple[RGB, ...] = (
    (255, 184, 66),  # data-star
    (97, 107, 249),  # doc-nebula
    (55, 175, 91),  # code-organism
    (255, 127, 163),  # media-plasma
    (114, 48, 203),  # model-black-hole
    (53, 217, 241),  # config-catalyst
    (148, 131, 211),  # log-echo
    (195, 70, 32),  # bin-mass
    (111, 69, 69),  # temp-dust
    (252, 215, 181),  # user-touch
    (242, 253, 255),  # hardware-quanta
)
#: What the legend calls them.
MATTER_NAMES: tuple[str, ...] = tuple(m.name.lower().replace("_", "-") for m in Matter)

#: Kinds that are seen as what they are, whatever they are made of.
FOLDER_RGB: RGB = (96, 132, 148)
CREATURE_RGB: RGB = (255, 236, 214)
MIND_RGB: RGB = (236, 224, 255)
GUARDIAN_RGB: RGB = (160, 10, 132)
#: A secret is cold, closed metal.
SEALED_RGB: RGB = (74, 80, 96)

#: What lies about and is small: a coin; what loot is strong by.
COIN_RGB: RGB = (255, 226, 150)
LOOT_RGB: RGB = (226, 240, 255)
#: Light of affect, 0..1: from dejected over indifferent to glad, an axis that every sight tells apart; anger is a ring.
DEJECTED_RGB, INDIFFERENT_RGB, GLAD_RGB = (1.0, 0.30, 0.04), (0.40, 0.34, 0.60), (0.08, 0.52, 1.0)
THREAT_RGB: tuple[float, float, float] = (1.0, 0.10, 0.34)

#: Rows of a body, and channels of the field: red perception, blue cognition, yellow execution.
ROW_RGB: tuple[RGB, RGB, RGB] = ((255, 52, 40), (46, 96, 255), (255, 204, 40))
#: Light that the field's three channels give off, 0..1.
GLOW_RGB: tuple[tuple[float, float, float], ...] = ((1.0, 0.11, 0.07), (0.07, 0.25, 1.0), (1.0, 0.66, 0.10))
#: Space where nothing is.
GROUND_RGB: tuple[float, float, float] = (0.010, 0.012, 0.026)

#: Body colours by lookup: the classes of matter, then folder, creature, mind and guardian.
BODY_RGB: npt.NDArray[np.uint32] = np.asarray([*MATTER_RGB, FOLDER_RGB, CREATURE_RGB, MIND_RGB, GUARDIAN_RGB], np.uint32)
_FIRST_KIND = len(MATTER_RGB)


def body_class(kind: npt.ArrayLike, matter: npt.ArrayLike) -> npt.NDArray[np.uint32]:
    """The row of :data:`BODY_RGB` for bodies of these kinds and classes (an unknown class is binary mass)."""
    k, m = np.asarray(kind, np.uint32), np.asarray(matter, np.uint32)
    of_matter = np.where(m < _FIRST_KIND, m, np.uint32(Matter.BIN_MASS))
    kinds = (Kind.FOLDER, Kind.CREATURE, Kind.MIND, Kind.GUARDIAN)
    own = [np.uint32(_FIRST_KIND + i) for i in range(len(kinds))]
    return np.select([k == kind for kind in kinds], own, of_matter).astype(np.uint32)


def glsl_constants() -> str:
    """The same tables as GLSL text, included by shaders as ``#include "palette"``."""
    return "\n".join(
        [
            _uvec3_array("BODY_RGB", BODY_RGB.tolist()),
            _uvec3_array("ROW_RGB", ROW_RGB),
            f"const uvec3 SEALED_RGB = uvec3({', '.join(f'{v}u' for v in SEALED_RGB)});",
            f"const uint FIRST_KIND = {_FIRST_KIND}u;",
            *(f"const uint KIND_{k.name} = {int(k)}u;" for k in Kind),
            *(f"const uint {m.name} = {int(m)}u;" for m in Matter),
            f"const mat3 GLOW = mat3({', '.join(str(v) for row in GLOW_RGB for v in row)});",
            f"const vec3 GROUND = vec3({', '.join(str(v) for v in GROUND_RGB)});",
            "",
        ]
    )


def _uvec3_array(name: str, rows: Sequence[Sequence[int]]) -> str:
    items = ", ".join(f"uvec3({', '.join(f'{v}u' for v in row)})" for row in rows)
    return f"const uvec3 {name}[{len(rows)}] = uvec3[]({items});"
