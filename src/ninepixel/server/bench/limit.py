"""The largest crowd that a server bears on this machine, beside the bots that are the crowd."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from ninepixel.server.bench.load import ARRIVED, NICE, SETTLE, ramp
from ninepixel.server.bench.subject import RATE, BenchError, Server
from ninepixel.server.swarm.plan import Plan
from ninepixel.server.swarm.processes import allow_files, share, work
from ninepixel.server.swarm.runner import Orders
from ninepixel.world.physics.bench import Figure

#: A crowd is borne while ticks are at most so late at the 99th percentile, milliseconds, and this share of them takes place.
LATE_MS, KEPT = 50.0, 0.95
#: Each crowd is so much larger than the last, until one is not borne; then what is between is halved until it is as near as this.
GROWTH, NEAR = 1.25, 0.05
#: Bots that one core can play.
A_CORE = 1000


def most(bots: int, movers: int, seconds: float, repeats: int, tick_over: Callable[[], object] = int) -> list[Figure]:
    """Crowds of *bots* and more, or fewer, on a world of about *movers* moving bodies: how late the server ticks under each, in
    *repeats* samples of *seconds*, and the largest whose median it bears.

    *tick_over* is called after every crowd, for progress.

    :raises BenchError: when the server does not start.
    """
    figures, too_many = list[Figure](), list[int]()
    about = {"movers": movers, "ticks_per_s": RATE}

    def borne(crowd: int) -> bool:
        late, rate = _lateness(crowd, movers, seconds, repeats)
        if late:
            figures.append(Figure("crowd_lateness_p99_ms", "ms", late, about | {"bots": crowd}))
            figures.append(Figure("crowd_ticks_per_s", "1/s", rate, about | {"bots": crowd}))
        tick_over()
        if late and median(late) <= LATE_MS and median(rate) >= KEPT * RATE:
            return True
        too_many.append(crowd)
        return False

    largest = search(borne, bots)
    return [*figures, Figure("most_players", "players", [largest], about | {"late_ms": LATE_MS, "too_many": min(too_many)})]


def search(borne: Callable[[int], bool], first: int) -> int:
    """About the largest size that is borne, beginning at *first*; 0 when none is."""
    low, high, size = 0, 0, first
    while not (low and high):
        if borne(size):
            low, size = size, int(size * GROWTH) + 1
        else:
            high, size = size, int(size / GROWTH)
        if not size:
            return 0
    while high - low > max(1, low * NEAR):
        middle = (low + high) // 2
        low, high = (middle, high) if borne(middle) else (low, middle)
    return low


def _lateness(bots: int, movers: int, seconds: float, repeats: int) -> tuple[list[float], list[float]]:
    """99th percentiles of how late ticks were, ms, and ticks a second; none when the crowd cannot all come in."""
    allow_files(2 * bots + 512)
    stays = ramp(bots) + ARRIVED + SETTLE + (seconds + 1) * repeats
    with tempfile.TemporaryDirectory(prefix="ninepixel-bench-") as folder, Server(Path(folder), movers, bots + 128) as server:
        processes = min(os.cpu_count() or 1, -(-bots // A_CORE))
        orders = Orders(server.url, Plan(bots=bots, seconds=stays, ramp=ramp(bots)), range(bots), nice=NICE)
        late, rate = list[float](), list[float]()
        with multiprocessing.get_context("spawn").Pool(processes) as pool:  # which ends the bots in its end
            pool.map_async(work, [share(orders, part, processes) for part in range(processes)], chunksize=1)
            try:
                server.wait_for(bots, ramp(bots) + ARRIVED)
            except BenchError:
                return [], []
            time.sleep(SETTLE)
            for _ in range(repeats):
                begin = server.scrape()
                time.sleep(seconds)
                end = server.scrape()
                late.append(end.quantile(begin, "tick_lateness_milliseconds", 0.99))
                rate.append(end.since(begin, "ninepixel_ticks_total") / (end.at - begin.at))
        return late, rate
