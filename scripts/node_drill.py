"""The drill of compute nodes: a learner, two nodes as processes of their own; one is killed, the other lies. Does it all add up?

    python scripts/node_drill.py --minutes 10 --write

One node is honest, is killed (-9) on the way, and comes back as somebody else. The other says something else than it found of the
rewards of some of its leases; it is a test double that wraps the real one and lives here alone. Afterwards the same is learned
without any node, with other seeds, for as many steps. The last row on stdout tells everything; with ``--write`` a table goes into
docs/NODES.md. The quarantine is short and does not grow here, so that there are many lies.
"""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import numpy as np

from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.learning.trainer import Trainer
from ninepixel.agents.rollouts.standing import Standing
from ninepixel.agents.rollouts.work import Result, Work
from ninepixel.agents.tasks import TASKS
from ninepixel.server.compute.ability import probe
from ninepixel.server.compute.foreman import ENDS, Rules
from ninepixel.server.compute.gate import new_ticket
from ninepixel.server.compute.lender import Lender, LendError
from ninepixel.server.compute.lending import lend
from ninepixel.server.compute.office import Office
from ninepixel.server.identity import Identity
from ninepixel.world.store.files import write_whole

PAGE = Path(__file__).parents[1] / "docs" / "NODES.md"
BEGIN, END = "<!-- drill -->", "<!-- end of drill -->"
TICKET = "NINEPIXEL_TICKET"
#: Student's t, 97.5 %, by degrees of freedom.
T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
#: Shares of the steps at which the curves are compared.
AT = (0.25, 0.5, 0.75, 1.0)
Row = dict[str, Any]


class Liar(Lender):
    """Says something else than it found of some of its results, and writes down which."""

    lies: Path
    share: float

    def told(self, result: Result) -> Result:
        """What is said of *result*."""
        if random.random() >= self.share:
            return result
        sums = result.sums.copy()
        sums[random.randrange(len(sums))] += np.float32(random.choice((0.01, 0.5, -0.25)))
        with self.lies.open("a") as file:
            file.write(f"{self.done}\n")
        return Result(result.actions, sums, result.mark)


class Recorded:
    """An office, with a record of its own of what was learned from."""

    def __init__(self, office: Office) -> None:
        self.office, self.used, self.posted = office, Counter[tuple[int, int]](), Counter[tuple[int, int]]()
        self.steps = set[int]()
        self._update, self._lock = 0, threading.Lock()

    def publish(self, hash: bytes, policy: bytes) -> None:
        self._update += 1
        self.office.publish(hash, policy)

    def post(self, shard: int, work: Work, standing: Callable[[], Standing]) -> None:
        self.posted[self._update, shard] += 1
        self.steps.add(work.steps)
        self.office.post(shard, work, standing)

    def result(self, shard: int) -> Result | None:
        found = self.office.result(shard)
        if found is None:
            self._use(shard)
        return found

    def verdict(self, shard: int, wrong: str | None) -> None:
        if wrong is None:
            self._use(shard)
        self.office.verdict(shard, wrong)

    def facts(self) -> Row:
        return self.office.facts()

    def _use(self, shard: int) -> None:
        with self._lock:
            self.used[self._update, shard] += 1


