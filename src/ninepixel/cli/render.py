"""``ninepixel render``: pictures and films of a save."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ninepixel.cli import INTERRUPTED, VERBS
from ninepixel.cli.folders import check_output
from ninepixel.cli.options import FILE, backend_option, size_option
from ninepixel.cli.replay import recorded_ticks

if TYPE_CHECKING:
    from ninepixel.cli.loop import Stop
    from ninepixel.world.store.save import Save
    from ninepixel.world.universe import Universe


@click.command(
    help=VERBS["render"][1] + "\n\nThe ending of --out decides: .png is one picture, .gif and .mp4 are films.",
    short_help=VERBS["render"][1],
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=FILE, metavar="F.mp4|gif|png", help="What to write.")
@click.option(
    "--ticks",
    type=click.IntRange(0),
    help="How many ticks from the save's beginning; past its end the universe goes on by itself. Default: all it holds.",
)
@click.option("--every", type=click.IntRange(1), default=1, show_default=True, help="Of a film: one frame every so many ticks.")
@click.option("--fps", type=click.IntRange(1, 240), default=20, show_default=True, help="Of a film: frames a second.")
@size_option
@click.option("--caption/--no-caption", default=True, show_default=True, help="Seed, tick and legend in the picture.")
@backend_option
def render(
    file: Path, out: Path, ticks: int | None, every: int, fps: int, size: tuple[int, int], caption: bool, backend: str
) -> int:
    """Exit code 1 when nothing could be drawn; an unfinished film is never left behind."""
    check_output(out, (".png", ".gif", ".mp4"))
    from ninepixel.cli.loop import stopping
    from ninepixel.cli.report import Progress, log
    from ninepixel.world.picture.export import Studio, about, overview, save_png
    from ninepixel.world.picture.film import FrameWriter
    from ninepixel.world.picture.regions import Regions
    from ninepixel.world.store.save import Save

    with ExitStack() as stack:
        save = stack.enter_context(Save(file))
        stop = stack.enter_context(stopping())
        total = recorded_ticks(save) if ticks is None else ticks
        film = out.suffix.lower() != ".png"
        if film and total < 1:
            raise click.ClickException(f"{file.name} holds no ticks to film; say how far to go on with --ticks")
        studio, regions = stack.enter_context(Studio(size)), Regions()
        if not studio.uses_gl:
            log.warning("drawing with %s", studio.why)
        writer = stack.enter_context(FrameWriter(out, fps, size)) if film else None
        progress = stack.enter_context(Progress("rendering", total))
        camera = None
        for universe in _history(save, total, backend, stop, stack):
            if writer is not None and progress.done % every == 0:
                state = universe.pull()
                camera = camera or overview(state, size)  # one eye for the whole film: nothing jumps
                writer.write(studio.shoot(state, camera, regions=regions.circles(state), trails=True, caption=caption))
            if progress.done < total:
                progress.advance()
        if stop:
            raise click.exceptions.Exit(INTERRUPTED)  # leaves no half of a film
        if writer is None:
            state = universe.pull()
            save_png(studio.shoot(state, regions=regions.circles(state), caption=caption), out, about(state, universe.digest()))
    click.echo(f"{out}: {writer.frames} frames" if writer is not None else f"{out}: tick {state.tick}")
    return 0


def _history(save: Save, ticks: int, backend: str, stop: Stop, stack: ExitStack) -> Iterator[Universe]:
    """The universe of *save* at its genesis and after each of *ticks* ticks; past the end of the record no commands come."""
    from ninepixel.world.commands import Command
    from ninepixel.world.universe import Universe

    waiting: dict[int, list[Command]] = {}
    for event in save.events(prints=False):
        if isinstance(event.what, list):
            waiting.setdefault(event.tick, []).extend(event.what)
    universe = stack.enter_context(Universe.from_state(save.state(save.snapshots[0]), backend))
    yield universe
    for _ in range(ticks):
        if stop:
            return
        universe.step(waiting.pop(universe.tick, []))
        yield universe
