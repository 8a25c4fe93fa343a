"""The window's words and figures, drawn with pillow: one picture with transparency a panel.

Not with the window's own text: these are the same on every machine, need no GL, and tests can look at them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache

from PIL import Image, ImageDraw, ImageFont

from ninepixel.client.input import HELP
from ninepixel.client.inspector import Card
from ninepixel.client.why import Force
from ninepixel.world.picture.palette import RGB, ROW_RGB

INK, FAINT, LINE = (226, 232, 246, 255), (136, 148, 178, 255), (92, 108, 150, 150)
GLASS = (7, 9, 20, 205)
PAD = 14
CARD_WIDTH = 330
_ROWS = ("red", "blue", "yellow")
_MEANINGS = ("perception", "cognition", "execution")


@cache
def font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """The one typeface, pillow's own."""
    return ImageFont.load_default(size)


def glass(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A panel with nothing on it, and what draws on it."""
    image = Image.new("RGBA", (max(1, width), max(1, height)), GLASS)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width - 1, height - 1), outline=LINE)
    return image, draw


def fitted(text: str, size: int, width: float) -> str:
    """*text*, shortened in the middle to fit: of a path both ends matter."""
    if font(size).getlength(text) <= width:
        return text
    keep = len(text)
    while keep > 2 and font(size).getlength(text[: keep // 2] + "…" + text[-(keep - keep // 2) :]) > width:
        keep -= 1
    return text[: keep // 2] + "…" + text[-(keep - keep // 2) :]


@dataclass(frozen=True, slots=True)
class Hud:
    """The figures in the corner."""

    title: str
    tick: int
    bodies: int
    ticks_per_s: float
    frames_per_s: float
    speed: float
    paused: bool
    message: str = ""


def hud_panel(hud: Hud) -> Image.Image:
    """The corner: what universe this is and how fast it runs."""
    state = "paused" if hud.paused else f"{hud.ticks_per_s:.0f} ticks/s" + (f" ({hud.speed:g} x)" if hud.speed != 1 else "")
    lines = [
        (fitted(hud.title, 15, 420), 15, INK),
        (f"tick {hud.tick:,}   {state}   {hud.bodies:,} bodies   {hud.frames_per_s:.0f} fps", 12, FAINT),
    ]
    if hud.message:
        lines.append((fitted(hud.message, 13, 420), 13, (255, 214, 120, 255)))
    width = round(max(font(size).getlength(text) for text, size, _ in lines)) + 2 * PAD
    image, draw = glass(max(width, 250), 2 * PAD - 6 + sum(size + 6 for _, size, _ in lines))
    y = PAD - 5
    for text, size, colour in lines:
        draw.text((PAD, y), text, font=font(size), fill=colour)
        y += size + 6
    return image


def card_panel(card: Card) -> Image.Image:
    """The inspector: name, nine pixels with their bases, RBY bars, facts, and why it moves."""
    forces = card.forces or (("nothing within reach", 0.0, 0.0),)
    height = 54 + 78 + PAD + 18 * len(card.facts) + 8 + 28 + 20 * len(forces) + PAD - 4
    image, draw = glass(CARD_WIDTH, height)
    room = CARD_WIDTH - 2 * PAD
    draw.text((PAD, PAD - 4), fitted(card.title, 16, room), font=font(16), fill=INK)
    draw.text((PAD, PAD + 18), card.kind, font=font(12), fill=FAINT)
    _draw_pixels(draw, card, PAD, 54)
    _draw_bars(draw, card, PAD + 96, 58)
    y = 54 + 78 + PAD
    for label, value in card.facts:
        draw.text((PAD, y), label, font=font(12), fill=FAINT)
        draw.text((PAD + 72, y), fitted(value, 12, room - 72), font=font(12), fill=INK)
        y += 18
    y += 8
    draw.line((PAD, y, CARD_WIDTH - PAD, y), fill=LINE)
    draw.text((PAD, y + 6), "why it moves", font=font(12), fill=FAINT)
    draw.text((CARD_WIDTH - PAD, y + 6), "cells/1000 a tick, each tick", font=font(11), fill=FAINT, anchor="ra")
    y += 28
    for force in forces:
        _draw_force(draw, force, y)
        y += 20
    return image


def _draw_pixels(draw: ImageDraw.ImageDraw, card: Card, x: int, y: int) -> None:
    side = 26
    for i in range(3):
        for j in range(3):
            r, g, b = (int(v) for v in card.pixels[i, j])
            left, top = x + j * side, y + i * side
            draw.rectangle((left, top, left + side - 2, top + side - 2), fill=(r, g, b, 255))
            ink = (0, 0, 0, 200) if max(r, g, b) > 140 else (255, 255, 255, 170)
            draw.text((left + side / 2 - 1, top + side / 2 - 1), f"{card.bases[i, j]}", font=font(9), fill=ink, anchor="mm")


def _draw_bars(draw: ImageDraw.ImageDraw, card: Card, x: int, y: int) -> None:
    width = CARD_WIDTH - PAD - x
    for row, share in enumerate(card.rby):
        top = y + 26 * row
        colour: RGB = ROW_RGB[row]
        draw.text((x, top - 2), f"{_ROWS[row]}  {_MEANINGS[row]}", font=font(10), fill=FAINT)
        draw.text((x + width, top - 2), f"{100 * share:.0f} %", font=font(10), fill=INK, anchor="ra")
        draw.rectangle((x, top + 12, x + width, top + 16), fill=(40, 46, 66, 255))
        draw.rectangle((x, top + 12, x + round(width * share), top + 16), fill=(*colour, 255))


def _draw_force(draw: ImageDraw.ImageDraw, force: Force, y: int) -> None:
    """An arrow the way the force points (longer is stronger, by the logarithm), and its name."""
    name, fx, fy = force
    strength = math.hypot(fx, fy)
    cx, cy = PAD + 12, y + 8
    if strength > 0:
        length = min(11.0, max(4.0, 11.0 + 2.0 * math.log10(strength)))
        dx, dy = fx / strength * length, fy / strength * length
        draw.line((cx - dx, cy - dy, cx + dx, cy + dy), fill=INK, width=1)
        for turn in (2.6, -2.6):
            hx = dx * math.cos(turn) - dy * math.sin(turn)
            hy = dx * math.sin(turn) + dy * math.cos(turn)
            draw.line((cx + dx, cy + dy, cx + dx + hx * 0.5, cy + dy + hy * 0.5), fill=INK, width=1)
    else:
        draw.ellipse((cx - 2, cy - 2, cx + 2, cy + 2), fill=FAINT)
    figure = f"{1000 * strength:.2f}" if strength else ""
    draw.text((CARD_WIDTH - PAD, y + 1), figure, font=font(12), fill=FAINT, anchor="ra")
    draw.text((PAD + 32, y + 1), fitted(name, 12, CARD_WIDTH - 2 * PAD - 80), font=font(12), fill=INK)


def help_panel() -> Image.Image:
    """Every key."""
    line = 22
    image, draw = glass(520, 64 + line * len(HELP) + PAD)
    draw.text((PAD + 8, PAD), "keys", font=font(17), fill=INK)
    for i, (keys, meaning) in enumerate(HELP):
        y = 52 + i * line
        draw.text((PAD + 8, y), keys, font=font(13), fill=(255, 214, 120, 255))
        draw.text((PAD + 170, y), meaning, font=font(13), fill=INK)
    return image


def legend_panel(entries: list[tuple[str, RGB, int]]) -> Image.Image:
    """The classes of matter in this universe, their colours and how many of each."""
    width = round(max((font(12).getlength(f"{name}  {count:,}") for name, _, count in entries), default=0)) + 2 * PAD + 34
    image, draw = glass(width, 2 * PAD - 8 + 18 * len(entries))
    for i, (name, colour, count) in enumerate(entries):
        y = PAD - 6 + 18 * i
        draw.rectangle((PAD, y + 4, PAD + 8, y + 12), fill=(*colour, 255))
        draw.text((PAD + 18, y), name, font=font(12), fill=INK)
        draw.text((width - PAD, y), f"{count:,}", font=font(12), fill=FAINT, anchor="ra")
    return image


@lru_cache(maxsize=32)
def marker_panel(half: int) -> Image.Image:
    """The frame around the inspected body: four corners."""
    side = 2 * half + 1
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    arm = max(3, half // 3)
    for x, dx in ((0, 1), (side - 1, -1)):
        for y, dy in ((0, 1), (side - 1, -1)):
            draw.line((x, y, x + dx * arm, y), fill=INK)
            draw.line((x, y, x, y + dy * arm), fill=INK)
    return image
