"""What a client does with payloads that no honest server wrote."""

from __future__ import annotations

import contextlib
import itertools
import tracemalloc
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moving_states import go_on, moving_state
from ninepixel.server.replication import BadPayload, Replicator, SceneKeeper, Sectors, View
from ninepixel.server.replication.rows import CHECK_START
from reference_replication import Client

WINDOW = b"\x01\x05\x05\x00\x00\x00"
LAYERS = (False, True)


@cache
def record(bodies: int = 90, ticks: int = 70) -> tuple[bytes, ...]:
    """The payloads that one client got of 70 ticks."""
    state, rng = moving_state(1, bodies), np.random.default_rng(1)
    keeper = SceneKeeper(Sectors(6))
    replicator = Replicator(keeper)
    replicator.add(0, 5, 1)
    found = []
    for t in range(ticks):
        if t == 40:
            replicator.look(0, 6, 1)
        keeper.update(state)
        found.append(replicator.encode().of(0))
        go_on(state, rng, quiet=t % 3 == 0)
    return tuple(found)


def state_of(view: View) -> list[tuple[object, ...]]:
    """Everything that a view knows."""
    return [
        (
            *(view.rows(s, ground=layer).tobytes() for layer in LAYERS),
            view.field(s).tobytes(),
            *(view.known(s, ground=layer) for layer in LAYERS),
            view.known_field(s),
        )
        for s in view.window
    ]


def played(until: int) -> View:
    view = View(6)
    for tick, payload in enumerate(record()[:until]):
        assert view.apply(payload, tick) == 0
    return view


@settings(max_examples=400, deadline=None)
@given(
    tick=st.integers(0, 69),
    edits=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=4),
    cut=st.integers(0, 2**16) | st.none(),
    more=st.binary(max_size=8),
)
def test_mutated_payloads_crash_nothing(tick: int, edits: list[tuple[int, int]], cut: int | None, more: bytes) -> None:
    view = played(tick)
    payload = bytearray(record()[tick])
    for at, value in edits:
        if payload:
            payload[at % len(payload)] = value
    torn = bytes(payload[: cut % (len(payload) + 1)] if cut is not None else payload) + more
    with contextlib.suppress(BadPayload):  # then what was whole before the bad part has been applied
        view.apply(torn, tick)
    for later, payload_later in enumerate(record()[tick + 1 :]):
        try:
            view.apply(payload_later, later)
        except BadPayload:
            break
        for sector in [*view.window, -1, 10**6]:
            assert view.hash(sector) >= 0
            assert len(view.rows(sector, ground=True)) <= 200


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300))
def test_anything_at_all_crashes_nothing(payload: bytes) -> None:
    view = View(6)
    view.apply(WINDOW, 0)
    try:
        view.apply(payload, 1)
    except BadPayload:
        return
    assert all(view.known(s) or len(view.rows(s)) == 0 for s in view.window)


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 2**16), flip=st.integers(1, 255), whole=st.booleans())
def test_no_change_under_a_check_goes_unnoticed(at: int, flip: int, whole: bool) -> None:
    spans = checked(whole)
    tick, span = spans[at % len(spans)]
    payload = bytearray(record()[tick])
    at = span[0] + at % (span[1] - span[0])
    payload[at] ^= flip
    view, honest = played(tick), played(tick + 1)
    try:
        bad = view.apply(bytes(payload), tick)
    except BadPayload:
        return
    assert bad > 0 or state_of(view) == state_of(honest)
    assert bad == 0 or view.lost


@cache
def checked(whole: bool) -> list[tuple[int, tuple[int, int]]]:
    """(tick, (begin, end)) of the body of every part that has a check; of wholes (and fields), or of deltas."""
    found, client = [], Client(6, 4)
    for tick, payload in enumerate(record()):
        client.apply(payload)
        for begin, end in itertools.pairwise([*client.begins, len(payload)]):
            form = payload[begin + 1]
            if form & 128 and bool(form & 1) != whole:
                found.append((tick, (begin + 2, end)))
    assert len(found) > 9
    return found


def test_a_view_is_small() -> None:
    played(3)  # compiled
    tracemalloc.start()
    views = []
    for _ in range(30):
        view = View(6)
        for tick, payload in enumerate(record()[:50]):
            view.apply(payload, tick)
        views.append(view)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used / len(views) < 64 * 1024


