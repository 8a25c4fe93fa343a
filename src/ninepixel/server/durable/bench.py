"""How long a server is away when it was killed, and that nothing is lost: the rows of ``ninepixel bench recovery``."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ninepixel.server.durable.drill import Drill, Life
from ninepixel.server.durable.snapshots import Cadence
from ninepixel.server.durable.store import Store
from ninepixel.server.durable.worker import new_state, universe_of
from ninepixel.world.physics.bench import Figure

#: Bodies that a file of a synthetic host brings along, itself included, about.
BODIES_A_FILE = 8.6
#: Minds of the universe that is recovered.
MINDS = 256
#: Ticks after which a world is no longer as tidy as it began.
MATURE = 40
#: Starts of a process that are thrown away: compilation, page faults.
WARM = 1


def killed(kills: int, tick_over: Callable[[], object] = int) -> list[Figure]:
    """A small server killed *kills* times under load: what it lost, and what it did twice.

    :param tick_over: called after every kill, for progress.
    :raises StoreError: when a worker does not come back.
    """
    with tempfile.TemporaryDirectory(prefix="ninepixel-drill-") as folder:
        found = Drill(Path(folder)).run(kills, tick_over)
    tags = {
        "kills": found.kills,
        "acknowledged": found.acknowledged,
        "retried": found.retried,
        "overtaken": found.overtaken,
        "ticks": found.ticks,
    }
    return [
        Figure("lost_commands", "commands", [found.lost], tags),
        Figure("applied_twice", "commands", [found.twice], tags),
        Figure("other_digests", "digests", [int(not found.same)], tags | {"marks": found.marks}),
    ]


def restarts(bodies: int, repeats: int, tick_over: Callable[[], object] = int) -> list[Figure]:
    """Seconds until a server of about *bodies* bodies, killed just before its next snapshot, accepts commands again.

    ``recover_s`` is what recovery takes (load, and run again what followed), ``accepting_s`` all from the start of the process.
    *tick_over* is called after every start.
    """
    with tempfile.TemporaryDirectory(prefix="ninepixel-drill-") as name:
        folder = Path(name)
        tags = _run_until_due(folder, bodies)
        ready, recover = list[float](), list[float]()
        for number in range(WARM + repeats):
            with Life(folder, {}) as life:
                life.wait_until_ready()
            tick_over()
            if number >= WARM and life.ready is not None:
                ready.append(life.ready_after)
                recover.append(life.ready["recover_s"])
        return [Figure("recover_s", "s", recover, dict(tags)), Figure("accepting_s", "s", ready, dict(tags))]


def _run_until_due(folder: Path, bodies: int) -> dict[str, int]:
    """A journal as long as it gets before the next snapshot; how many bodies and ticks there are."""
    with universe_of(new_state(round(bodies / BODIES_A_FILE), MINDS)) as universe:
        for _ in range(MATURE):
            universe.step()
        store, cadence = Store.open(folder), Cadence()
        store.begin(universe.pull())
        while not cadence.due:
            tick, began = universe.tick, time.perf_counter()
            universe.step()
            cadence.stepped(time.perf_counter() - began)
            store.append(tick, [])
        store.commit()
        store.drop()
        return {"bodies": int(universe.pull().bodies.count.sum()), "replayed": universe.tick - MATURE}
