"""A crowd on a server, alone and beside foes: how late it ticks, how it serves them, and whether it told the truth."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ninepixel.server.bench.metronome import lateness
from ninepixel.server.bench.subject import RATE, Scrape, Server
from ninepixel.server.swarm.plan import Plan
from ninepixel.server.swarm.processes import allow_files, witnesses_of, work
from ninepixel.server.swarm.report import CROWDS, Tally
from ninepixel.server.swarm.runner import Orders
from ninepixel.server.swarm.verify import verify
from ninepixel.world.physics.bench import Figure

WITNESSES = 16
#: Malformed frames a second, half of them before and half after login.
HOSTILE = 10_000.0
#: Seconds over which a thousand bots arrive; that a crowd is let alone before it is measured; that all have to be there.
RAMP_A_THOUSAND, SETTLE, ARRIVED = 8.0, 2.0, 30.0
#: Seconds of clients that count as "30 movers in view": those of the crowd that 30 is in.
THIRTY = next(i for i in reversed(range(len(CROWDS))) if CROWDS[i] <= 30)
NICE = 15
#: The file of everything that was shown to bots.
SEEN = "seen"


@dataclass(slots=True)
class Samples:
    """Figures as they are collected: metric: (unit, samples)."""

    found: dict[str, tuple[str, list[float]]] = field(default_factory=dict)

    def add(self, metric: str, unit: str, value: float) -> None:
        """One more sample of a metric."""
        self.found.setdefault(metric, (unit, []))[1].append(value)

    def figures(self, tags: dict[str, Any]) -> list[Figure]:
        """All of them."""
        return [Figure(metric, unit, samples, dict(tags)) for metric, (unit, samples) in self.found.items()]


def load(bots: int, movers: int, seconds: float, repeats: int, tick_over: Callable[[], object] = int) -> list[Figure]:
    """A crowd of *bots* on a world of about *movers* moving bodies, *repeats* times for *seconds*, and as long beside foes.

    *tick_over* is called after every sample, for progress.

    :raises BenchError: when the server does not start or the crowd does not come.
    """
    allow_files(2 * bots + 512)
    samples = Samples()
    with tempfile.TemporaryDirectory(prefix="ninepixel-bench-") as name:
        folder = Path(name)
        with Server(folder, movers, bots + WITNESSES + 128) as server:
            for _ in range(repeats):
                _sample(server, Crowd(bots, seconds, folder), samples)
                tick_over()
        verdict = verify(server.store, folder / SEEN)
    samples.add("samples_compared", "samples", verdict.compared)
    samples.add("samples_differing", "samples", verdict.wrong)
    samples.add("applied_twice", "commands", verdict.twice)
    samples.add("other_digests", "digests", int(server.ended["digest"] != verdict.digest))
    return samples.figures({"bots": bots, "movers": movers, "ticks_per_s": RATE})


def ramp(bots: int) -> float:
    """Seconds over which a crowd arrives."""
    return max(1.0, RAMP_A_THOUSAND * bots / 1000)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Bots for *seconds* twice: alone, then beside foes. The same accounts every time, so that they find their bodies again."""

    bots: int
    seconds: float
    folder: Path

    def orders(self, url: str) -> Orders:
        """Those of the crowd."""
        stays = ramp(self.bots) + ARRIVED / 2 + SETTLE + 2 * self.seconds
        plan = Plan(bots=self.bots, seconds=stays, ramp=ramp(self.bots), sample_every=100)
        return Orders(url, plan, range(self.bots), nice=NICE, sample=self.folder / "samples")

    def witnesses(self, url: str) -> Orders:
        """Those of the witnesses, who come when the crowd is there and are gone before the foes."""
        plan = Plan(bots=0, seconds=SETTLE + self.seconds, ramp=0.0, sample_every=20)
        return witnesses_of(Orders(url, plan, range(0), sample=self.folder / "samples"), WITNESSES)

    def foes(self, url: str) -> Orders:
        """Those of the foes."""
        plan = Plan(bots=0, seconds=self.seconds + SETTLE)
        return Orders(url, plan, range(0), before=HOSTILE / 2, after=HOSTILE / 2, nice=NICE)


