"""What operators did, and what left: the audit log of every admin act and a ledger of bytes by class, account and interval.

Both are bounded. Acts and bytes are rotated apart, so that no amount of traffic pushes an operator's acts out.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ninepixel.server.database import Database

#: What leaves the server, and what it can say about the host and the people on it.
CLASSES = (
    "pixels",  # frames, overviews: places, colours and moods
    "names",  # names of files, folders and processes that their owner has consented to
    "contents",  # bytes out of files; none leave yet, and the ledger would show it
    "chat",  # what people and minds said
    "moments",  # births, deaths, deeds
    "control",  # the protocol's own: challenges, welcomes, answers, refusals
    "admin",  # answers to operators
    "page",  # the spectator page itself
    "pictures",
    "metrics",
)

#: Watchers have no account: they are told apart by address, so many of them an interval, the others together.
MOST_PEERS = 4096
OTHERS = "others"
#: Sums that a disk which is full keeps in memory.
MOST_WAITING = 100_000
#: Intervals between two looks at what is too old or too much.
ROTATE_EVERY = 12
#: Acts that are kept however old they are.
KEPT_ACTS = 1000
LONGEST_ARGUMENTS = 1000

By = Literal["class", "account", "peer", "interval"]
_COLUMN: dict[By, str] = {"class": "class", "account": "account", "peer": "peer", "interval": "start"}
#: Arguments that are not for the log: what an invite says is a secret until it is used.
_HIDDEN = ("token", "invite", "key", "secret", "password")


@dataclass(frozen=True, slots=True)
class Act:
    """One admin act: *account* did *act* with *arguments* (JSON) at *time* (seconds since 1970), in *tick*; what came of it."""

    number: int
    time: int
    tick: int
    account: int
    act: str
    arguments: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Sent:
    """*bytes* that left, by what was asked for (a class, an account, a peer or the start of an interval)."""

    by: str | int
    bytes: int


class Audit:
    """The audit log and the ledger of a store.

    :param interval: seconds that one row of the ledger sums up.
    :param most_acts: acts that are kept; :param most_sent: rows of the ledger that are kept; :param days: how long both are.
    """

    def __init__(
        self,
        database: Database,
        *,
        interval: int = 300,
        most_acts: int = 100_000,
        most_sent: int = 200_000,
        days: int = 365,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if interval < 1 or most_acts < 1 or most_sent < 1 or days < 1:
            raise ValueError("the audit's interval, rows and days are 1 or more")
        self.interval, self.most_acts, self.most_sent, self.days = interval, most_acts, most_sent, days
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._waiting: dict[tuple[int, int, str, str], int] = {}
        self._peers: set[str] = set()
        self._start, self._rotated = 0, 0

    # -- writing -----------------------------------------------------------------------------------------------------------

    def note(
        self, account: int, act: str, arguments: Mapping[str, Any] | None = None, *, outcome: str = "done", tick: int
    ) -> None:
        """Record an act of an operator and its outcome, durably; secrets among its arguments are hidden.

        :raises DatabaseError: when it cannot be written.
        """
        said = {k: "(hidden)" if k in _HIDDEN else v for k, v in (arguments or {}).items()}
        text = json.dumps(said, ensure_ascii=True, sort_keys=True, default=lambda v: f"({type(v).__name__})")
        row = (int(self._clock()), tick, account, act[:40], text[:LONGEST_ARGUMENTS], outcome[:LONGEST_ARGUMENTS])
        with self._database.durable() as connection:
            connection.execute("INSERT INTO audit (time, tick, account, act, arguments, outcome) VALUES (?, ?, ?, ?, ?, ?)", row)

    def left(self, kind: str, size: int, account: int = 0, peer: str = "") -> None:
        """*size* bytes of class *kind* left for *account*, or for the *peer* (an address) of somebody without one.

        Cheap: a sum in memory until :meth:`flush`. Any thread may call it.

        :raises ValueError: for a class that is none of :data:`CLASSES`: nothing leaves unnamed.
        """
        if kind not in CLASSES:
            raise ValueError(f"bytes of class {kind!r} cannot leave: it is none of {', '.join(CLASSES)}")
        start = int(self._clock()) // self.interval * self.interval
        with self._lock:
            if start != self._start:
                self._start, self._peers = start, set()
            key = (start, account, "" if account else self._bounded(peer), kind)
            self._waiting[key] = self._waiting.get(key, 0) + size

    def flush(self) -> None:
        """Bring the sums to disk and rotate. What cannot be written stays in memory for the next time.

        :raises DatabaseError: when it cannot be written.
        """
        with self._lock:
            taken, self._waiting = self._waiting, {}
        try:
            with self._database.durable() as connection:
                connection.executemany(
                    "INSERT INTO sent (start, account, peer, class, bytes) VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes",
                    [(*key, size) for key, size in taken.items()],
                )
        except BaseException:
            self._keep(taken)
            raise
        if abs(self._start - self._rotated) >= ROTATE_EVERY * self.interval:
            self._rotate()
            self._rotated = self._start

    # -- reading -----------------------------------------------------------------------------------------------------------

    def acts(self, *, since: int = 0, account: int | None = None, act: str | None = None, limit: int = 100) -> list[Act]:
        """The newest acts, newest first, of one *account* or one kind where asked for."""
        where, values = ["time >= ?"], [since]
        for column, value in (("account", account), ("act", act)):
            if value is not None:
                where.append(f"{column} = ?")
                values.append(value)  # type: ignore[arg-type]
        sql = f"SELECT number, time, tick, account, act, arguments, outcome FROM audit WHERE {' AND '.join(where)}"
        return [Act(*row) for row in self._database.read(f"{sql} ORDER BY number DESC LIMIT ?", (*values, limit))]

    def sent(self, *, by: By = "class", since: int = 0, account: int | None = None, limit: int = 100) -> list[Sent]:
        """Bytes that left since a time, summed *by* class, account, peer or interval, most first; what waits is not in it."""
        column, whose = _COLUMN[by], "" if account is None else " AND account = ?"
        values = (since // self.interval * self.interval, *(() if account is None else (account,)), limit)
        sql = (
            f"SELECT {column}, sum(bytes) FROM sent WHERE start >= ?{whose} GROUP BY {column} ORDER BY sum(bytes) DESC, 1 LIMIT ?"
        )
        return [Sent(*row) for row in self._database.read(sql, values)]

    # -- inside ------------------------------------------------------------------------------------------------------------

    def _bounded(self, peer: str) -> str:
        peer = peer[:64]
        if peer in self._peers:
            return peer
        if len(self._peers) >= MOST_PEERS:
            return OTHERS
        self._peers.add(peer)
        return peer

    def _keep(self, taken: Mapping[tuple[int, int, str, str], int]) -> None:
        """Take back sums that could not be written; when they become many, only their classes are told apart."""
        with self._lock:
            for key, size in taken.items():
                here = key if len(self._waiting) < MOST_WAITING else (self._start, 0, OTHERS, key[3])
                self._waiting[here] = self._waiting.get(here, 0) + size

    def _rotate(self) -> None:
        """Drop what is too old, but the newest thousand acts (a clock may be wrong), then the oldest rows that are too many."""
        oldest = int(self._clock()) - self.days * 86_400
        with self._database.lazily() as connection:
            connection.execute("DELETE FROM sent WHERE start < ?", (oldest,))
            connection.execute("DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?", (self.most_acts,))
            connection.execute(
                "DELETE FROM audit WHERE time < ? AND number <= (SELECT max(number) FROM audit) - ?", (oldest, KEPT_ACTS)
            )
            (rows,) = connection.execute("SELECT count(*) FROM sent").fetchone()
            if rows > self.most_sent:  # a tenth at a time, so that it is rarely done
                few = self.most_sent - self.most_sent // 10
                connection.execute(
                    "DELETE FROM sent WHERE start <= (SELECT start FROM sent ORDER BY start DESC LIMIT 1 OFFSET ?)", (few,)
                )
