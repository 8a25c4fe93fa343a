"""What is smaller than a body, and what the living feel, as squares and lights: numpy in, one record a square out.

A pixel is a third of a body (canon, section 1). A coin is one pixel; loot is two by two: its red, blue and yellow, and how strong
it is; a shot is its shooter at the scale of one pixel, so nine pixels of a ninth; an egg is its child at the scale of two. What
is buried or held is not seen. Around a mind hangs the light of its affect: its hue is valence (ember when dejected, ice when
glad), its strength and reach are arousal. What threatens wears a ring: a guardian that hunts, a mind that has just struck.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.bodies import SIMPLEX, Kind, pack_traits, unpack_rby
from ninepixel.world.laws.lives import Lies, Mood, Role, Thing
from ninepixel.world.picture.palette import (
    COIN_RGB,
    DEJECTED_RGB,
    GLAD_RGB,
    INDIFFERENT_RGB,
    LOOT_RGB,
    ROW_RGB,
    THREAT_RGB,
)
from ninepixel.world.picture.pixels import nine_pixels
from ninepixel.world.state import State

#: A pixel, in widths of a body.
PIXEL = 1 / 3
SHOT_SCALE, EGG_SCALE = 1 / 3, 2 / 3
#: Valence and arousal (Q8) at which their light is fullest.
FULL_VALENCE, FULL_AROUSAL = 10_240, 8192

#: One square: its place and velocity (as bodies have them), its offset from there and its width in widths of a body, its light.
SQUARE = np.dtype(
    [
        ("x", np.uint32),
        ("y", np.uint32),
        ("vx", np.int32),
        ("vy", np.int32),
        ("offset", np.float32, 2),
        ("wide", np.float32),
        ("light", np.float32, 3),
        ("form", np.int32),
    ]
)
Squares = npt.NDArray[np.void]


class Form(IntEnum):
    """How a square is filled."""

    PIXEL = 0  #: with one colour
    GLOW = 1  #: with a soft light
    RING = 2  #: with a thin ring


def things(state: State, world: int = 0) -> Squares:
    """The pixels of everything small that can be seen, and a glow for each by which it is found from afar."""
    kind = state.things.live("kind", world)
    seen = np.flatnonzero((kind != Thing.NONE) & (state.things.live("lies", world) == Lies.OPENLY))
    rows = {which: seen[kind[seen] == which] for which in Thing}
    parts = []
    for drawn, each, wide, bright in (
        (_coins(state, world, rows[Thing.COIN]), 1, 2.0, 0.22),
        (_loot(state, world, rows[Thing.LOOT]), 4, 2.5, 0.45),
        (_replicas(state, world, rows[Thing.EGG], EGG_SCALE), 9, 3.0, 0.35),
        (_replicas(state, world, rows[Thing.SHOT], SHOT_SCALE), 9, 2.4, 0.9),
    ):
        parts += [drawn, _halo(drawn, each, wide, bright)]
    return np.concatenate(parts)


def feelings(state: State, world: int = 0) -> Squares:
    """The light of affect around every mind, and rings around what threatens."""
    lives, bodies = state.lives, state.bodies
    slots = np.flatnonzero(lives.live("body", world) >= 0)
    rows = bodies.row_of[world, lives.live("body", world)[slots]]
    value = {
        name: lives.live(name, world)[slots].astype(np.float64) for name in ("valence", "arousal", "cooldown", "hurt", "mood")
    }
    guards = lives.live("role", world)[slots] == Role.GUARDIAN
    arousal = np.clip(value["arousal"] / FULL_AROUSAL, 0.0, 1.0)
    halo = _squares(*(bodies.live(name, world)[rows] for name in ("x", "y", "vx", "vy")))
    halo["form"] = Form.GLOW
    halo["wide"] = 3.4 + 2.6 * arousal
    halo["light"] = np.where(guards[:, None], np.multiply(THREAT_RGB, 0.10), mood_light(value["valence"], arousal))
    ring = halo[(guards & (value["mood"] == Mood.HUNT)) | (~guards & ((value["cooldown"] > 0) | (value["hurt"] > 24)))]
    ring["form"], ring["wide"], ring["light"] = Form.RING, 2.9, THREAT_RGB
    return np.concatenate([halo, ring])


def mood_light(valence: npt.ArrayLike, arousal: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The light of affect, (n, 3) from 0 to 1; *arousal* is 0 to 1.

    The hue turns with the root of valence: nearly half way where the rule of :mod:`ninepixel.world.affect` begins to say so.
    """
    tilt = np.clip(np.asarray(valence, np.float64) / FULL_VALENCE, -1.0, 1.0)[:, None]
    ends = np.where(tilt < 0, DEJECTED_RGB, GLAD_RGB)
    light: npt.NDArray[np.float64] = INDIFFERENT_RGB + (ends - np.asarray(INDIFFERENT_RGB)) * np.sqrt(np.abs(tilt))
    return light * (0.6 + 0.4 * np.asarray(arousal, np.float64))[:, None]


