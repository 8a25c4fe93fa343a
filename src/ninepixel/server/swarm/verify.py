"""Whether what bots were shown is what happened: their samples against a replay of the server's journal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ninepixel.server.durable.history import run_history
from ninepixel.server.replication import Scene, SceneKeeper, Sectors
from ninepixel.server.replication.rows import check_of_field, check_of_rows
from ninepixel.server.replication.sectors import SECTOR_LOG2
from ninepixel.server.swarm.plan import BadPlan
from ninepixel.world.commands import Command
from ninepixel.world.state import State
from ninepixel.world.universe import Universe

LAYERS = ("movers", "ground", "field")
#: Mismatches that are kept for the report; all are counted.
MOST_TOLD = 20
_LONGEST_LINE = 200

Samples = dict[int, set[tuple[int, str, int]]]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """At *tick* a bot saw *layer* of *sector* with the hash *seen*; the replay has *replayed*."""

    tick: int
    sector: int
    layer: str
    seen: int
    replayed: int

    def __str__(self) -> str:
        return f"tick {self.tick}, sector {self.sector}, {self.layer}: seen {self.seen:08x}, replayed {self.replayed:08x}"


@dataclass(slots=True)
class Verdict:
    """What came of a comparison.

    :ivar first, tick: the ticks from which and to which the journal was run again. :ivar digest: of the state at its end.
    :ivar marks: digests that the server noted on the way, all equal. :ivar twice: commands that were applied more than once.
    :ivar samples: different samples there were. :ivar compared: how many of them were held against the replay.
    :ivar unsure: samples of the first ticks after the oldest snapshot, about which a replay cannot know (see ``Scene.sure``).
    :ivar outside: samples of ticks that the journal does not hold (any more, or yet).
    :ivar wrong: how many differ, and :ivar mismatches: the first of them.
    """

    first: int = 0
    tick: int = 0
    digest: str = ""
    marks: int = 0
    twice: int = 0
    samples: int = 0
    compared: int = 0
    unsure: int = 0
    outside: int = 0
    wrong: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether something was compared, nothing differs and nothing was done twice."""
        return self.compared > 0 and not self.wrong and not self.twice

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        told = {name: getattr(self, name) for name in self.__slots__ if name != "mismatches"}
        return {"ok": self.ok, **told, "mismatches": [str(mismatch) for mismatch in self.mismatches]}


def read_samples(file: Path) -> Samples:
    """The samples of a file that :class:`~ninepixel.server.swarm.runner.Runner` wrote: by tick (sector, layer, hash).

    :raises BadPlan: naming the line that is none.
    """
    samples: Samples = {}
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(iter(lambda: lines.readline(_LONGEST_LINE), ""), 1):
            match _parsed(line):
                case [tick, sector, layer, value] if type(tick) is type(sector) is type(value) is int and layer in LAYERS:
                    samples.setdefault(tick, set()).add((sector, layer, value))
                case _:
                    raise BadPlan(f'{file.name}, line {number}: no sample; one is such as [1200,17,"movers",305419896]')
    return samples


def verify(store: Path, sample: Path, *, backend: str = "cpu", on_tick: Callable[[int], object] = lambda tick: None) -> Verdict:
    """Run the journal of *store* again, from its oldest snapshot to its end, and compare every sample on the way.

    :param on_tick: called with every tick that is reached.
    :raises BadPlan: for a file of samples that is none.
    :raises BadSave: when the journal cannot be run again, or does not come out as the server noted.
    """
    samples, verdict = read_samples(sample), Verdict()
    verdict.samples = verdict.outside = sum(map(len, samples.values()))
    keepers = list[SceneKeeper]()

    def look(universe: Universe) -> None:
        scene = keepers[0].update(universe.pull())
        _compare(scene, samples.get(scene.tick, set()), verdict)
        on_tick(scene.tick)

    def make(state: State) -> Universe:
        universe = Universe.from_state(state, backend, record=False)
        keepers.append(SceneKeeper(Sectors(state.params.side_log2, SECTOR_LOG2)))
        verdict.first = universe.tick
        look(universe)
        return universe

    def ticked(universe: Universe, commands: list[Command]) -> None:
        look(universe)

    universe, history = run_history(store, make, ticked)
    with universe:
        verdict.tick, verdict.digest = universe.tick, universe.digest()
    verdict.marks, verdict.twice = history.how.marks, len(history.twice)
    return verdict


def _compare(scene: Scene, samples: set[tuple[int, str, int]], verdict: Verdict) -> None:
    verdict.outside -= len(samples)
    if not scene.sure:
        verdict.unsure += len(samples)
        return
    for sector, layer, seen in samples:
        verdict.compared += 1
        replayed = hash_of(scene, sector, layer)
        if replayed != seen:
            verdict.wrong += 1
            if len(verdict.mismatches) < MOST_TOLD:
                verdict.mismatches.append(Mismatch(scene.tick, sector, layer, seen, replayed))


def hash_of(scene: Scene, sector: int, layer: str) -> int:
    """The check of a layer of a sector, -1 for a sector that there is not."""
    if not 0 <= sector < scene.sectors.count:
        return -1
    if layer == "field":
        return int(check_of_field(scene.field, sector))
    rows = scene.rows(sector, ground=layer == "ground")
    return int(check_of_rows(rows, 0, len(rows)))


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
