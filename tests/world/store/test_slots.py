"""Lives and things survive a snapshot to the bit; sizes that are not kept and values that kernels would trust are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.world.laws.bodies import Kind
from ninepixel.world.laws.lives import LIFE_COLUMNS, THING_COLUMNS, Thing
from ninepixel.world.laws.vital import STORE_LIMIT
from ninepixel.world.ledger import QUANTITIES
from ninepixel.world.state import Params, State
from ninepixel.world.store.compare import compare
from ninepixel.world.store.envelope import unpack
from ninepixel.world.store.errors import Impossible, OlderFormat
from ninepixel.world.store.live import open_journal
from ninepixel.world.store.replay import replay, verify
from ninepixel.world.store.save import load_state, write_state
from ninepixel.world.store.slots import MOST_SLOTS
from ninepixel.world.store.snapshot import pack_snapshot, unpack_snapshot
from random_states import differences, random_state
from small_universes import LIVES, THINGS, Parts, ToyUniverse, put_together, small_state, taken_apart

OLD = Path(__file__).parent / "format1.9px"
COLUMNS = {"lives": [c.name for c in LIFE_COLUMNS], "things": [c.name for c in THING_COLUMNS]}
BIG = (1 << 31) - 1


@settings(max_examples=40)
@given(st.integers(0, 1 << 32), st.integers(0, 40), st.integers(1, 3), st.integers(0, 20), st.integers(0, 20))
def test_everything_survives(seed: int, bodies: int, worlds: int, lives: int, things: int) -> None:
    state = random_state(np.random.default_rng(seed), bodies, 6, worlds=worlds, lives=lives, things=things)
    loaded = unpack_snapshot(unpack(pack_snapshot(state, "final")))
    assert differences(state, loaded) == []
    assert compare(state, loaded) == []
    for name in ("lives", "things"):
        assert np.array_equal(loaded.tables[name].block, state.tables[name].block)
        assert loaded.tables[name].capacity == state.tables[name].capacity
    assert loaded.known.dtype == state.known.dtype
    assert loaded.chronicle.dtype == state.chronicle.dtype
    for world in range(worlds):
        for quantity in QUANTITIES:
            loaded.ledger.check(loaded.held(world, quantity), world, quantity)


def test_what_is_loaded_belongs_to_nobody_else() -> None:
    state = small_state()
    envelope = unpack(pack_snapshot(state, "final"))
    one, other = unpack_snapshot(envelope), unpack_snapshot(envelope)
    for part in (one.lives.block, one.things.block, one.known, one.chronicle):
        part += part.dtype.type(1)
    assert differences(other, state) == []


def test_a_loaded_table_of_bodies_has_room_for_everybody_who_may_be_born() -> None:
    state = State.empty(Params(1, 6), capacity=2000, lives=300)
    state.bodies.spawn_many(900, 0, {})
    loaded = unpack_snapshot(unpack(pack_snapshot(state, "final")))
    assert loaded.bodies.capacity >= 1200


# -- hostile files ----------------------------------------------------------------------------------------------------


def value(table: str, column: str, slot: int, to: int) -> Callable[[Parts], None]:
    """Write *to* into one column of the life or thing in *slot*."""
    slots = {"lives": LIVES, "things": THINGS}[table]
    return lambda parts: parts[1][table].__setitem__(COLUMNS[table].index(column) * slots + slot, np.uint32(to).view(np.int32))


def life(column: str, to: int) -> Callable[[Parts], None]:
    return value("lives", column, 3, to & 0xFFFFFFFF)


def thing(column: str, to: int, slot: int = 0) -> Callable[[Parts], None]:
    return value("things", column, slot, to & 0xFFFFFFFF)


def body(column: str, of_life: bool, to: int) -> Callable[[Parts], None]:
    """Write into the first body that is, or is not, the body of a life."""

    def change(parts: Parts) -> None:
        minds = (parts[1]["bodies.traits"] & 0xFF >= int(Kind.MIND)) & (parts[1]["bodies.link"] >= 0)
        parts[1][f"bodies.{column}"][np.flatnonzero(minds == of_life)[0]] = to

    return change


def share_a_body(parts: Parts) -> None:
    bodies = parts[1]["lives"][:LIVES]
    one, other = np.flatnonzero(bodies >= 0)[:2]
    bodies[one] = bodies[other]


def live_in_a_dead_body(parts: Parts) -> None:
    parts[1]["lives"][3] = np.flatnonzero(parts[1]["links"] < 0)[0]


def hoard(parts: Parts) -> None:
    living = np.flatnonzero(parts[1]["lives"][:LIVES] >= 0)[:2]
    for slot in living:
        value("lives", "coins", slot, BIG)(parts)


def sizes(*slots: int) -> Callable[[Parts], None]:
    return lambda parts: parts[0].update(slots=list(slots))


def named(table: str, names: list[str]) -> Callable[[Parts], None]:
    return lambda parts: parts[0].update(slot_columns=parts[0]["slot_columns"] | {table: names})


def meta(**changes: Any) -> Callable[[Parts], None]:
    return lambda parts: parts[0].update(changes)


def without(name: str) -> Callable[[Parts], None]:
    return lambda parts: parts[1].pop(name)


def name_what_lives(kind: str) -> Callable[[Parts], None]:
    """Give the body of a life the identity of the first file or process."""

    def change(parts: Parts) -> None:
        index = int(parts[1]["lives"][:LIVES].max())
        entities = parts[1][f"cold.{kind}"]
        entities[0] = (int(parts[1]["generation"][index]) << 32) | index
        entities.sort()

    return change


def name_the_lifeless(parts: Parts) -> None:
    """Call a file a mind, too."""
    parts[0]["cold"]["MindIdentity"] = 1
    parts[1]["cold.MindIdentity"] = parts[1]["cold.FileIdentity"][:1]
    parts[1]["cold.MindIdentity.name.length"] = np.zeros(1, np.uint32)


LIES: list[tuple[Callable[[Parts], Any], str]] = [
    *(
        (life(name, to), f"the {name} of a life")
        for name in ("near_life", "near_matter", "near_thing", "holding")
        for to in (-2, BIG)
    ),
    *((life(name, to), f"the {name} of a life") for name in ("body", "reading", "post", "foe") for to in (-2, BIG)),
    *((life(name, to), f"the {name} of a life") for name in ("store_r", "store_b", "store_y") for to in (-1, STORE_LIMIT + 1)),
    *((life(name, to), f"the {name} of a life") for name, to in (("role", 8), ("heading", 9), ("heading", -1), ("mood", 4))),
    (life("near_life", LIVES), "the near_life of a life is 9, not -1 to 8"),
    (life("near_thing", THINGS), "the near_thing of a life is 14, not -1 to 13"),
    (life("foe", 2 * LIVES), "the foe of a life is 18, not -1 to 17"),
    (life("coins", -1), "the coins of a life"),
    (hoard, "more coins than can be counted"),
    (life("action", 9), "the move of an action is 9, not 0 to 8"),
    (life("action", 9 << 8), "the act of an action is 9"),
    (life("action", 9 << 16), "the word of an action is 9"),
    (life("action", 1 << 24), "the rest of an action is 1, not 0 to 0"),
    (thing("kind", 5), "the kind of a thing is 5, not 0 to 4"),
    (thing("lies", 3), "the lies of a thing is 3, not 0 to 2"),
    (thing("energy", -1), "the energy of a thing"),
    (thing("energy", 3 * STORE_LIMIT + 1), "the energy of a thing"),
    (thing("strength", -1), "the strength of a thing"),
    (lambda parts: (thing("kind", Thing.SHOT)(parts), thing("owner", LIVES)(parts)), "the owner of a thing is 9, not -1 to 8"),
    (lambda parts: (thing("kind", Thing.EGG)(parts), thing("owner", -2)(parts)), "the owner of a thing is -2"),
    (name_what_lives("FileIdentity"), "a life is in the body of a file or a process"),
    (name_what_lives("ProcessIdentity"), "a life is in the body of a file or a process"),
    (name_the_lifeless, "a mind has a name and no life"),
    (share_a_body, "the body of a life is not its own"),
    (live_in_a_dead_body, "the body of a life is dead"),
    (body("link", True, LIVES), "a body belongs to a life for which there is no slot"),
    (body("link", True, -2), "a body belongs to a life for which there is no slot"),
    (body("link", True, -1), "the body of a life is not its own"),
    (body("traits", True, int(Kind.MATTER)), "the body of a life is not its own"),
    (body("link", False, BIG), "a body is tied to one that never lived|no slot"),
    (lambda parts: parts[1]["chronicle"].__setitem__(1, -1), "chronicle holds negative numbers"),
    (sizes(LIVES, THINGS), "other columns"),
    (sizes(LIVES, THINGS, -1), f"its slots are not 0 to {MOST_SLOTS}"),
    (sizes(LIVES, MOST_SLOTS + 1, 2), f"its slots are not 0 to {MOST_SLOTS}"),
    (meta(slots=[LIVES, THINGS, "2"]), "its slots are not"),
    (meta(slots=[LIVES, THINGS, True]), "its slots are not"),
    (meta(slots=None), "other columns"),
    (sizes(LIVES + 1, THINGS, 2), r"column lives holds 459 values where 510 belong"),
    (sizes(LIVES, THINGS - 1, 2), "column things holds 252 values where 234 belong"),
    (sizes(LIVES, THINGS, 3), "column known holds 18 values where 27 belong"),
    (sizes(MOST_SLOTS, MOST_SLOTS, MOST_SLOTS), "its lives and things needs .* of memory"),
    (named("lives", COLUMNS["lives"][:-1]), "other columns"),
    (named("things", COLUMNS["things"][::-1]), "other columns"),
    *((without(name), f"column {name} holds 0 values") for name in ("lives", "things", "known", "chronicle")),
    (lambda parts: parts[0].pop("slot_columns"), "other columns"),
    (lambda parts: parts[0].pop("slots"), "column chronicle holds 3 values where 0 belong"),
]


@pytest.mark.parametrize(("change", "said"), LIES)
def test_what_the_kernels_would_stumble_over_is_refused(change: Callable[[Parts], Any], said: str) -> None:
    state = small_state()
    state.bodies.kill(state.bodies.spawn())  # an index that is dead
    parts = taken_apart(state)
    unpack_snapshot(put_together(parts))
    change(parts)
    with pytest.raises(Impossible, match=said):
        unpack_snapshot(put_together(parts))


def test_a_state_that_is_only_looked_at_may_hold_anything() -> None:
    parts = taken_apart(small_state())
    life("near_thing", BIG)(parts)
    assert unpack_snapshot(put_together(parts), to_run=False).lives["near_thing"][0, 3] == BIG


# -- the first format -------------------------------------------------------------------------------------------------


def test_a_state_of_the_first_format_is_a_universe_without_lives(tmp_path: Path) -> None:
    """The file was written by the last version that knew no lives: a folder with two files and two minds, three ticks."""
    state = load_state(OLD)
    assert (state.tick, int(state.bodies.count[0])) == (3, 9)
    assert state.ledger.as_dict() == dict.fromkeys(state.ledger.as_dict(), 0) | {"genesis": 71168, "radiance": 5808, "decay": 456}
    assert (int(state.lives.count[0]), int(state.things.count[0]), state.known.size) == (0, 0, 0)
    for quantity in QUANTITIES:
        state.ledger.check(state.held(quantity=quantity), quantity=quantity)
    write_state(tmp_path / "new.9px", state)
    assert differences(load_state(tmp_path / "new.9px"), state) == []


@pytest.mark.parametrize("run", [replay, verify])
def test_a_record_of_the_first_format_is_not_run_again(run: Callable[[Path, Callable[[State], ToyUniverse]], object]) -> None:
    with pytest.raises(OlderFormat, match=r"format1\.9px: written by format 1, .*: it can be loaded and gone on with, but not"):
        run(OLD, ToyUniverse)


def test_a_journal_of_the_first_format_is_not_continued(tmp_path: Path) -> None:
    path = tmp_path / "live.9px"
    path.write_bytes(FIRST_JOURNAL)
    with pytest.raises(OlderFormat, match=r"live\.9px: written by format 1, .*: begin a new journal beside it"):
        open_journal(path)
    assert path.read_bytes() == FIRST_JOURNAL


#: A header of format 1, sort 2, and its checksum.
FIRST_JOURNAL = bytes.fromhex("893970780d0a1a0a01000200f674ac35")
