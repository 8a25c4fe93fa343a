"""``ninepixel bench``: the figures of the README's table, on this machine. Medians of several samples, with the extremes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import click

from ninepixel.cli import VERBS
from ninepixel.cli.options import json_option, size_option

if TYPE_CHECKING:
    from ninepixel.world.physics.backend import Backend
    from ninepixel.world.physics.bench import Figure

#: What a field cell takes while it is measured: three channels, and as much again for the copy beside it.
BYTES_PER_CELL = 30

repeats_option = click.option("--repeats", type=click.IntRange(1, 1000), default=5, show_default=True, help="Samples a figure.")
backends_option = click.option(
    "--backend",
    "backends",
    type=click.Choice(["auto", "cpu", "gpu"]),
    default="auto",
    show_default=True,
    help="auto measures every backend that can run here.",
)
threads_option = click.option("--threads", type=click.IntRange(1, 1024), help="Of numba; all usable cores by default.")


@click.group(help=VERBS["bench"][1], short_help=VERBS["bench"][1])
def bench() -> None:
    """Measure this machine."""


@bench.command()
@click.option("--bodies", type=click.IntRange(1, 1 << 24), multiple=True, default=(100_000, 1_000_000), show_default=True)
@click.option("--ticks", type=click.IntRange(1), default=8, show_default=True, help="Ticks a sample.")
@repeats_option
@backends_option
@threads_option
@json_option
def physics(bodies: tuple[int, ...], ticks: int, repeats: int, backends: str, threads: int | None, as_json: bool) -> None:
    """Milliseconds a tick of a uniform crowd, beside what this machine could do at best."""
    from ninepixel.world.physics.bench import physics as measure

    def figures() -> Iterator[dict[str, Any]]:
        for backend, tags in _backends(backends, threads):
            for crowd in bodies:
                found = _measured(
                    f"{crowd:,} bodies on {backend.detail}",
                    repeats + 1,
                    partial(measure, crowd, backend, ticks=ticks, repeats=repeats),
                )
                yield from (figure_row("physics", figure, tags) for figure in found)

    _tell(figures(), as_json)


@bench.command()
@click.option("--side", type=click.IntRange(64, 8192), default=8192, show_default=True, help="Of the field, a power of two.")
@click.option("--ticks", type=click.IntRange(1), default=2, show_default=True, help="Ticks a sample.")
@repeats_option
@backends_option
@threads_option
@json_option
def fields(side: int, ticks: int, repeats: int, backends: str, threads: int | None, as_json: bool) -> None:
    """Ticks a second of a three-channel field, beside plain copies of the same memory."""
    from ninepixel.world.physics.backend import BackendError
    from ninepixel.world.physics.bench import fields as measure

    if side & (side - 1):
        raise click.UsageError(f"the side of a field is a power of two, not {side}")
    _check_memory(side * side * BYTES_PER_CELL, f"a field of {side}x{side} cells")

    def figures() -> Iterator[dict[str, Any]]:
        for backend, tags in _backends(backends, threads):
            try:
                found = _measured(
                    f"{side:,}x{side:,} cells on {backend.detail}",
                    repeats + 1,
                    partial(measure, side.bit_length() - 1, backend, ticks=ticks, repeats=repeats),
                )
            except BackendError as error:
                if backends == "gpu":
                    raise
                click.echo(f"ninepixel: left out: {error}", err=True)
                continue
            yield from (figure_row("fields", figure, tags) for figure in found)

    _tell(figures(), as_json)


@bench.command()
@click.option("--bodies", type=click.IntRange(1, 1 << 22), default=100_000, show_default=True)
@click.option("--frames", type=click.IntRange(1, 10_000), default=20, show_default=True)
@size_option
@json_option
def render(bodies: int, frames: int, size: tuple[int, int], as_json: bool) -> None:
    """Frames a second of a crowded world, all of it in view and new in every frame."""
    from ninepixel.world.picture.bench import bench_render

    _tell(iter(bench_render(bodies, size, frames)), as_json)


@bench.command()
@click.option("--agents", type=click.IntRange(1, 1 << 16), default=128, show_default=True, help="Of a world, in the batch.")
@click.option("--worlds", type=click.IntRange(1, 1 << 16), default=256, show_default=True, help="Of the batch.")
@click.option("--seconds", type=click.FloatRange(0.01, 60), default=1.0, show_default=True, help="A sample.")
@click.option("--peers/--no-peers", default=True, show_default=True, help="Measure other environments in the same run.")
@repeats_option
@json_option
def env(agents: int, worlds: int, seconds: float, peers: bool, repeats: int, as_json: bool) -> None:
    """Agent-steps a second of our environments under a random policy, beside other people's."""
    from ninepixel.agents.bench.ours import ways
    from ninepixel.agents.bench.peers import PEERS, PeerError
    from ninepixel.world.physics.cpu.team import usable_cores

    def figures() -> Iterator[dict[str, Any]]:
        ours = {"backend": "cpu", "threads": usable_cores()}
        for way in ways(agents, worlds):
            found = _measured(way.title, repeats + 1, lambda tick_over, way=way: [way.measure(seconds, repeats, tick_over)])
            yield from (figure_row("env", figure, ours) for figure in found)
        for peer in PEERS if peers else ():
            try:
                found = _measured(peer.name, peer.samples(repeats), partial(peer.measure, seconds=seconds, repeats=repeats))
            except PeerError as error:
                click.echo(f"ninepixel: left out: {error}", err=True)
                continue
            yield from (figure_row("env", figure, {"backend": "peer", "threads": None}) for figure in found)

    _tell(figures(), as_json)


