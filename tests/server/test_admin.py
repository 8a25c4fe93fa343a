"""What operators can order."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.server.accounts import Accounts
from ninepixel.server.admin import (
    ADMIN_VERBS,
    OPERATOR_KEY,
    AccountOrders,
    BadOrder,
    check_order,
    first_operator,
    rows_body,
)
from ninepixel.server.audit import Audit
from ninepixel.server.database import open_database
from ninepixel.server.identity import Identity
from ninepixel.server.protocol.gate import Admission, Refusal

NOW = 1_700_000_040.0


class Desk:
    """Accounts of an operator (1) and of Ann (2), and what follows orders about them."""

    def __init__(self, folder: Path) -> None:
        self.database = open_database(folder / "a.db")
        self.accounts = Accounts(self.database, clock=lambda: NOW)
        self.audit = Audit(self.database, clock=lambda: NOW)
        self.orders = AccountOrders(self.accounts, self.audit)
        self.accounts.enrol(b"o" * 32, "operator", "operator")
        self.accounts.enrol(b"a" * 32, "Ann", "player")

    def order(self, verb: str, **args: Any) -> dict[str, Any]:
        return self.orders.obey(verb, check_order(verb, args), by=1, now=NOW)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.database.close()


def test_arguments_are_filled_in() -> None:
    assert check_order("ban", {"who": "Ann"}) == {"who": "Ann", "seconds": 0, "why": ""}
    assert check_order("pause", {}) == {}
    assert check_order("rate", {"hz": 60}) == {"hz": 60}


@pytest.mark.parametrize(
    ("verb", "args", "said"),
    [
        ("sudo", {}, "there is no order 'sudo'; there are who, stats, kick"),
        ("rate", {}, "rate needs hz: an integer from 10 to 60"),
        ("rate", {"hz": 5}, "rate: hz is an integer from 10 to 60, not 5"),
        ("rate", {"hz": True}, "rate: hz is an integer from 10 to 60, not True"),
        ("rate", {"hz": "20"}, "rate: hz is an integer from 10 to 60, not '20'"),
        ("rate", {"hz": None}, "rate: hz is an integer from 10 to 60, not None"),
        ("pause", {"now": 1}, "pause takes no 'now'; it takes nothing"),
        ("kick", {"who": ""}, "kick: who is an account's number or name, not ''"),
        ("kick", {"who": "a\x1b[2J"}, "kick: who is an account's number or name"),
        ("kick", {"who": "Ann", "why": "x" * 201}, "kick: why is text of at most 200 characters"),
        ("role", {"who": "Ann", "role": "god"}, "role: role is guest, player, operator or node, not 'god'"),
        ("audit", {"limit": 10**9}, "audit: limit is an integer from 1 to 500"),
    ],
)
def test_a_wrong_order_is_said_on_one_line(verb: str, args: dict[str, Any], said: str) -> None:
    with pytest.raises(BadOrder) as caught:
        check_order(verb, args)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
)


@given(
    st.sampled_from([*ADMIN_VERBS, "x"]),
    st.dictionaries(st.sampled_from(["who", "why", "seconds", "hz", "role", "limit", "what", "by", "?"]), plain, max_size=5),
)
def test_whatever_is_ordered_is_checked_or_refused(verb: str, args: dict[str, Any]) -> None:
    try:
        checked = check_order(verb, args)
    except BadOrder:
        return
    assert set(checked) == {argument.name for argument in ADMIN_VERBS[verb].arguments}
    assert all(type(value) in (int, str) for value in checked.values())
    assert check_order(verb, checked) == checked
    assert args.items() <= checked.items()


def test_defaults_may_be_given_and_every_verb_is_explained() -> None:
    for verb in ADMIN_VERBS.values():
        assert verb.about.endswith(".")
        for argument in verb.arguments:
            assert argument.about.endswith(".")
            assert argument.default is None or argument.checked(argument.default) == argument.default


def test_bans_roles_and_their_end(desk: Desk) -> None:
    assert desk.order("ban", who="Ann", seconds=60, why="noise") == {"account": 2, "name": "Ann", "until": int(NOW) + 60}
    assert isinstance(desk.accounts.admit(b"a" * 32, "", "play"), Refusal)
    assert desk.order("unban", who="2") == {"account": 2, "name": "Ann"}
    assert desk.order("role", who="ann", role="operator") == {"account": 2, "name": "Ann", "role": "operator"}
    assert desk.order("ban", who="Ann")["until"] == 0


def test_an_invite_is_told_once_and_works(desk: Desk) -> None:
    body = desk.order("invite", role="node", seconds=600)
    assert (body["role"], body["expires"]) == ("node", int(NOW) + 600)
    decided = desk.accounts.admit(b"n" * 32, "Nod", "node", body["invite"])
    assert isinstance(decided, Admission)
    assert len(body["invite"]) <= 64  # what HELLO can carry


@pytest.mark.parametrize(
    ("verb", "args", "said"),
    [
        ("ban", {"who": "Bob"}, "there is no account 'Bob'"),
        ("ban", {"who": "operator"}, "one does not ban oneself"),
        ("unban", {"who": "Ann"}, "account 2 is not banned"),
        ("role", {"who": "1", "role": "player"}, "account 1 is the last operator"),
        ("audit", {"who": "Bob"}, "there is no account 'Bob'"),
        ("pause", {}, "pause is not about accounts"),
    ],
)
def test_what_cannot_be_followed_is_said(desk: Desk, verb: str, args: dict[str, Any], said: str) -> None:
    with pytest.raises(BadOrder, match=said):
        desk.order(verb, **args)


def test_the_audit_shows_acts_and_bytes(desk: Desk) -> None:
    desk.audit.note(1, "kick", {"who": "Ann"}, tick=5)
    desk.audit.left("pixels", 100, account=2)
    desk.audit.left("chat", 7, account=1)
    body = desk.order("audit")
    assert body["columns"] == ["time", "tick", "account", "act", "arguments", "outcome"]
    assert body["rows"] == [[int(NOW), 5, 1, "kick", '{"who": "Ann"}', "done"]]
    assert desk.order("audit", who="Ann")["rows"] == []
    assert desk.order("audit", what="bytes") == {"columns": ["class", "bytes"], "rows": [["pixels", 100], ["chat", 7]]}
    assert desk.order("audit", what="bytes", by="account", who="Ann")["rows"] == [[2, 100]]


def test_a_table_is_bounded() -> None:
    assert len(rows_body(("n",), ([n] for n in range(10_000)))["rows"]) == 500


def test_the_first_start_makes_an_operator_and_the_second_does_not(desk: Desk, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    with open_database(fresh / "a.db") as database:
        accounts = Accounts(database)
        made = first_operator(accounts, fresh)
        assert made == fresh / OPERATOR_KEY
        assert stat.S_IMODE(made.stat().st_mode) == 0o600
        key = Identity.load(made).key
        assert isinstance(accounts.admit(key, "", "admin"), Admission)
        assert first_operator(accounts, fresh) is None
    assert first_operator(desk.accounts, tmp_path) is None  # it has one
    assert not (tmp_path / OPERATOR_KEY).exists()


def test_a_store_that_lost_its_accounts_or_its_operator_is_given_back_to_the_key(tmp_path: Path) -> None:
    identity = Identity.load_or_create(tmp_path / OPERATOR_KEY)
    with open_database(tmp_path / "a.db") as database:
        accounts = Accounts(database)
        assert isinstance(accounts.admit(identity.key, "Ann", "play"), Admission)
        accounts.ban(1, by=0)
        assert first_operator(accounts, tmp_path) == tmp_path / OPERATOR_KEY
        decided = accounts.admit(identity.key, "", "admin")
        assert decided == Admission(1, "operator", "Ann")
