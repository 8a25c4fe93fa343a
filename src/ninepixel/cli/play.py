"""``ninepixel play``: look at a universe in a window; without a display, run on and draw a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ninepixel.cli import VERBS
from ninepixel.cli.folders import check_output, folder_in_store
from ninepixel.cli.learning import Learn, learn_options
from ninepixel.cli.options import FILE, path_argument, size_option, universe_options
from ninepixel.cli.run import DEFAULT_TICKS, LEARN_RATE

if TYPE_CHECKING:
    from ninepixel.cli.headless import Keep
    from ninepixel.cli.opening import Wanted


@click.command(
    help=VERBS["play"][1]
    + "\n\nPATH is the bundled sample tree when it is left out. In the window, H shows the keys."
    + " Files and processes appear, change and vanish while you look.",
    short_help=VERBS["play"][1],
)
@path_argument
@click.option("--connect", metavar="URL", help="Join the universe of a server.")
@click.option("--headless", is_flag=True, help="No window, though there may be a display.")
@click.option(
    "--ticks", type=click.IntRange(0), help=f"How long; in a window until it is closed, headless {DEFAULT_TICKS} by default."
)
@universe_options
@learn_options
@click.option("--snapshot", type=FILE, metavar="F.png", help="Draw the last tick here; headless by default into the store.")
@click.option("--save", type=FILE, metavar="F.9px", help="Keep everything that happened, for replay, render and load.")
@click.option("--fullscreen", is_flag=True, help="The whole screen.")
@size_option
def play(
    connect: str | None,
    headless: bool,
    ticks: int | None,
    learn: bool,
    learn_out: Path | None,
    learn_set: tuple[str, ...],
    settlers: int | None,
    snapshot: Path | None,
    save: Path | None,
    fullscreen: bool,
    size: tuple[int, int],
    **wanted: Any,
) -> int:
    """A window when there is a display, else headless with progress and a picture at the end."""
    if connect is not None:
        raise click.ClickException(
            f"the window of this version does not join servers yet: watch {connect} in a browser, or leave --connect out"
        )
    check_output(snapshot, (".png",))
    check_output(save, (".9px",))
    learning = Learn.of(learn, learn_out, learn_set, settlers)
    from ninepixel.cli.headless import Keep
    from ninepixel.cli.opening import Wanted
    from ninepixel.cli.report import log
    from ninepixel.client.window import NoDisplay

    world, keep = Wanted(**wanted), Keep(snapshot, size, save)
    if not headless:
        try:
            return _in_window(world, keep, ticks, fullscreen, learning)
        except NoDisplay as error:
            log.info("%s", error)
            log.info("going on without a window")
    return _headless(world, keep, DEFAULT_TICKS if ticks is None else ticks, learning)


def _headless(world: Wanted, keep: Keep, ticks: int, learn: Learn) -> int:
    from dataclasses import replace

    from ninepixel.cli.headless import How, Talk, run_headless

    if keep.snapshot is None:
        keep = replace(keep, snapshot=picture_name(world.path))
    code = run_headless(world, ticks, keep, Talk(), How(learn, LEARN_RATE if learn.on else None))
    click.echo(f"picture: {keep.snapshot}")
    return code


def picture_name(path: Path | None) -> Path:
    """Where a picture goes that nobody named: into the store, never into the folder that is looked at."""
    name = "sample" if path is None else path.absolute().resolve().name
    plain = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)[:80]
    return folder_in_store("pictures") / f"ninepixel-{plain or 'root'}.png"


def _in_window(world: Wanted, keep: Keep, ticks: int | None, fullscreen: bool, learn: Learn) -> int:
    import time

    from ninepixel.cli.headless import Talk, finish
    from ninepixel.cli.learning import attended, schooled
    from ninepixel.cli.loop import Ran, stopping
    from ninepixel.cli.opening import open_universe
    from ninepixel.client.window import NoDisplay, Window, has_display

    if not has_display():  # found out before the scan, and not after it
        raise NoDisplay("there is no display (DISPLAY is not set)")
    opened = open_universe(world)
    with opened.universe as universe, stopping() as stop, schooled(universe, learn) as school:
        shown = attended(universe, school, learn.fewest(world.minds))
        window = Window(shown, title=opened.title, size=keep.size, screenshots=folder_in_store("pictures"), fullscreen=fullscreen)
        start, begin = time.perf_counter(), universe.tick
        window.run(until=lambda _: bool(stop) or (ticks is not None and universe.tick - begin >= ticks))
        finish(opened, Ran(universe.tick - begin, time.perf_counter() - start), keep, Talk(), stop)
        return stop.exit_code
