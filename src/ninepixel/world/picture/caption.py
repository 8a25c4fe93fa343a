"""What is written on a picture: a discreet line of facts and a legend of the matter that is in view."""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ninepixel.world.laws.bodies import Kind, unpack_traits
from ninepixel.world.picture.palette import BODY_RGB, CREATURE_RGB, FOLDER_RGB, GUARDIAN_RGB, MATTER_NAMES, MIND_RGB, RGB
from ninepixel.world.state import State

_INK, _FAINT = (196, 204, 224), (124, 134, 160)
_MARGIN = 16


@cache
def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


def facts(state: State, world: int = 0) -> str:
    """The line under a picture."""
    seed = (state.params.seed + world) % (1 << 64)
    side = f"{state.params.side:,}"
    return f"tick {state.tick:,}   {int(state.bodies.count[world]):,} bodies   seed {seed}   {side} x {side} cells"


def legend_entries(state: State, world: int = 0) -> list[tuple[str, RGB, int]]:
    """(name, colour, how many) of every class of matter that has files here, then of the other kinds."""
    kind, matter, _ = unpack_traits(state.bodies.live("traits", world))
    files = np.bincount(matter[kind == Kind.MATTER], minlength=len(MATTER_NAMES))
    entries: list[tuple[str, RGB, int]] = []
    for number, name in enumerate(MATTER_NAMES):
        if files[number]:
            r, g, b = BODY_RGB[number].tolist()
            entries.append((name, (r, g, b), int(files[number])))
    for which, name, colour in (
        (Kind.FOLDER, "folder", FOLDER_RGB),
        (Kind.CREATURE, "creature", CREATURE_RGB),
        (Kind.MIND, "mind", MIND_RGB),
        (Kind.GUARDIAN, "guardian", GUARDIAN_RGB),
    ):
        count = int((kind == which).sum())
        if count:
            entries.append((name, colour, count))
    return entries


def write_caption(image: Image.Image, state: State, world: int = 0, legend: bool = True, title: str = "") -> None:
    """Write the facts, the legend and an optional title on *image*, in place."""
    size = max(9, round(image.height / 58))
    bottom = image.height - _MARGIN - size
    entries = legend_entries(state, world) if legend else []
    draw = ImageDraw.Draw(image)
    _shade(
        image, (0, bottom - size // 2, _MARGIN * 2 + round(draw.textlength(facts(state, world), font=_font(size))), image.height)
    )
    draw.text((_MARGIN, bottom), facts(state, world), font=_font(size), fill=_FAINT)
    if title:
        draw.text((_MARGIN, _MARGIN), title, font=_font(round(size * 1.4)), fill=_INK)
    if entries:
        _write_legend(image, entries, size, bottom)


def _shade(image: Image.Image, box: tuple[int, int, int, int]) -> None:
    """Darken a box, so that words can be read whatever lies under them."""
    clipped = (max(0, box[0]), max(0, box[1]), min(image.width, box[2]), min(image.height, box[3]))
    if clipped[0] < clipped[2] and clipped[1] < clipped[3]:
        image.paste(image.crop(clipped).point(lambda v: v * 0.3), clipped[:2])


def _write_legend(image: Image.Image, entries: list[tuple[str, RGB, int]], size: int, bottom: int) -> None:
    """A column in the lower right corner, the last entry level with the line of facts."""
    draw, font, step = ImageDraw.Draw(image), _font(size), round(size * 1.5)
    shown = entries[: max(1, (image.height - 2 * _MARGIN) // step)]
    x = image.width - _MARGIN - round(max(draw.textlength(f"{name}   {count:,}", font=font) for name, _, count in shown))
    first = bottom - (len(shown) - 1) * step
    _shade(image, (x - 2 * size, first - size // 2, image.width, image.height))
    for line, (name, colour, count) in enumerate(shown):
        y = first + line * step
        half, middle = size * 0.31, y + size * 0.58
        draw.rectangle((x - size - half, middle - half, x - size + half, middle + half), fill=colour)
        draw.text((x, y), name, font=font, fill=_INK)
        number = f"{count:,}"
        draw.text((image.width - _MARGIN - draw.textlength(number, font=font), y), number, font=font, fill=_FAINT)
