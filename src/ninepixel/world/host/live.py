"""The live host: what changes on disk and which processes run, as commands, one handful a tick."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence

from ninepixel.world.commands import Command
from ninepixel.world.host.mirror import Mirror
from ninepixel.world.host.options import HostOptions
from ninepixel.world.host.processes import Facts, ProcessTracker, read_processes
from ninepixel.world.host.scan import resolve_root
from ninepixel.world.host.survey import Survey
from ninepixel.world.host.watch import FileWatcher

#: One tick is handed at most this many commands; the rest waits. (A busy host slows its news, not the
#: universe: this many cost about 60 ms in a world of half a million bodies.)
MOST_A_DRAIN = 256
#: While nobody drains, heat piles up to this much; a universe that was paused for an hour does not wake to an explosion.
MOST_SUMMED_HEAT = 1 << 16
#: Seconds between two looks at the processes.
PROCESS_SECONDS = 1.0


class Outbox:
    """Commands on their way to the universe: the last word on each file, the sum of each creature's heat.

    Threads put, the tick takes. It knows what the universe has been told, so that however many events are folded together, what
    comes out is in order: nothing appears twice, nothing vanishes that never appeared, and a file that became a folder
    vanishes in one tick and appears in a later one.
    """

    def __init__(self, survey: Survey) -> None:
        self._lock = threading.Lock()
        self._told: dict[bytes, bool] = dict(zip(survey.path, survey.is_folder.tolist(), strict=True))
        self._matter: dict[bytes, Command] = {}
        self._creatures: dict[bytes, list[Command]] = {}

    def __len__(self) -> int:
        with self._lock:
            return len(self._matter) + sum(map(len, self._creatures.values()))

    def put(self, commands: Sequence[Command]) -> None:
        """Add news, in the order in which it happened."""
        with self._lock:
            for command in commands:
                if command.verb.startswith("matter."):
                    self._matter[command.key] = command
                else:
                    self._put_creature(command)

    def take(self, most: int) -> list[Command]:
        """At most *most* commands, in an order in which they can be applied."""
        with self._lock:
            out = self._take_matter(most)
            return out + self._take_creatures(most - len(out))

    def _put_creature(self, command: Command) -> None:
        waiting = self._creatures.setdefault(command.key, [])
        last = waiting[-1] if waiting else None
        if command.verb == "creature.exit" and last is not None and waiting[0].verb == "creature.born":
            del self._creatures[command.key]  # it lived so briefly that nobody knew
        elif command.verb == "creature.heat" and last is not None and last.verb == "creature.heat":
            heat = min(last.data["energy"] + command.data["energy"], MOST_SUMMED_HEAT)
            waiting[-1] = Command("creature.heat", command.key, {"energy": heat})
        elif command.verb == "creature.exit":
            self._creatures[command.key] = [command]
        else:
            waiting.append(command)

    def _take_matter(self, most: int) -> list[Command]:
        going = sorted((key for key, c in self._matter.items() if self._goes(c)), reverse=True)
        out: list[Command] = []
        for key in going[:most]:
            command = self._matter[key]
            if command.verb == "matter.vanish":
                del self._matter[key]
            if self._told.pop(key, None) is not None:  # a file that became a folder stays waiting, and appears next time
                out.append(Command("matter.vanish", key))
        gone = {command.key for command in out}
        coming = sorted(key for key, c in self._matter.items() if key not in gone and not self._goes(c))
        for key in coming[: most - len(out)]:
            command = self._matter[key]
            folder = key.rpartition(b"/")[0]
            if key and folder not in self._told:
                continue  # its folder still waits
            del self._matter[key]
            verb = "matter.change" if key in self._told else "matter.appear"
            self._told[key] = bool(command.data["folder"])
            out.append(command if command.verb == verb else Command(verb, key, command.data))
        return out

    def _goes(self, command: Command) -> bool:
        """Whether the body that the universe knows under this key has to vanish."""
        if command.verb == "matter.vanish":
            return True
        return bool(self._told.get(command.key, command.data["folder"]) != command.data["folder"])

    def _take_creatures(self, most: int) -> list[Command]:
        out: list[Command] = []
        unborn = {key for key, waiting in self._creatures.items() if waiting[0].verb == "creature.born"}
        for key in list(self._creatures):
            if len(out) >= most:
                break
            waiting = self._creatures[key]
            if key in unborn and waiting[0].data.get("parent") in unborn:
                continue  # a tick sorts its commands by key: a parent is born a tick before its children, or they lose it
            out.append(waiting.pop(0))  # one a tick: what is born now is heated in the next
            if not waiting:
                del self._creatures[key]
        return out


class LiveHost:
    """Watches the folder at *path*, of which the universe already has *survey*, and the machine's processes.

    :raises HostError: when there is no such folder any more.
    """

    def __init__(
        self,
        survey: Survey,
        path: str | bytes | os.PathLike[str],
        options: HostOptions | None = None,
        *,
        processes: Callable[[], Sequence[Facts]] | None = None,
    ) -> None:
        self.options = options or HostOptions()
        self._outbox = Outbox(survey)
        self._stop = threading.Event()
        self._mirror = Mirror(resolve_root(path), survey, self.options)
        self._watcher = FileWatcher(self._mirror, self._outbox.put)
        self._read_processes = processes or (lambda: read_processes(self.options.processes))
        self._poller: threading.Thread | None = None
        if self.options.processes != "none" or processes is not None:
            self._poller = threading.Thread(target=self._poll_processes, name="ninepixel-processes", daemon=True)
            self._poller.start()

    @property
    def mode(self) -> str:
        """How changes of files are noticed, for people."""
        return self._watcher.mode

    @property
    def left_out(self) -> dict[str, int]:
        """What is not shown, by reason: the survey's counts and what has been left out since."""
        return dict(self._mirror.left_out)

    @property
    def waiting(self) -> int:
        """How many commands wait for a later tick."""
        return len(self._outbox)

    def wait_until_ready(self, seconds: float) -> bool:
        """Wait until the files are watched (commands come from then on); False when it takes longer."""
        return self._watcher.ready.wait(seconds)

    def drain(self) -> list[Command]:
        """What the next tick should apply: at most MOST_A_DRAIN commands. Never waits, never raises."""
        return self._outbox.take(MOST_A_DRAIN)

    def close(self) -> None:
        """Stop the threads. A second call does nothing."""
        self._stop.set()
        self._watcher.close()
        if self._poller is not None:
            self._poller.join(2.0)

    def _poll_processes(self) -> None:
        tracker = ProcessTracker()
        while not self._stop.is_set():
            try:
                self._outbox.put(tracker.update(self._read_processes()))
            except Exception as error:  # psutil on a strange system must not end the universe
                self._mirror.left_out[f"processes: {type(error).__name__}"] += 1
            self._stop.wait(PROCESS_SECONDS)
