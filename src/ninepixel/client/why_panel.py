"""``Why?`` as a panel: what a mind senses, its stores, the odds of its choices, its reward, and its strongest reasons.

Drawn from an answer of :mod:`ninepixel.world.why` alone, with pillow like all panels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageDraw

from ninepixel.client.panels import FAINT, INK, LINE, PAD, fitted, font, glass
from ninepixel.client.retina import SIDE, VIEWS, nested
from ninepixel.world.life.instinct import PIXEL_MOVE
from ninepixel.world.picture.palette import RGB, ROW_RGB
from ninepixel.world.thought.tables import ONE

Answer = Mapping[str, Any]

WIDTH = 560
ROOM = WIDTH - 2 * PAD
GOLD: RGB = (255, 214, 120)
#: What speaks for a choice, and against it: told apart by every sight.
FOR, AGAINST = (86, 180, 233), (230, 159, 0)
TROUGH = (34, 40, 60, 255)
#: How many groups of senses are shown.
REASONS = 6
_LINE = 18
_CELL = 44
_TEXT, _SMALL, _TINY = 13, 12, 10
_LED = {
    "learned": "acts by a policy",
    "instinct": "acts by instinct",
    "guest": "led from outside",
    "random": "acts by chance",
    "still": "does nothing",
}


def why_panel(answer: Answer) -> Image.Image:
    """The panel of one mind."""
    told = wrapped(answer["because"], _TEXT, ROOM)
    reasons = list(answer["reasons"].items())[:REASONS]
    senses = 58 + _LINE * len(told)
    middle = senses + SIDE + 48
    reward = middle + 24 + 9 * 16 + 10
    last = reward + 46
    image, draw = glass(WIDTH, last + 24 + 17 * max(1, len(reasons)) + PAD - 4)
    _head(draw, answer, told)
    for view in range(len(VIEWS)):
        _view(image, draw, answer, view, PAD + view * (ROOM - SIDE) // 2, senses)
    _rule(draw, middle - 6)
    _stores(draw, answer, PAD, middle)
    _rose(draw, answer, PAD + 176, middle)
    _bars(draw, answer, "act", PAD + 326, 118, middle)
    _bars(draw, answer, "word", PAD + 462, ROOM - 462, middle)
    _rule(draw, reward - 6)
    _reward(draw, answer, reward)
    _rule(draw, last - 6)
    _reasons(draw, answer, reasons, last)
    return image


def wrapped(text: str, size: int, width: float) -> list[str]:
    """*text* in lines that fit; a word that is too long for a line is shortened."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font(size).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(fitted(word, size, width))
    return [line for line in lines if line] or [""]


def _head(draw: ImageDraw.ImageDraw, answer: Answer, told: Sequence[str]) -> None:
    draw.text((PAD, PAD - 4), fitted(f"why?   {answer['name']}", 16, ROOM - 150), font=font(16), fill=INK)
    draw.text((WIDTH - PAD, PAD), f"tick {answer['tick']:,}", font=font(_SMALL), fill=FAINT, anchor="ra")
    by = f"policy {answer['policy'][:12]}" if answer["policy"] else _LED.get(answer["led_by"], "")
    facts = f"{by}   {answer['feels']}   generation {answer['generation']}, {answer['age']:,} ticks old"
    draw.text((PAD, PAD + 18), facts, font=font(_SMALL), fill=FAINT)
    for i, line in enumerate(told):
        draw.text((PAD, 52 + _LINE * i), line, font=font(_TEXT), fill=(*GOLD, 255))


def _view(image: Image.Image, draw: ImageDraw.ImageDraw, answer: Answer, view: int, x: int, y: int) -> None:
    image.paste(Image.fromarray(nested(answer, view)), (x, y))
    name, channels = VIEWS[view]
    draw.text((x, y + SIDE + 3), name, font=font(_SMALL), fill=INK)
    if view == 0:
        wide = 3 * answer["cells"][answer["eye"]["octaves"] - 1]
        draw.text((x + SIDE, y + SIDE + 4), f"{wide} cells", font=font(_TINY), fill=FAINT, anchor="ra")
    at = x
    for label, colour in channels:
        draw.rectangle((at, y + SIDE + 23, at + 7, y + SIDE + 30), fill=(*colour, 255))
        draw.text((at + 11, y + SIDE + 20), label, font=font(_TINY), fill=FAINT)
        at += 22 + round(font(_TINY).getlength(label))


