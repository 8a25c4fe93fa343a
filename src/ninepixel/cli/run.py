"""``ninepixel run``: a headless universe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ninepixel.cli import VERBS
from ninepixel.cli.folders import check_output
from ninepixel.cli.learning import Learn, learn_options
from ninepixel.cli.lineage import ENDINGS
from ninepixel.cli.options import FILE, json_option, path_argument, size_option, universe_options

DEFAULT_TICKS = 600
#: Ticks a second of a universe whose minds learn, unless another rate is asked for: that of a server.
LEARN_RATE = 20.0


@click.command(help=VERBS["run"][1] + "\n\nPATH is the bundled sample tree when it is left out.", short_help=VERBS["run"][1])
@path_argument
@click.option("--ticks", type=click.IntRange(0), default=DEFAULT_TICKS, show_default=True, help="How long.")
@click.option(
    "--rate",
    type=click.FloatRange(0, 10_000),
    help="Ticks a second, 0 for as fast as it goes; with --learn 20 by default, else 0.",
)
@universe_options
@learn_options
@click.option("--snapshot", type=FILE, metavar="F.png", help="Draw the last tick.")
@size_option
@click.option("--save", type=FILE, metavar="F.9px", help="Keep everything that happened, for replay, render and load.")
@click.option(
    "--mark-every",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="With --save: note a digest every so many ticks, so that a replay can name where it differs.",
)
@click.option(
    "--lineage", type=FILE, metavar="F.json|F.png", help="Keep who was born of whom, for `ninepixel lineage` or to look at."
)
@click.option("--every", type=click.IntRange(0), default=0, help="Report every so many ticks.")
@json_option
def run(
    ticks: int,
    rate: float | None,
    learn: bool,
    learn_out: Path | None,
    learn_set: tuple[str, ...],
    settlers: int | None,
    snapshot: Path | None,
    size: tuple[int, int],
    save: Path | None,
    mark_every: int,
    lineage: Path | None,
    every: int,
    as_json: bool,
    **wanted: Any,
) -> int:
    """Run, then picture, save and report. Ctrl-C ends the run early and does the same."""
    check_output(snapshot, (".png",))
    check_output(save, (".9px",))
    check_output(lineage, ENDINGS)
    learning = Learn.of(learn, learn_out, learn_set, settlers)
    from ninepixel.cli.headless import How, Keep, Talk, run_headless
    from ninepixel.cli.opening import Wanted

    keep = Keep(snapshot=snapshot, size=size, save=save, mark_every=mark_every, lineage=lineage)
    beat = (LEARN_RATE if learn else 0.0) if rate is None else rate
    return run_headless(Wanted(**wanted), ticks, keep, Talk(as_json, every), How(learning, beat or None))
