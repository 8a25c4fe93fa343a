"""The page of online learning says what the code does: every setting, with its default."""

from __future__ import annotations

from pathlib import Path

from ninepixel.agents.learning.online.settings import WHAT, Settings
from ninepixel.cli.twins import check_page

PAGE = Path(__file__).parents[4] / "docs" / "ONLINE.md"
BEGIN, END = "<!-- settings -->\n", "<!-- end of settings -->"


def settings_table() -> str:
    """Every setting, its default, and what it is."""
    rows = [f"| `{name}` | {value:g} | {WHAT[name]} |" for name, value in Settings().plain().items()]
    return "\n".join(["| setting | default | what |", "| --- | --- | --- |", *rows, ""])


def test_the_page_shows_every_setting_as_it_is() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.split(BEGIN)[1].split(END)[0] == settings_table()


def test_the_page_has_a_place_for_the_result() -> None:
    check_page(PAGE)


def test_lines_are_short() -> None:
    assert max(map(len, PAGE.read_text(encoding="utf-8").splitlines())) <= 140
