"""Other people's environments, measured on this machine by the rule ours are measured by: agent-steps a second, random policy.

Every peer is optional: `Peer.missing` says in words why one cannot be measured here. Each runs in processes of its own (see
`peer_worker`), first one, then one a core with a world each: nobody is faster for being alone on the machine, and nothing of a
peer (its warnings, its environment variables) reaches ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ninepixel.agents.bench import peer_worker
from ninepixel.world.physics.bench import Figure
from ninepixel.world.physics.cpu.team import usable_cores

#: Names the Python that has Neural MMO 2: its pins (numpy 1.23) cannot be met beside ninepixel's.
NMMO_PYTHON = "NINEPIXEL_NMMO_PYTHON"
#: Seconds for which a peer may say nothing, beyond what it was asked to run for.
PATIENCE = 120.0


class PeerError(RuntimeError):
    """A peer could not be made or stopped running; the message is its own last line."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to run a peer: a driver of `peer_worker` with its options, in one process or in one a core."""

    title: str
    driver: str
    api: str
    options: dict[str, Any] = field(default_factory=dict)
    every_core: bool = False

    @property
    def processes(self) -> int:
        """How many processes run at once."""
        return usable_cores() if self.every_core else 1


@dataclass(frozen=True, slots=True)
class Peer:
    """A library and the settings it is measured in."""

    name: str
    library: str
    remedy: str
    ways: tuple[Setting, ...]

    def missing(self) -> str | None:
        """Why this peer cannot be measured here, in one line; None when it can."""
        python = self.python()
        if python == sys.executable:
            found = find_spec(self.library) is not None
        else:
            probe = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({self.library!r}) is None)"
            try:
                found = subprocess.run([python, "-c", probe], env=_environment(python), capture_output=True).returncode == 0
            except OSError as error:
                return f"{self.name}: {NMMO_PYTHON} names {python}, which cannot be run ({error.strerror}); {self.remedy}"
        return None if found else f"{self.name}: {self.library} is not installed in {python}; {self.remedy}"

    def python(self) -> str:
        """The interpreter that this peer runs in: ours for all but Neural MMO 2."""
        if self.library != "nmmo":
            return sys.executable
        beside = Path(sys.prefix).with_name(".venv-nmmo") / "bin" / "python"
        return os.environ.get(NMMO_PYTHON) or (str(beside) if beside.exists() else sys.executable)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The ways that differ on this machine: with a single core, one process a core says nothing new."""
        return tuple(way for way in self.ways if not way.every_core or usable_cores() > 1)

    def samples(self, repeats: int) -> int:
        """How often `measure` calls its *tick_over*."""
        return len(self.settings) * (repeats + 1)

    def measure(self, *, seconds: float = 0.5, repeats: int = 5, tick_over: Callable[[], object] = int) -> list[Figure]:
        """Agent-steps a second in every setting, *repeats* samples of *seconds* each after one that warms up.

        Raises:
            PeerError: the library is missing, or fails here.
        """
        reason = self.missing()
        if reason is not None:
            raise PeerError(reason)
        return [_figure(self.python(), setting, seconds, repeats, tick_over) for setting in self.settings]


MAGENT2 = Peer(
    "MAgent2",
    "magent2",
    "pip install 'ninepixel[peers]'",
    (
        Setting("MAgent2 battle_v4", "magent2_dicts", "PettingZoo parallel"),
        Setting("MAgent2 battle_v4", "magent2_dicts", "PettingZoo parallel", every_core=True),
        Setting("MAgent2 battle_v4", "magent2_arrays", "arrays of the engine"),
        Setting("MAgent2 battle_v4", "magent2_arrays", "arrays of the engine", every_core=True),
        Setting("MAgent2 battle_v4", "magent2_arrays", "arrays of the engine", {"map_size": 100}, every_core=True),
    ),
)
MINIGRID = Peer(
    "MiniGrid",
    "minigrid",
    "pip install 'ninepixel[peers]'",
    tuple(
        Setting(name, "minigrid", "Gymnasium", {"name": name}, every_core)
        for name in ("MiniGrid-Empty-8x8-v0", "MiniGrid-DoorKey-8x8-v0")
        for every_core in (False, True)
    ),
)
#: The ceiling of the interface: what a vector environment costs that has hardly any law.
CARTPOLE = Peer(
    "Gymnasium",
    "gymnasium",
    "pip install ninepixel",
    (
        *(Setting("CartPole-v1", "cartpole", "Gymnasium vector", {"num_envs": envs}) for envs in (1, 64, 1024, 16384)),
        Setting("CartPole-v1", "cartpole", "Gymnasium vector", {"num_envs": 16384}, every_core=True),
    ),
)
NEURAL_MMO = Peer(
    "Neural MMO 2",
    "nmmo",
    f"scripts/install_nmmo.sh makes a Python for it, or name one that has it in {NMMO_PYTHON}",
    tuple(Setting("Neural MMO 2", "neural_mmo", "PettingZoo parallel", every_core=every_core) for every_core in (False, True)),
)
PEERS = (MAGENT2, MINIGRID, CARTPOLE, NEURAL_MMO)


class _Worker:
    """One process that steps a peer. *about* is what it made."""

    def __init__(self, python: str, setting: Setting, folder: Path) -> None:
        command = [python, peer_worker.__file__, setting.driver, json.dumps(setting.options)]
        self._log = (folder / "log").open("w+")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=folder,  # Neural MMO writes its maps where it stands
            env=_environment(python),
            text=True,
        )
        self._title = setting.title

    def ask(self, seconds: float) -> None:
        """Set it running; `answer` waits for the end."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{seconds}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended: `answer` says why

    def answer(self, seconds: float = 0.0) -> dict[str, Any]:
        """Its next line."""
        assert self._process.stdout is not None
        watch = threading.Timer(PATIENCE + seconds, self._process.kill)
        watch.start()
        line = self._process.stdout.readline()
        watch.cancel()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        code = self._process.wait()
        self._log.seek(0)
        said = [line.strip() for line in self._log if line.strip()] or [f"ended with code {code}"]
        raise PeerError(f"{self._title} failed here: {said[-1]}")

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._log.close()


