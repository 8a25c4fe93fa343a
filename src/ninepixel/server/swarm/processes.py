"""Crowds in processes: one that is this process, several where one core is not enough, and witnesses beside them."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from websockets.uri import WebSocketURI

from ninepixel.server.replication import View
from ninepixel.server.swarm.plan import BadPlan
from ninepixel.server.swarm.proxy import Proxy
from ninepixel.server.swarm.report import Tally
from ninepixel.server.swarm.runner import Orders, Runner, address

#: A witness stays about so long before it leaves and comes back.
WITNESS_SECONDS = 2.0


def work(orders: Orders) -> Tally:
    """Run one process's bots to their end, in this process.

    :raises BadPlan: when the plan cannot be carried out.
    """
    uri = address(orders.url)
    tally = Tally()
    allow_files(3 * len(orders.mine) + 256)  # a bot, and two more through a proxy
    if orders.nice and hasattr(os, "nice"):
        tally.nice = os.nice(orders.nice)
        _only_when_idle()
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_worked(orders, uri, tally))
    return tally


def _only_when_idle() -> None:
    """Take only the CPU that nobody else wants, where the system can do that: a low priority alone still makes others wait for
    the end of a time slice, and a server on the same machine would seem late."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


async def _worked(orders: Orders, uri: WebSocketURI, tally: Tally) -> None:
    proxy = None
    if not orders.weather.fair:
        proxy = Proxy(uri.host, uri.port, orders.weather)
        await proxy.start()
        uri = replace(uri, host="127.0.0.1", port=proxy.port)
    crowd = Runner(orders, uri, tally)  # its keys are made, and the decoder loaded or compiled, before the time counts
    View(6).apply(b"", 0)
    _on_interrupt(crowd.stop)
    cpu, start = os.times(), time.perf_counter()
    try:
        await crowd.run()
    finally:
        spent, tally.wall = os.times(), time.perf_counter() - start
        tally.system = spent.system - cpu.system
        tally.cpu = spent.user - cpu.user + tally.system
        _on_interrupt(None)
        tally.peak_kib = _peak_kib()
        if proxy is not None:
            await proxy.close()
            tally.counts.update({f"proxy_{name}": n for name, n in proxy.counts.items()})


def swarm(orders: Orders, processes: int = 1, witnesses: int = 0) -> tuple[Tally, Tally | None]:
    """Run a crowd, spread evenly over *processes*, and merge what they measured. Ctrl-C ends it early.

    :param witnesses: so many more bots in one more process that keeps its priority, and their own measures: what a player
        with a computer of their own meets beside the crowd. They come and go all the time.
    :returns: what the crowd measured, and what the witnesses did (None without any).
    :raises BadPlan: when the plan cannot be carried out.
    """
    address(orders.url)
    if processes < 1 or witnesses < 0:
        raise BadPlan(f"{processes} processes and {witnesses} witnesses: at least 1 and 0 are needed")
    if processes == 1 and not witnesses:
        return work(orders), None
    shares = [share(orders, part, processes) for part in range(processes)]
    crowds = [*shares, witnesses_of(orders, witnesses)] if witnesses else shares
    with _interrupts_ignored(), multiprocessing.get_context("spawn").Pool(len(crowds)) as pool:
        tallies = pool.map(work, crowds, chunksize=1)
    for file in ("record", "sample"):
        if getattr(orders, file) is not None:
            parts = [getattr(crowd, file) for crowd in crowds if getattr(crowd, file) is not None]
            _join_files(getattr(orders, file), parts)
    for tally in tallies[1:processes]:
        tallies[0].merge(tally)
    return tallies[0], tallies[-1] if witnesses else None


def witnesses_of(orders: Orders, count: int) -> Orders:
    """Orders for *count* witnesses beside a crowd: other accounts, full priority, coming and going once the crowd is there."""
    plan = replace(
        orders.plan,
        wait=orders.plan.arrived,
        ramp=1.0,
        bots=count,
        seed=orders.plan.seed ^ 1 << 63,
        churn=count / WITNESS_SECONDS,
        watchers=0,
        slow=0,
    )
    sample = None if orders.sample is None else orders.sample.with_name(f"{orders.sample.name}.witnesses")
    return replace(orders, plan=plan, mine=range(count), before=0.0, after=0.0, nice=0, record=None, trace=None, sample=sample)


def share(orders: Orders, part: int, processes: int) -> Orders:
    """What one of several processes does of *orders*."""

    def own(file: Path | None) -> Path | None:
        return None if file is None else file.with_name(f"{file.name}.{part}")

    return replace(
        orders,
        mine=orders.mine[part::processes],
        before=orders.before / processes,
        after=orders.after / processes,
        record=own(orders.record),
        sample=own(orders.sample),
    )


def _join_files(whole: Path, parts: list[Path]) -> None:
    """What several processes wrote, as one file; traces in the order of their times."""
    with contextlib.ExitStack() as files, whole.open("w", encoding="utf-8") as out:
        opened = [files.enter_context(part.open(encoding="utf-8")) for part in parts]
        out.writelines(heapq.merge(*opened, key=lambda line: float(line[1 : line.index(",")])))
    for part in parts:
        part.unlink()


def _new_loop() -> asyncio.AbstractEventLoop:
    if sys.platform != "win32":
        import uvloop

        return uvloop.new_event_loop()
    return asyncio.new_event_loop()


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ctrl-C is for the processes, which end early by themselves and tell what they have."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _on_interrupt(stop: Callable[[], None] | None) -> None:
    """Call *stop* on Ctrl-C; None: no more. Only the main thread of a process can."""
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        loop = asyncio.get_running_loop()
        if stop is None:
            loop.remove_signal_handler(signal.SIGINT)
        else:
            loop.add_signal_handler(signal.SIGINT, stop)


def allow_files(need: int) -> None:
    """Let this process, and those that it starts, have *need* open files at a time.

    :raises BadPlan: when the system does not allow so many.
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < need:
        if hard != resource.RLIM_INFINITY and hard < need:
            raise BadPlan(f"{need} open files are needed and this system allows {hard}: use more --processes, or raise ulimit -n")
        resource.setrlimit(resource.RLIMIT_NOFILE, (need, hard))


def _peak_kib() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak
