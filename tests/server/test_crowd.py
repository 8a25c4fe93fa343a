"""Who is connected and who leads which body: comings, goings, grace, receipts and what stands until changed."""

from __future__ import annotations

import numpy as np
import pytest

from ninepixel.server.crowd import GRACE_SECONDS, Client, Crowd
from ninepixel.world.guests import TOLD
from ninepixel.world.laws.lives import Role
from ninepixel.world.state import Params, State

MINDS = 5


def player(number: int, account: int, mode: str = "play") -> Client:
    return Client(number, account, f"guest {account}", mode, "player")


def told(crowd: Crowd) -> list[tuple[int, int, int]]:
    return [tuple(record) for record in np.frombuffer(crowd.take_told(), TOLD).tolist()]


@pytest.fixture
def crowd() -> Crowd:
    return Crowd(MINDS)


def test_a_body_is_led_by_the_account_and_seen_by_its_connection(crowd: Crowd) -> None:
    client = player(0, 7)
    assert crowd.enter(client) is None
    assert crowd.take(7, 3, serial=11, now=0.0) is client
    assert (client.slot, crowd.slots, int(crowd.leader[3]), int(crowd.serial[3])) == (3, {7: 3}, 7, 11)
    assert crowd.release(7) is client
    assert (client.slot, crowd.slots, int(crowd.leader[3])) == (-1, {}, 0)
    assert crowd.release(7) is client, "once more does nothing"


def test_a_body_waits_for_whoever_lost_the_connection(crowd: Crowd) -> None:
    crowd.enter(player(0, 7))
    crowd.take(7, 3, 11, now=0.0)
    crowd.leave(0, now=100.0)
    assert crowd.overdue(100.0 + GRACE_SECONDS - 0.001) == []
    assert crowd.overdue(100.0 + GRACE_SECONDS) == [7]

    back = player(1, 7)
    crowd.enter(back)
    assert back.slot == 3
    assert crowd.overdue(1e9) == [], "who is here waits for nobody"


def test_those_who_are_overdue_come_in_order_of_accounts(crowd: Crowd) -> None:
    for number, account in enumerate((9, 2, 5)):
        crowd.enter(player(number, account))
        crowd.take(account, number, 1, now=0.0)
        crowd.leave(number, now=float(number))
    assert crowd.overdue(GRACE_SECONDS + 1) == [2, 9]
    assert crowd.overdue(GRACE_SECONDS + 2) == [2, 5, 9]


def test_who_vanishes_before_the_body_comes_has_the_same_grace(crowd: Crowd) -> None:
    crowd.enter(player(0, 7))
    crowd.leave(0, now=5.0)
    assert crowd.take(7, 3, 11, now=6.0) is None
    assert crowd.overdue(6.0 + GRACE_SECONDS) == [7], "or the body would stand there for ever"


def test_the_older_connection_of_an_account_goes_and_leads_nobody(crowd: Crowd) -> None:
    older, newer = player(0, 7), player(1, 7)
    crowd.enter(older)
    crowd.take(7, 3, 11, now=0.0)
    assert crowd.enter(newer) is older
    assert (older.slot, newer.slot) == (-1, 3)
    crowd.leave(0, now=1.0)
    assert crowd.overdue(1e9) == [], "the end of the older one is not the end of the account's session"
    assert crowd.of_account[7] is newer


def test_watchers_and_operators_are_nobodys_sessions(crowd: Crowd) -> None:
    playing = player(0, 7)
    crowd.enter(playing)
    crowd.take(7, 3, 11, now=0.0)
    for number, mode in enumerate(("watch", "admin", "node"), 1):
        assert crowd.enter(player(number, 7, mode)) is None
    for number in (1, 2, 3):
        crowd.leave(number, now=1.0)
    assert crowd.of_account == {7: playing}
    assert crowd.left_at == {}
    assert [player(0, 7, mode).sees for mode in ("play", "watch", "admin", "node")] == [True, True, False, False]