@bench.command()
@click.option("--hidden", type=click.IntRange(16, 1024), default=64, show_default=True, help="Units of the network.")
@click.option("--minds", type=click.IntRange(1, 1 << 20), default=4096, show_default=True, help="That decide at once.")
@click.option("--seconds", type=click.FloatRange(0.01, 60), default=1.0, show_default=True, help="A sample.")
@repeats_option
@json_option
def policy(hidden: int, minds: int, seconds: float, repeats: int, as_json: bool) -> None:
    """Decisions a second of minds that act by a policy, beside the same network in floating point."""
    from ninepixel.agents.bench.deciding import ways

    if hidden % 16:
        raise click.UsageError(f"--hidden is a multiple of 16, not {hidden}")

    def figures() -> Iterator[dict[str, Any]]:
        for way in ways(hidden, minds):
            found = _measured(way.title, repeats + 1, lambda tick_over, way=way: [way.measure(seconds, repeats, tick_over)])
            yield from (figure_row("policy", figure, {"backend": "cpu"}) for figure in found)

    _tell(figures(), as_json)


@bench.command()
@repeats_option
@threads_option
@json_option
def train(repeats: int, threads: int | None, as_json: bool) -> None:
    """Agent-steps a second of learning, where the time goes, and what the matrix products alone could do."""
    from ninepixel.cli.train import need_torch

    need_torch()
    from ninepixel.agents.learning.bench import training

    def figures() -> Iterator[dict[str, Any]]:
        found = _measured("learning", repeats + 1, lambda tick_over: training(repeats, tick_over, threads=threads))
        yield from (figure_row("train", figure, {"backend": "cpu"}) for figure in found)

    _tell(figures(), as_json)


