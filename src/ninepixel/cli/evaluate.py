"""``ninepixel evaluate``: how many achievements policies reach, on published worlds, with bootstrap intervals, beside others."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ninepixel.agents.tasks import OPTIONS, TASKS, Task
from ninepixel.cli import VERBS
from ninepixel.cli.options import json_option

if TYPE_CHECKING:
    from ninepixel.agents.compare import Floats
    from ninepixel.agents.score import Lives, Player
    from ninepixel.world.host.survey import Survey

SEED_LIMIT = (1 << 64) - 1
OWN, HELD_OUT = "own", "held-out"
#: What the twin of a policy that lives by its floats is called.
FLOAT = "float"


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who is judged. *name*: as it was asked for; *told*: in rows, where a learned policy goes by its hash."""

    name: str
    told: str
    player: Player


@dataclass(frozen=True, slots=True)
class Worlds:
    """Where everybody lives."""

    task: Task
    episodes: int
    seed: int
    threads: int | None
    hosts: Callable[[int], Survey] | None
    others: Contestant | None
    about: dict[str, Any]

    def lives(self, who: Contestant) -> Lives:
        """What becomes of those who follow *who*."""
        from ninepixel.agents.score import live, worlds_for
        from ninepixel.cli.report import Progress

        others = None if self.others is None else self.others.player
        ticks = worlds_for(self.task, self.episodes, others is not None) * self.task.horizon
        with Progress(f"{who.name} in {self.task.id}", ticks) as progress:
            return live(
                *(self.task, who.player, self.episodes),
                seed=self.seed,
                threads=self.threads,
                tick_over=progress.advance,
                others=others,
                hosts=self.hosts,
            )


#: Tells rows about somebody.
Tell = Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]]], None]


