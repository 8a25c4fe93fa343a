"""The authority, without sockets: who may do what, what it is told, and that nothing is done twice, forgotten or made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from faulty_disk import FaultyDisk
from ninepixel.server.authority import OVERVIEW_TICKS, YOU_TICKS
from ninepixel.server.crowd import GRACE_SECONDS, Client
from ninepixel.server.durable import DiskFull
from ninepixel.server.earshot import EARSHOT
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import encode
from ninepixel.server.protocol.session import Acted, Asked, Joined, Left, Looked, Pinged, Resync, Said
from ninepixel.world.commands import Command
from ninepixel.world.guests import TOLD
from ninepixel.world.laws.lives import Role
from ninepixel.world.state import State
from small_courts import PERIOD, Court, act

MINDS, PLAYERS = 2, 4


@pytest.fixture
def court(tmp_path: Path) -> Court:
    return Court(tmp_path, minds=MINDS, players=PLAYERS)


def life(court: Court, client: Client, column: str) -> int:
    return int(court.universe.pull().lives[column][0, client.slot])


def put(court: Court, client: Client, x: int, y: int) -> None:
    """Move a player's body to a place."""
    bodies = court.universe.pull().bodies
    entity = bodies.entity_at(int(bodies.row_of[0, life(court, client, "body")]))
    bodies.set(entity, x=x % (1 << 32), y=y % (1 << 32), vx=0, vy=0)


# -- a body -----------------------------------------------------------------------------------------------------------


def test_joining_gives_a_body_that_is_named_shown_and_acknowledged(court: Court) -> None:
    client = court.enter(7)
    court.read(client, Joined(1))
    assert court.tick().acks == {7: 1}
    assert life(court, client, "role") == Role.GUEST
    tick, slot, sprite, x, y, *_ = court.sent(client, m.YOU)[-1]
    assert (tick, slot, sprite) == (court.universe.tick, client.slot, life(court, client, "body"))
    assert (x, y) == (client.x, client.y)
    court.read(client, Asked(1, "mind", sprite))
    court.tick()
    (asked, ok, body) = court.sent(client, m.ANSWER)[-1]
    assert (asked, ok, body["name"], body["led_by"], body["slot"]) == (1, True, "guest 7", "guest", slot)


def test_an_input_moves_the_body_in_every_tick_until_it_is_changed(court: Court) -> None:
    client = court.join(7)
    court.read(client, act(2, move=3, utter=5))
    assert court.tick().acks == {7: 2}
    for _ in range(3):
        assert life(court, client, "action") == 3 | 5 << 16
        court.tick()
    court.read(client, act(3))
    court.tick()
    assert life(court, client, "action") == 0
    assert court.acks(7) == [1, 2, 3]


def test_a_body_that_is_given_back_is_led_by_its_instinct(court: Court) -> None:
    client = court.join(7)
    slot = client.slot
    court.read(client, act(2, move=3), Left(3))
    assert court.tick().acks == {7: 3}
    assert client.slot == -1
    assert court.universe.pull().lives["role"][0, slot] == Role.INSTINCT
    assert court.sent(client, m.YOU)[-1][1] == -1


def test_who_joins_again_leads_the_mind_that_was_given_back(court: Court) -> None:
    client = court.join(7)
    slot, body = client.slot, life(court, client, "body")
    court.read(client, Left(2))
    court.tick(5)
    court.read(client, Joined(3))
    court.tick()
    assert (client.slot, life(court, client, "body"), life(court, client, "role")) == (slot, body, Role.GUEST)
    assert court.refusals(client) == []


def test_a_death_is_told_and_frees_for_another_body(court: Court) -> None:
    client = court.join(7)
    court.universe.pull().lives["health"][0, client.slot] = 0
    court.tick()
    assert client.slot == -1
    assert [code for code, *_ in court.sent(client, m.NOTICE)] == ["died"]
    assert court.sent(client, m.YOU)[-1][1] == -1
    assert any(kind == "death" and text.startswith("guest 7") for _, kind, _, _, _, text in court.sent(client, m.MOMENT))
    court.read(client, Joined(2))
    court.tick()
    assert client.slot >= 0


