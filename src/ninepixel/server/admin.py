"""What operators can order: one table of verbs that the server checks by, the command line is made of and the docs list.

An order travels as ``ADMIN [id, verb, args]``; *args* is a map of what the table names. The answer's body is a map: single
values, or ``columns`` (a list of names) and ``rows`` (a list of lists).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ninepixel.server.accounts import ROLES, AccountError, Accounts
from ninepixel.server.audit import Audit
from ninepixel.server.identity import Identity

Kind = Literal["who", "text", "int", "seconds", "choice"]
DAY = 86_400
#: The identity file that a store's first operator is made from.
OPERATOR_KEY = "operator.key"
#: Answers are bounded; so are the rows that fit one.
MOST_ROWS = 500


class BadOrder(ValueError):
    """An order that cannot be followed; the message says why, on one line."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a verb.

    :param kind: ``who`` (an account's number or name), ``text`` (*high* characters at most), ``int`` or ``seconds`` (*low* to
        *high*), ``choice`` (one of *choices*).
    :param default: its value where it is left out; None: it must be given.
    """

    name: str
    kind: Kind
    about: str
    default: str | int | None = None
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()

    def allowed(self) -> str:
        """What it may be, in words."""
        match self.kind:
            case "who":
                return "an account's number or name"
            case "text":
                return f"text of at most {self.high} characters"
            case "choice":
                return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"
        return f"an integer from {self.low} to {self.high}{' (seconds)' if self.kind == 'seconds' else ''}"

    def checked(self, value: Any) -> str | int | None:
        """*value* if it may be that, else None."""
        match self.kind:
            case "int" | "seconds":
                return value if type(value) is int and self.low <= value <= self.high else None
            case "choice":
                return value if type(value) is str and value in self.choices else None
        longest = 64 if self.kind == "who" else self.high
        fits = type(value) is str and len(value) <= longest and (not value or value.isprintable())
        return value if fits and (value or self.default == "") else None


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing that operators can order."""

    name: str
    about: str
    arguments: tuple[Argument, ...] = ()


_WHO = Argument("who", "who", "Whom: the number or the name of an account.")
_WHY = Argument("why", "text", "What they are told.", "", high=200)

ADMIN_VERBS: Mapping[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb(
            "who",
            "List who is connected.",
            (Argument("limit", "int", "How many at most.", 200, 1, MOST_ROWS),),
        ),
        Verb("stats", "Tell the figures of the server: ticks, lateness, clients, bytes, disk."),
        Verb("kick", "End somebody's session; they may come back.", (_WHO, _WHY)),
        Verb(
            "ban",
            "Keep somebody out.",
            (_WHO, Argument("seconds", "seconds", "For how long; 0 is for good.", 0, 0, 3650 * DAY), _WHY),
        ),
        Verb("unban", "Let somebody in again.", (_WHO,)),
        Verb(
            "role",
            "Give an account another role.",
            (_WHO, Argument("role", "choice", "Which role.", choices=ROLES)),
        ),
        Verb(
            "invite",
            "Make an invite: a secret that lets in one newcomer.",
            (
                Argument("role", "choice", "As what.", "player", choices=ROLES),
                Argument("seconds", "seconds", "How long it is good.", 7 * DAY, 60, 365 * DAY),
            ),
        ),
        Verb("pause", "Hold the universe still."),
        Verb("resume", "Let it go on."),
        Verb("rate", "Set how many ticks a second are aimed at.", (Argument("hz", "int", "Ticks a second.", None, 10, 60),)),
        Verb("snapshot", "Write a snapshot now."),
        Verb(
            "drain",
            "Stop the server: take nobody new, tell everybody, write a snapshot, end.",
            (Argument("seconds", "seconds", "How long clients are given to leave.", 10, 0, 3600),),
        ),
        Verb(
            "audit",
            "Show what operators did (acts), or what left the server (bytes).",
            (
                Argument("what", "choice", "Which of the two.", "acts", choices=("acts", "bytes")),
                Argument("by", "choice", "How bytes are summed.", "class", choices=("class", "account", "peer", "interval")),
                Argument("seconds", "seconds", "How far back.", DAY, 1, 3650 * DAY),
                Argument("who", "who", "Of this account alone.", ""),
                Argument("limit", "int", "How many rows at most.", 100, 1, MOST_ROWS),
            ),
        ),
    )
}


