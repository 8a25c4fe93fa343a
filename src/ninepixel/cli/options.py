"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ninepixel.world.population import POPULATION

F = TypeVar("F", bound=Callable[..., Any])

#: Where a learner's ticket is looked for when it is not named: what stands on a command line, all users of a machine can read.
TICKET = "NINEPIXEL_TICKET"
FILE = click.Path(dir_okay=False, path_type=Path)

path_argument = click.argument("path", required=False, type=click.Path(path_type=Path))
backend_option = click.option(
    "--backend",
    type=click.Choice(["auto", "cpu", "gpu"]),
    default="auto",
    show_default=True,
    help="Who computes: numba on the CPU, compute shaders on the GPU, or the faster of those that pass a self-test.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout.")


class SizeType(click.ParamType[tuple[int, int]]):
    """``1280x720``."""

    name = "WxH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """(width, height) in pixels."""
        if isinstance(value, tuple):
            return value
        width, cross, height = str(value).lower().partition("x")
        if not (cross and width.isascii() and height.isascii() and width.isdigit() and height.isdigit()):
            self.fail(f"{value!r} is not a size such as 1280x720", param, ctx)
        if not all(16 <= side <= 16384 for side in (int(width), int(height))):
            self.fail(f"a picture is 16 to 16384 pixels wide and high, not {value}", param, ctx)
        return int(width), int(height)


size_option = click.option("--size", type=SizeType(), default="1280x720", show_default=True, help="Of the picture, in pixels.")


def universe_options(command: F) -> F:
    """What universe: its seed, its minds, what of the host may be seen."""
    for option in reversed(
        [
            click.option(
                "--seed", type=click.IntRange(0, 2**64 - 1), default=9, show_default=True, help="What chance is made of."
            ),
            click.option(
                "--minds",
                type=click.IntRange(0, 65_536),
                default=POPULATION,
                show_default=True,
                help="How many minds live there.",
            ),
            click.option(
                "--policy",
                metavar="NAME|FILE",
                help="What minds act by: a policy that is shipped (universe, forage, explore, survive), the file of one that "
                "`ninepixel train` made, or instinct.  [default: survive]",
            ),
            backend_option,
            click.option(
                "--still",
                is_flag=True,
                help="Take the host as it stands: files once, no processes, no watching. Then everything that happens "
                "depends on tree, seed, minds and ticks alone.",
            ),
            click.option(
                "--processes",
                type=click.Choice(["own", "all", "none"]),
                default="own",
                show_default=True,
                help="Whose processes are creatures.",
            ),
            click.option(
                "--consent",
                multiple=True,
                metavar="FOLDER",
                help="A folder of PATH whose files may be opened to colour them by content; by default only metadata is "
                "read. May be repeated. Secrets stay sealed.",
            ),
            click.option(
                "--max-files",
                type=click.IntRange(1, 1 << 24),
                default=262_144,
                show_default=True,
                help="Files and folders taken in at most; shallow ones first. What is left out is reported.",
            ),
            click.option("--host", "host_file", type=FILE, help="Use a host recorded with --record-host instead of PATH."),
            click.option("--record-host", type=FILE, help="Record the host's metadata (secrets redacted) in this file."),
        ]
    ):
        command = option(command)
    return command
