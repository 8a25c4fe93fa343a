"""The accounts' file: one process, sound bytes, no room, old and new schemas."""

from __future__ import annotations

import os
import resource
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import ninepixel.server.database as module
from ninepixel.server.database import Database, DatabaseDamaged, DatabaseError, DatabaseFull, DatabaseTaken, open_database

ACT = "INSERT INTO audit (time, tick, account, act, arguments, outcome) VALUES (1, 2, 3, ?, '', '')"


def acts(database: Database) -> list[str]:
    return [act for (act,) in database.read("SELECT act FROM audit ORDER BY number")]


def test_what_is_written_durably_is_there_after_a_kill_and_what_is_lazy_after_a_flush(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    program = f"""
import os
from pathlib import Path
from ninepixel.server.database import open_database
database = open_database(Path({str(path)!r}))
def act(name): return ({ACT!r}, (name,))
with database.durable() as c: c.execute(*act("durable"))
with database.lazily() as c: c.execute(*act("flushed"))
database.flush()
with database.lazily() as c: c.execute(*act("lost"))
assert len(database.read("SELECT * FROM audit")) == 3
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, timeout=60)
    assert done.returncode == -9, done.stderr
    with open_database(path) as database:
        assert acts(database) == ["durable", "flushed"]


def test_it_waits_for_the_disk_checks_foreign_keys_and_is_its_owners_alone(tmp_path: Path) -> None:
    with open_database(tmp_path / "store" / "a.db") as database:
        pragmas = {name: database.read(f"PRAGMA {name}")[0][0] for name in ("synchronous", "foreign_keys", "journal_mode")}
        assert pragmas == {"synchronous": 2, "foreign_keys": 1, "journal_mode": "wal"}
        with database.durable() as connection:
            connection.execute(ACT, ("x",))
        for file in (tmp_path / "store").iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700


def test_an_act_that_fails_leaves_nothing_and_takes_no_lazy_write_with_it(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db") as database:
        with database.lazily() as connection:
            connection.execute(ACT, ("before",))
        for begin in (database.durable, database.lazily):
            with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"), begin() as connection:  # noqa: PT012
                connection.execute(ACT, ("half",))
                connection.execute("INSERT INTO tokens VALUES (77, x'00', 0)")
        database.flush()
        assert acts(database) == ["before"]


def test_a_second_process_is_refused_and_served_when_the_first_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    program = f"""
import sys
from ninepixel.server.database import open_database
open_database({str(path)!r})
print(1, flush=True)
sys.stdin.read()
"""
    other = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdin is not None
    assert other.stdout.readline() == b"1\n"
    try:
        with pytest.raises(DatabaseTaken, match=r"a\.db: another process has it open; stop that server first"):
            open_database(path)
    finally:
        other.kill()
        other.wait()
        other.stdin.close()
        other.stdout.close()
    open_database(path).close()


def test_one_process_does_not_open_it_twice_either(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db"), pytest.raises(DatabaseTaken):
        open_database(tmp_path / "a.db")


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to have a header" * 40, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_another_file_is_not_touched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(content)
    with pytest.raises(DatabaseDamaged, match=r"a\.db: not a sound accounts file .*; put a copy back, or move it away"):
        open_database(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()
    with pytest.raises(DatabaseDamaged, match="of another program"):
        open_database(path)


def test_damaged_pages_are_found_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with open_database(path) as database, database.durable() as connection:
        connection.executemany(ACT, [("x" * 500,)] * 200)
    raw = bytearray(path.read_bytes())
    for page in range(12, len(raw) // 4096, 3):
        raw[page * 4096 : page * 4096 + 200] = b"\xa5" * 200
    path.write_bytes(raw)
    with pytest.raises(DatabaseDamaged, match="put a copy back"):
        open_database(path)


def test_damage_that_is_met_later_is_an_error_of_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with open_database(path) as database:
        with database.durable() as connection:
            connection.executemany(ACT, [("x" * 500,)] * 2000)
        database.read("PRAGMA wal_checkpoint(TRUNCATE)")
        database.read("PRAGMA cache_size = 1")
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xa5" * (os.path.getsize(path) - 4096))
        with pytest.raises(DatabaseDamaged, match="put a copy back") as caught:
            database.read("SELECT * FROM audit")
        assert "\n" not in str(caught.value)


def test_a_full_disk_refuses_whole_acts_and_recovers(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db") as database:
        (pages,) = database.read("PRAGMA page_count")[0]
        database.read(f"PRAGMA max_page_count = {pages + 2}")
        written = 0
        with pytest.raises(DatabaseFull, match=r"no room on the disk; make some, nothing was written"):  # noqa: PT012
            for written in range(1000):
                with database.durable() as connection:
                    connection.execute(ACT, (f"{written}" * 300,))
        assert len(acts(database)) == written > 0
        database.read(f"PRAGMA max_page_count = {pages + 100}")
        with database.durable() as connection:
            connection.execute(ACT, ("room",))
        assert acts(database)[-1] == "room"


def test_a_disk_that_takes_no_more_bytes_is_an_error_and_loses_nothing_that_was_durable(tmp_path: Path) -> None:
    """The operating system refuses to let the files grow, in a process of its own."""
    path = tmp_path / "a.db"
    program = f"""
import resource, signal
from ninepixel.server.database import DatabaseError, open_database
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
database = open_database({str(path)!r})
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
done = 0
try:
    while done < 100_000:
        with database.durable() as connection: connection.execute({ACT!r}, (str(done),))
        done += 1
except DatabaseError as error:
    assert "a.db" in str(error) and "\\n" not in str(error), error
    print(done, flush=True)
import os; os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    with open_database(path) as database:
        assert acts(database)[: int(done.stdout)] == [str(n) for n in range(int(done.stdout))]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_step_of_the_schema_is_taken_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.db"
    with open_database(path) as database, database.durable() as connection:
        connection.execute(ACT, ("old",))
    steps = module.MIGRATIONS
    monkeypatch.setattr(module, "MIGRATIONS", (*steps, "ALTER TABLE audit ADD COLUMN place TEXT; SELECT no_such_function();"))
    with pytest.raises(DatabaseError, match="no_such_function"):
        open_database(path)
    monkeypatch.setattr(module, "MIGRATIONS", (*steps, "ALTER TABLE audit ADD COLUMN place TEXT;"))
    for _ in range(2):
        with open_database(path) as database:
            assert database.read("SELECT act, place FROM audit") == [("old", None)]
            assert database.read("PRAGMA user_version") == [(len(steps) + 1,)]
    monkeypatch.setattr(module, "MIGRATIONS", steps)
    with pytest.raises(DatabaseError, match=r"written with schema 2, this program knows 1: upgrade ninepixel"):
        open_database(path)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="cannot be made: "):
        open_database(tmp_path / "file" / "a.db")


def test_closing_twice_is_fine_and_an_old_sqlite_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_database(tmp_path / "a.db")
    database.close()
    database.close()
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(DatabaseError, match=r"the server needs 3\.37\.0"):
        open_database(tmp_path / "a.db")