def _stores(draw: ImageDraw.ImageDraw, answer: Answer, x: int, y: int) -> None:
    width, goal = 150, answer["set_point"]
    draw.text((x, y), "its stores", font=font(_SMALL), fill=FAINT)
    rows: list[tuple[str, str, float, float, RGB]] = [
        (name, f"{100 * store / goal:.0f} %", 0.0, store / goal / 2, colour)
        for name, store, colour in zip(("red", "blue", "yellow"), answer["stores"], ROW_RGB, strict=True)
    ]
    well, stirred = answer["valence"] / 16384, answer["arousal"] / 16384
    rows += [
        ("health", f"{answer['health']:,}", 0.0, answer["health"] / answer["whole"], (210, 216, 230)),
        ("valence", f"{answer['valence'] / 256:+.1f}", 0.5, 0.5 + well / 2, FOR if well >= 0 else AGAINST),
        ("arousal", f"{answer['arousal'] / 256:.1f}", 0.0, stirred, (190, 160, 240)),
    ]
    for i, (label, figure, start, end, colour) in enumerate(rows):
        top = y + 22 + 24 * i
        draw.text((x, top - 4), label, font=font(_TINY), fill=INK)
        draw.text((x + width, top - 4), figure, font=font(_TINY), fill=INK, anchor="ra")
        _bar(draw, x, top + 9, width, start, end, colour)
        if i < 3 or label == "valence":  # homeostasis; indifference
            draw.line((x + width // 2, top + 7, x + width // 2, top + 15), fill=INK)


def _rose(draw: ImageDraw.ImageDraw, answer: Answer, x: int, y: int) -> None:
    draw.text((x, y), "its next move", font=font(_SMALL), fill=FAINT)
    odds, will = answer["odds"].get("move"), answer["next"].get("move")
    names = answer["choices"]["move"]
    for pixel, move in enumerate(PIXEL_MOVE.tolist()):
        left, top = x + pixel % 3 * _CELL, y + 22 + pixel // 3 * _CELL
        share = odds[move] / ONE if odds else 0.0
        fill = tuple(round(a + (b - a) * share**0.7) for a, b in zip((26, 31, 48), GOLD, strict=True))
        draw.rectangle((left, top, left + _CELL - 3, top + _CELL - 3), fill=(*fill, 255))
        if will == names[move]:
            draw.rectangle((left, top, left + _CELL - 3, top + _CELL - 3), outline=(255, 255, 255, 255), width=2)
        ink = (12, 14, 24, 255) if share > 0.45 else INK
        draw.text(
            (left + _CELL / 2 - 1, top + _CELL / 2 - 1), percent(share) if odds else "?", font=font(11), fill=ink, anchor="mm"
        )


def _bars(draw: ImageDraw.ImageDraw, answer: Answer, head: str, x: int, width: int, y: int) -> None:
    odds, will = answer["odds"].get(head), answer["next"].get(head)
    names: list[Any] = answer["choices"]["act"] if head == "act" else list(range(9))
    draw.text((x, y), "its next act" if head == "act" else "word", font=font(_SMALL), fill=FAINT)
    for i, name in enumerate(names):
        top, can = y + 22 + 15 * i, head == "word" or answer["possible"][i]
        share = odds[i] / ONE if odds else 0.0
        ink = INK if can else (84, 92, 116, 255)
        label = "none" if name == 0 else str(name)
        draw.text((x, top - 3), label, font=font(_TINY), fill=ink)
        start = x + (48 if head == "act" else 28)
        if can:
            _bar(draw, start, top, width - (start - x) - 30, 0.0, share, GOLD)
        figure = percent(share) if odds else "?"
        draw.text((x + width, top - 3), figure if can else "not now", font=font(_TINY), fill=ink, anchor="ra")
        if will == name and answer["next"]:
            draw.rectangle((x - 6, top, x - 3, top + 5), fill=(255, 255, 255, 255))


def _bar(draw: ImageDraw.ImageDraw, x: int, y: int, width: int, start: float, end: float, colour: RGB) -> None:
    """A trough of six pixels' height, filled between two shares of its width."""
    draw.rectangle((x, y, x + width, y + 5), fill=TROUGH)
    low, high = sorted(min(max(share, 0.0), 1.0) for share in (start, end))
    if high - low > 1e-4:
        draw.rectangle(
            (x + round(width * low), y, x + max(round(width * high), round(width * low) + 1), y + 5), fill=(*colour, 255)
        )


def _reward(draw: ImageDraw.ImageDraw, answer: Answer, y: int) -> None:
    reward, prices = answer["reward"], answer["prices"]
    what = f"reward of the last tick, as {prices['task']} pays" if prices else "reward of the last tick"
    draw.text((PAD, y), what, font=font(_SMALL), fill=FAINT)
    if answer["value"] is not None:
        expects = f"expects {answer['value'] / 1000:+.2f} from here on"
        draw.text((WIDTH - PAD, y), expects, font=font(_SMALL), fill=INK, anchor="ra")
    if not reward:
        draw.text((PAD, y + 20), "not watched yet: let a tick pass (Space, or . for one)", font=font(_SMALL), fill=FAINT)
        return
    deeds = ", ".join(name.replace("_", " ") for name in reward["deeds"]) or "none new"
    parts = [("drive", "drive", f"{reward['gain']:+,} units"), ("deed", "deeds", deeds), ("section", "sections", "")]
    at = PAD
    for (name, label, note), width in zip(parts, (185, 170, 115), strict=True):
        draw.text((at, y + 20), label, font=font(_SMALL), fill=FAINT)
        paid = f"{reward[name] / 1e6:+.4f}" if name in reward else f"{reward['sections']}"
        text = f"{paid} ({note})" if note else paid
        draw.text((at + 54, y + 20), fitted(text, _SMALL, width - 56), font=font(_SMALL), fill=INK)
        at += width
    if "sum" in reward:
        draw.text((WIDTH - PAD, y + 20), f"= {reward['sum'] / 1e6:+.4f}", font=font(_SMALL), fill=(*GOLD, 255), anchor="ra")


def _reasons(draw: ImageDraw.ImageDraw, answer: Answer, reasons: Sequence[tuple[str, Sequence[int]]], y: int) -> None:
    draw.text((PAD, y), "what speaks for it, and against", font=font(_SMALL), fill=FAINT)
    columns = [(0, "move", PAD + 210), (1, "act", PAD + 382)]
    for _, head, x in columns:
        if answer["likeliest"]:
            draw.text((x, y), f"{head}: {answer['likeliest'][head]}", font=font(_SMALL), fill=FAINT)
    if not reasons:
        draw.text((PAD, y + 20), "nothing that it senses", font=font(_SMALL), fill=INK)
    nats = answer["reasons_in"].startswith("thousandths")
    most = max((abs(said[number]) for _, said in reasons for number, _, _ in columns), default=1) or 1
    for i, (group, said) in enumerate(reasons):
        top = y + 22 + 17 * i
        draw.text((PAD, top - 2), fitted(group, _SMALL, 200), font=font(_SMALL), fill=INK)
        for number, _, x in columns:
            amount = said[number]
            _bar(draw, x, top + 3, 100, 0.5, 0.5 + amount / most / 2, FOR if amount >= 0 else AGAINST)
            figure = f"{amount / 1000:+.2f}".replace("-0.00", "+0.00") if nats else "turns it" if amount else "no matter"
            draw.text((x + 150, top), figure, font=font(_TINY), fill=INK if amount else FAINT, anchor="ra")


def percent(share: float) -> str:
    """A share for people: what is possible is never shown as nothing."""
    return f"{100 * share:.0f} %" if share >= 0.005 or share == 0 else "<1 %"


def _rule(draw: ImageDraw.ImageDraw, y: int) -> None:
    draw.line((PAD, y, WIDTH - PAD, y), fill=LINE)
