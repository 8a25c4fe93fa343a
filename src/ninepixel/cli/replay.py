"""``ninepixel replay``: run a save again and see that it comes out the same."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ninepixel.cli import FAILED, VERBS
from ninepixel.cli.options import backend_option, json_option

if TYPE_CHECKING:
    from ninepixel.world.store.save import Save


@click.command(help=VERBS["replay"][1], short_help=VERBS["replay"][1])
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--verify", is_flag=True, help="Compare with every mark and snapshot, and name the first that differs.")
@click.option("--recover", is_flag=True, help="Use what is whole of a file whose end is torn off.")
@backend_option
@json_option
def replay(file: Path, verify: bool, recover: bool, backend: str, as_json: bool) -> int:
    """Exit code 1 when the file is damaged or what it holds does not come out the same."""
    from ninepixel.cli.report import Progress, row
    from ninepixel.world.state import State
    from ninepixel.world.store.errors import shown
    from ninepixel.world.store.replay import replay as run_again
    from ninepixel.world.store.replay import verify as run_and_compare
    from ninepixel.world.store.save import Save
    from ninepixel.world.universe import Universe

    with Save(file, recover=recover) as save:
        begin, total = save.snapshots[0].tick, recorded_ticks(save)
    made: list[Universe] = []

    def make(state: State) -> Universe:
        made.append(Universe.from_state(state, backend))
        return made[-1]

    start = time.perf_counter()
    ok, said, facts = True, "ran again, nothing compared (--verify compares)", dict[str, Any]()
    try:
        with Progress("replaying", total) as progress:

            def on_tick(universe: Universe) -> None:
                progress.to(universe.tick - begin)

            if verify:
                verdict = run_and_compare(file, make, on_tick, recover=recover)
                ok, said, facts = verdict.ok, str(verdict), verdict.as_dict()
            else:
                run_again(file, make, on_tick, recover=recover)
        universe = made[-1]
        seconds = time.perf_counter() - start
        last = {
            "event": "end",
            "file": shown(file),
            "verified": verify,
            "ok": ok,
            **facts,
            "tick": universe.tick,
            "digest": universe.digest(),
            "ticks_per_s": round(progress.done / max(seconds, 1e-9), 1),
            "backend": universe.backend.name,
            "why": universe.why,
        }
    finally:
        for universe in made:
            universe.close()
    if as_json:
        row(last)
    else:
        click.echo(f"{shown(file)}: {said} · tick {last['tick']:,} · digest {last['digest']} · {last['backend']}")
    return 0 if ok else FAILED


def recorded_ticks(save: Save) -> int:
    """How many ticks a save knows of, from its genesis to its end; a journal that was never closed ends at its last snapshot."""
    end = save.snapshots[-1].tick if save.end is None else save.end
    return end - save.snapshots[0].tick
