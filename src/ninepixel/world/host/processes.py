"""Processes as creatures: who runs, who begot whom, and how hot each one is. Only names: never a command line or environment.

- **RBY** by what it has done when it is first seen: input, output and threads are perception (R), memory is cognition (B),
  CPU time is execution (Y), each in octaves.
- **Mass** is sixteenths of log2 of its resident bytes.
- **Place**: a process whose parent is here is born near it; the others stand on a ring around the realm (0.44 of the torus), at
  the angle of their name.
- **Heat** is CPU time: milliseconds since the last look, at most :data:`MOST_HEAT`.
- **Genes**: row R threads, input and output, name; row B memory (octaves, within the octave), name; row Y CPU time, depth
  in the family, itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psutil

from ninepixel.world.commands import Command
from ninepixel.world.host.colour import octave_steps, sixteenths_of_log2
from ninepixel.world.host.layout import CENTRE, offset
from ninepixel.world.host.names import Names, read_names
from ninepixel.world.host.sine import quarter_sine
from ninepixel.world.laws.bodies import SIMPLEX

#: Distance of the ring from the centre (0.44 * 2**32), and how far from it and from parents a creature may be born.
RING, NEAR, SPREAD = 1889785610, 1 << 25, 1 << 26
MOST_HEAT = 2000
#: A host may run more; the oldest are seen.
MOST_CREATURES = 8192
_ATTRIBUTES = ["pid", "ppid", "create_time", "memory_info", "cpu_times", "num_threads"]
_ATTRIBUTES.append("uids" if hasattr(os, "getuid") else "username")
if hasattr(psutil.Process, "io_counters"):
    _ATTRIBUTES.append("io_counters")
#: On Linux, the process under which the kernel's own threads run: those are no programs, and are left out.
_KERNEL = 2


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one process: bytes, and CPU time in milliseconds."""

    pid: int
    parent: int
    started: int
    name: bytes
    cpu_ms: int
    memory: int
    threads: int = 1
    traffic: int = 0

    @property
    def key(self) -> bytes:
        """``pid:started``, so that a reused pid is another creature."""
        return b"%d:%d" % (self.pid, self.started)


@dataclass(slots=True)
class Creature:
    """A process that the universe has been told of."""

    key: bytes
    cpu_ms: int
    x: int
    y: int
    depth: int


def read_processes(whose: Literal["own", "all", "none"]) -> list[Facts]:
    """Everything that runs now, of one's own user or of all, oldest first; at most :data:`MOST_CREATURES`."""
    if whose == "none":
        return []
    me = os.getuid() if hasattr(os, "getuid") else psutil.Process().username()
    found = []
    for process in psutil.process_iter(_ATTRIBUTES):
        info = process.info
        owner = info["uids"].real if info.get("uids") else info.get("username")
        if (whose == "all" or owner == me) and not _is_kernel(info) and (facts := _facts(process, info)) is not None:
            found.append(facts)
    return sorted(found, key=lambda f: (f.started, f.pid))[:MOST_CREATURES]


def _is_kernel(info: dict[str, Any]) -> bool:
    return sys.platform.startswith("linux") and _KERNEL in (info["pid"], info["ppid"])


def _facts(process: psutil.Process, info: dict[str, Any]) -> Facts | None:
    """The facts of one process, None when it is already gone."""
    name = process_name(process)
    if name is None or info["create_time"] is None:
        return None
    cpu, memory, traffic = info["cpu_times"], info["memory_info"], info.get("io_counters")
    return Facts(
        pid=info["pid"],
        parent=info["ppid"] or 0,
        started=int(info["create_time"]),
        name=name,
        cpu_ms=int((cpu.user + cpu.system) * 1000) if cpu else 0,
        memory=memory.rss if memory else 0,
        threads=info["num_threads"] or 1,
        traffic=traffic.read_bytes + traffic.write_bytes if traffic else 0,
    )


def process_name(process: psutil.Process) -> bytes | None:
    """The name of a program, None when it is gone.

    Not ``process.name()``: that reads the command line to complete a long name, and command lines hold secrets. On Linux it
    comes from ``/proc/<pid>/comm``, elsewhere from the part of psutil that only asks the system.
    """
    try:
        if sys.platform.startswith("linux"):
            with open(f"/proc/{process.pid}/comm", "rb") as comm:
                return comm.read(64).rstrip(b"\n")
        return os.fsencode(process._proc.name())
    except (OSError, psutil.Error):
        return None


