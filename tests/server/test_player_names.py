"""What a player may be called."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.server.player_names import LONGEST, LONGEST_BYTES, BadName, checked_name, is_reserved, name_key

anything = st.text(max_size=30) | st.text(st.characters(categories=["L", "M", "N", "Cf", "Zs"]), max_size=26)


@given(anything)
def test_what_is_accepted_keeps_every_promise(text: str) -> None:
    try:
        name = checked_name(text)
    except BadName:
        return
    assert 1 <= len(name) <= LONGEST
    assert len(name.encode()) <= LONGEST_BYTES
    assert name.isprintable()
    assert name == name.strip() == unicodedata.normalize("NFC", name)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for c in name)
    assert not any(unicodedata.bidirectional(c) in ("RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI") for c in name)
    assert not name.encode().isdigit()  # the laws take a number for a slot
    assert checked_name(name) == name
    assert name_key(name) == name_key(name.upper()) or name.casefold() != name.upper().casefold()


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), min_size=1, max_size=3), st.integers(0, 4))
def test_control_direction_and_half_characters_are_refused_wherever_they_stand(bad: str, at: int) -> None:
    with pytest.raises(BadName):
        checked_name("name"[:at] + bad + "name"[at:])


@pytest.mark.parametrize("name", ["Ann", "Mystii", "Jörg", "美咲", "O'Neil", "x" * 24, "a b", "7th", "Ilé", "नीला", "🦊"])
def test_names_of_people_are_accepted(name: str) -> None:
    assert checked_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "1 to 24"),
        ("x" * 25, "at most 24"),
        ("x" * 100_000, "at most 24"),
        ("美" * 24, "64 bytes"),
        (" Ann", "blank"),
        ("Ann ", "blank"),
        ("A  n", "blank"),
        ("12345", "number"),
        ("１２３", "number"),
        ("1 2", "number"),
        ("a\u202eb", "printable"),
        ("a\u200bb", "printable"),
        ("\u3164", "printable"),
        ("a\ufe0f", "printable"),
        ("\u0301a", "begins with a letter"),
        ("a\u0301\u0302\u0303\u0304", "marks"),
        ("\ud800", "half a character"),
        ("a\nb", "printable"),
    ],
)
def test_what_nobody_can_read_or_type_is_refused_with_the_reason(name: str, why: str) -> None:
    with pytest.raises(BadName, match=why) as caught:
        checked_name(name)
    assert len(str(caught.value)) < 120
    assert str(caught.value).isprintable()


def test_names_that_look_alike_are_one_name() -> None:
    assert name_key("Ann") == name_key("ANN") == name_key("Ａｎｎ")
    assert name_key("Jörg") == name_key("Jo\u0308rg")
    assert name_key("Ann") != name_key("Anna")


@pytest.mark.parametrize("name", ["Ileices", "mystiiqa", "Ileice 12", "OPERATOR", "operator-2", "Server", "ninepixel"])
def test_names_of_minds_and_of_the_house_are_reserved(name: str) -> None:
    assert is_reserved(name)


def test_other_names_are_not() -> None:
    assert not any(map(is_reserved, ["Ileicest", "operatic", "Ann", "player-3"]))
