"""How the minds of a server fare, and how they go on learning: what goes on beside its ticks."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import structlog

from ninepixel.agents.learning.online.settings import Settings as Online
from ninepixel.server.metrics import Metrics
from ninepixel.world.commands import Command
from ninepixel.world.life.comfort import Comfort
from ninepixel.world.universe import Universe

if TYPE_CHECKING:
    from ninepixel.agents.learning.online.school import School

log = structlog.get_logger("ninepixel.server")

#: Seconds between two looks at how minds fare.
SECONDS = 60
#: Ticks between two policies that enter, unless another number is set: each is a command of 180 kB in the journal.
OFFER = 1200


class CannotLearn(RuntimeError):
    """Minds cannot learn here; the message says why and what to do."""


class Faring:
    """Tells the metrics every minute how minds fare.

    :param rate: ticks a second.
    """

    def __init__(self, universe: Universe, metrics: Metrics, rate: int) -> None:
        assert universe.lives is not None
        self._lives, self._universe, self._metrics = universe.lives, universe, metrics
        self._comfort, self._ticks, self._every = Comfort(universe.pull(), universe.lives.minds), 0, SECONDS * rate

    def before(self) -> Sequence[Command]:
        """Nothing."""
        return ()

    def after(self) -> None:
        """Take in the tick."""
        self._comfort.see(self._lives.state)
        self._ticks += 1
        if self._ticks % self._every == 0:
            self._metrics.fare(self._comfort.take(self._universe.tick))


class Schooling:
    """A school of the minds of a server, which its metrics hear of.

    :param chosen: settings of online learning that are not as usual.
    :raises CannotLearn: when there are no minds, or torch is not installed.
    """

    def __init__(self, universe: Universe, metrics: Metrics, chosen: dict[str, int | float]) -> None:
        self.school, self._metrics = _school(universe, chosen), metrics

    def before(self) -> Sequence[Command]:
        """A policy that enters, now and then."""
        return self.school.before()

    def after(self) -> None:
        """Take in the tick, and tell how it stands."""
        self.school.after()
        self._metrics.learning(self.school.status())

    def close(self) -> None:
        """End learning."""
        self.school.close()


def online_settings(texts: Sequence[str]) -> dict[str, int | float]:
    """Settings of online learning from ``NAME=NUMBER`` each.

    :raises ValueError: when one of them is none; the message says why.
    """
    found: dict[str, int | float] = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = int(value) if value.strip().lstrip("-").isdecimal() else float(value)
        except ValueError:
            raise ValueError(f"learn_set takes NAME=NUMBER, not {text!r:.80}") from None
    Online.of(found)
    return found


def _school(universe: Universe, chosen: dict[str, int | float]) -> School:
    if universe.lives is None:
        raise CannotLearn("minds are to learn, and there are none: set minds or players to more than 0")
    if find_spec("torch") is None:
        raise CannotLearn("minds are to learn, and torch is not installed: pip install 'ninepixel[train]'")
    from ninepixel.agents.learning.online.school import School

    settings = Online.of({"offer": OFFER, **chosen})
    return School(universe, settings, seed=universe.pull().params.seed & 0x7FFFFFFF, tell=_tell)


def _tell(message: Any) -> None:
    """News of the learning process, for the log."""
    if message["kind"] in ("ready", "returned", "failed"):
        log.info("learning", **message)
    elif message["kind"] == "policy":
        log.info("minds have learned", version=message["version"], hash=message["hash"])
