"""``ninepixel serve``: the authoritative server, its spectator page, /healthz and /metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ninepixel.cli import VERBS
from ninepixel.cli.options import FILE, json_option, path_argument


@click.command(
    help=VERBS["serve"][1]
    + "\n\nPATH is the bundled sample tree when it is left out. What is not given as an option comes from the environment "
    "(NINEPIXEL_SERVER_*), else from the --config file, else it is the default that --print-config shows.",
    short_help=VERBS["serve"][1],
)
@path_argument
@click.option("--host", "host", help="The address to listen on; 0.0.0.0 is every network.")
@click.option("--port", type=int, help="The port; 0 takes a free one.")
@click.option("--store", type=click.Path(path_type=Path), help="The folder of journal, snapshots and accounts.")
@click.option("--seed", type=int, help="What chance is made of in a new universe.")
@click.option("--minds", type=int, help="How many minds live in a new universe.")
@click.option("--policy", metavar="NAME|FILE", help="What minds act by: a shipped policy, a file of one, or instinct.")
@click.option("--learn/--no-learn", default=None, help="Whether minds go on learning from their own lives (docs/ONLINE.md).")
@click.option("--learn-set", multiple=True, metavar="NAME=NUMBER", help="A setting of online learning; may be repeated.")
@click.option("--players", type=int, help="How many bodies players can have in a new universe.")
@click.option("--rate", type=int, help="Ticks a second, 10 to 60.")
@click.option("--backend", type=click.Choice(["auto", "cpu", "gpu"]), help="Who computes the laws.")
@click.option("--entry", type=click.Choice(["open", "invite"]), help="Who may play: everybody, or those with an invite.")
@click.option(
    "--share", "share_names", multiple=True, metavar="FOLDER", help="A folder whose names all may see; may be repeated."
)
@click.option("--still", is_flag=True, help="Take the host as it stands: no watching, no processes.")
@click.option(
    "--processes",
    type=click.Choice(["own", "all", "none"]),
    default="own",
    show_default=True,
    help="Whose processes are creatures.",
)
@click.option("--from-host", "host_file", type=FILE, help="Use a host recorded with run --record-host instead of PATH.")
@click.option("--config", type=FILE, help="A file of settings (TOML).")
@click.option("--print-config", is_flag=True, help="Show every setting with its meaning and value, and end.")
@click.option("--cut", is_flag=True, help="Give up what follows a damaged place of the journal; damaged files are set aside.")
@json_option
def serve(
    path: Path | None,
    still: bool,
    processes: str,
    host_file: Path | None,
    config: Path | None,
    print_config: bool,
    cut: bool,
    as_json: bool,
    **flags: Any,
) -> int:
    """Settings, host, server; one line when it accepts, one when it ends."""
    from ninepixel.cli.folders import store_folder
    from ninepixel.server.settings import SettingsError, load_settings

    try:
        settings = load_settings(config, {name: value for name, value in flags.items() if value != ()})
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if print_config:
        click.echo(settings.as_toml(), nl=False)
        return 0
    if settings.store is None:
        settings = settings.model_copy(update={"store": store_folder() / "server"})
    return _serve(settings, _source(path, host_file, still, processes), cut, as_json)


def _source(path: Path | None, host_file: Path | None, still: bool, processes: str) -> Any:
    from ninepixel.assets import sample_tree
    from ninepixel.cli.folders import store_folder
    from ninepixel.server.opening import HostSource
    from ninepixel.world.host.options import HostOptions
    from ninepixel.world.host.survey import Survey

    if host_file is not None:
        if path is not None:
            raise click.UsageError("PATH and --from-host are two hosts: name one of them")
        return HostSource(survey=Survey.load(host_file))
    options = HostOptions(processes="none" if still else processes)  # type: ignore[arg-type]
    return HostSource(path=sample_tree(store_folder()) if path is None else path, still=still, options=options)


def _serve(settings: Any, source: Any, cut: bool, as_json: bool) -> int:
    from ninepixel.cli.report import Progress, row
    from ninepixel.server import logs
    from ninepixel.server.database import DatabaseError
    from ninepixel.server.durable import DiskFailure, DiskFull
    from ninepixel.server.identity import IdentityError
    from ninepixel.server.serve import ServeError, Serving, serve

    roots = () if source.path is None else (str(source.path.absolute()),)
    logs.configure(settings.log_level, as_json=settings.log_json, roots=roots)
    for warning in settings.warnings():
        logs.logger("settings").warning(warning)

    def announce(serving: Serving) -> None:
        if as_json:
            row(serving.about())
            return
        click.echo(f"watch    {serving.url}")
        click.echo(f"play     ninepixel play --connect {serving.url}")
        click.echo(f"store    {settings.store}")
        if serving.operator_key is not None:
            click.echo(f"operate  ninepixel admin who --connect {serving.url} --key {serving.operator_key}")
        if serving.recovered >= 0:
            click.echo(f"back at tick {serving.tick:,} after running {serving.recovered:,} ticks again")

    try:
        with Progress("scanning", unit="entries") as progress:
            done = serve(settings, source, announce, cut=cut, progress=lambda seen, *_: progress.to(seen))
    except (ServeError, DatabaseError, IdentityError, DiskFull, DiskFailure) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        row(done)
    else:
        click.echo(f"ended at tick {done['tick']:,}, digest {done['digest']}")
    return 0