class ProcessTracker:
    """Turns successive looks at the processes into commands; it knows which creatures the universe has."""

    def __init__(self) -> None:
        self._creatures: dict[bytes, Creature] = {}

    def __len__(self) -> int:
        return len(self._creatures)

    def update(self, running: Sequence[Facts]) -> list[Command]:
        """``creature.born``, ``creature.heat`` and ``creature.exit``, parents before children, for what runs now."""
        by_pid = {facts.pid: facts for facts in running}
        alive = {facts.key for facts in running}
        commands = [Command("creature.exit", key) for key in sorted(self._creatures) if key not in alive]
        for command in commands:
            del self._creatures[command.key]
        for facts in families(running):
            creature = self._creatures.get(facts.key)
            if creature is None:
                commands.append(self._born(facts, by_pid.get(facts.parent)))
                continue
            heat = min(facts.cpu_ms - creature.cpu_ms, MOST_HEAT)
            creature.cpu_ms = facts.cpu_ms
            if heat > 0:
                commands.append(Command("creature.heat", facts.key, {"energy": heat}))
        return commands

    def _born(self, facts: Facts, parent_facts: Facts | None) -> Command:
        parent = self._creatures.get(parent_facts.key) if parent_facts is not None and parent_facts.key != facts.key else None
        hashes = read_names(Names.of([facts.name, facts.key])).name
        name, own = int(hashes[0]), int(hashes[1])
        sine = quarter_sine()
        if parent is None:
            x, y = offset(CENTRE, CENTRE, name & 0xFFFFFFFF, RING, sine)
            near = own >> 40  # up to 2**24: equals on the ring stand apart
        else:
            x, y, near = parent.x, parent.y, NEAR + (own >> 32) % SPREAD
        x, y = offset(x, y, own & 0xFFFFFFFF, near, sine)
        creature = Creature(facts.key, facts.cpu_ms, int(x), int(y), parent.depth + 1 if parent else 0)
        self._creatures[facts.key] = creature
        r, b = weights(facts)
        data = {
            "name": facts.name,
            "parent": parent.key if parent else b"",
            "r": r,
            "b": b,
            "mass": min(octaves(facts.memory), 1023),
            "x": creature.x,
            "y": creature.y,
            "genes": genes(facts, name, own, creature.depth),
        }
        return Command("creature.born", facts.key, data)


def families(running: Iterable[Facts]) -> list[Facts]:
    """The same processes, parents before children; otherwise oldest first. (A parent can be younger: a reused pid.)"""
    waiting = sorted(running, key=lambda f: (f.started, f.pid))
    by_pid = {facts.pid: facts for facts in waiting}
    done: dict[int, Facts] = {}
    for facts in waiting:
        line = []
        at: Facts | None = facts
        while at is not None and at.pid not in done and at not in line:
            line.append(at)
            at = by_pid.get(at.parent)
        done.update((member.pid, member) for member in reversed(line))
    return list(done.values())


def octaves(value: int) -> int:
    """Sixteenths of log2(value + 1)."""
    return int(sixteenths_of_log2(min(max(value, 0), (1 << 62) - 1), octave_steps()))


def weights(facts: Facts) -> tuple[int, int]:
    """(R, B) of a process; Y is what is left of 65536. Octaves are squared, so that what it does most shows."""
    red = octaves(facts.threads * 16 + (facts.traffic >> 16)) + 16
    blue = max(octaves(facts.memory) - 256, 0) + 16  # above 64 KiB
    yellow = octaves(facts.cpu_ms) + 16
    squares = red * red, blue * blue, yellow * yellow
    total = sum(squares)
    return SIMPLEX * squares[0] // total, SIMPLEX * squares[1] // total


def genes(facts: Facts, name: int, own: int, depth: int) -> bytes:
    """The nine genes of a process (see the module's first lines)."""
    memory = octaves(facts.memory)
    row_r = (64 + octaves(facts.threads)) & 0xFF, min(octaves(facts.traffic) >> 1, 255), name & 0xFF
    row_b = min(memory >> 1, 255), (memory & 15) * 16, name >> 8 & 0xFF
    row_y = min(48 + (octaves(facts.cpu_ms) >> 1), 255), max(255 - 24 * depth, 15), own & 0xFF
    return bytes([*row_r, *row_b, *row_y])
