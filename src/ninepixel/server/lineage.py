"""Who was born of whom: every mind that ever lived in a universe, with its genome and its ticks.

A :class:`Census` compares one tick's slots with the last one's; :class:`Lineage` keeps what it finds. Lineage follows from the
state, so it is written lazily: after a crash :meth:`Lineage.resume` forgets what the recovered state has yet to live, and ends
the lives that ended unrecorded.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ninepixel.server.database import Database
from ninepixel.world.laws.bodies import genome
from ninepixel.world.state import State

GENOME_BYTES = 9


@dataclass(frozen=True, slots=True)
class Birth:
    """A mind that lives since *tick*. *episode* and *serial* name it, *mother* and *father* are serials (0: a founder).

    :param slot: where it lives. :param genome: nine bases, row R, row B, row Y.
    """

    episode: int
    serial: int
    mother: int
    father: int
    genome: bytes
    tick: int
    slot: int


@dataclass(frozen=True, slots=True)
class Death:
    """The mind *serial* of *episode* lives no more at *tick*."""

    episode: int
    serial: int
    tick: int
    slot: int


class Census:
    """Finds the births and deaths between two looks at world 0; looked at every tick it misses nobody."""

    def __init__(self) -> None:
        self._serials: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._episode = 0

    def look(self, state: State) -> tuple[list[Birth], list[Death]]:
        """Who lives in *state* and did not at the last look, and who did and does not. A slot may appear in both.

        The first look finds everybody born; give it the recovered state after a restart and pass the births on: known minds
        are not recorded twice.
        """
        lives, tick = state.lives, state.tick
        episode = int(state.chronicle[0, 0])
        here = np.where(lives["body"][0] >= 0, lives["serial"][0].astype(np.int64), 0)
        before = np.zeros_like(here)
        before[: self._serials.size] = self._serials[: here.size]
        changed = here != before
        if episode != self._episode:  # another episode counts its births anew: the same serial is somebody else
            changed |= (here != 0) | (before != 0)
        slots = np.flatnonzero(changed)
        deaths = [Death(self._episode, int(before[s]), tick, int(s)) for s in slots if before[s]]
        self._serials, self._episode = here, episode
        return _births(state, slots[here[slots] != 0], episode), deaths


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


def _births(state: State, slots: npt.NDArray[np.intp], episode: int) -> list[Birth]:
    if not slots.size:
        return []
    lives, bodies = state.lives, state.bodies
    rows = bodies.row_of[0, lives["body"][0, slots]]
    genes = genome(*(bodies[f"gene_{channel}"][0, rows] for channel in "rby")).reshape(-1, GENOME_BYTES)
    columns = zip(*(lives[name][0, slots].tolist() for name in ("serial", "mother", "father")), genes, slots, strict=True)
    return [Birth(episode, s, m, f, g.tobytes(), state.tick, int(slot)) for s, m, f, g, slot in columns]
