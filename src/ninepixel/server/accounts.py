"""Who may come in, and as whom: keys, names, roles, bans, invites and the tokens that resume a session.

A person is an Ed25519 public key; the protocol's session has checked that the peer holds its private half before it asks here.
Secrets (invites, tokens) are kept as hashes: whoever reads the file cannot use them. All times are seconds since 1970, because
expiries outlive the process; ``clock`` is the only place they come from.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ninepixel.server.database import Database, DatabaseError, DatabaseFull
from ninepixel.server.player_names import BadName, checked_name, is_reserved, name_key
from ninepixel.server.protocol import messages
from ninepixel.server.protocol.gate import Admission, Refusal

Role = Literal["guest", "player", "operator", "node"]
ROLES: tuple[Role, ...] = ("guest", "player", "operator", "node")
#: As what an unknown key is enrolled in an open universe.
_ENROLLED: dict[str, Role] = {"play": "player", "node": "node"}

#: An account that is nobody's: watchers without a key.
NOBODY = 0
TOKEN_SECONDS = 24 * 3600
#: Used and expired invites are kept this long, so that one can see who came by which.
INVITE_MEMORY = 90 * 24 * 3600
LONGEST_WHY = 200


class AccountError(ValueError):
    """An operator asked for something that cannot be; the message says what."""


@dataclass(frozen=True, slots=True)
class Account:
    """One row: who *key* (32 bytes) is. *banned_until*: None, a time, or 0 for ever."""

    account: int
    key: bytes
    name: str
    role: Role
    created: int
    seen: int
    banned_until: int | None
    banned_why: str | None
    banned_by: int | None

    def is_banned(self, now: float) -> bool:
        """Whether a ban stands at *now*."""
        return self.banned_until is not None and (self.banned_until == 0 or now < self.banned_until)


class Accounts:
    """The accounts of one universe; what the protocol's ``Gate`` asks.

    :param entry: ``"open"``: unknown keys become players (or nodes); ``"invite"``: they need an invite.
    :param watchers: whether people without an account may watch.
    :param most: accounts that there can be; enrolling costs a stranger nothing, a row costs us.
    :param above: the highest account that the universe's journal knows: who is new gets a higher number. So a row that a crash
        took (who comes without an invite is written lazily) cannot leave its number, and what goes with it, to somebody else.
    """

    def __init__(
        self,
        database: Database,
        *,
        entry: Literal["open", "invite"] = "open",
        watchers: bool = True,
        most: int = 1_000_000,
        token_seconds: int = TOKEN_SECONDS,
        above: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.entry, self.watchers, self.most, self.token_seconds = entry, watchers, most, token_seconds
        self._last = above
        self._database, self._clock = database, clock

    # -- what the gate asks ------------------------------------------------------------------------------------------------

    def admit(self, key: bytes, name: str, mode: str, invite: str = "") -> Admission | Refusal:
        """Whether the holder of *key* (``b""``: somebody without one) may come in to *mode*, and as whom.

        A known key keeps the name it came with first, and needs no invite. An unknown one is enrolled: durably with an invite,
        lazily without, so that a crowd that arrives does not wait for the disk one by one.
        """
        if mode not in messages.MODES:
            return Refusal("mode", f"there is no mode {mode!r:.20}: play, watch, node or admin")
        if not key:
            return self._admit_nobody(mode)
        try:
            known = self.by_key(key)
            if known is None and mode == "watch" and not invite:
                return self._admit_nobody(mode)
            found = self._enrol(key, name, mode, invite) if known is None else known
            return found if isinstance(found, Refusal) else self._let_in(found, mode)
        except DatabaseError as error:
            return _unavailable(error)

    def resume(self, token: bytes) -> Admission | Refusal:
        """Who holds *token*, to play. It is spent by that: a copy of the message opens nothing, the welcome has the next one."""
        now, digest = self._clock(), _hash(token)
        try:
            with self._database.lazily() as connection:
                rows = connection.execute("DELETE FROM tokens WHERE hash = ? RETURNING account, expires", (digest,)).fetchall()
            known = self.by_number(rows[0][0]) if rows and now < rows[0][1] else None
        except DatabaseError as error:
            return _unavailable(error)
        if known is None:
            return Refusal("token", "the resume token is unknown, used or too old: say hello with your key instead")
        return self._let_in(known, "play")

    def token_for(self, account: int) -> bytes:
        """A fresh resume token of 32 bytes; an earlier one is void. ``b""`` where there can be none."""
        if account == NOBODY:
            return b""
        token = secrets.token_bytes(messages.TOKEN_BYTES)
        try:
            with self._database.lazily() as connection:
                row = (account, _hash(token), int(self._clock()) + self.token_seconds)
                connection.execute("INSERT OR REPLACE INTO tokens (account, hash, expires) VALUES (?, ?, ?)", row)
        except (DatabaseError, sqlite3.IntegrityError):  # no room, or no such account: they log in with their key next time
            return b""
        return token

    # -- looking up --------------------------------------------------------------------------------------------------------

    def by_key(self, key: bytes) -> Account | None:
        """The account of a public key."""
        return self._one("key = ?", key)

    def by_number(self, account: int) -> Account | None:
        """The account of a number."""
        return self._one("account = ?", account) if 0 < account < 1 << 32 else None

    def find(self, who: str) -> Account:
        """The account that *who* (a number, or a name) means.

        :raises AccountError: when there is none.
        """
        number = who.isascii() and who.isdecimal() and len(who) <= 10
        named = name_key(who[:64]).encode("utf-8", "replace").decode()  # half characters are nobody's
        found = self.by_number(int(who)) if number else self._one("name_key = ?", named)
        if found is None:
            raise AccountError(f"there is no account {who!r:.80}: give its number or its name (ninepixel admin who lists them)")
        return found

    def every(self, limit: int = 1000) -> list[Account]:
        """The accounts last seen, newest first."""
        return [Account(*row) for row in self._database.read(f"{_SELECT} ORDER BY seen DESC, account LIMIT ?", (limit,))]

    def __len__(self) -> int:
        return int(self._database.read("SELECT coalesce(max(account), 0) FROM accounts")[0][0])  # none is ever deleted

    # -- what operators do -------------------------------------------------------------------------------------------------

    def ban(self, account: int, *, by: int, seconds: int = 0, why: str = "") -> Account:
        """Keep an account out for *seconds* (0: for ever) and end its tokens.

        :raises AccountError: when there is no such account, or it is the last operator's.
        """
        self._known(account)
        self._keep_an_operator(account)
        until = 0 if seconds == 0 else int(self._clock()) + seconds
        self._change(account, "banned_until = ?, banned_why = ?, banned_by = ?", until, why[:LONGEST_WHY], by)
        return self._known(account)

    def unban(self, account: int) -> Account:
        """Let an account in again.

        :raises AccountError: when there is no such account, or it is not banned.
        """
        if not self._known(account).is_banned(self._clock()):
            raise AccountError(f"account {account} is not banned")
        return self.pardon(account)

    def pardon(self, account: int) -> Account:
        """As :meth:`unban`, whether a ban stands or not."""
        self._change(account, "banned_until = NULL, banned_why = NULL, banned_by = NULL")
        return self._known(account)

    def set_role(self, account: int, role: Role) -> Account:
        """Give an account another role and end its tokens.

        :raises AccountError: when there is no such account or role, or it is the last operator's.
        """
        if role not in ROLES:
            raise AccountError(f"there is no role {role!r:.20}: {', '.join(ROLES)}")
        self._known(account)
        if role != "operator":
            self._keep_an_operator(account)
        self._change(account, "role = ?", role)
        return self._known(account)

    def invite(self, *, by: int, role: Role = "player", seconds: int = 7 * 24 * 3600) -> str:
        """A secret that enrols one unknown key as *role* within *seconds*. It is told once and kept as a hash."""
        if role not in ROLES or seconds < 1:
            raise AccountError(
                f"an invite is for one of {', '.join(ROLES)} and at least a second, not {role!r:.20} and {seconds}"
            )
        secret, now = f"9px-{secrets.token_urlsafe(24)}", int(self._clock())
        with self._database.durable() as connection:
            connection.execute("DELETE FROM invites WHERE max(expires, coalesce(used, 0)) < ?", (now - INVITE_MEMORY,))
            row = (_invite_hash(secret), role, now, by, now + seconds)
            connection.execute("INSERT INTO invites (hash, role, made, made_by, expires) VALUES (?, ?, ?, ?, ?)", row)
        return secret

    def enrol(self, key: bytes, name: str, role: Role) -> Account:
        """Enrol *key* as the owner of the server orders it, durably, or give its account *role*; *name* may be of the house."""
        known = self.by_key(key)
        if known is not None:
            return known if known.role == role else self.set_role(known.account, role)
        with self._database.durable() as connection:
            account = self._insert(connection, key, self._free_name(connection, name, plain=True), role)
        return self._known(account)

    def operators(self) -> list[Account]:
        """The operators who can come in."""
        now = self._clock()
        found = [Account(*row) for row in self._database.read(f"{_SELECT} WHERE role = 'operator' ORDER BY account")]
        return [account for account in found if not account.is_banned(now)]

    def flush(self) -> None:
        """Make lazy writes (tokens, when somebody was seen) durable, and forget expired tokens; once a second is plenty.

        :raises DatabaseError: when it cannot be written; what waited is dropped, and nobody but the forgetful notices.
        """
        with self._database.durable() as connection:
            connection.execute("DELETE FROM tokens WHERE expires <= ?", (int(self._clock()),))

    # -- inside ------------------------------------------------------------------------------------------------------------

    def _admit_nobody(self, mode: str) -> Admission | Refusal:
        if mode != "watch":
            return Refusal("anonymous", f"to {mode} needs an identity; without a key one can watch")
        if not self.watchers:
            return Refusal("anonymous", "this universe is not open to watchers")
        return Admission(NOBODY, "guest", "")

    def _let_in(self, known: Account, mode: str) -> Admission | Refusal:
        now = self._clock()
        if known.is_banned(now):
            until = (
                time.strftime("until %Y-%m-%d %H:%M UTC", time.gmtime(known.banned_until)) if known.banned_until else "for good"
            )
            return Refusal("banned", f"this account is banned {until}{f': {known.banned_why}' if known.banned_why else ''}")
        may = messages.MODES[mode]
        if known.role not in may:
            return Refusal("role", f"a {known.role} may not open mode {mode}: that takes {' or '.join(may)}; ask an operator")
        with contextlib.suppress(DatabaseError), self._database.lazily() as connection:  # a full disk keeps nobody out
            connection.execute("UPDATE accounts SET seen = ? WHERE account = ?", (int(now), known.account))
        return Admission(known.account, known.role, known.name)

    def _enrol(self, key: bytes, name: str, mode: str, invite: str) -> Account | Refusal:
        """Make an account for an unknown key: by its invite, or because the universe is open."""
        try:
            name = checked_name(name) if name else ""
        except BadName as error:
            return Refusal("name", str(error))
        if is_reserved(name):
            return Refusal("name", f"the name {name!r} is not free to take; choose another")
        if not invite and mode not in _ENROLLED:
            return Refusal("role", f"this key is unknown here: to {mode} needs an account that may")
        if not invite and self.entry == "invite":
            return Refusal("invite", "one enters this universe by invitation: ask its operator for an invite and name it")
        if len(self) >= self.most:
            return Refusal("full", f"this universe takes no more accounts: it has {self.most}")
        try:
            with self._database.durable() if invite else self._database.lazily() as connection:
                role = self._redeemed(connection, invite) if invite else _ENROLLED[mode]
                if role is None:
                    return Refusal("invite", "this invite is unknown, used or too old: ask the operator for another")
                account = self._insert(connection, key, name or self._free_name(connection, role), role)
                if invite:
                    connection.execute("UPDATE invites SET used_by = ? WHERE hash = ?", (account, _invite_hash(invite)))
        except sqlite3.IntegrityError:  # nothing was written: the invite is still good
            return Refusal("name", f"somebody is called {name!r} already; choose another name")
        return self._known(account)

    def _redeemed(self, connection: sqlite3.Connection, invite: str) -> Role | None:
        """The role that *invite* gives, spending it; None when it is no good."""
        now = int(self._clock())
        rows = connection.execute(
            "UPDATE invites SET used = ? WHERE hash = ? AND used IS NULL AND expires > ? RETURNING role",
            (now, _invite_hash(invite), now),
        ).fetchall()
        return rows[0][0] if rows else None

    def _insert(self, connection: sqlite3.Connection, key: bytes, name: str, role: Role) -> int:
        now = int(self._clock())
        number = self._next(connection)
        row = (number, key, name, name_key(name), role, now, now)
        sql = "INSERT INTO accounts (account, key, name, name_key, role, created, seen) VALUES (?, ?, ?, ?, ?, ?, ?)"
        connection.execute(sql, row)
        self._last = number
        return number

    def _next(self, connection: sqlite3.Connection) -> int:
        """The number of the account that is about to be: one that nobody ever had."""
        (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'accounts'").fetchone()
        return max(int(last), self._last) + 1

    def _free_name(self, connection: sqlite3.Connection, stem: str, *, plain: bool = False) -> str:
        """*stem* (where it may stand *plain*), or numbered by the account that is about to be, and on where that is taken."""
        number = self._next(connection)
        names = [stem] if plain else []
        names += [f"{stem}-{number}", *(f"{stem}-{number}-{n}" for n in range(2, 100))]
        taken = "SELECT 1 FROM accounts WHERE name_key = ?"
        return next((n for n in names if not connection.execute(taken, (name_key(n),)).fetchone()), secrets.token_hex(8))

    def _change(self, account: int, assignment: str, *values: Any) -> None:
        with self._database.durable() as connection:
            connection.execute(f"UPDATE accounts SET {assignment} WHERE account = ?", (*values, account))
            connection.execute("DELETE FROM tokens WHERE account = ?", (account,))

    def _keep_an_operator(self, account: int) -> None:
        if [operator.account for operator in self.operators()] == [account]:
            raise AccountError(f"account {account} is the last operator: make another one first")

    def _known(self, account: int) -> Account:
        found = self.by_number(account)
        if found is None:
            raise AccountError(f"there is no account {account}")
        return found

    def _one(self, where: str, value: Any) -> Account | None:
        rows = self._database.read(f"{_SELECT} WHERE {where}", (value,))
        return Account(*rows[0]) if rows else None


_SELECT = "SELECT account, key, name, role, created, seen, banned_until, banned_why, banned_by FROM accounts"


def _hash(secret: bytes) -> bytes:
    """A plain hash is enough: what it hides is random and long."""
    return hashlib.blake2b(secret, digest_size=32, person=b"9px secret").digest()


def _invite_hash(invite: str) -> bytes:
    return _hash(invite.encode("utf-8", "replace"))


def _unavailable(error: DatabaseError) -> Refusal:
    if isinstance(error, DatabaseFull):
        return Refusal("disk", "the server's disk is full: nobody new can be enrolled for the moment")
    return Refusal("disk", "the server cannot read its accounts at the moment: try again later")