def _sample(server: Server, crowd: Crowd, samples: Samples) -> None:
    orders = [crowd.orders(server.url), crowd.witnesses(server.url)]
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        running = pool.apply_async(work, orders[:1])
        server.wait_for(crowd.bots, ramp(crowd.bots) + ARRIVED)
        watching = pool.apply_async(work, orders[1:])
        time.sleep(SETTLE)
        begin = server.scrape()
        idle = pool.apply_async(lateness, (crowd.seconds,))
        time.sleep(crowd.seconds)
        calm = server.scrape()
        witnesses = watching.get(ARRIVED + crowd.seconds)
        foes = pool.apply_async(work, (crowd.foes(server.url),))
        time.sleep(SETTLE)
        before = server.scrape()
        idle_too = pool.apply_async(lateness, (crowd.seconds,))
        time.sleep(crowd.seconds)
        hostile = server.scrape()
        tally, sent = (result.get(crowd.seconds * 4 + ARRIVED * 4) for result in (running, foes))
    with (crowd.folder / SEEN).open("a", encoding="utf-8") as seen:
        for each in orders:
            assert each.sample is not None
            seen.write(each.sample.read_text(encoding="utf-8"))
    _tell_server(samples, begin, calm, before, hostile)
    samples.add("idle_lateness_p99_ms", "ms", idle.get(ARRIVED))
    samples.add("idle_lateness_p99_hostile_ms", "ms", idle_too.get(ARRIVED))
    _tell_clients(samples, tally, witnesses)
    samples.add("hostile_per_s", "1/s", sent.hostile.total() / sent.wall)


def _tell_server(samples: Samples, begin: Scrape, calm: Scrape, before: Scrape, hostile: Scrape) -> None:
    lateness = calm.quantile(begin, "tick_lateness_milliseconds", 0.99)
    worse = hostile.quantile(before, "tick_lateness_milliseconds", 0.99)
    samples.add("lateness_p99_ms", "ms", lateness)
    samples.add("lateness_p99_hostile_ms", "ms", worse)
    samples.add("lateness_p99_hostile_delta_ms", "ms", worse - lateness)
    samples.add("tick_p99_ms", "ms", calm.quantile(begin, "tick_duration_milliseconds", 0.99))
    samples.add("commit_p99_ms", "ms", calm.quantile(begin, "commit_milliseconds", 0.99))
    seconds = calm.at - begin.at
    samples.add("ticks_per_s", "1/s", calm.since(begin, "ninepixel_ticks_total") / seconds)
    samples.add("server_cores", "cores", calm.since(begin, "process_cpu_seconds_total") / seconds)
    samples.add("server_memory_mib", "MiB", calm.values.get("process_resident_memory_bytes", 0.0) / 2**20)


def _tell_clients(samples: Samples, tally: Tally, witnesses: Tally) -> None:
    samples.add("join_p99_ms", "ms", witnesses.joined.quantile(0.99))
    samples.add("join_p50_ms", "ms", witnesses.joined.quantile(0.5))
    samples.add("join_crowd_p99_ms", "ms", tally.joined.quantile(0.99))
    samples.add("ack_p50_ms", "ms", witnesses.ack.quantile(0.5))
    samples.add("ack_p99_ms", "ms", witnesses.ack.quantile(0.99))
    samples.add("frame_jitter_p99_ms", "ms", witnesses.jitter.quantile(0.99))
    samples.add("kbit_s_p50", "kbit/s", tally.kbit[THIRTY].quantile(0.5))
    samples.add("kbit_s_p99", "kbit/s", tally.kbit[THIRTY].quantile(0.99))
    everybody = tally.report()
    samples.add("kbit_s_all_p50", "kbit/s", everybody["kbit_s_in"]["p50"])
    samples.add("kbit_s_all_p99", "kbit/s", everybody["kbit_s_in"]["p99"])
    samples.add("visible_movers_p50", "movers", tally.movers.quantile(0.5))
    samples.add("frames_per_s_p50", "1/s", everybody["frames_per_s"]["p50"])
    samples.add("bots_cores", "cores", everybody["bots_cores"])
    samples.add("bots_us_per_frame", "us", everybody["bots_us_per_frame"])
    wrong = sum(t.counts[name] for t in (tally, witnesses) for name in ("bad_checks", "bad_frames"))
    samples.add("bad_checks", "layers", wrong)
