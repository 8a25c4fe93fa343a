"""The table of messages, its encoding, and docs/NODES.md, which shows it."""

from __future__ import annotations

import re
from pathlib import Path

import msgpack
import pytest

from ninepixel.server.compute import messages as m
from ninepixel.server.compute.ability import ABILITIES, Ability
from ninepixel.server.compute.foreman import Rules
from ninepixel.server.protocol import messages as protocol
from ninepixel.server.protocol.codec import Malformed

PAGE = Path(__file__).parents[3] / "docs" / "NODES.md"
TEXT = PAGE.read_text(encoding="utf-8")
LINES = TEXT.splitlines()


@pytest.mark.parametrize("message", m.MESSAGES, ids=lambda x: x.name)
def test_the_page_has_the_row_of_every_message(message: protocol.Message) -> None:
    fields = "<br>".join(f"`{field}`" for field in message.fields) or "none"
    assert f"| {message.number} | {message.name} | {fields} | {message.longest} | {message.about} |" in LINES


@pytest.mark.parametrize(("code", "meaning"), m.VERDICTS.items())
def test_the_page_explains_every_verdict(code: str, meaning: str) -> None:
    assert f"| `{code}` | {meaning} |" in LINES


def test_the_page_has_the_classes_and_the_rules() -> None:
    for name, least in ABILITIES.items():
        assert f"| {name} | {least:,} |" in LINES
    rules = Rules()
    for name in ("least", "slack", "quarantine", "growth", "patience"):
        assert f"| `{name}` | {getattr(rules, name):g} |" in "\n".join(LINES)


def test_links_of_the_page_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (PAGE.parent / target).exists(), target


def test_no_number_is_also_one_of_the_protocols() -> None:
    assert not m.BY_NUMBER.keys() & {message.number for message in protocol.MESSAGES}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "number"),
        (b"\x92", "number"),
        (b"\x92\x07\x01", "number"),
        (m.encode(m.POLICY, bytes(16), b""), "number"),
        (b"\x91\x22", "arity"),
        (b"\x91\x21" + bytes(9), "size"),
        (b"\x92\x24\xc1", "encoding"),
        (msgpack.packb([m.BACK, "one"]), "type"),
        (msgpack.packb([m.BACK, 0]), "range"),
        (msgpack.packb([m.NEED, 1, "gold"]), "range"),
    ],
)
def test_what_is_no_message_of_a_node_is_refused_by_what_is_wrong_with_it(data: bytes, code: str) -> None:
    with pytest.raises(Malformed) as found:
        m.decode(data, by_node=True)
    assert found.value.code == code


@pytest.mark.parametrize(("speed", "name"), [(0, "nano"), (49_999, "nano"), (50_000, "edge"), (250_000, "core"), (9**9, "ultra")])
def test_a_machine_is_of_the_class_whose_threshold_it_reaches(speed: int, name: str) -> None:
    assert Ability(1, speed).name == name
