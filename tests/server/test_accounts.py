"""Who may come in, and as whom."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ninepixel.server.accounts import NOBODY, AccountError, Accounts, Role
from ninepixel.server.database import Database, DatabaseDamaged, open_database
from ninepixel.server.protocol.gate import Admission, Refusal
from ninepixel.server.protocol.messages import MODES, REFUSALS

ANN, BEN, CEY = (bytes([n]) * 32 for n in (1, 2, 3))


class Clock:
    """A time that tests set."""

    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "accounts.db") as opened:
        yield opened


@pytest.fixture
def accounts(database: Database, clock: Clock) -> Accounts:
    return Accounts(database, clock=clock)


@pytest.fixture
def closed(database: Database, clock: Clock) -> Accounts:
    return Accounts(database, entry="invite", clock=clock)


def came_in(decided: Admission | Refusal) -> Admission:
    assert isinstance(decided, Admission), decided
    return decided


def refused(decided: Admission | Refusal) -> str:
    assert isinstance(decided, Refusal), decided
    assert decided.code in REFUSALS
    assert "\n" not in decided.text
    return decided.code


def test_in_an_open_universe_an_unknown_key_becomes_a_player_and_keeps_its_number_and_name(accounts: Accounts) -> None:
    ann = came_in(accounts.admit(ANN, "Ann", "play"))
    assert (ann.role, ann.name) == ("player", "Ann")
    assert came_in(accounts.admit(ANN, "Somebody", "play")) == ann
    assert came_in(accounts.admit(BEN, "Ben", "play")).account == ann.account + 1
    assert len(accounts) == 2


def test_accounts_outlive_the_process(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db") as database:
        ann = came_in(Accounts(database).admit(ANN, "Ann", "play"))
    with open_database(tmp_path / "a.db") as database:
        assert came_in(Accounts(database).admit(ANN, "", "play")) == ann


def test_the_number_of_an_account_is_never_given_again(database: Database, accounts: Accounts) -> None:
    first = came_in(accounts.admit(ANN, "Ann", "play")).account
    with database.durable() as connection:
        connection.execute("DELETE FROM accounts")
    assert came_in(accounts.admit(BEN, "Ben", "play")).account > first


@pytest.mark.parametrize("name", ["Ann", "ANN", "ａｎｎ"])
def test_two_keys_cannot_have_one_name(accounts: Accounts, name: str) -> None:
    accounts.admit(ANN, "Ann", "play")
    assert refused(accounts.admit(BEN, name, "play")) == "name"
    assert len(accounts) == 1


def test_bad_and_reserved_names_enrol_nobody(accounts: Accounts) -> None:
    for name in ("123", "a\u202eb", "x" * 25, "Ileices", "operator"):
        assert refused(accounts.admit(ANN, name, "play")) == "name"
    assert len(accounts) == 0


def test_whoever_has_no_name_gets_one_that_is_free(accounts: Accounts) -> None:
    accounts.admit(ANN, "player-2", "play")
    names = [came_in(accounts.admit(bytes([n]) * 32, "", "play")).name for n in (2, 3)]
    assert names == ["player-2-2", "player-3"]


def test_without_a_key_one_watches_and_nothing_else(accounts: Accounts, database: Database, clock: Clock) -> None:
    assert accounts.admit(b"", "Ann", "watch") == Admission(NOBODY, "guest", "")
    for mode in ("play", "node", "admin"):
        assert refused(accounts.admit(b"", "Ann", mode)) == "anonymous"
    assert refused(Accounts(database, watchers=False, clock=clock).admit(b"", "", "watch")) == "anonymous"
    assert len(accounts) == 0


def test_watching_with_an_unknown_key_enrols_nobody_and_a_known_one_is_known(accounts: Accounts) -> None:
    assert came_in(accounts.admit(ANN, "Ann", "watch")).account == NOBODY
    ann = came_in(accounts.admit(ANN, "Ann", "play"))
    assert came_in(accounts.admit(ANN, "", "watch")) == ann


def test_only_operators_administer(accounts: Accounts) -> None:
    assert refused(accounts.admit(ANN, "Ann", "admin")) == "role"
    assert len(accounts) == 0
    ann = came_in(accounts.admit(ANN, "Ann", "play")).account
    assert refused(accounts.admit(ANN, "", "admin")) == "role"
    accounts.set_role(ann, "operator")
    assert came_in(accounts.admit(ANN, "", "admin")).role == "operator"


@pytest.mark.parametrize("role", ["guest", "player", "operator", "node"])
def test_a_role_opens_its_modes_and_no_other(accounts: Accounts, role: Role) -> None:
    accounts.enrol(ANN, "Ann", role)
    opened = {mode for mode in MODES if isinstance(accounts.admit(ANN, "", mode), Admission)}
    assert opened == {mode for mode, roles in MODES.items() if role in roles}


def test_an_unknown_mode_is_refused(accounts: Accounts) -> None:
    assert isinstance(accounts.admit(ANN, "Ann", "root"), Refusal)


def test_a_universe_takes_as_many_accounts_as_it_is_told(database: Database, clock: Clock) -> None:
    accounts = Accounts(database, most=1, clock=clock)
    came_in(accounts.admit(ANN, "Ann", "play"))
    assert refused(accounts.admit(BEN, "Ben", "play")) == "full"
    came_in(accounts.admit(ANN, "", "play"))


# -- invites ----------------------------------------------------------------------------------------------------------


def test_an_invite_lets_in_one_unknown_key_once_as_its_role(closed: Accounts) -> None:
    assert refused(closed.admit(ANN, "Ann", "play")) == "invite"
    invite = closed.invite(by=1, role="operator")
    assert came_in(closed.admit(ANN, "Ann", "admin", invite)).role == "operator"
    assert refused(closed.admit(BEN, "Ben", "play", invite)) == "invite"
    came_in(closed.admit(ANN, "Ann", "play"))  # who is known needs none
    came_in(closed.admit(ANN, "Ann", "play", invite))  # and may go on naming the old one
    assert len(closed) == 1


def test_an_invite_expires(closed: Accounts, clock: Clock) -> None:
    invite = closed.invite(by=1, seconds=60)
    clock.now += 60
    assert refused(closed.admit(ANN, "Ann", "play", invite)) == "invite"
    invite = closed.invite(by=1, seconds=60)
    clock.now += 59
    came_in(closed.admit(ANN, "Ann", "play", invite))


def test_an_invite_is_not_spent_by_a_hello_that_is_refused(closed: Accounts) -> None:
    invite, other = closed.invite(by=1), closed.invite(by=1)
    came_in(closed.admit(BEN, "Ben", "play", other))
    assert refused(closed.admit(ANN, "Ben", "play", invite)) == "name"
    assert refused(closed.admit(ANN, "1", "play", invite)) == "name"
    came_in(closed.admit(ANN, "Ann", "play", invite))


def test_an_invite_for_a_node_does_not_play_but_is_known(closed: Accounts) -> None:
    assert refused(closed.admit(ANN, "Ann", "play", closed.invite(by=1, role="node"))) == "role"
    assert came_in(closed.admit(ANN, "", "node")).role == "node"


@given(st.text(max_size=64))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_guess_is_an_invite(closed: Accounts, guess: str) -> None:
    closed.invite(by=1)
    assert refused(closed.admit(ANN, "Ann", "play", guess)) == "invite"


def test_an_invite_is_for_a_role_and_some_time(accounts: Accounts) -> None:
    with pytest.raises(AccountError, match="one of guest"):
        accounts.invite(by=1, role="god")  # type: ignore[arg-type]
    with pytest.raises(AccountError, match="at least a second"):
        accounts.invite(by=1, seconds=0)


# -- tokens -----------------------------------------------------------------------------------------------------------


def test_a_token_resumes_once_and_an_earlier_one_is_void(accounts: Accounts) -> None:
    ann = came_in(accounts.admit(ANN, "Ann", "play"))
    first, second = accounts.token_for(ann.account), accounts.token_for(ann.account)
    assert len(first) == len(second) == 32
    assert refused(accounts.resume(first)) == "token"
    assert came_in(accounts.resume(second)) == ann
    assert refused(accounts.resume(second)) == "token"


def test_a_token_expires(accounts: Accounts, clock: Clock) -> None:
    ann = came_in(accounts.admit(ANN, "Ann", "play")).account
    token = accounts.token_for(ann)
    clock.now += accounts.token_seconds - 1
    accounts.flush()
    came_in(accounts.resume(token))
    token = accounts.token_for(ann)
    clock.now += accounts.token_seconds
    assert refused(accounts.resume(token)) == "token"


def test_expired_tokens_are_forgotten(accounts: Accounts, database: Database, clock: Clock) -> None:
    accounts.token_for(came_in(accounts.admit(ANN, "Ann", "play")).account)
    clock.now += accounts.token_seconds
    accounts.flush()
    assert database.read("SELECT * FROM tokens") == []


def test_tokens_outlive_the_process_and_expire_meanwhile(tmp_path: Path, clock: Clock) -> None:
    with open_database(tmp_path / "a.db") as database:
        accounts = Accounts(database, clock=clock)
        token = accounts.token_for(came_in(accounts.admit(ANN, "Ann", "play")).account)
    with open_database(tmp_path / "a.db") as database:
        assert came_in(Accounts(database, clock=clock).resume(token)).name == "Ann"


@pytest.mark.parametrize("guess", [b"", bytes(32), b"x" * 32, b"x" * 5000])
def test_no_guess_is_a_token(accounts: Accounts, guess: bytes) -> None:
    accounts.token_for(came_in(accounts.admit(ANN, "Ann", "play")).account)
    assert refused(accounts.resume(guess)) == "token"


def test_nobody_has_no_token_and_neither_has_who_is_not(accounts: Accounts) -> None:
    assert accounts.token_for(NOBODY) == b""
    assert accounts.token_for(4711) == b""


def test_the_file_holds_no_secret_that_opens_anything(tmp_path: Path, clock: Clock) -> None:
    with open_database(tmp_path / "a.db") as database:
        accounts = Accounts(database, clock=clock)
        token = accounts.token_for(came_in(accounts.admit(ANN, "Ann", "play")).account)
        invite = accounts.invite(by=1)
        accounts.flush()
        raw = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    raw += (tmp_path / "a.db").read_bytes()
    assert ANN in raw  # the test reads what was written
    assert token not in raw
    assert invite.encode() not in raw
    assert invite.removeprefix("9px-").encode() not in raw


# -- bans and roles ---------------------------------------------------------------------------------------------------


def test_a_ban_keeps_out_by_key_and_by_token_until_it_ends(accounts: Accounts, clock: Clock) -> None:
    ann = came_in(accounts.admit(ANN, "Ann", "play")).account
    token = accounts.token_for(ann)
    accounts.ban(ann, by=9, seconds=100, why="shouting")
    assert refused(accounts.resume(token)) == "token"
    for mode in MODES:
        decided = accounts.admit(ANN, "", mode)
        assert refused(decided) == "banned"
    assert isinstance(decided, Refusal)
    assert decided.text == "this account is banned until 2023-11-14 22:15 UTC: shouting"
    clock.now += 100
    came_in(accounts.admit(ANN, "", "play"))


def test_a_ban_for_good_ends_when_it_is_lifted(accounts: Accounts, clock: Clock) -> None:
    ann = came_in(accounts.admit(ANN, "Ann", "play")).account
    banned = accounts.ban(ann, by=9)
    assert (banned.banned_until, banned.banned_by) == (0, 9)
    clock.now += 10**9
    decided = accounts.admit(ANN, "", "play")
    assert refused(decided) == "banned"
    assert "for good" in str(decided)
    accounts.unban(ann)
    came_in(accounts.admit(ANN, "", "play"))
    with pytest.raises(AccountError, match="is not banned"):
        accounts.unban(ann)


def test_another_role_ends_the_token(accounts: Accounts) -> None:
    ann = came_in(accounts.admit(ANN, "Ann", "play")).account
    token = accounts.token_for(ann)
    assert accounts.set_role(ann, "node").role == "node"
    assert refused(accounts.resume(token)) == "token"


def test_the_last_operator_stays(accounts: Accounts) -> None:
    boss = accounts.enrol(ANN, "operator", "operator").account
    calls: list[Callable[[], object]] = [lambda: accounts.set_role(boss, "player"), lambda: accounts.ban(boss, by=1)]
    for call in calls:
        with pytest.raises(AccountError, match="the last operator"):
            call()
    other = accounts.enrol(BEN, "operator", "operator")
    assert other.name == "operator-2"
    for call in calls:
        call()
    assert [operator.account for operator in accounts.operators()] == [other.account]


def test_enrolling_a_known_key_gives_it_the_role(accounts: Accounts) -> None:
    ann = came_in(accounts.admit(ANN, "Ann", "play")).account
    assert accounts.enrol(ANN, "operator", "operator").account == ann
    assert accounts.enrol(ANN, "operator", "operator").name == "Ann"


def test_accounts_are_found_by_number_and_by_name_however_it_is_written(accounts: Accounts) -> None:
    ann = came_in(accounts.admit(ANN, "Ann B", "play")).account
    for who in (str(ann), "Ann B", "ann b", "ＡＮＮ b"):
        assert accounts.find(who).account == ann
    for who in ("", "Bob", "99", "4294967296", "9" * 40, "x" * 10_000, "\ud800"):
        with pytest.raises(AccountError, match="there is no account"):
            accounts.find(who)


@pytest.mark.parametrize("account", [0, -1, 5, 1 << 32])
def test_orders_about_nobody_are_refused(accounts: Accounts, account: int) -> None:
    calls: list[Callable[[], object]] = [
        lambda: accounts.ban(account, by=1),
        lambda: accounts.set_role(account, "player"),
        lambda: accounts.unban(account),
    ]
    for call in calls:
        with pytest.raises(AccountError, match="there is no account"):
            call()


def test_when_somebody_was_seen_is_kept(accounts: Accounts, clock: Clock) -> None:
    accounts.admit(ANN, "Ann", "play")
    clock.now += 10
    accounts.admit(BEN, "Ben", "play")
    clock.now += 10
    accounts.admit(ANN, "", "play")
    assert [(a.name, a.seen - a.created) for a in accounts.every()] == [("Ann", 20), ("Ben", 0)]


# -- when the disk is full or the file is damaged ---------------------------------------------------------------------


def test_on_a_full_disk_the_known_come_in_and_the_unknown_are_told_why(accounts: Accounts, database: Database) -> None:
    came_in(accounts.admit(ANN, "Ann", "play"))
    (pages,) = database.read("PRAGMA page_count")[0]
    database.read(f"PRAGMA max_page_count = {pages}")
    decided: Admission | Refusal = Refusal("", "")
    for n in range(500):
        decided = accounts.admit(n.to_bytes(32, "little"), f"n{n}" + "x" * 18, "play")
        if isinstance(decided, Refusal):
            break
    assert refused(decided) == "disk"
    assert "disk is full" in str(decided)
    came_in(accounts.admit(ANN, "", "play"))
    database.read(f"PRAGMA max_page_count = {pages + 100}")
    came_in(accounts.admit(CEY, "Cey", "play"))


def test_a_file_that_cannot_be_read_lets_nobody_in_and_breaks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    database = open_database(path)
    accounts = Accounts(database)
    for n in range(300):
        accounts.admit(n.to_bytes(32, "little"), f"n{n}", "play")
    database.flush()
    database.read("PRAGMA wal_checkpoint(TRUNCATE)")
    database.read("PRAGMA cache_size = 1")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (path.stat().st_size - 4096))
    assert refused(accounts.admit(BEN, "Ben", "play")) == "disk"
    assert refused(accounts.resume(bytes(32))) == "disk"
    assert accounts.token_for(1) == b""
    with contextlib.suppress(DatabaseDamaged):
        database.close()


def test_threads_may_ask_at_once(accounts: Accounts) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def visit(n: int) -> int:
        admission = came_in(accounts.admit(n.to_bytes(32, "little"), f"n{n}", "play"))
        token = accounts.token_for(admission.account)
        return came_in(accounts.resume(token)).account

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(visit, range(40)))
    assert sorted(numbers) == list(range(1, 41))


def test_a_number_that_the_journal_knows_is_nobody_elses_even_when_its_row_is_lost(tmp_path: Path) -> None:
    with open_database(tmp_path / "accounts.db") as database:
        accounts = Accounts(database, above=41)
        assert came_in(accounts.admit(ANN, "Ann", "play")).account == 42
    with open_database(tmp_path / "accounts.db") as database:
        assert came_in(Accounts(database, above=0).admit(ANN, "", "play")).account == 42, "closing the file wrote it"


def test_a_row_that_a_full_disk_dropped_does_not_give_its_number_away(database: Database) -> None:
    accounts = Accounts(database)
    first = came_in(accounts.admit(ANN, "Ann", "play")).account
    database._connection.execute("ROLLBACK")
    assert accounts.by_key(ANN) is None
    assert came_in(accounts.admit(BEN, "Ben", "play")).account == first + 1
