"""``ninepixel admin``: orders to a running server, over the same protocol that players speak."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from ninepixel import __version__
from ninepixel.cli.folders import store_folder
from ninepixel.cli.options import FILE, json_option
from ninepixel.cli.report import row
from ninepixel.server.admin import ADMIN_VERBS, OPERATOR_KEY, Argument, BadOrder, Verb, check_order
from ninepixel.server.identity import Identity, content_hash, identity_path
from ninepixel.server.protocol import Malformed, PeerSession
from ninepixel.server.protocol.address import DEFAULT_PORT, BadAddress, live_address
from ninepixel.server.protocol.peer_events import Answered, Closed, Refused, Welcomed
from ninepixel.world.store.errors import readable

DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}/"
#: Seconds that the server may take for each of its messages; a snapshot takes a while.
PATIENCE = 30.0
#: The longest message that is read.
_LONGEST = 1 << 21
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
#: Columns that hold seconds since 1970.
_TIMES = ("time", "expires", "until", "seen", "since", "interval")


class Duration(click.ParamType[int]):
    """``90``, ``90s``, ``10m``, ``2h``, ``7d``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"([0-9]{1,9})([smhd]?)", str(value).strip().lower())
        if found is None:
            self.fail(f"{value!r} is not a duration such as 90s, 10m, 2h or 7d", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


def obtain(url: str, key: Path, verb: str, args: Mapping[str, Any], ca: Path | None = None) -> Mapping[str, Any]:
    """Give one order to the server at *url* (as :func:`live_address` takes it) and wait for its answer.

    :param ca: certificates to trust instead of the system's, for a server that signed its own.
    :raises click.ClickException: when there is no server, it lets us not in or refuses the order; the message says why.
    """
    if not key.is_file():
        raise click.ClickException(
            f"there is no identity in {key}: name the operator's with --key; ninepixel serve says where it is"
        )
    try:
        address = live_address(url)
    except BadAddress as error:
        raise click.UsageError(str(error)) from None
    peer = PeerSession(Identity.load(key), content_hash(), agent=f"ninepixel-admin/{__version__}"[:64])
    with _errors(url), _connection(address, ca) as connection:
        peer.hello(mode="admin")
        body = _converse(peer, connection, verb, args)
        peer.bye()
        _send(peer, connection)
    return body


def _converse(peer: PeerSession, connection: ClientConnection, verb: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
    asked = 0
    while True:
        data = connection.recv(timeout=PATIENCE)
        if isinstance(data, str):
            raise Malformed("encoding", "it sent text")
        for event in peer.receive(data):
            match event:
                case Welcomed():
                    asked = peer.order(verb, args)
                case Answered(id=number, ok=True, body=body) if number == asked:
                    return {"answer": body} if isinstance(body, str) else body
                case Answered(id=number, body=body) if number == asked:
                    raise click.ClickException(f"{verb} was refused: {_printable(body)}")
                case Refused(code=code, text=text) | Closed(code=code, text=text):
                    raise click.ClickException(f"the server refused ({code}): {_printable(text)}")
        _send(peer, connection)


def _send(peer: PeerSession, connection: ClientConnection) -> None:
    for message in peer.outgoing():
        connection.send(message)


@contextmanager
def _connection(url: str, ca: Path | None) -> Iterator[ClientConnection]:
    options: dict[str, Any] = {}
    if url.startswith("wss:"):
        options["ssl"] = ssl.create_default_context(cafile=None if ca is None else str(ca))
    elif ca is not None:
        raise click.UsageError("--ca is for https:// and wss:// alone: without TLS there are no certificates")
    with connect(url, compression=None, max_size=_LONGEST, open_timeout=10, close_timeout=2, proxy=None, **options) as connection:
        yield connection


@contextmanager
def _errors(url: str) -> Iterator[None]:
    """What can go wrong between two machines, as one line each."""
    try:
        yield
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", None) or error.reason or "TLS failed"
        raise click.ClickException(f"{url} cannot be trusted: {why}; name its certificate with --ca") from None
    except TimeoutError:
        raise click.ClickException(f"{url} does not answer in time: is a ninepixel server there, and is it well?") from None
    except InvalidStatus as error:
        said = f"{url} answered {error.response.status_code} and no websocket"
        why = _printable(bytes(error.response.body)[:200].decode("utf-8", "replace").strip())
        raise click.ClickException(f"{said}: {why or 'is that the address of a ninepixel server?'}") from None
    except InvalidHandshake:
        raise click.ClickException(f"{url} speaks no websocket: is that the address of a ninepixel server?") from None
    except ConnectionClosed:
        raise click.ClickException(f"{url} closed the connection before it answered") from None
    except (Malformed, WebSocketException) as error:
        raise click.ClickException(f"{url} does not speak the protocol: {_printable(error)}") from None
    except OSError as error:
        why = error.strerror or str(error) or type(error).__name__
        raise click.ClickException(f"no server at {url}: {why}; start one with ninepixel serve") from None


# -- what is printed --------------------------------------------------------------------------------------------------


def show(body: Mapping[str, Any], as_json: bool) -> None:
    """Print an answer: a table row by row, or its values."""
    columns, rows = body.get("columns"), body.get("rows")
    if isinstance(columns, list) and isinstance(rows, list):
        _show_table([str(c) for c in columns], [list(r) for r in rows if isinstance(r, list)], as_json)
    elif as_json:
        row(body)
    else:
        for name, value in body.items() or [("done", "")]:
            click.echo(f"{_printable(name)}: {_cell(name, value)}" if value != "" else _printable(name))


def _show_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], as_json: bool) -> None:
    if as_json:
        for cells in rows:
            row(dict(zip(columns, cells, strict=False)))
        return
    cells = [[_printable(c) for c in columns]]
    cells += [[_cell(name, value) for name, value in zip(columns, line, strict=False)] for line in rows]
    widths = [max((len(line[i]) for line in cells if i < len(line)), default=0) for i in range(len(columns))]
    for line in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=False)).rstrip())
    if not rows:
        click.echo("(none)")


