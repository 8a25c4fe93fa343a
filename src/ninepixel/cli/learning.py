"""``--learn``: what ``run``, ``play`` and ``serve`` have in common that let minds go on learning."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from ninepixel.cli.folders import check_output
from ninepixel.cli.options import FILE
from ninepixel.cli.report import log, row

if TYPE_CHECKING:
    from ninepixel.agents.learning.online.school import School
    from ninepixel.world.commands import Command
    from ninepixel.world.host.live import LiveHost
    from ninepixel.world.state import State
    from ninepixel.world.universe import Universe

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Learn:
    """What the command line says about learning.

    :param on: whether minds learn. :param settlers: while fewer minds live, founders come; None: the usual number.
    :param out: where the policy is kept that they live by at the end.
    :param settings: of online learning, by name.
    """

    on: bool = False
    settlers: int | None = None
    out: Path | None = None
    settings: dict[str, int | float] = field(default_factory=dict)

    @staticmethod
    def of(learn: bool, learn_out: Path | None, learn_set: tuple[str, ...], settlers: int | None = None) -> Learn:
        """The options, checked before anything is begun.

        :raises ClickException: when they make no sense, or torch is not installed.
        """
        if not learn:
            if learn_out is not None or learn_set:
                raise click.UsageError("--learn-out and --learn-set go with --learn")
            return Learn(settlers=settlers)
        from ninepixel.agents.learning.online.settings import BadSetting, Settings
        from ninepixel.cli.train import need_torch

        need_torch()
        check_output(learn_out, (".policy",))
        settings = dict(map(_setting, learn_set))
        try:
            Settings.of(settings)
        except BadSetting as error:
            raise click.UsageError(str(error)) from None
        return Learn(True, settlers, learn_out, settings)

    def fewest(self, minds: int) -> int:
        """How few minds may live before founders come, in a universe that began with *minds*: with learning half of them."""
        return (minds // 2 if self.on else 0) if self.settlers is None else self.settlers


def learn_options(command: F) -> F:
    """Whether minds go on learning, how, and where what they learned is kept."""
    for option in reversed(
        [
            click.option("--learn", is_flag=True, help="Minds go on learning from their own lives (docs/ONLINE.md)."),
            click.option(
                "--settlers",
                type=click.IntRange(0),
                metavar="N",
                help="While fewer than N minds live, founders come; with --learn half of --minds by default, else 0.",
            ),
            click.option("--learn-out", type=FILE, metavar="F.policy", help="Keep the policy that they live by at the end."),
            click.option(
                "--learn-set",
                multiple=True,
                metavar="NAME=NUMBER",
                help="Any setting of online learning (docs/ONLINE.md). May be repeated.",
            ),
        ]
    ):
        command = option(command)
    return command


class Aside(Protocol):
    """What goes on beside the ticks."""

    def before(self) -> Sequence[Command]:
        """Called before a tick; the commands that come back are a part of it."""

    def after(self) -> None:
        """Called when the tick is done."""


class Attended:
    """A universe with something around every tick, such as a school; otherwise it is as it is."""

    def __init__(self, universe: Universe, asides: Sequence[Aside]) -> None:
        self._universe, self._asides = universe, asides

    def __getattr__(self, name: str) -> Any:
        return getattr(self._universe, name)

    @property
    def tick(self) -> int:
        """Ticks since genesis."""
        return self._universe.tick

    @property
    def host(self) -> LiveHost | None:
        """The live host, if it is watched."""
        return self._universe.host

    def pull(self) -> State:
        """The state, with every column at home."""
        return self._universe.pull()

    def step(self, commands: Sequence[Command] = ()) -> None:
        """Advance by one tick."""
        self._universe.step([*commands, *(command for aside in self._asides for command in aside.before())])
        for aside in self._asides:
            aside.after()


def attended(universe: Universe, school: School | None, fewest: int) -> Universe | Attended:
    """The universe, with its school if there is one, and with settlers if there are to be any."""
    asides: list[Aside] = []
    if fewest and universe.lives is not None:
        from ninepixel.world.life.settlers import Settlers

        asides.append(Settlers(universe.lives, fewest))
    if school is not None:
        asides.append(school)
    return Attended(universe, asides) if asides else universe


@contextmanager
def schooled(universe: Universe, learn: Learn, as_json: bool = False) -> Iterator[School | None]:
    """Within the block there is a school for the minds of *universe*, if they are to learn; at its end their policy is kept.

    :raises UsageError: when nobody acts by a policy.
    """
    if not learn.on:
        yield None
        return
    from ninepixel.agents.learning.online.school import School
    from ninepixel.agents.learning.online.settings import Settings

    if universe.pull().thoughts is None:
        raise click.UsageError("--learn needs minds that act by a policy: say by which with --policy, and how many with --minds")

    def tell(message: Any) -> None:
        if as_json:
            row({"event": "learn", **message})

    school = School(universe, Settings.of(learn.settings), seed=universe.pull().params.seed & 0x7FFFFFFF, tell=tell)
    try:
        yield school
    finally:
        school.close()
        if learn.out is not None:
            _keep(learn.out, school.policy)


def _keep(out: Path, policy: bytes) -> None:
    from ninepixel.world.store.files import write_whole

    write_whole(out, [policy])
    log.info("kept the policy that minds live by in %s", out)


def _setting(text: str) -> tuple[str, int | float]:
    """NAME=NUMBER."""
    key, _, value = text.partition("=")
    for kind in (int, float):
        try:
            return key, kind(value)
        except ValueError:
            continue
    raise click.UsageError(f"--learn-set takes NAME=NUMBER, not {text!r}")
