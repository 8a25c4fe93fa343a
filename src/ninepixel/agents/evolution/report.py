"""What an experiment in evolution found, for people: ``evolution.json``, ``evolution.png`` and tables for a page."""

from __future__ import annotations

import io
import json
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ninepixel.agents.evolution.estimates import Estimate
from ninepixel.world.laws.lives import TRAITS
from ninepixel.world.store.errors import StoreError, shown
from ninepixel.world.store.files import write_whole

RESULTS, PICTURE = "evolution.json", "evolution.png"
BEGIN, END = "<!-- evolution -->\n", "<!-- /evolution -->\n"
SHARES = {"R": "#d6402f", "B": "#2f62d6", "Y": "#c79a12"}

log = logging.getLogger("ninepixel")


class BadPage(StoreError):
    """A page has no place for the tables."""


def write_results(folder: Path, told: Mapping[str, Any]) -> None:
    """``evolution.json``.

    :raises StoreError: when it cannot be written.
    """
    write_whole(folder / RESULTS, [json.dumps(told, indent=1).encode(), b"\n"])


def write_page(page: Path, told: Mapping[str, Any]) -> None:
    """Put the tables between the marks of a page.

    :raises BadPage: when it has none. :raises StoreError: when it cannot be written.
    """
    head, tail = around(page)
    write_whole(page, [(head + BEGIN + "\n" + tables(told) + "\n" + END + tail).encode()])


