"""``ninepixel affect``: how often minds feel what, and whether who is afraid comes to harm."""

from __future__ import annotations

from typing import Any

import click

from ninepixel.agents.tasks import TASKS
from ninepixel.cli import VERBS
from ninepixel.cli.birth import DEFAULT_SEED, decider, named
from ninepixel.cli.options import json_option
from ninepixel.world.affect import EXCITED, MOVED


@click.command(help=VERBS["affect"][1] + "\n\nThe rule is in docs/AFFECT.md.", short_help=VERBS["affect"][1])
@click.argument("policy", metavar="POLICY|random|scripted")
@click.option("--task", "name", type=click.Choice(list(TASKS)), required=True)
@click.option("--worlds", type=click.IntRange(2, 4096), default=32, show_default=True, help="Intervals are over worlds.")
@click.option(
    "--ticks", type=click.IntRange(64, 1 << 20), default=1024, show_default=True, help="How long everybody lives, at most."
)
@click.option(
    "--seed", type=click.IntRange(0, (1 << 64) - 1), default=DEFAULT_SEED, show_default=True, help="Of the first world."
)
@click.option("--moved", type=click.IntRange(1, 32_767), default=MOVED, show_default=True, help="Another threshold of valence.")
@click.option(
    "--excited", type=click.IntRange(1, 32_767), default=EXCITED, show_default=True, help="Another threshold of arousal."
)
@click.option("--threads", type=click.IntRange(1, 1024), help="All usable cores by default.")
@json_option
def affect(
    policy: str, name: str, worlds: int, ticks: int, seed: int, moved: int, excited: int, threads: int | None, as_json: bool
) -> None:
    """Measure what minds feel."""
    from ninepixel.agents.affect.census import census
    from ninepixel.cli.report import Progress, row

    who = decider(policy)
    with Progress(f"{policy} in {TASKS[name].id}", worlds * ticks) as progress:
        found = census(
            TASKS[name],
            who,
            worlds=worlds,
            ticks=ticks,
            seed=seed,
            threads=threads,
            thresholds=(moved, excited),
            tick_over=progress.advance,
        )
    about = {"policy": named(policy, who), "task": TASKS[name].id, "worlds": worlds, "ticks": ticks, "seed": seed}
    about |= {"moved": moved, "excited": excited}
    for figure in found:
        if as_json:
            row({**about, **figure})
        else:
            click.echo(_line(figure))


def _line(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return f"{figure['metric']:24s}         - {figure['unit']:6s} (too few moments)"
    return f"{figure['metric']:24s} {figure['value']:9.2f} {figure['unit']:6s} ({figure['low']:.2f} .. {figure['high']:.2f})"
