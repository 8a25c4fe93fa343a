"""A lineage as a picture: time runs down, every mind is a line from its birth to its death, in the colours of its genome.

A child stands to the right of its mother and hangs on her line; her latest child stands next to her, so that no thread crosses a
life. A white dot marks a birth at which mutations latched, the larger the more. Colours are exaggerated: shares differ little
from a third.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ninepixel.agents.evolution.genomes import Genomes, shares_of
from ninepixel.agents.evolution.tree import Life, Name, Tree
from ninepixel.world.picture.palette import GROUND_RGB, ROW_RGB

Colour = tuple[int, int, int]

WIDTH, HEIGHT = 1600, 1000
#: The picture is drawn this much larger and then made smaller, so that thin lines are even.
_SCALE = 2
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 24, 56, 44
_INK, _FAINT, _RULE = (196, 204, 224), (124, 134, 160), (34, 38, 54)
#: How much more a share differs from a third in the picture.
_EXAGGERATED = 3.0
#: Widest line, and threads are so much darker than lines.
_WIDEST, _THREAD = 7, 0.6


def colours_of(genomes: Genomes) -> list[Colour]:
    """What colours genomes, uint8 (n, 9), are drawn in."""
    shares = np.clip(1 / 3 + _EXAGGERATED * (shares_of(genomes) - 1 / 3), 0, None)
    light = shares @ np.asarray(ROW_RGB, np.float64)
    light *= 255 / light.max(axis=-1, keepdims=True)
    return [(r, g, b) for r, g, b in light.astype(int).tolist()]


def order(tree: Tree) -> list[Name]:
    """Minds from left to right: every mother before her children, her latest child first."""
    line = tree.mothers()
    stack, found = list(reversed(line[None])), list[Name]()
    while stack:
        name = stack.pop()
        found.append(name)
        stack += line.get(name, [])
    return [name for name in found if tree.lives[name].birth.mind]


def draw(tree: Tree, about: Mapping[str, Any], size: tuple[int, int] = (WIDTH, HEIGHT)) -> Image.Image:
    """The picture. *about* may have the last ``tick`` and a ``title``."""
    width, height = (side * _SCALE for side in size)
    image = Image.new("RGB", (width, height), tuple(round(255 * light) for light in GROUND_RGB))
    canvas = ImageDraw.Draw(image)
    names = order(tree)
    lives = [tree.lives[name] for name in names]
    end = max([int(about.get("tick", 0)), *((life.died or life.birth.tick) for life in lives), 1])
    begin = min((life.birth.tick for life in lives), default=0)
    frame = _Frame(width, height, begin, end, len(lives))
    _rule(canvas, frame)
    _draw_lives(canvas, tree, dict(zip(names, range(len(names)), strict=True)), lives, frame)
    _write(canvas, frame, tree, lives, str(about.get("title", "")))
    return image.resize(size, Image.Resampling.LANCZOS)


def png(image: Image.Image) -> bytes:
    """The bytes of a PNG."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


class _Frame:
    """Where lives and ticks lie on the canvas."""

    def __init__(self, width: int, height: int, begin: int, end: int, lives: int) -> None:
        self.left, self.right = _LEFT * _SCALE, width - _RIGHT * _SCALE
        self.top, self.bottom = _TOP * _SCALE, height - _BOTTOM * _SCALE
        self.begin, self.end = begin, end
        self.step = min((self.right - self.left) / max(lives, 1), 4.0 * _WIDEST * _SCALE)
        self.line = max(1, min(round(self.step * 0.5), _WIDEST * _SCALE))

    def x(self, place: int) -> float:
        return self.left + (place + 0.5) * self.step

    def y(self, tick: int) -> float:
        return self.top + (self.bottom - self.top) * (tick - self.begin) / max(self.end - self.begin, 1)


def _draw_lives(canvas: ImageDraw.ImageDraw, tree: Tree, place: dict[Name, int], lives: list[Life], frame: _Frame) -> None:
    if not lives:
        return
    genomes = np.frombuffer(b"".join(life.birth.genome for life in lives), np.uint8).reshape(len(lives), -1)
    colours = colours_of(genomes)
    for life, colour in zip(lives, colours, strict=True):  # threads first: lines lie over them
        mother = place.get((life.birth.episode, life.birth.mother))
        if mother is not None:
            dim = tuple(round(light * _THREAD) for light in colour)
            y = frame.y(life.birth.tick)
            canvas.line((frame.x(mother), y, frame.x(place[life.name]), y), fill=dim, width=1)
    for life, colour in zip(lives, colours, strict=True):
        x, y = frame.x(place[life.name]), frame.y(life.birth.tick)
        canvas.line((x, y, x, frame.y(frame.end if life.died is None else life.died)), fill=colour, width=frame.line)
        latched = sum(tree.latched(life))
        if latched:
            radius = max(frame.line * (0.25 + 0.08 * latched), 1.0)
            canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 255, 255))


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size * _SCALE)


def _rule(canvas: ImageDraw.ImageDraw, frame: _Frame) -> None:
    """A line and a number at round ticks."""
    span = max(frame.end - frame.begin, 1)
    every = next(n * 10**p for p in range(20) for n in (1, 2, 5) if n * 10**p * 8 >= span)
    for tick in range(-(-frame.begin // every) * every, frame.end + 1, every):
        y = frame.y(tick)
        canvas.line((frame.left, y, frame.right, y), fill=_RULE, width=1)
        canvas.text((frame.left - 10 * _SCALE, y), f"{tick:,}", font=_font(12), fill=_FAINT, anchor="rm")


def _write(canvas: ImageDraw.ImageDraw, frame: _Frame, tree: Tree, lives: list[Life], title: str) -> None:
    """What it is, above; how it is to be read, below."""
    latched = sum(sum(tree.latched(life)) for life in lives)
    facts = f"{len(lives):,} minds   {tree.generations():,} generations   {latched:,} mutations latched"
    canvas.text((frame.left, frame.top / 2), f"lineage: {title}" if title else "lineage", font=_font(17), fill=_INK, anchor="lm")
    canvas.text((frame.right, frame.top / 2), facts, font=_font(13), fill=_FAINT, anchor="rm")
    y = frame.bottom + _BOTTOM * _SCALE / 2
    canvas.text((frame.left - 10 * _SCALE, y), "tick", font=_font(12), fill=_FAINT, anchor="rm")
    said = "time runs down; a line is a life and hangs on its mother's; a white dot: mutations that latched; colour: the genome's"
    canvas.text((frame.left, y), said, font=_font(12), fill=_FAINT, anchor="lm")
    x = frame.left + canvas.textlength(said, font=_font(12))
    for name, colour in zip(("red", "blue", "yellow"), ROW_RGB, strict=True):
        x += 8 * _SCALE
        canvas.text((x, y), name, font=_font(12), fill=colour, anchor="lm")
        x += canvas.textlength(name, font=_font(12))