@click.command(help=VERBS["evaluate"][1], short_help=VERBS["evaluate"][1])
@click.argument("policies", metavar="POLICY|random|scripted ...", nargs=-1, required=True)
@click.option("--task", "name", type=click.Choice(list(TASKS)), required=True)
@click.option(
    "--episodes", type=click.IntRange(1, 1 << 20), default=256, show_default=True, help="Lives; rounded up to whole worlds."
)
@click.option("--seeds", type=click.Choice(["evaluation", "held-out"]), help="A published set of worlds; evaluation by default.")
@click.option("--seed", type=click.IntRange(0, SEED_LIMIT), help="Of the first world, instead of --seeds.")
@click.option(
    "--hosts",
    type=click.Choice([OWN, HELD_OUT]),
    default=OWN,
    show_default=True,
    help="Whose files worlds are made of: machines as in training, or kinds of machines that no training sees.",
)
@click.option("--host", "surveys", multiple=True, type=click.Path(path_type=Path), help="A recorded host; several take turns.")
@click.option("--co-players", "others", metavar="POLICY|random|scripted", help="Every other founder and all children follow it.")
@click.option("--against", multiple=True, metavar="POLICY|random|scripted", help="Compare with this one in the same worlds.")
@click.option("--together", is_flag=True, help="The policies are one recipe from several seeds: judge the recipe.")
@click.option("--float", "floats", is_flag=True, help="Compare each learned policy with itself in floating point.")
@click.option("--option", "options", multiple=True, metavar="NAME=NUMBER", help="Another number for the task, like agents=4.")
@click.option("--threads", type=click.IntRange(1, 1024), help="All usable cores by default.")
@json_option
def evaluate(
    policies: tuple[str, ...], against: tuple[str, ...], together: bool, floats: bool, as_json: bool, **where: Any
) -> None:
    """Score policies: files of what was learned, and built-in ones. The first of several is compared with the others."""
    from ninepixel.agents.compare import paired_rows

    if not (together or against):
        policies, against = policies[:1], policies[1:]
    judged, rivals, worlds = [_contestant(p) for p in policies], [_contestant(p) for p in against], _worlds(**where)
    tell: Tell = _json if as_json else _Tables()
    twins = {who.name: _floating(who) for who in judged} if floats else {}
    sides = [_side(worlds, judged)] if together else [_side(worlds, [who]) for who in judged]
    for side in sides:
        tell(worlds.about | side.about, side.rows)
        if floats:
            theirs = _side(worlds, [twins[who.name] for who in side.who])
            compared = paired_rows(worlds.task, side.tables, theirs.tables, twins=True)
            tell(worlds.about | side.about | {"against": FLOAT}, compared)
    for rival in rivals:
        theirs = _side(worlds, [rival])
        tell(worlds.about | theirs.about, theirs.rows)
        for side in sides:
            tell(
                worlds.about | side.about | {"against": theirs.about["policy"]},
                paired_rows(worlds.task, side.tables, theirs.tables),
            )


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a policy, or the policies of one recipe; what became of them, and how it is told."""

    who: Sequence[Contestant]
    tables: Floats
    about: dict[str, Any]
    rows: list[dict[str, Any]]


def _side(worlds: Worlds, who: Sequence[Contestant]) -> Side:
    """Let everybody of *who* live."""
    import numpy as np

    from ninepixel.agents.compare import never_row, rows, table
    from ninepixel.agents.score import report

    lives = [worlds.lives(one) for one in who]
    tables = np.stack([table(found) for found in lives])
    about: dict[str, Any] = {"policy": who[0].told, "episodes": len(lives[0].ages)}
    if len(who) == 1:
        return Side(who, tables, about, [*report(worlds.task, lives[0]), never_row(worlds.task, tables)])
    about["policy"] = " ".join(one.told for one in who)
    return Side(who, tables, about, rows(worlds.task, tables))


def _worlds(
    name: str,
    episodes: int,
    seeds: str | None,
    seed: int | None,
    hosts: str,
    surveys: tuple[Path, ...],
    others: str | None,
    options: tuple[str, ...],
    threads: int | None,
) -> Worlds:
    """Where everybody lives, from the options of the command line."""
    from ninepixel.agents.heldout import held_out_hosts, recorded_hosts
    from ninepixel.agents.score import SEEDS, seed_set, worlds_for

    if seed is not None and seeds is not None:
        raise click.UsageError("--seeds names a published set of worlds, --seed the first of your own: take one of them")
    if surveys and hosts != OWN:
        raise click.UsageError("--host takes the place of --hosts: take one of them")
    task = TASKS[name].with_options(**dict(_option(text) for text in options))
    first = SEEDS[seeds or "evaluation"].start if seed is None else seed
    whose = recorded_hosts(surveys) if surveys else held_out_hosts(task) if hosts == HELD_OUT else None
    co_players = None if others is None else _contestant(others)
    about: dict[str, Any] = {
        "task": task.id,
        "seed": first,
        "seeds": seed_set(first, worlds_for(task, episodes, co_players is not None)),
        "hosts": [path.name for path in surveys] or hosts,
    }
    if co_players is not None:
        about["co_players"] = co_players.told
    return Worlds(task, episodes, first, threads, whose, co_players, about)


def _contestant(name: str) -> Contestant:
    """A built-in policy, one that is shipped, or one in a file."""
    from ninepixel.agents.score import BASELINES
    from ninepixel.world.thought import IntegerPolicy
    from ninepixel.world.thought.shipped import policy_named, shipped

    if name in BASELINES:
        return Contestant(name, name, BASELINES[name])
    if not Path(name).exists() and name not in shipped():
        known = " or ".join([*shipped(), *BASELINES])
        raise click.UsageError(f"no policy is called {name!r:.200}, and there is no such file: take one, or {known}")
    policy = policy_named(name)
    return Contestant(name, policy.hash, IntegerPolicy(policy))


def _floating(who: Contestant) -> Contestant:
    """The same policy, living by its floats."""
    from ninepixel.agents.floats import Floating
    from ninepixel.world.thought import IntegerPolicy

    if not isinstance(who.player, IntegerPolicy):
        raise click.UsageError(f"--float compares learned policies with themselves, and {who.name} is built in")
    return Contestant(f"{who.name} in floats", who.told, Floating(who.player.policy))


def _option(text: str) -> tuple[str, int]:
    """NAME=NUMBER."""
    key, _, value = text.partition("=")
    if key not in OPTIONS or not value.isdecimal():
        raise click.UsageError(f"--option takes NAME=NUMBER with a name of {', '.join(sorted(OPTIONS))}, not {text!r}")
    return key, int(value)


# -- telling -----------------------------------------------------------------------------------------------------------


def _json(about: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """One object a figure."""
    from ninepixel.cli.report import row

    for found in rows:
        row({**about, **found})


class _Tables:
    """A table for people."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(width=None if sys.stdout.isatty() else 100, highlight=False)

    def __call__(self, about: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
        """Show the rows about one policy, or about two."""
        from rich import box
        from rich.table import Table

        title = f"{about['policy']} against {about['against']}" if "against" in about else str(about["policy"])
        shown = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
        shown.add_column("figure", no_wrap=True)
        for head in ("value", "95 %", "unit"):
            shown.add_column(head, justify="left" if head == "unit" else "right", no_wrap=True)
        for found in rows:
            interval = f"{_number(found['low'])} .. {_number(found['high'])}" if "low" in found else ""
            shown.add_row(str(found["metric"]), _number(found["value"]), interval, str(found["unit"]))
        self._console.print(shown)
        for found in rows:
            if found.get("names"):
                self._console.print(f"{found['metric']}: {', '.join(found['names'])}")
        click.echo(json.dumps(dict(about)))


def _number(value: float | None) -> str:
    return "-" if value is None else str(value) if isinstance(value, int) else f"{value:.2f}"