class Nodes:
    """The two processes."""

    def __init__(self, url: str, ticket: str, folder: Path, lies: float) -> None:
        self._url, self._folder, self._share = url, folder, lies
        self._environment = {**os.environ, TICKET: ticket}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def honest(self, name: str) -> None:
        """A node as anybody runs one."""
        self._start(name, ["-m", "ninepixel", "node", "--server", self._url, "--cores", "1", "--name", name, "--give-up", "60"])

    def liar(self, name: str) -> None:
        """One that lies."""
        self._start(name, [__file__, "--liar", self._url, "--lies", str(self._share), "--lies-file", str(self.lies)])

    @property
    def lies(self) -> Path:
        """Where lies are written down."""
        return self._folder / "lies"

    def kill(self, name: str) -> None:
        """End a node as a power cut does."""
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def end(self) -> None:
        """Ask all to end."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()

    def _start(self, name: str, arguments: list[str]) -> None:
        environment = self._environment | {"NINEPIXEL_IDENTITY": str(self._folder / f"{name}.key")}
        with (self._folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen([sys.executable, *arguments], stdout=log, stderr=log, env=environment)


@click.command(help=__doc__)
@click.option("--minutes", type=click.FloatRange(0.1), default=10.0, show_default=True, help="How long with nodes.")
@click.option("--task", type=click.Choice(list(TASKS)), default="forage", show_default=True)
@click.option("--envs", default=256, show_default=True)
@click.option("--groups", default=4, show_default=True)
@click.option("--ticks", default=32, show_default=True)
@click.option("--hidden", default=32, show_default=True)
@click.option("--threads", default=2, show_default=True)
@click.option("--seed", default=0, show_default=True, help="Of the run with nodes; those without have the next ones.")
@click.option("--local", default=3, show_default=True, help="Runs without nodes.")
@click.option("--lies", default=0.05, show_default=True, help="Share of a node's results that are lies.")
@click.option("--quarantine", default=5.0, show_default=True, help="Seconds after a lie.")
@click.option("--write", is_flag=True, help="Put the table into docs/NODES.md.")
@click.option("--liar", hidden=True)
@click.option("--lies-file", type=click.Path(path_type=Path), hidden=True)
def main(liar: str | None, lies_file: Path, write: bool, minutes: float, **wanted: Any) -> None:
    """The drill."""
    if liar is not None:
        be_a_liar(liar, wanted["lies"], lies_file)
        return
    with tempfile.TemporaryDirectory(prefix="node-drill-") as folder:
        found = drill(minutes, Path(folder), wanted)
    click.echo(json.dumps(found))
    if write:
        text = PAGE.read_text()
        head, rest = text.split(BEGIN)
        write_whole(PAGE, [f"{head}{BEGIN}\n{table(found)}\n{END}{rest.split(END)[1]}".encode()])
    if not found["right"]:
        raise SystemExit(1)


def be_a_liar(url: str, share: float, lies: Path) -> None:
    """The process of the node that lies, until it is asked to end."""
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: asked.set())
    lender = Liar(Identity.load_or_create(), probe(1), 1, invite=os.environ[TICKET], name="liar")
    lender.share, lender.lies = share, lies
    with suppress(LendError):
        lend(lender, url, stop=asked.is_set, tell=say, patience=60)
    say(f"done {lender.done}, verified {lender.verified}, refused {lender.refused}")


def drill(minutes: float, folder: Path, wanted: Row) -> Row:
    """All of it; what is found."""
    names = ("envs", "groups", "ticks", "hidden")
    settings = Settings(**{name: wanted[name] for name in names}, last_rate=1.0, curiosity=False, window=256)
    remote, facts = with_nodes(minutes, folder, settings, wanted)
    steps = int(remote[-1]["steps"])
    local = [without(settings, wanted, wanted["seed"] + 1 + number, steps) for number in range(wanted["local"])]
    compared = compare(remote, local)
    found = {"event": "drill", "minutes": minutes, **{name: wanted[name] for name in (*names, "task", "lies", "quarantine")}}
    found |= {"steps": steps, "updates": len(remote), **facts, "curve": compared}
    within = all(row["within"] for row in compared)
    checks = {
        "no lease lost": facts["lost"] == 0,
        "no lease counted twice": facts["twice"] == 0,
        "every giving accounted for": facts["unaccounted"] == 0,
        "every lie refused": facts["lies_told"] == facts["lies_refused"],
        "nothing else refused": facts["refused"] == facts["lies_refused"],
        "honest work all used": facts["honest_unused"] == 0,
        "at most 2 bytes a step": facts["bytes_per_step"]["rollouts"] <= 2,
        "curve within the interval": within,
    }
    return found | {"checks": checks, "right": all(checks.values())}


def with_nodes(minutes: float, folder: Path, settings: Settings, wanted: Row) -> tuple[list[Row], Row]:
    """The learner with its nodes: its curve, and what the office says."""
    ticket = new_ticket()
    rules = Rules(quarantine=wanted["quarantine"], growth=1.0, patience=5.0)
    office = Office("127.0.0.1", 0, ticket, rules=rules, log=say)
    recorded = Recorded(office)
    nodes = Nodes(f"http://127.0.0.1:{office.port}", ticket, folder, wanted["lies"])
    trainer = Trainer(TASKS[wanted["task"]], settings, wanted["seed"], threads=wanted["threads"], office=recorded)
    try:
        nodes.honest("first")
        nodes.liar("liar")
        until(lambda: office.desk.foreman.able(time.monotonic()) == 2, 900)
        start = time.monotonic()
        plans = [(0.4, lambda: nodes.kill("first")), (0.5, lambda: nodes.honest("second"))]
        while (gone := (time.monotonic() - start) / (60 * minutes)) < 1:
            if plans and gone >= plans[0][0]:
                plans.pop(0)[1]()
            row = trainer.update()
            if len(trainer.curves.rows) % 10 == 0:
                say(f"{gone:4.0%}: {row['steps']:,.0f} steps, return {row['return']:.2f}, {row['steps_per_s']:,.0f} steps/s")
        nodes.end()
        time.sleep(1)
        return trainer.curves.rows, told(recorded, nodes)
    finally:
        office.close()
        nodes.end()
        trainer.close()


def told(recorded: Recorded, nodes: Nodes) -> Row:
    """The books of the office, held against the script's own, and the lies."""
    facts = recorded.facts()
    counts: Counter[str] = Counter(facts["counts"])
    lies = len(nodes.lies.read_text().split()) if nodes.lies.exists() else 0
    steps = counts["verified"] * steps_of(recorded)
    wire = {name: facts["got"].get(name, 0) + facts["sent"].get(name, 0) for name in facts["got"] | facts["sent"]}
    apart = {"policies": wire.pop("POLICY", 0), "worlds": wire.pop("STATE", 0)}
    return {
        **{name: counts[name] for name in ("posted", "given", *ENDS, "local", "late", "twice", "foreign", "unknown")},
        "lost": sum(recorded.used[key] == 0 for key in recorded.posted),
        "twice": sum(number > 1 for number in recorded.used.values()),
        "unaccounted": counts["given"] - sum(counts[name] for name in ENDS) - facts["out"],
        "lies_told": lies,
        "lies_refused": counts["wrong rewards"],
        "honest_unused": counts["late"] + counts["refused"] - counts["wrong rewards"],
        "bytes_per_step": {name: number / steps for name, number in {"rollouts": sum(wire.values()), **apart}.items()},
        "nodes": facts["nodes"],
    }


