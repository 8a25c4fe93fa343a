"""One SQLite file for what is about people and not about the universe: accounts, invites, lineage, audit.

The file is opened by one process (an exclusive lock that dies with it) and holds a write-ahead log. There are two ways to write:
:meth:`Database.durable` returns when the disk has it, :meth:`Database.lazily` joins a transaction that the next durable write or
:meth:`Database.flush` commits, for what may be lost with the last second (when somebody was seen, resume tokens).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ninepixel.world.store.errors import shown
from ninepixel.world.store.files import sync_folder

#: "9PXA": says in the file's header whose it is.
APPLICATION_ID = 0x39505841
#: STRICT tables came with this one.
OLDEST_SQLITE = (3, 37, 0)
#: How long opening waits for a process that is just closing the file.
BUSY_SECONDS = 0.5

#: Tables whose structure is checked when the file is opened. The long ones (lineage, sent) would make a start wait; damage there
#: is met, and said, when they are read.
CHECKED = ("accounts", "tokens", "invites", "audit")

#: The schema, one step a version; a step that has been released is never edited, another is added.
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE accounts (
        account INTEGER PRIMARY KEY AUTOINCREMENT CHECK (account BETWEEN 1 AND 4294967295),
        key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
        name TEXT NOT NULL,
        name_key TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL CHECK (role IN ('guest', 'player', 'operator', 'node')),
        created INTEGER NOT NULL,
        seen INTEGER NOT NULL,
        banned_until INTEGER,
        banned_why TEXT,
        banned_by INTEGER
    ) STRICT;
    CREATE TABLE tokens (
        account INTEGER PRIMARY KEY REFERENCES accounts,
        hash BLOB NOT NULL UNIQUE,
        expires INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE invites (
        hash BLOB PRIMARY KEY,
        role TEXT NOT NULL CHECK (role IN ('guest', 'player', 'operator', 'node')),
        made INTEGER NOT NULL,
        made_by INTEGER NOT NULL,
        expires INTEGER NOT NULL,
        used INTEGER,
        used_by INTEGER REFERENCES accounts
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE lineage (
        episode INTEGER NOT NULL,
        serial INTEGER NOT NULL,
        mother INTEGER NOT NULL,
        father INTEGER NOT NULL,
        genome BLOB NOT NULL CHECK (length(genome) = 9),
        born INTEGER NOT NULL,
        died INTEGER,
        PRIMARY KEY (episode, serial)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX lineage_born ON lineage (born);
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        time INTEGER NOT NULL,
        tick INTEGER NOT NULL,
        account INTEGER NOT NULL,
        act TEXT NOT NULL,
        arguments TEXT NOT NULL,
        outcome TEXT NOT NULL
    ) STRICT;
    CREATE TABLE sent (
        start INTEGER NOT NULL,
        account INTEGER NOT NULL,
        peer TEXT NOT NULL,
        class TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        PRIMARY KEY (start, account, peer, class)
    ) STRICT, WITHOUT ROWID;
    """,
)


class DatabaseError(RuntimeError):
    """The accounts cannot be read or written; the message is one line for whoever runs the server."""


class DatabaseTaken(DatabaseError):
    """Another process has the file open."""


class DatabaseDamaged(DatabaseError):
    """The file is something else, or some of its bytes are not those that were written."""


class DatabaseFull(DatabaseError):
    """There is no room on the disk. Nothing was written; trying again later is fine."""