# -- once, and only once ----------------------------------------------------------------------------------------------


def test_who_joins_a_body_that_dies_in_that_tick_is_told(court: Court) -> None:
    client = court.join(7)
    slot = client.slot
    court.read(client, Left(2))
    court.tick()
    court.read(client, Joined(3))
    court.universe.pull().lives["health"][0, slot] = 0
    assert court.tick().acks == {7: 3}
    assert [code for code, *_ in court.sent(client, m.NOTICE)] == ["died"]
    assert court.sent(client, m.YOU)[-1][1] == client.slot == -1
    court.read(client, Joined(4))
    court.tick()
    assert client.slot >= 0


def test_what_is_sent_again_is_acknowledged_again_and_not_done_again(court: Court) -> None:
    client = court.join(7)
    court.read(client, act(2, move=3), Said(3, "here"))
    court.tick()
    court.leave(client)
    again = court.enter(7)
    court.read(again, Joined(1), act(2, move=3), Said(3, "here"), Left(3))
    assert court.tick().acks == {7: 3}
    assert again.slot >= 0
    assert court.refusals(again) == []
    assert len(court.sent(client, m.HEARD)) == 1
    assert court.sent(again, m.HEARD) == []
    assert life(court, again, "action") == 0, "an input of another connection does not stand any more"


def test_what_is_sent_again_within_its_tick_is_done_once(court: Court) -> None:
    client = court.join(7)
    court.read(client, act(2, move=1), Said(3, "here"), act(4, move=2))
    court.leave(client)
    again = court.enter(7)
    court.read(again, act(2, move=1), Said(3, "here"), act(4, move=2))
    assert court.tick().acks == {7: 4}
    assert len(court.sent(again, m.HEARD)) == 1
    digest, history = court.replayed()
    assert digest == court.universe.digest()
    assert history.twice == []