def around(page: Path) -> tuple[str, str]:
    """What stands before and behind the tables of a page.

    :raises BadPage: when it cannot be read, or has no place for tables.
    """
    try:
        text = page.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadPage(f"{shown(page)}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    head, begun, rest = text.partition(BEGIN)
    _, ended, tail = rest.partition(END)
    if not begun or not ended:
        marks = f"the lines {BEGIN.strip()} and {END.strip()}"
        raise BadPage(f"{shown(page)}: has no place for tables: write {marks} where they shall be")
    return head, tail


def tables(told: Mapping[str, Any]) -> str:
    """All tables, as Markdown."""
    plan = told["plan"]
    about = (
        f"{plan['worlds']} worlds a habitat and arm, {plan['ticks']:,} ticks each, terms of {plan['term']:,} ticks; "
        f"{plan['few']} worlds a monoculture, {plan['life']:,} ticks;\n"
        f"as many a contest as a habitat, {plan['contest']:,} ticks. "
        f"Minds acted by {told['minds'] if told['minds'] == 'instinct' else 'the policy ' + told['minds']}. "
        f"{plan['world_ticks']:,} ticks of worlds in {told['seconds']:,.0f} s."
    )
    parts = [about, _population(told), _landscape(told), _rivals(told), _changes(told), _bases(told), _contests(told)]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _table(title: str, head: list[str], rows: list[list[str]]) -> str:
    lines = [f"**{title}**", "", "| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def _population(told: Mapping[str, Any]) -> str:
    rows = []
    for name, what in told["habitats"].items():
        arms = told["courses"][name].values()
        rows.append([f"{name}: {what}", *(" / ".join(f"{arm[k]:,}" for arm in arms) for k in ("born", "generations", "extinct"))])
    title = f"The colonies ({' / '.join(_arms(told))})"
    return _table(title, ["habitat", "minds born", "mean generation at the end", "worlds died out"], rows)


def _arms(told: Mapping[str, Any]) -> list[str]:
    return list(next(iter(told["courses"].values())))


def _changes(told: Mapping[str, Any]) -> str:
    titles = {
        "change": "Change of the shares of the living from the beginning to the end, in percentage points",
        "differential": "Selection differential of a generation, in percentage points of a share",
    }
    parts = []
    for key, title in titles.items():
        p = ", ".join(f"{_number(told['habitats_differ'][key][arm])} {arm}" for arm in _arms(told))
        rows = [
            [f"{name}, {arm}", *(_said(told[key][name][arm][share]) for share in SHARES)]
            for name in told["habitats"]
            for arm in _arms(told)
        ]
        parts.append(_table(f"{title} (habitats differ: p = {p})", ["habitat, arm", "red", "blue", "yellow"], rows))
    return "\n".join(parts)


def _rivals(told: Mapping[str, Any]) -> str:
    genomes = list(next(iter(told["landscape"].values())))
    rows = [
        [f"{name}, {arm}", *(_said(found[genome]) for genome in genomes)]
        for name, arms in told["rivals"].items()
        for arm, found in arms.items()
    ]
    p = ", ".join(f"{_number(value)} {arm}" for arm, value in told["habitats_differ"]["rivals"].items())
    return _table(f"Relative shares after seven genomes competed (habitats differ: p = {p})", ["habitat, arm", *genomes], rows)


def _bases(told: Mapping[str, Any]) -> str:
    rows = [[name, *(_short(told["differential"][name]["natural"][trait]) for trait in TRAITS)] for name in told["habitats"]]
    return _table(
        "Selection differential of the nine bases (natural; bold: the interval leaves out 0)", ["habitat", *TRAITS], rows
    )


def _landscape(told: Mapping[str, Any]) -> str:
    parts = []
    for measure, what in (("eggs", "Eggs a founder laid"), ("age", "Ticks a founder lived"), ("score", "Score, %")):
        genomes = list(next(iter(told["landscape"].values())))
        rows = []
        for name, found in told["landscape"].items():
            starred = told["best"][name] if measure == "eggs" else []
            rows.append(
                [name, *(f"**{_said(found[g][measure])}**" if g in starred else _said(found[g][measure]) for g in genomes)]
            )
        best = "; bold: none is certainly better" if measure == "eggs" else ""
        parts.append(_table(f"{what}, in monocultures{best}", ["habitat", *genomes], rows))
    return "\n".join(parts)


def _contests(told: Mapping[str, Any]) -> str:
    names = list(told["habitats"])
    rows = [[name, *(_said(told["contests"][name][home]) for home in names)] for name in names]
    for key, label in (("home_minus_away", "home minus away"), ("residents_minus_visitors", "resident minus visitors")):
        rows.append([label, *(_said(told[key][home]) for home in names)])
    gain = _said(told["home_minus_away"]["all"])
    title = (
        f"Relative shares after a contest in a habitat (row) of those who evolved in another (column); home minus away: {gain}"
    )
    return _table(title, ["contest in", *names], rows)


def _estimate(found: Mapping[str, Any]) -> Estimate:
    value, low, high = (math.nan if found[key] is None else float(found[key]) for key in ("value", "low", "high"))
    return Estimate(value, low, high, int(found["n"]))


def _said(found: Mapping[str, Any]) -> str:
    known = _estimate(found)
    if known.n == 0:
        return "none"
    digits = 0 if abs(known.value) >= 100 else 2
    return f"{known.value:,.{digits}f} ({known.low:,.{digits}f} .. {known.high:,.{digits}f})"


def _short(found: Mapping[str, Any]) -> str:
    known = _estimate(found)
    if known.n == 0:
        return "none"
    return f"**{known.value:+.1f}**" if known.certain else f"{known.value:+.1f}"


def _number(p: float | None) -> str:
    return "unknown" if p is None else f"{p:.4f}"


def write_picture(folder: Path, told: Mapping[str, Any]) -> None:
    """``evolution.png``. Without matplotlib there is none, which is said.

    :raises StoreError: when it cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        log.warning("%s is not drawn, because matplotlib is not installed: pip install matplotlib", PICTURE)
        return
    names = list(told["habitats"])
    figure = Figure(figsize=(3.4 * max(len(names), 3), 10.5), layout="constrained")
    figure.suptitle("Which genomes different worlds select", fontsize="x-large")
    parts: Any = figure.subfigures(3, 1, height_ratios=[1, 1, 1.1])
    top, middle, low = parts
    _draw_courses(top, told, names)
    _draw_selected(middle, told, names)
    _draw_matrices(low, told, names)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=100)
    write_whole(folder / PICTURE, [out.getvalue()])


def _draw_courses(figure: Any, told: Mapping[str, Any], names: list[str]) -> None:
    figure.suptitle("shares of the living, %: natural (solid, 95 % band), dealt by lot (dashed), blind mutations (dotted)")
    for axes, name in zip(figure.subplots(1, len(names), sharey=True, squeeze=False)[0], names, strict=True):
        for share, colour in SHARES.items():
            for arm, style in (("natural", "-"), ("dealt", "--"), ("blind", ":")):
                course = told["courses"][name][arm]
                looks = [_estimate(look) for look in course["means"][share]]
                axes.plot(
                    course["ticks"], [look.value for look in looks], style, color=colour, linewidth=1.6, label=f"{share} {arm}"
                )
                if arm == "natural":
                    low, high = [look.low for look in looks], [look.high for look in looks]
                    axes.fill_between(course["ticks"], low, high, color=colour, alpha=0.13, linewidth=0)
        axes.set_title(name)
        axes.set_xlabel("ticks")
        axes.grid(alpha=0.3)


def _draw_selected(figure: Any, told: Mapping[str, Any], names: list[str]) -> None:
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.3])
    genomes = list(told["landscape"][names[0]])
    shares = [[_estimate(told["rivals"][name]["natural"][genome]) for genome in genomes] for name in names]
    left.set_title("relative share of seven genomes after they competed (*: certainly not 1)")
    words = [[f"{e.value:.2f}{'*' if e.low > 1 or e.high < 1 else ''}" for e in row] for row in shares]
    _heat(left, [[e.value - 1 for e in row] for row in shares], words, genomes, names, middle=0.0)
    bases = [[_estimate(told["differential"][name]["natural"][trait]) for trait in TRAITS] for name in names]
    right.set_title("selection differential of the bases (*: certainly not 0)")
    words = [[f"{e.value:+.0f}{'*' if e.certain else ''}" for e in row] for row in bases]
    _heat(right, [[e.value for e in row] for row in bases], words, list(TRAITS), names, middle=0.0)


def _draw_matrices(figure: Any, told: Mapping[str, Any], names: list[str]) -> None:
    left, right = figure.subplots(1, 2, width_ratios=[1.3, 1])
    genomes = list(told["landscape"][names[0]])
    eggs = [[_estimate(told["landscape"][name][g]["eggs"]) for g in genomes] for name in names]
    left.set_title("eggs a founder lays in monoculture (*: none is certainly better there)")
    words = [
        [f"{e.value:.2f}{'*' if g in told['best'][name] else ''}" for g, e in zip(genomes, row, strict=True)]
        for name, row in zip(names, eggs, strict=True)
    ]
    relative = [[e.value / max(max(o.value for o in row), 1e-9) for e in row] for row in eggs]
    _heat(left, relative, words, genomes, names, middle=None)
    shares = [[_estimate(told["contests"][name][home]) for home in names] for name in names]
    right.set_title("relative share of those evolved in (column) after a contest in (row)")
    words = [[f"{e.value:.2f}" for e in row] for row in shares]
    _heat(right, [[e.value - 1 for e in row] for row in shares], words, names, names, middle=0.0)


def _heat(
    axes: Any, values: list[list[float]], words: list[list[str]], columns: list[str], rows: list[str], middle: float | None
) -> None:
    """A matrix in colours with a word in each cell; around *middle* when there is one."""
    known = [abs(value) for row in values for value in row if math.isfinite(value)]
    most = max([*known, 1e-9])
    if middle is None:
        axes.imshow(values, cmap="YlGn", vmin=0, vmax=most * 1.3, aspect="auto")
    else:
        axes.imshow(values, cmap="PuOr_r", vmin=-most * 1.2, vmax=most * 1.2, aspect="auto")
    for y, row in enumerate(words):
        for x, word in enumerate(row):
            axes.text(x, y, word, ha="center", va="center", fontsize="small", color="black")
    axes.set_xticks(range(len(columns)), columns, rotation=30 if len(columns) > 7 else 0)
    axes.set_yticks(range(len(rows)), rows)