class Database:
    """The open file; made by :func:`open_database`. Its methods may be called by any thread, one at a time gets through."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a query, as tuples; writes that wait to be committed are seen.

        :raises DatabaseError: when the file cannot be read.
        """
        with self._lock, translated(self.path):
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def durable(self) -> Iterator[sqlite3.Connection]:
        """Write all of the block or, when it raises, nothing of it; the disk has it when the block is left.

        :raises DatabaseError: when it cannot be written. :raises sqlite3.IntegrityError: when the schema forbids it.
        """
        with self._lock:
            with self.lazily() as connection:
                yield connection
            self.flush()

    @contextmanager
    def lazily(self) -> Iterator[sqlite3.Connection]:
        """As :meth:`durable`, but the disk has it only after the next durable write or :meth:`flush`."""
        with self._lock, translated(self.path):
            run = self._connection.execute
            if not self._connection.in_transaction:
                run("BEGIN IMMEDIATE")
            run("SAVEPOINT act")
            try:
                yield self._connection
                run("RELEASE act")
            except BaseException:
                if self._connection.in_transaction:  # a full disk may have ended it already
                    run("ROLLBACK TO act")
                    run("RELEASE act")
                raise

    def flush(self) -> None:
        """Commit what waits. What a full disk refuses is dropped: only lazy writes can wait, and they may be lost.

        :raises DatabaseError: when it cannot be written.
        """
        with self._lock, translated(self.path):
            if not self._connection.in_transaction:
                return
            try:
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Flush and close. Closing twice is fine.

        :raises DatabaseError: when the last lazy writes cannot be written; the file is closed all the same.
        """
        with self._lock:
            try:
                self.flush()
            except sqlite3.ProgrammingError:  # closed already
                return
            finally:
                self._connection.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()


def open_database(path: str | os.PathLike[str]) -> Database:
    """Open the file, or make it (readable by its owner alone), and bring its schema up to date.

    :raises DatabaseTaken: when another process has it open.
    :raises DatabaseDamaged: when it is something else or does not stand a check of its structure.
    :raises DatabaseError: when it cannot be opened, or was written by a later version.
    """
    path = Path(path)
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        raise DatabaseError(f"this Python has SQLite {sqlite3.sqlite_version}, the server needs {wanted}: use a newer Python")
    _make(path)
    with translated(path):
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _claim(connection)
            _check(path, connection)
            _migrate(path, connection)
        except BaseException:
            connection.close()
            raise
    return Database(path, connection)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Say SQLite's errors so that the person who runs the server knows what to do; a broken constraint passes as it is."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.Error as error:
        raise _said(path, error) from error


# -- inside -----------------------------------------------------------------------------------------------------------


def _said(path: Path, error: sqlite3.Error) -> DatabaseError:
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    where = shown(path)
    if code == sqlite3.SQLITE_BUSY:
        return DatabaseTaken(f"{where}: another process has it open; stop that server first")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DatabaseDamaged(_damaged(path, str(error)))
    if code == sqlite3.SQLITE_FULL:
        return DatabaseFull(f"{where}: there is no room on the disk; make some, nothing was written")
    return DatabaseError(f"{where}: cannot be read or written: {error}")


def _damaged(path: Path, why: str) -> str:
    why = " ".join(why.split())[:120]
    return f"{shown(path)}: not a sound accounts file ({why}); put a copy back, or move it away to begin without accounts"


def _make(path: Path) -> None:
    """An empty file that only its owner can read; SQLite gives its log the same mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600))
            sync_folder(path.absolute().parent)
    except OSError as error:
        raise DatabaseError(f"{shown(path)}: cannot be made: {error.strerror or error}") from None


def _claim(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # before the first look: then there is no shared memory beside the file
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_size_limit = 4194304")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("COMMIT")


def _check(path: Path, connection: sqlite3.Connection) -> None:
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if owner != APPLICATION_ID and (owner or version or tables):
        raise DatabaseDamaged(_damaged(path, "a database of another program"))
    if version > len(MIGRATIONS):
        raise DatabaseError(
            f"{shown(path)}: written with schema {version}, this program knows {len(MIGRATIONS)}: upgrade ninepixel"
        )
    for table in CHECKED if tables else ():
        (found,) = connection.execute(f"PRAGMA quick_check('{table}')").fetchone()
        if found != "ok":
            raise DatabaseDamaged(_damaged(path, str(found)))


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, step in enumerate(MIGRATIONS[version:], version + 1):
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE; {step} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number}; COMMIT;"
            )
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.IntegrityError):
                raise DatabaseDamaged(_damaged(path, f"its accounts cannot become schema {number}: {error}")) from error
            raise
