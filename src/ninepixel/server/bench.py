"""What a server bears: the rows of ``ninepixel bench server``.

A server is started as a process of its own on a world of so many moving bodies, and a crowd of bots in others. The bots give up
their priority, so that what the server is late for is its own doing, and their CPU is reported apart; how players with computers
of their own are served is told by a few *witnesses*, bots in a process that keeps its priority and does little else.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from prometheus_client.parser import text_string_to_metric_families

from ninepixel.server.swarm.plan import Plan
from ninepixel.server.swarm.processes import allow_files, witnesses_of, work
from ninepixel.server.swarm.report import CROWDS, Tally
from ninepixel.server.swarm.runner import Orders
from ninepixel.server.swarm.verify import verify
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.physics.bench import Figure

#: Moving bodies that a file of a synthetic host brings along, about.
MOVERS_A_FILE = 8.67
MINDS, WITNESSES = 64, 16
#: Malformed frames a second, half of them before and half after login.
HOSTILE = 10_000.0
#: Seconds over which a thousand bots arrive; that a crowd is let alone before it is measured; that all have to be there.
RAMP_A_THOUSAND, SETTLE, ARRIVED = 8.0, 2.0, 30.0
START_SECONDS, STOP_SECONDS = 300.0, 60.0
#: Seconds of clients that count as "30 movers in view": those of the crowd that 30 is in.
THIRTY = next(i for i in reversed(range(len(CROWDS))) if CROWDS[i] <= 30)
NICE = 15
#: The file of everything that was shown to bots.
SEEN = "seen"
RATE = 20


class BenchError(RuntimeError):
    """The server or the crowd did not do what is to be measured; one line."""


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


@dataclass(frozen=True, slots=True)
class Crowd:
    """Bots for *seconds* twice: alone, then beside foes. The same accounts every time, so that they find their bodies again."""

    bots: int
    seconds: float
    folder: Path

    @property
    def ramp(self) -> float:
        """Seconds over which they arrive."""
        return max(1.0, RAMP_A_THOUSAND * self.bots / 1000)

    def orders(self, url: str) -> Orders:
        """Those of the crowd."""
        stays = self.ramp + ARRIVED / 2 + SETTLE + 2 * self.seconds
        plan = Plan(bots=self.bots, seconds=stays, ramp=self.ramp, sample_every=100)
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
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        running = pool.apply_async(work, orders[:1])
        server.wait_for(crowd.bots, crowd.ramp + ARRIVED)
        watching = pool.apply_async(work, orders[1:])
        time.sleep(SETTLE)
        begin = server.scrape()
        time.sleep(crowd.seconds)
        calm = server.scrape()
        witnesses = watching.get(ARRIVED + crowd.seconds)
        foes = pool.apply_async(work, (crowd.foes(server.url),))
        time.sleep(SETTLE)
        before = server.scrape()
        time.sleep(crowd.seconds)
        hostile = server.scrape()
        tally, sent = (result.get(crowd.seconds * 4 + ARRIVED * 4) for result in (running, foes))
    with (crowd.folder / SEEN).open("a", encoding="utf-8") as seen:
        for each in orders:
            assert each.sample is not None
            seen.write(each.sample.read_text(encoding="utf-8"))
    _tell_server(samples, begin, calm, before, hostile)
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


# -- the server --------------------------------------------------------------------------------------------------------


class Server:
    """``ninepixel serve`` in a process of its own, while the ``with`` lasts.

    :ivar url: where it is. :ivar store: its store. :ivar ended: what it said at its end.
    """

    def __init__(self, folder: Path, movers: int, players: int) -> None:
        self.store, self.url = folder / "store", ""
        self.ended: Mapping[str, Any] = {}
        self._folder, self._movers, self._players = folder, movers, players
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[str] | None = None

    def __enter__(self) -> Server:
        host = self._folder / "host.9px"
        synthetic(9, round(self._movers / MOVERS_A_FILE)).save(host)
        given = [
            "--from-host",
            str(host),
            "--store",
            str(self.store),
            "--port",
            "0",
            "--minds",
            str(MINDS),
            "--rate",
            str(RATE),
            "--json",
        ]
        settings = {"KEEP": "1000", "DRAIN_SECONDS": "0", "MAX_CONNECTIONS": str(2 * self._players + 512), "METRICS": "local"}
        environment = os.environ | {f"NINEPIXEL_SERVER_{name}": value for name, value in settings.items()}
        self._errors = (self._folder / "server.log").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ninepixel", "serve", *given, "--players", str(self._players)],
            stdout=subprocess.PIPE, stderr=self._errors, text=True, env=environment,
        )  # fmt: skip
        try:
            self.url = str(self._row(START_SECONDS)["url"])
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, kind: object, *exception: object) -> None:
        assert self._process is not None
        try:
            if kind is None:
                self._process.send_signal(signal.SIGTERM)
                self.ended = self._row(STOP_SECONDS)
                self._process.wait(STOP_SECONDS)
        finally:
            self._kill()

    def _kill(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        assert self._errors is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def wait_for(self, players: int, seconds: float) -> None:
        """Until so many play.

        :raises BenchError: when they do not within *seconds*.
        """
        until, here = time.perf_counter() + seconds, 0.0
        while time.perf_counter() < until:
            here = self.scrape().values.get('ninepixel_clients{mode="play"}', 0.0)
            if here >= players:
                return
            time.sleep(0.5)
        raise BenchError(
            f"of {players} bots only {here:g} came within {seconds:g} s; the server's last words: {self._last_words()}"
        )

    def scrape(self) -> Scrape:
        """The server's figures as they are now.

        :raises BenchError: when it does not answer.
        """
        try:
            with urllib.request.urlopen(f"{self.url.rstrip('/')}/metrics", timeout=30) as answer:
                return Scrape.of(answer.read().decode(), time.perf_counter())
        except OSError as error:
            raise BenchError(f"the server does not tell its figures: {error}; its last words: {self._last_words()}") from None

    def _row(self, seconds: float) -> dict[str, Any]:
        """The next line of JSON that it says."""
        assert self._process is not None
        assert self._process.stdout is not None
        with _alarm(self._process, seconds):
            line = self._process.stdout.readline()
        if not line:
            raise BenchError(f"the server ended or said nothing for {seconds:g} s; its last words: {self._last_words()}")
        return dict(json.loads(line))

    def _last_words(self) -> str:
        assert self._errors is not None
        self._errors.seek(0)
        return (self._errors.read().strip().splitlines() or ["nothing"])[-1][:300]


@contextlib.contextmanager
def _alarm(process: subprocess.Popen[str], seconds: float) -> Iterator[None]:
    """Kill *process* when what is within takes longer than that."""
    import threading

    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@dataclass(frozen=True, slots=True)
class Scrape:
    """What ``/metrics`` said.

    :ivar at: seconds, monotonic. :ivar values: by name, with labels as Prometheus writes them where there are any.
    :ivar buckets: of histograms, by name without its prefix: upper edge and cumulative count, ascending.
    """

    at: float
    values: Mapping[str, float]
    buckets: Mapping[str, list[tuple[float, float]]]

    @staticmethod
    def of(text: str, at: float) -> Scrape:
        """What *text* says."""
        values, buckets = dict[str, float](), dict[str, list[tuple[float, float]]]()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name.endswith("_bucket"):
                    name = sample.name.removeprefix("ninepixel_").removesuffix("_bucket")
                    buckets.setdefault(name, []).append((float(sample.labels["le"]), sample.value))
                else:
                    labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
                    values[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
        return Scrape(at, values, {name: sorted(found) for name, found in buckets.items()})

    def since(self, before: Scrape, name: str) -> float:
        """How much a counter has grown."""
        return self.values.get(name, 0.0) - before.values.get(name, 0.0)

    def quantile(self, before: Scrape, name: str, share: float) -> float:
        """A quantile of what a histogram has seen since *before*: evenly spread within a bucket, the last edge beyond that.

        :raises BenchError: when there is no such histogram, or it has seen nothing.
        """
        earlier = dict(before.buckets.get(name, ()))
        grown = [(edge, count - earlier.get(edge, 0.0)) for edge, count in self.buckets.get(name, ())]
        if not grown or grown[-1][1] <= 0:
            raise BenchError(f"the server's figures say nothing of {name}")
        wanted, low, below = share * grown[-1][1], 0.0, 0.0
        for edge, count in grown:
            if count >= wanted:
                return low if edge == float("inf") else low + (edge - low) * (wanted - below) / (count - below)
            low, below = edge, count
        return low
