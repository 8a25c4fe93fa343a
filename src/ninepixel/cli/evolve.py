"""``ninepixel evolve``: do genomes matter, and do different worlds select different ones?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ninepixel.cli import VERBS
from ninepixel.cli.options import FILE, json_option

#: As :data:`ninepixel.agents.evolution.worlds.HABITATS` has them; that is loaded with the kernels.
HABITATS = ("lush", "barren", "haunted", "library", "crowded")


@click.command(help=VERBS["evolve"][1], short_help=VERBS["evolve"][1])
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="A new folder for what is found.")
@click.option("--quick", is_flag=True, help="A few seconds of two habitats: to see that it works, not to learn from it.")
@click.option("--habitat", "habitats", multiple=True, type=click.Choice(HABITATS), help="Only this one. May be repeated.")
@click.option("--worlds", type=click.IntRange(2, 1024), help="Worlds of every habitat and arm; 8 by default.")
@click.option("--ticks", type=click.IntRange(2304, 1 << 20), help="Of every course; 6,144 by default.")
@click.option("--seed", type=click.IntRange(0, (1 << 63) - 1), help="Of the first world; 1048576 by default.")
@click.option(
    "--policy", default="instinct", metavar="NAME|FILE", help="What minds act by: a policy, or instinct.  [default: instinct]"
)
@click.option("--threads", type=click.IntRange(1, 1024), help="All usable cores by default.")
@click.option("--write", "page", type=FILE, metavar="PAGE.md", help="Put the tables into a page, between its marks.")
@json_option
def evolve(out: Path, quick: bool, policy: str, threads: int | None, page: Path | None, as_json: bool, **size: Any) -> None:
    """Evolve, measure, write evolution.json and evolution.png."""
    from ninepixel.agents.evolution.experiment import QUICK, Plan, experiment, told
    from ninepixel.agents.evolution.report import RESULTS, around, tables, write_page, write_picture, write_results
    from ninepixel.cli.report import Progress, log, row
    from ninepixel.world.thought import IntegerPolicy
    from ninepixel.world.thought.shipped import INSTINCT, policy_named

    given: dict[str, Any] = {key: value for key, value in size.items() if value not in (None, ())}
    plan = replace(QUICK if quick else Plan(), **given)
    who = None if policy == INSTINCT else IntegerPolicy(policy_named(policy))
    if page is not None:
        around(page)  # before the long run, not after it
    _make_folder(out, RESULTS)
    with Progress("evolving", plan.world_ticks) as progress:
        found = told(experiment(plan, policy=who, threads=threads, tick_over=progress.advance))
    write_results(out, found)
    write_picture(out, found)
    log.info("wrote %s", out / RESULTS)
    if page is not None:
        write_page(page, found)
    if as_json:
        row({"event": "end", **found})
    else:
        click.echo(tables(found))


def _make_folder(out: Path, results: str) -> None:
    """A folder that has no results yet.

    :raises ClickException: when it has, or cannot be made.
    """
    if (out / results).exists():
        raise click.ClickException(f"{out} holds the results of another experiment: name a new folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be made: {error.strerror or error}") from None