def check_order(verb: str, args: Mapping[str, Any]) -> dict[str, str | int]:
    """The arguments of an order, with defaults for those left out.

    :raises BadOrder: when there is no such verb, or an argument is missing, unknown or wrong.
    """
    known = ADMIN_VERBS.get(verb)
    if known is None:
        raise BadOrder(f"there is no order {verb!r:.40}; there are {', '.join(ADMIN_VERBS)}")
    unknown = args.keys() - {argument.name for argument in known.arguments}
    if unknown:
        raise BadOrder(
            f"{verb} takes no {min(unknown)!r:.40}; it takes {', '.join(a.name for a in known.arguments) or 'nothing'}"
        )
    checked: dict[str, str | int] = {}
    for argument in known.arguments:
        if argument.name not in args and argument.default is None:
            raise BadOrder(f"{verb} needs {argument.name}: {argument.allowed()}")
        value = argument.checked(args.get(argument.name, argument.default))
        if value is None:
            raise BadOrder(f"{verb}: {argument.name} is {argument.allowed()}, not {args[argument.name]!r:.60}")
        checked[argument.name] = value
    return checked


def rows_body(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """The body of an answer that is a table."""
    return {"columns": list(columns), "rows": [list(row) for row in rows][:MOST_ROWS]}


def first_operator(accounts: Accounts, folder: Path) -> Path | None:
    """See that a store has an operator: without one, the identity in its ``operator.key`` becomes one and is made if need be.

    Whoever can read that file (mode 0600) may administer the server; nothing else in the store makes an operator.

    :returns: the key file when its identity has been enrolled now, else None.
    :raises IdentityError: when it cannot be read or made. :raises DatabaseError: when it cannot be enrolled.
    """
    if accounts.operators():
        return None
    path = folder / OPERATOR_KEY
    account = accounts.enrol(Identity.load_or_create(path).key, "operator", "operator")
    if account.banned_until is not None:
        accounts.pardon(account.account)
    return path


class AccountOrders:
    """Follows the orders that are about accounts and the audit log alone: ban, unban, role, invite and audit."""

    VERBS = ("ban", "unban", "role", "invite", "audit")

    def __init__(self, accounts: Accounts, audit: Audit) -> None:
        self._accounts, self._audit = accounts, audit

    def obey(self, verb: str, args: Mapping[str, Any], *, by: int, now: float) -> dict[str, Any]:
        """Follow one order of operator *by* whose arguments :func:`check_order` has seen; the body of the answer.

        After a ban or another role the account's session must be ended, too: that is the caller's, ``account`` says whose.

        :param now: seconds since 1970.
        :raises BadOrder: when it cannot be followed. :raises DatabaseError: when the accounts cannot be written.
        """
        try:
            match verb:
                case "ban":
                    return self._ban(args, by)
                case "unban":
                    freed = self._accounts.unban(self._accounts.find(args["who"]).account)
                    return {"account": freed.account, "name": freed.name}
                case "role":
                    changed = self._accounts.set_role(self._accounts.find(args["who"]).account, args["role"])
                    return {"account": changed.account, "name": changed.name, "role": changed.role}
                case "invite":
                    invite = self._accounts.invite(by=by, role=args["role"], seconds=args["seconds"])
                    return {"invite": invite, "role": args["role"], "expires": int(now) + args["seconds"]}
                case "audit":
                    return self._show(args, now)
        except AccountError as error:
            raise BadOrder(str(error)) from None
        raise BadOrder(f"{verb} is not about accounts")

    def _ban(self, args: Mapping[str, Any], by: int) -> dict[str, Any]:
        whom = self._accounts.find(args["who"])
        if whom.account == by:
            raise BadOrder("one does not ban oneself")
        banned = self._accounts.ban(whom.account, by=by, seconds=args["seconds"], why=args["why"])
        return {"account": banned.account, "name": banned.name, "until": banned.banned_until or 0}

    def _show(self, args: Mapping[str, Any], now: float) -> dict[str, Any]:
        whose = self._accounts.find(args["who"]).account if args["who"] else None
        since, limit = int(now) - args["seconds"], args["limit"]
        if args["what"] == "bytes":
            self._audit.flush()
            sent = self._audit.sent(by=args["by"], since=since, account=whose, limit=limit)
            return rows_body((args["by"], "bytes"), ((row.by, row.bytes) for row in sent))
        acts = self._audit.acts(since=since, account=whose, limit=limit)
        columns = ("time", "tick", "account", "act", "arguments", "outcome")
        return rows_body(columns, ((a.time, a.tick, a.account, a.act, a.arguments[:200], a.outcome[:200]) for a in acts))
