"""The school: whoever ticks has it before and after every tick, and minds learn beside it, in a process of its own.

What a tick pays for it are a few copies of what minds sense. It never waits: an episode that the learning process has no room for
is left out; a policy that comes back is made ready when a tick is done, and enters at the boundary between two episodes as the
command ``minds.policy``, through the journal, so that a replay does the same. When the learning process ends, that is said once,
and the universe goes on with the policy that it has.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ninepixel.agents.learning.online.process import LearningProcess
from ninepixel.agents.learning.online.ring import Ring
from ninepixel.agents.learning.online.settings import Settings
from ninepixel.world.commands import Command
from ninepixel.world.life.residents import ready
from ninepixel.world.life.witness import Episode, Witness
from ninepixel.world.universe import Universe

#: Seconds that the learning process is given to end by itself; while ticks wait for that, hardly any.
PATIENCE, HURRY = 5.0, 0.25

log = logging.getLogger("ninepixel")

Row = Mapping[str, Any]


class Offer(NamedTuple):
    """A policy to live by, ready to enter."""

    version: int
    policy: bytes


class School:
    """Lets the minds of a universe go on learning. While they act by no policy it waits until they do.

    :param universe: which has lives. :param seed: of the learning process's chance.
    :param tell: is told every message of the learning process, without the bytes of policies, when a tick is done.
    :raises OSError: when there is not enough memory for what is to be remembered, or no process can be started.

    :ivar version: of the policy that acts: 0 is the one of the beginning. :ivar swaps: policies that have entered.
    """

    def __init__(
        self, universe: Universe, settings: Settings | None = None, *, seed: int = 0, tell: Callable[[Row], object] = bool
    ) -> None:
        if universe.lives is None:
            raise ValueError("this universe has no lives: begin it with minds")
        self._universe, self._lives = universe, universe.lives
        self._settings, self._seed, self._tell = settings or Settings(), seed, tell
        places = _places(self._lives.minds, self._settings.places)
        self._witness, self._watched = Witness(self._lives, places), places.size
        self.swaps = self.version = 0
        self._learner: LearningProcess | None = None
        self._offer: Offer | None = None
        self._episode: Episode | None = None
        self._given_up, self._why = False, ""
        self._counts = {"episodes": 0, "dropped": 0, "updates": 0, "steps": 0}
        self._earlier = dict(self._counts)  # of processes that have ended
        self._attend()

    # -- around every tick --------------------------------------------------------------------------------------------

    def before(self) -> list[Command]:
        """To be called before a tick, of which the commands that come back are a part."""
        if self._learner is None:
            return []
        commands = []
        if self._tick == 0:
            self._start, self._episode = self._universe.tick, self._learner.ring.free()
            if self._offer is not None:
                commands = [Command("minds.policy", b"", {"policy": self._offer.policy})]
        if self._episode is not None:
            self._witness.before(self._episode, self._tick)
        return commands

    def after(self) -> None:
        """To be called after the tick."""
        if self._learner is None:
            self._attend()
            return
        if not self._acts_as_known():
            log.info("minds were given another policy: they go on learning from that, if it is one")
            self._end(0)
            self._attend()
            return
        if self._episode is not None:
            self._witness.after(self._episode, self._tick)
        self._tick += 1
        if self._tick == self._settings.ticks:
            self._hand_in(self._learner)
        self._hear(self._learner)

    def close(self) -> None:
        """End learning, and whoever learns."""
        self._end(PATIENCE)

    # -- how it stands ------------------------------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        """Whether there is a process that learns."""
        return self._learner is not None

    @property
    def pid(self) -> int | None:
        """The number of the process that learns, if there is one."""
        return None if self._learner is None else self._learner.pid

    @property
    def policy(self) -> bytes:
        """The bytes of the policy that minds live by; none when they act by instinct."""
        thoughts = self._lives.state.thoughts
        return b"" if thoughts is None else thoughts.policy

    def status(self) -> dict[str, Any]:
        """For people and ``--json``: episodes, those left out, updates and agent-steps, of all processes together."""
        if self._learner is not None:
            ring = self._learner.ring
            found = {"episodes": ring.written, "dropped": ring.dropped, **self._learned}
            self._counts = {name: self._earlier[name] + found[name] for name in found}
        return {"alive": self.alive, "version": self.version, "swaps": self.swaps, **self._counts}

    # -- inside -------------------------------------------------------------------------------------------------------

    def _attend(self) -> None:
        """Start a process that learns from the policy that minds live by now, if they live by one."""
        thoughts = self._lives.state.thoughts
        if thoughts is None or self._given_up:
            return
        self._policy, self.version, self._tick, self._start = thoughts.policy, 0, 0, 0
        self._offer, self._episode = None, None
        self._learned = {"updates": 0, "steps": 0}
        ring = Ring.create(self._settings.ticks, self._watched, thoughts.memory.shape[2], thoughts.policy)
        self._learner = LearningProcess(ring, self._settings, self._seed)

    def _acts_as_known(self) -> bool:
        """Whether minds act by the policy that they acted by, or by the one that was offered and is theirs from now on."""
        thoughts, offer = self._lives.state.thoughts, self._offer
        if thoughts is None:
            return False
        if thoughts.policy is self._policy:
            return True
        if offer is not None and thoughts.policy == offer.policy:
            self.version, self._policy, self._offer = offer.version, thoughts.policy, None
            self.swaps += 1
            return True
        return thoughts.policy == self._policy

    def _hand_in(self, learner: LearningProcess) -> None:
        """An episode is over."""
        self._tick = 0
        if self._episode is None:
            learner.ring.drop()
            return
        learner.ring.write(self._start, self.version)
        self._episode = None
        learner.ring_the_bell()

    def _hear(self, learner: LearningProcess) -> None:
        """Take in what the learning process said meanwhile."""
        over = learner.over  # looked at first: what it said last is in the inbox then
        while learner.inbox:
            message = learner.inbox.popleft()
            self._tell({name: value for name, value in message.items() if name != "policy"})
            match message["kind"]:
                case "policy":
                    self._offer = Offer(int(message["version"]), message["policy"])
                    ready(self._offer.policy)  # here is time for it; where it enters there is none
                case "learned":
                    self._learned = {name: int(message[name]) for name in self._learned}
                case "failed":
                    self._why = f" ({message['why']})"
        if over:
            self._given_up = True
            how = self._end(HURRY)
            log.warning("minds do not learn any more: %s%s; the universe goes on with the policy it has", how, self._why)

    def _end(self, patience: float) -> str:
        """End the process, if there is one; how it ended, in words."""
        if self._learner is None:
            return ""
        self.status()
        self._earlier, self._episode = self._counts, None
        how, self._learner = self._learner.end(patience), None
        return how


def _places(minds: int, most: int) -> npt.NDArray[np.int64]:
    """The slots that are watched: all, or *most* of them, evenly spread, because births fill the first ones first."""
    return np.arange(minds, dtype=np.int64) if minds <= most else np.linspace(0, minds - 1, most).astype(np.int64)
