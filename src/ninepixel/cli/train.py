"""``ninepixel train``: learn a task, from the first step to a policy, and be killed on the way without losing much."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ninepixel.agents.tasks import TASKS
from ninepixel.cli import VERBS
from ninepixel.cli.options import TICKET, json_option
from ninepixel.cli.report import Progress, log

if TYPE_CHECKING:
    from ninepixel.agents.learning.settings import Settings
    from ninepixel.server.compute.office import Office

#: What learning needs beside the rest, and how one gets it.
NEEDED = "torch"
HELP = "pip install 'ninepixel[train]' (on Linux without a GPU, first: pip install torch --index-url https://download.pytorch.org/whl/cpu)"


@click.command(help=VERBS["train"][1], short_help=VERBS["train"][1])
@click.argument("name", metavar="TASK", type=click.Choice(list(TASKS)))
@click.option("--steps", type=click.IntRange(1), help="Agent-steps to train for; by default as the task's recipe says.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="A new folder, or that of a run.")
@click.option("--seed", type=click.IntRange(0, (1 << 31) - 1), help="Of worlds, weights and all chance; the recipe's by default.")
@click.option("--envs", type=click.IntRange(2), help="Agents that live at a time.")
@click.option("--hidden", type=click.IntRange(16, 1024), help="Units of the network, a multiple of 16; 64 by default.")
@click.option("--curiosity/--no-curiosity", default=None, help="Whether novelty pays.")
@click.option("--set", "more", multiple=True, metavar="NAME=VALUE", help="Any other setting (docs/TRAINING.md). May be repeated.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="End after so many minutes of training, too.")
@click.option("--patience", type=click.IntRange(1), help="End when the return has not risen for so many steps.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True, help="Who learns.")
@click.option("--threads", type=click.IntRange(1, 1024), help="All usable cores by default.")
@click.option("--resume", is_flag=True, help="Go on with the run in OUT from its last checkpoint.")
@click.option("--checkpoint-seconds", type=click.FloatRange(0), default=60.0, show_default=True, help="Between two checkpoints.")
@click.option("--nodes", metavar="HOST:PORT", help="Listen there for machines that are lent, and have them live (docs/NODES.md).")
@click.option("--ticket", envvar=TICKET, help="What nodes must know to come in; a new one, which is told, by default.")
@json_option
def train(name: str, out: Path, resume: bool, seed: int | None, more: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Learn a task."""
    need_torch()
    from ninepixel.agents.learning.folder import begun
    from ninepixel.agents.learning.recipes import RECIPES
    from ninepixel.agents.learning.settings import BadSetting
    from ninepixel.agents.learning.train import Plan, Watch, device_named
    from ninepixel.agents.learning.train import train as learn
    from ninepixel.cli.loop import stopping
    from ninepixel.cli.report import row as tell

    given = {key: options[key] for key in ("envs", "hidden", "curiosity") if options[key] is not None}
    try:
        settings, chosen = _settings(name, given | dict(map(_setting, more)), seed, begun(out) if resume else None)
    except BadSetting as error:
        raise click.UsageError(str(error)) from None
    said = {key: value for key, value in options.items() if key in ("minutes", "patience", "checkpoint_seconds")}
    steps = options["steps"] or RECIPES[name].steps
    plan = Plan(steps, **said, command=f"ninepixel train {name} --steps {steps} --seed {chosen}")
    device = device_named(options["device"])
    live = _Live(name, steps)
    with live, stopping() as stop, _office(options["nodes"], options["ticket"]) as office:

        def row(figures: dict[str, float]) -> None:
            live.show(figures)
            if as_json:
                tell(_plain(figures))

        found = learn(
            *(TASKS[name], settings, plan, out),
            seed=chosen,
            device=device,
            threads=options["threads"],
            resume=resume,
            watch=Watch(row, lambda: bool(stop)),
            office=office,
        )
    tell(found)


@contextmanager
def _office(address: str | None, ticket: str | None) -> Iterator[Office | None]:
    """Where nodes come to, while it lasts; None when none are wanted."""
    if address is None:
        yield None
        return
    from ninepixel.server.compute.gate import new_ticket
    from ninepixel.server.compute.office import Office, OfficeError

    host, _, port = address.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise click.UsageError(f"--nodes takes HOST:PORT, such as 127.0.0.1:9010, not {address!r:.100}")
    secret = ticket or new_ticket()
    try:
        office = Office(host.strip("[]"), int(port), secret, log=log.info)
    except OfficeError as error:
        raise click.ClickException(str(error)) from None
    told = "" if ticket else f" --invite {secret}"
    log.info("to lend a machine: ninepixel node --server http://%s:%d%s", host, office.port, told)
    try:
        yield office
    finally:
        office.close()


def need_torch() -> None:
    """Say how torch is installed, where it is not.

    :raises ClickException: then.
    """
    if find_spec(NEEDED) is None:
        raise click.ClickException(f"learning needs torch, which is not installed: {HELP}")


def _settings(name: str, given: dict[str, Any], seed: int | None, run: dict[str, Any] | None) -> tuple[Settings, int]:
    """The settings and the seed: those asked for, or those of the run that goes on."""
    from ninepixel.agents.learning.recipes import RECIPES
    from ninepixel.agents.learning.settings import Settings

    if run is None:
        recipe = RECIPES[name]
        return Settings.of(recipe.settings.plain() | given), recipe.seed if seed is None else seed
    settings = Settings.of(run["settings"])
    asked = {"task": name, **given} | ({} if seed is None else {"seed": seed})
    for key, value in asked.items():
        theirs = run[key] if key in ("task", "seed") else getattr(settings, key, None)
        if theirs != value:
            raise click.UsageError(f"the run that is there has {key} {theirs}, not {value}: resume it as it is, or begin another")
    return settings, run["seed"]


def _setting(text: str) -> tuple[str, Any]:
    """NAME=VALUE, the value as what it looks like."""
    key, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set takes NAME=VALUE, not {text!r}")
    if value in ("true", "false"):
        return key, value == "true"
    for kind in (int, float):
        try:
            return key, kind(value)
        except ValueError:
            continue
    raise click.UsageError(f"--set takes a number, true or false for {key}, not {value!r}")


def _plain(figures: dict[str, float]) -> dict[str, float | None]:
    from ninepixel.agents.learning.report import plain

    return plain(figures)


class _Live(Progress):
    """The bar, with how it goes in its title."""

    def __init__(self, name: str, steps: int) -> None:
        super().__init__(name, steps, "steps")
        self._name = name

    def show(self, figures: dict[str, float]) -> None:
        """The figures of an update."""
        if figures["length"] > 0:  # somebody has lived to the end
            self.title = f"{self._name}: return {figures['return']:.2f}, score {figures['score']:.1f} %"
        if self._bar is not None:
            self._bar.update(self._task, description=self.title)
        self.to(int(figures["steps"]))
