"""Who was born of whom: the table of all who ever lived in a universe, with their genomes and their ticks.

:class:`Lineage` keeps what a census (:mod:`ninepixel.world.life.census`) finds. Lineage follows from the state, so it is written
lazily: after a crash :meth:`Lineage.resume` forgets what the recovered state has yet to live, and ends the lives that ended
unrecorded.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from ninepixel.server.database import Database
from ninepixel.world.life.census import GENOME_BYTES, Birth, Death
from ninepixel.world.state import State


class Lineage:
    """The table of all who ever lived."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, births: Sequence[Birth], deaths: Sequence[Death] = ()) -> None:
        """Add a batch; who is recorded already stays as recorded, a death is set once.

        :raises ValueError: for a genome that has not nine bases. :raises DatabaseError: when it cannot be written.
        """
        if not births and not deaths:
            return
        for birth in births:
            if len(birth.genome) != GENOME_BYTES:
                raise ValueError(f"a genome has {GENOME_BYTES} bases, that of birth {birth.serial} has {len(birth.genome)}")
        with self._database.lazily() as connection:
            connection.executemany(
                "INSERT INTO lineage (episode, serial, mother, father, genome, born) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                [(b.episode, b.serial, b.mother, b.father, b.genome, b.tick) for b in births],
            )
            connection.executemany(
                "UPDATE lineage SET died = ? WHERE episode = ? AND serial = ? AND died IS NULL",
                [(d.tick, d.episode, d.serial) for d in deaths],
            )

    def resume(self, state: State) -> None:
        """Go on from a state that was recovered: forget what happened after its tick, and let die at its tick, for want of a
        better one, whoever is said to live and does not: they died after the last record and before the crash."""
        lives, episode = state.lives, int(state.chronicle[0, 0])
        here = lives["serial"][0][lives["body"][0] >= 0].tolist()
        with self._database.durable() as connection:
            connection.execute("DELETE FROM lineage WHERE born > ?", (state.tick,))
            connection.execute("UPDATE lineage SET died = NULL WHERE died > ?", (state.tick,))
            connection.execute(
                "UPDATE lineage SET died = ?1 WHERE died IS NULL"
                " AND NOT (episode = ?2 AND serial IN (SELECT value FROM json_each(?3)))",
                (state.tick, episode, json.dumps(here)),
            )

    def ancestors(self, episode: int, serial: int, generations: int = 8) -> list[tuple[int, int, int, bytes, int, int | None]]:
        """``(serial, mother, father, genome, born, died)`` of a mind and those it descends from, nearest generation first."""
        return self._database.read(
            "WITH RECURSIVE up (serial, depth) AS (VALUES (?2, 0) UNION"
            " SELECT p.value, depth + 1 FROM up JOIN lineage l ON l.episode = ?1 AND l.serial = up.serial,"
            " json_each(json_array(l.mother, l.father)) p WHERE p.value > 0 AND depth < ?3)"
            " SELECT l.serial, mother, father, genome, born, died FROM lineage l"
            " JOIN (SELECT serial, min(depth) AS depth FROM up GROUP BY serial) u ON u.serial = l.serial"
            " WHERE l.episode = ?1 ORDER BY depth, l.serial",
            (episode, serial, generations),
        )

    def counts(self) -> tuple[int, int]:
        """How many were ever born, and how many of them have died."""
        born, died = self._database.read("SELECT count(*), count(died) FROM lineage")[0]
        return int(born), int(died)
