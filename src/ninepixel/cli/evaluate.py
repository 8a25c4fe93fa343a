"""``ninepixel evaluate``: how many achievements a policy reaches, on published seeds, with bootstrap intervals."""

from __future__ import annotations

import json
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ninepixel.agents.tasks import OPTIONS, TASKS
from ninepixel.cli import VERBS
from ninepixel.cli.options import json_option

if TYPE_CHECKING:
    from ninepixel.world.thought import IntegerPolicy

DEFAULT_SEED = 1 << 20  # the first of EVALUATION_SEEDS, which is loaded with the kernels


@click.command(help=VERBS["evaluate"][1], short_help=VERBS["evaluate"][1])
@click.argument("policy", metavar="POLICY|random|scripted")
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
    """Score a policy: the file of one that was learned, or one of the built-in ones."""
    from ninepixel.agents.score import BASELINES, live, report, seed_set
    from ninepixel.cli.report import Progress, row

    who = BASELINES[policy] if policy in BASELINES else _learned(Path(policy), list(BASELINES))
    task = TASKS[name].with_options(**dict(_option(text) for text in options))
    worlds = -(-episodes // task.agents)
    with Progress(f"{policy} in {task.id}", worlds * task.horizon) as progress:
        lives = live(task, who, episodes, seed=seed, threads=threads, tick_over=progress.advance)
    about = {
        "policy": policy if isinstance(who, IntEnum) else who.policy.hash,
        "task": task.id,
        "episodes": len(lives.ages),
        "seed": seed,
        "seeds": seed_set(seed, worlds),
    }
    for found in report(task, lives):
        if as_json:
            row({**about, **found})
        else:
            click.echo(_line(found))
    if not as_json:
        click.echo(json.dumps(about))


def _learned(file: Path, known: list[str]) -> IntegerPolicy:
    from ninepixel.world.thought import IntegerPolicy, Policy

    if not file.exists():
        raise click.UsageError(
            f"no policy is called {str(file)!r:.200}, and there is no such file: take one, or {' or '.join(known)}"
        )
    return IntegerPolicy(Policy.load(file))


def _option(text: str) -> tuple[str, int]:
    """NAME=NUMBER."""
    key, _, value = text.partition("=")
    if key not in OPTIONS or not value.isdecimal():
        raise click.UsageError(f"--option takes NAME=NUMBER with a name of {', '.join(sorted(OPTIONS))}, not {text!r}")
    return key, int(value)


def _line(found: dict[str, Any]) -> str:
    return f"{found['metric']:24s} {found['value']:9.2f} {found['unit']:6s} ({found['low']:.2f} .. {found['high']:.2f})"
