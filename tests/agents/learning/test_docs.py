"""docs/TRAINING.md says what the code says: every setting, its default and what it is; every figure."""

from __future__ import annotations

import re
from pathlib import Path

from ninepixel.agents.learning.curves import FIGURES
from ninepixel.agents.learning.settings import WHAT, Settings

PAGE = Path(__file__).parents[3] / "docs" / "TRAINING.md"


def table(name: str) -> list[list[str]]:
    """The cells of a table between its two comments, without its head."""
    text = PAGE.read_text("utf-8")
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end of {name} -->", text, re.S)
    assert found is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()[2:]]


def shown(value: int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


def test_every_setting_is_in_the_table() -> None:
    defaults = Settings().plain()
    assert table("settings") == [[f"`{name}`", shown(defaults[name]), what] for name, what in WHAT.items()]


def test_every_figure_is_in_the_table() -> None:
    assert table("figures") == [[f"`{name}`", unit, what] for name, (unit, what) in FIGURES.items()]