def steps_of(recorded: Recorded) -> int:
    """Agent-steps of a lease."""
    return next(iter(recorded.steps))


def without(settings: Settings, wanted: Row, seed: int, steps: int) -> list[Row]:
    """The curve of a run without nodes."""
    trainer = Trainer(TASKS[wanted["task"]], settings, seed, threads=wanted["threads"])
    try:
        while trainer.steps < steps:
            trainer.update()
        say(f"without nodes, seed {seed}: return {trainer.curves.rows[-1]['return']:.2f} after {trainer.steps:,} steps")
        return trainer.curves.rows
    finally:
        trainer.close()


def compare(remote: list[Row], local: list[list[Row]]) -> list[Row]:
    """Returns at some points of the curves: of the run with nodes, and where another run without would be, 95 %."""
    found = []
    for share in AT if local else ():
        place = min(math.ceil(share * len(remote)), min(map(len, local))) - 1
        values = np.asarray([rows[place]["return"] for rows in local])
        n, mean = len(values), float(values.mean())
        half = T.get(n - 1, math.nan) * float(values.std(ddof=1)) * math.sqrt(1 + 1 / n) if n > 1 else math.inf
        mine = float(remote[place]["return"])
        row = {"steps": int(remote[place]["steps"]), "nodes": mine, "local": mean, "low": mean - half, "high": mean + half}
        found.append({**row, "values": values.tolist(), "within": bool(row["low"] <= mine <= row["high"])})
    return found


def table(found: Row) -> str:
    """The findings as they stand in the page."""
    wire = found["bytes_per_step"]
    rows = [
        ("minutes, agent-steps, updates", f"{found['minutes']:g}, {found['steps']:,}, {found['updates']:,}"),
        ("leases given", f"{found['given']:,}"),
        ("verified and learned from", f"{found['verified']:,}"),
        ("dropped with the node that was killed", f"{found['dropped']:,}"),
        ("expired, handed back, cancelled", f"{found['expired']:,}, {found['handed_back']:,}, {found['cancelled']:,}"),
        ("lies told, lies refused", f"{found['lies_told']:,}, {found['lies_refused']:,}"),
        ("other results refused", f"{found['refused'] - found['lies_refused']:,}"),
        ("rollouts lost, learned from twice", f"{found['lost']:,}, {found['twice']:,}"),
        ("rollouts that the learner lived itself", f"{found['local']:,}"),
        ("bytes on the wire an agent-step: leases and results", f"{wire['rollouts']:.3f}"),
        ("worlds that changed hands", f"{wire['worlds']:.3f}"),
        ("policies", f"{wire['policies']:.3f}"),
    ]
    lines = ["| what | how much |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows), ""]
    lines += [
        "| agent-steps | return with nodes | without, mean | where another run without would be, 95 % |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row['steps']:,} | {row['nodes']:.2f} | {row['local']:.2f} | {row['low']:.2f} .. {row['high']:.2f} |"
        for row in found["curve"]
    ]
    return "\n".join(lines)


def until(true: Callable[[], bool], seconds: float) -> None:
    """Wait for something that has to happen."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise SystemExit(f"nodes did not come within {seconds:g} s")
        time.sleep(0.2)


def say(line: str) -> None:
    """A line on stderr."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
