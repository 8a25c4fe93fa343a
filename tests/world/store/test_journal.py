"""Commands and marks survive their frames; what is no command is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.world.commands import Command
from ninepixel.world.store import journal
from ninepixel.world.store.envelope import compress_plain, pack, unpack
from ninepixel.world.store.errors import Impossible, StoreError
from ninepixel.world.store.journal import Entry, JournalBuffer, Mark, pack_mark, unpack_journal, unpack_mark

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.binary(max_size=9) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
COMMANDS = st.builds(Command, st.text(max_size=9), st.binary(max_size=9), st.dictionaries(st.text(max_size=5), PLAIN, max_size=3))
ENTRIES = st.lists(st.tuples(st.integers(0, 50), st.lists(COMMANDS, min_size=1, max_size=4)), max_size=8).map(
    lambda entries: sorted(entries, key=lambda e: e[0])
)


def through(entries: list[Entry]) -> list[Entry]:
    buffer = JournalBuffer()
    for tick, commands in entries:
        buffer.add(tick, commands)
    frames = [unpack(envelope) for _, envelope in buffer.take()]
    assert buffer.size == 0
    assert list(buffer.take()) == []
    return [entry for frame in frames for entry in unpack_journal(frame)]


def flat(entries: list[Entry]) -> list[tuple[int, Command]]:
    return [(tick, command) for tick, commands in entries for command in commands]


@settings(deadline=None)
@given(ENTRIES)
def test_commands_come_back_in_order(entries: list[Entry]) -> None:
    assert flat(through(entries)) == flat(entries)


def test_a_crowded_tick_goes_on_in_the_next_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "FRAME_AIM", 100)
    entries = [(7, [Command("push", b"%d" % i, {"index": i}) for i in range(50)]), (8, [Command("end", b"")])]
    found = through(entries)
    assert flat(found) == flat(entries)
    assert [tick for tick, _ in found].count(7) > 5


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 1


@pytest.mark.parametrize("data", [{"x": 0.5}, {"x": {"y": 1}}, {"x": [1, 0.5]}, {"x": nested(9)}, {"x": b"x" * (1 << 21)}])
def test_what_no_frame_can_hold_is_refused_when_it_is_recorded(data: dict[str, Any]) -> None:
    buffer = JournalBuffer()
    with pytest.raises(StoreError, match="command push cannot be recorded"):
        buffer.add(1, [Command("pull", b""), Command("push", b"", data)])
    assert list(buffer.take()) == []


@pytest.mark.parametrize(
    "entries",
    [
        None,
        [5],
        [["3", []]],
        [[3, [["verb", "text key", {}]]]],
        [[3, [["verb", b"key", {"x": 0.5}]]]],
        [[3, [["verb", b"key"]]]],
        [[4, []], [3, []]],
        [[1, []]],  # before the frame's own tick
    ],
)
def test_a_journal_that_is_none_is_refused(entries: Any) -> None:
    with pytest.raises(Impossible):
        unpack_journal(unpack(pack("journal", 2, {"entries": compress_plain(entries)})))


def test_a_journal_bomb_is_refused() -> None:
    bomb = compress_plain(b"\0" * (journal.FRAME_LIMIT * 2))
    assert len(bomb) < 10_000
    with pytest.raises(Impossible, match=f"at most {journal.FRAME_LIMIT + 64} are allowed"):
        unpack_journal(unpack(pack("journal", 2, {"entries": bomb})))


def test_marks_come_back() -> None:
    prints = {"bodies": np.arange(5, dtype=np.uint32), "cold": np.zeros(0, np.uint32)}
    mark = Mark(9, (b"a" * 16, b"b" * 16), (prints, {}))
    found = unpack_mark(unpack(pack_mark(mark)))
    assert (found.tick, found.digests) == (9, mark.digests)
    assert found.prints[0]["bodies"].tolist() == [0, 1, 2, 3, 4]
    assert found.prints[0]["cold"].tolist() == []
    assert unpack_mark(unpack(pack_mark(mark)), prints=False).prints == ()


@pytest.mark.parametrize(
    "meta",
    [
        {},
        {"digests": [b"short"], "prints": {}},
        {"digests": ["x" * 16], "prints": {}},
        {"digests": [b"a" * 16], "prints": {"1.bodies": 5}},
        {"digests": [b"a" * 16], "prints": {"bodies": 5}},
        {"digests": [b"a" * 16], "prints": {"0.bodies": 1 << 40}},
        {"digests": [b"a" * 16], "prints": {"0.bodies": 5}},
    ],
)
def test_a_mark_that_is_none_is_refused(meta: dict[str, Any]) -> None:
    with pytest.raises(Impossible):
        unpack_mark(unpack(pack("mark", 2, meta)))
