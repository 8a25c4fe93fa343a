"""``ninepixel evaluate``: how many achievements a policy reaches, on published seeds, with bootstrap intervals."""

from __future__ import annotations

import json
from typing import Any

import click

from ninepixel.agents.tasks import OPTIONS, TASKS
from ninepixel.cli import VERBS
from ninepixel.cli.options import json_option

DEFAULT_SEED = 1 << 20  # the first of EVALUATION_SEEDS, which is loaded with the kernels


@click.command(help=VERBS["evaluate"][1], short_help=VERBS["evaluate"][1])
@click.argument("policy", metavar="random|scripted")
@click.option("--task", "name", type=click.Choice(list(TASKS)), required=True)
@click.option(
    "--episodes", type=click.IntRange(1, 1 << 20), default=256, show_default=True, help="Lives; rounded up to whole worlds."
)
@click.option(
    "--seed",
    type=click.IntRange(0, (1 << 64) - 1),
    default=DEFAULT_SEED,
    show_default=True,
    help="Of the first world; 1048576 begins the evaluation seeds, 1073741824 the held-out seeds.",
)
@click.option("--option", "options", multiple=True, metavar="NAME=NUMBER", help="Another number for the task, like agents=4.")
@click.option("--threads", type=click.IntRange(1, 1024), help="All usable cores by default.")
@json_option
def evaluate(
    policy: str, name: str, episodes: int, seed: int, options: tuple[str, ...], threads: int | None, as_json: bool
) -> None:
    """Score a policy."""
    from ninepixel.agents.score import BASELINES, live, report, seed_set
    from ninepixel.cli.report import Progress, row

    if policy not in BASELINES:
        raise click.UsageError(f"no policy is called {policy!r}: take {' or '.join(BASELINES)}")
    task = TASKS[name].with_options(**dict(_option(text) for text in options))
    worlds = -(-episodes // task.agents)
    with Progress(f"{policy} in {task.id}", worlds * task.horizon) as progress:
        lives = live(task, BASELINES[policy], episodes, seed=seed, threads=threads, tick_over=progress.advance)
    about = {"policy": policy, "task": task.id, "episodes": len(lives.ages), "seed": seed, "seeds": seed_set(seed, worlds)}
    for found in report(task, lives):
        if as_json:
            row({**about, **found})
        else:
            click.echo(_line(found))
    if not as_json:
        click.echo(json.dumps(about))


def _option(text: str) -> tuple[str, int]:
    """NAME=NUMBER."""
    key, _, value = text.partition("=")
    if key not in OPTIONS or not value.isdecimal():
        raise click.UsageError(f"--option takes NAME=NUMBER with a name of {', '.join(sorted(OPTIONS))}, not {text!r}")
    return key, int(value)


def _line(found: dict[str, Any]) -> str:
    return f"{found['metric']:24s} {found['value']:9.2f} {found['unit']:6s} ({found['low']:.2f} .. {found['high']:.2f})"