@contextmanager
def _workers(python: str, setting: Setting) -> Iterator[list[_Worker]]:
    with ExitStack() as stack:
        workers = []
        for _ in range(setting.processes):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ninepixel-peer-")))
            workers.append(_Worker(python, setting, folder))
            stack.callback(workers[-1].close)
        yield workers


def _figure(python: str, setting: Setting, seconds: float, repeats: int, tick_over: Callable[[], object]) -> Figure:
    """The sum of the rates of processes that run at the same time."""
    samples = []
    with _workers(python, setting) as workers:
        abouts = [worker.answer() for worker in workers]  # all of them are ready before one runs
        for sample in range(repeats + 1):  # the first warms up
            for worker in workers:
                worker.ask(seconds)
            found = [worker.answer(seconds) for worker in workers]
            if sample:
                samples.append(sum(one["steps"] / one["seconds"] for one in found))
            tick_over()
    about = abouts[0]
    tags = {
        "peer": setting.title,
        "version": about["version"],
        "api": setting.api,
        "agents": about["agents"],
        "worlds": about["worlds"] * setting.processes,
        "processes": setting.processes,
        "obs": about["obs"],
        "obs_bytes": about["obs_bytes"],
    }
    return Figure("agent_steps_per_s", "1/s", samples, tags)


def _environment(python: str) -> dict[str, str]:
    """A peer's environment: no warnings, no greeting, no window, and nothing of our Python in another one."""
    ours = dict(os.environ)
    if python != sys.executable:
        for name in ("PYTHONPATH", "PYTHONHOME"):
            ours.pop(name, None)
    # The folder of peer_worker.py must not come first in the peer's search path: its modules have everyday names.
    quiet = {"PYTHONSAFEPATH": "1", "PYTHONWARNINGS": "ignore", "PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_VIDEODRIVER": "dummy"}
    return ours | quiet
