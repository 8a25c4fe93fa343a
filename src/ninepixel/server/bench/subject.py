"""What is measured: a server in a process of its own, and what it tells of itself at ``/metrics``."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from prometheus_client.parser import text_string_to_metric_families

from ninepixel.world.host.synthetic import synthetic

#: Moving bodies that a file of a synthetic host brings along, about.
MOVERS_A_FILE = 8.67
MINDS, RATE = 64, 20
START_SECONDS, STOP_SECONDS = 300.0, 60.0


class BenchError(RuntimeError):
    """The server or the crowd did not do what is to be measured; one line."""


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