def _cell(name: str, value: Any) -> str:
    if name in _TIMES and type(value) is int and value > 0:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(value))
    if name == "until" and value == 0:
        return "for good"
    if value is None or isinstance(value, bool):
        return {None: "-", True: "yes", False: "no"}[value]
    return f"{value:,}" if type(value) is int and name == "bytes" else _printable(value)


def _printable(value: object) -> str:
    """One line without control characters: names and reasons come from strangers."""
    return readable(str(value).encode("utf-8", "backslashreplace"))


# -- the verbs --------------------------------------------------------------------------------------------------------


def default_key(store: Path | None = None) -> Path:
    """The operator's key of this user's server store, or the user's own identity where there is none."""
    key = (store if store is not None else store_folder() / "server") / OPERATOR_KEY
    return key if key.is_file() else identity_path()


def _parameter(argument: Argument) -> click.Parameter:
    kind: click.ParamType[Any] = {
        "int": click.IntRange(argument.low, argument.high),
        "seconds": Duration(),
        "choice": click.Choice(argument.choices),
    }.get(argument.kind, click.STRING)
    if argument.default is None:
        return click.Argument([argument.name], type=kind, metavar=argument.name.upper())
    shown = argument.default if argument.kind != "seconds" else f"{argument.default}s"
    about = f"{argument.about} [default: {shown}]" if shown != "" else argument.about
    return click.Option([f"--{argument.name}"], type=kind, default=argument.default, help=about)


def _command(verb: Verb) -> click.Command:
    def order(connect_to: str, key: Path | None, ca: Path | None, as_json: bool, **args: Any) -> None:
        try:
            checked = check_order(verb.name, args)
        except BadOrder as error:
            raise click.UsageError(str(error)) from None
        show(obtain(connect_to, key if key is not None else default_key(), verb.name, checked, ca), as_json)

    command = click.Command(
        verb.name,
        params=[_parameter(argument) for argument in verb.arguments],
        callback=order,
        help="\n\n".join([verb.about, *(f"{a.name.upper()}: {a.about}" for a in verb.arguments if a.default is None)]),
        short_help=verb.about,
    )
    command = json_option(command)
    command = click.option("--ca", type=FILE, help="Certificates (PEM) to trust, for a server that signed its own.")(command)
    command = click.option("--key", type=FILE, help="Your identity; by default the operator.key of this user's store.")(command)
    return click.option("--connect", "connect_to", metavar="URL", default=DEFAULT_URL, show_default=True, help="Which server.")(
        command
    )


@click.group()
def admin() -> None:
    """Give orders to a running server: see who is there, keep people out, pause, stop.

    The server's first operator is the identity in operator.key of its store; role makes others.
    """


for _verb in ADMIN_VERBS.values():
    admin.add_command(_command(_verb))
