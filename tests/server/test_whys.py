"""ASK why: of minds in sight, of few a tick, and never a word about the host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ninepixel.server.asks import WATCH_TICKS, WHYS_A_TICK
from ninepixel.server.crowd import Client
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import encode
from ninepixel.server.protocol.session import Asked, Looked
from ninepixel.server.replication.sectors import SECTOR_LOG2
from ninepixel.world.why import FIELDS
from small_courts import FILES, Court


@pytest.fixture
def court(tmp_path: Path) -> Court:
    return Court(tmp_path, minds=4, players=2)


def place(court: Court, slot: int) -> tuple[int, int, int]:
    """The sprite of a mind, and where it is."""
    state = court.universe.pull()
    sprite = int(state.lives["body"][0, slot])
    row = int(state.bodies.row_of[0, sprite])
    return sprite, int(state.bodies["x"][0, row]), int(state.bodies["y"][0, row])


def asked(court: Court, client: Client, *sprites: int, tick: bool = True) -> list[tuple[bool, Any]]:
    """Ask why of some in one tick; whether each was answered, and what."""
    court.ships.clear()
    court.read(client, *(Asked(number, "why", sprite) for number, sprite in enumerate(sprites)))
    if tick:
        court.tick()
    else:
        court.ships.append(court.authority.take_ship())
    return [(ok, body) for _, ok, body in court.sent(client, m.ANSWER)]


def test_a_mind_in_sight_tells_why_and_from_the_second_time_on_its_reward(court: Court) -> None:
    court.tick()
    watcher = court.enter(0, "watch")
    sprite, x, y = place(court, 1)
    court.read(watcher, Looked(x, y, 0))
    ((ok, body),) = asked(court, watcher, sprite)
    assert ok
    assert set(body) == set(FIELDS)
    assert (body["slot"], body["reward"]) == (1, {})
    assert encode(m.ANSWER, 1, True, body)
    ((ok, body),) = asked(court, watcher, sprite)
    assert ok
    assert {"gain", "nearer", "deeds", "sum"} <= set(body["reward"])
    court.tick(WATCH_TICKS + 2)
    ((ok, body),) = asked(court, watcher, sprite)
    assert body["reward"] == {}, "nobody has asked for long, so nobody watched"


def test_what_is_told_was_true_before_the_tick_and_asking_changes_nothing(tmp_path: Path) -> None:
    one, other = Court(tmp_path / "one", minds=4), Court(tmp_path / "other", minds=4)
    admin = one.enter(9, "admin")
    for _ in range(6):
        sprite = place(one, 2)[0]
        ((_, body),) = asked(one, admin, sprite, tick=False)
        one.tick()
        other.tick()
        assert body["next"]["move"] == body["choices"]["move"][int(one.universe.pull().lives["action"][0, 2]) & 255]
    assert one.universe.digest() == other.universe.digest()


def test_who_is_out_of_sight_is_not_told_about_but_to_an_operator(court: Court) -> None:
    court.tick()
    sprite, x, y = place(court, 0)
    watcher, admin, node = court.enter(0, "watch"), court.enter(8, "admin"), court.enter(9, "node")
    shift = court.universe.pull().params.cell_shift
    sector = 1 << SECTOR_LOG2 + shift
    for away, seen in ((0, True), (sector - 1, True), (sector, False), ((1 << 32) - sector + 1, True), (1 << 31, False)):
        court.read(watcher, Looked((x + away) % (1 << 32), y, 0))
        ((ok, body),) = asked(court, watcher, sprite, tick=False)
        assert ok == seen, away
        assert ok or "out of sight" in body
    assert asked(court, admin, sprite, tick=False)[0][0]
    assert not asked(court, node, sprite, tick=False)[0][0], "it lends a machine, and sees nothing"


def test_only_so_many_are_found_out_in_one_tick_and_nobody_waits_for_ever(court: Court) -> None:
    court.tick()
    admin = court.enter(9, "admin")
    sprites = [place(court, slot)[0] for slot in range(4)]
    for _ in range(2):
        told = asked(court, admin, *sprites, sprites[0])
        assert [ok for ok, _ in told] == [*[True] * WHYS_A_TICK, *[False] * (4 - WHYS_A_TICK), True]
        assert "ask again" in told[-2][1]
    asked(court, admin, *sprites[:WHYS_A_TICK], tick=False)  # a universe that stands still answers too
    rest = asked(court, admin, *sprites[WHYS_A_TICK:], tick=False)
    again = asked(court, admin, *sprites, tick=False)
    assert all(ok for ok, _ in rest)
    assert all(ok for ok, _ in again), "of this tick all four are known by now"


def test_what_is_no_mind_is_said_in_a_line_and_no_name_of_the_host_is_told(court: Court) -> None:
    court.tick(20)
    admin = court.enter(9, "admin")
    state = court.universe.pull()
    for sprite in (0, 3, int(state.bodies.next_index[0]), (1 << 53) - 1):
        ((ok, body),) = asked(court, admin, sprite, tick=False)
        assert not ok
        assert "only minds can be asked why" in body
    guardian = int(state.lives["body"][0, int(state.lives.count[0]) - 1])
    if guardian >= 0:
        assert "guardian" in asked(court, admin, guardian, tick=False)[0][1]
    for slot in range(4):
        ((ok, body),) = asked(court, admin, place(court, slot)[0])
        assert ok
        said = repr(body).encode()
        assert not any(part in said for name in FILES for part in (name, name.rpartition(b"/")[2]))
