"""docs/PROTOCOL.md says what the tables in the code say, and the tables in the code agree with one another."""

import re
from pathlib import Path

import pytest

from ninepixel.server.protocol import Limits
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.limits import VERBS
from ninepixel.server.protocol.messages import MESSAGES, MODES, VERSION, Message, State
from ninepixel.server.protocol.reasons import FAREWELLS, NOTICES, REFUSALS

PAGE = Path(__file__).parents[3] / "docs" / "PROTOCOL.md"
TEXT = PAGE.read_text(encoding="utf-8")
LINES = TEXT.splitlines()


def row(message: Message) -> str:
    """The row of the page that belongs to a message."""
    cells = [str(message.number), message.name, "<br>".join(f"`{f}`" for f in message.fields) or "none", str(message.longest)]
    if message.by_client:
        states = "any" if len(message.states) == 3 else ", ".join(state.name for state in message.states)
        modes = "every" if message.modes == tuple(MODES) else ", ".join(message.modes)
        cells += [states, modes if State.OPEN in message.states else "-", message.verb or "-"]
    return f"| {' | '.join([*cells, message.about])} |"


@pytest.mark.parametrize("message", MESSAGES, ids=lambda x: f"{x.name}{x.number}")
def test_the_page_has_the_row_of_every_message(message: Message) -> None:
    assert row(message) in LINES


def test_the_page_has_no_other_message() -> None:
    numbered = [line for line in LINES if line.startswith("| ") and line.split("|")[1].strip().isdigit()]
    assert [int(line.split("|")[1]) for line in numbered] == [message.number for message in MESSAGES]


@pytest.mark.parametrize(("code", "meaning"), [*REFUSALS.items(), *FAREWELLS.items(), *NOTICES.items()])
def test_the_page_explains_every_code(code: str, meaning: str) -> None:
    assert f"| `{code}` | {meaning} |" in LINES


@pytest.mark.parametrize("verb", VERBS)
def test_the_page_has_every_limit(verb: str) -> None:
    rate = Limits().rate(verb)
    assert any(line.startswith(f"| `{verb}` | {rate.per_second:g} | {rate.burst} |") for line in LINES)


def test_the_page_names_what_is_signed_and_how_long_a_login_may_take() -> None:
    assert f'`"{m.LOGIN_DOMAIN.decode()}"`' in TEXT
    assert f"{Limits().login_seconds:g} seconds" in TEXT
    assert f"version {VERSION}" in TEXT


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (PAGE.parent / target).exists(), target


def test_numbers_tell_the_sender_and_fit_one_byte() -> None:
    assert [x.number for x in MESSAGES] == sorted({x.number for x in MESSAGES})
    assert all((x.number < 64) == bool(x.states) == bool(x.modes) and 0 < x.number < 128 for x in MESSAGES)
    assert all(len(x.fields) <= 14 for x in MESSAGES)  # the shortest array header holds 15 with the number


def test_every_limit_is_somebodys() -> None:
    assert {x.verb for x in MESSAGES if x.verb} | {"malformed", "refused"} == set(VERBS)


def test_a_code_that_ends_and_refuses_means_one_thing() -> None:
    assert REFUSALS.keys() & FAREWELLS.keys() == {"draining"}
    assert all(len(code) <= 32 and code.isascii() for code in (*REFUSALS, *FAREWELLS, *NOTICES))