@bench.command()
@click.option(
    "--policy", metavar="NAME|FILE", default="survive", show_default=True, help="What all minds act by in the beginning."
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="A folder for rows, report, picture."
)
@click.option("--pairs", type=click.IntRange(1, 1000), default=5, show_default=True, help="Of twins, with a seed each.")
@click.option("--minutes", type=click.IntRange(1), default=30, show_default=True, help="Of the universe, 1,200 ticks each.")
@click.option("--minds", type=click.IntRange(2, 65_536), default=48, show_default=True, help="In each universe.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the first pair; the others follow.")
@click.option("--rate", type=click.FloatRange(0), default=20.0, show_default=True, help="Ticks a second, 0 as fast as it goes.")
@click.option("--together", type=click.IntRange(1), default=5, show_default=True, help="Pairs that run at a time.")
@click.option("--learn-set", multiple=True, metavar="NAME=NUMBER", help="A setting of online learning; may be repeated.")
@click.option("--write", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A page to put the table into.")
@json_option
def learn(policy: str, out: Path, write: Path | None, learn_set: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """How much better minds fare that go on learning (`run --learn`) than their frozen twins, and whether ticks come in time."""
    from ninepixel.agents.learning.online.twins import table
    from ninepixel.cli.learning import Learn
    from ninepixel.cli.report import row
    from ninepixel.cli.twins import Plan, check_page, compare
    from ninepixel.cli.twins import write as keep

    Learn.of(True, None, learn_set)  # what makes no sense is said before half an hour, and not after it
    check_page(write)
    out.mkdir(parents=True, exist_ok=True)
    plan = Plan(policy, out, settings=learn_set, **options)
    verdict = compare(plan)
    keep(plan, verdict, write)
    if as_json:
        for name, found in verdict.figures().items():
            row({"bench": "learn", "metric": name, "unit": "satisfaction", **found.plain(), "n": options["pairs"]})
        for kind, told in verdict.beats().items():
            for name, value in told.items():
                row({"bench": "learn", "metric": f"{kind}_{name}", "value": round(value, 4), "n": options["pairs"]})
    else:
        click.echo(table(verdict))


@bench.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--files", type=click.IntRange(1, 1_000_000), default=100_000, show_default=True, help="Of the tree that is made.")
@repeats_option
@json_option
def scan(path: Path | None, files: int, repeats: int, as_json: bool) -> None:
    """Seconds to survey the tree at PATH, or one made for this in a temporary folder, beside bare walks of it."""
    import tempfile

    from ninepixel.cli.scanbench import make_tree, scan_rows

    if path is not None:
        _tell(scan_rows(path, repeats), as_json)
        return
    with tempfile.TemporaryDirectory(prefix="ninepixel-bench-") as folder:
        make_tree(Path(folder), files)
        _tell(scan_rows(Path(folder), repeats), as_json)


@bench.command()
@click.option("--bots", type=click.IntRange(1, 100_000), default=1000, show_default=True, help="Players at a time.")
@click.option("--movers", type=click.IntRange(100, 1_000_000), default=5000, show_default=True, help="Bodies that move, about.")
@click.option(
    "--seconds", type=click.FloatRange(1), default=15.0, show_default=True, help="Of a sample, once alone and once beside foes."
)
@click.option("--most", is_flag=True, help="Look for the largest crowd that is borne, beginning with --bots.")
@repeats_option
@json_option
def server(bots: int, movers: int, seconds: float, most: bool, repeats: int, as_json: bool) -> None:
    """How late a server ticks under a crowd of bots and beside foes, how it serves them, and whether it told the truth."""
    from ninepixel.server.bench import BenchError, load
    from ninepixel.server.bench import most as most_that_are_borne

    def figures() -> Iterator[dict[str, Any]]:
        try:
            if most:
                found = _measured("crowds", None, partial(most_that_are_borne, bots, movers, seconds, repeats))
            else:
                found = _measured(f"{bots:,} bots", repeats, partial(load, bots, movers, seconds, repeats))
        except BenchError as error:
            raise click.ClickException(str(error)) from None
        yield from (figure_row("server", figure, {"backend": "cpu"}) for figure in found)

    _tell(figures(), as_json)


@bench.command()
@click.option("--kills", type=click.IntRange(0), default=1000, show_default=True, help="Of a server under load, by SIGKILL.")
@click.option("--entities", type=click.IntRange(1000, 1 << 22), default=100_000, show_default=True, help="Of a server restarted.")
@repeats_option
@json_option
def recovery(kills: int, entities: int, repeats: int, as_json: bool) -> None:
    """What a server that is killed again and again loses, and how soon a large one accepts commands again."""
    from ninepixel.server.durable.bench import WARM, killed, restarts

    def figures() -> Iterator[dict[str, Any]]:
        small = _measured(f"{kills:,} kills", kills, partial(killed, kills)) if kills else []
        yield from (figure_row("recovery", figure, {"backend": "cpu"}) for figure in small)
        large = _measured(f"{entities:,} entities", repeats + WARM, partial(restarts, entities, repeats))
        yield from (figure_row("recovery", figure, {"backend": "cpu"}) for figure in large)

    _tell(figures(), as_json)


def figure_row(bench_name: str, figure: Figure, tags: dict[str, Any]) -> dict[str, Any]:
    """A figure as a row of the benchmark table: the median of its samples and the extremes."""
    return {
        "bench": bench_name,
        "metric": figure.metric,
        "value": round(median(figure.samples), 4),
        "unit": figure.unit,
        "min": round(min(figure.samples), 4),
        "max": round(max(figure.samples), 4),
        "n": len(figure.samples),
        **tags,
        **figure.tags,
    }


def _backends(wanted: str, threads: int | None) -> Iterator[tuple[Backend, dict[str, Any]]]:
    """The backends to measure, one after the other, each closed before the next."""
    from ninepixel.world.physics.backend import BackendError
    from ninepixel.world.physics.cpu import CpuBackend
    from ninepixel.world.physics.gpu.backend import GpuBackend
    from ninepixel.world.physics.gpu.context import available

    if wanted in ("auto", "cpu"):
        cpu = CpuBackend(threads)
        try:
            yield cpu, {"backend": "cpu", "threads": cpu.team.threads}
        finally:
            cpu.close()
    if wanted in ("auto", "gpu"):
        possible, device = available()
        if not possible:
            if wanted == "gpu":
                raise BackendError(f"the GPU backend cannot run here: {device}")
            click.echo(f"ninepixel: left out: the GPU backend ({device})", err=True)
            return
        gpu = GpuBackend()
        try:
            yield gpu, {"backend": "gpu", "threads": None, "device": device}
        finally:
            gpu.close()


def _measured(title: str, samples: int | None, work: Callable[..., list[Figure]]) -> list[Figure]:
    from ninepixel.cli.report import Progress

    with Progress(title, samples, "samples") as progress:
        return work(tick_over=progress.advance)


def _check_memory(needed: int, what: str) -> None:
    import psutil

    free = int(psutil.virtual_memory().available)
    if needed > free:
        raise click.ClickException(f"{what} needs {needed / 2**30:.1f} GiB and {free / 2**30:.1f} are free; try a smaller --side")


def _tell(rows: Iterator[dict[str, Any]], as_json: bool) -> None:
    """Each row as soon as it is known; nothing waits for the slowest."""
    from ninepixel.cli.report import row

    for found in rows:
        if as_json:
            row(found)
            continue
        known = {"bench", "metric", "value", "unit", "min", "max", "n"}
        tags = ", ".join(f"{name} {_plain(value)}" for name, value in found.items() if name not in known and value is not None)
        spread = f"{_plain(found['min'])} .. {_plain(found['max'])}, n {found['n']}"
        click.echo(f"{found['bench']} {found['metric']}: {_plain(found['value'])} {found['unit']} ({spread}; {tags})")


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
