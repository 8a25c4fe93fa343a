"""Receipts: a function of the commands, which goes into a file and comes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.server.durable.desk import Desk, receipts
from ninepixel.world.commands import Command
from ninepixel.world.guests import TOLD
from ninepixel.world.store.envelope import pack, unpack
from ninepixel.world.store.errors import Impossible

U32 = st.integers(0, 2**32 - 1)
RARE = st.builds(
    lambda verb, name, by, seq: Command(verb, name, {"by": by, "seq": seq}),
    st.sampled_from(["mind.join", "mind.leave", "mind.say"]),
    st.binary(min_size=1, max_size=64),
    U32,
    U32,
)
MANY = st.lists(st.tuples(U32, U32, st.just(0)), max_size=6).map(
    lambda told: Command("minds.act", b"", {"acts": b"", "told": np.array(told, TOLD).tobytes()})
)
HOST = st.just(Command("matter.appear", b"a file", {"size": 4}))


def desk_after(commands: list[Command]) -> Desk:
    desk = Desk()
    desk.apply(commands)
    return desk


@given(st.lists(RARE | MANY | HOST, max_size=20))
def test_a_desk_comes_back_as_it_was(commands: list[Command]) -> None:
    desk = desk_after(commands)
    envelope = unpack(desk.pack(5, b"before", b"laws"))
    assert Desk.unpack(envelope) == desk
    assert (envelope.meta["follows"], envelope.meta["content"], envelope.tick) == (b"before", b"laws", 5)
    for account, seq, _ in receipts(commands):
        assert not desk.fresh(account, seq)
        assert seq <= desk.last_seq(account) < 2**32


@given(st.lists(RARE | MANY, max_size=12))
def test_taking_in_twice_is_taking_in_once(commands: list[Command]) -> None:
    desk = desk_after(commands)
    twin = desk.copy()
    twin.apply(commands)
    assert twin == desk


def test_a_desk_knows_who_leads_what() -> None:
    desk = desk_after([Command("mind.join", b"Mystiiqa", {"by": 4, "seq": 1})])
    told = np.array([(4, 3, 0), (9, 1, 1)], TOLD).tobytes()
    twin = desk.copy()
    desk.apply([Command("minds.act", b"", {"acts": b"", "told": told})])
    assert (desk.last_seq(4), desk.name(4), desk.last_seq(9), desk.name(9), len(desk)) == (3, b"Mystiiqa", 1, b"", 2)
    assert desk.fresh(4, 4)
    assert not desk.fresh(4, 2)
    desk.apply([Command("mind.leave", b"0", {"by": 4, "seq": 4})])
    assert desk.name(4) == b""
    assert twin.last_seq(4) == 1, "a copy is a copy"


@pytest.mark.parametrize(
    "data", [{"by": True, "seq": 1}, {"by": 1}, {"by": "1", "seq": 1}, {"by": -1, "seq": 1}, {"by": 1, "seq": 2**32}]
)
def test_what_is_no_receipt_is_passed_over(data: dict[str, Any]) -> None:
    assert len(desk_after([Command("mind.say", b"x", data)])) == 0


@pytest.mark.parametrize(
    ("meta", "columns"),
    [
        ({}, {}),
        ({"accounts": -1}, {}),
        ({"accounts": 2**40}, {}),
        ({"accounts": 1}, {}),
        ({"accounts": 2}, {"account": [2, 1], "seq": [1, 1], "name.length": [0, 0]}),
        ({"accounts": 1}, {"account": [2], "seq": [1], "name.length": [65]}),
        ({"accounts": 1}, {"account": [2], "seq": [1], "name.length": [3]}),
    ],
)
def test_what_is_no_desk_is_refused(meta: dict[str, Any], columns: dict[str, list[int]]) -> None:
    envelope = unpack(pack("desk", 1, meta, {name: np.array(values, np.uint32) for name, values in columns.items()}))
    with pytest.raises(Impossible):
        Desk.unpack(envelope)
