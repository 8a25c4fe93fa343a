"""``ninepixel why`` for people: an answer as tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ninepixel.world.thought.tables import ONE

Answer = Mapping[str, Any]
#: How many reasons are listed.
REASONS = 12
_BAR = 16
_ROSE = (8, 1, 2, 7, 0, 3, 6, 5, 4)
_STORES = ("red", "blue", "yellow")


def show(answer: Answer, console: Console | None = None) -> None:
    """Print an answer of :mod:`ninepixel.world.why`."""
    out = console or Console(highlight=False)
    led = f"policy {answer['policy'][:12]}" if answer["policy"] else answer["led_by"]
    out.print(Text(f"{answer['name']}, slot {answer['slot']}, tick {answer['tick']:,}", style="bold"))
    out.print(Text(f"{led} · {answer['feels']} · {answer['age']:,} ticks old · generation {answer['generation']}", style="dim"))
    out.print(Text(answer["because"]))
    for table in _tables(answer):
        out.print()
        out.print(table)


def _tables(answer: Answer) -> Iterator[Table | Text]:
    yield _stores(answer)
    if answer["odds"]:
        yield _rose(answer)
        yield _acts(answer)
    else:
        possible = [name for name, can in zip(answer["choices"]["act"], answer["possible"], strict=True) if can]
        yield Text(f"acts that can have an effect now: {', '.join(possible)}")
    yield _reward(answer)
    if answer["reasons"]:
        yield _reasons(answer)
    yield _eye(answer)
    yield _own(answer)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for i, column in enumerate(columns):
        table.add_column(Text(column, style="dim"), justify="right" if i else "left")
    return table


def _bar(share: float) -> str:
    """A bar of up to sixteen blocks."""
    return "█" * round(_BAR * min(max(share, 0.0), 1.0))


def _stores(answer: Answer) -> Table:
    table = _table("stores", "", "units", "of the set point", "")
    for name, store in zip(_STORES, answer["stores"], strict=True):
        table.add_row(
            name, f"{store:,}", f"{100 * store / answer['set_point']:.0f} %", Text(_bar(store / answer["set_point"] / 2))
        )
    table.add_row("drive", f"{answer['drive']:,}", "", "")
    table.add_row("health", f"{answer['health']:,}", f"{100 * answer['health'] / answer['whole']:.0f} % of whole", "")
    table.add_row("valence", f"{answer['valence'] / 256:+.2f}", "", "")
    table.add_row("arousal", f"{answer['arousal'] / 256:.2f}", "", "")
    return table


def _rose(answer: Answer) -> Table:
    """Odds of the moves, north above; what it will do in brackets."""
    table = _table("odds of its next move", "west", "", "east")
    cells = []
    for move in _ROSE:
        share = f"{100 * answer['odds']['move'][move] / ONE:.1f} %"
        cells.append(f"[{share}]" if answer["choices"]["move"][move] == answer["next"]["move"] else share)
    for row in range(3):
        table.add_row(*(Text(cell) for cell in cells[3 * row : 3 * row + 3]))
    return table


def _acts(answer: Answer) -> Table:
    table = _table("odds of its next act and word", "act", "odds", "", "word", "odds")
    for i, name in enumerate(answer["choices"]["act"]):
        act, word = (answer["odds"][head][i] / ONE for head in ("act", "word"))
        odds = f"{100 * act:.1f} %" if answer["possible"][i] else "not now"
        chosen = (name == answer["next"]["act"], i == answer["next"]["word"])
        shown = [Text(f"[{text}]" if now else text) for text, now in zip((name, str(i) if i else "none"), chosen, strict=True)]
        table.add_row(shown[0], odds, Text(_bar(act)), shown[1], f"{100 * word:.1f} %")
    return table


def _reward(answer: Answer) -> Table:
    reward, prices = answer["reward"], answer["prices"]
    table = _table(
        f"reward of the last tick, as {prices['task']} pays" if prices else "reward of the last tick", "", "what", "pays"
    )
    if reward:
        nearer = ", ".join(f"{name} {units:+}" for name, units in zip(_STORES, reward["nearer"], strict=True))
        rows = [
            ("drive", f"{reward['gain']:+,} units by what was done (in all: {nearer})"),
            ("deed", ", ".join(reward["deeds"]) or "none new"),
            ("section", str(reward["sections"])),
            ("sum", ""),
        ]
        for name, what in rows:
            table.add_row(name, what, f"{reward[name] / 1e6:+.6f}" if name in reward else "")
    else:
        table.add_row("not watched", "--ticks 1 or more", "")
    if answer["value"] is not None:
        table.add_row("value", "what it expects from here on", f"{answer['value'] / 1000:+.3f}")
    return table


def _reasons(answer: Answer) -> Table:
    nats = answer["reasons_in"].startswith("thousandths")
    unit = "nats of log-odds" if nats else answer["reasons_in"]
    likeliest = answer["likeliest"]
    columns = [f"move: {likeliest['move']}", f"act: {likeliest['act']}", f"word: {likeliest['word'] or 'none'}"]
    table = _table(f"what speaks for its likeliest choices ({unit})", "sensed", *columns)
    for group, said in list(answer["reasons"].items())[:REASONS]:
        table.add_row(group, *(f"{amount / 1000:+.3f}" if nats else str(amount) for amount in said))
    return table


def _eye(answer: Answer) -> Table:
    """The brightest pixel of every channel of every octave that is seen, and where it is."""
    octaves = range(answer["eye"]["octaves"])
    table = _table(
        "what it sees: brightest pixel of 255, and where", "", *(f"octave {k}, {answer['cells'][k]} cells" for k in octaves)
    )
    for channel, name in enumerate(answer["channels"]):
        table.add_row(name, *(_brightest(answer["retina"][octave][channel]) for octave in octaves))
    return table


def _brightest(pixels: list[int]) -> str:
    from ninepixel.world.why.sensed import PIXEL_NAMES

    most = max(pixels)
    if not most:
        return "dark"
    return f"{most} {'all around' if min(pixels) == most else PIXEL_NAMES[pixels.index(most)]}"


def _own(answer: Answer) -> Table:
    table = _table("what it senses of itself and within reach", "", "", "unit")
    table.columns[2].justify = "left"
    for name, values in answer["own"].items():
        table.add_row(name.replace("_", " "), " ".join(map(str, values)), Text(answer["units"][name], style="dim"))
    return table