def test_strangers_leave_without_a_trace(crowd: Crowd) -> None:
    assert crowd.enter(player(0, 0, "watch")) is None
    assert crowd.enter(player(1, 0, "watch")) is None, "account 0 is nobody's: one does not end the other"
    assert crowd.leave(5, now=0.0) is None
    crowd.leave(0, now=0.0)
    assert list(crowd.clients) == [1]


def test_an_input_stands_until_it_is_changed(crowd: Crowd) -> None:
    client = player(0, 7)
    crowd.enter(client)
    crowd.take(7, 2, 11, now=0.0)
    crowd.tell(client, 4, 1, 2, 3)
    assert crowd.standing_acts() == bytes(6) + bytes((1, 2, 3))
    assert told(crowd) == [(7, 4, 2)]
    assert crowd.standing_acts() == bytes(6) + bytes((1, 2, 3))
    assert told(crowd) == [], "a receipt is given once"
    crowd.tell(client, 5, 8, 0, 0)
    crowd.tell(client, 6, 0, 1, 0)
    assert crowd.standing_acts()[6:] == bytes((0, 1, 0))
    assert told(crowd) == [(7, 6, 2)], "the newest number stands for those before"


def test_receipts_are_in_order_of_slots(crowd: Crowd) -> None:
    for number, (account, slot) in enumerate(((9, 4), (2, 0), (5, 1))):
        client = player(number, account)
        crowd.enter(client)
        crowd.take(account, slot, 1, now=0.0)
        crowd.tell(client, 10 + number, 1, 1, 1)
    assert told(crowd) == [(2, 11, 0), (5, 12, 1), (9, 10, 4)]
    assert len(crowd.standing_acts()) == 3 * 5


def test_a_body_without_its_player_rests_but_what_was_said_counts(crowd: Crowd) -> None:
    client = player(0, 7)
    crowd.enter(client)
    crowd.take(7, 2, 11, now=0.0)
    crowd.tell(client, 4, 1, 2, 3)
    crowd.leave(0, now=0.0)
    assert not any(crowd.standing_acts())
    assert told(crowd) == [(7, 4, 2)], "it was taken in: whoever comes back need not say it again"


def test_what_was_said_of_a_body_that_is_gone_is_forgotten(crowd: Crowd) -> None:
    client = player(0, 7)
    crowd.enter(client)
    crowd.take(7, 2, 11, now=0.0)
    crowd.tell(client, 4, 1, 2, 3)
    crowd.release(7)
    assert (crowd.standing_acts(), told(crowd)) == (b"", [])
    crowd.take(8, 2, 12, now=0.0)
    assert crowd.standing_acts() == bytes(9), "the next one does not inherit it"


def test_another_body_replaces_the_first(crowd: Crowd) -> None:
    client = player(0, 7)
    crowd.enter(client)
    crowd.take(7, 2, 11, now=0.0)
    crowd.take(7, 4, 12, now=0.0)
    assert (client.slot, crowd.slots) == (4, {7: 4})
    assert crowd.leader.tolist() == [0, 0, 0, 0, 7]


def test_bodies_are_lost_by_death_by_instinct_and_by_another_birth(crowd: Crowd) -> None:
    state = State.empty(Params(1, 6, 1), capacity=8, lives=MINDS, things=1, known=1)
    lives = state.lives
    lives["body"][0] = [0, 1, -1, 3, 4]
    lives["role"][0] = [Role.GUEST, Role.INSTINCT, Role.GUEST, Role.GUEST, Role.GUEST]
    lives["serial"][0] = [21, 22, 23, 99, 25]
    for slot in range(4):
        crowd.take(100 - slot, slot, 21 + slot, now=0.0)
    assert crowd.lost(state) == [99, 98, 97], "led by instinct, dead, somebody else; slot 0 lives and slot 4 is nobody's"