def _squares(*place: npt.NDArray[np.generic]) -> Squares:
    squares = np.zeros(len(place[0]), SQUARE)
    for name, column in zip(("x", "y", "vx", "vy"), place, strict=True):
        squares[name] = column
    return squares


def _places(state: State, world: int, rows: npt.NDArray[np.intp], each: int) -> Squares:
    """*each* squares for every one of these things."""
    again = np.repeat(rows, each)
    return _squares(*(state.things.live(name, world)[again] for name in ("x", "y", "vx", "vy")))


def _grid(squares: Squares, across: int, wide: float) -> None:
    """Lay squares of one width out in blocks of *across* times *across*, row by row."""
    place = np.arange(len(squares)) % (across * across)
    squares["offset"][:, 0] = (place % across - (across - 1) / 2) * wide
    squares["offset"][:, 1] = (place // across - (across - 1) / 2) * wide
    squares["wide"] = wide


def _coins(state: State, world: int, rows: npt.NDArray[np.intp]) -> Squares:
    coins = _places(state, world, rows, 1)
    worth = np.log2(1 + state.things.live("strength", world)[rows].astype(np.float64))
    coins["light"] = np.asarray(COIN_RGB) / 255 * np.clip(0.66 + 0.08 * worth, 0.0, 1.0)[:, None]
    _grid(coins, 1, PIXEL)
    return coins


def _loot(state: State, world: int, rows: npt.NDArray[np.intp]) -> Squares:
    loot = _places(state, world, rows, 4)
    shares = np.stack(unpack_rby(state.things.live("rby", world)[rows]), axis=1) / SIMPLEX
    power = np.clip(state.things.live("strength", world)[rows] / 255, 0.0, 1.0)
    colours = np.concatenate([np.asarray(ROW_RGB), [LOOT_RGB]]) / 255
    bright = 0.4 + 0.6 * np.concatenate([shares, power[:, None]], axis=1)
    loot["light"] = (colours * bright[..., None]).reshape(-1, 3)
    _grid(loot, 2, PIXEL)
    return loot


def _replicas(state: State, world: int, rows: npt.NDArray[np.intp], scale: float) -> Squares:
    replicas = _places(state, world, rows, 9)
    red, blue, yellow, rby, energy = (
        state.things.live(name, world)[rows] for name in ("gene_r", "gene_b", "gene_y", "rby", "energy")
    )
    colours = nine_pixels(red, blue, yellow, rby, _likeness(state, world, rows), energy)
    replicas["light"] = colours.reshape(-1, 3) / 255
    _grid(replicas, 3, scale / 3)
    return replicas


def _likeness(state: State, world: int, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.uint32]:
    """Traits of whom shots and eggs look like: their shooter, or a mind."""
    owner = state.things.live("owner", world)[rows]
    role = state.lives["role"][world, np.maximum(owner, 0)]
    guarded = (owner >= 0) & (state.things.live("kind", world)[rows] == Thing.SHOT) & (role == Role.GUARDIAN)
    return pack_traits(np.where(guarded, int(Kind.GUARDIAN), int(Kind.MIND)))


def _halo(pixels: Squares, each: int, wide: float, bright: float) -> Squares:
    """One glow for every thing, which is *each* squares of *pixels*, in their mean colour."""
    halo = pixels[::each].copy()
    halo["offset"], halo["wide"], halo["form"] = 0.0, wide, Form.GLOW
    halo["light"] = bright * pixels["light"].reshape(-1, each, 3).mean(axis=1)
    return halo