def test_memory_is_not_allocated_by_a_number() -> None:
    view = View(6)
    view.apply(WINDOW, 0)
    tracemalloc.start()
    for payload in (
        b"\x00\x00\xff\xff",
        b"\x00\x80\xff\xff" + bytes(100),
        b"\x00\x19\xff\xff\x00\x00\xff\xff",
        b"\xff\x05\xff\xff\xff\xff",
    ):
        with pytest.raises(BadPayload):
            view.apply(payload, 1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"\x00", "byte 0 of a payload of 1 bytes: it ends inside a part"),
        (b"\x09\x00\x00\x00", "place outside the window"),
        (b"\x00\x06\x00\x00", "a form that there is not"),
        (b"\x00\x07\x00\x00", "a form that there is not"),
        (b"\x00\x10\x00\x00", "a form that there is not"),
        (b"\x00\x24\x00\x00", "a form that there is not"),
        (b"\x01\x85\x00\x00\x00\x00", "a form that there is not"),
        (b"\x01\x05\x10\x00\x00\x00", "sectors of this world are 0 to 15, not 16"),
        (b"\x08\x05\x00\x00\x00\x00", "a window reaches 0 to 7 sectors far, not 8"),
        (b"\x00\x00\x02\x00" + b"\x05" + bytes(31) + b"\x05" + bytes(31), "not in order"),
        (b"\x00\x11\x01\x02\x00\x01\x00", "not in order"),
        (b"\x00\x11\x02\x02\x01\x00\x00", "not in order"),
        (b"\x00\x51\x02\x01\x01\x00\x01\x01\x00\x00\x00\x00", "not in order"),
        (b"\x00\x41\x02\x01\x02\x00\x00\x00\x00", "not in order"),
        (b"\x00\x21\x05\xff\xff", "it ends inside a part"),
        (b"\x00\x04\xff\xff\xff\xff\xff\xff" + bytes(47), "it ends inside a part"),
        (b"\x00\x84\x00\x00\x00\x00\x00\x00\x01\x02\x03", "it ends inside a part"),
    ],
)
def test_what_is_no_payload(payload: bytes, why: str) -> None:
    view = View(6)
    view.apply(WINDOW, 0)
    with pytest.raises(BadPayload, match=why):
        view.apply(payload, 1)


def test_parts_before_there_is_a_window() -> None:
    with pytest.raises(BadPayload, match="outside the window"):
        View(6).apply(b"\x00\x00\x00\x00", 1)


def test_deltas_of_what_is_not_known_are_overlooked_until_the_whole() -> None:
    view = View(6)
    view.apply(WINDOW, 0)
    delta = b"\x04\x11\x01\x01\x00\x01" + b"\x07" + bytes(31)
    assert view.apply(delta, 1) == 1
    assert view.lost == [view.window[4]]
    assert view.apply(delta, 2) == 0  # known to be lost: asked for once
    assert not view.known(5)
    whole = b"\x04\x00\x01\x00" + b"\x03" + bytes(31)
    assert view.apply(whole, 3) == 0
    assert view.lost == []
    assert view.rows(5)[:, 0].tolist() == [3]
    assert view.tick(5) == 3
    assert view.apply(delta, 4) == 0
    assert view.rows(5)[:, 0].tolist() == [7]


def test_who_comes_twice_is_noticed() -> None:
    view = View(6)
    view.apply(WINDOW + b"\x04\x00\x01\x00" + b"\x03" + bytes(31), 0)
    assert view.apply(b"\x04\x11\x01\x00\x01" + b"\x03" + bytes(31), 1) == 1
    assert view.lost == [5]


def test_what_leaves_the_window_is_forgotten() -> None:
    view = View(8)
    view.apply(b"\x00\x05\x05\x00\x00\x00" + b"\x00\x00\x01\x00" + b"\x03" + bytes(31), 0)
    assert len(view.rows(5)) == 1
    view.apply(b"\x00\x05\x06\x00\x00\x00", 1)
    assert (view.known(5), view.known(6), view.hash(5), len(view.rows(5))) == (False, False, CHECK_START, 0)
    view.apply(b"\x00\x05\x05\x00\x00\x00", 2)
    assert not view.known(5)
