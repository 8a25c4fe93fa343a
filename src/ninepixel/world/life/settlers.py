"""Settlers: founders that come from outside while few minds live, so that a universe which is watched for long does not die out.

The law itself only sees to it that there are two (:mod:`ninepixel.world.life.inhabitants`). Who learns needs more: when minds
have learned to live well, all slots are taken, no egg can hatch, and a generation that was born together dies of age together.

A settler comes by the commands of the journal, as a guest who takes a seat and leaves it to whoever leads residents. So a replay
does the same, and what comes depends on the state alone.
"""

from __future__ import annotations

from ninepixel.world.commands import Command
from ninepixel.world.life.inhabitants import Lives

#: Ticks between two settlers.
EVERY = 16


class Settlers:
    """Lets founders come while fewer than *fewest* minds live in world 0."""

    def __init__(self, lives: Lives, fewest: int) -> None:
        self._lives, self._fewest = lives, fewest
        self._arrived: list[Command] = []

    def before(self) -> list[Command]:
        """The commands of the next tick: who came in the last one is a resident now, and another comes if it is time."""
        commands, self._arrived = self._arrived, []
        state = self._lives.state
        here = state.lives["body"][0, : self._lives.minds] >= 0
        if state.tick % EVERY == 0 and not here.all() and here.sum() < self._fewest:
            name = b"settler %d" % state.tick
            commands = [*commands, Command("mind.join", name, {})]
            self._arrived = [Command("mind.leave", name, {})]
        return commands

    def after(self) -> None:
        """Nothing."""