def test_the_older_connection_of_an_account_is_ended_and_moves_nobody(court: Court) -> None:
    older = court.join(7)
    newer = court.enter(7)
    court.read(older, act(2, move=3))
    ship = court.tick()
    assert [(number, code) for number, code, _ in ship.endings] == [(older.number, "elsewhere")]
    assert (older.slot, newer.slot >= 0) == (-1, True)
    assert court.refusals(older) == [("body", 2)]
    assert life(court, newer, "action") == 0
    court.leave(older)
    court.tick(int(GRACE_SECONDS / PERIOD) // 100)
    assert newer.slot >= 0


def test_a_body_waits_for_the_one_who_leads_it_and_is_then_given_back(court: Court) -> None:
    client = court.join(7)
    slot = client.slot
    court.read(client, act(2, move=3))
    court.leave(client)
    assert court.tick().acks == {7: 2}, "what was said before the connection was lost counts"
    court.now += GRACE_SECONDS - 1
    court.tick()
    back = court.enter(7)
    court.tick()
    assert (back.slot, court.sent(back, m.YOU)[0][1]) == (slot, slot)

    court.leave(back)
    court.now += GRACE_SECONDS
    court.tick()
    assert court.universe.pull().lives["role"][0, slot] == Role.INSTINCT
    assert court.authority.crowd.slots == {}
    assert court.authority.desk.last_seq(7) == 2
    late = court.enter(7)
    assert late.slot == -1


def test_who_vanishes_while_the_body_comes_does_not_hold_it_for_ever(court: Court) -> None:
    client = court.enter(7)
    court.read(client, Joined(1))
    court.leave(client)
    court.tick()
    slot = court.authority.crowd.slots[7]
    court.now += GRACE_SECONDS
    court.tick()
    assert court.universe.pull().lives["role"][0, slot] == Role.INSTINCT


# -- refusals ---------------------------------------------------------------------------------------------------------


def test_without_a_body_nothing_can_be_done_with_it(court: Court) -> None:
    client = court.enter(7)
    court.read(client, act(1, move=3), Said(2, "hello"), Left(3))
    assert court.tick().acks == {}
    assert court.refusals(client) == [("body", 1), ("body", 2), ("body", 3)]
    assert court.authority.desk.last_seq(7) == 0


def test_nobody_has_two_bodies(court: Court) -> None:
    client = court.join(7)
    court.read(client, Joined(2))
    court.tick()
    assert court.refusals(client) == [("body", 2)]
    impatient = court.enter(8)
    court.read(impatient, Joined(1), Joined(2))
    assert court.tick().acks == {8: 1}
    assert [seq for _, seq in court.refusals(impatient)] == [2]


def test_a_name_that_lives_already_is_refused(court: Court) -> None:
    court.join(7)
    namesake = court.enter(8)
    namesake.name = "guest 7"
    court.read(namesake, Joined(1))
    court.tick()
    assert court.refusals(namesake) == [("name", 1)]


def test_when_every_slot_is_taken_nobody_else_gets_one(court: Court) -> None:
    players = [court.join(account) for account in range(1, PLAYERS + 1)]
    assert sorted(player.slot for player in players) == list(range(MINDS, MINDS + PLAYERS))
    late = court.enter(9)
    court.read(late, Joined(1))
    assert court.tick().acks == {}
    assert court.refusals(late) == [("full", 1)]
    court.universe.pull().lives["health"][0, players[0].slot] = 0
    court.tick(2)
    court.read(late, Joined(2))
    court.tick()
    assert late.slot == MINDS, "death makes room"


def test_where_no_slot_is_open_the_youngest_resident_is_led(court: Court) -> None:
    players = [court.join(account) for account in range(1, PLAYERS + 1)]
    slots = [player.slot for player in players]
    for player in players[:3]:
        court.read(player, Left(2))
        court.tick()
    late = [court.enter(account) for account in (7, 8)]
    for client in late:
        court.read(client, Joined(1))
    court.tick()
    assert [client.slot for client in late] == [slots[2], slots[1]]
    court.read(players[0], Joined(3))
    court.read(players[1], Joined(3))
    court.tick()
    assert (players[0].slot, players[1].slot) == (slots[0], -1), "one's own comes first, and nobody loses a body that is led"
    assert court.refusals(players[1]) == [("full", 3)]
    assert court.replayed()[0] == court.universe.digest()


def test_where_nobody_may_speak_nobody_speaks(tmp_path: Path) -> None:
    court = Court(tmp_path, chat=False)
    client = court.join(7)
    court.read(client, Said(2, "hello"))
    court.tick()
    assert court.refusals(client) == [("consent", 2)]
    assert court.sent(client, m.HEARD) == []


# -- words ------------------------------------------------------------------------------------------------------------


def test_words_reach_whoever_is_within_earshot(court: Court) -> None:
    speaker, near, far = (court.join(account) for account in (1, 2, 3))
    cell = 1 << court.universe.pull().params.cell_shift
    for client, cells in ((speaker, 0), (near, EARSHOT - 1), (far, EARSHOT + 2)):
        put(court, client, (1 << 32) - 2 * cell + cells * cell, 0)  # across the seam of the torus
    court.tick()
    court.read(speaker, Said(2, "é!"))
    court.tick()
    heard = [court.sent(client, m.HEARD) for client in (speaker, near, far)]
    assert heard[0] == heard[1] == [(court.universe.tick, life(court, speaker, "body"), "guest 1", "é!")]
    assert heard[2] == []


def test_watchers_hear_what_is_said_where_they_look(court: Court) -> None:
    speaker, watcher, away, admin = court.join(1), court.enter(0, "watch"), court.enter(0, "watch"), court.enter(5, "admin")
    court.read(watcher, Looked(speaker.x, speaker.y, 0))
    court.read(away, Looked((speaker.x + (1 << 31)) % (1 << 32), speaker.y, 1))
    assert court.universe.pull().params.side // 2 > 32, "or away is not away"
    court.read(speaker, Said(2, "hello"))
    court.tick()
    assert [len(court.sent(client, m.HEARD)) for client in (watcher, away, admin)] == [1, 0, 0]


# -- questions --------------------------------------------------------------------------------------------------------


def test_questions_are_answered_whatever_is_asked(court: Court) -> None:
    client = court.enter(0, "watch")
    nowhere = (0, 1, 5, (1 << 30), (1 << 32) - 1, (1 << 53) - 1)
    asked = [(what, about) for what in ("mind", "name", "moments", "", "mind ", "x" * 24) for about in nowhere]
    court.read(client, *(Asked(number, what, about) for number, (what, about) in enumerate(asked)))
    court.tick()
    answers = court.sent(client, m.ANSWER)
    assert [number for number, *_ in answers] == list(range(len(asked)))
    for number, ok, body in answers:
        assert ok == isinstance(body, dict)
        assert encode(m.ANSWER, number, ok, body)
    unknown = [body for (what, _), (_, ok, body) in zip(asked, answers, strict=True) if what not in ("mind", "name", "moments")]
    assert all("ask about" in body for body in unknown)


def test_every_mind_and_guardian_can_be_asked_about(court: Court) -> None:
    client = court.join(7)
    court.tick(40)
    lives = court.universe.pull().lives
    bodies = lives["body"][0, : int(lives.count[0])]
    alive = bodies[bodies >= 0].tolist()
    court.read(client, *(Asked(sprite, "mind", sprite) for sprite in alive))
    court.tick()
    facts = {number: body for number, ok, body in court.sent(client, m.ANSWER) if ok}
    assert sorted(facts) == sorted(alive)
    assert {fact["led_by"] for fact in facts.values()} == {"instinct", "guest", "guardian"}
    assert all(len(fact["genome"]) == 9 and encode(m.ANSWER, 1, True, fact) for fact in facts.values())


def test_names_are_told_with_consent_alone_and_counted_as_names(tmp_path: Path) -> None:
    def name_of(state: State, sprite: int) -> str | None:
        return "shared.md" if sprite == 1 else None

    court = Court(tmp_path, name_of=name_of)
    client = court.enter(0, "watch")
    court.read(client, Asked(1, "name", 1), Asked(2, "name", 2))
    letters = [letter for letter in court.tick().letters if letter.number == m.ANSWER]
    assert [(letter.fields[1:], letter.kind) for letter in letters] == [
        ((True, {"name": "shared.md"}), "names"),
        ((False, "its name is not shared by the owner of this host"), ""),
    ]


def test_moments_are_told_to_all_and_kept_for_those_who_come_later(court: Court) -> None:
    watcher = court.enter(0, "watch")
    court.join(7)
    (moment,) = court.sent(watcher, m.MOMENT)
    assert (moment[1], moment[5]) == ("birth", "guest 7 is born")
    late = court.enter(0, "watch")
    court.read(late, Asked(1, "moments", 0), Asked(2, "moments", court.universe.tick + 1))
    ship = [court.tick()]
    assert court.sent(late, m.MOMENT, ship) == [moment]
    first, second = (body["moments"] for _, _, body in court.sent(late, m.ANSWER, ship))
    assert first == [list(moment)]
    assert second == []


# -- what is seen -----------------------------------------------------------------------------------------------------


def test_frames_show_the_state_of_their_tick(court: Court) -> None:
    player, watcher, admin = court.join(7), court.enter(0, "watch"), court.enter(9, "admin")
    court.read(player, act(2, move=3))
    court.tick(70)
    for client in (player, watcher):
        view, compared = court.view(client), 0
        for sector in view.window:
            for ground in (False, True):
                if view.known(sector, ground=ground):
                    assert view.hash(sector, ground=ground) == court.checks[view.tick(sector, ground=ground)][ground][sector]
                    compared += 1
        assert compared == 2 * len(view.window) == 18
    frames = court.ships[-1].frames
    assert frames is not None
    assert admin.number >= len(frames.ends) - 1 or not frames.of(admin.number), "who sees nothing is sent nothing"


def test_a_watcher_looks_where_it_wants_and_a_player_from_its_body(court: Court) -> None:
    watcher, player = court.enter(0, "watch"), court.join(7)
    sectors = court.authority.replicator.keeper.sectors
    for client in (watcher, player):
        court.read(client, Looked(0, 0, 3))
    start = len(court.ships)
    court.tick(3)
    assert court.view(watcher, court.ships[start:]).centre == 0
    assert court.view(watcher, court.ships[start:]).reach == 3
    seen = court.view(player)
    assert seen.reach == 1
    assert sectors.of(player.x, player.y) in seen.window
    put(court, player, player.x + (1 << 31), player.y)
    court.tick(3)
    assert court.view(player).centre == sectors.of(player.x, player.y), "the window follows the body"


def test_a_player_is_told_of_its_body_every_few_ticks(court: Court) -> None:
    player = court.join(7)
    before = len(court.sent(player, m.YOU))
    court.tick(5 * YOU_TICKS)
    assert len(court.sent(player, m.YOU)) == before + 5


def test_watchers_get_the_overview_and_pings_are_answered(court: Court) -> None:
    watcher, player = court.enter(0, "watch"), court.join(7)
    court.read(player, Pinged(5))
    court.tick(OVERVIEW_TICKS)
    assert [tick for tick, _ in court.sent(watcher, m.OVERVIEW)] == [0, OVERVIEW_TICKS], "at once, and again and again"
    assert court.sent(player, m.OVERVIEW) == []
    assert court.sent(player, m.PONG)[0][0] == 5


def test_who_has_yet_to_read_gets_no_frame_and_then_the_latest(court: Court) -> None:
    player, other = court.join(7), court.join(8)
    court.read(player, act(2, move=3))
    court.tick(40)
    start = len(court.ships)
    court.authority.busy = frozenset({player.number, 999})
    court.tick(40)
    behind = [ship.frames.of(player.number) for ship in court.ships[start:] if ship.frames is not None]
    assert not any(behind)
    assert any(ship.frames.of(other.number) for ship in court.ships[start:] if ship.frames is not None)
    court.authority.busy = frozenset()
    before = court.universe.tick
    court.tick(4)
    view = court.view(player)
    for sector in view.window:
        assert view.hash(sector) == court.checks[view.tick(sector)][False][sector]
    assert view.tick(court.authority.replicator.keeper.sectors.of(player.x, player.y)) > before, "and not what it has missed"


def test_a_sector_that_was_lost_is_sent_whole(court: Court) -> None:
    player = court.join(7)
    court.tick(10)
    sector = court.authority.replicator.keeper.sectors.of(player.x, player.y)
    fresh = court.view(player)
    start = len(court.ships)
    court.read(player, Resync(sector), Resync(65535))
    court.tick(2)
    again = court.view(player, court.ships[:1] + court.ships[start:])
    assert again.hash(sector, ground=True) == fresh.hash(sector, ground=True)


def test_those_who_have_gone_are_sent_nothing_and_their_number_is_free(court: Court) -> None:
    player, watcher = court.join(7), court.enter(0, "watch")
    court.tick()
    court.leave(player)
    court.read(player, act(9, move=1), Asked(1, "mind", 0))
    ship = court.tick()
    assert ship.gone == [player.number]
    assert court.sent(player, m.ANSWER) == []
    other = court.enter(0, "watch", number=player.number)
    court.tick()
    assert court.ships[-1].welcomed == [other.number]
    court.leave(watcher)
    court.leave(watcher)
    assert court.tick().gone == [watcher.number], "once"


# -- standing still ---------------------------------------------------------------------------------------------------


def test_what_is_asked_of_a_universe_that_stands_still_is_answered(court: Court) -> None:
    assert not court.authority.take_ship().frames
    assert not court.authority.take_ship(), "there is nothing to say"
    watcher = court.enter(0, "watch")
    court.read(watcher, Pinged(1))
    ship = court.authority.take_ship()
    assert ship
    assert (ship.frames, ship.welcomed) == (None, [watcher.number])
    assert [letter.number for letter in ship.letters] == [m.OVERVIEW, m.PONG]


def test_a_tick_that_the_journal_cannot_take_has_not_happened(tmp_path: Path) -> None:
    court = Court(tmp_path)
    court.join(7)
    tick, digest = court.universe.tick, court.universe.digest()
    court.store.log.next += 1  # a journal that expects another tick
    with pytest.raises(Exception, match="goes on with tick"):
        court.tick()
    assert (court.universe.tick, court.universe.digest()) == (tick, digest)


def test_a_disk_that_is_full_keeps_what_waits(tmp_path: Path) -> None:
    disk = FaultyDisk(tmp_path, 5)
    court = Court(tmp_path, disk=disk)
    client = court.join(7)
    court.read(client, act(2, move=3))
    disk.room = 0
    with pytest.raises(DiskFull):
        court.tick()
    assert court.store.durable == court.universe.tick - 2
    disk.room = None
    assert court.store.commit() == court.universe.tick - 1
    assert court.replayed()[0] == court.universe.digest()


# -- the journal alone ------------------------------------------------------------------------------------------------


def test_the_journal_alone_leads_to_the_same_state(court: Court) -> None:
    players = [court.join(account) for account in (1, 2, 3)]
    rng = np.random.default_rng(5)
    for seq in range(2, 60):
        for player in players:
            if player.slot >= 0:
                court.read(player, Acted(seq, *rng.integers(0, 9, 3).tolist()))
        court.tick(1, [Command("matter.vanish", b"src/b.py")] if seq == 20 else [])
    court.read(players[0], Left(100))
    court.leave(players[1])
    court.now += GRACE_SECONDS
    court.tick(3)
    digest, history = court.replayed()
    assert digest == court.universe.digest()
    assert history.twice == []
    assert history.desk == court.authority.desk
    assert [history.desk.last_seq(account) for account in (1, 2, 3)] == [100, 59, 59]
    assert [history.desk.name(account) for account in (1, 2, 3)] == [b"", b"", b"guest 3"]


def test_commands_of_the_host_that_make_no_sense_stop_nobody(court: Court) -> None:
    client = court.join(7)
    court.read(client, act(2, move=1))
    assert court.tick(1, [Command("matter.appear", b"x"), Command("no.such", b"")]).acks == {7: 2}
    assert court.replayed()[0] == court.universe.digest()


def test_receipts_of_a_tick_are_in_its_one_command(court: Court) -> None:
    players = [court.join(account) for account in (5, 4)]
    for player in players:
        court.read(player, act(2, move=1), act(3, move=2))
    seen = list[Command]()
    sift = court.universe.sift

    def look(commands: list[Command]) -> tuple[list[Command], list[tuple[Command, str]]]:
        seen.extend(commands)
        return sift(commands)

    court.universe.sift = look  # type: ignore[assignment, method-assign]
    court.tick()
    (command,) = seen
    assert command.verb == "minds.act"
    assert np.frombuffer(command.data["told"], TOLD).tolist() == [(5, 3, players[0].slot), (4, 3, players[1].slot)]
    assert len(command.data["acts"]) == 3 * (players[1].slot + 1)
