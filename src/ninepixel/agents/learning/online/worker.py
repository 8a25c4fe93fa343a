"""The process that learns, beside the one that ticks.

It is told on its standard input, a byte each, that an episode is whole; when that ends, so does it, whatever it is doing: nobody
is there any more to learn for. What it has to say are msgpack maps on its standard output, by ``kind``:

``ready``     it has begun.
``learned``   figures of an update.
``policy``    a policy to live by: *version*, *policy* (the bytes of its file).
``returned``  minds fared worse, and it has gone back to what was better.
``failed``    *why* it cannot go on; it ends.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgpack

from ninepixel.agents.learning.online.guard import Guard
from ninepixel.agents.learning.online.ring import Ring
from ninepixel.agents.learning.online.settings import Settings

if TYPE_CHECKING:
    from ninepixel.agents.learning.online.pupil import Pupil
    from ninepixel.world.life.witness import Episode

Say = Callable[[dict[str, Any]], None]


class Worker:
    """Takes episodes, has the pupil learn, offers policies.

    :param say: is told what there is to say.
    """

    def __init__(self, pupil: Pupil, settings: Settings, say: Say) -> None:
        self._pupil, self._settings, self._say = pupil, settings, say
        self._guard = Guard(settings.window, settings.margin)
        self._batch: list[tuple[int, Episode]] = []
        self._steps = self._unknown = self._since = 0
        self._offered = -1  # the tick of the last offer
        self._news = False

    def take(self, tick: int, version: int, episode: Episode) -> None:
        """One more episode, which began at *tick* and in which the policy of that *version* acted."""
        if self._offered < 0:
            self._offered = tick
        if not self._pupil.knows(version):
            self._unknown += 1
            return
        if self._guard.see(version, episode):
            self._return(tick)
        self._pupil.held = max(self._guard.version, 0)
        if version < self._since:
            return  # what was taken back still acts
        self._batch.append((version, episode))
        self._steps += int((episode.fates > 0).sum())
        if self._steps >= self._settings.batch:
            self._learn(tick)
        if self._news and tick - self._offered >= self._settings.offer:
            self._offer(tick)

    def _learn(self, tick: int) -> None:
        told = self._pupil.learn(self._batch)
        self._batch, self._steps = [], 0
        self._news = self._news or not told["warm"]
        figures = {name: float(value) for name, value in told.items() if math.isfinite(value)}
        self._say({"kind": "learned", "tick": tick, "updates": self._pupil.updates, "unknown": self._unknown, **figures})

    def _return(self, tick: int) -> None:
        guard = self._guard
        self._pupil.go_back(guard.version)
        self._batch, self._steps, self._since = [], 0, self._pupil.version + 1
        self._say({"kind": "returned", "tick": tick, "version": guard.version, "satisfaction": guard.last})
        self._offer(tick)

    def _offer(self, tick: int) -> None:
        policy = self._pupil.policy()
        self._offered, self._news = tick, False
        version, packed = self._pupil.version, policy.packed()
        self._say({"kind": "policy", "tick": tick, "version": version, "policy": packed, "hash": policy.hash})


def main(arguments: list[str]) -> NoReturn:
    """``worker RING SETTINGS SEED``: learn until the standard input ends."""
    path, settings, seed = Path(arguments[0]), Settings.of(json.loads(arguments[1])), int(arguments[2])
    say = _voice()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever ticks, who then ends this
    if hasattr(os, "nice"):
        os.nice(settings.nice)
    ring = Ring.open(path)
    bell = threading.Semaphore(0)
    threading.Thread(target=_listen, args=(bell, ring), daemon=True).start()
    try:
        from ninepixel.agents.learning.online.pupil import Pupil
        from ninepixel.world.thought.artefact import Policy

        worker = Worker(Pupil(Policy.parse(ring.policy), settings, seed), settings, say)
        say({"kind": "ready", "pid": os.getpid()})
        while True:
            bell.acquire()
            if (found := ring.take()) is not None:
                worker.take(*found)
    except Exception as error:
        say({"kind": "failed", "why": " ".join(f"{type(error).__name__}: {error}".split())[:500]})
        os._exit(1)  # at once: whoever hears that it fails may close the input before the interpreter has ended


def _voice() -> Say:
    """What says something on the standard output, which nothing else gets to."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)

    def say(what: dict[str, Any]) -> None:
        data = memoryview(msgpack.packb(what))
        while data:
            data = data[out.write(data) :]

    return say


def _listen(bell: threading.Semaphore, ring: Ring) -> None:
    """Count episodes; when nobody is there any more, end at once."""
    while told := os.read(0, 64):
        for _ in told:
            bell.release()
    ring.unlink()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
