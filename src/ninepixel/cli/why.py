"""``ninepixel why``: why a mind does what it does, of a folder's universe or of a saved one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ninepixel.cli import INTERRUPTED, VERBS
from ninepixel.cli.folders import check_output
from ninepixel.cli.options import FILE, json_option, path_argument, universe_options
from ninepixel.cli.run import DEFAULT_TICKS

if TYPE_CHECKING:
    from ninepixel.cli.loop import Stop
    from ninepixel.world.universe import Universe
    from ninepixel.world.why import Before


@click.command(
    help=VERBS["why"][1]
    + "\n\nPATH is a folder (the bundled sample tree when it is left out), or a save (F.9px), which is asked at its last tick."
    + " The last of --ticks is the one whose reward is told. docs/WHY.md explains every number.",
    short_help=VERBS["why"][1],
)
@path_argument
@click.option("--mind", "which", default="", metavar="SLOT|NAME", help="Whom to ask; by default the first who lives.")
@click.option(
    "--ticks",
    type=click.IntRange(0),
    help=f"How long before it is asked: by default {DEFAULT_TICKS} of a folder, 1 after the end of a save.",
)
@universe_options
@click.option("--snapshot", type=FILE, metavar="F.png", help="Draw the panel that the window shows.")
@json_option
def why(which: str, ticks: int | None, snapshot: Path | None, as_json: bool, **wanted: Any) -> int:
    """Run, watch the last tick, ask, tell."""
    check_output(snapshot, (".png",))
    from ninepixel.cli.loop import stopping
    from ninepixel.cli.report import row
    from ninepixel.cli.why_text import show

    saved = wanted["path"] is not None and wanted["path"].is_file()
    with _saved(wanted) if saved else _begun(wanted) as universe, stopping() as stop:
        found = _asked(universe, which, _ticks(ticks, saved), stop)
    if snapshot is not None:
        from ninepixel.client.why_panel import why_panel
        from ninepixel.world.picture.export import save_png

        save_png(why_panel(found).convert("RGB"), snapshot, {"tick": found["tick"], "slot": found["slot"]})
    if as_json:
        row(found)
    else:
        show(found)
    return 0


def _ticks(ticks: int | None, saved: bool) -> int:
    return ticks if ticks is not None else 1 if saved else DEFAULT_TICKS


def _begun(wanted: dict[str, Any]) -> Universe:
    from ninepixel.cli.opening import Wanted, open_universe

    if not wanted["minds"]:
        raise click.UsageError("there is nobody to ask: say how many minds live there with --minds")
    return open_universe(Wanted(**wanted)).universe


def _saved(wanted: dict[str, Any]) -> Universe:
    """The universe of a save, which knows by itself what it was made with."""
    from ninepixel.world.universe import Universe

    source = click.get_current_context().get_parameter_source
    given = [
        name for name in wanted if name not in ("path", "backend") and source(name) is not click.core.ParameterSource.DEFAULT
    ]
    if given:
        raise click.UsageError(f"--{given[0].replace('_', '-')} is for a folder: a save knows by itself what it was made with")
    return Universe.load(wanted["path"], backend=wanted["backend"])


def _asked(universe: Universe, which: str, ticks: int, stop: Stop) -> dict[str, Any]:
    """Let time pass, and ask: the mind is looked for before the last tick, so that its reward can be told."""
    from ninepixel.agents.prices import prices_of
    from ninepixel.cli.opening import stepper
    from ninepixel.cli.report import Progress
    from ninepixel.world.why import Before, ask, slot_named

    tick = stepper(universe)
    with Progress("running", ticks) as progress:
        for _ in range(ticks - 1):
            tick()
            progress.advance()
            if stop:
                raise click.exceptions.Exit(INTERRUPTED)
    slot = slot_named(universe.pull(), which)
    before: Before | None = None
    if ticks:
        before = Before.of(universe.pull(), slot)
        tick()
    return ask(universe, slot, before, prices_of(universe.pull()))
